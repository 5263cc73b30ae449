//! What one emulated Stripe and one purchase in it cost, in process and without a socket: the baseline
//! of the same run is a router that answers the same calls with the same bytes and does nothing.
//!
//! `cargo bench -p emulators --bench stripe` prints both and their ratio; nothing is asserted.

use std::{
    io::{self, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use emulators::{Now, faults::Faults, stripe::Stripe};
use http::Request;
use http_body_util::{BodyExt, Collected};
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

const PURCHASES: u32 = 5_000;
const CREATE: &str = "/v1/payment_intents";
const HELD: &str = "amount=5000&currency=usd&capture_method=manual&metadata[acp_session]=s1\
                    &automatic_payment_methods[enabled]=true\
                    &automatic_payment_methods[allow_redirects]=never";

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let start = Timestamp::UNIX_EPOCH;
    let now: Now = Arc::new(move || start);
    let mut out = io::stdout();

    let began = Instant::now();
    for seed in 0..PURCHASES {
        drop(std::hint::black_box(Stripe::new(Arc::clone(&now), seed.into()).router()));
    }
    let made = began.elapsed();

    let began = Instant::now();
    let mut answers = Vec::new();
    for seed in 0..PURCHASES {
        let stripe = Stripe::new(Arc::clone(&now), seed.into());
        stripe.listen("http://shop.test/hooks", &["*"]);
        answers = purchase(&stripe).await;
    }
    let bought = began.elapsed();

    let began = Instant::now();
    for _ in 0..PURCHASES {
        let body = answers[1].clone();
        let router = Router::new().fallback(move || async move { body });
        for (method, path, body) in calls("spt_1", "pi_3") {
            answer(router.clone(), method, &path, body, "sk_test_1").await;
        }
    }
    let idle = began.elapsed();

    let per = |whole: Duration| whole.as_nanos() / u128::from(PURCHASES);
    let second = |whole: Duration| 1_000_000_000 / per(whole).max(1);
    writeln!(out, "one emulated Stripe, {PURCHASES} times over")?;
    writeln!(out, "  made                           {:>8} ns {:>8}/s", per(made), second(made))?;
    writeln!(
        out,
        "  made, five calls, five events  {:>8} ns {:>8}/s",
        per(bought),
        second(bought)
    )?;
    writeln!(out, "  five calls that do nothing     {:>8} ns {:>8}/s", per(idle), second(idle))?;
    let ratio = per(bought) * 10 / per(idle).max(1);
    writeln!(out, "  ratio                          {:>6}.{}", ratio / 10, ratio % 10)
}

/// What a purchase calls: the token is read, money is held, taken and looked at.
fn calls(token: &str, intent: &str) -> [(&'static str, String, String); 5] {
    let pays = format!("payment_method_data[shared_payment_granted_token]={token}");
    [
        ("GET", format!("/v1/shared_payment/granted_tokens/{token}"), String::new()),
        ("POST", CREATE.to_owned(), HELD.to_owned()),
        ("POST", format!("{CREATE}/{intent}/confirm"), pays),
        ("POST", format!("{CREATE}/{intent}/capture"), "amount_to_capture=5000".to_owned()),
        ("GET", format!("{CREATE}/{intent}"), String::new()),
    ]
}

/// The answers to each call. The webhooks are signed and taken too.
async fn purchase(stripe: &Stripe) -> Vec<String> {
    let router = Faults::new().around(stripe.router());
    let token = stripe.mint("pm_card_visa", 9_000, "usd");
    let mut intent = String::new();
    let mut answers = Vec::new();
    for at in 0..5 {
        let (method, path, body) = calls(&token, &intent)[at].clone();
        let text = answer(router.clone(), method, &path, body, stripe.secret_key()).await;
        if at == 1 {
            let made: Value = serde_json::from_str(&text).unwrap_or_default();
            made["id"].as_str().unwrap_or_default().clone_into(&mut intent);
        }
        answers.push(text);
    }
    assert_eq!(stripe.captured().len(), 1, "it was bought");
    assert_eq!(stripe.take_deliveries().len(), 5);
    answers
}

async fn answer(router: Router, method: &str, path: &str, body: String, key: &str) -> String {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .header("stripe-version", "2026-04-22.preview")
        .header("idempotency-key", path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request of known parts");
    let Ok(response) = router.oneshot(request).await;
    let bytes = response.into_body().collect().await.map(Collected::to_bytes);
    String::from_utf8(bytes.unwrap_or_default().to_vec()).unwrap_or_default()
}
