//! The validator: over our own feeds, and over feeds with each fault.

use feed::{FORMATS, Format, PACKINGS, PROFILES, Packing, Profile, Severity, validate};
use serde_json::{Map, Value, json};

use crate::golden::whole;

/// Our own feeds have no fault that is worse than a hint of what the invented catalog lacks.
#[test]
fn our_feeds_are_taken_in_every_profile_and_format() {
    for profile in PROFILES {
        for format in FORMATS.into_iter().filter(|format| profile.takes(*format)) {
            for packing in PACKINGS {
                let report = validate(&whole(profile, format, packing), profile);
                assert_eq!(report.format, Some(format), "{profile}");
                assert_eq!(report.packing, Some(packing), "{profile}");
                let bad: Vec<_> = report
                    .findings
                    .iter()
                    .filter(|one| one.severity >= Severity::Error)
                    // The song costs yen on purpose; it also has no known market.
                    .filter(|one| one.rule != "F13")
                    .collect();
                assert!(bad.is_empty(), "{profile} {format} {packing:?}: {bad:#?}");
                assert!(report.rows_accepted >= 3, "{report}");
            }
        }
    }
}

fn good() -> Map<String, Value> {
    let row = json!({
        "is_eligible_search": true, "is_eligible_checkout": false, "item_id": "1",
        "title": "Linen shirt", "description": "Relaxed.", "url": "https://shop.example/1?v=2",
        "brand": "Kattegat", "seller_name": "Kattegat Wear", "image_url": "https://cdn.example/1.jpg",
        "availability": "in_stock", "price": "89.00 USD", "target_countries": ["US"],
        "store_country": "US",
    });
    row.as_object().unwrap().clone()
}

fn rules(rows: &[Map<String, Value>], profile: Profile) -> Vec<&'static str> {
    let lines: Vec<String> =
        rows.iter().map(|row| Value::Object(row.clone()).to_string()).collect();
    validate(lines.join("\n").as_bytes(), profile).rules.into_keys().collect()
}

/// What is wrong with a row in which some values are others.
fn broken(changes: &Value) -> Vec<&'static str> {
    let mut row = good();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => row.remove(name),
            value => row.insert(name.clone(), value.clone()),
        };
    }
    let mut rules = rules(&[row], Profile::OpenAi);
    // With one row refused there is none left.
    rules.retain(|rule| *rule != "F09");
    rules
}

#[test]
fn each_rule_of_a_row_finds_its_fault() {
    assert_eq!(broken(&json!({})), Vec::<&str>::new());
    let check = |changes: Value, rule: &str| assert_eq!(broken(&changes), [rule], "{changes}");
    check(json!({"item_id": null}), "I01");
    check(json!({"item_id": " 1"}), "I01");
    check(json!({"item_id": "4.7E+12"}), "I02");
    let long = broken(&json!({"group_id": "g".repeat(71), "listing_has_variations": false}));
    assert_eq!(long, ["I03l", "V06o"]);
    check(json!({"offer_id": "shop-1-89.00"}), "I04");
    check(json!({"title": null}), "T01");
    check(json!({"title": "x".repeat(151)}), "T02");
    check(json!({"title": "LINEN SHIRT NOW"}), "T03");
    check(json!({"description": null}), "T04");
    check(json!({"description": "Linen shirt"}), "T04t");
    check(json!({"description": "<p>Relaxed</p>"}), "T05");
    check(json!({"description": "Fish &amp; chips"}), "T05");
    check(json!({"description": "a\u{FFFD}b"}), "T06");
    check(json!({"material": "N/A"}), "T07");
    check(json!({"description": "test"}), "T07r");
    check(json!({"brand": null}), "T08");
    check(json!({"brand": "Generic"}), "T08p");
    check(json!({"seller_name": null}), "T09");
    check(json!({"url": "/1"}), "L01");
    check(json!({"seller_url": "shop"}), "L01o");
    check(json!({"url": "http://shop.example/1"}), "L02");
    check(json!({"url": "https://user:secret@shop.example/1"}), "L03");
    check(json!({"url": "https://192.168.0.1/1"}), "L04");
    check(json!({"image_url": null}), "L07");
    check(json!({"image_url": "https://a.example/woocommerce-placeholder.png"}), "L07");
    check(json!({"additional_image_urls": ["https://cdn.example/1.jpg"]}), "L09");
    check(json!({"return_policy": "https://shop.example/"}), "L10");
    check(json!({"price": "$89"}), "M01");
    check(json!({"price": {"amount": 89, "currency": "USD"}}), "M01");
    check(json!({"price": "89.00 XQX"}), "M02");
    check(json!({"price": "89.001 USD"}), "M03");
    check(json!({"price": "0.00 USD"}), "M04");
    check(json!({"sale_price": "89.00 USD"}), "M05");
    check(json!({"shipping_price": "US::Ground:6.50 USD"}), "M08");
    check(json!({"shipping": "US:Ground:6.50 USD"}), "M09");
    check(json!({"availability": null}), "S01");
    check(json!({"availability": "available"}), "S01");
    check(json!({"availability": "preorder"}), "S02");
    check(json!({"listing_has_variations": true}), "V01");
    check(json!({"condition": "mint"}), "V08");
    check(json!({"gtin": "4006381333932"}), "G01");
    check(json!({"gtin": "2012345678903"}), "G02");
    check(json!({"mpn": "1"}), "G04");
    check(json!({"dimensions": {"length": "1", "unit": "cm"}}), "D01");
    check(json!({"length": "0", "dimensions_unit": "cm"}), "D01");
    check(json!({"weight": "1"}), "D02");
    check(json!({"is_digital": 1}), "P01");
    check(json!({"is_eligible_checkout": true}), "P03");
    check(json!({"return_deadline_in_days": 30}), "P04");
    check(json!({"star_rating": "5.1", "review_count": 1}), "P05");
    check(json!({"star_rating": "4.1"}), "P05");
    check(json!({"store_country": null}), "P06");
    check(json!({"target_countries": ["usa"]}), "P06w");
    check(json!({"ads_metadata": "x"}), "P07");
    check(json!({"color": "x".repeat(41)}), "V07");
    check(json!({"no_such_field": "x"}), "F05");
    check(json!({"video_url": "https://video.example/1"}), "F05");
}

#[test]
fn old_names_are_known_and_two_names_clash() {
    assert_eq!(broken(&json!({"item_id": null, "id": "1"})), ["F05"]);
    assert_eq!(broken(&json!({"enable_search": true})), ["F05", "F06"]);
}

#[test]
fn rows_are_compared_with_each_other() {
    let variant = |id: &str, size: &str| {
        let mut row = good();
        row.insert("item_id".to_owned(), json!(id));
        row.insert("group_id".to_owned(), json!("g1"));
        row.insert("listing_has_variations".to_owned(), json!(true));
        row.insert("variant_dict".to_owned(), json!({"Size": size}));
        row
    };
    let with = |mut row: Map<String, Value>, name: &str, value: Value| {
        row.insert(name.to_owned(), value);
        row
    };
    let check = |second: Map<String, Value>, rule: &str| {
        assert_eq!(rules(&[variant("1", "M"), second], Profile::OpenAi), [rule]);
    };
    assert_eq!(rules(&[variant("1", "M"), variant("2", "L")], Profile::OpenAi), Vec::<&str>::new());
    check(variant("1", "L"), "F12");
    check(variant("2", "M"), "V04");
    check(with(variant("2", "L"), "price", json!("89.00 EUR")), "F13");
    check(with(variant("2", "L"), "variant_dict", json!({"Length": "L"})), "V03");
    check(with(variant("2", "L"), "brand", json!("Other")), "V06");
    check(with(variant("2", "L"), "color", json!("x".repeat(41))), "V07");
    check(with(variant("2", "L"), "size", json!("XL")), "V05");
    check(variant("g1", "L"), "I03");
    let gtin = json!("4006381333931");
    let both =
        [with(variant("1", "M"), "gtin", gtin.clone()), with(variant("2", "L"), "gtin", gtin)];
    assert_eq!(rules(&both, Profile::OpenAi), ["G03"]);
    assert_eq!(rules(&[variant("1", "M")], Profile::OpenAi), ["V06o"]);
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let check = |bytes: &[u8], profile, rule: &str| {
        let report = validate(bytes, profile);
        assert!(report.rules.contains_key(rule), "{rule}: {report}");
        report
    };
    let report = check(b"\xFF\xFE", Profile::OpenAi, "F01");
    assert_eq!(report.exit_code(false), 3);
    check("\u{FEFF}{}".as_bytes(), Profile::OpenAi, "F01m");
    let line = Value::Object(good()).to_string();
    check(format!("{line}\n\n{line}").as_bytes(), Profile::OpenAi, "F02");
    check(b"id,id\n1,2\n", Profile::Google, "F03");
    check(b"g:id,title\n1,2\n", Profile::Google, "F03");
    check(b"id,title\n1\n", Profile::Google, "F04");
    check(line.as_bytes(), Profile::Google, "F07");
    let mut gzip = whole(Profile::OpenAi, Format::Jsonl, Packing::Gzip);
    gzip.truncate(gzip.len() - 5);
    check(&gzip, Profile::OpenAi, "F07");
    check(b"", Profile::OpenAi, "F09");
    check(b"<feed><item><title>x</title></item>", Profile::OpenAi, "F07");
    check(br#"{"products":[{"id":"1","variants":[{"id":"2"}]}]}"#, Profile::Acp, "A01");
}

#[test]
fn a_report_tells_what_to_do_and_what_to_exit_with() {
    let mut row = good();
    row.insert("price".to_owned(), json!("$89"));
    let lines = format!("{}\n{}", Value::Object(good()), Value::Object(row));
    let report = validate(lines.as_bytes(), Profile::OpenAi);
    assert_eq!(
        (report.rows_read, report.rows_rejected, report.status),
        (2, 1, "completed_with_errors")
    );
    assert_eq!(report.exit_code(false), 2);
    let text = report.to_string();
    assert!(text.contains("error M01 x1"), "{text}");
    assert!(text.contains("write it as 12.34 USD"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["coverage"][3], json!({"column": "item_id", "need": "R", "filled": 2}));
    let clean = validate(Value::Object(good()).to_string().as_bytes(), Profile::OpenAi);
    assert_eq!((clean.exit_code(true), clean.status), (0, "completed"));
    let mut warned = good();
    warned.insert("condition".to_owned(), json!("mint"));
    let warned = validate(Value::Object(warned).to_string().as_bytes(), Profile::OpenAi);
    assert_eq!((warned.exit_code(false), warned.exit_code(true)), (0, 1));
}
