//! Products of the protocol: whether they are as its schema of 2026-04-17 has them, and their
//! variants as rows.

use commerce::{Currency, Money};
use serde_json::{Map, Value, json};

use crate::{read::Row, write};

/// What a member may be.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Whole,
    Number,
    Flag,
    Object(&'static Schema),
    List(&'static Shape),
}

/// An object without other members.
struct Schema {
    required: &'static [&'static str],
    members: &'static [(&'static str, Shape)],
    /// At least one of them.
    is_never_empty: bool,
}

const fn schema(
    required: &'static [&'static str],
    members: &'static [(&'static str, Shape)],
) -> Schema {
    Schema { required, members, is_never_empty: false }
}

use Shape::{Flag, List, Number, Object, Text, Whole};

const DESCRIPTION: Schema = Schema {
    required: &[],
    members: &[("plain", Text), ("html", Text), ("markdown", Text)],
    is_never_empty: true,
};
const MEDIA: Schema = schema(
    &["type", "url"],
    &[("type", Text), ("url", Text), ("alt_text", Text), ("width", Whole), ("height", Whole)],
);
const PRICE: Schema = schema(&["amount", "currency"], &[("amount", Whole), ("currency", Text)]);
const MEASURE: Schema = schema(&["value", "unit"], &[("value", Number), ("unit", Text)]);
const REFERENCE: Schema = schema(&["value", "unit"], &[("value", Whole), ("unit", Text)]);
const UNIT_PRICE: Schema = schema(
    &["amount", "currency", "measure", "reference"],
    &[
        ("amount", Whole),
        ("currency", Text),
        ("measure", Object(&MEASURE)),
        ("reference", Object(&REFERENCE)),
    ],
);
const AVAILABILITY: Schema = schema(&[], &[("available", Flag), ("status", Text)]);
const BARCODE: Schema = schema(&["type", "value"], &[("type", Text), ("value", Text)]);
const CATEGORY: Schema = schema(&["value"], &[("value", Text), ("taxonomy", Text)]);
const OPTION: Schema = schema(&["name", "value"], &[("name", Text), ("value", Text)]);
const LINK: Schema = schema(&["type", "url"], &[("type", Text), ("title", Text), ("url", Text)]);
const SELLER: Schema = schema(&[], &[("name", Text), ("links", List(&Object(&LINK)))]);
const VARIANT: Schema = schema(
    &["id", "title"],
    &[
        ("id", Text),
        ("title", Text),
        ("description", Object(&DESCRIPTION)),
        ("url", Text),
        ("barcodes", List(&Object(&BARCODE))),
        ("price", Object(&PRICE)),
        ("list_price", Object(&PRICE)),
        ("unit_price", Object(&UNIT_PRICE)),
        ("availability", Object(&AVAILABILITY)),
        ("categories", List(&Object(&CATEGORY))),
        ("condition", List(&Text)),
        ("variant_options", List(&Object(&OPTION))),
        ("media", List(&Object(&MEDIA))),
        ("seller", Object(&SELLER)),
        ("marketplace", Object(&SELLER)),
    ],
);
const PRODUCT: Schema = schema(
    &["id", "variants"],
    &[
        ("id", Text),
        ("title", Text),
        ("description", Object(&DESCRIPTION)),
        ("url", Text),
        ("media", List(&Object(&MEDIA))),
        ("variants", List(&Object(&VARIANT))),
    ],
);

/// Where a product differs from the schema, and how.
pub(super) fn check(product: &Row) -> Vec<(String, String)> {
    let mut found = Vec::new();
    check_object("", &PRODUCT, product, &mut found);
    found
}

fn check_object(
    at: &str,
    schema: &Schema,
    object: &Map<String, Value>,
    found: &mut Vec<(String, String)>,
) {
    let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    for name in schema.required.iter().filter(|name| !object.contains_key(**name)) {
        found.push((path(name), "it is missing".to_owned()));
    }
    if schema.is_never_empty && object.is_empty() {
        found.push((at.to_owned(), "it is empty".to_owned()));
    }
    for (name, value) in object {
        match schema.members.iter().find(|(known, _)| known == name) {
            Some((_, shape)) => check_shape(&path(name), shape, value, found),
            None => found.push((path(name), "the schema does not know it".to_owned())),
        }
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        if name == "currency" && !value.as_str().is_some_and(is_code) {
            found.push((path(name), "it is not three capitals".to_owned()));
        }
        if name == "amount" && value.as_i64().is_some_and(|amount| amount < 0) {
            found.push((path(name), "it is below zero".to_owned()));
        }
    }
}

fn check_shape(at: &str, shape: &Shape, value: &Value, found: &mut Vec<(String, String)>) {
    let wanted = match (shape, value) {
        (Object(schema), Value::Object(object)) => {
            return check_object(at, schema, object, found);
        }
        (List(inner), Value::Array(values)) => {
            for (place, value) in values.iter().enumerate() {
                check_shape(&format!("{at}[{place}]"), inner, value, found);
            }
            return;
        }
        (Text, Value::String(_)) | (Flag, Value::Bool(_)) | (Number, Value::Number(_)) => return,
        (Whole, Value::Number(number)) if number.is_i64() || number.is_u64() => return,
        (Text, _) => "a text",
        (Whole, _) => "a whole number",
        (Number, _) => "a number",
        (Flag, _) => "true or false",
        (Object(_), _) => "an object",
        (List(_), _) => "a list",
    };
    found.push((at.to_owned(), format!("it is not {wanted}")));
}

/// The variants as rows, by the names that profile `acp` has for its members.
pub(super) fn rows(product: &Row) -> Vec<Row> {
    let variants = product.get("variants").and_then(Value::as_array);
    variants
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|one| row(product, one))
        .collect()
}

fn row(product: &Row, variant: &Row) -> Row {
    let mut row = Row::new();
    let mut put = |name: &str, value: Option<Value>| {
        row.extend(value.map(|value| (name.to_owned(), value)));
    };
    let of = |object: &Row, member: &str| object.get(member).cloned();
    let at = |pointer: &str| {
        let (first, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
        variant.get(first).and_then(|value| value.pointer(&format!("/{rest}"))).cloned()
    };
    put("id", of(variant, "id"));
    put("title", of(variant, "title"));
    // One without options stands alone, with its item's id.
    let options = variant.get("variant_options").and_then(Value::as_array);
    if let Some(options) = options.filter(|options| !options.is_empty()) {
        put("product.id", of(product, "id"));
        put("product.title", of(product, "title"));
        let named = options.iter().filter_map(|option| {
            Some((option.get("name")?.as_str()?.to_owned(), option.get("value")?.clone()))
        });
        put("variant_options", Some(Value::Object(named.collect())));
    }
    put("description", at("description/plain").or_else(|| at("description/html")));
    put("url", of(variant, "url"));
    put("barcodes", at("barcodes/0/value"));
    let (price, list) = (money(variant.get("price")), money(variant.get("list_price")));
    match list {
        // The protocol's price is what is paid now, a row's the regular one.
        Some(list) => {
            put("price", Some(json!(list)));
            put("list_price", price.map(Value::from));
        }
        None => put("price", price.map(Value::from)),
    }
    put("availability", at("availability/status"));
    put("categories", at("categories/0/value"));
    put("condition", at("condition/0"));
    put("media", at("media/0/url"));
    put("seller.name", at("seller/name"));
    put("marketplace.name", at("marketplace/name"));
    row
}

fn money(price: Option<&Value>) -> Option<String> {
    let price = price?;
    let currency = Currency::from_code(price.get("currency")?.as_str()?)?;
    let mut text = Vec::new();
    write::money(&mut text, Money::new(price.get("amount")?.as_i64()?, currency));
    String::from_utf8(text).ok()
}
