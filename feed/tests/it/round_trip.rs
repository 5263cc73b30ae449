//! What is written is what is read, whatever the texts.

use std::{collections::BTreeMap, sync::Arc};

use commerce::{Choice, Image, ItemId, Product, ProductId, ProductKind, Variant};
use feed::{
    Content, FORMATS, Feed, Line, PACKINGS, PROFILES, Packing, Plan, Profile, Row, Settings,
    Writer, explain,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::catalog::{plan, products, storefront, usd};

/// Names and values of a row. Objects are compared as what they say.
type Texts = BTreeMap<String, Value>;

fn expected(plan: &Plan, product: &Product, profile: Profile) -> Vec<Texts> {
    let explanation = explain(plan, profile, product);
    let items = explanation.items.into_iter();
    items
        .map(|item| {
            let filled = item
                .fields
                .into_iter()
                .filter_map(|field| Some((field.column.to_owned(), said(&field.value?))));
            filled.collect()
        })
        .collect()
}

fn read(bytes: &[u8]) -> Vec<Texts> {
    let mut rows = Vec::new();
    Content::open(bytes).unwrap().lines(&mut |line| match line {
        Line::Row(_, row) => rows.push(texts(row)),
        Line::Header(_) => {}
        Line::Broken(at, why) => panic!("line {at}: {why}"),
    });
    rows
}

fn texts(row: Row) -> Texts {
    let text = |value: Value| match value {
        Value::String(text) => said(&text),
        Value::Array(parts) if parts.iter().all(Value::is_string) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            said(&parts.join(","))
        }
        Value::Bool(_) | Value::Number(_) => said(&value.to_string()),
        other => other,
    };
    row.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// A text, or the object that it writes.
fn said(text: &str) -> Value {
    let json = serde_json::from_str(text).ok().filter(|value: &Value| {
        value.is_object() || value.as_array().is_some_and(|all| all.iter().all(Value::is_object))
    });
    json.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn check(plan: &Arc<Plan>, products: &[Product], packings: &[Packing]) {
    for profile in PROFILES.into_iter().filter(|profile| *profile != Profile::Acp) {
        for format in FORMATS.into_iter().filter(|format| profile.takes(*format)) {
            let writer = Writer::new(plan.clone(), profile, format).unwrap();
            let segments: Vec<_> = products.iter().map(|one| writer.segment(one)).collect();
            let left_out: Vec<&str> = segments
                .iter()
                .flat_map(|one| &one.left_out)
                .map(|one| one.item.as_str())
                .collect();
            let id = if profile.has_flags() && profile != Profile::OpenAi2025 {
                "item_id"
            } else {
                "id"
            };
            let wanted: Vec<Texts> = products
                .iter()
                .flat_map(|product| expected(plan, product, profile))
                .filter(|row| !left_out.contains(&row[id].as_str().unwrap()))
                .collect();
            for &packing in packings {
                let feed = Feed::build(&writer, packing, segments.clone());
                let bytes: Vec<u8> = feed.pieces().flatten().collect();
                let again = Feed::build(&writer, packing, segments.clone());
                assert_eq!(bytes, again.pieces().flatten().collect::<Vec<u8>>());
                assert_eq!(read(&bytes), wanted, "{profile} {format} {packing:?}");
            }
        }
    }
}

#[test]
fn the_catalog_comes_back() {
    check(&plan(), &products(), &PACKINGS);
}

/// Where the configuration says nothing, rows are written by a shorter way.
#[test]
fn what_nobody_has_configured_comes_back() {
    let mut products = products();
    let variants = &mut products[0].variants;
    variants[0].gtin = Some("4006381333932".to_owned());
    variants[1].mpn = variants[1].sku.clone();
    variants[2].gtin = Some("978-3-16-148410-0".to_owned());
    let plan = Plan::new(&Settings::default(), storefront()).unwrap();
    check(&Arc::new(plan), &products, &[Packing::None]);
}

/// Texts as stores have them, and as nobody should.
fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,300}",
        "[\"',;\t\n\r\\\\<>&={}\\[\\]+@-]{0,40}",
        "(=1\\+1|@SUM|,\"|\"\n|\r\n|]]>|<!--|&#0;|\u{FEFF}|\u{2028}|\u{0}|ä|日本|😀| ){0,60}",
    ]
}

fn product() -> impl Strategy<Value = Product> {
    (wild(), wild(), wild(), (wild(), wild()), 1..1_000_000_i64).prop_map(
        |(title, description, brand, (name, value), minor)| Product {
            description: description.clone(),
            url: "https://shop.example/p/1".to_owned(),
            images: vec![
                Image::new("https://cdn.example/1.jpg"),
                Image::new("https://cdn.example/2.jpg?a=1,2"),
            ],
            brand: Some(brand),
            tags: vec![description],
            variants: vec![Variant {
                options: vec![Choice { name, value: Some(value) }],
                ..Variant::new(ItemId::new("11"), title.clone(), usd(minor))
            }],
            ..Product::new(ProductId::new("1"), ProductKind::Variable, title)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read(product in product()) {
        check(&plan(), &[product], &[Packing::None]);
    }

    #[test]
    fn objects_of_the_protocol_are_json(product in product()) {
        let writer = Writer::new(plan(), Profile::Acp, feed::Format::Jsonl).unwrap();
        let segment = writer.segment(&product);
        if segment.rows > 0 {
            let text = String::from_utf8(segment.bytes).unwrap();
            prop_assert_eq!(text.matches('\n').count(), 1);
            let _parsed: Value = serde_json::from_str(&text).unwrap();
        }
    }
}
