//! Upstreams that fail, in every way they do: the agent gets the right answer, and in the end
//! there is one charge and one order, or none.

use std::time::Duration;

use emulators::faults::Fault;
use http::Method;

use crate::stage::{
    Stage,
    agent::{Agent, payment},
};

/// A029.
#[tokio::test]
async fn a_store_that_is_down_or_talks_nonsense() {
    for (fault, status, code) in [
        (Fault::DropBefore, 503, "platform_unavailable"),
        (Fault::Status(503), 503, "platform_unavailable"),
        (Fault::PhpFatal, 503, "platform_unavailable"),
        (Fault::Html(200), 502, "platform_unreadable"),
        (Fault::HalfJson, 502, "platform_unreadable"),
        (Fault::NotJson, 502, "platform_unreadable"),
        (Fault::Delay(Duration::from_mins(1)), 503, "platform_unavailable"),
    ] {
        let stage = Stage::start().await;
        let agent = stage.agent();
        let session = agent.ready("20", 1).await;
        let words = format!("{fault:?}");
        stage.upstreams.store_faults.always("GET", "/wp-json/wc/store/v1/cart", fault);
        // Another process has no memory of it, and has to ask.
        let (url, _stop) = stage.replica().await;
        let agent = Agent::new(&url, crate::stage::TOKEN);
        let read = agent.retrieve(session.id()).await;
        assert_eq!((read.status, read.body["code"].as_str()), (status, Some(code)), "{words}");
        if status == 503 {
            assert!(read.header("retry-after").is_some(), "{words}");
        }
        let text = read.body.to_string();
        assert!(!text.contains("127.0.0.1") && !text.contains("<p>"), "nothing leaks: {text}");

        stage.upstreams.store_faults.clear();
        assert_eq!(agent.retrieve(session.id()).await.status, 200, "{words}");
    }
}

#[tokio::test]
async fn a_cart_that_has_expired_is_gone() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    stage.upstreams.store.expire_carts();
    let (url, _stop) = stage.replica().await;
    Agent::new(&url, crate::stage::TOKEN)
        .retrieve(session.id())
        .await
        .assert_refused(404, "session_not_found");
    agent.complete(session.id(), &stage.token()).await.assert_refused(404, "session_not_found");
    stage.upstreams.assert_nothing_bought();
}

#[tokio::test]
async fn stripe_that_is_down_charges_nothing_and_shops_on() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    for method in ["GET", "POST"] {
        let faults = &stage.upstreams.stripe_faults;
        faults.always(method, "/v1/payment_intents", Fault::DropBefore);
        faults.always(method, "/v1/shared_payment/granted_tokens/{}", Fault::DropBefore);
    }
    let session = agent.ready("20", 1).await;
    let token = stage.token();
    let answer = agent.complete_with(session.id(), &token, "pay").await;
    answer.assert_refused(503, "payments_unavailable");
    assert!(answer.header("retry-after").is_some());
    stage.upstreams.assert_nothing_bought();

    stage.upstreams.stripe_faults.clear();
    let answer = agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!(answer.body["status"], "completed", "the key runs afresh: {}", answer.body);
    stage.upstreams.assert_bought_once();
}

/// Every call of a completion, each with every fault that leaves a doubt.
///
/// A115.
#[tokio::test]
async fn every_lost_answer_of_a_completion_still_buys_once() {
    let store_calls = [
        ("GET", "/wp-json/wc/store/v1/cart"),
        ("GET", "/wp-json/wc/v3/orders/{}"),
        ("PUT", "/wp-json/wc/v3/orders/{}"),
        ("DELETE", "/wp-json/wc/store/v1/cart/items"),
    ];
    let stripe_calls = [
        ("GET", "/v1/shared_payment/granted_tokens/{}"),
        ("POST", "/v1/payment_intents"),
        ("POST", "/v1/payment_intents/{}/confirm"),
        ("POST", "/v1/payment_intents/{}/capture"),
    ];
    let faults = [
        || Fault::DropBefore,
        || Fault::DropAfter,
        || Fault::Status(500),
        || Fault::Status(429),
        || Fault::HalfJson,
    ];
    for at in 0..store_calls.len() + stripe_calls.len() {
        for fault in faults {
            for nth in 1..=2 {
                let stage = Stage::start().await;
                let agent = stage.agent();
                let session = agent.ready("20", 1).await;
                let words = if let Some((method, path)) = store_calls.get(at) {
                    for more in 0..2 {
                        stage.upstreams.store_faults.nth(method, path, nth + more, fault());
                    }
                    format!("{method} {path} #{nth} {:?}", fault())
                } else {
                    let (method, path) = stripe_calls[at - store_calls.len()];
                    for more in 0..2 {
                        stage.upstreams.stripe_faults.nth(method, path, nth + more, fault());
                    }
                    format!("{method} {path} #{nth} {:?}", fault())
                };
                let answer = agent.complete_until_done(session.id(), &stage.token()).await;
                assert_eq!(
                    answer.body["status"],
                    "completed",
                    "{words}: {}\n{}",
                    answer.body,
                    stage.upstreams.journal(),
                );
                stage.upstreams.assert_bought_once();
            }
        }
    }
}

#[tokio::test]
async fn an_agent_that_hangs_up_has_bought_all_the_same() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let slow = Fault::Delay(Duration::from_millis(300));
    stage.upstreams.stripe_faults.next("POST", "/v1/payment_intents/{}/capture", slow);

    let path = format!("/api/checkout_sessions/{}/complete", session.id());
    let token = stage.token();
    let body = payment(&token).to_string().into_bytes().into();
    let request = agent.request(Method::POST, &path, Some("pay"), body);
    let hung_up = tokio::time::timeout(Duration::from_millis(100), agent.send(request)).await;
    assert!(hung_up.is_err(), "the agent left before the answer");

    let answer = agent.complete_until_done(session.id(), &token).await;
    assert_eq!(answer.body["status"], "completed", "{}", answer.body);
    stage.upstreams.assert_bought_once();
}

/// A104.
#[tokio::test]
async fn a_second_call_while_the_first_runs_is_told_to_wait() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let slow = Fault::Delay(Duration::from_millis(500));
    stage.upstreams.stripe_faults.next("POST", "/v1/payment_intents/{}/capture", slow);
    let token = stage.token();
    let impatient = Agent::clone(&agent);
    let (first, second) = tokio::join!(agent.complete_with(session.id(), &token, "pay"), async {
        // Asks until the first call is known to be running.
        loop {
            let calls = stage.upstreams.stripe.calls();
            if calls.iter().any(|call| call.contains("/confirm")) {
                return impatient.complete_with(session.id(), &token, "pay").await;
            }
            tokio::task::yield_now().await;
        }
    },);
    second.assert_refused(409, "idempotency_in_flight");
    assert!(second.header("retry-after").is_some());
    assert_eq!(first.body["status"], "completed");
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn an_end_that_is_unknown_is_no_error() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let faults = &stage.upstreams.stripe_faults;
    faults.always("POST", "/v1/payment_intents/{}/capture", Fault::DropAfter);
    faults.always("GET", "/v1/payment_intents/{}", Fault::DropBefore);
    let answer = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["status"], "complete_in_progress");

    faults.clear();
    let read = agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "completed", "a read goes on with it: {}", read.body);
    stage.upstreams.assert_bought_once();
}
