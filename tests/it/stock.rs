//! The last one, wanted by two.

use std::time::Duration;

use emulators::faults::Fault;

use crate::stage::Stage;

const LAMP: u64 = 3495;

/// Both have been told that it is there, and both have the buyer's money held, before either has
/// the goods: one gets them, the other gets the money back and is told why.
#[tokio::test]
async fn two_buyers_and_one_lamp() {
    for deferred in [false, true] {
        let stage = Stage::start().await;
        stage.upstreams.store.defer_orders(deferred);
        stage.upstreams.store.set_stock(LAMP, 1);
        let (one, other) = (stage.agent(), stage.other_agent());
        let lamp = LAMP.to_string();
        let (first, second) = (one.ready(&lamp, 1).await, other.ready(&lamp, 1).await);
        let slow = || Fault::DelayAfter(Duration::from_millis(400));
        for _ in 0..2 {
            stage.upstreams.stripe_faults.next("POST", "/v1/payment_intents/{}/confirm", slow());
        }
        let (token, other_token) = (stage.token(), stage.token());
        let (first, second) = tokio::join!(
            one.complete(first.id(), &token),
            other.complete(second.id(), &other_token),
        );
        let (winner, loser) =
            if first.body["status"] == "completed" { (first, second) } else { (second, first) };
        assert_eq!(winner.body["status"], "completed", "{}", winner.body);
        assert_eq!(loser.status, 200);
        assert_eq!(loser.body["status"], "canceled", "{}", loser.body);
        assert!(loser.message("out_of_stock").is_some(), "{}", loser.body);
        stage.upstreams.assert_bought_once();
        assert_eq!(stage.upstreams.store.stock(LAMP), Some(0), "never below nothing at the end");
        let intents = stage.upstreams.stripe.intents();
        let canceled = intents.iter().filter(|intent| intent["status"] == "canceled").count();
        assert_eq!(canceled, 1, "the loser's money is let go");
    }
}

/// A crash while the goods are held: whoever comes next goes on, and takes them once.
#[tokio::test]
async fn goods_are_taken_once() {
    for nth in 1..=3 {
        let stage = Stage::start().await;
        stage.upstreams.store.set_stock(LAMP, 3);
        let session = stage.agent().ready(&LAMP.to_string(), 1).await;
        let token = stage.token();
        let faults = &stage.upstreams.store_faults;
        faults.nth("PUT", "/wp-json/wc/v3/orders/{}", nth, Fault::Status(500));
        stage.agent().complete_with(session.id(), &token, "pay").await;
        let done = stage.agent().complete_until_done(session.id(), &token).await;
        assert_eq!(done.body["status"], "completed", "{nth}: {}", done.body);
        stage.upstreams.assert_bought_once();
        assert_eq!(stage.upstreams.store.stock(LAMP), Some(2), "{nth}");
    }
}

/// Nothing is put on hold, and nobody gets mail about it, where enough is left.
#[tokio::test]
async fn plenty_costs_no_more_calls() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    agent.complete(session.id(), &stage.token()).await;
    let held = stage.upstreams.store.calls().iter().filter(|call| call.contains("/notes")).count();
    assert_eq!(held, 0, "nothing is put on hold that cannot sell out");
}
