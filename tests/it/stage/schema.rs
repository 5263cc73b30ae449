//! Every answer of every test is held against the published JSON Schema of its version.

use std::{io::Write, path::Path, sync::OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;

const SCHEMA: &str = "../shared/acp/spec/2026-04-17/json-schema/schema.agentic_checkout.json";

struct Validators {
    session: Validator,
    error: Validator,
    discovery: Validator,
}

/// Holds a session or an error against its definition.
#[track_caller]
pub(crate) fn check(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.body);
    let Some(validators) = validators() else { return };
    let is_session = answer.status < 300;
    let validator = if is_session { &validators.session } else { &validators.error };
    hold(validator, &answer.body);
}

#[track_caller]
pub(crate) fn check_discovery(document: &Value) {
    if let Some(validators) = validators() {
        hold(&validators.discovery, document);
    }
}

#[track_caller]
fn hold(validator: &Validator, value: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "off schema: {faults:#?}\n{value:#}");
}

/// The published schema, where it is at hand.
fn validators() -> Option<&'static Validators> {
    static VALIDATORS: OnceLock<Option<Validators>> = OnceLock::new();
    VALIDATORS
        .get_or_init(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
            let Ok(text) = std::fs::read_to_string(path) else {
                // The test runner swallows what macros print, and a skip must be seen.
                let words = format!("SKIPPED: {SCHEMA} is absent, no answer is held to it\n");
                std::io::stderr().write_all(words.as_bytes()).unwrap();
                return None;
            };
            let schema: Value = serde_json::from_str(&text).unwrap();
            Some(Validators {
                session: definition(&schema, "CheckoutSession"),
                error: definition(&schema, "Error"),
                discovery: definition(&schema, "DiscoveryResponse"),
            })
        })
        .as_ref()
}

fn definition(schema: &Value, name: &str) -> Validator {
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{name}"),
        "$defs": schema["$defs"],
    });
    jsonschema::draft202012::new(&root).unwrap()
}
