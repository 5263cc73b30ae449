//! Keeping a catalog fresh between its full readings: what the store's hooks tell of is read at
//! once, and what they miss is asked for from time to time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use commerce::{ConnectorError, ItemId, OrderId, Product, ProductId};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{app::App, catalog, chain::Chain, hooks, store::Store};

/// So many products and orders wait to be read one by one; more are found by asking what has changed.
const WAITING_MAX: usize = 500;
/// So many of them are read at once.
const AT_ONCE: usize = 2;
/// So many of them are put into the catalog together, so that the first need not wait for the last.
const TOGETHER: usize = 20;
/// The store counts whole seconds, and its clock may be behind.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// What hooks have told of and nobody has read yet.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    told: Notify,
    orders: Mutex<BTreeSet<OrderId>>,
    order_told: Notify,
    store_told: Notify,
}

#[derive(Default)]
struct Waiting {
    products: BTreeSet<ProductId>,
    is_full: bool,
}

impl Inbox {
    /// Takes a hint; equal ones are one.
    pub(crate) fn product(&self, id: ProductId) {
        self.put(id);
        self.told.notify_one();
    }

    /// Keeps a hint that could not be followed until the store is asked the next time.
    fn keep(&self, id: ProductId) {
        self.put(id);
    }

    fn put(&self, id: ProductId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.products.len() < WAITING_MAX {
            waiting.products.insert(id);
        } else {
            waiting.is_full = true;
        }
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

    /// Takes a hint that what holds for the whole store is another thing; equal ones are one.
    pub(crate) fn store(&self) {
        self.store_told.notify_one();
    }

    /// Waits until that is told.
    pub(crate) async fn store_told(&self) {
        self.store_told.notified().await;
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
        let mut since = first.taken_at();
        let target = hooks::target(&app.public_url, &app.sealer, &store);
        let mut looked = Instant::now();
        loop {
            let is_due = tokio::select! {
                () = store.inbox.told.notified() => false,
                () = tokio::time::sleep(store.changes_refresh) => true,
            };
            let Waiting { products, is_full } = store.inbox.take();
            let mut changed = follow_hints(&store, products).await;
            if is_due || is_full {
                match poll(&app, &store, since).await {
                    Ok((found, until)) => {
                        changed += found;
                        since = until;
                    }
                    Err(error) => said(&store, &error, "changed products not read"),
                }
                catalog::count_age(&store, app.seams.clock.now());
            }
            if is_due && looked.elapsed() >= store.catalog_refresh {
                looked = Instant::now();
                if let Err(error) = hooks::look_after(&store, &target).await {
                    said(&store, &error, "hooks not looked after");
                }
            }
            if changed > 0 {
                info!(store.id = store.id, products = changed, "catalog brought up to date");
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = following => {}
    }
}

type News = (ProductId, Option<Product>);

/// Reads what hooks have told of. Answers how many products are not as they were.
async fn follow_hints(store: &Store, hints: BTreeSet<ProductId>) -> usize {
    let mut changed = 0;
    let reading = stream::iter(hints).map(|id| async move {
        let read = read(store, &id).await;
        (id, read)
    });
    let mut read = std::pin::pin!(reading.buffer_unordered(AT_ONCE).ready_chunks(TOGETHER));
    while let Some(answers) = read.next().await {
        let mut news = Vec::with_capacity(answers.len());
        for (id, answer) in answers {
            match answer {
                Ok(one) => news.push(one),
                Err(error) => {
                    said(store, &error, "changed product not read");
                    store.inbox.keep(id);
                }
            }
        }
        changed += patch(store, news).await;
    }
    changed
}

/// A product as it is now. Where a variant is gone, the product that it belonged to.
async fn read(store: &Store, id: &ProductId) -> Result<News, ConnectorError> {
    if let Some(product) = store.connector.product(id).await? {
        return Ok((id.clone(), Some(product)));
    }
    let owner = store
        .catalog
        .snapshot()
        .and_then(|snapshot| snapshot.owner(&ItemId::new(id.as_str())).map(|product| product.id()));
    let id = owner.unwrap_or_else(|| id.clone());
    let product = store.connector.product(&id).await?;
    Ok((id, product))
}

/// Asks what has changed, and since when to ask the next time. A full reading that began before
/// may hold older products than we have read, so it is asked for all since then.
async fn poll(
    app: &App,
    store: &Store,
    since: Timestamp,
) -> Result<(usize, Timestamp), ConnectorError> {
    let now = app.seams.clock.now();
    let taken_at = store.catalog.snapshot().map_or(since, |snapshot| snapshot.taken_at());
    let since = since.min(taken_at).saturating_sub(OVERLAP).unwrap_or(since);
    let (mut changed, mut from) = (0, None);
    loop {
        let page = store.connector.changes(since, from.as_ref()).await?;
        let news = page.products.into_iter().map(|product| (product.id.clone(), Some(product)));
        changed += patch(store, news.collect()).await;
        from = page.next;
        if from.is_none() {
            store.catalog.checked(now);
            return Ok((changed, now));
        }
    }
}

async fn patch(store: &Store, news: Vec<News>) -> usize {
    let catalog = Arc::clone(&store.catalog);
    catalog::beside(move || catalog.patch(&news)).await
}

fn said(store: &Store, error: &ConnectorError, what: &str) {
    warn!(store.id = store.id, error = %Chain(error), "{what}");
}
