//! The published examples: requests decode, answers go through our types and come out the same.

use acp::latest::{
    CancelRequest, CheckoutSession, CompleteRequest, CreateRequest, Discovery, ErrorBody,
    UpdateRequest, check_totals, decode,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::published::examples;

/// Members of the schema that a seller need not send and that we never do.
const NEVER_SENT: &[&str] = &[
    "disclosures",
    "custom_attributes",
    "marketplace_seller_details",
    "marketing_consent_options",
    "authentication_metadata",
    "carrier",
    "earliest_delivery_time",
    "latest_delivery_time",
    "display_name",
    "display_order",
    "client_reference_id",
    "confirmation_email_sent",
];

#[test]
fn requests_decode() {
    let Some(examples) = examples() else { return };
    let check = |name: &str, decoded: bool| assert!(decoded, "{name}");
    for (name, example) in examples.as_object().unwrap() {
        let body = example.to_string();
        let body = body.as_bytes();
        match name.as_str() {
            _ if !name.contains("request") || name.starts_with("error") => {}
            _ if name.starts_with("create") => check(name, decode::<CreateRequest>(body).is_ok()),
            _ if name.starts_with("update") => check(name, decode::<UpdateRequest>(body).is_ok()),
            _ if name.starts_with("complete") => {
                check(name, decode::<CompleteRequest>(body).is_ok());
            }
            _ if name.starts_with("cancel") => check(name, decode::<CancelRequest>(body).is_ok()),
            _ => panic!("an example that nobody reads: {name}"),
        }
    }
}

#[test]
fn sessions_come_out_as_they_went_in() {
    let Some(examples) = examples() else { return };
    let mut seen = 0;
    for (name, example) in examples.as_object().unwrap() {
        let is_session =
            name.ends_with("session_response") || name.starts_with("checkout_session_");
        if !is_session {
            continue;
        }
        let session: CheckoutSession = round_trip(name, example);
        if let Err(mismatch) = check_totals(&session) {
            panic!("{name}: {mismatch}");
        }
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn errors_and_discovery_come_out_as_they_went_in() {
    let Some(examples) = examples() else { return };
    for (name, example) in examples.as_object().unwrap() {
        if name.starts_with("error_") {
            round_trip::<ErrorBody>(name, example);
        } else if name.starts_with("discovery_response") {
            round_trip::<Discovery>(name, example);
        }
    }
}

#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned>(name: &str, example: &Value) -> T {
    let mut expected = example.clone();
    forget(&mut expected);
    let read: T = serde_json::from_value(example.clone()).unwrap_or_else(|error| {
        panic!("{name} does not decode: {error}");
    });
    let mut written = serde_json::to_value(&read).unwrap();
    forget(&mut written);
    assert_eq!(written, expected, "{name}");
    read
}

/// Takes away what we never send, empty lists, and what is there by default.
fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| {
                let empty = member.as_array().is_some_and(Vec::is_empty)
                    || member.as_object().is_some_and(serde_json::Map::is_empty);
                !NEVER_SENT.contains(&name.as_str()) && !empty
            });
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
