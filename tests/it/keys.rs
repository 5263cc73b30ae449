//! `Idempotency-Key`: what counts as the same call, and what a key is unique within.

use http::Method;
use serde_json::json;

use crate::stage::{Answer, Stage, agent::Agent};

const SESSIONS: &str = "/api/checkout_sessions";
const BODY: &str = r#"{"currency":"usd","capabilities":{},"line_items":[{"id":"20","quantity":1},{"id":"21"}],"discounts":{"codes":[]}}"#;

async fn post(agent: &Agent, body: &str, key: &str) -> Answer {
    agent.post_bytes(SESSIONS, body.to_owned(), key).await
}

/// A105, A106, A107, A109: the order of members and the spelling of numbers do not count, and
/// everything else does.
#[tokio::test]
async fn a_body_is_what_it_means() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let first = post(&agent, BODY, "k").await;
    assert_eq!(first.status, 201, "{}", first.body);
    let same = r#"{ "line_items":[{"quantity":1.0,"id":"20"},{"id":"21"}], "capabilities":{},
        "discounts":{"codes":[]}, "currency":"usd" }"#;
    assert_eq!(post(&agent, same, "k").await.bytes, first.bytes);
    for (what, from, to) in [
        ("null is not absent", r#""usd","#, r#""usd","buyer":null,"#),
        (
            "arrays have an order",
            r#"{"id":"20","quantity":1},{"id":"21"}"#,
            r#"{"id":"21"},{"id":"20","quantity":1}"#,
        ),
        ("extensions count", r#""codes":[]"#, r#""codes":["A"]"#),
    ] {
        let other = BODY.replace(from, to);
        assert_ne!(other, BODY);
        let refused = post(&agent, &other, "k").await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.body);
    }
}

/// A039, A108, A110, A111, A116, A117: a key belongs to a caller and a path.
#[tokio::test]
async fn a_key_belongs_to_a_caller_and_a_path() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let first = post(&agent, BODY, "k").await;
    let other_key = post(&agent, BODY, "another").await;
    assert_ne!(other_key.id(), first.id());
    let other_caller = post(&stage.other_agent(), BODY, "k").await;
    assert_eq!(other_caller.status, 201);
    assert_ne!(other_caller.id(), first.id());

    let mut dressed = agent.request(Method::POST, SESSIONS, Some("k"), BODY.into());
    dressed.headers_mut().insert("accept-language", "de".parse().unwrap());
    dressed.headers_mut().insert("request-id", "r_1".parse().unwrap());
    let replayed = agent.send(dressed).await;
    assert_eq!(replayed.bytes, first.bytes);
    // A009.
    assert_eq!(replayed.header("request-id"), Some("r_1"));

    let note = json!({"order_notes": "Ring twice"});
    for session in [first.id(), other_key.id()] {
        let path = format!("{SESSIONS}/{session}");
        let updated = agent.post_with(&path, &note, "k").await;
        assert_eq!(updated.status, 200, "another path, another key: {}", updated.body);
        assert_eq!(updated.header("idempotent-replayed"), None);
        let again = agent.post_with(&path, &note, "k").await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let read = agent.send(agent.request(Method::GET, &path, Some("k"), "".into())).await;
        assert_eq!((read.status, read.header("idempotent-replayed")), (200, None));
    }
}

/// A112: a fault is never an answer to keep.
#[tokio::test]
async fn after_a_fault_the_same_key_runs_afresh() {
    use emulators::faults::Fault;

    let stage = Stage::start().await;
    let agent = stage.agent();
    stage.upstreams.store_faults.always("GET", "/wp-json/wc/store/v1/cart", Fault::DropBefore);
    let failed = post(&agent, BODY, "k").await;
    assert_eq!(failed.status, 503, "{}", failed.body);
    assert!(failed.header("retry-after").is_some());
    stage.upstreams.store_faults.clear();
    let fresh = post(&agent, BODY, "k").await;
    assert_eq!((fresh.status, fresh.header("idempotent-replayed")), (201, None));
}

/// The store keeps what canceled a session, so a repeat is one after a restart as well.
#[tokio::test]
async fn a_repeated_cancel_is_known_where_memory_is_gone() {
    let stage = Stage::start().await;
    let session = post(&stage.agent(), BODY, "create").await;
    let path = format!("{SESSIONS}/{}/cancel", session.id());
    let canceled = stage.agent().post_bytes(&path, "{}", "end").await;
    let (replica, _stop) = stage.replica().await;
    let elsewhere = Agent::new(&replica, crate::stage::TOKEN);
    let again = elsewhere.post_bytes(&path, "{}", "end").await;
    assert_eq!((again.status, again.body), (200, canceled.body));
    elsewhere.post_bytes(&path, "{}", "other").await.assert_refused(405, "not_cancelable");
}
