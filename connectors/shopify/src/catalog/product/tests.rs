use commerce::{
    Availability, Currency, Exclusion, Gender, Product, ProductKind, Relation, WeightUnit,
};
use serde_json::{Value, json};

use super::Reader;
use crate::catalog::document::{CatalogSettings, MetaKeys};

/// A product with one variant for two dollars, and what is said beyond that.
fn shown(product: Value, variant: Value) -> Value {
    let mut whole = json!({
        "id": "gid://shopify/Product/1", "title": "Mug", "status": "ACTIVE",
        "onlineStoreUrl": "https://shop.example/products/mug", "hasOnlyDefaultVariant": true,
        "variants": { "nodes": [{
            "id": "gid://shopify/ProductVariant/11", "price": "2.00", "availableForSale": true,
            "selectedOptions": [{ "name": "Title", "value": "Default Title" }],
        }] },
    });
    let over = |into: &mut Value, from: Value| {
        into.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
    };
    over(&mut whole["variants"]["nodes"][0], variant);
    over(&mut whole, product);
    whole
}

fn read_with(settings: &CatalogSettings, product: Value, variant: Value) -> Product {
    let shown = serde_json::from_value(shown(product, variant)).unwrap();
    let reader = Reader {
        settings,
        currency: Currency::from_code("USD").unwrap(),
        names: std::collections::BTreeMap::default(),
    };
    reader.product(&shown).unwrap()
}

fn read(product: Value, variant: Value) -> Product {
    read_with(&CatalogSettings::default(), product, variant)
}

#[test]
fn a_plain_product() {
    let mug = read(
        json!({ "descriptionHtml": "<p>Tea &amp; more</p><style>p { a }</style>" }),
        json!({}),
    );
    assert_eq!((mug.kind, mug.exclusion), (ProductKind::Simple, None));
    assert_eq!((&*mug.description, mug.variants.len()), ("Tea & more", 1));
    assert!(mug.description_html.unwrap().starts_with("<p>"));
    let only = &mug.variants[0];
    assert_eq!(
        (&*only.title, only.price.to_major().as_str(), only.sale_price),
        ("Mug", "2.00", None)
    );
    assert_eq!(only.url, "https://shop.example/products/mug?variant=11");
    assert!(only.options.is_empty() && !only.is_digital);
    assert_eq!(only.availability, Availability::InStock, "nobody says that it is counted");
}

#[test]
fn a_price_is_lowered_only_from_a_higher_one() {
    let check = |compare: Value, regular: &str, sale: Option<&str>| {
        let mug = read(json!({}), json!({ "compareAtPrice": compare }));
        let only = &mug.variants[0];
        let shown = only.sale_price.map(commerce::Money::to_major);
        assert_eq!((&*only.price.to_major(), shown.as_deref()), (regular, sale), "{compare}");
    };
    check(Value::Null, "2.00", None);
    check(json!("3.50"), "3.50", Some("2.00"));
    check(json!("2.00"), "2.00", None);
    check(json!("1.00"), "2.00", None);
    check(json!("3.505"), "2.00", None);
    for unpayable in ["0.00", "-1.00", "2.001", "dear"] {
        let mug = read(json!({}), json!({ "price": unpayable }));
        assert_eq!(mug.exclusion, Some(Exclusion::NoPrice), "{unpayable}");
    }
}

#[test]
fn a_market_has_its_own_money() {
    let pricing = json!({ "price": { "amount": "300.0", "currencyCode": "JPY" },
        "compareAtPrice": { "amount": "500", "currencyCode": "JPY" } });
    let mug = read(json!({}), json!({ "contextualPricing": pricing }));
    let only = &mug.variants[0];
    assert_eq!((only.price.currency().code(), only.price.minor()), ("JPY", 500));
    assert_eq!(only.sale_price.unwrap().minor(), 300);
}

#[test]
fn stock_is_what_can_be_sold() {
    let check = |tracked, left: i64, policy: &str, for_sale, expected, counted: Option<i64>| {
        let variant = json!({
            "inventoryItem": { "tracked": tracked }, "sellableOnlineQuantity": left,
            "inventoryPolicy": policy, "availableForSale": for_sale,
        });
        let only = read(json!({}), variant).variants.remove(0);
        assert_eq!((only.availability, only.quantity), (expected, counted), "{policy} {left}");
    };
    check(false, 0, "DENY", true, Availability::InStock, None);
    check(true, 3, "DENY", true, Availability::InStock, Some(3));
    check(true, 0, "DENY", false, Availability::OutOfStock, Some(0));
    check(true, -2, "CONTINUE", true, Availability::Backorder, Some(-2));
    check(true, 3, "DENY", false, Availability::OutOfStock, Some(3));
}

#[test]
fn what_is_not_sold_says_why() {
    let why = |product| read(product, json!({})).exclusion;
    assert_eq!(why(json!({ "status": "DRAFT" })), Some(Exclusion::NotPublic));
    assert_eq!(why(json!({ "status": "ARCHIVED" })), Some(Exclusion::NotPublic));
    assert_eq!(why(json!({ "status": "UNLISTED" })), Some(Exclusion::Hidden));
    assert_eq!(why(json!({ "onlineStoreUrl": null })), Some(Exclusion::NotPublic));
    assert_eq!(why(json!({ "variants": { "nodes": [] } })), Some(Exclusion::NoPrice));
    let bundle = read(json!({}), json!({ "requiresComponents": true }));
    assert_eq!((bundle.exclusion, bundle.variants.len()), (Some(Exclusion::Unsupported), 0));
    let settings = CatalogSettings { publication: Some(5), ..CatalogSettings::default() };
    for (published, expected) in [
        (json!(true), None),
        (json!(false), Some(Exclusion::NotPublic)),
        (Value::Null, Some(Exclusion::NotPublic)),
    ] {
        let own = json!({ "onlineStoreUrl": null, "publishedOnPublication": published });
        let product = read_with(&settings, own, json!({}));
        assert_eq!(product.exclusion, expected, "{published}");
    }
    // These are shown, and say by themselves why they are not sold.
    assert!(read(json!({ "isGiftCard": true }), json!({})).is_gift_card);
    let coffee = read(json!({ "requiresSellingPlan": true }), json!({}));
    assert!(coffee.variants[0].needs_subscription);
}

#[test]
fn options_say_what_sets_a_variant_apart() {
    let options =
        json!([{ "name": "Farbe", "value": "Grün &amp; Rot" }, { "name": "Größe", "value": "M" }]);
    let shirt =
        read(json!({ "hasOnlyDefaultVariant": false }), json!({ "selectedOptions": options }));
    let only = &shirt.variants[0];
    assert_eq!((shirt.kind, &*only.title), (ProductKind::Variable, "Mug - Grün & Rot, M"));
    assert_eq!(only.details.color.as_deref(), Some("Grün & Rot"));
    assert_eq!(only.details.size.as_deref(), Some("M"));
    // A product may have one variant and options all the same.
    let titled = json!([{ "name": "Title", "value": "Signed" }]);
    let signed = read(json!({}), json!({ "selectedOptions": titled }));
    assert_eq!(signed.variants[0].title, "Mug - Signed");
}

#[test]
fn pictures_films_and_models_each_in_their_place() {
    let image = |id: u8, url: &str| {
        json!({
            "id": format!("gid://shopify/MediaImage/{id}"), "alt": "A &amp; B", "mediaContentType": "IMAGE",
            "preview": { "image": { "url": url, "width": 10, "height": 20 } },
        })
    };
    let media = json!({ "nodes": [
        image(1, "https://cdn.example/1.jpg"),
        image(2, "https://cdn.example/2.jpg"),
        { "id": "gid://shopify/Video/3", "mediaContentType": "VIDEO",
          "preview": { "image": { "url": "https://cdn.example/still.jpg" } },
          "sources": [{ "url": "https://cdn.example/v.m3u8", "mimeType": "application/x-mpegURL" },
                      { "url": "https://cdn.example/v.mp4", "mimeType": "video/mp4" }] },
        { "id": "gid://shopify/ExternalVideo/4", "mediaContentType": "EXTERNAL_VIDEO", "originUrl": "https://youtu.be/x" },
        { "id": "gid://shopify/Model3d/5", "mediaContentType": "MODEL_3D",
          "sources": [{ "url": "https://cdn.example/m.usdz", "mimeType": "model/vnd.usdz+zip" },
                      { "url": "https://cdn.example/m.glb", "mimeType": "model/gltf-binary" }] },
        { "id": "gid://shopify/MediaImage/6", "mediaContentType": "IMAGE", "preview": { "image": null } },
    ] });
    let product =
        json!({ "media": media, "featuredMedia": { "id": "gid://shopify/MediaImage/2" } });
    let mug =
        read(product, json!({ "media": { "nodes": [image(2, "https://cdn.example/2.jpg")] } }));
    let urls: Vec<&str> = mug.images.iter().map(|image| image.url.as_str()).collect();
    assert_eq!(
        urls,
        ["https://cdn.example/2.jpg", "https://cdn.example/1.jpg"],
        "the main one first"
    );
    assert_eq!((mug.images[0].alt.as_deref(), mug.images[0].size), (Some("A & B"), Some((10, 20))));
    assert_eq!(mug.videos, ["https://cdn.example/v.mp4", "https://youtu.be/x"]);
    assert_eq!(mug.models, ["https://cdn.example/m.glb"]);
    assert_eq!(mug.variants[0].image.as_ref().unwrap().url, "https://cdn.example/2.jpg");
}

#[test]
fn pictures_beyond_those_that_anybody_shows_are_left_out() {
    let image = |nth: u8| {
        let url = format!("https://cdn.example/{nth}.jpg");
        json!({ "id": format!("gid://shopify/MediaImage/{nth}"), "mediaContentType": "IMAGE",
            "preview": { "image": { "url": url } } })
    };
    let media: Vec<Value> = (1..=25).map(image).collect();
    let mug = read(json!({ "media": { "nodes": media } }), json!({}));
    assert_eq!((mug.images.len(), &*mug.images[19].url), (20, "https://cdn.example/20.jpg"));
}

#[test]
fn what_owner_and_apps_keep_is_read() {
    let field = |namespace: &str, key: &str, value: &str| json!({ "namespace": namespace, "key": key, "value": value });
    let discovery = "shopify--discovery--product_recommendation";
    let fields = json!({ "nodes": [
        field("mm-google-shopping", "gender", "female"),
        field("mm-google-shopping", "condition", "like new"),
        field("mm-google-shopping", "material", "Wool"),
        field("mm-google-shopping", "mpn", "M-1"),
        field("reviews", "rating", r#"{"value":"4.25","scale_min":"1.0","scale_max":"5.0"}"#),
        field("reviews", "rating_count", "8"),
        field(discovery, "related_products", r#"["gid://shopify/Product/7","gid://shopify/Collection/8"]"#),
        field("custom", "maker", "Halyard"),
        field("custom", "ean", "4006381333931"),
    ] });
    let settings = CatalogSettings {
        meta_keys: MetaKeys {
            brand: Some("custom.maker".to_owned()),
            gtin: Some("custom.ean".to_owned()),
            others: vec!["custom.maker".to_owned(), "custom.absent".to_owned()],
            ..MetaKeys::default()
        },
        ..CatalogSettings::default()
    };
    let product =
        json!({ "metafields": fields, "vendor": "Resold", "productType": "Mugs &amp; cups" });
    let mug = read_with(&settings, product.clone(), json!({}));
    assert_eq!((mug.details.gender, mug.details.condition), (Some(Gender::Female), None));
    assert_eq!(mug.details.material.as_deref(), Some("Wool"));
    assert_eq!(
        (mug.brand.as_deref(), mug.product_type.as_deref()),
        (Some("Halyard"), Some("Mugs & cups"))
    );
    assert_eq!(mug.details.meta.len(), 1);
    let only = &mug.variants[0];
    assert_eq!((only.mpn.as_deref(), only.gtin.as_deref()), (Some("M-1"), Some("4006381333931")));
    let rating = mug.rating.unwrap();
    assert_eq!((rating.mean.to_string(), rating.count), ("4.25".to_owned(), 8));
    assert_eq!((mug.related.len(), mug.related[0].relation), (1, Relation::Substitute));
    let plain = read(product, json!({ "barcode": "4000000000006", "mpn": { "value": "V-1" } }));
    assert_eq!(plain.brand.as_deref(), Some("Resold"));
    let only = &plain.variants[0];
    assert_eq!((only.mpn.as_deref(), only.gtin.as_deref()), (Some("V-1"), Some("4000000000006")));
}

#[test]
fn weights_and_unit_prices_are_exact() {
    let weigh = |value: &str, unit: &str| {
        let value: Value = serde_json::from_str(value).unwrap();
        let item = json!({ "measurement": { "weight": { "value": value, "unit": unit } } });
        read(json!({}), json!({ "inventoryItem": item })).variants.remove(0).details.weight
    };
    let weight = weigh("0.35", "KILOGRAMS").unwrap();
    assert_eq!((weight.value.to_string(), weight.unit), ("0.35".to_owned(), WeightUnit::Kilogram));
    assert_eq!(weigh("300.0", "GRAMS").unwrap().value.to_string(), "300");
    assert_eq!(weigh("0.0", "POUNDS"), None, "nobody has weighed it");
    assert_eq!(weigh("1", "STONES"), None);
    let measure = json!({ "quantityValue": 750.0, "quantityUnit": "ML", "referenceValue": 1, "referenceUnit": "L" });
    let only = read(json!({}), json!({ "unitPriceMeasurement": measure })).variants.remove(0);
    let unit = only.unit_pricing.unwrap();
    assert_eq!((unit.measure.value.to_string(), &*unit.measure.unit), ("750".to_owned(), "ml"));
    assert_eq!((unit.base.value.to_string(), &*unit.base.unit), ("1".to_owned(), "l"));
    let none = json!({ "quantityValue": 0.0, "quantityUnit": null, "referenceValue": 0, "referenceUnit": null });
    assert!(
        read(json!({}), json!({ "unitPriceMeasurement": none })).variants[0].unit_pricing.is_none()
    );
}
