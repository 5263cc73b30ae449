//! A store's feeds, ready to be sent: made when they are asked for, kept, and brought up to date
//! with what has changed since.
//!
//! Nothing here waits for the store: a feed is as new as the catalog in memory.

use std::sync::{Arc, Mutex, PoisonError};

use ::catalog::{Catalog, Snapshot};
use commerce::{Connector, ConnectorError, Storefront};
use feed::{
    Feed, Filter, Format, NotTaken, Packing, Plan, Profile, Segment, ShardMax, Writer, shard_of,
};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tracing::info;

use crate::{catalog::beside, clock::Clock, config};

pub mod inspect;
mod kept;
mod look;
mod name;
pub mod push;
mod ready;

use kept::Shelf;
pub(crate) use look::look;
pub(crate) use name::parse;
pub(crate) use ready::Ready;

/// What a kept product takes beside its bytes: its id and its place.
const PRODUCT_BYTES: u64 = 96;

/// Which feed, or which part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) profile: Profile,
    pub(crate) format: Format,
    pub(crate) packing: Packing,
    pub(crate) filter: Filter,
    pub(crate) shard: Option<Shard>,
}

/// One of so many parts, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shard {
    pub(crate) nth: u32,
    pub(crate) of: u32,
}

/// Why there is no such feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoFeed {
    /// The store's catalog has not been read yet.
    NotReady,
    /// The profile's readers do not take the format.
    NotTaken(NotTaken),
    /// It has another number of parts.
    Shards(u32),
}

/// The feeds of one store.
pub(crate) struct Feeds {
    config: config::Feed,
    plan: Mutex<Arc<Plan>>,
    shelf: Shelf,
    /// Making a feed takes a processor, so one is made after the other.
    making: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

/// A feed as new as the catalog.
pub(crate) struct Fresh {
    pub(crate) ready: Arc<Ready>,
    /// When the store was like that.
    pub(crate) as_of: Timestamp,
}

struct State {
    plan: Arc<Plan>,
    snapshot: Arc<Snapshot>,
    writer: Writer,
    feed: Feed,
    ready: Arc<Ready>,
}

impl Feeds {
    pub(crate) fn new(config: config::Feed, clock: Arc<dyn Clock>) -> Self {
        let plan = plan(&config, Storefront::default());
        let shelf = Shelf::new(config.kept_bytes_max);
        let making = Arc::new(Semaphore::new(1));
        Self { config, plan: Mutex::new(Arc::new(plan)), shelf, making, clock }
    }

    /// By what its feeds are made at the moment.
    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the configuration says of them.
    pub(crate) const fn config(&self) -> &config::Feed {
        &self.config
    }

    /// Asks the platform what holds for the whole store. A failure leaves what was known.
    pub(crate) async fn look(&self, connector: &dyn Connector) -> Result<(), ConnectorError> {
        let next = plan(&self.config, connector.storefront().await?);
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if plan.storefront() != next.storefront() {
            *plan = Arc::new(next);
        }
        Ok(())
    }

    /// A feed as new as the catalog.
    pub(crate) async fn get(&self, catalog: &Catalog, wanted: &Wanted) -> Result<Fresh, NoFeed> {
        let snapshot = catalog.snapshot().ok_or(NoFeed::NotReady)?;
        let as_of = snapshot.as_of();
        let ready = match wanted.shard {
            Some(shard) => self.part(snapshot, wanted, shard).await?,
            None => self.fresh(snapshot, wanted).await?,
        };
        Ok(Fresh { ready, as_of })
    }

    /// The same, if it is ready.
    pub(crate) fn at_once(
        &self,
        catalog: &Catalog,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Option<Fresh> {
        if wanted.shard.is_some() {
            return None;
        }
        let kept = self.shelf.find(wanted, now)?;
        let state = kept.state.try_lock().ok()?;
        let (state, snapshot) = (state.as_ref()?, catalog.snapshot()?);
        let is_fresh = state.is_of(&snapshot, &self.plan());
        is_fresh.then(|| Fresh { ready: Arc::clone(&state.ready), as_of: snapshot.as_of() })
    }

    async fn part(
        &self,
        snapshot: Arc<Snapshot>,
        wanted: &Wanted,
        shard: Shard,
    ) -> Result<Arc<Ready>, NoFeed> {
        let whole = Wanted { shard: None, ..wanted.clone() };
        let whole = self.fresh(Arc::clone(&snapshot), &whole).await?;
        if whole.shards != shard.of || shard.nth == 0 || shard.nth > shard.of {
            return Err(NoFeed::Shards(whole.shards));
        }
        if shard.of == 1 { Ok(whole) } else { self.fresh(snapshot, wanted).await }
    }

    async fn fresh(&self, snapshot: Arc<Snapshot>, wanted: &Wanted) -> Result<Arc<Ready>, NoFeed> {
        let plan = self.plan();
        let kept = self.shelf.find_or_add(wanted, self.clock.now());
        // Whoever comes meanwhile waits for the same work, and whoever leaves does not end it.
        let mut state = Arc::clone(&kept.state).lock_owned().await;
        if let Some(state) = &*state
            && state.is_of(&snapshot, &plan)
        {
            return Ok(Arc::clone(&state.ready));
        }
        let writer = Writer::new(Arc::clone(&plan), wanted.profile, wanted.format);
        let writer = writer.map_err(NoFeed::NotTaken)?.only(wanted.filter.clone());
        let place = Arc::clone(&self.making).acquire_owned().await;
        let (now, max, key) = (self.clock.now(), self.config.shard_max, wanted.clone());
        let ready = beside(move || {
            let _place = place;
            let made = match state.take() {
                Some(old) if Arc::ptr_eq(&old.plan, &plan) => old.updated(snapshot, &key, now, max),
                _ => State::new(plan, snapshot, writer, &key, now, max),
            };
            let ready = Arc::clone(&made.ready);
            *state = Some(made);
            ready
        })
        .await;
        self.shelf.weigh(wanted, &kept, ready.length + ready.rows * PRODUCT_BYTES, now);
        Ok(ready)
    }
}

impl State {
    fn new(
        plan: Arc<Plan>,
        snapshot: Arc<Snapshot>,
        writer: Writer,
        wanted: &Wanted,
        now: Timestamp,
        max: ShardMax,
    ) -> Self {
        let started = std::time::Instant::now();
        let mine = snapshot.iter().filter(|entry| entry.exclusion().is_none());
        let mine = mine.filter(|entry| wanted.holds(&entry.id()));
        let mut left_out = 0;
        let segments = mine.map(|entry| {
            let segment = writer.segment(&entry.read());
            left_out += segment.left_out.len();
            segment
        });
        let feed = Feed::build(&writer, wanted.packing, segments);
        let ready = Arc::new(Ready::new(&feed, wanted, now, max));
        info!(
            feed = %wanted,
            rows = ready.rows,
            left_out,
            bytes = ready.length,
            duration_ms = started.elapsed().as_millis(),
            "feed made"
        );
        Self { plan, snapshot, writer, feed, ready }
    }

    /// Whether nothing has changed since it was made.
    fn is_of(&self, snapshot: &Snapshot, plan: &Arc<Plan>) -> bool {
        self.snapshot.revision() == snapshot.revision() && Arc::ptr_eq(&self.plan, plan)
    }

    /// The same with what has changed since.
    fn updated(
        mut self,
        snapshot: Arc<Snapshot>,
        wanted: &Wanted,
        now: Timestamp,
        max: ShardMax,
    ) -> Self {
        let changed = snapshot.since(&self.snapshot).into_iter();
        let changed = changed.filter(|(id, _)| wanted.holds(id)).map(|(id, entry)| {
            let shown = entry.filter(|entry| entry.exclusion().is_none());
            let segment: Option<Segment> = shown.map(|entry| self.writer.segment(&entry.read()));
            (id, segment)
        });
        let changed: Vec<_> = changed.collect();
        if self.feed.update(changed) > 0 {
            let next = Ready::new(&self.feed, wanted, now, max);
            if next.etag() != self.ready.etag() {
                self.ready = Arc::new(next);
            }
        }
        self.snapshot = snapshot;
        self
    }
}

impl Wanted {
    /// Whether a product stands in this part.
    fn holds(&self, product: &commerce::ProductId) -> bool {
        self.shard.is_none_or(|shard| shard_of(product, shard.of) + 1 == shard.nth)
    }
}

fn plan(config: &config::Feed, storefront: Storefront) -> Plan {
    Plan::new(&config.settings, storefront).expect("settings that were checked at the start")
}
