//! A Shopify store as a [`commerce::Connector`], over its Admin GraphQL API.
//!
//! A session is a draft order: the one thing in Shopify that keeps a cart with its taxes, discounts
//! and shipping, and leads to the order that it became. Every number is the store's.
//!
//! Files, from the wire inward: `client` runs one operation of `operations/`, each of which is a
//! `.graphql` file beside the one function that sends it. `auth` holds the token, `budget` the points
//! that the store grants, `version` the API's version, `id` turns Shopify's ids into ours, and `error`
//! says what a refusal means. `shop` is what holds for the whole store, `known` keeps that for a while.
//! `attributes` is what a draft keeps for us, `lines`, `rates` and `quote` read what it shows. `draft`
//! opens and reads it, `change` writes it, `memory` saves reading it again. `commit` ties it to a
//! payment, `place` takes it to a paid order. `sale` says what has become of orders, `refund` and
//! `notes` write on them afterwards, `sweep` takes away what came to nothing. `catalog` reads products
//! and `storefront` what holds for all of them, `hooks` hears of changes, `check` looks the store over
//! and `rehearsal` tries it out; `recordings` holds all of it against real stores' answers.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use commerce::{
    Booking, Brought, Change, Commitment, Connector, ConnectorError, Cursor, Draft, DraftId, Facts,
    Finding, Forged, Heard, Hold, Hook, HookTarget, Line, ListingPage, Order, OrderId, Origin,
    Product, ProductId, ProductPage, Sale, Storefront,
};
use jiff::Timestamp;
use secrecy::SecretString;
use upstream::{Priority, Upstream};

mod attributes;
mod auth;
mod budget;
mod catalog;
mod change;
mod check;
mod client;
mod commit;
mod countries;
mod draft;
mod error;
mod head;
mod hooks;
mod id;
mod known;
mod lines;
mod memory;
mod notes;
mod offers;
mod operation;
mod place;
mod quote;
mod rates;
#[cfg(test)]
mod recordings;
mod refund;
mod rehearsal;
mod sale;
mod scopes;
mod shop;
mod shown;
mod storefront;
mod sweep;
mod version;
mod wanted;

pub use auth::Access;
pub use catalog::{CatalogSettings, MetaKeys};
pub use version::{ApiVersion, BadVersion};

use catalog::Reading;
use client::Client;
use hooks::Ears;
use known::Known;
use memory::Memory;
use rates::Places;
use shop::Shop;

/// How a store is called.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the store lets us in.
    pub access: Access,
    /// Which version of the API is asked for.
    pub version: ApiVersion,
    /// Longest wait for points of the store's budget; past it the caller is told when to come back.
    pub points_wait_max: Duration,
    /// What of the catalog is read, and how.
    pub catalog: CatalogSettings,
    /// What else may have signed what the store tells: the app's secret before it was rotated, or the
    /// secret of an app whose token was made by hand. That of client credentials counts anyway.
    pub hook_secrets: Vec<SecretString>,
    /// What time it is.
    pub now: Now,
}

/// Tells the time.
#[derive(Clone)]
pub struct Now(pub Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now")
    }
}

/// One Shopify store.
pub struct Shopify {
    client: Client,
    now: Now,
    /// What holds for the whole store.
    shop: Known<Shop>,
    catalog: CatalogSettings,
    /// What is remembered from one call for the catalog to the next.
    reading: Reading,
    ears: Ears,
    /// Where buyers may pick up.
    places: Known<Places>,
    /// Drafts that were seen a moment ago.
    memory: Memory,
}

impl Shopify {
    /// The store behind `upstream`, whose base URL is `https://{shop}.myshopify.com`.
    pub fn new(upstream: Upstream, settings: Settings) -> Self {
        Self {
            ears: Ears::new(&settings.access, &settings.hook_secrets),
            client: Client::new(upstream, &settings),
            now: settings.now,
            shop: Known::new(),
            catalog: settings.catalog,
            reading: Reading::new(),
            places: Known::new(),
            memory: Memory::new(),
        }
    }
}

#[async_trait]
impl Connector for Shopify {
    async fn products(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        Priority::Catalog.around(self.page(from)).await
    }

    async fn product(&self, id: &ProductId) -> Result<Option<Product>, ConnectorError> {
        Priority::Catalog.around(self.one_product(id)).await
    }

    async fn changes(
        &self,
        since: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        Priority::Catalog.around(self.changed_page(since, from)).await
    }

    async fn listing(&self, from: Option<&Cursor>) -> Result<Option<ListingPage>, ConnectorError> {
        Priority::Catalog.around(self.listing_page(from)).await
    }

    async fn storefront(&self) -> Result<Storefront, ConnectorError> {
        Priority::Catalog.around(self.read_storefront()).await
    }

    async fn open(&self, change: &Change) -> Result<Draft, ConnectorError> {
        Priority::Create.around(self.open_draft(change)).await
    }

    async fn load(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        self.load_draft(id).await
    }

    async fn glance(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        self.glance_at_draft(id).await
    }

    async fn revise(&self, id: &DraftId, change: &Change) -> Result<Draft, ConnectorError> {
        self.revise_draft(id, change).await
    }

    async fn commit(&self, id: &DraftId, commitment: &Commitment) -> Result<Draft, ConnectorError> {
        Priority::Complete.around(self.commit_draft(id, commitment)).await
    }

    async fn reopen(
        &self,
        id: &DraftId,
        commitment: &Commitment,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        Priority::Complete.around(self.reopen_draft(id, commitment, facts)).await
    }

    async fn hold(&self, id: &DraftId) -> Result<Hold, ConnectorError> {
        Priority::Complete.around(self.hold_stock(id)).await
    }

    async fn place(&self, id: &DraftId, commitment: &Commitment) -> Result<Order, ConnectorError> {
        Priority::Complete.around(self.place_order(id, commitment)).await
    }

    fn storefront_url(&self, lines: &[Line]) -> String {
        storefront_url(self.client.url(), lines)
    }

    async fn discard(&self, id: &DraftId, facts: &Facts) -> Result<Draft, ConnectorError> {
        self.discard_draft(id, facts).await
    }

    async fn sales_since(&self, since: Timestamp) -> Result<Vec<Sale>, ConnectorError> {
        Priority::Catalog.around(self.changed_sales(since)).await
    }

    async fn brought(&self, order: &OrderId) -> Result<Brought, ConnectorError> {
        Priority::Complete.around(self.brought_order(order)).await
    }

    async fn unsettled(&self) -> Result<Vec<Origin>, ConnectorError> {
        Priority::Update.around(self.waiting_drafts()).await
    }

    async fn sweep(&self, before: Timestamp) -> Result<usize, ConnectorError> {
        Priority::Catalog.around(self.sweep_drafts(before)).await
    }

    async fn book_refund(&self, order: &OrderId, booking: &Booking) -> Result<(), ConnectorError> {
        Priority::Update.around(self.book(order, booking)).await
    }

    async fn note(&self, order: &OrderId, mark: &str, text: &str) -> Result<(), ConnectorError> {
        Priority::Update.around(self.leave_note(order, mark, text)).await
    }

    async fn keep_told(&self, order: &OrderId, told: &str) -> Result<(), ConnectorError> {
        Priority::Update.around(self.write_told(order, told)).await
    }

    async fn hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        Priority::Catalog.around(self.list_hooks(target)).await
    }

    async fn repair_hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        Priority::Catalog.around(self.mend_hooks(target)).await
    }

    async fn remove_hooks(&self, target: &HookTarget) -> Result<usize, ConnectorError> {
        Priority::Catalog.around(self.drop_hooks(target)).await
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        _ours: &str,
    ) -> Result<Heard, Forged> {
        // The store signs with secrets of its own.
        self.hear_delivery(header, body)
    }

    async fn rehearse(&self) -> Vec<Finding> {
        self.rehearse_purchase().await
    }

    async fn check(&self) -> Vec<Finding> {
        self.look_over().await
    }
}

/// Shopify's cart permalink: variants and quantities.
fn storefront_url(store: &str, lines: &[Line]) -> String {
    if lines.is_empty() {
        return format!("{store}/");
    }
    let wanted: Vec<String> =
        lines.iter().map(|line| format!("{}:{}", line.item.as_str(), line.quantity)).collect();
    format!("{store}/cart/{}", wanted.join(","))
}
