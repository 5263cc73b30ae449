//! WooCommerce 10.7 behind nginx, as the recordings show it: `wc/v3`, the Store API, webhooks.
//!
//! One lock around the whole shop: calls are answered one after the other, so the races of the
//! real thing (overselling, lost cart lines) do not happen here by themselves.

mod address;
mod auth;
mod batch;
mod cart;
mod cart_view;
mod catalog;
mod checkout;
mod coupons;
mod decimal;
mod demo;
mod draft;
mod hooks;
mod lists;
mod order;
mod order_create;
mod order_view;
mod orders;
mod pages;
pub(crate) mod picture;
mod product_view;
mod refunds;
mod rest;
mod session;
mod settings;
mod shipping;
mod shop;
mod store_api;
mod store_order;
mod store_view;
mod tax;
mod totals;
mod variation;
mod wire;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, response::Response};
use coupons::Coupon;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;
use shop::{Keys, Shop, Switch};
use wire::{Answer, Call};

use crate::post;

/// WordPress gives a webhook's receiver this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// An emulated WooCommerce shop. Clones share the same shop.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    keys: Keys,
    shop: Mutex<Shop>,
}

impl Store {
    /// The demo store: WooCommerce's own sample catalog and more, taxes, zones, coupons.
    ///
    /// `base_url` has no trailing slash (`http://127.0.0.1:8091`). Randomness comes only from
    /// `seed`, time only from `now`.
    pub fn demo(base_url: &str, now: crate::Now, seed: u64) -> Self {
        let mut shop = Shop::new(base_url, now, seed);
        demo::stock(&mut shop);
        let keys = shop.keys.clone();
        Self { inner: Arc::new(Inner { keys, shop: Mutex::new(shop) }) }
    }

    /// Everything the shop serves: REST under `/wp-json`, pages, pictures.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// The `ck_…` key which may read and write.
    pub fn consumer_key(&self) -> &str {
        &self.inner.keys.key
    }

    /// The `cs_…` secret of [`consumer_key`](Self::consumer_key).
    pub fn consumer_secret(&self) -> &str {
        &self.inner.keys.secret
    }

    /// Key and secret of a second pair, which may only read.
    pub fn read_only_key(&self) -> (&str, &str) {
        (&self.inner.keys.read_only_key, &self.inner.keys.read_only_secret)
    }

    /// All orders in the REST shape, drafts too, by id.
    pub fn orders(&self) -> Vec<Value> {
        let shop = self.lock();
        shop.orders.values().map(|order| shop.order_json(order)).collect()
    }

    /// One order in the REST shape.
    pub fn order(&self, id: u64) -> Option<Value> {
        let shop = self.lock();
        shop.orders.get(&id).map(|order| shop.order_json(order))
    }

    /// An order's log, the oldest entry first.
    pub fn order_log(&self, id: u64) -> Vec<String> {
        let shop = self.lock();
        let notes = shop.orders.get(&id).map(|order| order.notes.iter());
        notes.into_iter().flatten().map(|note| note.text.clone()).collect()
    }

    /// Lines over all carts.
    pub fn cart_lines(&self) -> usize {
        self.lock().carts.values().map(|cart| cart.lines.len()).sum()
    }

    /// Every call so far, `METHOD /path?query -> status`; a batch's parts come before it,
    /// indented.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// Units on hand of a product or variation; `None` when unknown or not counted.
    pub fn stock(&self, product_or_variation: u64) -> Option<i64> {
        self.lock().catalog.get(product_or_variation).and_then(|product| product.stock)
    }

    /// Sets the units on hand, and from now on counts them.
    pub fn set_stock(&self, id: u64, quantity: i64) {
        self.edit(id, |product| product.stock = Some(quantity));
    }

    /// Sets the regular price as decimal text and ends any sale.
    pub fn set_price(&self, id: u64, decimal: &str) {
        self.edit(id, |product| {
            decimal.clone_into(&mut product.regular);
            product.sale.clear();
        });
    }

    /// Makes a product a draft, which nobody can buy.
    pub fn unpublish(&self, id: u64) {
        self.edit(id, |product| product.unpublished = true);
    }

    /// Deletes a product with its variations, or a variation, for good. That a variation is gone
    /// moves no date, not even its product's.
    pub fn delete(&self, id: u64) {
        let mut shop = self.lock();
        let Some(gone) = shop.catalog.products.remove(&id) else { return };
        for child in gone.children.iter().filter(|_| gone.kind == catalog::Kind::Variable) {
            shop.catalog.products.remove(child);
        }
        if let Some(parent) = shop.catalog.products.get_mut(&gone.parent) {
            parent.children.retain(|child| *child != id);
        }
    }

    /// From now on a plugin dies over this product in every listing that shows it.
    pub fn break_product(&self, id: u64) {
        self.lock().broken.insert(id);
    }

    /// Buyers have to know a word to see this product.
    pub fn protect(&self, id: u64) {
        self.edit(id, |product| product.password = "sesame");
    }

    /// Adds so many simple products; answers the id of the first, the others follow it.
    pub fn add_products(&self, count: u64) -> u64 {
        let mut shop = self.lock();
        let first = shop.catalog.products.keys().last().map_or(1, |last| last + 1).max(10_000);
        let model = shop.catalog.products.values().find(|product| product.id == 20).cloned();
        for (id, model) in (first..first + count).zip(std::iter::repeat(model)) {
            let Some(model) = model else { break };
            let product = catalog::Product {
                id,
                name: format!("Thing {id}"),
                sku: format!("thing-{id}"),
                slug: format!("thing-{id}"),
                ..model
            };
            shop.catalog.products.insert(id, product);
        }
        first
    }

    /// Changes the site's salts: every cart token issued so far is dead.
    pub fn expire_carts(&self) {
        let mut shop = self.lock();
        shop.salt = rand::Rng::random(&mut shop.chance);
        shop.carts.clear();
    }

    /// Sets the currency and the shop's number of decimals, which need not be the currency's.
    pub fn set_currency(&self, code: &str, decimals: u32) {
        let mut shop = self.lock();
        code.clone_into(&mut shop.currency);
        shop.decimals = decimals.min(6);
    }

    /// Whether prices were entered including tax.
    pub fn set_prices_include_tax(&self, yes: bool) {
        self.lock().prices_include_tax = yes;
    }

    /// Whether PHP believes it is called over HTTPS; keys work only then. On at first.
    pub fn https(&self, yes: bool) {
        self.lock().switch(Switch::PlainHttp, !yes);
    }

    /// Whether refusals of coupons are in German. Off at first.
    pub fn speak_german(&self, yes: bool) {
        self.lock().switch(Switch::German, yes);
    }

    /// Whether the web server takes the `Authorization` header away. Off at first.
    pub fn strip_authorization(&self, yes: bool) {
        self.lock().switch(Switch::NoAuthorization, yes);
    }

    /// Whether `wc/v3/variations` exists. On at first.
    pub fn variations_route(&self, yes: bool) {
        self.lock().switch(Switch::NoVariationsRoute, !yes);
    }

    /// Whether the fourth checkout within a minute is refused. Off at first.
    pub fn rate_limit_checkout(&self, yes: bool) {
        self.lock().switch(Switch::RateLimit, yes);
    }

    /// Whether `GET` and `PUT checkout` make no order, as from version 10.9 on (pull request 64155 of
    /// WooCommerce). Off at first: the recordings are of 10.7.
    pub fn defer_orders(&self, yes: bool) {
        self.lock().switch(Switch::DeferredOrders, yes);
    }

    /// Whether PHP prints a notice before every JSON body. Off at first.
    pub fn php_notice_before_json(&self, yes: bool) {
        self.lock().switch(Switch::PhpNotice, yes);
    }

    /// Whether permalinks are "Plain", so that `/wp-json` leads nowhere. Off at first.
    pub fn plain_permalinks(&self, yes: bool) {
        self.lock().switch(Switch::PlainPermalinks, yes);
    }

    /// Whether every number is a text and every text that is a number is one. Off at first.
    pub fn loose_types(&self, yes: bool) {
        self.lock().switch(Switch::LooseTypes, yes);
    }

    /// Whether every JSON body begins with a byte order mark. Off at first.
    pub fn byte_order_mark(&self, yes: bool) {
        self.lock().switch(Switch::ByteOrderMark, yes);
    }

    /// Whether a cache gives everybody who looks at a cart the first one. Off at first.
    pub fn cache_carts(&self, yes: bool) {
        let mut shop = self.lock();
        shop.switch(Switch::CachedCarts, yes);
        shop.cached_cart = None;
    }

    /// Whether a plugin ships each product by itself, and whether it names the packages. Off at
    /// first.
    pub fn split_packages(&self, yes: bool, named: bool) {
        let mut shop = self.lock();
        shop.switch(Switch::SplitPackages, yes);
        shop.switch(Switch::NamedPackages, yes && named);
    }

    /// Puts a fee on every cart, as decimal text without tax. None at first.
    pub fn set_fee(&self, name: &str, decimal: &str) {
        let amount = decimal::parse(decimal).unwrap_or(0);
        self.lock().fee = Some((name.to_owned(), amount));
    }

    /// Sells a product from so many units on and in such steps only.
    pub fn set_quantity_limits(&self, id: u64, minimum: i64, multiple_of: i64) {
        self.edit(id, |product| (product.minimum, product.step) = (minimum, multiple_of));
    }

    /// Sells no more than one of a product to a buyer.
    pub fn sell_individually(&self, id: u64) {
        self.edit(id, |product| product.most = 1);
    }

    /// Says that WooCommerce has another version.
    pub fn set_version(&self, version: &str) {
        version.clone_into(&mut self.lock().version);
    }

    /// Takes all shipping methods away from a zone.
    pub fn empty_zone(&self, id: u64) {
        self.lock().bare_zone = Some(id);
    }

    /// The address that the shop gives itself, where it is called by another one.
    pub fn set_home(&self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.lock().home);
    }

    /// Takes a brand away from every product.
    pub fn forget_brands(&self) {
        for product in self.lock().catalog.products.values_mut() {
            product.brand = None;
        }
    }

    /// The newest order, whatever its state, in the REST shape.
    pub fn last_order(&self) -> Option<Value> {
        let shop = self.lock();
        shop.orders.values().next_back().map(|order| shop.order_json(order))
    }

    /// Runs the webhook queue: every waiting delivery is built now, sent once, and forgotten.
    /// Answers how many were sent.
    pub async fn deliver_hooks(&self) -> usize {
        let letters = self.lock().letters();
        let sent = letters.len();
        for (hook, letter) in letters {
            let fine = post::send(letter, PATIENCE).await.is_some_and(|status| status / 100 == 2);
            self.lock().delivered(hook, fine);
        }
        sent
    }

    fn edit(&self, id: u64, change: impl FnOnce(&mut catalog::Product)) {
        let mut shop = self.lock();
        if let Some(product) = shop.catalog.products.get_mut(&id) {
            change(product);
        }
        let now = shop.now();
        shop.touch(id, now);
    }

    fn lock(&self) -> MutexGuard<'_, Shop> {
        self.inner.shop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers one request, then pings the webhooks it made.
async fn serve(
    State(store): State<Store>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call {
        method: method.as_str().to_owned(),
        path: uri.path().to_owned(),
        query: serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap_or_default(),
        headers,
        body: body.to_vec(),
        uri: uri.to_string(),
    };
    let (answer, noise, pings) = {
        let mut shop = store.lock();
        let answer = shop.answer(call, &uri);
        (answer, shop.noise(), std::mem::take(&mut shop.hooks.pings))
    };
    for ping in pings {
        post::send(ping, PATIENCE).await;
    }
    answer.into_response(&noise)
}

impl Shop {
    /// Routes a call and keeps it in the log.
    fn answer(&mut self, mut call: Call, uri: &Uri) -> Answer {
        let asked = format!("{} {uri}", call.method);
        // WordPress takes the route from the query wherever the rest of the address leads.
        let named = call.param("rest_route").map(str::to_owned);
        let below = call.path.strip_prefix("/wp-json").map(str::to_owned);
        let mut answer = match named.or(below.filter(|_| !self.has(Switch::PlainPermalinks))) {
            Some(path) => {
                call.path = path;
                self.json_answer(&call)
            }
            None => self.page(&call),
        };
        if let (true, wire::Body::Json(body)) = (self.has(Switch::LooseTypes), &mut answer.body) {
            *body = wire::swap_types(body.take());
        }
        answer.headers.push(("x-robots-tag", "noindex".to_owned()));
        if !answer.headers.iter().any(|(name, _)| *name == "link") {
            let link = format!("<{}/wp-json/>; rel=\"https://api.w.org/\"", self.base);
            answer.headers.push(("link", link));
        }
        answer.headers.push(("x-content-type-options", "nosniff".to_owned()));
        self.calls.push(format!("{asked} -> {}", answer.status));
        answer
    }

    /// What PHP prints before every JSON body.
    fn noise(&self) -> String {
        let mark = if self.has(Switch::ByteOrderMark) { "\u{feff}" } else { "" };
        let notice = if self.has(Switch::PhpNotice) { wire::NOTICE } else { "" };
        format!("{mark}{notice}")
    }

    /// What a cache in front that knows no buyers makes of a look at a cart.
    fn cached(&mut self, call: &Call) -> Option<Answer> {
        let is_look = call.method == "GET" && call.path == "/wc/store/v1/cart";
        if !is_look || !self.has(Switch::CachedCarts) {
            return None;
        }
        if self.cached_cart.is_none() {
            let answer = self.store_api(call);
            self.cached_cart = Some(answer);
        }
        self.cached_cart.clone()
    }

    fn json_answer(&mut self, call: &Call) -> Answer {
        if let Some(cached) = self.cached(call) {
            return cached;
        }
        match call.segments().as_slice() {
            [] if call.method == "GET" => Answer::json(200, self.index()),
            ["wc", "store", "v1", ..] => self.store_api(call),
            ["wc", "v3", ..] => self.rest_api(call),
            _ => wire::no_route(),
        }
    }
}
