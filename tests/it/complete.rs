//! Paying: one charge and one order, and a clear word where there is none.

use std::time::Duration;

use serde_json::json;

use crate::stage::{Stage, agent};

/// A101, A102.
#[tokio::test]
async fn a_repeat_gets_the_same_answer() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 2).await;
    let token = stage.token();
    let first = agent.complete_with(session.id(), &token, "pay-1").await;
    assert_eq!(first.body["status"], "completed", "{}", first.body);
    let again = agent.complete_with(session.id(), &token, "pay-1").await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    stage.upstreams.assert_bought_once();
}

/// A114.
#[tokio::test]
async fn a_repeat_on_another_replica_gets_the_same_order() {
    let stage = Stage::start().await;
    let session = stage.agent().ready("20", 2).await;
    let token = stage.token();
    let first = stage.agent().complete_with(session.id(), &token, "pay-1").await;

    let (url, _stop) = stage.replica().await;
    let elsewhere = agent::Agent::new(&url, crate::stage::TOKEN);
    let again = elsewhere.complete_with(session.id(), &token, "pay-1").await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.body["order"], first.body["order"]);
    let other_body = elsewhere.complete_with(session.id(), "spt_another", "pay-1").await;
    other_body.assert_refused(422, "idempotency_conflict");
    let other_call = elsewhere.complete_with(session.id(), &stage.token(), "pay-2").await;
    other_call.assert_refused(409, "conflict");
    stage.upstreams.assert_bought_once();
}

/// A080.
#[tokio::test]
async fn a_declined_card_leaves_the_session_open() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let declined = stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    let answer = agent.complete(session.id(), &declined).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "ready_for_payment", "{}", answer.body);
    assert!(answer.message("payment_declined").is_some());
    stage.upstreams.assert_nothing_bought();

    let paid = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(paid.body["status"], "completed", "{}", paid.body);
    stage.upstreams.assert_bought_once();
}

/// A086.
#[tokio::test]
async fn tokens_that_cannot_pay() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let stripe = &stage.upstreams.stripe;
    for token in [
        stripe.mint("pm_card_visa", 100, "usd"),
        stripe.mint("pm_card_visa", 1_000_000, "eur"),
        "spt_never_issued".to_owned(),
        stripe.mint("pm_card_authenticationRequired", 1_000_000, "usd"),
    ] {
        let answer = agent.complete(session.id(), &token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["status"], "ready_for_payment", "{}", answer.body);
        let message = &answer.body["messages"][0];
        let code = message["code"].as_str().unwrap();
        assert!(["payment_declined", "requires_3ds"].contains(&code), "{message}");
    }
    stage.upstreams.assert_nothing_bought();
}

/// A081.
#[tokio::test]
async fn a_session_that_is_not_ready_is_not_charged() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.create("20", 1).await;
    let answer = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["status"], "not_ready_for_payment");
    stage.upstreams.assert_nothing_bought();
}

#[tokio::test]
async fn a_buyer_told_late_is_taken_up() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent
        .post(
            "/api/checkout_sessions",
            &json!({
                "currency": "usd", "capabilities": {}, "line_items": [{"id": "20"}],
                "fulfillment_details": agent::san_francisco(),
            }),
        )
        .await;
    assert_eq!(session.body["status"], "not_ready_for_payment", "no e-mail yet");
    let mut body = agent::payment(&stage.token());
    body["buyer"] = agent::ada();
    let path = format!("/api/checkout_sessions/{}/complete", session.id());
    let answer = agent.post(&path, &body).await;
    assert_eq!(answer.body["status"], "completed", "{}", answer.body);
    stage.upstreams.assert_bought_once();
}

/// A085.
#[tokio::test]
async fn a_price_that_moved_is_shown_and_not_charged() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    stage.upstreams.store.set_price(20, "25.00");
    let answer = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "ready_for_payment");
    assert!(answer.message("price_change").is_some(), "{}", answer.body);
    assert!(answer.total("total") > session.total("total"));
    stage.upstreams.assert_nothing_bought();
    let paid = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(paid.body["status"], "completed", "{}", paid.body);
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn an_item_that_sold_out_meanwhile_is_not_charged() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    stage.upstreams.store.set_stock(20, 0);
    let answer = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "not_ready_for_payment", "{}", answer.body);
    assert!(answer.message("out_of_stock").is_some(), "{}", answer.body);
    stage.upstreams.assert_nothing_bought();
}

#[tokio::test]
async fn two_completions_at_once_charge_once() {
    let stage = Stage::start().await;
    let session = stage.agent().ready("20", 1).await;
    let (url, _stop) = stage.replica().await;
    let elsewhere = agent::Agent::new(&url, crate::stage::TOKEN);
    let (here_token, there_token) = (stage.token(), stage.token());
    let here = stage.agent();
    let (one, two) = tokio::join!(
        here.complete_until_done(session.id(), &here_token),
        elsewhere.complete_with(session.id(), &there_token, "other"),
    );
    assert!(one.status == 200 || one.status == 409, "{}", one.body);
    let read = stage.agent().retrieve(session.id()).await;
    assert_eq!(read.body["status"], "completed", "{} {} {}", one.body, two.body, read.body);
    stage.upstreams.assert_bought_once();
}

/// One completion reaches two replicas at once, under one key: one charge, one order, and both tell
/// of the same.
#[tokio::test]
async fn two_replicas_race_and_both_answers_agree() {
    let stage = Stage::start().await;
    let (url, _stop) = stage.replica().await;
    let (here, there) = (stage.agent(), agent::Agent::new(&url, crate::stage::TOKEN));
    let session = here.ready("20", 1).await;
    let token = stage.token();
    let told = async |agent: &agent::Agent| {
        for _ in 0..50 {
            let answer = agent.complete_with(session.id(), &token, "pay").await;
            if answer.body["status"] == "completed" {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never ends\n{}", stage.upstreams.journal());
    };
    let (one, two) = tokio::join!(told(&here), told(&there));
    assert_eq!(one.body["order"], two.body["order"]);
    assert_eq!(one.body["totals"], two.body["totals"]);
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn a_bought_cart_cannot_buy_again() {
    let stage = Stage::start().await;
    let session = stage.agent().ready("20", 1).await;
    stage.agent().complete(session.id(), &stage.token()).await;
    assert_eq!(stage.upstreams.store.cart_lines(), 0);
}
