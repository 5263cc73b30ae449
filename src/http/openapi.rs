//! `/openapi.json`: exactly what is served here, with the schemas of the types themselves.

use acp::latest::{Version, schemas};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::documents::written;

/// The document of a service at that address.
pub(super) fn document(public_url: &str) -> Bytes {
    written(&describe(public_url))
}

fn describe(public_url: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "storebridge",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The Agentic Commerce Protocol in front of a store. The shape of a \
                session is that of the request's API-Version; requests may use the names of any \
                version. The calls on sessions are also tools of the Model Context Protocol, \
                which describe themselves at /mcp.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "paths": paths(),
        "components": {
            "schemas": Value::Object(schemas()),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"Refused": content("Nothing that could be shown.", &named("ErrorBody"))},
            "parameters": parameters(),
        },
    })
}

fn paths() -> Map<String, Value> {
    let session = sessions();
    let cart = named("Cart");
    let paths = [
        (
            "/api/checkout_sessions",
            json!({
                "post": call("createSession", 201, &session, Some("CreateRequest")),
            }),
        ),
        (
            "/api/checkout_sessions/{id}",
            json!({
                "parameters": [parameter("Id")],
                "get": call("retrieveSession", 200, &session, None),
                "post": call("updateSession", 200, &session, Some("UpdateRequest")),
            }),
        ),
        (
            "/api/checkout_sessions/{id}/complete",
            json!({
                "parameters": [parameter("Id")],
                "post": completion(&session),
            }),
        ),
        (
            "/api/checkout_sessions/{id}/cancel",
            json!({
                "parameters": [parameter("Id")],
                "post": optional_body(call("cancelSession", 200, &session, Some("CancelRequest"))),
            }),
        ),
        (
            "/api/carts",
            json!({
                "post": call("createCart", 201, &cart, Some("CartRequest")),
            }),
        ),
        (
            "/api/carts/{id}",
            json!({
                "parameters": [parameter("Id")],
                "get": call("retrieveCart", 200, &cart, None),
                "put": call("replaceCart", 200, &cart, Some("CartRequest")),
            }),
        ),
        (
            "/api/carts/{id}/cancel",
            json!({
                "parameters": [parameter("Id")],
                "post": call("cancelCart", 200, &cart, None),
            }),
        ),
        (
            "/.well-known/acp.json",
            json!({
                "get": open("discover", "What is spoken here.", &named("Discovery")),
            }),
        ),
    ];
    paths.into_iter().map(|(path, item)| (path.to_owned(), item)).collect()
}

/// A call of an agent. What changes something carries a key.
fn call(id: &str, status: u16, answer: &Value, request: Option<&str>) -> Value {
    let changes = !id.starts_with("retrieve");
    let mut headers = vec![parameter("Version"), parameter("RequestId")];
    if changes {
        headers.push(parameter("Key"));
    }
    let mut operation = json!({
        "operationId": id,
        "security": [{"bearer": []}],
        "parameters": headers,
        "responses": {
            status.to_string(): content("The full state.", answer),
            "default": {"$ref": "#/components/responses/Refused"},
        },
    });
    if let Some(name) = request {
        let media = json!({"application/json": {"schema": named(name)}});
        operation["requestBody"] = json!({"required": true, "content": media});
    }
    operation
}

/// An agent of the profile `openai` gets 201 for an order.
fn completion(session: &Value) -> Value {
    let mut operation = call("completeSession", 200, session, Some("CompleteRequest"));
    operation["responses"]["201"] =
        content("The order, where the agent's profile wants it so.", session);
    operation
}

fn optional_body(mut operation: Value) -> Value {
    operation["requestBody"]["required"] = json!(false);
    operation
}

fn open(id: &str, what: &str, answer: &Value) -> Value {
    json!({"operationId": id, "responses": {"200": content(what, answer)}})
}

fn content(description: &str, schema: &Value) -> Value {
    json!({
        "description": description,
        "content": {"application/json": {"schema": schema}},
    })
}

/// A session of some version. Those from 2026-01-30 on share one shape.
fn sessions() -> Value {
    let names =
        ["CheckoutSession", "Session_2026_01_16", "Session_2025_12_12", "Session_2025_09_29"];
    json!({"anyOf": names.map(named)})
}

fn parameters() -> Value {
    let versions: Vec<&str> = Version::SUPPORTED.iter().map(|version| version.as_str()).collect();
    let header = |name: &str, required: bool, schema: Value, description: &str| {
        json!({
            "name": name, "in": "header", "required": required, "schema": schema,
            "description": description,
        })
    };
    json!({
        "Id": {
            "name": "id", "in": "path", "required": true, "schema": {"type": "string"},
            "description": "As it came from create; nobody can guess it.",
        },
        "Version": header("API-Version", true, json!({"enum": versions}), "The shape to answer in."),
        "Key": header(
            "Idempotency-Key",
            false,
            json!({"type": "string", "minLength": 1, "maxLength": 255}),
            "Unique for each call and the same on its retry; every POST needs one from 2026-04-17 on.",
        ),
        "RequestId": header("Request-Id", false, json!({"type": "string"}), "Comes back unchanged."),
    })
}

fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn parameter(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}
