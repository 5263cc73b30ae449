use commerce::{AgeGroup, Availability, Currency, Decimal, Exclusion, Gender, Product, Relation};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{surroundings::Surroundings, wire::Shown},
    Reader,
};
use crate::MetaKeys;

/// A product as an ordinary store shows it, but for what `odd` says.
fn read(odd: &Value, variations: &[Value]) -> Product {
    let keys = MetaKeys {
        brand: Some("_maker".to_owned()),
        gtin: Some("_ean".to_owned()),
        mpn: Some("_mpn".to_owned()),
        others: vec!["_warranty".to_owned()],
    };
    let around = Surroundings::of_a_test(
        Currency::USD,
        &json!([
            {"id": 1, "name": "Home", "parent": 0},
            {"id": 2, "name": "Tea &amp; Coffee", "parent": 1},
            {"id": 3, "name": "Mugs", "parent": "2"},
            {"id": 8, "name": "Round", "parent": 9},
            {"id": 9, "name": "About", "parent": 8},
        ]),
    );
    let now: Timestamp = "2026-11-25T00:00:00Z".parse().unwrap();
    let reader = Reader { around: &around, keys: &keys, now };
    let variations: Vec<Shown> = variations.iter().map(shown).collect();
    reader.product(&shown(odd), &variations)
}

fn shown(odd: &Value) -> Shown {
    let mut shown = json!({
        "id": 1, "name": "Beanie", "permalink": "https://shop.example/b", "type": "simple",
        "price": "18", "regular_price": "18", "status": "publish",
        "catalog_visibility": "visible", "stock_status": "instock", "purchasable": true,
    });
    for (name, value) in odd.as_object().unwrap() {
        shown[name] = value.clone();
    }
    serde_json::from_value(shown).unwrap()
}

#[test]
fn what_no_agent_can_buy_says_why() {
    let check = |odd: Value, why: Option<Exclusion>| {
        assert_eq!(read(&odd, &[]).exclusion, why, "{odd}");
    };
    check(json!({}), None);
    for status in ["private", "draft", "pending", "future"] {
        check(json!({ "status": status, "purchasable": false }), Some(Exclusion::NotPublic));
    }
    check(json!({"post_password": "sesame"}), Some(Exclusion::NotPublic));
    check(json!({"catalog_visibility": "hidden"}), Some(Exclusion::Hidden));
    check(json!({"catalog_visibility": "search"}), None);
    check(json!({"price": "", "purchasable": false}), Some(Exclusion::NoPrice));
    check(json!({"price": "0"}), None);
    check(json!({"type": "external"}), Some(Exclusion::External));
    check(json!({"type": "grouped"}), Some(Exclusion::Grouped));
    for kind in ["subscription", "variable-subscription", "bundle", "composite", "booking"] {
        check(json!({ "type": kind }), Some(Exclusion::Unsupported));
    }
    check(json!({"purchasable": false}), Some(Exclusion::Unsupported));
    check(json!({"type": "variable", "variations": [2]}), Some(Exclusion::NoPrice));
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    let odd = json!({
        "id": "7", "price": 18.5, "regular_price": 20, "on_sale": "1", "stock_quantity": "4.0",
        "manage_stock": "yes", "rating_count": "3", "average_rating": 4.5, "total_sales": "12",
        "images": {"1": {"src": "https://shop.example/1.png", "alt": null}}, "tags": "",
        "dimensions": [], "categories": false, "weight": 2, "sku": 1001, "virtual": "no",
        "date_on_sale_to_gmt": false,
    });
    let product = read(&odd, &[]);
    let variant = &product.variants[0];
    assert_eq!(product.id.as_str(), "7");
    assert_eq!((variant.price.minor(), variant.sale_price.unwrap().minor()), (2000, 1850));
    assert_eq!((variant.quantity, variant.sku.as_deref()), (Some(4), Some("1001")));
    assert_eq!((product.rating.unwrap().count, product.sold), (3, Some(12)));
    assert_eq!(product.images[0].url, "https://shop.example/1.png");
    assert_eq!(product.details.weight.unwrap().value, Decimal::TWO);
}

#[test]
fn a_sale_is_told_while_it_lasts_and_before() {
    let sale = |odd: Value| {
        let mut all = json!({"regular_price": "20", "sale_price": "15"});
        all.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        let variant = read(&all, &[]).variants.remove(0);
        let date = |at: Option<Timestamp>| at.map(|at| at.to_string());
        (
            variant.price.minor(),
            variant.sale_price.map(commerce::Money::minor),
            date(variant.sale_start),
            date(variant.sale_end),
        )
    };
    let (from, to) = ("2026-12-01T00:00:00", "2026-12-31T23:59:59");
    let to_come = json!({"price": "20", "on_sale": false, "date_on_sale_from_gmt": from,
        "date_on_sale_to_gmt": to});
    assert_eq!(
        sale(to_come),
        (
            2000,
            Some(1500),
            Some("2026-12-01T00:00:00Z".to_owned()),
            Some("2026-12-31T23:59:59Z".to_owned())
        )
    );
    assert_eq!(sale(json!({"price": "15", "on_sale": true})), (2000, Some(1500), None, None));
    let past = json!({"price": "20", "on_sale": false,
        "date_on_sale_from_gmt": "2026-01-01T00:00:00",
        "date_on_sale_to_gmt": "2026-02-01T00:00:00"});
    assert_eq!(sale(past), (2000, None, None, None));
}

#[test]
fn categories_are_paths_and_the_deepest_comes_first() {
    let odd = json!({"categories": [
        {"id": 1, "name": "Home"}, {"id": 3, "name": "Mugs"}, {"id": 77, "name": "New"},
    ]});
    let paths: Vec<String> =
        read(&odd, &[]).categories.iter().map(|one| one.path.join(" > ")).collect();
    assert_eq!(paths, ["Home > Tea & Coffee > Mugs", "New"]);
    let circle = json!({"categories": [{"id": 8, "name": "Round"}]});
    assert!(read(&circle, &[]).categories[0].path.len() > 2, "and it ends");
}

#[test]
fn the_maker_is_found_where_the_store_keeps_it() {
    let brand = |odd: Value| read(&odd, &[]).brand;
    let meta = json!([{"key": "_maker", "value": "From a plugin"}]);
    let attributes = json!([{"name": "Marke", "slug": "pa_marke", "options": ["From a trait"]}]);
    let brands = json!([{"id": 4, "name": "Fish &amp; Sons"}]);
    assert_eq!(brand(json!({})), None);
    assert_eq!(brand(json!({"meta_data": meta})).as_deref(), Some("From a plugin"));
    assert_eq!(
        brand(json!({"meta_data": meta, "attributes": attributes})).as_deref(),
        Some("From a trait")
    );
    let all = json!({"meta_data": meta, "attributes": attributes, "brands": brands});
    assert_eq!(brand(all).as_deref(), Some("Fish & Sons"));
}

#[test]
fn a_variation_says_what_sets_it_apart_and_leaves_open_what_is_open() {
    let parent = json!({
        "id": 10, "name": "Tee", "type": "variable", "variations": [11, 12, 13],
        "stock_quantity": 9,
        "attributes": [
            {"id": 1, "name": "Colour", "slug": "pa_color", "variation": true, "visible": true,
             "options": ["Blue", "Red"]},
            {"id": 0, "name": "Größe", "slug": "Größe", "variation": true, "options": ["M"]},
            {"id": 0, "name": "Gender", "slug": "gender", "visible": true, "options": ["Damen"]},
            {"id": 0, "name": "Age", "slug": "age", "visible": false, "options": ["Kinder"]},
            {"id": 5, "name": "Fabric", "slug": "pa_fabric", "visible": true,
             "options": ["Linen", "Wool"]},
        ],
    });
    let variation = |odd: Value| {
        let mut all = json!({"parent_id": 10, "description": "<p>Its own words.</p>"});
        all.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        all
    };
    let variations = [
        variation(json!({"id": 11, "manage_stock": "parent", "attributes": [
            {"id": 1, "name": "color", "option": "Blue"}, {"id": 0, "name": "größe", "option": "M"}]})),
        variation(json!({"id": 12, "attributes": [{"id": 1, "name": "Colour", "option": "Red"},
            {"id": 0, "name": "Größe", "option": ""}], "stock_status": "onbackorder"})),
        variation(json!({"id": 13, "status": "private"})),
    ];
    let product = read(&parent, &variations);
    assert_eq!(product.variants.len(), 2, "a private one is not sold");
    let [blue, red] = &product.variants[..] else { unreachable!() };
    assert_eq!(blue.title, "Tee - Blue, M");
    assert_eq!(blue.details.color.as_deref(), Some("Blue"));
    assert_eq!(blue.details.size.as_deref(), Some("M"));
    assert_eq!(blue.description.as_deref(), Some("Its own words."));
    assert_eq!(blue.quantity, Some(9), "the product's stock is its own");
    assert_eq!(red.quantity, None);
    assert!(blue.is_settled() && !red.is_settled(), "an open size is asked for");
    assert_eq!(red.availability, Availability::Backorder);
    assert_eq!(product.details.gender, Some(Gender::Female));
    assert_eq!(product.details.age_group, Some(AgeGroup::Kids));
    assert_eq!(product.details.material, None, "two materials are none for certain");
    let traits: Vec<&str> = product.details.traits.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(traits, ["Gender", "Fabric"], "what buyers see, and no options");
}

#[test]
fn the_rest_is_handed_on() {
    let odd = json!({
        "meta_data": [
            {"key": "_ean", "value": 4_006_381_333_931_u64}, {"key": "_mpn", "value": "MPN-1"},
            {"key": "_warranty", "value": "2 years"}, {"key": "_other", "value": "secret"},
        ],
        "upsell_ids": [5], "cross_sell_ids": ["6"], "tax_class": "reduced-rate",
        "images": [{"src": "https://shop.example/woocommerce-placeholder.webp"}],
        "description": "", "short_description": "<p>Short &amp; sweet</p>", "downloadable": true,
        "dimensions": {"length": "2", "width": "", "height": ""},
        "date_modified_gmt": "2026-11-23T18:04:01",
    });
    let product = read(&odd, &[]);
    let variant = &product.variants[0];
    assert_eq!(variant.gtin.as_deref(), Some("4006381333931"));
    assert_eq!(variant.mpn.as_deref(), Some("MPN-1"));
    assert_eq!(product.details.meta.len(), 1, "only what was asked for");
    let related: Vec<_> =
        product.related.iter().map(|one| (one.product.as_str(), one.relation)).collect();
    assert_eq!(related, [("6", Relation::OftenBoughtWith), ("5", Relation::Substitute)]);
    assert!(product.images.is_empty(), "a placeholder is no picture");
    assert_eq!(product.description, "Short & sweet");
    assert!(variant.is_digital);
    assert_eq!(variant.tax_class.as_deref(), Some("reduced-rate"));
    assert_eq!(product.details.dimensions.unwrap().length, Some(Decimal::from(6)), "yards in feet");
    assert_eq!(product.updated_at.unwrap().to_string(), "2026-11-23T18:04:01Z");
}
