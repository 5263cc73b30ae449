//! Refunds: by whom, how much, and whether they arrive.

use serde_json::{Value, json};

use crate::bench::Bench;

const CREATE: &str = "/v1/payment_intents";

async fn paid(bench: &Bench, card: &str) -> String {
    let (id, token) = (bench.open().await, bench.stripe.mint(card, 9000, "usd"));
    bench.confirm(&id, &token).await;
    bench.post(&format!("{CREATE}/{id}/capture"), "").await;
    id
}

async fn kinds(bench: &Bench, wanted: usize) -> Vec<Value> {
    let events = bench.get(&format!("/v1/events?limit={wanted}")).await.body;
    events["data"].as_array().unwrap().iter().rev().map(|event| event["type"].clone()).collect()
}

async fn charge(bench: &Bench, refund: &Value) -> Value {
    bench.get(&format!("/v1/charges/{}", refund["charge"].as_str().unwrap())).await.body
}

#[tokio::test]
async fn the_dashboard_refunds_without_a_key_or_a_mark() {
    let bench = Bench::new();
    let id = paid(&bench, "pm_card_visa").await;
    let calls = bench.stripe.calls().len();
    let refund = bench.stripe.refund_by_hand(&id, Some(2000)).unwrap();
    assert_eq!((&refund["metadata"], &refund["status"]), (&json!({}), &json!("succeeded")));
    assert_eq!(bench.stripe.calls().len(), calls, "it is nobody's call");
    assert_eq!(kinds(&bench, 2).await, ["refund.created", "charge.refunded"]);
    let event = bench.get("/v1/events?type=refund.created").await.body["data"][0].clone();
    assert_eq!(event["request"]["idempotency_key"], Value::Null);
    assert!(event["request"]["id"].is_string());
    let listed = bench.get(&format!("/v1/refunds?payment_intent={id}")).await.body;
    assert_eq!(listed["data"], json!([refund]));
    assert_eq!(bench.stripe.refund_by_hand(&id, Some(3001)), None);
    assert_eq!(bench.stripe.refund_by_hand(&id, None).unwrap()["amount"], 3000);
    assert_eq!(bench.stripe.ledger().payments[0].refunded, 5000);
}

#[tokio::test]
async fn the_dashboard_captures_and_cancels() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    assert_eq!(bench.stripe.capture_by_hand(&id).unwrap()["status"], "succeeded");
    assert_eq!(bench.stripe.capture_by_hand(&id), None);
    assert_eq!(bench.stripe.cancel_by_hand(&id), None);
    let (id, _) = bench.authorized().await;
    assert_eq!(bench.stripe.cancel_by_hand(&id).unwrap()["status"], "canceled");
    assert_eq!(bench.stripe.ledger().holds().count(), 0);
}

#[tokio::test]
async fn a_refund_may_come_back() {
    let bench = Bench::new();
    let id = paid(&bench, "pm_card_refundFail").await;
    let refund = bench.post("/v1/refunds", &format!("payment_intent={id}")).await.body;
    assert_eq!(refund["status"], "succeeded");
    bench.wait(60);
    let path = format!("/v1/refunds/{}", refund["id"].as_str().unwrap());
    let failed = bench.get(&path).await.body;
    assert_eq!((&failed["status"], failed["failure_reason"].is_string()), (&json!("failed"), true));
    assert_eq!(
        kinds(&bench, 3).await,
        ["refund.failed", "refund.updated", "charge.refund.updated"]
    );
    assert_eq!(charge(&bench, &refund).await["amount_refunded"], 0);
    assert_eq!(bench.stripe.ledger().payments[0].refunded, 0);
    let another = bench.post("/v1/refunds", &format!("payment_intent={id}")).await;
    assert_eq!(another.status, 200, "it can be tried again");
    assert!(bench.stripe.fail_refund(&another.id()).is_some());
    assert_eq!(bench.stripe.fail_refund(&another.id()), None);
}

#[tokio::test]
async fn a_refund_may_be_late() {
    let bench = Bench::new();
    let id = paid(&bench, "pm_card_pendingRefund").await;
    let refund = bench.post("/v1/refunds", &format!("payment_intent={id}")).await;
    assert_eq!(refund.body["status"], "pending");
    bench.wait(60);
    let arrived = bench.get(&format!("/v1/refunds/{}", refund.id())).await.body;
    assert_eq!(arrived["status"], "succeeded");
    assert_eq!(charge(&bench, &arrived).await["refunded"], true);
}

#[tokio::test]
async fn a_refund_can_be_marked_but_not_canceled() {
    let bench = Bench::new();
    let id = paid(&bench, "pm_card_visa").await;
    let refund = bench.post("/v1/refunds", &format!("payment_intent={id}&amount=1")).await;
    let path = format!("/v1/refunds/{}", refund.id());
    let marked = bench.post(&path, "metadata[store_refund]=9").await.body;
    assert_eq!(marked["metadata"], json!({ "store_refund": "9" }));
    bench.post(&path, "amount=2").await.assert_refused(400, "parameter_unknown");
    bench.post(&format!("{path}/cancel"), "").await.assert_refused(400, "");
}
