//! Carts: gathered, replaced, given up. The stage's agent holds each answer against the schema.

use http::Method;
use serde_json::{Value, json};

use crate::stage::{Answer, Stage, agent::Agent};

const CARTS: &str = "/api/carts";

fn wanting(items: &[(&str, u32)]) -> Value {
    let items = items.iter().map(|(id, quantity)| json!({"id": id, "quantity": quantity}));
    json!({"line_items": items.collect::<Vec<_>>()})
}

async fn filled(agent: &Agent, items: &[(&str, u32)]) -> Answer {
    let cart = agent.post(CARTS, &wanting(items)).await;
    assert_eq!(cart.status, 201, "{}", cart.body);
    cart
}

fn items(cart: &Answer) -> Vec<(&str, u64)> {
    let lines = cart.body["line_items"].as_array().unwrap().iter();
    lines
        .map(|line| (line["item"]["id"].as_str().unwrap(), line["quantity"].as_u64().unwrap()))
        .collect()
}

/// A145, A146, A147.
#[tokio::test]
async fn a_cart_is_made_replaced_and_given_up() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let cart = filled(&agent, &[("20", 2)]).await;
    assert_eq!(cart.body["currency"], "usd");
    assert_eq!(cart.total("subtotal"), Some(3600));
    assert!(cart.body.get("messages").is_none(), "nobody asks a cart for an address");
    let path = format!("{CARTS}/{}", cart.id());
    assert_eq!(agent.get(&path).await.body["line_items"], cart.body["line_items"]);

    let replaced = agent.put(&path, &wanting(&[("21", 1), ("20", 1)])).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    let mut now = items(&replaced);
    now.sort_unstable();
    assert_eq!(now, [("20", 1), ("21", 1)]);
    assert_eq!(replaced.id(), cart.id());

    let canceled = agent.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(canceled.status, 200, "{}", canceled.body);
    assert_eq!(canceled.body["line_items"], replaced.body["line_items"], "the last look");
    agent.get(&path).await.assert_refused(404, "cart_not_found");
    agent.put(&path, &wanting(&[("20", 1)])).await.assert_refused(404, "cart_not_found");
    let again = agent.post(&format!("{path}/cancel"), &json!({})).await;
    again.assert_refused(404, "cart_not_found");
}

/// A148: some of it is there, and the rest is told; nothing there is no cart.
#[tokio::test]
async fn what_cannot_be_had_is_told() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    stage.upstreams.store.set_stock(21, 0);
    let cart = filled(&agent, &[("20", 1), ("21", 1)]).await;
    assert_eq!(items(&cart), [("20", 1)]);
    assert!(cart.message("out_of_stock").is_some(), "{}", cart.body);
    let none = agent.post(CARTS, &wanting(&[("21", 1)])).await;
    none.assert_refused(422, "out_of_stock");
    let unknown = agent.post(CARTS, &wanting(&[("999999", 1)])).await;
    unknown.assert_refused(400, "invalid_item_id");
    let empty = agent.post(CARTS, &json!({"line_items": []})).await;
    empty.assert_refused(400, "invalid");
}

/// A151, and a cart of another agent, a session's id and a broken id are no cart: without a call.
#[tokio::test]
async fn a_cart_belongs_to_one_agent_and_is_no_session() {
    let stage = Stage::start().await;
    let (agent, other) = (stage.agent(), stage.other_agent());
    let (one, two) = (filled(&agent, &[("20", 1)]).await, filled(&agent, &[("20", 1)]).await);
    assert_ne!(one.id(), two.id());
    assert!(one.id().len() > 100, "nobody counts up to it");
    let session = agent.create("20", 1).await;
    let calls = stage.upstreams.store.calls().len();
    for (agent, id) in
        [(&other, one.id()), (&agent, session.id()), (&agent, "ca_nonsense"), (&agent, "7")]
    {
        agent.get(&format!("{CARTS}/{id}")).await.assert_refused(404, "cart_not_found");
    }
    agent.retrieve(one.id()).await.assert_refused(404, "session_not_found");
    assert_eq!(stage.upstreams.store.calls().len(), calls, "the seal alone decides");
}

/// A PUT honors a key and does not demand one; a POST does.
#[tokio::test]
async fn keys_of_carts() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let body = wanting(&[("20", 1)]).to_string();
    let keyless = agent.request(Method::POST, CARTS, None, body.clone().into());
    agent.send(keyless).await.assert_refused(400, "idempotency_key_required");
    let first = agent.post_bytes(CARTS, body.clone(), "cart").await;
    let again = agent.post_bytes(CARTS, body.clone(), "cart").await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let path = format!("{CARTS}/{}", first.id());
    let put = || agent.request(Method::PUT, &path, Some("put"), body.clone().into());
    assert_eq!(agent.send(put()).await.status, 200);
    let replayed = agent.send(put()).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(replayed.header("idempotency-key"), Some("put"));
}

/// A140, A141, A143: carts are declared where they answer, and exist in no older version.
#[tokio::test]
async fn carts_exist_from_one_version_on() {
    let stage = Stage::start().await;
    let discovery = stage.agent().get("/.well-known/acp.json").await;
    let services = discovery.body["capabilities"]["services"].as_array().unwrap();
    assert!(services.contains(&json!("carts")), "{services:?}");
    let versions = discovery.body["protocol"]["supported_versions"].as_array().unwrap();
    let versions: Vec<&str> = versions.iter().map(|version| version.as_str().unwrap()).collect();
    assert!(versions.is_sorted() && versions.len() == 5, "{versions:?}");
    assert_eq!(discovery.body["protocol"]["version"], versions[4]);
    let text = discovery.body.to_string();
    assert!(!text.contains("profile_test_123") && !text.contains("stripe"), "{text}");
    let old = stage.agent().speaking("2026-01-30");
    let refused = old.post(CARTS, &wanting(&[("20", 1)])).await;
    refused.assert_refused(400, "unsupported_api_version");
}
