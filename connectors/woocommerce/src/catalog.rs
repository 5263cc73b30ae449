//! The catalog, a stretch at a time, ordered by id so that it does not drift while it is read.
//!
//! Files: `paging` reads lists, `variations` beside it what belongs to products, `wire` and
//! `lenient` decode both, `reviews` and `surroundings` have what is kept elsewhere, `product` and
//! `traits` make products of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize},
    },
};

use commerce::{
    ConnectorError, Cursor, Effect, ItemId, Listed, ListingPage, Product, ProductId, ProductPage,
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::WooCommerce;

mod lenient;
mod paging;
mod product;
mod reviews;
mod surroundings;
mod traits;
mod wire;
mod words;

use paging::{List, Place, WindowSize};
use product::Reader;
use surroundings::Surroundings;
use wire::{LISTING_FIELDS, PRODUCT_FIELDS};
pub(crate) use wire::{Shown, VARIATION_FIELDS, shown};

/// The store allows no more.
pub(crate) const PAGE: usize = 100;

/// What is remembered from one call for the catalog to the next.
pub(crate) struct Reading {
    surroundings: Mutex<Option<Arc<Surroundings>>>,
    window: WindowSize,
    /// Products that the stretch being read does without.
    left_out: AtomicUsize,
    /// The store has no listing of all variations, or one that cannot be trusted.
    pub(crate) lists_no_variations: AtomicBool,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self {
            surroundings: Mutex::new(None),
            window: WindowSize::new(),
            left_out: AtomicUsize::new(0),
            lists_no_variations: AtomicBool::new(false),
        }
    }
}

impl WooCommerce {
    /// The next products, each with its variations.
    pub(crate) async fn page(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        if from.is_none() {
            self.look_again();
            self.read_surroundings().await?;
        }
        let fields = self.product_fields();
        let list = List { name: "product.list", query: "", fields: &fields };
        self.products_of(list, from).await
    }

    /// The next of the products that have changed, by the store's own clock. A product counts as
    /// changed when one of its variations was.
    pub(crate) async fn changed_page(
        &self,
        since: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        let since = since.strftime("%Y-%m-%dT%H:%M:%S");
        let query = format!("&modified_after={since}&dates_are_gmt=true");
        let fields = self.product_fields();
        let list = List { name: "product.changes", query: &query, fields: &fields };
        self.products_of(list, from).await
    }

    /// The next ids of products and their variations, and nothing else.
    pub(crate) async fn listing_page(
        &self,
        from: Option<&Cursor>,
    ) -> Result<ListingPage, ConnectorError> {
        let list = List { name: "product.ids", query: "", fields: LISTING_FIELDS };
        let stretch = self.stretch(list, Place::at(from)).await?;
        let listed = |shown: &Shown| Listed {
            product: ProductId::new(shown.id.to_string()),
            variants: shown.variations.iter().map(|id| ItemId::new(id.0.to_string())).collect(),
        };
        let listed = stretch.entries.iter().map(listed).collect();
        Ok(ListingPage { listed, next: stretch.next, total: stretch.total })
    }

    /// One product as it is now; asked for by a variation, the product it belongs to.
    pub(crate) async fn one_product(
        &self,
        id: &ProductId,
    ) -> Result<Option<Product>, ConnectorError> {
        const NAME: &str = "product.read";

        let fields = self.product_fields();
        let mut id = id.as_str().to_owned();
        // A variation, then its product.
        for _ in 0..2 {
            let path = format!("/products/{id}?_fields={fields}");
            let answer = match self.client.get_answer(NAME, &path).await {
                Err(ConnectorError::NotFound { .. }) => return Ok(None),
                answer => answer?,
            };
            let value: Value = answer
                .json()
                .map_err(|error| crate::error::unreadable(NAME, Effect::None, error))?;
            let found: Shown =
                serde_json::from_value(value).map_err(|error| ConnectorError::Unreadable {
                    call: NAME,
                    effect: Effect::None,
                    source: error.into(),
                })?;
            if found.parent_id != 0 && found.kind == "variation" {
                id = found.parent_id.to_string();
                continue;
            }
            // What lies in the trash answers too.
            if found.status == "trash" {
                return Ok(None);
            }
            return Ok(self.with_variations(vec![found]).await?.pop());
        }
        Ok(None)
    }

    async fn products_of(
        &self,
        list: List<'_>,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        let stretch = self.stretch(list, Place::at(from)).await?;
        Ok(ProductPage {
            products: self.with_variations(stretch.entries).await?,
            next: stretch.next,
            total: stretch.total,
        })
    }

    async fn with_variations(&self, found: Vec<Shown>) -> Result<Vec<Product>, ConnectorError> {
        let mut around = self.surroundings().await?;
        if !around.knows(&found) {
            around = self.read_surroundings().await?;
        }
        let families = self.variations_of(&found).await?;
        let mut reviews = self.reviews_of(&found).await;
        let reader = Reader { around: &around, keys: &self.meta_keys, now: (self.now.0)() };
        let none = Vec::new();
        let product = |shown: &Shown| Product {
            reviews: reviews.remove(&shown.id).unwrap_or_default(),
            ..reader.product(shown, families.get(&shown.id).unwrap_or(&none))
        };
        Ok(found.iter().map(product).collect())
    }

    /// What plugins keep is asked for only where somebody wants it: there can be much of it.
    fn product_fields(&self) -> String {
        self.with_meta(PRODUCT_FIELDS)
    }

    pub(crate) fn with_meta(&self, fields: &str) -> String {
        let keys = &self.meta_keys;
        let wanted = keys.brand.is_some() || keys.gtin.is_some() || keys.mpn.is_some();
        let meta = if wanted || !keys.others.is_empty() { ",meta_data" } else { "" };
        format!("{fields}{meta}")
    }
}

/// Variations by the product they belong to.
pub(crate) type Families = BTreeMap<u64, Vec<Shown>>;
