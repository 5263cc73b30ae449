//! Five dated versions at once: every operation in every one, and one session through all of them.

use http::Method;
use serde_json::{Value, json};

use crate::stage::{
    Answer, Stage,
    agent::{Agent, ada, payment, san_francisco},
};

pub(crate) const VERSIONS: [&str; 5] =
    ["2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30", "2026-04-17"];
const SESSIONS: &str = "/api/checkout_sessions";

/// What an agent of this version sends to create a session for one shirt.
pub(crate) fn creation(version: &str) -> Value {
    let address = &san_francisco()["address"];
    match version {
        "2025-09-29" => json!({
            "items": [{"id": "20", "quantity": 2}], "buyer": ada(), "fulfillment_address": address,
        }),
        "2025-12-12" | "2026-01-16" => json!({
            "items": [{"id": "20", "quantity": 2}],
            "buyer": ada(),
            "fulfillment_details": san_francisco(),
        }),
        _ => json!({
            "currency": "usd",
            "capabilities": {"interventions": {"supported": ["3ds", "telepathy"]}},
            "line_items": [{"id": "20", "quantity": 2}],
            "buyer": ada(),
            "fulfillment_details": san_francisco(),
        }),
    }
}

/// The choice of an option, in the version's shape.
pub(crate) fn choice(version: &str, option: &str) -> Value {
    match version {
        "2025-09-29" => json!({"fulfillment_option_id": option}),
        "2025-12-12" | "2026-01-16" => json!({"selected_fulfillment_options": [
            {"type": "shipping", "shipping": {"option_id": option, "item_ids": ["20"]}},
        ]}),
        _ => json!({"selected_fulfillment_options": [
            {"type": "shipping", "option_id": option, "item_ids": ["li_20"]},
        ]}),
    }
}

/// The payment, in the version's shape.
pub(crate) fn completion(version: &str, token: &str) -> Value {
    match version {
        "2025-09-29" | "2025-12-12" | "2026-01-16" => {
            json!({"payment_data": {"token": token, "provider": "stripe"}})
        }
        _ => payment(token),
    }
}

fn chosen(version: &str, session: &Value) -> Value {
    match version {
        "2025-09-29" => session["fulfillment_option_id"].clone(),
        "2025-12-12" | "2026-01-16" => {
            session["selected_fulfillment_options"][0]["shipping"]["option_id"].clone()
        }
        _ => session["selected_fulfillment_options"][0]["option_id"].clone(),
    }
}

/// What every version can say, whatever its shape.
fn totals(answer: &Answer) -> Vec<(String, i64)> {
    let rows = answer.body["totals"].as_array().unwrap().iter();
    rows.map(|row| (row["type"].as_str().unwrap().to_owned(), row["amount"].as_i64().unwrap()))
        .collect()
}

/// Create, update, retrieve, complete and cancel in every version; the stage's agent holds each
/// answer against the version's own schema. A006, A025, A031, A032, A067, A068, A074, A076.
#[tokio::test]
async fn every_operation_in_every_version() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let created = agent.post(SESSIONS, &creation(version)).await;
        assert_eq!(created.status, 201, "{version} {}", created.body);
        assert_eq!(created.body["status"], "ready_for_payment", "{version} {}", created.body);
        let id = created.id().to_owned();

        let updated = agent.update(&id, &choice(version, "flat_rate:2")).await;
        assert_eq!(updated.status, 200, "{version} {}", updated.body);
        assert_eq!(chosen(version, &updated.body), "flat_rate:2", "{version} {}", updated.body);
        let read = agent.retrieve(&id).await;
        assert_eq!(totals(&read), totals(&updated), "{version}");

        let path = format!("{SESSIONS}/{id}/complete");
        let completed = agent.post(&path, &completion(version, &stage.token())).await;
        assert_eq!(completed.status, 200, "{version} {}", completed.body);
        assert_eq!(completed.body["status"], "completed", "{version} {}", completed.body);
        let order = &completed.body["order"];
        assert_eq!(order["checkout_session_id"], id, "{version}");
        assert!(order["permalink_url"].as_str().unwrap().starts_with("http"));

        let again = agent.post(SESSIONS, &creation(version)).await;
        let canceled = agent.cancel(again.id()).await;
        assert_eq!(canceled.status, 200, "{version} {}", canceled.body);
        assert_eq!(canceled.body["status"], "canceled", "{version}");
        agent.cancel(again.id()).await.assert_refused(405, "not_cancelable");
    }
    assert_eq!(stage.upstreams.stripe.captured().len(), VERSIONS.len());
    assert_eq!(stage.upstreams.paid_orders().len(), VERSIONS.len());
}

/// A012: one session, made in one version, chosen in the next, bought in another.
#[tokio::test]
async fn a_session_goes_through_all_versions() {
    let stage = Stage::start().await;
    let made = stage.agent().speaking("2025-12-12").post(SESSIONS, &creation("2025-12-12")).await;
    let id = made.id().to_owned();
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let option = if version == "2026-01-16" { "flat_rate:1" } else { "flat_rate:2" };
        let updated = agent.update(&id, &choice(version, option)).await;
        for reader in VERSIONS {
            let read = stage.agent().speaking(reader).retrieve(&id).await;
            assert_eq!(totals(&read), totals(&updated), "{version} read in {reader}");
            assert_eq!(read.id(), id);
            assert_eq!(read.body["line_items"][0]["id"], updated.body["line_items"][0]["id"]);
            // A011.
            let named = read.body["protocol"]["version"].as_str();
            assert_eq!(named, (reader >= "2026-01-30").then_some(reader), "{reader}");
        }
    }
    let path = format!("{SESSIONS}/{id}/complete");
    let agent = stage.agent().speaking("2026-01-30");
    let done = agent.post(&path, &completion("2026-01-30", &stage.token())).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    for version in VERSIONS {
        let read = stage.agent().speaking(version).retrieve(&id).await;
        assert_eq!(read.body["order"]["id"], done.body["order"]["id"], "{version}");
    }
    stage.upstreams.assert_bought_once();
}

/// A004, A005, A007, A008.
#[tokio::test]
async fn a_version_is_named_and_known() {
    let stage = Stage::start().await;
    let unnamed = stage.agent().get(SESSIONS).await;
    assert_eq!(unnamed.status, 405, "the path is known, the method is not");
    for version in ["2026-04-18", "yesterday", "2026-4-17", " "] {
        let agent = stage.agent().speaking(version);
        let refused = agent.post(SESSIONS, &creation("2026-04-17")).await;
        refused.assert_refused(400, "unsupported_api_version");
        let spoken = refused.body["supported_versions"].as_array().unwrap();
        assert_eq!(spoken.len(), 5);
        assert_eq!(spoken[0], "2026-04-17", "the newest first");
    }
    let agent = stage.agent();
    let mut request = agent.request(Method::POST, SESSIONS, Some("k"), "{}".into());
    request.headers_mut().remove("api-version");
    agent.send(request).await.assert_refused(400, "missing_api_version");
    let draft = agent.speaking("2025-09-12").post(SESSIONS, &creation("2025-09-29")).await;
    assert_eq!(draft.status, 201, "{}", draft.body);
    assert!(draft.body["fulfillment_option_id"].is_string(), "the first release's shape");
}

/// A023, A024, A025: what must be there is each version's own.
#[tokio::test]
async fn each_version_demands_its_own_members() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let bare = agent.post(SESSIONS, &json!({"line_items": [{"id": "20"}]})).await;
        if version < "2026-01-30" {
            assert_eq!(bare.status, 201, "{version} {}", bare.body);
            let empty = agent.post(SESSIONS, &json!({})).await;
            empty.assert_refused(400, "missing_required_field");
            assert_eq!(empty.body["param"], "$.items", "{version}");
        } else {
            bare.assert_refused(400, "missing_required_field");
            assert_eq!(bare.body["param"], "$.capabilities");
            let no_currency = json!({"line_items": [{"id": "20"}], "capabilities": {}});
            let refused = agent.post(SESSIONS, &no_currency).await;
            assert_eq!(refused.body["param"], "$.currency", "{version} {}", refused.body);
        }
    }
}

/// A098, A099, A103: keys are mandatory from 2026-04-17 on, and a reused one conflicts before.
#[tokio::test]
async fn each_version_has_its_own_rules_for_keys() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let body = creation(version);
        let keyless = without_key(&agent, &body).await;
        let reused = {
            let first = agent.post_with(SESSIONS, &body, version).await;
            let again = agent.post_with(SESSIONS, &body, version).await;
            assert_eq!(again.header("idempotent-replayed"), Some("true"), "{version}");
            assert_eq!(again.bytes, first.bytes, "{version}");
            let mut other = body.clone();
            other["buyer"]["first_name"] = json!("Augusta");
            agent.post_with(SESSIONS, &other, version).await
        };
        if version == "2026-04-17" {
            keyless.assert_refused(400, "idempotency_key_required");
            reused.assert_refused(422, "idempotency_conflict");
        } else {
            assert_eq!(keyless.status, 201, "{version} {}", keyless.body);
            reused.assert_refused(409, "idempotency_conflict");
        }
    }
}

/// A completion without a key is recognized by its body.
#[tokio::test]
async fn a_keyless_completion_repeated_buys_once() {
    let stage = Stage::start().await;
    let agent = stage.agent().speaking("2025-09-29");
    let session = agent.post(SESSIONS, &creation("2025-09-29")).await;
    let path = format!("{SESSIONS}/{}/complete", session.id());
    let body = completion("2025-09-29", &stage.token()).to_string();
    for _ in 0..2 {
        let request = agent.request(Method::POST, &path, None, body.clone().into());
        let done = agent.send(request).await;
        assert_eq!(done.body["status"], "completed", "{}", done.body);
    }
    stage.upstreams.assert_bought_once();
}

/// A060: what is a warning now was an information once.
#[tokio::test]
async fn refusals_are_told_in_every_version() {
    let stage = Stage::start().await;
    stage.upstreams.store.set_stock(20, 0);
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let mut body = creation(version);
        body["coupons"] = json!(["nonsense"]);
        let session = agent.post(SESSIONS, &body).await;
        assert_eq!(session.status, 201, "{version} {}", session.body);
        assert_eq!(session.body["status"], "not_ready_for_payment", "{version}");
        assert!(session.message("out_of_stock").is_some(), "{version} {}", session.body);
        let kinds: Vec<_> = session.body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["type"].as_str().unwrap())
            .collect();
        let refused = if version < "2026-01-30" { "info" } else { "warning" };
        assert!(kinds.contains(&refused), "{version} {kinds:?}");
    }
}

async fn without_key(agent: &Agent, body: &Value) -> Answer {
    let body = body.to_string().into();
    agent.send(agent.request(Method::POST, SESSIONS, None, body)).await
}

/// An agent that says a thing in the words of two versions is understood in all of them.
#[tokio::test]
async fn older_and_newer_names_side_by_side() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let body = json!({
            "items": [{"id": "21", "quantity": 9}], "line_items": [{"id": "20"}],
            "currency": "usd", "capabilities": {},
        });
        let agent = stage.agent().speaking(version);
        let session = agent.post("/api/checkout_sessions", &body).await;
        assert_eq!(session.status, 201, "{version}: {}", session.body);
        assert_eq!(session.body["line_items"][0]["item"]["id"], "20", "{version}");
    }
}
