//! The published examples: requests decode, answers go through our types and come out the same.

use acp::latest::{
    CancelRequest, CheckoutSession, CompleteRequest, CreateRequest, Discovery, ErrorBody, Patch,
    UpdateRequest, Version, check_totals, decode,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::published::examples;

/// Members of the schema that a seller need not send and that we never do.
const NEVER_SENT: &[&str] = &[
    "disclosures",
    "custom_attributes",
    "marketplace_seller_details",
    "is_subscribed",
    "flow_preference",
    "carrier",
    "earliest_delivery_time",
    "latest_delivery_time",
    "display_name",
    "display_order",
    "client_reference_id",
    "confirmation_email_sent",
];

/// Every published request decodes in its version.
#[test]
fn requests_of_every_version_decode() {
    for version in Version::SUPPORTED {
        let Some(examples) = examples(*version) else { return };
        let mut seen = 0;
        for (name, example) in examples.as_object().unwrap() {
            let body = example.to_string();
            let body = body.as_bytes();
            let refusal = match name.as_str() {
                _ if !name.contains("request") || name.starts_with("error") => continue,
                _ if name.starts_with("create") => decode::<CreateRequest>(*version, body).err(),
                _ if name.starts_with("update") => decode::<UpdateRequest>(*version, body).err(),
                _ if name.starts_with("complete") => {
                    decode::<CompleteRequest>(*version, body).err()
                }
                _ if name.starts_with("cancel") => decode::<CancelRequest>(*version, body).err(),
                _ => panic!("an example that nobody reads: {name}"),
            };
            // One example orders two and a half; no store here sells fractions.
            let is_half = body.windows(4).any(|part| part == b":2.5");
            let param = refusal.and_then(|refusal| refusal.param);
            let expected = is_half.then(|| "$.items[0].quantity".to_owned());
            assert_eq!(param, expected, "{version} {name}");
            seen += 1;
        }
        assert!(seen >= 3, "{version}: {seen}");
    }
}

/// The choice of an option, in each of its three shapes.
#[test]
fn an_option_is_chosen_in_every_shape() {
    for body in [
        r#"{"fulfillment_option_id":"ship"}"#,
        r#"{"selected_fulfillment_options":[{"type":"shipping","shipping":{"option_id":"ship","item_ids":["a"]}}]}"#,
        r#"{"selected_fulfillment_options":[{"type":"shipping","option_id":"ship","item_ids":[]}]}"#,
    ] {
        for version in Version::SUPPORTED {
            let update: UpdateRequest = decode(*version, body.as_bytes()).unwrap();
            let Patch::Set(chosen) = update.selected_fulfillment_options else {
                panic!("{body}");
            };
            assert_eq!(chosen[0].option_id, "ship", "{version} {body}");
        }
    }
}

#[test]
fn sessions_come_out_as_they_went_in() {
    let Some(examples) = examples(Version::LATEST) else { return };
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
    let Some(examples) = examples(Version::LATEST) else { return };
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
