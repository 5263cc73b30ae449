//! Every recorded product, variant, export and subscription of a real store is read, and nothing that
//! we read of it is lost.

use std::collections::{BTreeMap, BTreeSet};

use commerce::{Currency, Decimal, Money};
use serde_json::{Map, Value};

use super::{
    bulk::Bulk,
    document::CatalogSettings,
    product::Reader,
    wire::{Amount, Medium, Metafield, Selected, Shown, ShownVariant, UnitPrice, Weight},
};
use crate::{
    hooks::Subscription,
    recordings::{assert_some, each, read},
};

type Object = Map<String, Value>;

fn is_kind(object: &Object, kind: &str) -> bool {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    id.starts_with(&format!("gid://shopify/{kind}/")) && object.len() > 1
}

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The nodes of a list, whichever way it was asked for.
fn nodes<'a>(object: &'a Object, name: &str) -> Vec<&'a Value> {
    let list = object.get(name);
    let nodes = list.and_then(|list| list.get("nodes")).and_then(Value::as_array);
    nodes.into_iter().flatten().collect()
}

fn reader(settings: &CatalogSettings) -> Reader<'_> {
    Reader { settings, currency: Currency::from_code("CAD").unwrap(), names: BTreeMap::default() }
}

#[test]
fn products_are_read_to_the_last_word() {
    let settings = CatalogSettings::default();
    let count = each(|_, object| {
        if !is_kind(object, "Product") {
            return false;
        }
        let shown: Shown = read(object);
        for (name, read) in [
            ("title", &shown.title),
            ("vendor", &shown.vendor),
            ("productType", &shown.product_type),
            ("descriptionHtml", &shown.description_html),
            ("status", &shown.status),
            ("createdAt", &shown.created_at),
            ("updatedAt", &shown.updated_at),
        ] {
            assert_eq!(read, text(object, name), "{name}");
        }
        assert_eq!(shown.tags.len(), object.get("tags").map_or(0, |t| t.as_array().unwrap().len()));
        assert_eq!(shown.variants.nodes.len(), nodes(object, "variants").len());
        assert_eq!(shown.media.nodes.len(), nodes(object, "media").len());
        let published = object.get("publishedOnPublication").and_then(Value::as_bool);
        assert_eq!(shown.published_on_publication, published);
        let subscribers = object.get("requiresSellingPlan").and_then(Value::as_bool);
        assert_eq!(shown.requires_selling_plan, subscribers.unwrap_or(false));

        let product = reader(&settings).product(&shown).unwrap();
        let id = text(object, "id").rsplit('/').next().unwrap();
        assert_eq!(product.id.as_str(), id);
        if object.contains_key("updatedAt") {
            assert!(product.updated_at.is_some());
        }
        let priced = shown.variants.nodes.iter().filter(|v| !v.price.is_empty());
        let priced = priced.filter(|v| v.price.parse::<Decimal>().unwrap() > Decimal::ZERO);
        assert_eq!(product.variants.len(), priced.count(), "each that costs something");
        if object.get("status").is_some_and(|status| status != "ACTIVE") {
            assert!(product.exclusion.is_some());
        }
        true
    });
    assert_some(count, 200);
}

#[test]
fn variants_are_read_to_the_last_cent() {
    let settings = CatalogSettings::default();
    let count = each(|_, object| {
        if !is_kind(object, "ProductVariant") {
            return false;
        }
        let shown: ShownVariant = read(object);
        assert_eq!(shown.price, text(object, "price"));
        assert_eq!(shown.sku.as_deref().unwrap_or_default(), text(object, "sku"));
        assert_eq!(shown.barcode.as_deref().unwrap_or_default(), text(object, "barcode"));
        assert_eq!(
            shown.compare_at_price.as_deref().unwrap_or_default(),
            text(object, "compareAtPrice")
        );
        assert_eq!(shown.inventory_policy, text(object, "inventoryPolicy"));
        let tracked = object.get("inventoryItem").and_then(|item| item.get("tracked"));
        let read_tracked = shown.inventory_item.as_ref().map(|item| item.tracked);
        assert_eq!(read_tracked.unwrap_or(false), tracked == Some(&Value::Bool(true)));
        let options = object.get("selectedOptions").and_then(Value::as_array);
        assert_eq!(shown.selected_options.len(), options.map_or(0, Vec::len));

        let product = Shown {
            id: "gid://shopify/Product/1".to_owned(),
            title: "Recorded".to_owned(),
            variants: super::wire::List { nodes: vec![shown.clone()], ..Default::default() },
            ..Shown::default()
        };
        let read = reader(&settings).product(&product).unwrap();
        let Some(variant) = read.variants.first() else {
            let is_free = shown.price.is_empty()
                || shown.price.parse::<Decimal>().unwrap() <= Decimal::ZERO
                || shown.requires_components;
            assert!(is_free || shown.contextual_pricing.is_some(), "{object:?}");
            return true;
        };
        if shown.contextual_pricing.is_none() {
            let paid = variant.sale_price.unwrap_or(variant.price).to_major();
            assert_eq!(paid.parse::<Decimal>().unwrap(), shown.price.parse::<Decimal>().unwrap());
        }
        assert!(!variant.title.contains("Default Title"), "{}", variant.title);
        true
    });
    assert_some(count, 100);
}

#[test]
fn prices_of_markets_are_read() {
    let count = each(|name, object| {
        let is_price = name == "price" && object.contains_key("currencyCode");
        is_price && {
            let amount: Amount = read(object);
            let currency = Currency::from_code(&amount.currency_code).unwrap();
            let money = Money::parse_major(&amount.amount, currency).unwrap();
            let (kept, shown) = (money.to_major(), text(object, "amount"));
            assert_eq!(kept.parse::<Decimal>().unwrap(), shown.parse::<Decimal>().unwrap());
            true
        }
    });
    assert_some(count, 3);
}

#[test]
fn parts_of_products_are_read() {
    let media = each(|_, object| {
        let is_medium = is_kind(object, "MediaImage") && object.contains_key("mediaContentType");
        is_medium && {
            let medium: Medium = read(object);
            assert_eq!(medium.alt.as_deref().unwrap_or_default(), text(object, "alt"));
            assert_eq!(medium.media_content_type, text(object, "mediaContentType"));
            true
        }
    });
    assert_some(media, 5);
    let options = each(|name, object| {
        let is_option = name == "selectedOptions" && object.contains_key("value");
        is_option && {
            let option: Selected = read(object);
            assert_eq!(
                (&*option.name, &*option.value),
                (text(object, "name"), text(object, "value"))
            );
            true
        }
    });
    assert_some(options, 50);
    let weights = each(|name, object| {
        let is_weight =
            name == "weight" && object.contains_key("unit") && object.contains_key("value");
        is_weight && {
            let weight: Weight = read(object);
            let value = super::product::decimal(&weight.value).unwrap();
            assert_eq!(
                Some(value),
                object["value"].to_string().parse().ok().map(|v: Decimal| v.normalize())
            );
            true
        }
    });
    assert_some(weights, 1);
    each(|name, object| {
        let is_measure = name == "unitPriceMeasurement" && object.contains_key("quantityValue");
        is_measure && {
            let price: UnitPrice = read(object);
            assert_eq!(
                price.quantity_unit.as_deref().unwrap_or_default(),
                text(object, "quantityUnit")
            );
            true
        }
    });
    each(|_, object| {
        let is_field = is_kind(object, "Metafield") && object.contains_key("value");
        is_field && {
            let field: Metafield = read(object);
            assert_eq!((&*field.key, &*field.value), (text(object, "key"), text(object, "value")));
            true
        }
    });
}

#[test]
fn exports_are_read_in_every_state() {
    let states = std::sync::Mutex::new(BTreeSet::new());
    let count = each(|_, object| {
        let is_whole = is_kind(object, "BulkOperation") && object.contains_key("status");
        is_whole && {
            let bulk: Bulk = read(object);
            assert_eq!(bulk.status, text(object, "status"));
            assert_eq!(bulk.url.as_deref().unwrap_or_default(), text(object, "url"));
            assert_eq!(bulk.object_count, text(object, "objectCount"));
            assert_eq!(bulk.root_object_count, text(object, "rootObjectCount"));
            assert!(bulk.id.0 > 0);
            let known = bulk.is_under_way()
                || matches!(bulk.status.as_str(), "COMPLETED" | "CANCELED" | "FAILED" | "EXPIRED");
            assert!(known, "{}", bulk.status);
            states.lock().unwrap().insert(bulk.status);
            true
        }
    });
    assert_some(count, 100);
    let states = states.into_inner().unwrap();
    assert!(states.is_empty() || states.contains("COMPLETED") && states.len() > 1, "{states:?}");
}

#[test]
fn subscriptions_are_read() {
    let count = each(|_, object| {
        let is_whole = is_kind(object, "WebhookSubscription") && object.contains_key("topic");
        is_whole && {
            let hook: Subscription = read(object);
            assert_eq!((&*hook.id, &*hook.topic), (text(object, "id"), text(object, "topic")));
            assert_eq!(hook.filter.as_deref().unwrap_or_default(), text(object, "filter"));
            let fields = object.get("includeFields").and_then(Value::as_array);
            assert_eq!(hook.include_fields.len(), fields.map_or(0, Vec::len));
            true
        }
    });
    assert_some(count, 50);
}
