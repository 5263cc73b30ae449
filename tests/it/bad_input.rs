//! Everything an agent can get wrong: the right status, a flat error that says what to do, and
//! no effect.

use http::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, agent::Agent};

const SESSIONS: &str = "/api/checkout_sessions";

fn body() -> Value {
    json!({"currency": "usd", "capabilities": {}, "line_items": [{"id": "20"}]})
}

/// POSTs a body to create and expects a refusal with this code and param.
async fn check(body: &str, code: &str, param: Option<&str>) {
    let stage = Stage::start().await;
    let carts = stage.upstreams.store.cart_lines();
    let answer = stage.agent().post_bytes(SESSIONS, body.to_owned(), &Agent::key()).await;
    answer.assert_refused(400, code);
    assert_eq!(answer.body["param"].as_str(), param, "{}", answer.body);
    assert_eq!(stage.upstreams.store.cart_lines(), carts);
}

/// A020.
#[tokio::test]
async fn malformed_json() {
    check(r#"{"currency": "usd", "#, "invalid", None).await;
    check("", "invalid", None).await;
    check("[]", "invalid", None).await;
}

/// A021, A022, A026.
#[tokio::test]
async fn wrong_types_and_missing_members_name_their_path() {
    let with = |items: &str| format!(r#"{{"currency":"usd","capabilities":{{}},{items}}}"#);
    let text = with(r#""line_items":[{"id":"20","quantity":"two"}]"#);
    check(&text, "invalid", Some("$.line_items[0].quantity")).await;
    check(&with(r#""line_items":"all""#), "invalid", Some("$.line_items")).await;
    check(&with(r#""line_items":[]"#), "invalid", Some("$.line_items")).await;
    let none = r#"{"currency":"usd","capabilities":{}}"#;
    check(none, "missing_required_field", Some("$.line_items")).await;
    let none = r#"{"capabilities":{},"line_items":[{"id":"20"}]}"#;
    check(none, "missing_required_field", Some("$.currency")).await;
}

/// A052.
#[tokio::test]
async fn quantities_that_are_none() {
    for quantity in ["0", "-1", "2.5"] {
        let text = format!(
            r#"{{"currency":"usd","capabilities":{{}},"line_items":[{{"id":"20","quantity":{quantity}}}]}}"#
        );
        check(&text, "invalid", Some("$.line_items[0].quantity")).await;
    }
}

/// A053.
#[tokio::test]
async fn an_unknown_item() {
    for item in ["999999", "abc", "", "-20", "20; DROP TABLE"] {
        let text = json!({"currency": "usd", "capabilities": {}, "line_items": [{"id": item}]});
        check(&text.to_string(), "invalid_item_id", Some("$.line_items[0].id")).await;
    }
}

/// A053.
#[tokio::test]
async fn some_unknown_items_are_messages() {
    let stage = Stage::start().await;
    let mut body = body();
    body["line_items"] = json!([{"id": "20"}, {"id": "999999"}]);
    let created = stage.agent().post(SESSIONS, &body).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["line_items"].as_array().unwrap().len(), 1);
    assert!(created.message("not_found").is_some(), "{}", created.body);
    assert_eq!(created.body["status"], "not_ready_for_payment");
}

/// A055.
#[tokio::test]
async fn more_than_there_is() {
    let stage = Stage::start().await;
    stage.upstreams.store.set_stock(20, 2);
    let created = stage.agent().create("20", 5).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["status"], "not_ready_for_payment");
    assert!(created.message("quantity_exceeded").is_some(), "{}", created.body);
    stage.upstreams.store.set_stock(20, 0);
    let created = stage.agent().create("20", 1).await;
    assert!(created.message("out_of_stock").is_some(), "{}", created.body);
    let read = stage.agent().retrieve(created.id()).await;
    assert_eq!(read.status, 200, "a session without lines lives on: {}", read.body);
    assert_eq!(read.body["status"], "not_ready_for_payment");
}

/// A027.
#[tokio::test]
async fn unknown_sessions_cost_no_call() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let calls_before = stage.upstreams.store.calls().len();
    for id in ["cs_unknown", "x", "cs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        agent.retrieve(id).await.assert_refused(404, "session_not_found");
        agent.update(id, &json!({})).await.assert_refused(404, "session_not_found");
        agent.cancel(id).await.assert_refused(404, "session_not_found");
    }
    assert_eq!(stage.upstreams.store.calls().len(), calls_before);
}

#[tokio::test]
async fn versions_are_checked_before_anything_else() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let send = async |version: Option<&str>| {
        let bytes = body().to_string().into_bytes().into();
        let mut request = agent.request(Method::POST, SESSIONS, Some("k"), bytes);
        request.headers_mut().remove("api-version");
        if let Some(version) = version {
            request.headers_mut().insert("api-version", version.parse().unwrap());
        }
        agent.send(request).await
    };
    let missing = send(None).await;
    missing.assert_refused(400, "missing_api_version");
    let newest_first = ["2026-04-17", "2026-01-30", "2026-01-16", "2025-12-12", "2025-09-29"];
    assert_eq!(missing.body["supported_versions"], json!(newest_first));
    for version in ["2024-01-01", "latest", "2026-04-17x"] {
        send(Some(version)).await.assert_refused(400, "unsupported_api_version");
    }
}

/// A002, A003.
#[tokio::test]
async fn a_bearer_token_is_needed() {
    let stage = Stage::start().await;
    for token in ["", "wrong", "token-of-the-first-agen", "token-of-the-first-agent-"] {
        let answer = Agent::new(&stage.url, token).create("20", 1).await;
        answer.assert_refused(401, "unauthorized");
    }
}

/// A010, A098, A100.
#[tokio::test]
async fn keys_are_needed_echoed_and_bounded() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let bytes = body().to_string().into_bytes();
    let mut request = agent.request(Method::POST, SESSIONS, None, bytes.clone().into());
    request.headers_mut().insert("request-id", "r-1".parse().unwrap());
    let answer = agent.send(request).await;
    answer.assert_refused(400, "idempotency_key_required");
    assert_eq!(answer.header("request-id"), Some("r-1"));
    let long = agent.post_bytes(SESSIONS, bytes.clone(), &"k".repeat(256)).await;
    assert_eq!(long.status, 400);
    let fits = agent.post_bytes(SESSIONS, bytes, &"k".repeat(255)).await;
    assert_eq!(fits.status, 201);
    assert_eq!(fits.header("idempotency-key").map(str::len), Some(255));
}

/// A101, A102, A103.
#[tokio::test]
async fn a_key_has_one_body_and_one_answer() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let first = agent.post_with(SESSIONS, &body(), "k-1").await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let carts = stage.upstreams.store.cart_lines();

    let reordered = r#"{"line_items":[{"id":"20"}],"capabilities":{},"currency":"usd"}"#;
    let again = agent.post_bytes(SESSIONS, reordered, "k-1").await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(stage.upstreams.store.cart_lines(), carts, "no second cart");

    let mut other = body();
    other["line_items"][0]["quantity"] = json!(2);
    agent.post_with(SESSIONS, &other, "k-1").await.assert_refused(422, "idempotency_conflict");
    let elsewhere = stage.other_agent().post_with(SESSIONS, &other, "k-1").await;
    assert_eq!(elsewhere.status, 201, "another agent's keys are its own");
}

#[tokio::test]
async fn a_body_that_is_too_large() {
    let stage = Stage::start().await;
    let huge = format!(r#"{{"pad": "{}"}}"#, "x".repeat(300 * 1024));
    let answer = stage.agent().post_bytes(SESSIONS, huge, "k").await;
    answer.assert_refused(413, "too_large");
}

/// A001.
#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    agent.get("/api/nothing").await.assert_refused(404, "not_found");
    agent.get("/feeds/guessed.jsonl").await.assert_refused(404, "not_found");
    let put = agent.request(Method::PUT, SESSIONS, Some("k"), "{}".into());
    agent.send(put).await.assert_refused(405, "method_not_allowed");
}

/// A077, A078, A079.
#[tokio::test]
async fn payments_that_cannot_be_understood_charge_nothing() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let path = format!("{SESSIONS}/{}/complete", session.id());
    let instrument = json!({"type": "card", "credential": {"type": "spt", "token": "spt_x"}});
    for (payment, param) in [
        (json!({"handler_id": "other", "instrument": instrument}), "$.payment_data.handler_id"),
        (
            json!({"handler_id": "card_tokenized", "instrument":
                {"type": "card", "credential": {"type": "pan", "token": "4242424242424242"}}}),
            "$.payment_data.instrument.credential.type",
        ),
        (json!({"purchase_order_number": "7"}), "$.payment_data.purchase_order_number"),
    ] {
        let answer = agent.post(&path, &json!({"payment_data": payment})).await;
        answer.assert_refused(400, "invalid");
        assert_eq!(answer.body["param"], param);
    }
    let none = agent.post(&path, &json!({})).await;
    none.assert_refused(400, "missing_required_field");
    assert_eq!(none.body["param"], "$.payment_data");
    stage.upstreams.assert_nothing_bought();
}
