//! Keeping a catalog fresh between its full readings: what the store's hooks tell of is read at
//! once, and what they miss is asked for from time to time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use commerce::{ConnectorError, OrderId, Product, ProductId};
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{app::App, chain::Chain, hooks, store::Store};

/// So many products and orders wait to be read one by one; more are found by asking what has changed.
const WAITING_MAX: usize = 500;
/// The store counts whole seconds, and its clock may be behind.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// What hooks have told of and nobody has read yet.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    told: Notify,
    orders: Mutex<BTreeSet<OrderId>>,
    order_told: Notify,
}

#[derive(Default)]
struct Waiting {
    products: BTreeSet<ProductId>,
    is_full: bool,
}

impl Inbox {
    /// Takes a hint; equal ones are one.
    pub(crate) fn product(&self, id: ProductId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.products.len() < WAITING_MAX {
            waiting.products.insert(id);
        } else {
            waiting.is_full = true;
        }
        drop(waiting);
        self.told.notify_one();
    }

    /// Takes a hint about an order; what is too much is found by asking what has changed.
    pub(crate) fn order(&self, id: OrderId) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.len() < WAITING_MAX {
            orders.insert(id);
        }
        drop(orders);
        self.order_told.notify_one();
    }

    /// Waits until an order is told of.
    pub(crate) async fn orders_told(&self) {
        self.order_told.notified().await;
    }

    /// The orders that were told of and nobody has read yet.
    pub(crate) fn take_orders(&self) -> BTreeSet<OrderId> {
        std::mem::take(&mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Follows one store until told to stop.
pub(crate) async fn follow(app: Arc<App>, store: Arc<Store>, stop: CancellationToken) {
    let following = async {
        let Some(first) = store.catalog.first().await else { return };
        let mut since = first.taken_at;
        let target = hooks::target(&app.public_url, &app.sealer, &store);
        let mut looked = Instant::now();
        loop {
            let is_due = tokio::select! {
                () = store.inbox.told.notified() => false,
                () = tokio::time::sleep(store.changes_refresh) => true,
            };
            let Waiting { products, is_full } = store.inbox.take();
            let mut news = Vec::new();
            for id in products {
                match store.connector.product(&id).await {
                    Ok(product) => news.push((id, product)),
                    Err(error) => said(&store, &error, "changed product not read"),
                }
            }
            if is_due || is_full {
                match poll(&app, &store, since).await {
                    Ok((found, until)) => {
                        news.extend(found);
                        since = until;
                    }
                    Err(error) => said(&store, &error, "changed products not read"),
                }
            }
            if is_due && looked.elapsed() >= store.catalog_refresh {
                looked = Instant::now();
                if let Err(error) = hooks::look_after(&store, &target).await {
                    said(&store, &error, "hooks not looked after");
                }
            }
            if !news.is_empty() {
                info!(store.id = store.id, products = news.len(), "catalog brought up to date");
                store.catalog.patch(news);
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = following => {}
    }
}

type News = Vec<(ProductId, Option<Product>)>;

/// What has changed since, and since when to ask the next time. A full reading that began before
/// may hold older products than we have read, so it is asked for all since then.
async fn poll(
    app: &App,
    store: &Store,
    since: Timestamp,
) -> Result<(News, Timestamp), ConnectorError> {
    let now = app.seams.clock.now();
    let taken_at = store.catalog.snapshot().map_or(since, |snapshot| snapshot.taken_at);
    let from = since.min(taken_at).saturating_sub(OVERLAP).unwrap_or(since);
    let found = store.connector.products_since(from).await?;
    Ok((found.into_iter().map(|product| (product.id.clone(), Some(product))).collect(), now))
}

fn said(store: &Store, error: &ConnectorError, what: &str) {
    warn!(store.id = store.id, error = %Chain(error), "{what}");
}
