//! Keeping the catalog in memory fresh: read whole, then looked over from time to time.
//!
//! A purchase never trusts it: prices and stock are the store's answer at that moment.

use std::{sync::Arc, time::Duration};

use ::catalog::{Catalog, Snapshot};
use commerce::{ConnectorError, Cursor, Listed, Product};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    chain::Chain,
    clock::Clock,
    progress::{Progress, Work},
    store::Store,
};

mod figures;
mod look;

pub(crate) use figures::{count, count_age};
pub(crate) use look::{Seen, look};

/// First wait after a reading that failed; doubles up to the refresh interval.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// A reading that failed so often at one place begins anew: the place itself may be what is wrong.
const RESUMES_MAX: u32 = 5;
/// Where more products differ by their ids, reading all is less work than reading each.
const DIFFERING_MAX: usize = 500;
/// Of the store's time, whole readings take one part in so many at most. In between only its ids
/// are compared.
const SHARE: u32 = 20;

/// A whole reading that has begun; a failure does not end it.
struct Reading {
    from: Option<Cursor>,
    failures: u32,
    started: Instant,
    progress: Progress,
}

/// When the catalog was last read whole, and how long that took.
struct Whole {
    ended: Instant,
    took: Duration,
}

impl Whole {
    /// Whether reading it whole again takes no more than its share of the store's time.
    fn may_be_repeated(&self) -> bool {
        self.ended.elapsed() >= self.took * SHARE
    }
}

/// Keeps a store's catalog fresh until told to stop, even in the middle of reading it. A store
/// that fails keeps its last snapshot, and is asked on where it failed.
pub(crate) async fn keep_fresh(store: &Store, clock: &dyn Clock, stop: CancellationToken) {
    let keeping = async {
        let (mut reading, mut whole) = (None, None);
        let mut delay = RETRY_DELAY;
        loop {
            look_around(store).await;
            match refresh(store, clock, &mut reading, &mut whole).await {
                Ok(()) => {
                    count(store);
                    delay = RETRY_DELAY;
                    until_due(store, whole.as_ref()).await;
                }
                Err(error) => {
                    warn!(store.id = store.id, error = %Chain(&error), "catalog not refreshed");
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(store.catalog_refresh);
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = keeping => {}
    }
}

/// Waits until it is time to look again: at the refresh interval, or sooner where the store has told
/// that what holds for all of it has changed. It may tell that in bursts, so it is not followed more
/// often than changes are asked for anyway; prices may be others with it, so all is read anew as soon
/// as that takes no more than its share.
async fn until_due(store: &Store, whole: Option<&Whole>) {
    let told = async {
        tokio::time::sleep(store.changes_refresh).await;
        store.inbox.store_told().await;
        info!(store.id = store.id, "the store's settings have changed");
        look_around(store).await;
        if let Some(whole) = whole {
            tokio::time::sleep_until(whole.ended + whole.took * SHARE).await;
        }
    };
    tokio::select! {
        () = tokio::time::sleep(store.catalog_refresh) => {}
        () = told => {}
    }
}

/// Reads all there is, once. A failure is borne as often as when a catalog is kept.
pub(crate) async fn read_whole(
    store: &Store,
    clock: &dyn Clock,
) -> Result<Arc<Snapshot>, ConnectorError> {
    let (mut reading, mut whole) = (None, None);
    let (mut failures, mut delay) = (0, RETRY_DELAY);
    loop {
        match refresh(store, clock, &mut reading, &mut whole).await {
            Ok(()) => break,
            Err(error @ ConnectorError::Unavailable { .. }) if failures < RESUMES_MAX => {
                warn!(store.id = store.id, error = %Chain(&error), "catalog not read yet");
            }
            Err(error) => return Err(error),
        }
        failures += 1;
        tokio::time::sleep(delay).await;
        delay *= 2;
    }
    store.catalog.snapshot().ok_or(ConnectorError::NotFound { what: "catalog" })
}

/// What holds for the whole store stands in its feeds too. Where it cannot be read they say less.
async fn look_around(store: &Store) {
    if let Err(error) = store.feeds.look(store.connector.as_ref()).await {
        warn!(store.id = store.id, error = %Chain(&error), "the store's settings not read");
    }
}

/// Goes on with a reading that has begun, reads all where that is due, and compares ids otherwise.
async fn refresh(
    store: &Store,
    clock: &dyn Clock,
    reading: &mut Option<Reading>,
    whole: &mut Option<Whole>,
) -> Result<(), ConnectorError> {
    let is_due = reading.is_some() || whole.as_ref().is_none_or(Whole::may_be_repeated);
    if !is_due && compare(store, clock).await? {
        return Ok(());
    }
    let begun = reading.get_or_insert_with(|| {
        store.catalog.begin(clock.now());
        Reading {
            from: None,
            failures: 0,
            started: Instant::now(),
            progress: Progress::new(Work::Reading, &store.id),
        }
    });
    if let Err(error) = read_on(store, begun).await {
        begun.failures += 1;
        if begun.failures > RESUMES_MAX {
            *reading = None;
        }
        return Err(error);
    }
    let gone = store.catalog.finish(true);
    let (products, took) = (begun.progress.end(), begun.started.elapsed());
    info!(store.id = store.id, products, gone, duration_ms = took.as_millis(), "catalog refreshed");
    *whole = Some(Whole { ended: Instant::now(), took });
    *reading = None;
    Ok(())
}

/// Reads page by page, from where it broke.
async fn read_on(store: &Store, reading: &mut Reading) -> Result<(), ConnectorError> {
    loop {
        let page = store.connector.products(reading.from.as_ref()).await?;
        reading.failures = 0;
        reading.progress.add(page.products.len() as u64, page.total);
        add(&store.catalog, page.products).await;
        match page.next {
            Some(next) => reading.from = Some(next),
            None => return Ok(()),
        }
    }
}

/// Compares ids: takes out what is gone, reads what is new. `false` where the platform has no list
/// of ids that is cheaper than reading all, or too much differs.
async fn compare(store: &Store, clock: &dyn Clock) -> Result<bool, ConnectorError> {
    let mut from = None;
    let mut is_begun = false;
    let mut differing = 0;
    loop {
        let Some(page) = store.connector.listing(from.as_ref()).await? else { return Ok(false) };
        if !is_begun {
            store.catalog.begin(clock.now());
            is_begun = true;
        }
        for id in see(&store.catalog, page.listed).await {
            if let Some(product) = store.connector.product(&id).await? {
                add(&store.catalog, vec![product]).await;
            }
            differing += 1;
            if differing > DIFFERING_MAX {
                return Ok(false);
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let gone = store.catalog.finish(false);
    info!(store.id = store.id, differing, gone, "ids compared");
    Ok(true)
}

/// Packing products takes a processor, and learning from them takes it for long.
async fn add(catalog: &Arc<Catalog>, products: Vec<Product>) {
    let catalog = Arc::clone(catalog);
    beside(move || catalog.add(&products)).await;
}

async fn see(catalog: &Arc<Catalog>, listed: Vec<Listed>) -> Vec<commerce::ProductId> {
    let catalog = Arc::clone(catalog);
    beside(move || catalog.see(&listed)).await
}

/// Does what would hold others up on a thread of its own.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::Whole;

    #[tokio::test(start_paused = true)]
    async fn whole_readings_take_a_twentieth_of_the_stores_time() {
        let check = |took: u64, passed: u64| async move {
            let whole = Whole { ended: Instant::now(), took: Duration::from_secs(took) };
            advance(Duration::from_secs(passed)).await;
            whole.may_be_repeated()
        };
        assert!(check(6, 900).await, "a small store is read whole every quarter of an hour");
        assert!(!check(220, 900).await, "a large one is not");
        assert!(check(220, 4_500).await);
    }
}
