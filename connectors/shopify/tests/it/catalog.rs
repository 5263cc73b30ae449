//! Every kind of product: exported as a whole, page by page, and by what has changed.

use std::{collections::BTreeSet, time::Duration};

use commerce::{
    Availability, Connector, Exclusion, ItemId, Product, ProductId, ProductKind, Taxonomy,
};
use emulators::{faults::Fault, shopify::Plan};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shopify::{CatalogSettings, MetaKeys, Shopify};

use crate::stage::{Stage, granted, settings, upstream};

/// A whole reading, and how many pages it had.
pub(crate) async fn all(connector: &Shopify) -> (Vec<Product>, usize) {
    let (mut products, mut from, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = connector.products(from.as_ref()).await.unwrap();
        products.extend(page.products);
        pages += 1;
        from = page.next;
        if from.is_none() {
            return (products, pages);
        }
    }
}

/// The same store, read in another way.
pub(crate) fn reading(stage: &Stage, catalog: CatalogSettings) -> Shopify {
    let settings = shopify::Settings { catalog, ..settings(granted(&stage.store)) };
    Shopify::new(upstream(&stage.url), settings)
}

pub(crate) fn quick() -> CatalogSettings {
    CatalogSettings { export_poll: Duration::from_millis(5), ..CatalogSettings::default() }
}

fn of<'a>(products: &'a [Product], stage: &Stage, sku: &str) -> &'a Product {
    let item = stage.item(sku);
    let has = |product: &&Product| product.variants.iter().any(|variant| variant.item == item);
    products.iter().find(has).unwrap_or_else(|| panic!("{sku} is not there"))
}

pub(crate) fn names(stage: &Stage) -> Vec<String> {
    let names = stage.store.journal().into_iter().flat_map(|call| {
        call["names"]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
    });
    names.collect()
}

pub(crate) fn ids(products: &[Product]) -> BTreeSet<&str> {
    products.iter().map(|product| product.id.as_str()).collect()
}

/// No export is made, whatever is tried.
pub(crate) fn without_exports(stage: &Stage) {
    let refused = json!({ "data": { "bulkOperationRunQuery": {
        "bulkOperation": null,
        "userErrors": [{ "field": ["query"], "message": "Bulk queries are not for you" }],
    } } });
    stage.faults.always("POST", "graphql.json/bulkOperationRunQuery", Fault::Json(200, refused));
}

pub(crate) fn check_every_kind(stage: &Stage, products: &[Product]) {
    let beanie = of(products, stage, "BEANIE-1");
    assert_eq!((beanie.kind, beanie.exclusion), (ProductKind::Simple, None));
    assert_eq!(beanie.variants[0].price.to_major(), "20.00");
    assert_eq!((&*beanie.variants[0].title, beanie.variants[0].options.len()), ("Beanie", 0));
    assert_eq!(beanie.variants[0].gtin.as_deref(), Some("2000000000206"));
    assert_eq!(beanie.categories[0].taxonomy, Taxonomy::Shopify);
    assert_eq!(beanie.categories[0].path.last().unwrap(), "Beanies");
    assert_eq!(beanie.description, "Beanie: made for every day, easy to wash.");
    assert!(beanie.description_html.as_ref().unwrap().contains("<em>"));
    assert_eq!(beanie.images[0].size, Some((1200, 1200)));
    assert_eq!(beanie.brand.as_deref(), Some("Northwind"));
    assert!(beanie.variants[0].url.ends_with(&format!("?variant={}", stage.item("BEANIE-1"))));
    assert_eq!(beanie.variants[0].details.weight.unwrap().value.to_string(), "300");

    let tee = of(products, stage, "TEE-RED-S");
    assert_eq!((tee.kind, tee.variants.len()), (ProductKind::Variable, 4));
    let green = tee.variants.iter().find(|v| v.sku.as_deref() == Some("TEE-GREEN-S")).unwrap();
    assert_eq!(green.title, "V-Neck T-Shirt - Green, S");
    assert_eq!(green.details.color.as_deref(), Some("Green"));
    assert_eq!((green.availability, green.quantity), (Availability::OutOfStock, Some(0)));

    let hoodie = &of(products, stage, "HOODIE-ZIP").variants[0];
    assert_eq!(hoodie.price.to_major(), "60.00", "what it was before");
    assert_eq!(hoodie.sale_price.unwrap().to_major(), "45.50");
    let boots = &of(products, stage, "BOOTS-1").variants[0];
    assert_eq!((boots.availability, boots.takes_backorders), (Availability::Backorder, true));
    let guide = &of(products, stage, "GUIDE-PDF").variants[0];
    assert_eq!((guide.is_digital, guide.quantity), (true, None));
    assert_eq!(guide.availability, Availability::InStock, "nobody counts it");
    let oil = &of(products, stage, "OIL-500").variants[0].unit_pricing.clone().unwrap();
    assert_eq!((oil.measure.value.to_string(), &*oil.measure.unit), ("500".to_owned(), "ml"));
    assert_eq!((oil.base.value.to_string(), &*oil.base.unit), ("100".to_owned(), "ml"));
    let special = of(products, stage, "SPECIAL-1");
    assert_eq!(special.title, "Tern & Pine “Ümlaut” 5\" Mug 日本", "words, no markup");
    assert!(special.images.is_empty());

    let gift = of(products, stage, "GIFT-10");
    assert!(gift.is_gift_card && gift.variants.iter().all(|variant| variant.is_digital));
    let coffee = of(products, stage, "COFFEE-SUB");
    assert!(coffee.variants.iter().all(|variant| variant.needs_subscription));
    assert_eq!(of(products, stage, "STAFF-1").exclusion, Some(Exclusion::NotPublic));
}

#[tokio::test]
async fn every_kind_is_read_from_an_export() {
    let stage = Stage::start().await;
    let (products, _) = all(&stage.connector).await;
    assert_eq!(products.len(), 12, "drafts, what is retired or unlisted are not in it");
    check_every_kind(&stage, &products);
    let names = names(&stage);
    assert!(!names.contains(&"products".to_owned()), "nothing was read page by page: {names:?}");
    let fetched =
        stage.store.journal().iter().filter(|call| call["call"] == "bulk-results").count();
    assert_eq!(fetched, 1, "and the result once");
}

#[tokio::test]
async fn pages_show_what_an_export_shows() {
    let stage = Stage::start().await;
    let (exported, _) = all(&stage.connector).await;
    without_exports(&stage);
    let (by_page, count) = all(&stage.connector).await;
    check_every_kind(&stage, &by_page);
    assert!(count > 2, "{count}");
    let sorted = |mut products: Vec<Product>| {
        products.sort_by(|one, other| one.id.cmp(&other.id));
        products
    };
    assert_eq!(sorted(exported), sorted(by_page), "the same to the last word");
}

#[tokio::test]
async fn products_with_many_variants_are_read_to_the_last() {
    let stage = Stage::start().await;
    stage.store.set_plan(Plan::Plus);
    without_exports(&stage);
    stage.store.import(3, 260);
    stage.wait(4);
    let (products, _) = all(&stage.connector).await;
    let sizes: Vec<usize> = products.iter().map(|product| product.variants.len()).collect();
    assert_eq!(sizes.iter().filter(|size| **size == 260).count(), 3, "{sizes:?}");
    let large = products.iter().find(|product| product.variants.len() == 260).unwrap();
    let one = stage.connector.product(&large.id).await.unwrap().unwrap();
    assert_eq!(one.variants, large.variants);
}

#[tokio::test]
async fn a_product_is_found_by_itself_by_a_variant_and_by_its_stock() {
    let stage = Stage::start().await;
    let item = stage.item("TEE-RED-M");
    let by_variant =
        stage.connector.product(&ProductId::new(item.as_str())).await.unwrap().unwrap();
    let by_itself = stage.connector.product(&by_variant.id).await.unwrap().unwrap();
    assert_eq!(by_variant, by_itself);
    assert_eq!(by_variant.variants.len(), 4);
    for nobody in ["999999999", "I999999999", "nonsense", "I"] {
        assert!(
            stage.connector.product(&ProductId::new(nobody)).await.unwrap().is_none(),
            "{nobody}"
        );
    }
    // Whatever has become of it.
    stage.store.set_status(&stage.store.variant("BEANIE-1").unwrap(), "ARCHIVED");
    let beanie = ProductId::new(stage.item("BEANIE-1").as_str());
    let retired = stage.connector.product(&beanie).await.unwrap().unwrap();
    assert_eq!(retired.exclusion, Some(Exclusion::NotPublic));
}

#[tokio::test]
async fn changes_are_found_whatever_they_are() {
    let stage = Stage::start().await;
    let since = emulators::system_clock()() - SignedDuration::from_secs(2);
    assert!(stage.connector.products_since(since).await.unwrap().is_empty());
    stage.store.set_price(&stage.store.variant("BEANIE-1").unwrap(), 2100);
    stage.store.set_status(&stage.store.variant("OUT-1").unwrap(), "DRAFT");
    stage.wait(4);
    let changed = stage.connector.products_since(since).await.unwrap();
    assert_eq!(changed.len(), 2);
    assert_eq!(of(&changed, &stage, "BEANIE-1").variants[0].price.to_major(), "21.00");
    assert_eq!(of(&changed, &stage, "OUT-1").exclusion, Some(Exclusion::NotPublic));
    // A change that the search learned of late was missed, and is found the next time.
    let later = since + SignedDuration::from_secs(40);
    assert_eq!(stage.connector.products_since(later).await.unwrap().len(), 2);
    let much_later = since + SignedDuration::from_secs(90);
    assert_eq!(stage.connector.products_since(much_later).await.unwrap().len(), 0);
}

#[tokio::test]
async fn many_changes_are_exported() {
    let stage = Stage::start().await;
    let since = emulators::system_clock()() - SignedDuration::from_secs(2);
    stage.store.import(230, 1);
    stage.wait(4);
    let changed = stage.connector.products_since(since).await.unwrap();
    assert_eq!(ids(&changed).len(), 230);
    let pages = names(&stage).iter().filter(|name| *name == "products").count();
    assert_eq!(pages, 1, "the first look, and then an export");

    // Where none is made, they are read all the same.
    without_exports(&stage);
    stage.store.set_plan(Plan::Plus);
    let changed = stage.connector.products_since(since).await.unwrap();
    assert_eq!(ids(&changed).len(), 230);
}

#[tokio::test]
async fn ids_alone_are_exported() {
    let stage = Stage::start().await;
    let (products, _) = all(&stage.connector).await;
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = stage.connector.listing(from.as_ref()).await.unwrap().unwrap();
        listed.extend(page.listed);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let known: BTreeSet<ItemId> =
        listed.iter().flat_map(|one| one.variants.iter().cloned()).collect();
    assert_eq!(listed.len(), products.len());
    let items = products.iter().flat_map(|product| &product.variants);
    assert!(items.into_iter().all(|variant| known.contains(&variant.item)));
    without_exports(&stage);
    assert!(stage.connector.listing(None).await.unwrap().is_none(), "nothing is cheaper");
}

#[tokio::test]
async fn markets_publications_and_metafields_as_they_are_set() {
    let stage = Stage::start().await;
    let number = |gid: &str| gid.rsplit('/').next().unwrap().parse::<u64>().unwrap();
    let store = &stage.store;
    let beanie = store.variant("BEANIE-1").unwrap();
    store.set_metafield(
        &beanie,
        "mm-google-shopping",
        "condition",
        "single_line_text_field",
        "used",
    );
    store.set_metafield(
        &beanie,
        "mm-google-shopping",
        "age_group",
        "single_line_text_field",
        "adult",
    );
    store.set_metafield(&beanie, "custom", "care", "multi_line_text_field", "Wash <b>cold</b>");
    let rating = r#"{"scale_min":"1.0","scale_max":"10.0","value":"9.0"}"#;
    store.set_metafield(&beanie, "reviews", "rating", "rating", rating);
    store.set_metafield(&beanie, "reviews", "rating_count", "number_integer", "12");
    let tee = store.product_of(&store.variant("TEE-RED-S").unwrap()).unwrap();
    let picked = json!([tee]).to_string();
    let discovery = "shopify--discovery--product_recommendation";
    store.set_metafield(
        &beanie,
        discovery,
        "complementary_products",
        "list.product_reference",
        &picked,
    );
    let channel = store.publication("Point of Sale").or_else(|| store.publication("Online Store"));
    let channel = channel.unwrap();
    let lamp = store.variant("LAST-1").unwrap();
    store.publish(&lamp, &channel, false);

    let catalog = CatalogSettings {
        publication: Some(number(&channel)),
        country: Some("CA".to_owned()),
        meta_keys: MetaKeys {
            brand: Some("custom.brand".to_owned()),
            others: vec!["custom.care".to_owned()],
            ..MetaKeys::default()
        },
        ..quick()
    };
    let connector = reading(&stage, catalog);
    let (exported, _) = all(&connector).await;
    without_exports(&stage);
    let (paged, _) = all(&connector).await;
    for products in [&exported, &paged] {
        let beanie = of(products, &stage, "BEANIE-1");
        let price = beanie.variants[0].price;
        assert_eq!((price.currency().code(), price.minor() > 2000), ("CAD", true));
        assert_eq!(beanie.details.condition, Some(commerce::Condition::Used));
        assert_eq!(beanie.details.age_group, Some(commerce::AgeGroup::Adult));
        assert_eq!(beanie.details.meta["custom.care"], "Wash cold");
        let rating = beanie.rating.unwrap();
        assert_eq!((rating.mean.to_string(), rating.count), ("4.5".to_owned(), 12));
        assert_eq!(beanie.related.len(), 1);
        assert_eq!(beanie.related[0].product.as_str(), number(&tee).to_string());
        assert_eq!(of(products, &stage, "TEE-RED-S").brand.as_deref(), Some("Halyard Mills"));
        assert_eq!(of(products, &stage, "LAST-1").exclusion, Some(Exclusion::NotPublic));
    }
}

/// The smallest plan has 2,000, and half of them are for buyers.
#[tokio::test]
async fn no_operation_costs_more_than_500_points() {
    let stage = Stage::start().await;
    without_exports(&stage);
    let (products, _) = all(&stage.connector).await;
    stage.connector.product(&products[0].id).await.unwrap();
    let costs: Vec<(Value, u64)> = stage
        .store
        .journal()
        .into_iter()
        .filter_map(|call| Some((call["names"].clone(), call["requested"].as_u64()?)))
        .collect();
    let dearest = costs.iter().max_by_key(|(_, cost)| *cost).unwrap();
    assert!(dearest.1 <= 500, "{dearest:?}");
}

/// What a category says is kept as references to entries, which have names; and are not ours to see
/// without a scope.
#[tokio::test]
async fn what_a_category_says_is_read_by_name() {
    let stage = Stage::start().await;
    let store = &stage.store;
    let entry = |kind: &str, name: &str| store.add_metaobject(kind, name);
    let colors =
        [entry("shopify--color-pattern", "Forest"), entry("shopify--color-pattern", "Sand")];
    let (women, adults) =
        (entry("shopify--target-gender", "Female"), entry("shopify--age-group", "Adults"));
    let sizes = [entry("shopify--size", "S"), entry("shopify--size", "M")];
    let beanie = store.variant("BEANIE-1").unwrap();
    let say = |key: &str, ids: &[&String]| {
        let value = json!(ids).to_string();
        store.set_metafield(&beanie, "shopify", key, "list.metaobject_reference", &value);
    };
    say("color-pattern", &[&colors[0], &colors[1]]);
    say("target-gender", &[&women]);
    say("age-group", &[&adults]);
    say("size", &[&sizes[0], &sizes[1]]);
    let (without, _) = all(&stage.connector).await;
    let details = &of(&without, &stage, "BEANIE-1").details;
    assert_eq!((&details.color, details.gender), (&None, None), "nobody has granted it");

    store.grant_scopes(&["read_products", "read_metaobjects"]);
    let connector = reading(&stage, quick());
    let (exported, _) = all(&connector).await;
    without_exports(&stage);
    let before = names(&stage).iter().filter(|name| *name == "nodes").count();
    let (by_page, _) = all(&connector).await;
    for products in [&exported, &by_page] {
        let details = &of(products, &stage, "BEANIE-1").details;
        assert_eq!(details.color.as_deref(), Some("Forest/Sand"));
        assert_eq!(details.gender, Some(commerce::Gender::Female));
        assert_eq!(details.age_group, Some(commerce::AgeGroup::Adult));
        assert_eq!(details.size, None, "those of several variants");
    }
    let after = names(&stage).iter().filter(|name| *name == "nodes").count();
    assert_eq!(before, after, "and they are known from then on");
}

#[tokio::test]
async fn without_the_scope_there_is_no_catalog_and_its_name_is_said() {
    let stage = Stage::start().await;
    stage.store.grant_scopes(&["write_orders", "write_draft_orders"]);
    let mut from = None;
    let error = loop {
        match stage.connector.products(from.as_ref()).await {
            Ok(page) if page.next.is_some() => from = page.next,
            other => break other.unwrap_err(),
        }
    };
    assert!(error.to_string().contains("read_products"), "{error}");
}
