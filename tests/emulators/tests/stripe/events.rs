//! Events: one for everything that happens, with the thing as it was.

use emulators::stripe::Quirks;
use serde_json::{Value, json};

use crate::bench::{Bench, HELD};

const CREATE: &str = "/v1/payment_intents";

/// The kinds of all events so far, oldest first.
async fn kinds(bench: &Bench) -> Vec<String> {
    let listed = bench.get("/v1/events?limit=100").await.body;
    let data = listed["data"].as_array().unwrap().iter().rev();
    data.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_purchase_is_told_step_by_step() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    bench.keyed("cap-1", &format!("{CREATE}/{id}/capture"), "").await;
    assert_eq!(
        kinds(&bench).await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded",
        ]
    );
    let events = bench.get("/v1/events").await.body;
    let last = &events["data"][0];
    assert_eq!(last["object"], "event");
    assert_eq!(last["request"]["idempotency_key"], "cap-1");
    assert_eq!(last["data"]["object"]["amount_received"], 5000);
    assert_eq!(last["pending_webhooks"], 0);
    let held = &events["data"][2]["data"]["object"];
    assert_eq!(held["status"], "requires_capture", "it is shown as it was");
}

#[tokio::test]
async fn what_goes_wrong_is_told_too() {
    let bench = Bench::new();
    let id = bench.open().await;
    let declined = bench.stripe.mint("pm_card_chargeDeclined", 9000, "usd");
    bench.confirm(&id, &declined).await;
    let slow = bench.stripe.mint("pm_card_authenticationRequired", 9000, "usd");
    bench.confirm(&id, &slow).await;
    bench.stripe.authenticate(&id, false);
    bench.post(&format!("{CREATE}/{id}/cancel"), "").await;
    assert_eq!(
        kinds(&bench).await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "payment_intent.payment_failed",
            "payment_intent.canceled",
        ]
    );
}

#[tokio::test]
async fn a_hold_that_is_let_go_looks_like_a_refund_and_one_that_ends_like_none() {
    let bench = Bench::new();
    let (canceled, _) = bench.authorized().await;
    bench.post(&format!("{CREATE}/{canceled}/cancel"), "").await;
    let told = kinds(&bench).await;
    assert_eq!(told[told.len() - 2..], ["charge.refunded", "payment_intent.canceled"]);
    let events = bench.get("/v1/events?type=charge.refunded").await.body;
    let event = &events["data"][0]["data"];
    assert_eq!(event["object"]["captured"], false, "no money was given back: none was taken");
    assert_eq!(event["previous_attributes"], json!({ "amount_refunded": 0, "refunded": false }));
    assert_eq!(bench.get("/v1/refunds").await.body["data"], json!([]));

    let (expired, _) = bench.authorized().await;
    let ends = bench.now() + 7 * 24 * 3600;
    bench.wait(9 * 24 * 3600);
    let events = bench.get("/v1/events?limit=2").await.body;
    let [last, before] = [0, 1].map(|at| &events["data"][at]);
    assert_eq!(
        (&before["type"], &last["type"]),
        (&json!("charge.expired"), &json!("payment_intent.canceled"))
    );
    assert_eq!(last["data"]["object"]["id"], expired);
    assert_eq!(last["created"], ends, "it happened when it was due, not when somebody looked");
    assert_eq!(last["request"]["id"], Value::Null, "nobody asked for it");
}

#[tokio::test]
async fn events_are_found_by_kind_for_thirty_days() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    let listed = |body: Value| body["data"].as_array().unwrap().len();
    assert_eq!(listed(bench.get("/v1/events?type=charge.*").await.body), 1);
    let two = "types[]=charge.succeeded&types[]=payment_intent.created";
    assert_eq!(listed(bench.get(&format!("/v1/events?{two}")).await.body), 2);
    bench.get(&format!("/v1/events?type=charge.*&{two}")).await.assert_refused(400, "");
    let event = bench.get("/v1/events?limit=1").await.body["data"][0].clone();
    let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.body, event);
    assert_eq!(event["data"]["object"]["id"], id);
    bench.wait(30 * 24 * 3600);
    bench.get(&path).await.assert_refused(404, "resource_missing");
}

#[tokio::test]
async fn a_replay_happens_once() {
    let bench = Bench::new();
    for _ in 0..3 {
        bench.keyed("open", CREATE, HELD).await;
    }
    assert_eq!(kinds(&bench).await, ["payment_intent.created"]);
}

#[tokio::test]
async fn whether_tokens_are_told_of_is_a_quirk() {
    let bench = Bench::new();
    bench.stripe.set_quirks(Quirks { token_events: true, ..Quirks::default() });
    bench.authorized().await;
    let told = kinds(&bench).await;
    for kind in ["used", "deactivated"] {
        let kind = format!("shared_payment.granted_token.{kind}");
        assert!(told.contains(&kind), "{told:?}");
    }
}

#[tokio::test]
async fn the_same_seed_tells_the_same() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bench = Bench::new();
        bench.stripe.listen("http://shop.test/hooks", &["*"]);
        let (id, _) = bench.authorized().await;
        bench.post(&format!("{CREATE}/{id}/capture"), "").await;
        runs.push(bench.stripe.take_deliveries());
    }
    assert_eq!(runs[0].len(), 5);
    assert_eq!(runs[0], runs[1]);
}
