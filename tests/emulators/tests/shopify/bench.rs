//! The emulated shop on the test's bench: calls in process, and recordings to hold against them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use emulators::shopify::Store;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A shop and its clock.
pub(crate) struct Bench {
    pub(crate) store: Store,
    clock: Arc<Mutex<Timestamp>>,
    token: String,
    router: Router,
}

/// One answer.
#[derive(Debug)]
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
        let now: emulators::Now = Arc::new(move || *hand.lock().unwrap());
        let store = Store::demo("http://127.0.0.1:8092", now, 7);
        let (token, router) = (store.admin_token(), store.router());
        Self { store, clock, token, router }
    }

    /// Calls go through this router from now on.
    pub(crate) fn through(&mut self, router: Router) {
        self.router = router;
    }

    pub(crate) fn wait(&self, seconds: i64) {
        let mut clock = self.clock.lock().unwrap();
        *clock += SignedDuration::from_secs(seconds);
    }

    /// A moment from now, as text.
    pub(crate) fn later(&self, seconds: i64) -> String {
        (*self.clock.lock().unwrap() + SignedDuration::from_secs(seconds)).to_string()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, body, text }
    }

    /// A document with a token, in a version.
    pub(crate) async fn send_as(&self, token: &str, version: &str, body: Value) -> Reply {
        let request = Request::post(format!("/admin/api/{version}/graphql.json"))
            .header("content-type", "application/json")
            .header("x-shopify-access-token", token);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A document with the right token; the whole answer.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let reply = self.send_as(&self.token, "2026-10", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// The same where nothing may go wrong; only `data`.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert!(answer["errors"].is_null(), "{}", answer["errors"]);
        answer["data"].clone()
    }

    /// A root field of a mutation; its payload, which must have no user errors.
    pub(crate) async fn done(&self, query: &str, variables: Value) -> Value {
        let data = self.data(query, variables).await;
        let (name, payload) = data.as_object().unwrap().iter().next().unwrap();
        let errors = payload.get("userErrors").unwrap_or(&payload["orderCancelUserErrors"]);
        assert_eq!(*errors, json!([]), "{name}");
        payload.clone()
    }

    /// A variant by its SKU.
    pub(crate) fn sku(&self, sku: &str) -> String {
        self.store.variant(sku).unwrap()
    }

    /// A draft for these SKUs; its id.
    pub(crate) async fn draft(&self, rows: &[(&str, i64)], more: Value) -> String {
        let mut input = json!({ "lineItems": self.lines(rows), "email": "ada@example.com" });
        input.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let query = "mutation Open($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } userErrors { field message } } }";
        let payload = self.done(query, json!({ "input": input })).await;
        payload["draftOrder"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn lines(&self, rows: &[(&str, i64)]) -> Value {
        rows.iter()
            .map(|(sku, quantity)| json!({ "variantId": self.sku(sku), "quantity": quantity }))
            .collect()
    }

    /// The first rate to an address for these SKUs.
    pub(crate) async fn rate(&self, rows: &[(&str, i64)], to: Value) -> Value {
        let input = json!({ "lineItems": self.lines(rows), "shippingAddress": to });
        let data = self.data(&operation("03_delivery_options"), json!({ "input": input })).await;
        data["draftOrderAvailableDeliveryOptions"]["availableShippingRates"][0].clone()
    }

    /// A paid order for one SKU; the order's id.
    pub(crate) async fn order(&self, rows: &[(&str, i64)], more: Value) -> String {
        let draft = self.draft(rows, more).await;
        let query = "mutation Place($id: ID!) { draftOrderComplete(id: $id) { draftOrder { order { id } } userErrors { field message } } }";
        let payload = self.done(query, json!({ "id": draft })).await;
        payload["draftOrder"]["order"]["id"].as_str().unwrap().to_owned()
    }
}

/// An address in San Francisco.
pub(crate) fn ada() -> Value {
    json!({
        "firstName": "Ada", "lastName": "Lovelace", "address1": "1234 Chat Road", "address2": "Apt 101",
        "city": "San Francisco", "provinceCode": "CA", "countryCode": "US", "zip": "94131",
        "phone": "+15552003434",
    })
}

/// An address in Toronto.
pub(crate) fn toronto() -> Value {
    json!({
        "firstName": "Ada", "lastName": "Lovelace", "address1": "1 King Street", "city": "Toronto",
        "provinceCode": "ON", "countryCode": "CA", "zip": "M5H 2N2",
    })
}

fn shared(folder: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    // The test runner swallows what macros print, and a skip must be seen.
    let words = format!("SKIPPED: no {} to hold answers against\n", folder.display());
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    None
}

/// A recording, or nothing (said loudly) where the recordings are not at hand.
pub(crate) fn recording(name: &str) -> Option<Value> {
    let text =
        std::fs::read_to_string(shared("captures/shopify")?.join(format!("{name}.json"))).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// All recordings by name.
pub(crate) fn recordings() -> Vec<(String, Value)> {
    let Some(folder) = shared("captures/shopify") else { return Vec::new() };
    let mut all = Vec::new();
    for group in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(group.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.push((
                name,
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
            ));
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// The schema as it was handed over.
pub(crate) fn schema() -> Option<String> {
    Some(std::fs::read_to_string(shared("shopify")?.join("admin_2026-10.min.graphql")).unwrap())
}

/// All operations that were written for this API, by name.
pub(crate) fn operations() -> Vec<(String, String)> {
    let Some(folder) = shared("shopify/operations") else { return Vec::new() };
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        all.push((name, std::fs::read_to_string(path).unwrap()));
    }
    all.sort();
    all
}

/// One of them; without the reference the caller's test has nothing to hold on to, so its own
/// copy of the few it needs is used.
pub(crate) fn operation(name: &str) -> String {
    let found = operations().into_iter().find(|(known, _)| known == name).map(|(_, text)| text);
    found.unwrap_or_else(|| {
        assert_eq!(name, "03_delivery_options", "no such operation");
        "query DeliveryOptions($input: DraftOrderAvailableDeliveryOptionsInput!, $pickups: Int) {
           draftOrderAvailableDeliveryOptions(input: $input, localPickupCount: $pickups) {
             availableShippingRates { handle title code source price { amount currencyCode } }
             availableLocalPickupOptions { handle title code source instructions locationId }
           }
         }"
        .to_owned()
    })
}

/// Every document in a recording with its variables and its answer.
pub(crate) fn calls(recording: &Value) -> Vec<(String, Value, Value)> {
    fn walk(value: &Value, into: &mut Vec<(String, Value, Value)>) {
        match value {
            Value::Object(members) => {
                let query = members.get("query").or_else(|| members.get("document"));
                if let Some(query) = query.and_then(Value::as_str).filter(|text| text.contains('{'))
                {
                    let answer = members
                        .get("response")
                        .or_else(|| members.get("mutation").map(|m| &m["response"]));
                    let answer = answer.cloned().unwrap_or_default();
                    let answer = ["payload", "body"]
                        .iter()
                        .find_map(|name| {
                            answer.get(*name).filter(|inner| inner.is_object()).cloned()
                        })
                        .unwrap_or(answer);
                    into.push((
                        query.to_owned(),
                        members.get("variables").cloned().unwrap_or_default(),
                        answer,
                    ));
                }
                members.values().for_each(|value| walk(value, into));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(recording, &mut all);
    all
}

/// Member names and JSON types of a document, as a set of paths.
pub(crate) fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(path: &str, value: &Value, into: &mut BTreeSet<String>) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        into.insert(format!("{path}: {kind}"));
        match value {
            Value::Object(members) => {
                members
                    .iter()
                    .for_each(|(name, value)| walk(&format!("{path}.{name}"), value, into));
            }
            Value::Array(items) => {
                for item in items {
                    walk(&format!("{path}[]"), item, into);
                }
            }
            _ => {}
        }
    }
    let mut paths = BTreeSet::new();
    walk("", value, &mut paths);
    paths
}

/// Holds an answer against a recorded one: the same members with the same types, and the same
/// words where it is refused.
pub(crate) fn like(name: &str, ours: &Value, theirs: &Value) {
    let (mine, wanted) = (shape(&ours["data"]), shape(&theirs["data"]));
    let missing: Vec<_> = wanted.difference(&mine).collect();
    let extra: Vec<_> = mine.difference(&wanted).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{name}: missing {missing:?}, extra {extra:?}\n{ours}"
    );
    assert_eq!(refusals(ours), refusals(theirs), "{name}");
    if theirs["extensions"]["cost"].is_object() {
        assert_eq!(
            shape(&ours["extensions"]["cost"]),
            shape(&theirs["extensions"]["cost"]),
            "{name}"
        );
    }
}

/// Every user error in an answer, with its words.
fn refusals(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match name.as_str() {
                "userErrors" | "orderCancelUserErrors" => {
                    value.as_array().cloned().unwrap_or_default()
                }
                _ => refusals(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(refusals).collect(),
        _ => Vec::new(),
    }
}
