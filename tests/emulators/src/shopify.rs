//! Shopify's Admin API 2026-10, as far as a shop sells through draft orders.
//!
//! Every document is judged by Shopify's own schema and carried out against one shop in memory,
//! one call after the other. What is in the schema and not in here answers `NOT_EMULATED`, loudly,
//! so that nobody builds on `null`. Where Shopify is known to be lenient or is not documented at
//! all, this is strict; [`Quirks`] holds the switches.

mod address;
mod ask;
mod bulk;
mod cancel;
mod catalog;
mod controls;
mod cost;
mod delivery;
mod demo;
mod draft;
mod draft_input;
mod draft_view;
mod execute;
mod hooks;
mod judge;
mod ledger;
mod lint;
mod lint_words;
mod metafields;
mod money;
mod order;
mod order_update;
mod order_view;
mod payloads;
mod pricing;
mod problem;
mod product_view;
mod profiles;
mod refunds;
mod roots;
mod schema;
mod search;
mod settings;
mod shop;
mod shop_view;
mod stock_view;
mod subscriptions;
mod terms;
mod variables;
mod versions;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apollo_compiler::ExecutableDocument;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use serde_json::{Value, json};

pub use hooks::Delivery;
pub use settings::{Plan, Quirks};

use crate::faults::{Fault, Faults};
use problem::Problem;
use shop::{Shop, gid, number};
use wire::Answer;

/// Shopify gives a webhook's receiver this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// An emulated Shopify shop. Clones share the same shop.
#[derive(Clone)]
pub struct Store {
    shop: Arc<Mutex<Shop>>,
}

impl Store {
    /// The demo shop: products of every kind, two places, four markets, taxes, discounts.
    ///
    /// `base_url` has no trailing slash (`http://127.0.0.1:8092`). Randomness comes only from
    /// `seed`, time only from `now`.
    pub fn demo(base_url: &str, now: crate::Now, seed: u64) -> Self {
        let mut shop = Shop::new(base_url, now, seed);
        demo::stock(&mut shop);
        // A shop that was open for a month is known to its search.
        let now = shop.now();
        shop.index.settle(now);
        Self { shop: Arc::new(Mutex::new(shop)) }
    }

    /// Everything the shop serves: tokens, GraphQL, results of bulk operations, pictures.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/admin/oauth/access_token", post(grant))
            .route("/admin/api/{version}/graphql.json", post(graphql))
            .route("/bulk-results/{token}", get(storage))
            .route("/cdn/files/{name}", get(picture))
            .fallback(async || Answer::json(404, &json!({ "errors": "Not Found" })))
            .with_state(self.clone())
    }

    /// Puts planned faults in front of a shop's router, by operation or root field:
    /// `faults.next("POST", "graphql.json/draftOrderComplete", Fault::DropAfter)`.
    pub fn faulty(&self, faults: &Faults) -> Router {
        faults.around_named(self.router(), wire::names)
    }

    /// `demo-store.myshopify.com`.
    pub fn domain(&self) -> String {
        self.lock().domain.clone()
    }

    /// The app's client id and secret; the secret signs webhooks too.
    pub fn client(&self) -> (String, String) {
        let shop = self.lock();
        (shop.app.client.clone(), shop.app.secret.clone())
    }

    /// The `shpat_…` token of an app from before 2026.
    pub fn admin_token(&self) -> String {
        self.lock().app.admin_token.clone()
    }

    /// The id of the variant with this SKU.
    pub fn variant(&self, sku: &str) -> Option<String> {
        let shop = self.lock();
        let found = shop.catalog.variants.values().find(|variant| variant.sku == Some(sku));
        found.map(|variant| gid("ProductVariant", variant.id))
    }

    /// The id of a variant's product.
    pub fn product_of(&self, variant: &str) -> Option<String> {
        let shop = self.lock();
        let id = number(variant, "ProductVariant").ok()?;
        shop.catalog.variants.get(&id).map(|variant| gid("Product", variant.product))
    }

    /// The id of the channel with this name.
    pub fn publication(&self, name: &str) -> Option<String> {
        let shop = self.lock();
        shop.publications
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(id, _)| gid("Publication", *id))
    }

    /// What is left to sell of a variant.
    pub fn stock(&self, variant: &str) -> Option<i64> {
        let shop = self.lock();
        let id = number(variant, "ProductVariant").ok()?;
        shop.catalog
            .variants
            .get(&id)
            .filter(|known| known.tracked)
            .map(|_| shop.catalog.available(id))
    }

    /// A document as the owner would run it in the admin, without limits on what it costs.
    pub fn admin(&self, query: &str, variables: &Value) -> Value {
        let mut shop = self.lock();
        shop.tick();
        let kept = shop.bucket.clone();
        let (most, rate) = Plan::Plus.bucket();
        shop.bucket.resize(most, rate);
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("application/json"));
        if let Ok(token) = http::HeaderValue::from_str(&shop.app.admin_token) {
            headers.insert("x-shopify-access-token", token);
        }
        let installed = std::mem::replace(&mut shop.app.installed, true);
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = shop.graphql(schema::VERSION, &headers, body.as_bytes());
        shop.app.installed = installed;
        shop.bucket = kept;
        shop.journal.pop();
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    /// Orders with their money, open drafts, stock: what a test of invariants reads.
    pub fn ledger(&self) -> Value {
        let mut shop = self.lock();
        shop.tick();
        shop.ledger()
    }

    /// Every call so far: names, status, costs, errors' codes, deprecated parts, variables.
    pub fn journal(&self) -> Vec<Value> {
        self.lock().journal.clone()
    }

    /// What is due to be delivered, as data, in no order; it counts as delivered. Bulk operations
    /// that run come to their end first, for their end is told too.
    pub fn hooks(&self) -> Vec<Delivery> {
        let mut shop = self.lock();
        shop.tick();
        let due = shop.due();
        for delivery in &due {
            shop.settle_hook(delivery, true);
        }
        due
    }

    /// Sends what is due over HTTP. What fails is tried again later, by the clock; after eight
    /// failures in a row the subscription is gone. Answers how many were sent.
    pub async fn deliver_hooks(&self) -> usize {
        let due = {
            let mut shop = self.lock();
            shop.tick();
            shop.due()
        };
        let sent = due.len();
        for delivery in due {
            let headers =
                delivery.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let body = delivery.body.clone();
            let status = crate::post::post(&delivery.url, headers, body, PATIENCE).await;
            let fine = status.is_some_and(|status| status / 100 == 2);
            self.lock().settle_hook(&delivery, fine);
        }
        sent
    }

    /// The subscriptions there are, as the API shows them.
    pub fn subscriptions(&self) -> Vec<Value> {
        let shop = self.lock();
        shop.hooks.list.iter().map(subscriptions::view).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a document costs by Shopify's rules: at most, and by what it answered. `None` if the
/// document is not valid.
pub fn weigh(query: &str, variables: &Value, data: &Value) -> Option<(u64, u64)> {
    let parsed = ExecutableDocument::parse_and_validate(schema::schema(), query, "query.graphql");
    let document = parsed.ok()?;
    let operation = document.operations.get(None).ok()?;
    let variables = variables.as_object().cloned().unwrap_or_default();
    let most = cost::requested(&document, operation, &variables);
    Some((most, cost::actual(&document, operation, &variables, data).min(most)))
}

/// 200 with `THROTTLED`, in place of a call: four points are left on a Standard plan.
pub fn throttled() -> Fault {
    let status = json!({ "maximumAvailable": 2000, "currentlyAvailable": 4, "restoreRate": 100 });
    let cost =
        json!({ "requestedQueryCost": 104, "actualQueryCost": null, "throttleStatus": status });
    let errors = [wire::throttled().json()];
    Fault::Json(200, json!({ "errors": errors, "extensions": { "cost": cost } }))
}

/// 200 with `INTERNAL_SERVER_ERROR` and a request id; the call may have been carried out or not.
pub fn internal_error(after: bool) -> Fault {
    let problem = Problem::internal("0e3a5c1e-6f1b-4c51-8c0a-9d5a0c8d7f11-1764000000");
    let body = json!({ "errors": [problem.json()] });
    if after { Fault::JsonAfter(200, body) } else { Fault::Json(200, body) }
}

async fn grant(State(store): State<Store>, headers: HeaderMap, body: Bytes) -> Answer {
    let mut shop = store.lock();
    shop.tick();
    shop.grant(&headers, &body)
}

async fn graphql(
    State(store): State<Store>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    store.lock().graphql(&version, &headers, &body)
}

async fn picture(Path(name): Path<String>) -> impl IntoResponse {
    ([(http::header::CONTENT_TYPE, "image/png")], crate::woocommerce::picture::png(&name))
}

async fn storage(
    State(store): State<Store>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut shop = store.lock();
    let answer = shop.storage(&token, &headers);
    let asked = headers.get(http::header::RANGE).and_then(|range| range.to_str().ok());
    match asked.filter(|_| answer.status == 200 && !shop.settings.quirks.results_only_whole) {
        Some(range) => wire::part(answer.body.as_bytes(), range),
        None => answer.into_response(),
    }
}
