//! Product objects against the protocol's published schema.

use std::path::Path;

use feed::{Format, Packing, Profile, validate};
use serde_json::{Value, json};

use crate::golden::whole;

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/acp/spec/2026-04-17/json-schema/schema.feed.json"
);
const EXAMPLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/acp/examples/2026-04-17/examples.feed.json");

#[test]
fn products_are_as_the_schema_has_them() {
    let Ok(text) = std::fs::read_to_string(Path::new(SCHEMA)) else {
        eprintln!("SKIPPED: {SCHEMA} is not there; product objects were not validated");
        return;
    };
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    let root = schema.as_object_mut().unwrap();
    root.insert("$ref".to_owned(), json!("#/$defs/Product"));
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let feed = whole(Profile::Acp, Format::Jsonl, Packing::None);
    let mut products = 0;
    for line in String::from_utf8(feed).unwrap().lines() {
        let product: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = validator.iter_errors(&product).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{line}");
        products += 1;
    }
    assert_eq!(products, 4);
}

/// Our own reading of the schema takes what the protocol's authors give as examples.
#[test]
fn the_published_examples_pass_our_validator() {
    let Ok(text) = std::fs::read_to_string(Path::new(EXAMPLES)) else {
        eprintln!("SKIPPED: {EXAMPLES} is not there; the examples were not validated");
        return;
    };
    let examples: Value = serde_json::from_str(&text).unwrap();
    let mut lists = Vec::new();
    product_lists(&examples, &mut lists);
    assert!(!lists.is_empty(), "there are examples");
    for products in lists {
        let feed = json!({ "products": products }).to_string();
        let report = validate(feed.as_bytes(), Profile::Acp);
        assert!(!report.rules.contains_key("A01"), "{report}");
    }
}

fn product_lists(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(object) => {
            let products = object.get("products").filter(|products| {
                products
                    .as_array()
                    .is_some_and(|all| all.iter().all(|one| one.get("variants").is_some()))
            });
            found.extend(products.cloned());
            object.values().for_each(|value| product_lists(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| product_lists(value, found)),
        _ => {}
    }
}
