//! The schemas of the published file, every member of them.

use serde_json::Value;

/// What a value has to be.
pub(super) enum Shape {
    Text,
    /// An absolute address.
    Uri,
    /// Not negative.
    Amount,
    Integer,
    Number,
    Flag,
    /// So many capitals.
    Capitals(usize),
    List(&'static Shape),
    Object(&'static [Member]),
    /// An object with one member at least.
    SomeOf(&'static [Member]),
}

/// A member of an object, and whether it has to be there.
pub(super) struct Member(&'static str, bool, Shape);

use Shape::{Amount, Capitals, Flag, Integer, List, Number, Object, SomeOf, Text, Uri};

const fn must(name: &'static str, shape: Shape) -> Member {
    Member(name, true, shape)
}

const fn may(name: &'static str, shape: Shape) -> Member {
    Member(name, false, shape)
}

pub(super) static CREATE: Shape = Object(&[may("target_country", Capitals(2))]);
pub(super) static UPSERT: Shape = Object(&[must("products", List(&Object(PRODUCT)))]);

static PRODUCT: &[Member] = &[
    must("id", Text),
    must("variants", List(&Object(VARIANT))),
    may("title", Text),
    may("description", SomeOf(DESCRIPTION)),
    may("url", Uri),
    may("media", List(&Object(MEDIA))),
];

static VARIANT: &[Member] = &[
    must("id", Text),
    must("title", Text),
    may("description", SomeOf(DESCRIPTION)),
    may("url", Uri),
    may("barcodes", List(&Object(&[must("type", Text), must("value", Text)]))),
    may("price", Object(PRICE)),
    may("list_price", Object(PRICE)),
    may("unit_price", Object(UNIT_PRICE)),
    may("availability", Object(&[may("available", Flag), may("status", Text)])),
    may("categories", List(&Object(&[must("value", Text), may("taxonomy", Text)]))),
    may("condition", List(&Text)),
    may("variant_options", List(&Object(&[must("name", Text), must("value", Text)]))),
    may("media", List(&Object(MEDIA))),
    may("seller", Object(SELLER)),
    may("marketplace", Object(SELLER)),
];

static DESCRIPTION: &[Member] = &[may("plain", Text), may("html", Text), may("markdown", Text)];
static PRICE: &[Member] = &[must("amount", Amount), must("currency", Capitals(3))];
static UNIT_PRICE: &[Member] = &[
    must("amount", Amount),
    must("currency", Capitals(3)),
    must("measure", Object(&[must("value", Number), must("unit", Text)])),
    must("reference", Object(&[must("value", Integer), must("unit", Text)])),
];
static MEDIA: &[Member] = &[
    must("type", Text),
    must("url", Uri),
    may("alt_text", Text),
    may("width", Integer),
    may("height", Integer),
];
static SELLER: &[Member] = &[
    may("name", Text),
    may("links", List(&Object(&[must("type", Text), must("url", Uri), may("title", Text)]))),
];

/// Where a value is not of its shape, and why.
pub(super) fn check(shape: &Shape, value: &Value, at: &str) -> Result<(), (String, String)> {
    let wrong = |why: &str| Err((at.to_owned(), why.to_owned()));
    let is_good = match shape {
        Text => value.is_string(),
        Uri => value.as_str().is_some_and(|text| url::Url::parse(text).is_ok()),
        Amount => value.as_u64().is_some(),
        Integer => value.is_i64() || value.is_u64(),
        Number => value.is_number(),
        Flag => value.is_boolean(),
        Capitals(count) => value.as_str().is_some_and(|text| {
            text.len() == *count && text.bytes().all(|byte| byte.is_ascii_uppercase())
        }),
        List(inner) => {
            let Some(list) = value.as_array() else { return wrong("it is no array") };
            for (nth, one) in list.iter().enumerate() {
                check(inner, one, &format!("{at}[{nth}]"))?;
            }
            true
        }
        Object(members) | SomeOf(members) => {
            let Some(object) = value.as_object() else { return wrong("it is no object") };
            for (name, inner) in object {
                let known = members.iter().find(|Member(known, ..)| known == name);
                let Some(Member(_, _, shape)) = known else {
                    return wrong(&format!("there is no member {name:?}"));
                };
                let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                check(shape, inner, &place)?;
            }
            let is_missing = |member: &&Member| member.1 && !object.contains_key(member.0);
            if let Some(Member(name, ..)) = members.iter().find(is_missing) {
                return wrong(&format!("{name:?} is missing"));
            }
            !matches!(shape, SomeOf(_)) || !object.is_empty()
        }
    };
    if is_good { Ok(()) } else { wrong("it is not what the schema has there") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{UPSERT, check};

    #[test]
    fn what_the_schema_does_not_have_is_found() {
        let product = json!({ "id": "1", "variants": [{ "id": "1", "title": "One" }] });
        let with = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut product = product.clone();
            change(&mut product);
            check(&UPSERT, &json!({ "products": [product] }), "").map_err(|(at, _)| at)
        };
        assert_eq!(with(&|_| {}), Ok(()));
        let at = |place: &str| Err(format!("products[0]{place}"));
        assert_eq!(with(&|one| one["brand"] = "Own".into()), at(""));
        assert_eq!(with(&|one| one["url"] = "/one".into()), at(".url"));
        assert_eq!(with(&|one| one["description"] = json!({})), at(".description"));
        let price = json!({ "amount": -1, "currency": "USD" });
        let variant = |one: &mut serde_json::Value| one["variants"][0]["price"] = price.clone();
        assert_eq!(with(&variant), at(".variants[0].price.amount"));
        assert!(check(&UPSERT, &json!({}), "").is_err());
    }
}
