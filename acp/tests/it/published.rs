//! The published specification, where it is at hand.

use std::{io::Write, path::Path};

use jsonschema::Validator;
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/acp");
const VERSION: &str = "2026-04-17";

/// A JSON file of the specification; `None`, said aloud, where it is not there.
pub(crate) fn read(path: &str) -> Option<Value> {
    let path = Path::new(FOLDER).join(path.replace("{version}", VERSION));
    let Ok(text) = std::fs::read_to_string(&path) else {
        // The test runner swallows what macros print, and a skip must be seen.
        let words = format!("SKIPPED: {} is absent\n", path.display());
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// The examples of checkout, by name.
pub(crate) fn examples() -> Option<Value> {
    read("examples/{version}/examples.agentic_checkout.json")
}

/// What a definition of the schema accepts.
pub(crate) fn definition(name: &str) -> Option<Validator> {
    let schema = read("spec/{version}/json-schema/schema.agentic_checkout.json")?;
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{name}"),
        "$defs": schema["$defs"],
    });
    Some(jsonschema::draft202012::new(&root).unwrap())
}

/// Holds a value against a definition, if there is one to hold it against.
#[track_caller]
pub(crate) fn hold(name: &str, value: &Value) {
    let Some(validator) = definition(name) else { return };
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "off schema: {faults:#?}\n{value:#}");
}
