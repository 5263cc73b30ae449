//! Shopify's Admin API 2026-10, as far as a shop sells through draft orders.
//!
//! Every document is judged by Shopify's own schema and carried out against one shop in memory,
//! one call after the other. What is in the schema and not in here answers `NOT_EMULATED`, loudly,
//! so that nobody builds on `null`. Where Shopify is known to be lenient or is not documented at
//! all, this is strict; [`Quirks`] holds the switches.

mod address;
mod bulk;
mod cancel;
mod catalog;
mod cost;
mod delivery;
mod demo;
mod draft;
mod draft_view;
mod execute;
mod hooks;
mod judge;
mod ledger;
mod lint;
mod metafields;
mod money;
mod order;
mod order_view;
mod payloads;
mod pricing;
mod problem;
mod product_view;
mod refunds;
mod roots;
mod schema;
mod search;
mod shop;
mod shop_view;
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
use axum::routing::{get, post};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use hooks::Delivery;

use crate::faults::{Fault, Faults};
use problem::Problem;
use shop::{Shop, gid, number};
use wire::Answer;

/// Shopify gives a webhook's receiver this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a shop pays for, which decides how many calls it may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The same, and what is known of customers is kept from the owner's own apps.
    Basic,
    /// 2,000 points, 100 a second.
    Standard,
    /// 4,000 points, 200 a second.
    Advanced,
    /// 20,000 points, 1,000 a second; amounts of manual payments can be chosen.
    Plus,
}

impl Plan {
    fn bucket(self) -> (u64, u64) {
        match self {
            Self::Basic | Self::Standard => (2000, 100),
            Self::Advanced => (4000, 200),
            Self::Plus => (20_000, 1000),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Standard => "Grow",
            Self::Advanced => "Advanced",
            Self::Plus => "Shopify Plus",
        }
    }
}

/// What is not known about Shopify, or is kinder there than here.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Quirks {
    /// Deprecated fields and arguments answer as they still do, in place of being unknown.
    pub deprecated_still_works: bool,
    /// A stale rate handle is taken, and keeps its price, in place of being refused.
    pub stale_handles_keep_their_price: bool,
    /// Custom attributes of a draft do not reach its order.
    pub attributes_get_lost: bool,
    /// Completing a draft fails when there is too little stock; otherwise it oversells.
    pub completion_checks_stock: bool,
    /// As many bulk queries may run at once; five since 2026-01.
    pub bulk_operations_at_once: usize,
    /// The next bulk operation breaks after so many lines.
    pub next_bulk_breaks_after: Option<usize>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            deprecated_still_works: false,
            stale_handles_keep_their_price: false,
            attributes_get_lost: false,
            completion_checks_stock: false,
            bulk_operations_at_once: 1,
            next_bulk_breaks_after: None,
        }
    }
}

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

    /// Everything the shop serves: tokens, GraphQL, results of bulk operations.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/admin/oauth/access_token", post(grant))
            .route("/admin/api/{version}/graphql.json", post(graphql))
            .route("/bulk-results/{token}", get(storage))
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

    /// Grants the app exactly these scopes.
    pub fn grant_scopes(&self, scopes: &[&str]) {
        self.lock().app.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// Changes the app's secret: new tokens need it, and deliveries are signed with it.
    pub fn rotate_secret(&self) -> String {
        let mut shop = self.lock();
        shop.app.secret = format!("shpss_{}", shop.hex(32));
        shop.app.secret.clone()
    }

    /// Ends every token of the client credentials grant.
    pub fn expire_tokens(&self) {
        self.lock().app.issued.clear();
    }

    /// Takes the app off the shop: tokens are dead, and the app is told.
    pub fn uninstall(&self) {
        let mut shop = self.lock();
        let body = json!({ "id": 92_891_250_994_u64, "myshopify_domain": shop.domain, "domain": shop.domain });
        shop.announce("app/uninstalled", &body);
        shop.app.installed = false;
        shop.app.issued.clear();
    }

    /// Sets what is not known about Shopify.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.lock().settings.quirks);
    }

    /// Another plan, with a full bucket.
    pub fn set_plan(&self, plan: Plan) {
        let mut shop = self.lock();
        shop.settings.plan = plan;
        let (most, rate) = plan.bucket();
        shop.bucket.resize(most, rate);
    }

    /// Leaves so many points in the bucket.
    pub fn drain(&self, points: u64) {
        let mut shop = self.lock();
        let now = shop.now();
        shop.bucket.drain_to(points, now);
    }

    /// How late the search learns of changes; three seconds at first.
    pub fn set_search_lag(&self, lag: SignedDuration) {
        self.lock().index.lag = lag;
    }

    /// Whether prices include tax. Off at first.
    pub fn set_taxes_included(&self, yes: bool) {
        self.lock().settings.taxes_included = yes;
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

    /// Sets what is left to sell of a variant, all of it at its first place.
    pub fn set_stock(&self, variant: &str, units: i64) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let places: Vec<u64> = shop.catalog.stocked(id).map(|(place, _)| place).collect();
        for (nth, place) in places.into_iter().enumerate() {
            if let Some(level) = shop.catalog.levels.get_mut(&(id, place)) {
                (level.available, level.updated) = (if nth == 0 { units } else { 0 }, now);
            }
            shop.stock_changed(&[catalog::Taken { variant: id, location: place, quantity: 0 }]);
        }
    }

    /// Sets a variant's price, in minor units of the shop's currency.
    pub fn set_price(&self, variant: &str, minor: i64) {
        self.edit(variant, |variant, _| variant.price = minor);
    }

    /// Sets a product's status: `ACTIVE`, `DRAFT`, `ARCHIVED`, `UNLISTED`.
    pub fn set_status(&self, variant: &str, status: &str) {
        self.edit(variant, |_, product| status.clone_into(&mut product.status));
    }

    /// Takes a product off a channel, or puts it there.
    pub fn publish(&self, variant: &str, publication: &str, yes: bool) {
        let Ok(channel) = number(publication, "Publication") else { return };
        self.edit(variant, |_, product| {
            if yes {
                product.published.insert(channel)
            } else {
                product.published.remove(&channel)
            };
        });
    }

    /// Deletes a product with all its variants.
    pub fn delete_product(&self, variant: &str) {
        let mut shop = self.lock();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let Some(product) = shop.catalog.variants.get(&id).map(|known| known.product) else {
            return;
        };
        shop.catalog.products.remove(&product);
        shop.catalog.variants.retain(|_, known| known.product != product);
        let own = gid("Product", product);
        shop.index.forget(&own);
        shop.announce("products/delete", &json!({ "id": product }));
    }

    /// Changes the price of a zone's rate: handles that were issued for it are stale.
    pub fn set_rate(&self, country: &str, title: &str, minor: i64) {
        let mut shop = self.lock();
        let zones = shop.zones.iter_mut().filter(|zone| zone.country == country);
        let rates = zones.flat_map(|zone| &mut zone.rates).filter(|(known, ..)| *known == title);
        rates.for_each(|(_, price, _)| *price = minor);
    }

    /// Sends out what is left of an order, and tells of it.
    pub fn fulfill(&self, order: &str, tracking: Option<(&str, &str, &str)>) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(order, "Order") else { return };
        let parcel = shop.id();
        let Some(order) = shop.orders.get_mut(&id) else { return };
        let mut lines = Vec::new();
        for (line, row) in order.lines.iter_mut().zip(&order.draft.lines) {
            let left = row.quantity - line.removed - line.fulfilled;
            if left > 0 {
                line.fulfilled += left;
                lines.push((line.id, left, row.variant));
            }
        }
        let tracking = tracking
            .map(|(company, number, url)| (company.to_owned(), number.to_owned(), url.to_owned()));
        order.fulfillments.push(order::Fulfillment {
            id: parcel,
            created: now,
            lines: lines.iter().map(|(line, left, _)| (*line, *left)).collect(),
            tracking,
            delivered: None,
        });
        for (_, left, variant) in lines {
            if let Some(variant) = variant {
                shop.catalog.ship(variant, left, now);
            }
        }
        shop.order_changed(id, &["orders/fulfilled"]);
        let body = json!({ "id": parcel, "order_id": id, "status": "success", "admin_graphql_api_id": gid("Fulfillment", parcel) });
        shop.announce("fulfillments/create", &body);
    }

    /// All parcels of an order have arrived.
    pub fn deliver(&self, order: &str) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(order, "Order") else { return };
        let Some(order) = shop.orders.get_mut(&id) else { return };
        let mut told = Vec::new();
        for parcel in order.fulfillments.iter_mut().filter(|parcel| parcel.delivered.is_none()) {
            parcel.delivered = Some(now);
            told.push(parcel.id);
        }
        shop.order_changed(id, &[]);
        for parcel in told {
            let body = json!({ "id": parcel, "order_id": id, "status": "success", "shipment_status": "delivered" });
            shop.announce("fulfillments/update", &body);
        }
    }

    /// Runs every bulk operation to its end without a look at it.
    pub fn finish_bulk(&self) {
        self.lock().finish_bulks();
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

    /// Where deliveries to an origin really go: `https://bridge.example` to a port of this machine.
    pub fn route_hooks(&self, origin: &str, to: &str) {
        self.lock().hooks.routes.push((origin.to_owned(), to.to_owned()));
    }

    /// Where the app's configuration has compliance topics sent.
    pub fn set_compliance_url(&self, url: &str) {
        self.lock().hooks.compliance = Some(url.to_owned());
    }

    /// A compliance event: `customers/data_request`, `customers/redact`, `shop/redact`.
    pub fn comply(&self, topic: &str, body: &Value) {
        self.lock().announce_compliance(topic, body);
    }

    /// Whether every delivery comes twice. Off at first.
    pub fn deliver_twice(&self, yes: bool) {
        self.lock().hooks.twice = yes;
    }

    /// What is due to be delivered, as data, in no order; it counts as delivered.
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
            let fine = crate::post::send(&delivery.url, headers, &delivery.body, PATIENCE).await;
            self.lock().settle_hook(&delivery, fine);
        }
        sent
    }

    /// The subscriptions there are, as the API shows them.
    pub fn subscriptions(&self) -> Vec<Value> {
        let shop = self.lock();
        shop.hooks.list.iter().map(hooks::view).collect()
    }

    fn edit(
        &self,
        variant: &str,
        change: impl FnOnce(&mut catalog::Variant, &mut catalog::Product),
    ) {
        let mut shop = self.lock();
        let now: Timestamp = shop.now();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let shop = &mut *shop;
        let Some(known) = shop.catalog.variants.get_mut(&id) else { return };
        let Some(product) = shop.catalog.products.get_mut(&known.product) else { return };
        change(known, product);
        known.updated = now;
        let product = known.product;
        shop.product_changed(product, "products/update");
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

async fn storage(
    State(store): State<Store>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer {
    store.lock().storage(&token, &headers)
}
