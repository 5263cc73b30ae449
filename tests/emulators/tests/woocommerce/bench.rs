//! The emulated shop on the test's bench: calls in process, and recordings to hold against them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use emulators::woocommerce::Store;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A shop, a clock and a buyer's token.
pub(crate) struct Bench {
    pub(crate) store: Store,
    clock: Arc<Mutex<Timestamp>>,
    pub(crate) token: Option<String>,
}

/// One answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let start: Timestamp = "2026-11-23T18:00:00Z".parse().unwrap();
        let clock = Arc::new(Mutex::new(start));
        let hand = clock.clone();
        let store =
            Store::demo("http://127.0.0.1:8090", Arc::new(move || *hand.lock().unwrap()), 7);
        Self { store, clock, token: None }
    }

    /// Another buyer in the same shop.
    pub(crate) fn beside(&self) -> Self {
        Self { store: self.store.clone(), clock: self.clock.clone(), token: None }
    }

    pub(crate) fn wait(&self, seconds: i64) {
        let mut clock = self.clock.lock().unwrap();
        *clock += SignedDuration::from_secs(seconds);
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.store.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, body, text }
    }

    /// A `wc/v3` call with the right keys.
    pub(crate) async fn rest(&self, method: &str, path: &str, body: Value) -> Reply {
        let pair = format!("{}:{}", self.store.consumer_key(), self.store.consumer_secret());
        self.rest_as(&pair, method, path, body).await
    }

    /// A `wc/v3` call with other keys.
    pub(crate) async fn rest_as(&self, pair: &str, method: &str, path: &str, body: Value) -> Reply {
        let basic = format!("Basic {}", STANDARD.encode(pair));
        let request = Request::builder()
            .method(method)
            .uri(format!("/wp-json/wc/v3/{path}"))
            .header("authorization", basic)
            .header("content-type", "application/json");
        self.send(request.body(filled(&body)).unwrap()).await
    }

    /// A Store API call with the buyer's token, which the answer renews.
    pub(crate) async fn shop(&mut self, method: &str, path: &str, body: Value) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/wp-json/wc/store/v1/{path}"))
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("cart-token", token);
        }
        let reply = self.send(request.body(filled(&body)).unwrap()).await;
        if let Some(token) = reply.headers.get("cart-token") {
            self.token = Some(token.to_str().unwrap().to_owned());
        }
        reply
    }

    /// A buyer with a fresh cart that holds these products.
    pub(crate) async fn cart(&mut self, items: &[(u64, i64)]) -> Reply {
        self.token = None;
        let mut reply = self.shop("GET", "cart", Value::Null).await;
        for (id, quantity) in items {
            let body = json!({ "id": id, "quantity": quantity });
            reply = self.shop("POST", "cart/add-item", body).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
        }
        reply
    }

    /// The buyer tells where they live.
    pub(crate) async fn address(&mut self) -> Reply {
        let body = json!({ "shipping_address": ada(), "billing_address": billed() });
        self.shop("POST", "cart/update-customer", body).await
    }
}

/// Ada's address, as the recordings have it.
pub(crate) fn ada() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "company": "",
        "address_1": "1234 Chat Road", "address_2": "Apt 101", "city": "San Francisco",
        "state": "CA", "postcode": "94131", "country": "US", "phone": "15552003434",
    })
}

/// The same with an e-mail.
pub(crate) fn billed() -> Value {
    let mut address = ada();
    address["email"] = json!("ada@example.com");
    address
}

fn filled(body: &Value) -> Body {
    if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }
}

/// A recording, or nothing (said loudly) where the recordings are not at hand.
pub(crate) fn recording(name: &str) -> Option<Value> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures/woocommerce");
    if !folder.is_dir() {
        // The test runner swallows what macros print, and a skip must be seen.
        let words = format!("SKIPPED: no recording {name} to hold an answer against\n");
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return None;
    }
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// Holds an answer against a recording: status, headers, and the set of member names and JSON
/// types; for an error its code and message too, for a cart all its totals, for an order its
/// sums and where it stands, for a product what it costs.
pub(crate) fn like(name: &str, reply: &Reply) {
    let Some(recording) = recording(name) else { return };
    let expected = &recording["response"];
    assert_eq!(json!(reply.status), expected["status"], "{name}: {}", reply.text);
    same(name, &["code", "message"], &reply.body, &expected["body"]);
    let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    shape("", &reply.body, &mut ours);
    shape("", &expected["body"], &mut theirs);
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let extra: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && extra.is_empty(), "{name}: missing {missing:?}, extra {extra:?}");
    same_values(name, first(&reply.body), first(&expected["body"]));
    let headers = expected["headers"].as_object().into_iter().flatten();
    for (header, _) in headers.filter(|(header, _)| carried(header)) {
        assert!(reply.headers.contains_key(header.as_str()), "{name}: no header {header}");
    }
}

/// The values that matter of a cart, an order, a product.
fn same_values(name: &str, ours: &Value, theirs: &Value) {
    const ORDER: [&str; 10] = [
        "total",
        "total_tax",
        "discount_total",
        "discount_tax",
        "shipping_tax",
        "cart_tax",
        "status",
        "needs_payment",
        "needs_processing",
        "is_editable",
    ];
    const PRODUCT: [&str; 13] = [
        "id",
        "name",
        "sku",
        "type",
        "price",
        "regular_price",
        "sale_price",
        "on_sale",
        "purchasable",
        "virtual",
        "stock_status",
        "price_html",
        "variations",
    ];
    if theirs["shipping_rates"].is_array() {
        same(name, &["totals"], ours, theirs);
    }
    if theirs["order_key"].is_string() && theirs["total"].is_string() {
        same(name, &ORDER, ours, theirs);
    }
    if theirs["regular_price"].is_string() {
        same(name, &PRODUCT, ours, theirs);
    }
}

fn same(name: &str, members: &[&str], ours: &Value, theirs: &Value) {
    for member in members {
        assert_eq!(ours[member], theirs[member], "{name}: {member}");
    }
}

/// The first of a list, or the thing itself.
fn first(value: &Value) -> &Value {
    value.get(0).unwrap_or(value)
}

/// Headers the shop sends; nginx adds the others.
fn carried(header: &str) -> bool {
    !matches!(header, "server" | "date" | "transfer-encoding" | "connection" | "content-length")
}

/// Paths and types of all members; elements of a list count together.
fn shape(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    found.insert(format!("{path}: {kind}"));
    match value {
        Value::Array(items) => {
            for item in items {
                shape(&format!("{path}[]"), item, found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                shape(&format!("{path}.{name}"), value, found);
            }
        }
        _ => {}
    }
}
