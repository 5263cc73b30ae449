//! Webhooks: at least once, in no order, signed afresh at each attempt.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, routing::post};
use emulators::{
    serve,
    stripe::{Delivery, PostQuirks},
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::bench::{Bench, HELD, PREVIEW};

const CREATE: &str = "/v1/payment_intents";
const ENDPOINTS: &str = "/v1/webhook_endpoints";
const HERE: &str = "http://shop.test/hooks";

/// The signature header in parts: the time, and every `v1`.
fn signature(delivery: &Delivery) -> (i64, Vec<String>) {
    let headers = &delivery.letter.headers;
    let (_, value) = headers.iter().find(|(name, _)| *name == "stripe-signature").unwrap();
    let parts = value.split(',').map(|part| part.split_once('=').unwrap());
    let mut at = 0;
    let mut proofs = Vec::new();
    for (name, value) in parts {
        match name {
            "t" => at = value.parse().unwrap(),
            "v1" => proofs.push(value.to_owned()),
            other => assert_eq!(other, "v0"),
        }
    }
    (at, proofs)
}

fn proof(secret: &str, at: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("{at}.")).chain_update(body).finalize().into_bytes();
    mac.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn told(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.letter.body).unwrap()
}

#[tokio::test]
async fn endpoints_are_configured() {
    let bench = Bench::new();
    let body = format!("url={HERE}&enabled_events[]=payment_intent.succeeded&metadata[shop]=one");
    let made = bench.post(ENDPOINTS, &body).await.body;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["enabled_events"], json!(["payment_intent.succeeded"]));
    let path = format!("{ENDPOINTS}/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.body["secret"], Value::Null, "told once");
    let off = bench.post(&path, "disabled=true").await.body;
    assert_eq!(off["status"], "disabled");
    assert_eq!(bench.get(ENDPOINTS).await.body["data"], json!([off]));
    for (body, param) in [
        (format!("url={HERE}"), "enabled_events"),
        ("enabled_events[]=*".to_owned(), "url"),
        ("url=shop.test&enabled_events[]=*".to_owned(), "url"),
        (format!("url={HERE}&enabled_events[]=charge.sent"), "enabled_events[0]"),
        (
            format!("url={HERE}&enabled_events[]=shared_payment.granted_token.used"),
            "enabled_events[0]",
        ),
        (format!("url={HERE}&enabled_events[]=*&api_version=newest"), "api_version"),
        (format!("url={HERE}&enabled_events[]=*&secret=mine"), "secret"),
    ] {
        let refused = bench.post(ENDPOINTS, &body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert_eq!(refused.body["error"]["param"], param, "{}", refused.body);
    }
    let request = bench.request("DELETE", &path, "", &[("stripe-version", PREVIEW)]);
    assert_eq!(bench.send(request).await.body["deleted"], true);
    bench.get(&path).await.assert_refused(404, "resource_missing");
}

#[tokio::test]
async fn deliveries_are_data_and_signed_when_taken() {
    let bench = Bench::new();
    let endpoint = bench.stripe.listen(HERE, &["payment_intent.succeeded"]);
    let (id, _) = bench.authorized().await;
    assert_eq!(bench.stripe.take_deliveries(), [], "nobody asked for the others");
    bench.post(&format!("{CREATE}/{id}/capture"), "").await;
    let event = bench.get("/v1/events?limit=1").await.body["data"][0].clone();
    assert_eq!(event["pending_webhooks"], 1);

    bench.wait(3);
    let taken = bench.stripe.take_deliveries();
    let [delivery] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!((&delivery.endpoint, delivery.attempt), (&endpoint, 1));
    assert_eq!(delivery.letter.url, HERE);
    assert_eq!(told(delivery), event, "the same as the list shows it");
    let (at, proofs) = signature(delivery);
    assert_eq!(at, bench.now());
    assert_eq!(proofs, [proof(bench.stripe.webhook_secret(), at, &delivery.letter.body)]);

    bench.wait(10);
    let again = bench.stripe.sign_again(delivery);
    assert_eq!((&again.letter.body, signature(&again).0), (&delivery.letter.body, at + 10));
    bench.stripe.settle(delivery, true);
    bench.stripe.settle(delivery, false);
    assert_eq!(bench.stripe.next_delivery(), None, "once heard, it is over");
    let event = bench.get("/v1/events?limit=1").await.body["data"][0].clone();
    assert_eq!(event["pending_webhooks"], 0);
}

#[tokio::test]
async fn a_failed_delivery_is_tried_for_three_days() {
    let bench = Bench::new();
    bench.stripe.listen(HERE, &["payment_intent.created"]);
    bench.open().await;
    let first = bench.now();
    let mut pauses = Vec::new();
    while let Some(due) = bench.stripe.next_delivery() {
        bench.wait(due - bench.now() - 1);
        assert_eq!(bench.stripe.take_deliveries(), [], "not yet");
        bench.wait(1);
        let taken = bench.stripe.take_deliveries();
        let [delivery] = &taken[..] else { panic!("{taken:?}") };
        assert_eq!(signature(delivery).0, bench.now(), "signed afresh");
        assert_eq!(delivery.attempt, pauses.len() + 1);
        pauses.push(bench.now() - first);
        bench.stripe.settle(delivery, false);
    }
    assert_eq!(pauses.len(), 10);
    assert!(pauses.is_sorted() && pauses[9] <= 3 * 24 * 3600, "{pauses:?}");
    let failed = bench.get("/v1/events?delivery_success=false").await.body;
    assert_eq!(failed["data"][0]["pending_webhooks"], 1, "it was never heard");
}

#[tokio::test]
async fn the_post_may_misbehave() {
    let bench = Bench::new();
    bench.stripe.listen(HERE, &["*"]);
    bench.stripe.set_post_quirks(PostQuirks {
        copies: 2,
        shuffled: true,
        skew: SignedDuration::from_secs(-301),
        api_version: Some("2017-01-27".to_owned()),
        attempts_max: 1,
    });
    for _ in 0..10 {
        bench.post(CREATE, HELD).await;
    }
    bench.stripe.emit("thing.of.the.future", json!({ "id": "x", "object": "thing" }));
    let taken = bench.stripe.take_deliveries();
    assert_eq!(taken.len(), 22, "each twice");
    let order: Vec<_> = taken.iter().map(|delivery| &delivery.event).collect();
    let mut sorted = order.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), 11);
    let in_pairs = order.chunks(2).all(|pair| pair[0] == pair[1]);
    assert!(!in_pairs, "in no order");
    assert!(taken.iter().all(|delivery| signature(delivery).0 == bench.now() - 301));
    assert!(taken.iter().all(|delivery| told(delivery)["api_version"] == "2017-01-27"));
    assert!(taken.iter().any(|delivery| delivery.kind == "thing.of.the.future"));
    for delivery in &taken {
        bench.stripe.settle(delivery, false);
    }
    assert_eq!(bench.stripe.next_delivery(), None, "one attempt was all");
}

#[tokio::test]
async fn for_a_day_two_secrets_sign() {
    let bench = Bench::new();
    let endpoint = bench.stripe.listen(HERE, &["*"]);
    let old = bench.stripe.webhook_secret().to_owned();
    let new = bench.stripe.roll_secret(&endpoint).unwrap();
    bench.open().await;
    let delivery = bench.stripe.take_deliveries().remove(0);
    let (at, proofs) = signature(&delivery);
    let expected = [&new, &old].map(|secret| proof(secret, at, &delivery.letter.body));
    assert_eq!(proofs, expected);
    bench.wait(24 * 3600);
    let (at, proofs) = signature(&bench.stripe.sign_again(&delivery));
    assert_eq!(proofs, [proof(&new, at, &delivery.letter.body)]);
}

#[tokio::test]
async fn an_endpoint_that_is_off_or_gone_hears_nothing() {
    let bench = Bench::new();
    let endpoint = bench.stripe.listen(HERE, &["*"]);
    bench.open().await;
    bench.post(&format!("{ENDPOINTS}/{endpoint}"), "disabled=true").await;
    bench.open().await;
    assert_eq!(bench.stripe.take_deliveries(), []);
}

/// What somebody posted, and the statuses they are to be answered with, last first.
#[derive(Clone, Default)]
struct Inbox {
    letters: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    statuses: Arc<Mutex<Vec<StatusCode>>>,
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    inbox.letters.lock().unwrap().push((headers, body));
    inbox.statuses.lock().unwrap().pop().unwrap_or(StatusCode::OK)
}

#[tokio::test]
async fn deliveries_go_over_http_too() {
    let bench = Bench::new();
    let inbox = Inbox::default();
    *inbox.statuses.lock().unwrap() = vec![StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE];
    let router = Router::new().route("/hooks", post(receive)).with_state(inbox.clone());
    let shop = serve::start(router).await;
    bench.stripe.listen(&format!("{}/hooks", shop.url), &["payment_intent.created"]);
    bench.stripe.listen("http://127.0.0.1:1/nobody", &["payment_intent.created"]);
    bench.open().await;
    assert_eq!(bench.stripe.deliver().await, 2);
    assert_eq!(bench.stripe.deliver().await, 0, "both failed and wait");
    bench.wait(300);
    assert_eq!(bench.stripe.deliver().await, 2);
    let letters = inbox.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].1, letters[1].1, "the same event");
    assert_ne!(letters[0].0["stripe-signature"], letters[1].0["stripe-signature"]);
    assert_eq!(letters[0].0["content-type"], "application/json; charset=utf-8");
    let event = bench.get("/v1/events?limit=1").await.body["data"][0].clone();
    assert_eq!(event["pending_webhooks"], 1, "nobody never answers");
}

#[tokio::test]
async fn whoever_only_reads_needs_no_post() {
    let bench = Bench::new();
    bench.open().await;
    bench.stripe.listen(HERE, &["*"]);
    assert_eq!(bench.stripe.take_deliveries(), [], "what happened before is not told");
    let request = Request::get("/v1/events").body(axum::body::Body::empty()).unwrap();
    bench.send(request).await.assert_refused(401, "");
}
