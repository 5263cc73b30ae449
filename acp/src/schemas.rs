//! The JSON Schemas of what is read and sent, made from the types themselves.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::{
    v2025_09_29, v2025_12_12, v2026_01_16,
    v2026_04_17::{
        cart::{Cart, CartRequest},
        checkout::CheckoutSession,
        discovery::Discovery,
        error::ErrorBody,
        request::{CancelRequest, CompleteRequest, CreateRequest, UpdateRequest},
    },
};

/// Where schemas point to each other.
const PATH: &str = "/components/schemas";
/// What tells a shape that is read from one of the same name that is sent.
const READ: &str = "Input";

/// Every schema by its name, for `#/components/schemas`. Sessions of versions before 2026-01-30
/// carry the version's date in their name.
pub fn schemas() -> Map<String, Value> {
    let mut sent = generator(SchemaSettings::for_serialize);
    sent.subschema_for::<CheckoutSession>();
    sent.subschema_for::<v2026_01_16::Session>();
    sent.subschema_for::<v2025_12_12::Session>();
    sent.subschema_for::<v2025_09_29::Session>();
    add::<(Cart, Discovery, ErrorBody)>(&mut sent);
    let mut read = generator(SchemaSettings::for_deserialize);
    add::<(CreateRequest, UpdateRequest, CompleteRequest, CancelRequest, CartRequest)>(&mut read);
    let mut all = sent.take_definitions(true);
    all.extend(renamed(&read.take_definitions(true)));
    all
}

fn generator(settings: impl FnOnce(SchemaSettings) -> SchemaSettings) -> SchemaGenerator {
    let mut settings = settings(SchemaSettings::draft2020_12());
    settings.definitions_path = PATH.into();
    settings.into_generator()
}

/// A tuple of types names each of them.
fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// What is read has other members that must be there than what is sent.
fn renamed(definitions: &Map<String, Value>) -> Map<String, Value> {
    let mut text = Value::Object(definitions.clone()).to_string();
    for name in definitions.keys().filter(|name| !name.ends_with("Request")) {
        let (old, new) = (format!("#{PATH}/{name}\""), format!("#{PATH}/{name}{READ}\""));
        text = text.replace(&old, &new);
    }
    let all: Map<String, Value> =
        serde_json::from_str(&text).expect("a renamed schema is a schema still");
    let name = |name: String| if name.ends_with("Request") { name } else { name + READ };
    all.into_iter().map(|(old, schema)| (name(old), schema)).collect()
}
