//! Idempotency keys.

use std::time::Duration;

use emulators::stripe::Quirks;

use crate::bench::{Bench, GA, HELD, paying};

const CREATE: &str = "/v1/payment_intents";
const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_key_repeats_its_first_answer() {
    let bench = Bench::new();
    let first = bench.keyed("k", CREATE, HELD).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let reordered: Vec<_> = HELD.split('&').rev().collect();
    let second = bench.keyed("k", CREATE, &reordered.join("&")).await;
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(second.header("original-request"), first.header("request-id"));
    assert_ne!(second.header("request-id"), first.header("request-id"));
    assert_eq!(bench.stripe.intents().len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_parameters_and_path() {
    let bench = Bench::new();
    let id = bench.keyed("k", CREATE, HELD).await.id();
    for (path, body) in
        [(CREATE.to_owned(), "amount=6000&currency=usd"), (format!("{CREATE}/{id}/cancel"), HELD)]
    {
        let reply = bench.keyed("k", &path, body).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert_eq!(reply.body["error"]["type"], "idempotency_error");
    }
    let long = "k".repeat(256);
    assert_eq!(bench.keyed(&long, CREATE, HELD).await.status, 400);
    assert_eq!(bench.stripe.intents().len(), 1);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let bench = Bench::new();
    let first = bench.keyed("k", CREATE, HELD).await.id();
    bench.wait(DAY - 1);
    assert_eq!(bench.keyed("k", CREATE, HELD).await.id(), first);
    bench.wait(1);
    assert_ne!(bench.keyed("k", CREATE, HELD).await.id(), first);
}

#[tokio::test]
async fn what_is_wrong_in_itself_is_not_kept() {
    let bench = Bench::new();
    let wrong = "amount=5000&currency=usd&colour=red";
    bench.keyed("k", CREATE, wrong).await.assert_refused(400, "parameter_unknown");
    assert_eq!(bench.keyed("k", CREATE, HELD).await.status, 200, "the key is free");
}

#[tokio::test]
async fn a_decline_is_kept() {
    let bench = Bench::new();
    let (id, token) =
        (bench.open().await, bench.stripe.mint("pm_card_chargeDeclined", 9000, "usd"));
    let confirm = format!("{CREATE}/{id}/confirm");
    let first = bench.keyed("k", &confirm, &paying(&token)).await;
    first.assert_refused(402, "card_declined");
    let good = bench.stripe.mint("pm_card_visa", 9000, "usd");
    bench.confirm(&id, &good).await;
    let again = bench.keyed("k", &confirm, &paying(&token)).await;
    assert_eq!(again.body, first.body, "the past, not the present");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn a_stored_failure_poisons_its_key() {
    let bench = Bench::new();
    bench.stripe.fail_next_stored("POST", CREATE);
    for replayed in [None, Some("true"), Some("true")] {
        let reply = bench.keyed("k", CREATE, HELD).await;
        assert_eq!((reply.status, reply.header("idempotent-replayed")), (500, replayed));
        assert_eq!(reply.header("stripe-should-retry"), Some("false"));
        assert_eq!(reply.body["error"]["type"], "api_error");
    }
    assert_eq!(bench.stripe.intents().len(), 0, "nothing was done");
    assert_eq!(bench.keyed("k2", CREATE, HELD).await.status, 200);
}

#[tokio::test]
async fn a_failure_may_come_after_the_deed() {
    let bench = Bench::new();
    let (id, token) = (bench.open().await, bench.stripe.mint("pm_card_visa", 9000, "usd"));
    bench.stripe.fail_next_after("POST", "/v1/payment_intents/{}/confirm");
    let reply = bench.keyed("k", &format!("{CREATE}/{id}/confirm"), &paying(&token)).await;
    assert_eq!(reply.status, 500);
    assert_eq!(bench.stripe.intent(&id).unwrap()["status"], "requires_capture");
    assert_eq!(bench.stripe.authorizations(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_running_call_has_its_key_and_its_payment() {
    let bench = Bench::new();
    let (id, token) = (bench.open().await, bench.stripe.mint("pm_card_visa", 9000, "usd"));
    let confirm = format!("{CREATE}/{id}/confirm");
    bench.stripe.slow_next("POST", "/v1/payment_intents/{}/confirm", Duration::from_secs(5));
    let body = paying(&token);
    let (first, ()) = tokio::join!(bench.keyed("k", &confirm, &body), async {
        let same = bench.keyed("k", &confirm, &body).await;
        same.assert_refused(409, "idempotency_key_in_use");
        assert_eq!(same.header("stripe-should-retry"), Some("true"));
        bench.keyed("k2", &confirm, &body).await.assert_refused(429, "lock_timeout");
        let read = bench.get(&format!("{CREATE}/{id}")).await;
        assert_eq!(read.body["status"], "requires_payment_method");
    });
    assert_eq!(first.body["status"], "requires_capture");
    let again = bench.keyed("k", &confirm, &body).await;
    assert_eq!(again.body, first.body);
    bench.keyed("k2", &confirm, &body).await.assert_refused(400, "payment_intent_unexpected_state");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_stops_nothing() {
    let bench = Bench::new();
    let (id, token) = (bench.open().await, bench.stripe.mint("pm_card_visa", 9000, "usd"));
    bench.stripe.slow_next("POST", "/v1/payment_intents/{}/confirm", Duration::from_secs(5));
    let call = bench.confirm(&id, &token);
    assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err());
    assert_eq!(bench.stripe.authorizations(), 0);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bench.stripe.authorizations(), 1);
}

#[tokio::test]
async fn whether_a_version_belongs_to_a_key_is_a_quirk() {
    for (binds, status) in [(false, 200), (true, 400)] {
        let bench = Bench::new();
        bench.stripe.set_quirks(Quirks { keys_bind_version: binds, ..Quirks::default() });
        bench.keyed("k", CREATE, HELD).await;
        let headers = [("stripe-version", GA), ("idempotency-key", "k")];
        let other = bench.post_with(CREATE, HELD, &headers).await;
        assert_eq!(other.status, status, "{}", other.body);
        assert_eq!(bench.stripe.intents().len(), 1);
    }
}
