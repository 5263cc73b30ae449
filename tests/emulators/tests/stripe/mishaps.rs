//! What happens to calls inside Stripe.

use emulators::stripe::Mishap;
use serde_json::json;

use crate::bench::{Bench, HELD};

const CREATE: &str = "/v1/payment_intents";

#[tokio::test]
async fn the_nth_call_suffers() {
    let bench = Bench::new();
    bench.stripe.plan("POST", CREATE, 2, Mishap::Unavailable);
    bench.stripe.plan("POST", CREATE, 3, Mishap::Locked);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.post(CREATE, HELD).await.status);
    }
    assert_eq!(statuses, [200, 500, 429, 200]);
}

#[tokio::test]
async fn a_500_keeps_its_key_or_does_not() {
    for (mishap, made, replayed) in
        [(Mishap::Broken, 0, true), (Mishap::BrokenAfter, 1, true), (Mishap::Unavailable, 0, false)]
    {
        let bench = Bench::new();
        bench.stripe.plan("POST", CREATE, 1, mishap);
        let first = bench.keyed("k", CREATE, HELD).await;
        assert_eq!((first.status, &first.body["error"]["type"]), (500, &json!("api_error")));
        assert_eq!(bench.stripe.intents().len(), made, "{mishap:?}");
        let again = bench.keyed("k", CREATE, HELD).await;
        assert_eq!(again.status, if replayed { 500 } else { 200 }, "{mishap:?}");
        assert_eq!(again.header("idempotent-replayed").is_some(), replayed);
    }
}

#[tokio::test]
async fn too_many_calls_say_what_to_do_or_nothing() {
    for should_retry in [None, Some(true), Some(false)] {
        let bench = Bench::new();
        bench.stripe.plan("POST", CREATE, 1, Mishap::RateLimited { should_retry });
        let refused = bench.keyed("k", CREATE, HELD).await;
        refused.assert_refused(429, "rate_limit");
        let said = should_retry.map(|retry| retry.to_string());
        assert_eq!(refused.header("stripe-should-retry"), said.as_deref());
        let again = bench.keyed("k", CREATE, HELD).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (200, None));
    }
}

#[tokio::test]
async fn a_lock_is_nobodys_fault() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    let path = format!("{CREATE}/{id}/capture");
    bench.stripe.plan("POST", "/v1/payment_intents/{}/capture", 1, Mishap::Locked);
    bench.keyed("cap", &path, "").await.assert_refused(429, "lock_timeout");
    assert_eq!(bench.keyed("cap", &path, "").await.body["status"], "succeeded");
}
