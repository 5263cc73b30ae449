//! Whoever tries stolen cards through an agent soon has nothing left to try.

use std::time::Duration;

use crate::stage::{Stage, Upstreams, agent::Agent};

/// A stage that bears so many declines of a session and of a token, and so long a first wait.
async fn stage(per_session_max: u32, per_token_max: u32, first_delay: Duration) -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    let attempts = &mut config.stores[0].attempts;
    attempts.per_session_max = per_session_max;
    attempts.per_token_max = per_token_max;
    attempts.first_delay = first_delay;
    Stage::with(upstreams, config).await
}

fn stolen(stage: &Stage) -> String {
    stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd")
}

/// How often a bank was asked.
fn asked(stage: &Stage) -> usize {
    let calls = stage.upstreams.stripe.calls();
    calls.iter().filter(|call| call.contains("/confirm")).count()
}

#[tokio::test]
async fn a_session_bears_so_many_declines_on_all_replicas_together() {
    let stage = stage(3, 100, Duration::ZERO).await;
    let (url, _stop) = stage.replica_of(&stage.config).await;
    let elsewhere = Agent::new(&url, crate::stage::TOKEN);
    let session = stage.agent().ready("20", 1).await;
    for agent in [&stage.agent(), &elsewhere, &stage.agent()] {
        let declined = agent.complete(session.id(), &stolen(&stage)).await;
        assert_eq!(declined.body["status"], "ready_for_payment", "{}", declined.body);
        assert!(declined.message("payment_declined").is_some(), "{}", declined.body);
    }
    let over = elsewhere.complete(session.id(), &stage.token()).await;
    assert_eq!(over.body["status"], "canceled", "{}", over.body);
    assert_eq!(asked(&stage), 3);
    stage.upstreams.assert_nothing_bought();
}

#[tokio::test]
async fn a_token_is_tried_so_often_and_another_may_pay() {
    let stage = stage(100, 2, Duration::ZERO).await;
    let agent = stage.agent();
    let token = stolen(&stage);
    for _ in 0..4 {
        let session = agent.ready("20", 1).await;
        let declined = agent.complete(session.id(), &token).await;
        assert!(declined.message("payment_declined").is_some(), "{}", declined.body);
    }
    assert_eq!(asked(&stage), 2, "the bank is spared the others");
    let session = agent.ready("20", 1).await;
    let bought = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(bought.body["status"], "completed", "{}", bought.body);
}

#[tokio::test]
async fn a_decline_slows_the_next_try() {
    let stage = stage(100, 100, Duration::from_secs(30)).await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    agent.complete(session.id(), &stolen(&stage)).await;
    let early = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(early.status, 429, "{}", early.body);
    let wait: u64 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((20..=30).contains(&wait), "{wait} s");
    assert_eq!(asked(&stage), 1);
    stage.upstreams.assert_nothing_bought();
}
