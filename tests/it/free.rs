//! What costs nothing is ordered like anything else, and nobody is asked for money.

use emulators::faults::Fault;
use serde_json::json;

use crate::{
    extras::create_with,
    stage::{Answer, Stage, agent::Agent},
};

/// A download whose price a code takes away.
async fn given_away(agent: &Agent) -> Answer {
    let free = json!({"line_items": [{"id": "30"}], "discounts": {"codes": ["fiveoff"]}});
    let session = create_with(agent, free).await;
    assert_eq!(session.total("total"), Some(0), "{}", session.body);
    assert_eq!(session.body["status"], "ready_for_payment", "{}", session.body);
    session
}

/// One order that counts as paid, and a Stripe that was never asked for money.
fn assert_given_once(stage: &Stage) {
    let orders = stage.upstreams.paid_orders();
    assert_eq!(orders.len(), 1, "{}", stage.upstreams.journal());
    assert_eq!((&orders[0]["total"], &orders[0]["transaction_id"]), (&json!("0.00"), &json!("")));
    assert_eq!(stage.upstreams.stripe.captured(), []);
    let asks = stage.upstreams.stripe.calls();
    assert!(!asks.iter().any(|call| call.contains("POST")), "{asks:?}");
}

#[tokio::test]
async fn what_costs_nothing_is_ordered_without_a_payment() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = given_away(&agent).await;
    for _ in 0..2 {
        let done = agent.complete_with(session.id(), "spt_unused", "take").await;
        assert_eq!(done.body["status"], "completed", "{}", done.body);
    }
    let read = agent.retrieve(session.id()).await;
    assert_eq!(read.body["order"]["checkout_session_id"], session.id(), "{}", read.body);
    assert_given_once(&stage);
}

#[tokio::test]
async fn what_costs_nothing_is_ordered_once_whatever_call_fails() {
    for (nth, fault) in [(1, Fault::DropAfter), (2, Fault::DropBefore), (2, Fault::DropAfter)] {
        let stage = Stage::start().await;
        let agent = stage.agent();
        let session = given_away(&agent).await;
        stage.upstreams.store_faults.nth("PUT", "/wp-json/wc/v3/orders/{}", nth, fault);
        agent.complete_with(session.id(), "spt_unused", "take").await;
        // Another replica ends it for whoever asks.
        let (url, _stop) = stage.replica().await;
        let other = Agent::new(&url, crate::stage::TOKEN);
        let done = other.complete_with(session.id(), "spt_unused", "take").await;
        assert_eq!(done.body["status"], "completed", "{nth} {}", done.body);
        assert_given_once(&stage);
    }
}

#[tokio::test]
async fn a_purchase_that_stood_still_is_ended_by_a_read() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = given_away(&agent).await;
    let faults = &stage.upstreams.store_faults;
    faults.nth("PUT", "/wp-json/wc/v3/orders/{}", 2, Fault::Status(500));
    let stuck = agent.complete_with(session.id(), "spt_unused", "take").await;
    assert_eq!(stuck.body["status"], "complete_in_progress", "{}", stuck.body);
    let read = agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "completed", "{}", read.body);
    assert_given_once(&stage);
}

/// A declined card leaves a payment behind; the code that comes after it takes the whole price away.
#[tokio::test]
async fn a_payment_for_an_earlier_total_is_called_off() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({"line_items": [{"id": "30"}]})).await;
    let refused = stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    let declined = agent.complete(session.id(), &refused).await;
    assert!(declined.message("payment_declined").is_some(), "{}", declined.body);
    let code = json!({"discounts": {"codes": ["fiveoff"]}});
    assert_eq!(agent.update(session.id(), &code).await.total("total"), Some(0));
    let done = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert_eq!(stage.upstreams.paid_orders().len(), 1);
    assert_eq!(stage.upstreams.stripe.captured(), []);
    let states = stage.upstreams.stripe.calls();
    assert!(states.iter().any(|call| call.contains("/cancel")), "{states:?}");
}
