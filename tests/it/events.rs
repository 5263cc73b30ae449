//! What an agent hears of its orders.

use std::time::Duration;

use acp::latest::Version;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Method, Request};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use storebridge::config::{Events, Profile};
use upstream::{Https, Transport};
use url::Url;

use crate::stage::{
    Stage, Upstreams,
    listener::{Heard, Listener},
    schema,
};

const SECRET: &str = "known to the agent";

async fn stage(listener: &Listener, profile: Profile) -> Stage {
    stage_speaking(listener, profile, Version::LATEST).await
}

async fn stage_speaking(listener: &Listener, profile: Profile, version: Version) -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].agents[0].profile = profile;
    config.stores[0].agents[0].events = Some(Events {
        url: Url::parse(&listener.url()).unwrap(),
        secret: SecretString::from(SECRET),
        version,
        attempts_max: 3,
        // Half of it is chance, so two attempts are more than a second apart.
        first_delay: Duration::from_millis(2_100),
        limits: crate::stage::limits(),
    });
    config.stores[0].changes_refresh = Duration::from_millis(20);
    Stage::with(upstreams, config).await
}

/// What the seller does in the store's own admin.
pub(crate) async fn seller(stage: &Stage, method: Method, path: &str, body: &Value) -> Value {
    let store = &stage.upstreams.store;
    let key = format!("{}:{}", store.consumer_key(), store.consumer_secret());
    let request = Request::builder()
        .method(method)
        .uri(format!("{}/wp-json/wc/v3{path}", stage.upstreams.store_server.url))
        .header("authorization", format!("Basic {}", STANDARD.encode(key)))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let network = Https::new(Duration::from_secs(2)).unwrap();
    let response = network.send(request, 1024 * 1024).await.unwrap();
    assert!(response.status().is_success(), "{response:?}");
    serde_json::from_slice(response.body()).unwrap()
}

/// The time it was signed at, if it was signed right.
fn signed_at(heard: &Heard) -> i64 {
    let header = heard.headers["merchant-signature"].to_str().unwrap();
    let (time, signature) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let byte = |at: usize| u8::from_str_radix(&signature[at..at + 2], 16).unwrap();
    let signature: Vec<u8> = (0..signature.len()).step_by(2).map(byte).collect();
    Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())
        .unwrap()
        .chain_update(time)
        .chain_update(".")
        .chain_update(&heard.body)
        .verify_slice(&signature)
        .unwrap();
    time.parse().unwrap()
}

fn event(heard: &Heard) -> Value {
    serde_json::from_slice(&heard.body).unwrap()
}

/// A160, A161, A162, A165.
#[tokio::test]
async fn a_completed_session_is_told_once_with_the_whole_order() {
    let listener = Listener::start(&[]).await;
    let stage = stage(&listener, Profile::Standard).await;
    let agent = stage.agent();
    let session = agent.ready("20", 2).await;
    let token = stage.token();
    let done = agent.complete_with(session.id(), &token, "pay").await;
    agent.complete_with(session.id(), &token, "pay").await;
    agent.complete_with(session.id(), &token, "pay again").await;
    let heard = listener.heard(1).await;
    signed_at(&heard[0]);
    let event = event(&heard[0]);
    assert_eq!(event["type"], "order_create");
    assert_eq!(event["data"], done.body["order"], "the same as the answer");
    assert_eq!(event["data"]["type"], "order");
    assert_eq!(event["data"]["checkout_session_id"], session.id());
    let line = &event["data"]["line_items"][0];
    assert_eq!(line["quantity"], json!({"ordered": 2, "current": 2, "fulfilled": 0}));
    assert_eq!(line["status"], "processing");
    schema::check_order(&event["data"]);
    assert!(event["data"].get("refunds").is_none(), "which only older versions have");

    // Whoever has not agreed on an address hears nothing, and nobody hears of a decline.
    let quiet = stage.other_agent();
    let session = quiet.ready("20", 1).await;
    quiet.complete(session.id(), &stage.token()).await;
    let session = agent.ready("20", 1).await;
    let declined = stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    agent.complete(session.id(), &declined).await;
    let document = agent.get("/.well-known/acp.json").await.body;
    assert_eq!(document["capabilities"]["services"], json!(["checkout", "carts", "orders"]));
    assert_eq!(listener.heard(1).await.len(), 1);
}

/// A163, A170.
#[tokio::test]
async fn an_ill_agent_is_told_again_with_a_fresh_signature() {
    let listener = Listener::start(&[503]).await;
    let stage = stage(&listener, Profile::OpenAi).await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    agent.complete(session.id(), &stage.token()).await;
    let heard = listener.heard(2).await;
    assert!(signed_at(&heard[1]) > signed_at(&heard[0]));
    assert_eq!(heard[0].body, heard[1].body);
    assert_eq!(event(&heard[1])["type"], "order_created", "as this agent calls it");
}

/// A170, A171: what the agent refuses is not sent again, and the store's own orders are no news.
#[tokio::test]
async fn a_refusal_is_final() {
    let listener = Listener::start(&[401]).await;
    let stage = stage(&listener, Profile::Standard).await;
    let agent = stage.agent();
    let first = agent.ready("20", 1).await;
    agent.complete(first.id(), &stage.token()).await;
    listener.heard(1).await;
    let second = agent.ready("20", 1).await;
    agent.complete(second.id(), &stage.token()).await;
    let heard = listener.heard(2).await;
    assert_eq!(event(&heard[1])["data"]["checkout_session_id"], second.id());
}

/// A166, A168, A169: sent, then partly paid back; the store's other orders are nobody's news.
#[tokio::test]
async fn what_becomes_of_an_order_is_told() {
    let listener = Listener::start(&[]).await;
    let stage = stage(&listener, Profile::Standard).await;
    let agent = stage.agent();
    let session = agent.ready("20", 2).await;
    let done = agent.complete(session.id(), &stage.token()).await;
    listener.heard(1).await;
    let own = json!({"status": "processing", "line_items": [{"product_id": 20, "quantity": 1}]});
    seller(&stage, Method::POST, "/orders", &own).await;
    let path = format!("/orders/{}", done.body["order"]["id"].as_str().unwrap());

    seller(&stage, Method::PUT, &path, &json!({"status": "completed"})).await;
    let sent = event(&listener.heard(2).await[1]);
    assert_eq!(sent["type"], "order_update");
    assert_eq!(sent["data"]["id"], done.body["order"]["id"]);
    assert_eq!(sent["data"]["status"], "completed");
    let line = &sent["data"]["line_items"][0];
    assert_eq!(line["quantity"], json!({"ordered": 2, "current": 2, "fulfilled": 2}));
    assert_eq!(line["status"], "fulfilled");
    schema::check_order(&sent["data"]);

    let refund = json!({"amount": "5.00", "reason": "A scratch", "api_refund": false});
    seller(&stage, Method::POST, &format!("{path}/refunds"), &refund).await;
    let back = event(&listener.heard(3).await[2]);
    schema::check_order(&back["data"]);
    let adjustment = &back["data"]["adjustments"][0];
    assert_eq!(adjustment["type"], "refund");
    assert_eq!((&adjustment["amount"], &adjustment["currency"]), (&json!(500), &json!("usd")));
    assert_eq!(adjustment["description"], "A scratch");
    let row = |kind: &str| {
        let rows = back["data"]["totals"].as_array().unwrap();
        rows.iter().find(|row| row["type"] == kind).unwrap()["amount"].clone()
    };
    assert_eq!(row("total"), done.body["totals"].as_array().unwrap().last().unwrap()["amount"]);
    assert_eq!(row("amount_refunded"), 500);

    seller(&stage, Method::PUT, &path, &json!({"status": "refunded"})).await;
    let mut ended = event(listener.heard(4).await.last().unwrap());
    if ended["data"]["status"] == "completed" {
        // The store was asked between its two writes: the money is back, the state is not yet.
        ended = event(listener.heard(5).await.last().unwrap());
    }
    assert_eq!(ended["data"]["status"], "canceled");
    let line = &ended["data"]["line_items"][0];
    assert_eq!(line["quantity"], json!({"ordered": 2, "current": 0, "fulfilled": 0}));
    assert_eq!(ended["data"]["totals"].as_array().unwrap().last().unwrap()["amount"], row("total"));
}

/// A164, A172: who hears in the words of an older version gets all that it knows.
#[tokio::test]
async fn events_have_the_shape_that_was_agreed_on() {
    for version in [Version::V2025_09_29, Version::V2026_01_30] {
        let listener = Listener::start(&[]).await;
        let stage = stage_speaking(&listener, Profile::Standard, version).await;
        let agent = stage.agent();
        let session = agent.ready("20", 2).await;
        let done = agent.complete(session.id(), &stage.token()).await;
        let order = &done.body["order"];
        let made = listener.heard(1).await;
        signed_at(&made[0]);
        let expected = json!({"type": "order_create", "data": {
            "type": "order",
            "checkout_session_id": session.id(),
            "permalink_url": order["permalink_url"],
            "status": "confirmed",
            "refunds": [],
        }});
        assert_eq!(event(&made[0]), expected);

        let path = format!("/orders/{}", order["id"].as_str().unwrap());
        seller(&stage, Method::PUT, &path, &json!({"status": "completed"})).await;
        let sent = event(&listener.heard(2).await[1]);
        assert_eq!(sent["data"]["status"], "fulfilled");
        let refund = json!({"amount": "5.00", "reason": "A scratch", "api_refund": false});
        seller(&stage, Method::POST, &format!("{path}/refunds"), &refund).await;
        let back = event(&listener.heard(3).await[2]);
        let refunds = json!([{"type": "original_payment", "amount": 500}]);
        assert_eq!(back["data"]["refunds"], refunds);
        // The files define these members and no other.
        let names =
            |event: &Value| event["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!((names(&sent), names(&back)), (names(&expected), names(&expected)));
    }
}
