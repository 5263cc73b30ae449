//! The last one, wanted by two.

use std::{io::Write, time::Duration};

use emulators::faults::Fault;

use crate::stage::{Agent, Stage, TOKEN};

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

/// What came of so many buyers who all want one of so many units at once, through two bridges that
/// share nothing.
struct Race {
    bought: usize,
    told: usize,
    left: i64,
}

async fn race(buyers: usize, units: i64) -> Race {
    let stage = Stage::start().await;
    stage.upstreams.store.set_stock(LAMP, units);
    let (url, _stop) = stage.replica().await;
    let bridges = [stage.agent(), Agent::new(&url, TOKEN)];
    let mut ready = Vec::new();
    for buyer in 0..buyers {
        let session = bridges[buyer % 2].ready(&LAMP.to_string(), 1).await;
        ready.push((session.id().to_owned(), stage.token()));
    }
    let completing = ready.iter().enumerate().map(|(buyer, (id, token))| {
        // The other bridge than the one that began it.
        bridges[(buyer + 1) % 2].complete_until_done(id, token)
    });
    let done = futures_util::future::join_all(completing).await;
    let bought = done.iter().filter(|answer| answer.body["status"] == "completed").count();
    let told = done.iter().filter(|answer| answer.message("out_of_stock").is_some()).count();
    let captured = stage.upstreams.stripe.captured().len();
    assert_eq!(captured, bought, "who did not get one did not pay");
    assert_eq!(stage.upstreams.paid_orders().len(), bought);
    let left = stage.upstreams.store.stock(LAMP).unwrap();
    let too_many = (-left).max(0);
    let words = format!(
        "{buyers} buyers of {units} units at once through two bridges: {bought} bought, {told} were \
         told out_of_stock, {too_many} sold too many\n"
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    Race { bought, told, left }
}

/// Who is scarce is never sold twice.
#[tokio::test]
async fn many_buyers_race_for_the_last_units() {
    for (buyers, units) in [(6, 1), (12, 5), (16, 12)] {
        let Race { bought, told, left } = race(buyers, units).await;
        assert_eq!(i64::try_from(bought).unwrap(), units);
        assert_eq!(told, buyers - bought, "everybody else is told why");
        assert_eq!(left, 0);
    }
}

/// The window that is left: what was in plenty at the last look is not held, so more than twenty
/// buyers at the same moment may buy too many. Nobody is told a lie: they have bought it.
#[tokio::test]
async fn what_is_in_plenty_may_be_sold_too_often_and_no_more() {
    let Race { bought, told, left } = race(24, 21).await;
    assert!(bought >= 21, "{bought}");
    assert_eq!(bought + told, 24);
    assert!(left >= 21 - 24, "{left}");
}
