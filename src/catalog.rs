//! The catalog in memory: one snapshot with an age, replaced as a whole or product by product, read
//! without waiting.
//!
//! A purchase never trusts it: prices and stock are the store's answer at that moment.

use std::{sync::Arc, time::Duration};

use commerce::{Connector, ConnectorError, Product, ProductId};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{chain::Chain, clock::Clock};

pub(crate) mod feed;

/// First wait after a refresh that failed; doubles up to the refresh interval.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The catalog at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Every product, sold through agents or not.
    pub(crate) products: Vec<Arc<Product>>,
    /// When reading it began: changes since then may be missing.
    pub(crate) taken_at: Timestamp,
}

/// Where the newest snapshot is found.
#[derive(Debug)]
pub(crate) struct Catalog(watch::Sender<Option<Arc<Snapshot>>>);

impl Catalog {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// The newest snapshot; `None` before the first.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.0.borrow().clone()
    }

    /// Waits for the first snapshot.
    pub(crate) async fn first(&self) -> Option<Arc<Snapshot>> {
        self.0.subscribe().wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Puts changed products in the place of what was known of them, and takes those out that are
    /// gone. Before the first reading there is nothing to change.
    pub(crate) fn patch(&self, news: Vec<(ProductId, Option<Product>)>) {
        self.0.send_if_modified(|snapshot| {
            let Some(old) = snapshot.as_deref() else { return false };
            let mut products = old.products.clone();
            for (id, product) in news {
                let known = product.as_ref().map_or(&id, |product| &product.id);
                let at = products.iter().position(|old| old.id == *known);
                match (at, product) {
                    (Some(at), Some(product)) => products[at] = Arc::new(product),
                    (None, Some(product)) => products.push(Arc::new(product)),
                    (Some(at), None) => drop(products.remove(at)),
                    (None, None) => {}
                }
            }
            *snapshot = Some(Arc::new(Snapshot { products, taken_at: old.taken_at }));
            true
        });
    }

    /// Reads the whole catalog page by page and puts it in place of the one before.
    pub(crate) async fn refresh(
        &self,
        connector: &dyn Connector,
        clock: &dyn Clock,
    ) -> Result<usize, ConnectorError> {
        let taken_at = clock.now();
        let (mut products, mut from) = (Vec::new(), None);
        loop {
            let page = connector.products(from.as_ref()).await?;
            products.extend(page.products.into_iter().map(Arc::new));
            info!(products = products.len(), total = page.total, "catalog page read");
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let count = products.len();
        self.0.send_replace(Some(Arc::new(Snapshot { products, taken_at })));
        Ok(count)
    }
}

/// Keeps a store's catalog fresh until told to stop, even in the middle of reading it. A store
/// that fails keeps its last snapshot.
pub(crate) async fn keep_fresh(
    store: &str,
    catalog: &Catalog,
    connector: &dyn Connector,
    clock: &dyn Clock,
    interval: Duration,
    stop: CancellationToken,
) {
    let refreshing = async {
        let mut delay = RETRY_DELAY;
        loop {
            match catalog.refresh(connector, clock).await {
                Ok(products) => {
                    info!(store.id = store, products, "catalog refreshed");
                    delay = RETRY_DELAY;
                    tokio::time::sleep(interval).await;
                }
                Err(error) => {
                    warn!(store.id = store, error = %Chain(&error), "catalog not refreshed");
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(interval);
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = refreshing => {}
    }
}
