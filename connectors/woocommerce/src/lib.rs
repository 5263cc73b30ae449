//! A WooCommerce store as a [`commerce::Connector`].
//!
//! A session is a cart of the Store API and the draft order behind it: the store's own, or one of
//! ours where the store makes none before it is placed. The order is known before any money moves,
//! and every number is the store's.
//!
//! Files, from the wire inward: `client` sends, `routes` finds where to, `key` and `oauth` show the
//! key, `batch` sends several steps at once, `caches` notices who answers in the store's place,
//! `loose` reads PHP's types, and `error` says what a refusal means. `cart` and `order` read the two
//! shapes in which the store shows a draft, and `address`, `rates`, `item` and `rounding` what both
//! have. `draft` opens and reads it, `change` changes its cart, `coupons` says why a code does not
//! count, `own` keeps our order, `memory` and `draft_id` find it again. `place` takes it to a paid
//! order, `customer` gives it to its buyer's account, and `stock` holds what is scarce on the way.
//! `catalog` reads products, `variations` theirs and `settings` the owner's, `hooks` hears of
//! changes, `sale` what has become of orders, `refund` and `notes` write on them afterwards, `check`
//! looks the store over and `rehearsal` tries it out; `recordings` holds all of it against a real
//! store's answers.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use commerce::{
    Booking, Brought, Change, Commitment, Connector, ConnectorError, Cursor, Draft, DraftId, Facts,
    Finding, Forged, Heard, Hold, Hook, HookTarget, Line, ListingPage, Order, OrderId, Origin,
    Product, ProductId, ProductPage, Sale, Storefront,
};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use upstream::{Priority, Upstream};

mod address;
mod batch;
mod caches;
mod cart;
mod catalog;
mod change;
mod check;
mod client;
mod coupons;
mod customer;
mod draft;
mod draft_id;
mod error;
mod hooks;
mod item;
mod key;
mod loose;
mod memory;
mod notes;
mod oauth;
mod order;
mod own;
mod place;
mod rates;
#[cfg(test)]
mod recordings;
mod refund;
mod rehearsal;
mod rounding;
mod routes;
mod sale;
mod settings;
mod stock;
mod variations;

use catalog::Reading;
use client::Client;
use memory::Memory;

/// The key that the store gave us, and what its orders call our payment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ck_…`, with read and write permission.
    pub consumer_key: SecretString,
    /// `cs_…`.
    pub consumer_secret: SecretString,
    /// What the store's orders call the payment.
    pub payment_title: String,
    /// How many calls for the catalog are under way at once. More than the store has processor
    /// cores make it slower.
    pub catalog_calls: usize,
    /// Where plugins keep what feeds want.
    pub meta_keys: MetaKeys,
    /// Whether an order belongs to the customer with its e-mail, where the store has one.
    pub link_customers: bool,
    /// What time it is; calls over plain HTTP are signed with it.
    pub now: Now,
}

/// Keys of `meta_data` under which plugins keep what the store itself has no place for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetaKeys {
    /// The maker, where neither a brand nor a trait of the product names it.
    pub brand: Option<String>,
    /// The global trade item number, where the store's own field is empty.
    pub gtin: Option<String>,
    /// The maker's part number.
    pub mpn: Option<String>,
    /// Fields that are handed on as they are.
    pub others: Vec<String>,
}

/// Tells the time.
#[derive(Clone)]
pub struct Now(pub Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now")
    }
}

/// One WooCommerce store.
pub struct WooCommerce {
    client: Client,
    payment_title: String,
    link_customers: bool,
    /// Where the store is, for buyers who pick up. Read once.
    address: OnceCell<commerce::Address>,
    /// The store's currency. Read once.
    currency: OnceCell<commerce::Currency>,
    now: Now,
    /// How many calls for the catalog are under way at once.
    catalog_calls: usize,
    meta_keys: MetaKeys,
    /// What is remembered from one call for the catalog to the next.
    reading: Reading,
    /// Drafts that were seen a moment ago.
    memory: Memory,
}

impl WooCommerce {
    /// The store behind `upstream`, whose base URL is the store's address without `/wp-json`.
    pub fn new(upstream: Upstream, settings: Settings) -> Self {
        Self {
            client: Client::new(upstream, &settings),
            now: settings.now,
            payment_title: settings.payment_title,
            link_customers: settings.link_customers,
            address: OnceCell::new(),
            currency: OnceCell::new(),
            catalog_calls: settings.catalog_calls.max(1),
            meta_keys: settings.meta_keys,
            reading: Reading::new(),
            memory: Memory::new(),
        }
    }
}

#[async_trait]
impl Connector for WooCommerce {
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
        self.changed_page(since, from).await
    }

    async fn listing(&self, from: Option<&Cursor>) -> Result<Option<ListingPage>, ConnectorError> {
        self.listing_page(from).await.map(Some)
    }

    async fn storefront(&self) -> Result<Storefront, ConnectorError> {
        self.read_storefront().await
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
        Priority::Update.around(self.waiting_orders()).await
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
        self.drop_hooks(target).await
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        secret: &str,
    ) -> Result<Heard, Forged> {
        hooks::hear(header, body, secret)
    }

    async fn rehearse(&self) -> Vec<Finding> {
        self.rehearse_purchase().await
    }

    async fn check(&self) -> Vec<Finding> {
        self.look_over().await
    }
}

/// One product goes into the cart by the oldest of the store's links; several need the one that
/// WooCommerce 10 has brought.
fn storefront_url(store: &str, lines: &[Line]) -> String {
    match lines {
        [] => format!("{store}/"),
        [line] => format!("{store}/?add-to-cart={}&quantity={}", line.item.as_str(), line.quantity),
        lines => {
            let products: Vec<String> = lines
                .iter()
                .map(|line| format!("{}:{}", line.item.as_str(), line.quantity))
                .collect();
            format!("{store}/checkout-link/?products={}", products.join(","))
        }
    }
}
