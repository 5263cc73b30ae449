//! Every answer of every test is held against the published JSON Schema of its version: A013, A018,
//! A019, A033, A034, A035, A038, A051, A059, A062.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::Path,
    sync::OnceLock,
};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;

const SPEC: &str = "../shared/acp/spec";
const VERSIONS: [&str; 5] = ["2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30", "2026-04-17"];

struct Validators {
    session: Validator,
    error: Validator,
    order: Validator,
    discovery: Option<Validator>,
    cart: Option<Validator>,
}

/// Holds a session or an error against its definition. An answer to a version that nobody speaks
/// has the newest shape.
#[track_caller]
pub(crate) fn check(version: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.body);
    let Some(all) = validators() else { return };
    let version = if version == "2025-09-12" { VERSIONS[0] } else { version };
    let validators = all.get(version).unwrap_or(&all[VERSIONS[4]]);
    if answer.status >= 300 {
        // Older schemas lack the member, and only one who speaks none of them gets it.
        let names_versions = answer.body.get("supported_versions").is_some();
        hold(
            if names_versions { &all[VERSIONS[4]].error } else { &validators.error },
            &answer.body,
        );
        return;
    }
    let mut session = answer.body.clone();
    // The first schema knows the order only where it can never validate.
    if version == VERSIONS[0]
        && let Some(order) = session.as_object_mut().and_then(|session| session.remove("order"))
    {
        hold(&validators.order, &order);
    }
    hold(&validators.session, &session);
    super::sums::check(&session);
    check_texts(&session);
}

/// A179: what is said is plain, and the store's markup is gone from it.
#[track_caller]
fn check_texts(session: &Value) {
    for message in session["messages"].as_array().unwrap() {
        assert_eq!(message["content_type"], "plain", "{message:#}");
        let content = message["content"].as_str().unwrap();
        let has_markup =
            content.contains("</") || content.contains("<br") || content.contains("&#");
        assert!(!has_markup && !content.contains("&amp;"), "{message:#}");
    }
}

/// Holds a cart against its definition.
#[track_caller]
pub(crate) fn check_cart(answer: &Answer) {
    let Some(all) = validators() else { return };
    let newest = &all[VERSIONS[4]];
    let is_cart = answer.status < 300;
    hold(if is_cart { newest.cart.as_ref().unwrap() } else { &newest.error }, &answer.body);
}

/// Holds the order in an event against its definition.
#[track_caller]
pub(crate) fn check_order(order: &Value) {
    if let Some(all) = validators() {
        hold(&all[VERSIONS[4]].order, order);
    }
}

#[track_caller]
pub(crate) fn check_discovery(document: &Value) {
    if let Some(all) = validators() {
        hold(all[VERSIONS[4]].discovery.as_ref().unwrap(), document);
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

/// The published schemas, where they are at hand.
fn validators() -> Option<&'static BTreeMap<&'static str, Validators>> {
    static VALIDATORS: OnceLock<Option<BTreeMap<&'static str, Validators>>> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| {
        let all = VERSIONS.iter().map(|version| Some((*version, read(version)?)));
        all.collect::<Option<BTreeMap<_, _>>>().or_else(|| {
            // The test runner swallows what macros print, and a skip must be seen.
            let words = format!("SKIPPED: {SPEC} is absent, no answer is held to it\n");
            std::io::stderr().write_all(words.as_bytes()).unwrap();
            None
        })
    });
    all.as_ref()
}

/// The members that a version's schema gives a definition.
pub(crate) fn members(version: &str, name: &str) -> Option<BTreeSet<String>> {
    let schema = published(version)?;
    let properties = schema["$defs"][name]["properties"].as_object().unwrap();
    Some(properties.keys().cloned().collect())
}

/// What a version's discovery document may name as a service.
pub(crate) fn services(version: &str) -> Option<BTreeSet<String>> {
    let schema = published(version)?;
    let services = &schema["$defs"]["DiscoveryCapabilities"]["properties"]["services"];
    let words = services["items"]["enum"].as_array()?;
    Some(words.iter().map(|word| word.as_str().unwrap().to_owned()).collect())
}

fn published(version: &str) -> Option<Value> {
    let path = format!("{SPEC}/{version}/json-schema/schema.agentic_checkout.json");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn read(version: &str) -> Option<Validators> {
    let schema = published(version)?;
    let definition = |name: &str| definition(&schema, name);
    let has_discovery = schema["$defs"].get("DiscoveryResponse").is_some();
    Some(Validators {
        session: definition("CheckoutSession"),
        error: definition("Error"),
        order: definition("Order"),
        discovery: has_discovery.then(|| definition("DiscoveryResponse")),
        cart: read_cart(version, &schema),
    })
}

/// A cart's schema points into the session's by its file name.
fn read_cart(version: &str, sessions: &Value) -> Option<Validator> {
    let path = format!("{SPEC}/{version}/json-schema/schema.cart.json");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()?;
    let carts: Value =
        serde_json::from_str(&text.replace("schema.agentic_checkout.json", "")).unwrap();
    let mut definitions = sessions["$defs"].clone();
    definitions.as_object_mut().unwrap().extend(carts["$defs"].as_object().unwrap().clone());
    Some(definition(&json!({ "$defs": definitions }), "Cart"))
}

fn definition(schema: &Value, name: &str) -> Validator {
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{name}"),
        "$defs": schema["$defs"],
    });
    // One bound is written in the manner of an older draft, which no validator of this one takes.
    let text = root.to_string().replace(r#""exclusiveMinimum":true"#, r#""minLength":0"#);
    let root: Value = serde_json::from_str(&text).unwrap();
    jsonschema::draft202012::new(&root).unwrap()
}
