//! Bad input gets a code, a path and words that say what to do; harmless input gets through.

use acp::latest::{
    CancelRequest, CompleteRequest, CreateRequest, Patch, UpdateRequest, Version, decode,
};

fn create(members: &str) -> Result<CreateRequest, acp::latest::Invalid> {
    decode(
        Version::LATEST,
        format!(r#"{{"currency":"usd","capabilities":{{}},{members}}}"#).as_bytes(),
    )
}

/// Expects this refusal.
fn check(body: &str, code: &str, param: Option<&str>) {
    let invalid = decode::<CreateRequest>(Version::LATEST, body.as_bytes()).unwrap_err();
    assert_eq!((invalid.code, invalid.param.as_deref()), (code, param), "{body}: {invalid}");
    assert!(!invalid.message.is_empty());
}

#[test]
fn what_is_wrong_and_where() {
    check("", "invalid", None);
    check("{", "invalid", None);
    check("[]", "invalid", None);
    check("{} {}", "invalid", None);
    check("{}", "missing_required_field", Some("$.line_items"));
    let with = |members: &str| format!(r#"{{"currency":"usd","capabilities":{{}},{members}}}"#);
    for (members, param) in [
        (r#""line_items":7"#, "$.line_items"),
        (r#""line_items":[]"#, "$.line_items"),
        (r#""line_items":[{"id":"a","quantity":0}]"#, "$.line_items[0].quantity"),
        (r#""line_items":[{"id":"a","quantity":-1}]"#, "$.line_items[0].quantity"),
        (r#""line_items":[{"id":"a","quantity":2.5}]"#, "$.line_items[0].quantity"),
        (r#""line_items":[{"id":"a","quantity":"2"}]"#, "$.line_items[0].quantity"),
        (r#""line_items":[{"id":"a","quantity":99999999999}]"#, "$.line_items[0].quantity"),
        (r#""line_items":[{"id":7}]"#, "$.line_items[0].id"),
        (r#""line_items":[{"id":"a"}],"buyer":{"email":7}"#, "$.buyer.email"),
        (r#""line_items":[{"id":"a"}],"discounts":{"codes":"X"}"#, "$.discounts.codes"),
    ] {
        check(&with(members), "invalid", Some(param));
    }
    let no_email = with(r#""line_items":[{"id":"a"}],"buyer":{}"#);
    check(&no_email, "missing_required_field", Some("$.buyer.email"));
    let no_id = with(r#""line_items":[{"quantity":1}]"#);
    check(&no_id, "missing_required_field", Some("$.line_items[0].id"));
    let twice =
        r#"{"currency":"usd","currency":"eur","capabilities":{},"line_items":[{"id":"a"}]}"#;
    check(twice, "invalid", Some("$"));
}

/// A030.
#[test]
fn notes_have_a_length() {
    let note = |length: usize| {
        create(&format!(r#""line_items":[{{"id":"a"}}],"order_notes":"{}""#, "ö".repeat(length)))
    };
    assert!(note(5000).is_ok());
    assert_eq!(note(5001).unwrap_err().param.as_deref(), Some("$.order_notes"));
}

#[test]
fn nesting_has_a_depth() {
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    check(&deep, "invalid", None);
}

#[test]
fn older_and_unknown_members_do_no_harm() {
    let request = create(
        r#""items":[{"item":{"id":"a"},"quantity":2.0},{"id":"b"}],"surprise":[1],
           "fulfillment_address":{"name":"Ada","line_one":"1 Road","city":"X","country":"US"},
           "coupons":["OLD"]"#,
    )
    .unwrap();
    let wanted: Vec<_> =
        request.line_items.iter().map(|item| (item.id.as_str(), item.quantity.get())).collect();
    assert_eq!(wanted, [("a", 2), ("b", 1)]);
    assert_eq!(request.fulfillment_details.unwrap().address.unwrap().line_one, "1 Road");
    assert_eq!(request.discount_codes.unwrap(), ["OLD"]);
}

#[test]
fn codes_win_over_coupons() {
    let request =
        create(r#""line_items":[{"id":"a"}],"discounts":{"codes":["NEW"]},"coupons":["OLD"]"#);
    assert_eq!(request.unwrap().discount_codes.unwrap(), ["NEW"]);
}

#[test]
fn an_update_tells_absent_from_null() {
    let read = |text: &str| decode::<UpdateRequest>(Version::LATEST, text.as_bytes()).unwrap();
    assert_eq!(read("{}"), UpdateRequest::default());
    assert_eq!(read(r#"{"buyer":null}"#).buyer, Patch::Clear);
    assert_eq!(read(r#"{"discounts":{"codes":[]}}"#).discount_codes, Patch::Set(Vec::new()));
    let empty = decode::<UpdateRequest>(Version::LATEST, br#"{"line_items":[]}"#).unwrap_err();
    assert_eq!(empty.param.as_deref(), Some("$.line_items"));
}

#[test]
fn a_completion_says_how_it_pays() {
    let check = |text: &str, param: &str| {
        let invalid = decode::<CompleteRequest>(Version::LATEST, text.as_bytes()).unwrap_err();
        assert_eq!(invalid.code, "missing_required_field", "{text}");
        assert_eq!(invalid.param.as_deref(), Some(param), "{text}");
    };
    check("{}", "$.payment_data");
    check(r#"{"payment_data":{}}"#, "$.payment_data.handler_id");
    check(r#"{"payment_data":{"handler_id":"x"}}"#, "$.payment_data.instrument");
    let without_token = r#"{"payment_data":{"handler_id":"x","instrument":{"type":"card","credential":{"type":"spt"}}}}"#;
    check(without_token, "$.payment_data.instrument.credential.token");
    assert!(
        decode::<CompleteRequest>(
            Version::LATEST,
            br#"{"payment_data":{"purchase_order_number":"7"}}"#
        )
        .is_ok()
    );
}

#[test]
fn a_token_never_prints() {
    let text = r#"{"payment_data":{"handler_id":"x","instrument":{"type":"card","credential":{"type":"spt","token":"spt_secret"}}}}"#;
    let request: CompleteRequest = decode(Version::LATEST, text.as_bytes()).unwrap();
    assert!(!format!("{request:?}").contains("spt_secret"));
    assert_eq!(request.payment_data.instrument.unwrap().credential.token.expose(), "spt_secret");
}

#[test]
fn a_reason_for_leaving_may_be_anything() {
    let request = br#"{"intent_trace":{"reason_code":"moon_phase"}}"#;
    assert!(decode::<CancelRequest>(Version::LATEST, request).is_ok());
}
