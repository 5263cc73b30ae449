//! The catalog: as a whole by an export that the store makes in its own time, page by page where it
//! makes none, and by what has changed.
//!
//! Only active products are read as a whole; one that is told of, or has changed, is read whatever it
//! is, so that what is sold no more goes.
//!
//! Files: `document` fills in what is asked for, `bulk` has exports made and `lines` reads them,
//! `paging` reads pages, `wire` decodes both, `names` has what they refer to, `product` makes products
//! of them.

use std::sync::{Mutex, PoisonError};

use commerce::{ConnectorError, Cursor, Listed, ListingPage, Product, ProductId, ProductPage};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use tokio::sync::Notify;
use tracing::warn;
use upstream::Upstream;

use crate::Shopify;

mod bulk;
mod document;
mod lines;
mod names;
mod paging;
mod place;
mod product;
#[cfg(test)]
mod recordings;
mod wire;

use bulk::{Export, Part};
use lines::Families;
use place::Place;
use wire::Shown;

pub use document::{CatalogSettings, MetaKeys};

/// What is sold at all.
const ACTIVE: &str = "status:active";
/// So many exports are tried in a row before a catalog is read page by page.
const EXPORTS_MAX: u8 = 2;
/// Changes beyond so many are exported: reading them page by page would take the points of others.
const CHANGES_BY_PAGE_MAX: u64 = 200;
/// The store's search learns of a change seconds after it was made; what was changed so long before is
/// asked for once more.
const LATE: SignedDuration = SignedDuration::from_mins(1);

/// What is remembered from one call for the catalog to the next.
pub(crate) struct Reading {
    /// Where results are fetched, and how.
    storage: Mutex<Option<Upstream>>,
    /// Told when an export has come to its end.
    pub(crate) exported: Notify,
    /// Names of what products refer to.
    names: Cache<String, String>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self { storage: Mutex::new(None), exported: Notify::new(), names: names::memory() }
    }
}

impl Shopify {
    /// The next products, each with its variants.
    pub(crate) async fn page(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        match Place::at(from) {
            Place::Start => {
                let document = self.catalog.export(ACTIVE);
                Ok(empty(&self.start_export(&document, 1).await?.unwrap_or(Place::Page(0))))
            }
            Place::Export(export) => match self.exported_products(export).await? {
                Exported::Products(page) => Ok(page),
                Exported::Nothing(why) => {
                    warn!(why, "the store's export is of no use");
                    let document = self.catalog.export(ACTIVE);
                    let again = if export.nth < EXPORTS_MAX {
                        self.start_export(&document, export.nth + 1).await?
                    } else {
                        None
                    };
                    Ok(empty(&again.unwrap_or(Place::Page(0))))
                }
            },
            Place::Page(last) => self.products_after(last).await,
            Place::Changes(_) => Ok(empty(&Place::Page(0))),
        }
    }

    /// The next of the products that have changed, whatever has become of them. A product counts as
    /// changed when one of its variants was, and not when only its stock was.
    pub(crate) async fn changed_page(
        &self,
        since: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        let filter = changed_since(since);
        match Place::at(from) {
            Place::Export(export) => match self.exported_products(export).await? {
                Exported::Products(page) => Ok(page),
                Exported::Nothing(why) => {
                    warn!(why, "the store's export of changes is of no use");
                    self.changes_after(&filter, String::new()).await
                }
            },
            Place::Changes(cursor) => self.changes_after(&filter, cursor).await,
            Place::Start | Place::Page(_) => {
                let first = self.changes_after(&filter, String::new()).await?;
                if first.next.is_none() || self.count(&filter).await? <= CHANGES_BY_PAGE_MAX {
                    return Ok(first);
                }
                let document = self.catalog.export(&filter);
                match self.start_export(&document, EXPORTS_MAX).await? {
                    Some(place) => Ok(ProductPage { next: Some(place.cursor()), ..first }),
                    None => Ok(first),
                }
            }
        }
    }

    /// The next ids, of an export of nothing else. Where the store makes none, reading pages of ids
    /// would cost hardly less than reading pages of products.
    pub(crate) async fn listing_page(
        &self,
        from: Option<&Cursor>,
    ) -> Result<Option<ListingPage>, ConnectorError> {
        let Place::Export(export) = Place::at(from) else {
            let started = self.start_export(document::LISTING, EXPORTS_MAX).await?;
            return Ok(started.map(|place| ListingPage {
                listed: Vec::new(),
                next: Some(place.cursor()),
                total: None,
            }));
        };
        let families = match self.exported(export).await? {
            Part::Lines(families) => families,
            Part::Nothing(why) => {
                warn!(why, "the store's export of ids is of no use");
                return Ok(None);
            }
        };
        if !families.strays.is_empty() {
            return Ok(None);
        }
        let listed = families.products.iter().filter_map(Shown::listed).collect::<Vec<Listed>>();
        Ok(Some(ListingPage {
            listed,
            next: families.next.map(|export| Place::Export(export).cursor()),
            total: Some(families.total),
        }))
    }

    /// One product as it is now; asked for by a variant or by what is stocked of it, the product that
    /// it belongs to.
    pub(crate) async fn one_product(
        &self,
        id: &ProductId,
    ) -> Result<Option<Product>, ConnectorError> {
        let shown = match stocked(id) {
            Some(item) => match self.product_of_item(item).await? {
                Some(number) => self.read_product(number).await?,
                None => None,
            },
            None => match crate::id::product_of(id) {
                Some(number) => self.read_product(number).await?,
                None => None,
            },
        };
        match shown {
            Some(shown) => {
                let shown = [shown];
                Ok(self.reader(&shown).await?.product(&shown[0]))
            }
            None => Ok(None),
        }
    }

    /// The next products of an export. Those whose parts stand elsewhere in it are read one by one.
    async fn exported_products(&self, export: Export) -> Result<Exported, ConnectorError> {
        let families = match self.exported(export).await? {
            Part::Lines(families) => families,
            Part::Nothing(why) => return Ok(Exported::Nothing(why)),
        };
        let Families { products, strays, total, next } = families;
        let mut shown = products;
        for number in strays {
            if let Some(whole) = self.read_product(number).await? {
                shown.retain(|part| part.number() != whole.number());
                shown.push(whole);
            }
        }
        let reader = self.reader(&shown).await?;
        let products = shown.iter().filter_map(|shown| reader.product(shown)).collect();
        let next = next.map(|export| Place::Export(export).cursor());
        Ok(Exported::Products(ProductPage { products, next, total: Some(total) }))
    }

    async fn start_export(&self, document: &str, nth: u8) -> Result<Option<Place>, ConnectorError> {
        let started = self.start_bulk(document).await?;
        Ok(started.map(|operation| Place::Export(Export { operation, offset: 0, found: 0, nth })))
    }

    /// Storage that a result is fetched from.
    fn storage(&self, origin: &url::Url) -> Upstream {
        let mut storage = self.reading.storage.lock().unwrap_or_else(PoisonError::into_inner);
        match storage.as_ref().filter(|known| known.base() == origin) {
            Some(known) => known.clone(),
            None => {
                storage.insert(self.client.upstream().elsewhere("storage", origin.clone())).clone()
            }
        }
    }
}

/// What an export has to give.
enum Exported {
    Products(ProductPage),
    /// Why it is of no use.
    Nothing(String),
}

/// The id under which a hint about stock is kept until it is looked up whose stock it is.
pub(crate) fn stock_hint(item: u64) -> ProductId {
    ProductId::new(format!("I{item}"))
}

fn stocked(id: &ProductId) -> Option<u64> {
    id.as_str().strip_prefix('I')?.parse().ok()
}

/// A time holds colons, at which a filter without quotes would end.
fn changed_since(since: Timestamp) -> String {
    let since = since.saturating_sub(LATE).unwrap_or(since);
    format!("updated_at:>='{}'", since.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn empty(next: &Place) -> ProductPage {
    ProductPage { products: Vec::new(), next: Some(next.cursor()), total: None }
}

#[cfg(test)]
pub(crate) const OPERATIONS: [&crate::operation::Operation; 9] = [
    &bulk::START,
    &bulk::READ,
    &bulk::CANCEL,
    &bulk::COUNT,
    &names::READ,
    &paging::PAGE,
    &paging::ONE,
    &paging::VARIANTS,
    &paging::OF_ITEM,
];
