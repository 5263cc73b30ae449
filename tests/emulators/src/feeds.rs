//! An agent that takes feeds in: the Feed API of the Agentic Commerce Protocol, 2026-04-17.
//!
//! Where the published file leaves something open, this is strict: every call shows a bearer token
//! and a version, every change comes under a key, a key is used for one change only, and a member
//! that the schemas do not have is refused.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, response::Response};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Map, Value, json};

mod shape;

use shape::{CREATE, UPSERT};

/// The version that is spoken.
const VERSION: &str = "2026-04-17";
/// Most products of one upsert.
const BATCH_MAX: usize = 1_000;

/// An emulated agent. Clones share the same feeds.
#[derive(Clone)]
pub struct Feeds {
    now: crate::Now,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    feeds: BTreeMap<String, Feed>,
    /// What was answered under a key, and to what.
    keys: BTreeMap<String, (String, u16, Value)>,
    calls: Vec<String>,
    refuses: u32,
    loses: Option<String>,
}

#[derive(Default)]
struct Feed {
    target_country: Option<String>,
    updated_at: Option<String>,
    products: BTreeMap<String, Value>,
}

/// A refusal as the file has it: status, code, message, and what it is about.
struct Refusal(u16, &'static str, String, Option<String>);

type Answered = Result<(u16, Value), Refusal>;

impl Feeds {
    /// An agent that has no feed yet. Time comes only from `now`.
    pub fn new(now: crate::Now) -> Self {
        Self { now, inner: Arc::default() }
    }

    /// What callers show.
    pub const fn token(&self) -> &'static str {
        "feed_token_of_the_agent"
    }

    /// Everything that is served, below `/agent`.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// The ids of all feeds.
    pub fn ids(&self) -> Vec<String> {
        self.lock().feeds.keys().cloned().collect()
    }

    /// A feed's products by their ids.
    pub fn products(&self, feed: &str) -> BTreeMap<String, Value> {
        self.lock().feeds.get(feed).map(|feed| feed.products.clone()).unwrap_or_default()
    }

    /// Each call so far, as method and path, upserts with the number of their products.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// The next so many upserts are answered with `accepted: false`, and not carried out.
    pub fn refuse_next(&self, upserts: u32) {
        self.lock().refuses = upserts;
    }

    /// Takes a product away, as if it had been lost.
    pub fn forget(&self, feed: &str, product: &str) {
        if let Some(feed) = self.lock().feeds.get_mut(feed) {
            feed.products.remove(product);
        }
    }

    /// A product of this id is taken and never kept.
    pub fn lose(&self, product: &str) {
        self.lock().loses = Some(product.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(
    State(feeds): State<Feeds>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (status, body) = match feeds.answer(&method, uri.path(), &headers, &body) {
        Ok(answered) => answered,
        Err(Refusal(status, code, message, param)) => {
            let mut body = json!({ "type": "invalid_request", "code": code, "message": message });
            if let Some(param) = param {
                body["param"] = param.into();
            }
            (status, body)
        }
    };
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl Feeds {
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Answered {
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if said("authorization") != Some(&format!("Bearer {}", self.token())) {
            return refuse(401, "unauthorized", "show the bearer token", None);
        }
        if said("api-version") != Some(VERSION) {
            let message = format!("API-Version must be {VERSION}");
            return refuse(400, "unsupported_version", &message, Some("API-Version"));
        }
        let Some(path) = path.strip_prefix("/agent/feeds") else {
            return refuse(404, "not_found", "there is no such path", None);
        };
        let place: Vec<&str> = path.split('/').skip(1).collect();
        let mut inner = self.lock();
        if method == Method::GET {
            inner.calls.push(format!("GET /feeds{path}"));
            return match place.as_slice() {
                [feed] => inner.feed(feed).map(|found| (200, found.metadata(feed))),
                [feed, "products"] => inner.feed(feed).map(|feed| {
                    let products: Vec<&Value> = feed.products.values().collect();
                    (200, json!({ "products": products }))
                }),
                _ => refuse(404, "not_found", "there is no such path", None),
            };
        }
        if said("content-type") != Some("application/json") {
            return refuse(400, "invalid_content_type", "send application/json", None);
        }
        let Some(key) = said("idempotency-key").filter(|key| (1..=255).contains(&key.len())) else {
            let name = Some("Idempotency-Key");
            return refuse(400, "missing_idempotency_key", "send a key", name);
        };
        let print = format!("{method} {path} {}", String::from_utf8_lossy(body));
        if let Some((known, status, answer)) = inner.keys.get(key) {
            if *known != print {
                let message = "the key was used for something else";
                return refuse(409, "idempotency_conflict", message, Some("Idempotency-Key"));
            }
            return Ok((*status, answer.clone()));
        }
        let body: Value = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(error) => return refuse(400, "invalid_json", &error.to_string(), None),
        };
        let now = (self.now)().to_string();
        let (status, answer) = match (method, place.as_slice()) {
            (&Method::POST, []) => inner.create(&body, now)?,
            (&Method::PATCH, [feed, "products"]) => inner.upsert(feed, &body, now)?,
            _ => return refuse(405, "method_not_allowed", "this path does not know it", None),
        };
        inner.keys.insert(key.to_owned(), (print, status, answer.clone()));
        Ok((status, answer))
    }
}

impl Inner {
    fn feed(&self, id: &str) -> Result<&Feed, Refusal> {
        self.feeds.get(id).ok_or_else(no_feed)
    }

    fn create(&mut self, body: &Value, now: String) -> Answered {
        self.calls.push("POST /feeds".to_owned());
        shape::check(&CREATE, body, "")
            .map_err(|(at, why)| Refusal(400, "invalid_target_country", why, Some(at)))?;
        let country = body["target_country"].as_str().map(str::to_owned);
        let id = format!("feed_{:06}", self.feeds.len() + 1);
        let feed =
            Feed { target_country: country, updated_at: Some(now), products: BTreeMap::new() };
        let answer = feed.metadata(&id);
        self.feeds.insert(id, feed);
        Ok((201, answer))
    }

    fn upsert(&mut self, id: &str, body: &Value, now: String) -> Answered {
        let products = body["products"].as_array().map_or(0, Vec::len);
        self.calls.push(format!("PATCH /feeds/{id}/products {products}"));
        let invalid = |at: String, why: String| {
            Refusal(400, "invalid_product_payload", format!("{at}: {why}"), Some(at))
        };
        shape::check(&UPSERT, body, "").map_err(|(at, why)| invalid(at, why))?;
        if products == 0 || products > BATCH_MAX {
            let why = format!("between 1 and {BATCH_MAX} products are taken");
            return Err(invalid("products".to_owned(), why));
        }
        let products = body["products"].as_array().cloned().unwrap_or_default();
        let ids = products.iter().map(|product| product["id"].as_str().unwrap_or_default());
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = ids.into_iter().find(|id| !seen.insert(id.to_owned())) {
            return Err(invalid("products".to_owned(), format!("{twice} stands there twice")));
        }
        for product in &products {
            one_price(product).map_err(|why| invalid("products".to_owned(), why))?;
        }
        let loses = self.loses.clone();
        let feed = self.feeds.get_mut(id).ok_or_else(no_feed)?;
        if self.refuses > 0 {
            self.refuses -= 1;
            return Ok((200, json!({ "id": id, "accepted": false })));
        }
        for product in products {
            let product_id = product["id"].as_str().unwrap_or_default().to_owned();
            if loses.as_ref() != Some(&product_id) {
                feed.products.insert(product_id, product);
            }
        }
        feed.updated_at = Some(now);
        Ok((200, json!({ "id": id, "accepted": true })))
    }
}

impl Feed {
    fn metadata(&self, id: &str) -> Value {
        let mut metadata = Map::new();
        metadata.insert("id".to_owned(), id.into());
        if let Some(country) = &self.target_country {
            metadata.insert("target_country".to_owned(), country.as_str().into());
        }
        if let Some(at) = &self.updated_at {
            metadata.insert("updated_at".to_owned(), at.as_str().into());
        }
        Value::Object(metadata)
    }
}

/// The price now is not above the regular one, and both are in one currency.
fn one_price(product: &Value) -> Result<(), String> {
    let variants = product["variants"].as_array().into_iter().flatten();
    for variant in variants.filter(|variant| !variant["list_price"].is_null()) {
        let (now, regular) = (&variant["price"], &variant["list_price"]);
        let is_higher = now["amount"].as_i64() > regular["amount"].as_i64();
        if now["currency"] != regular["currency"] || is_higher {
            return Err(format!("list_price of {} is below its price", variant["id"]));
        }
    }
    Ok(())
}

fn no_feed() -> Refusal {
    Refusal(404, "feed_not_found", "Feed not found".to_owned(), Some("id".to_owned()))
}

fn refuse(status: u16, code: &'static str, message: &str, param: Option<&str>) -> Answered {
    Err(Refusal(status, code, message.to_owned(), param.map(str::to_owned)))
}
