//! The emulated Stripe on the test's bench: calls in process, and a clock moved by hand.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body};
use emulators::stripe::Stripe;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const GA: &str = "2026-10-28.endive";
pub(crate) const PREVIEW: &str = "2026-04-22.preview";

/// Parameters of a payment that holds money until it is captured.
pub(crate) const HELD: &str = "amount=5000&currency=usd&capture_method=manual\
                               &automatic_payment_methods[enabled]=true\
                               &automatic_payment_methods[allow_redirects]=never";

/// An account, a clock, and how to call.
pub(crate) struct Bench {
    pub(crate) stripe: Stripe,
    clock: Arc<Mutex<Timestamp>>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(Mutex::new("2026-11-23T18:00:00Z".parse().unwrap()));
        let hand = Arc::clone(&clock);
        Self { stripe: Stripe::new(Arc::new(move || *hand.lock().unwrap()), 7), clock }
    }

    pub(crate) fn wait(&self, seconds: i64) {
        *self.clock.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.lock().unwrap().as_second()
    }

    /// A call with the right key and more headers.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.stripe.secret_key()))
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.post_with(path, body, &[("stripe-version", PREVIEW)]).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        self.send(self.request("POST", path, body, headers)).await
    }

    /// A POST with an idempotency key.
    pub(crate) async fn keyed(&self, key: &str, path: &str, body: &str) -> Reply {
        let headers = [("stripe-version", PREVIEW), ("idempotency-key", key)];
        self.post_with(path, body, &headers).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path, "", &[("stripe-version", PREVIEW)])).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        send(self.stripe.router(), request).await
    }

    /// The id of a new payment that is not confirmed.
    pub(crate) async fn open(&self) -> String {
        let reply = self.post("/v1/payment_intents", HELD).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.id()
    }

    pub(crate) async fn confirm(&self, id: &str, token: &str) -> Reply {
        self.post(&format!("/v1/payment_intents/{id}/confirm"), &paying(token)).await
    }

    /// The id of a payment that holds 50.00, and the token it is paid with.
    pub(crate) async fn authorized(&self) -> (String, String) {
        let (id, token) = (self.open().await, self.stripe.mint("pm_card_visa", 9000, "usd"));
        let reply = self.confirm(&id, &token).await;
        assert_eq!(reply.body["status"], "requires_capture", "{}", reply.body);
        (id, token)
    }

    /// The token as Stripe shows it now.
    pub(crate) async fn token(&self, token: &str) -> Value {
        self.get(&format!("/v1/shared_payment/granted_tokens/{token}")).await.body
    }
}

impl Reply {
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks an error's status and code; an empty code is none.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        let found = self.body["error"]["code"].as_str().unwrap_or_default();
        assert_eq!((self.status, found), (status, code), "{}", self.body);
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap()
    }
}

/// The parameters that pay with a token.
pub(crate) fn paying(token: &str) -> String {
    format!("payment_method_data[shared_payment_granted_token]={token}")
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Reply { status: head.status.as_u16(), headers: head.headers, body }
}
