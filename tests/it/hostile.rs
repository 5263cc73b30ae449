//! Calls that nobody sends by mistake. Each answer is the flat error or a session of the call's
//! version, which the stage's agent checks; none is a fault of ours.

use http::{HeaderValue, Method};
use serde_json::{Value, json};

use crate::{
    stage::{Stage, agent::Agent},
    versions::{VERSIONS, completion, creation},
};

const SESSIONS: &str = "/api/checkout_sessions";

/// Ids that are no text, no id, or far too long are nobody's session and cost no call.
#[tokio::test]
async fn ids_that_are_none() {
    let stage = Stage::start().await;
    let calls = stage.upstreams.store.calls().len();
    let long = "a".repeat(10_000);
    for id in ["%ff", "%00", "..%2f..%2fadmin", "%0d%0aX-Evil:1", "%E2%82%AC", &long] {
        for version in VERSIONS {
            let agent = stage.agent().speaking(version);
            let path = format!("{SESSIONS}/{id}");
            agent.get(&path).await.assert_refused(404, "session_not_found");
            agent.post(&path, &json!({})).await.assert_refused(404, "session_not_found");
        }
        let cart = stage.agent().get(&format!("/api/carts/{id}")).await;
        cart.assert_refused(404, "cart_not_found");
    }
    assert_eq!(stage.upstreams.store.calls().len(), calls);
}

/// What calls itself something else than JSON is not read; what does not say is.
#[tokio::test]
async fn bodies_that_call_themselves_something_else() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let send = async |content_type: Option<&str>| {
        let body = creation("2026-04-17").to_string();
        let mut request = agent.request(Method::POST, SESSIONS, Some(&Agent::key()), body.into());
        request.headers_mut().remove("content-type");
        if let Some(content_type) = content_type {
            let value = HeaderValue::from_str(content_type).unwrap();
            request.headers_mut().insert("content-type", value);
        }
        agent.send(request).await
    };
    for fine in [
        None,
        Some("application/json"),
        Some("Application/JSON; charset=utf-8"),
        Some("application/merge-patch+json"),
    ] {
        assert_eq!(send(fine).await.status, 201, "{fine:?}");
    }
    for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        send(Some(other)).await.assert_refused(415, "invalid");
    }
}

/// Raw bytes of every bad kind, to every operation that reads a body, in every version.
#[tokio::test]
async fn bodies_that_are_no_request() {
    let stage = Stage::start().await;
    let deep = [b"{\"a\":".as_slice(), &b"[".repeat(5_000)].concat();
    let bodies: [&[u8]; 12] = [
        b"",
        b"null",
        b"[]",
        b"\"text\"",
        b"{",
        b"\xff\xfe",
        b"{} trailing",
        b"\xef\xbb\xbf{}",
        b"{\"line_items\":[{\"id\":\"20\",\"quantity\":1e999}]}",
        b"{\"line_items\":[{\"id\":\"20\",\"quantity\":99999999999999999999}]}",
        b"{\"line_items\":[{\"id\":\"20\"}],\"line_items\":[{\"id\":\"21\"}]}",
        &deep,
    ];
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let session = agent.post(SESSIONS, &creation(version)).await;
        let session = format!("{SESSIONS}/{}", session.id());
        for body in bodies {
            for path in [SESSIONS, &session, &format!("{session}/complete")] {
                let answer = agent.post_bytes(path, body.to_vec(), &Agent::key()).await;
                assert_eq!(answer.status, 400, "{version} {path}: {}", answer.body);
            }
        }
        let read = agent.get(&session).await;
        assert_eq!(read.body["status"], "ready_for_payment", "{version}: nothing has changed");
    }
    stage.upstreams.assert_nothing_bought();
}

/// A null in the place of every member, one after the other: cleared, refused, or ignored.
#[tokio::test]
async fn null_everywhere() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let session = agent.post(SESSIONS, &creation(version)).await;
        let session = format!("{SESSIONS}/{}", session.id());
        let whole = creation(version);
        for path in paths(&whole) {
            let mut holed = whole.clone();
            *holed.pointer_mut(&path).unwrap() = Value::Null;
            for target in [SESSIONS, &session] {
                let answer = agent.post(target, &holed).await;
                let is_known = matches!(answer.status, 200 | 201 | 400);
                assert!(is_known, "{version} {path} to {target}: {}", answer.body);
            }
        }
    }
}

/// The JSON pointer of every value below the top.
fn paths(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), member)).collect()
        }
        Value::Array(entries) => {
            entries.iter().enumerate().map(|(at, entry)| (at.to_string(), entry)).collect()
        }
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(name, child)| {
        let own = format!("/{name}");
        let deeper: Vec<String> = paths(child).iter().map(|path| own.clone() + path).collect();
        [own].into_iter().chain(deeper)
    });
    below.collect()
}

/// Methods that no path knows, and headers that nobody should send.
#[tokio::test]
async fn methods_and_headers_that_nobody_sends() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    for method in [Method::OPTIONS, Method::DELETE, Method::PATCH, Method::TRACE] {
        for path in [SESSIONS, "/api/carts", "/.well-known/acp.json"] {
            let request = agent.request(method.clone(), path, None, "".into());
            let answer = agent.send(request).await;
            answer.assert_refused(405, "method_not_allowed");
            assert!(answer.header("allow").is_some(), "{method} {path}");
        }
    }
    let with = async |name: &'static str, value: &[u8]| {
        let body = creation("2026-04-17").to_string();
        let mut request = agent.request(Method::POST, SESSIONS, Some("k"), body.into());
        request.headers_mut().insert(name, HeaderValue::from_bytes(value).unwrap());
        agent.send(request).await
    };
    with("api-version", b"2026-04-17, 2026-01-30")
        .await
        .assert_refused(400, "unsupported_api_version");
    with("api-version", b"\xc3\xa9").await.assert_refused(400, "unsupported_api_version");
    with("idempotency-key", b"\xc3\xa9").await.assert_refused(400, "idempotency_key_required");
    with("idempotency-key", b"").await.assert_refused(400, "idempotency_key_required");
    with("authorization", b"Basic eDp5").await.assert_refused(401, "unauthorized");
    with("content-encoding", b"gzip").await.assert_refused(415, "invalid");
}

/// A refusal names members as the version of the call does.
#[tokio::test]
async fn refusals_speak_the_version_of_the_call() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let is_new = version >= "2026-01-30";
        let mut unknown = creation(version);
        let items = if is_new { "line_items" } else { "items" };
        unknown[items][0]["id"] = json!("999999");
        let refused = agent.post(SESSIONS, &unknown).await;
        refused.assert_refused(400, "invalid_item_id");
        assert_eq!(refused.body["param"], format!("$.{items}[0].id"), "{version}");

        let session = agent.post(SESSIONS, &creation(version)).await;
        let path = format!("{SESSIONS}/{}/complete", session.id());
        let mut other = completion(version, "spt_x");
        let payment = &mut other["payment_data"];
        let member = if is_new { "handler_id" } else { "provider" };
        payment[member] = json!("paypal");
        let refused = agent.post(&path, &other).await;
        refused.assert_refused(400, "invalid");
        assert_eq!(refused.body["param"], format!("$.payment_data.{member}"), "{version}");

        let refused = agent.post(&path, &json!({"payment_data": {}})).await;
        refused.assert_refused(400, "missing_required_field");
        assert_eq!(refused.body["param"], format!("$.payment_data.{member}"), "{version}");
        assert!(refused.body["message"].as_str().unwrap().contains(member), "{}", refused.body);

        let broken = agent.post(&path, &completion(version, "not a token")).await;
        broken.assert_refused(400, "invalid");
        let token = if is_new { "instrument.credential.token" } else { "token" };
        assert_eq!(broken.body["param"], format!("$.payment_data.{token}"), "{version}");
    }
    stage.upstreams.assert_nothing_bought();
}

/// A refusal that is given again comes with the headers of the first.
#[tokio::test]
async fn a_replayed_refusal_is_the_whole_answer() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.create("20", 1).await;
    agent.cancel(session.id()).await;
    let path = format!("{SESSIONS}/{}/cancel", session.id());
    let first = agent.post_with(&path, &json!({}), "late").await;
    let again = agent.post_with(&path, &json!({}), "late").await;
    assert_eq!((again.status, &again.bytes), (405, &first.bytes));
    assert_eq!(again.header("allow"), first.header("allow"));
    assert_eq!(again.header("allow"), Some("GET"));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}
