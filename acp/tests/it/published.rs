//! The published specification, where it is at hand.

use std::{io::Write, path::Path};

use acp::latest::Version;
use jsonschema::Validator;
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/acp");
/// A JSON file of the specification; `None`, said aloud, where it is not there.
pub(crate) fn read(path: &str) -> Option<Value> {
    let path = Path::new(FOLDER).join(path);
    let Ok(text) = std::fs::read_to_string(&path) else {
        // The test runner swallows what macros print, and a skip must be seen.
        let words = format!("SKIPPED: {} is absent\n", path.display());
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// The examples of checkout in a version, by name.
pub(crate) fn examples(version: Version) -> Option<Value> {
    read(&format!("examples/{version}/examples.agentic_checkout.json"))
}

/// What a definition of a version's schema accepts.
pub(crate) fn definition(version: Version, name: &str) -> Option<Validator> {
    let schema = read(&format!("spec/{version}/json-schema/schema.agentic_checkout.json"))?;
    // One bound is written in the manner of an older draft, which no validator of this one takes.
    let text = schema.to_string().replace(r#""exclusiveMinimum":true"#, r#""minLength":0"#);
    let schema: Value = serde_json::from_str(&text).unwrap();
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{name}"),
        "$defs": schema["$defs"],
    });
    Some(jsonschema::draft202012::new(&root).unwrap())
}

/// Holds a value against a definition of the newest version.
#[track_caller]
pub(crate) fn hold(name: &str, value: &Value) {
    hold_in(Version::LATEST, name, value);
}

/// Holds a value against a definition, if there is one to hold it against.
#[track_caller]
pub(crate) fn hold_in(version: Version, name: &str, value: &Value) {
    let Some(validator) = definition(version, name) else { return };
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "off schema: {faults:#?}\n{value:#}");
}
