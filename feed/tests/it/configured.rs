//! What the configuration may say, and what it is told when it says something else.

use feed::{Plan, Profile, Settings, SettingsError, explain};

use crate::catalog::{products, storefront};

fn plan(settings: &str) -> Result<Plan, SettingsError> {
    Plan::new(&toml::from_str::<Settings>(settings).unwrap(), storefront())
}

fn value(settings: &str, product: usize, column: &str) -> Option<String> {
    let explanation =
        explain(&plan(settings).unwrap(), Profile::OpenAiExtended, &products()[product]);
    let mut fields = explanation.items.into_iter().next().unwrap().fields.into_iter();
    fields.find(|field| field.column == column).unwrap().value
}

#[test]
fn a_product_goes_before_a_tag_and_a_tag_before_a_category() {
    let rules = r#"
        [[rules]]
        product = "4711"
        set = { pricing_trend = "product" }
        [[rules]]
        tag = "Summer"
        set = { pricing_trend = "tag", brand = "Tagged" }
        [[rules]]
        category = "clothing > shirts"
        set = { pricing_trend = "category", material = "Cotton" }
        [[rules]]
        set = { warning = "all" }
        [defaults]
        brand = "Default"
    "#;
    assert_eq!(value(rules, 0, "pricing_trend").as_deref(), Some("product"));
    assert_eq!(value(rules, 0, "brand").as_deref(), Some("Tagged"), "a rule beats the platform");
    assert_eq!(value(rules, 0, "material").as_deref(), Some("Cotton"));
    assert_eq!(
        value(rules, 1, "brand").as_deref(),
        Some("Halyard"),
        "the platform beats a default"
    );
    assert_eq!(value(rules, 1, "pricing_trend"), None);
    assert_eq!(value(rules, 1, "warning").as_deref(), Some("all"));
}

#[test]
fn an_empty_text_empties_a_field() {
    let rules = "[[rules]]\ntag = \"summer\"\nset = { brand = \"\" }\n[defaults]\nbrand = \"D\"";
    assert_eq!(value(rules, 0, "brand"), None);
}

#[test]
fn about_the_seller_the_configuration_goes_first() {
    let settings = "[defaults]\nseller_name = \"Other\"\ntarget_countries = [\"US\"]";
    assert_eq!(value(settings, 0, "seller_name").as_deref(), Some("Other"));
    assert_eq!(value(settings, 0, "target_countries").as_deref(), Some("US"));
    assert_eq!(value("", 0, "target_countries").as_deref(), Some("US,CA"));
    assert_eq!(value(settings, 0, "offer_id").as_deref(), Some("other-4712"));
}

#[test]
fn nothing_is_invented() {
    assert_eq!(value("", 0, "weight"), None, "it may be the parcel's");
    assert_eq!(value("", 0, "dimensions"), None);
    assert_eq!(value("", 1, "mpn"), None);
    assert_eq!(value("", 1, "return_deadline_in_days"), None);
    let window = "[defaults]\nreturn_deadline_in_days = 30";
    assert_eq!(value(window, 1, "return_deadline_in_days"), None, "nobody accepts returns");
    let meta = "[meta]\ngtin = [\"_mpn\", \"_ean\"]";
    assert_eq!(value(meta, 1, "gtin"), None, "LO-750 is no GTIN");
}

#[test]
fn mistakes_are_named() {
    let check = |settings: &str, message: &str| {
        assert_eq!(plan(settings).unwrap_err().to_string(), message);
    };
    check(
        "[defaults]\ngender = \"men\"",
        "defaults.gender: \"men\" is not one of male, female, unisex",
    );
    check(
        "[[rules]]\nset = { colour = \"red\" }",
        "rules[0].set: there is no field \"colour\"; `storebridge feed fields` lists them",
    );
    check("[defaults]\nprice = \"1.00 USD\"", "defaults: \"price\" is the platform's to say");
    check(
        "[defaults]\nreturn_policy = \"shop.example/returns\"",
        "defaults.return_policy: \"shop.example/returns\" is not an absolute http(s) address \
         without a password",
    );
    check(
        "[defaults]\nreturn_deadline_in_days = -1",
        "defaults.return_deadline_in_days: -1 is not a whole number, zero or more",
    );
    check(
        "[traits]\nweight = [\"Gewicht\"]",
        "traits: \"weight\" is none of color, size, material, gender, age_group, pattern, size_type",
    );
    assert!(toml::from_str::<Settings>("[default]\n").is_err());
}
