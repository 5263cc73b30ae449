//! `/openapi.json` is what is served: every operation of it, in every version it exists in, is
//! called here, and every answer has the shape that it promises.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{
    stage::{Answer, Stage, agent::Agent},
    versions::{VERSIONS, choice, completion, creation},
};

/// Which operation of the document each version has been called for.
type Called = BTreeSet<(String, &'static str)>;

async fn document(stage: &Stage) -> Value {
    let answer = stage.agent().get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["openapi"], "3.1.0");
    answer.body
}

/// The schema of an operation's success, by the operation's name.
fn successes(document: &Value) -> BTreeMap<String, Validator> {
    let mut found = BTreeMap::new();
    for item in document["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let responses = operation["responses"].as_object().unwrap();
            let (_, success) =
                responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "allOf": [success["content"]["application/json"]["schema"]],
                "components": document["components"],
            });
            let name = operation["operationId"].as_str().unwrap().to_owned();
            found.insert(name, jsonschema::draft202012::new(&schema).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn every_operation_of_the_document_in_every_version() {
    let stage = Stage::start().await;
    let document = document(&stage).await;
    let successes = successes(&document);
    let mut called = Called::new();
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        for (operation, answer) in walk(&stage, &agent, version).await {
            assert!(answer.status < 300, "{operation} in {version}: {}", answer.body);
            let faults: Vec<String> = successes[operation]
                .iter_errors(&answer.body)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{operation} in {version}: {faults:#?}");
            called.insert((operation.to_owned(), version));
        }
    }
    let expected: Called = successes
        .keys()
        .flat_map(|operation| VERSIONS.map(|version| (operation.clone(), version)))
        .filter(|(operation, version)| !operation.contains("Cart") || *version >= "2026-04-17")
        .collect();
    assert_eq!(called, expected, "an operation × version that nobody calls");
}

/// Every operation once, in one version.
async fn walk(stage: &Stage, agent: &Agent, version: &'static str) -> Vec<(&'static str, Answer)> {
    const SESSIONS: &str = "/api/checkout_sessions";
    let mut answers = vec![("discover", agent.get("/.well-known/acp.json").await)];
    let created = agent.post(SESSIONS, &creation(version)).await;
    let path = format!("{SESSIONS}/{}", created.id());
    answers.push(("createSession", created));
    answers.push(("updateSession", agent.post(&path, &choice(version, "flat_rate:2")).await));
    answers.push(("retrieveSession", agent.get(&path).await));
    let payment = completion(version, &stage.token());
    answers.push(("completeSession", agent.post(&format!("{path}/complete"), &payment).await));
    let other = agent.post(SESSIONS, &creation(version)).await;
    answers.push(("cancelSession", agent.cancel(other.id()).await));
    if version < "2026-04-17" {
        return answers;
    }
    let wanted = json!({"line_items": [{"id": "20"}]});
    let cart = agent.post("/api/carts", &wanted).await;
    let path = format!("/api/carts/{}", cart.id());
    answers.push(("createCart", cart));
    answers.push(("retrieveCart", agent.get(&path).await));
    answers.push(("replaceCart", agent.put(&path, &wanted).await));
    answers.push(("cancelCart", agent.post(&format!("{path}/cancel"), &json!({})).await));
    answers
}

/// A path and method of the document reaches something; one that is not in it does not.
#[tokio::test]
async fn the_document_names_the_routes() {
    let stage = Stage::start().await;
    let document = document(&stage).await;
    let agent = stage.agent();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap();
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let name = method.as_str().to_ascii_lowercase();
            let request = agent.request(method, &path.replace("{id}", "x"), Some("k"), "{}".into());
            let code = agent.send(request).await.body["code"].clone();
            let is_served = code != "method_not_allowed" && code != "not_found";
            assert_eq!(is_served, methods.contains_key(&name), "{name} {path}: {code}");
        }
    }
}

/// What the types say they send is what the protocol's schema of the version defines.
#[tokio::test]
async fn our_schemas_know_no_member_that_the_published_ones_do_not() {
    let stage = Stage::start().await;
    let document = document(&stage).await;
    for (ours, version) in [
        ("CheckoutSession", "2026-04-17"),
        ("Session_2026_01_16", "2026-01-16"),
        ("Session_2025_12_12", "2025-12-12"),
        ("Session_2025_09_29", "2025-09-29"),
    ] {
        let Some(published) = crate::stage::schema::members(version, "CheckoutSessionBase") else {
            return;
        };
        let ours = document["components"]["schemas"][ours]["properties"].as_object().unwrap();
        assert!(ours.len() > 10, "{version}");
        let unknown: Vec<_> =
            ours.keys().filter(|name| !published.contains(*name) && *name != "order").collect();
        assert!(unknown.is_empty(), "{version}: {unknown:?}");
    }
}
