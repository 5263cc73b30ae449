//! Disputes.

use serde_json::{Value, json};

use crate::bench::Bench;

const CREATE: &str = "/v1/payment_intents";

/// A payment of 50.00 that was taken from a card.
async fn paid(bench: &Bench, card: &str) -> String {
    let (id, token) = (bench.open().await, bench.stripe.mint(card, 9000, "usd"));
    bench.confirm(&id, &token).await;
    let done = bench.post(&format!("{CREATE}/{id}/capture"), "").await;
    assert_eq!(done.body["status"], "succeeded", "{}", done.body);
    id
}

async fn only_dispute(bench: &Bench, intent: &str) -> Value {
    let listed = bench.get(&format!("/v1/disputes?payment_intent={intent}")).await.body;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    listed["data"][0].clone()
}

async fn kinds(bench: &Bench) -> Vec<Value> {
    let events = bench.get("/v1/events?type=charge.dispute.*&limit=100").await.body;
    events["data"].as_array().unwrap().iter().rev().map(|event| event["type"].clone()).collect()
}

#[tokio::test]
async fn a_card_of_stripes_for_tests_disputes_a_minute_later() {
    for (card, reason) in [
        ("pm_card_createDispute", "fraudulent"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received"),
    ] {
        let bench = Bench::new();
        let id = paid(&bench, card).await;
        assert_eq!(bench.get("/v1/disputes").await.body["data"], json!([]));
        bench.wait(60);
        let dispute = only_dispute(&bench, &id).await;
        assert_eq!(
            (&dispute["reason"], &dispute["status"], &dispute["amount"]),
            (&json!(reason), &json!("needs_response"), &json!(5000))
        );
        assert_eq!(dispute["is_charge_refundable"], false);
        assert_eq!(
            kinds(&bench).await,
            ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
        );
        let path = format!("/v1/charges/{}", dispute["charge"].as_str().unwrap());
        assert_eq!(bench.get(&path).await.body["disputed"], true);
        let refund = bench.post("/v1/refunds", &format!("payment_intent={id}")).await;
        refund.assert_refused(400, "charge_disputed");
        let books = bench.stripe.ledger();
        assert_eq!((books.payments[0].captured, books.payments[0].withdrawn), (5000, 5000));
    }
}

#[tokio::test]
async fn evidence_wins_or_loses() {
    for (words, status, last, withdrawn) in [
        ("winning_evidence", "won", "charge.dispute.funds_reinstated", 0),
        ("losing_evidence", "lost", "charge.dispute.closed", 5000),
    ] {
        let bench = Bench::new();
        let id = bench.stripe.dispute(&paid(&bench, "pm_card_visa").await, "duplicate").unwrap();
        let path = format!("/v1/disputes/{id}");
        let staged = bench.post(&path, "evidence[receipt]=file_1&submit=false").await.body;
        assert_eq!(staged["status"], "needs_response");
        let typo = bench.post(&path, "evidence[recipe]=cake").await;
        typo.assert_refused(400, "parameter_unknown");
        let sent = bench.post(&path, &format!("evidence[uncategorized_text]={words}")).await.body;
        assert_eq!(sent["status"], "under_review");
        bench.post(&path, "evidence[receipt]=file_2").await.assert_refused(400, "");
        bench.post(&format!("{path}/close"), "").await.assert_refused(400, "");
        bench.wait(60);
        assert_eq!(bench.get(&path).await.body["status"], status);
        assert_eq!(kinds(&bench).await.last().unwrap(), last);
        assert_eq!(bench.stripe.ledger().payments[0].withdrawn, withdrawn);
    }
}

#[tokio::test]
async fn an_inquiry_takes_no_money_and_can_be_refunded() {
    let bench = Bench::new();
    let id = paid(&bench, "pm_card_createDisputeInquiry").await;
    bench.wait(60);
    let inquiry = only_dispute(&bench, &id).await;
    assert_eq!(inquiry["status"], "warning_needs_response");
    assert_eq!(inquiry["balance_transactions"], json!([]));
    assert_eq!(kinds(&bench).await, ["charge.dispute.created"]);
    let refund = bench.post("/v1/refunds", &format!("payment_intent={id}")).await;
    assert_eq!(refund.status, 200, "{}", refund.body);
}

#[tokio::test]
async fn a_test_may_dispute_and_decide() {
    let bench = Bench::new();
    let (held, _) = bench.authorized().await;
    assert_eq!(bench.stripe.dispute(&held, "fraudulent"), None, "nothing was taken");
    let id = bench.stripe.dispute(&paid(&bench, "pm_card_visa").await, "fraudulent").unwrap();
    bench.stripe.decide_dispute(&id, true);
    bench.stripe.decide_dispute(&id, false);
    assert_eq!(bench.get(&format!("/v1/disputes/{id}")).await.body["status"], "won");
    let other = bench.stripe.dispute(&paid(&bench, "pm_card_visa").await, "fraudulent").unwrap();
    let closed = bench.post(&format!("/v1/disputes/{other}/close"), "").await.body;
    assert_eq!(closed["status"], "lost");
}
