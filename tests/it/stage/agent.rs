//! An agent that speaks ACP and checks every answer against the published schema of its version.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use serde_json::{Value, json};
use upstream::{Https, Transport, TransportError};

use super::schema;

static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// One agent with one bearer token. Clones share the connection pool.
#[derive(Clone)]
pub(crate) struct Agent {
    base: String,
    token: String,
    version: &'static str,
    network: Arc<dyn Transport>,
}

/// An answer, read as JSON where it is JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) body: Value,
}

impl Agent {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        let network = Arc::new(Https::new(Duration::from_secs(2)).unwrap());
        Self::over(network, base, token)
    }

    pub(crate) fn over(network: Arc<dyn Transport>, base: &str, token: &str) -> Self {
        Self { base: base.to_owned(), token: token.to_owned(), version: "2026-04-17", network }
    }

    /// The same agent in another version of the protocol.
    pub(crate) fn speaking(&self, version: &'static str) -> Self {
        Self { version, ..self.clone() }
    }

    pub(crate) fn key() -> String {
        format!("key-{}", NEXT_KEY.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path, None, Bytes::new())).await
    }

    /// PUTs without a key.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string().into_bytes().into();
        self.send(self.request(Method::PUT, path, None, body)).await
    }

    /// POSTs under a fresh key.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, body, &Self::key()).await
    }

    pub(crate) async fn post_with(&self, path: &str, body: &Value, key: &str) -> Answer {
        self.post_bytes(path, body.to_string().into_bytes(), key).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, body: impl Into<Bytes>, key: &str) -> Answer {
        self.send(self.request(Method::POST, path, Some(key), body.into())).await
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Bytes,
    ) -> Request<Bytes> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .header("api-version", self.version);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.body(body).unwrap()
    }

    /// Sends, reads, and holds the answer against the schema.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Answer {
        self.try_send(request).await.expect("the bridge answers")
    }

    pub(crate) async fn try_send(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let path = request.uri().path().to_owned();
        let spoken = request.headers().get("api-version");
        let spoken = spoken.and_then(|version| version.to_str().ok()).map(str::to_owned);
        let response = self.network.send(request, 64 * 1024 * 1024).await?;
        let answer = Answer::read(response);
        if path.starts_with("/api/carts") {
            schema::check_cart(&answer);
        } else if path.starts_with("/api/") {
            let version = spoken.as_deref().unwrap_or("2026-04-17");
            schema::check(version, &answer);
        }
        Ok(answer)
    }

    // The sentences that tests are made of.

    /// A session for one item, without an address.
    pub(crate) async fn create(&self, item: &str, quantity: u32) -> Answer {
        self.post(
            "/api/checkout_sessions",
            &json!({
                "currency": "usd",
                "capabilities": {},
                "line_items": [{"id": item, "quantity": quantity}],
            }),
        )
        .await
    }

    /// A session that is ready to be paid.
    pub(crate) async fn ready(&self, item: &str, quantity: u32) -> Answer {
        let answer = self
            .post(
                "/api/checkout_sessions",
                &json!({
                    "currency": "usd",
                    "capabilities": {"interventions": {"supported": []}},
                    "line_items": [{"id": item, "quantity": quantity}],
                    "buyer": ada(),
                    "fulfillment_details": san_francisco(),
                }),
            )
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body["status"], "ready_for_payment", "{}", answer.body);
        answer
    }

    pub(crate) async fn update(&self, id: &str, body: &Value) -> Answer {
        self.post(&format!("/api/checkout_sessions/{id}"), body).await
    }

    pub(crate) async fn retrieve(&self, id: &str) -> Answer {
        self.get(&format!("/api/checkout_sessions/{id}")).await
    }

    pub(crate) async fn cancel(&self, id: &str) -> Answer {
        self.post(&format!("/api/checkout_sessions/{id}/cancel"), &json!({})).await
    }

    pub(crate) async fn complete(&self, id: &str, token: &str) -> Answer {
        self.complete_with(id, token, &Self::key()).await
    }

    pub(crate) async fn complete_with(&self, id: &str, token: &str, key: &str) -> Answer {
        let path = format!("/api/checkout_sessions/{id}/complete");
        self.post_with(&path, &payment(token), key).await
    }

    /// Asks until the completion has ended, as an agent would.
    pub(crate) async fn complete_until_done(&self, id: &str, token: &str) -> Answer {
        let key = Self::key();
        for _ in 0..20 {
            let path = format!("/api/checkout_sessions/{id}/complete");
            let body = payment(token).to_string().into_bytes().into();
            let request = self.request(Method::POST, &path, Some(&key), body);
            match self.try_send(request).await {
                Ok(answer) if answer.is_settled() => return answer,
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            }
        }
        panic!("the completion never ended");
    }
}

impl Answer {
    fn read(response: Response<Bytes>) -> Self {
        let (head, bytes) = response.into_parts();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status: head.status.as_u16(), headers: head.headers, bytes, body }
    }

    pub(crate) fn id(&self) -> &str {
        self.body["id"].as_str().expect("a session has an id")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The amount of one row of totals.
    pub(crate) fn total(&self, kind: &str) -> Option<i64> {
        let totals = self.body["totals"].as_array()?;
        totals.iter().find(|total| total["type"] == kind)?["amount"].as_i64()
    }

    /// The first message with this code.
    pub(crate) fn message(&self, code: &str) -> Option<&Value> {
        self.body["messages"].as_array()?.iter().find(|message| message["code"] == code)
    }

    /// Whether there is nothing left to wait for.
    fn is_settled(&self) -> bool {
        let in_flight = self.status >= 500 || self.status == 409;
        !in_flight && self.body["status"] != "complete_in_progress"
    }

    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, &self.body["code"]), (status, &json!(code)), "{}", self.body);
        assert!(!self.body["message"].as_str().unwrap().is_empty());
    }
}

pub(crate) fn ada() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
        "phone_number": "15552003434",
    })
}

pub(crate) fn san_francisco() -> Value {
    json!({"name": "Ada Lovelace", "address": {
        "name": "Ada Lovelace", "line_one": "1234 Chat Road", "line_two": "Apt 101",
        "city": "San Francisco", "state": "CA", "country": "US", "postal_code": "94131",
    }})
}

pub(crate) fn payment(token: &str) -> Value {
    json!({"payment_data": {
        "handler_id": "card_tokenized",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
    }})
}
