//! The feeds that were asked for, as long as there is room and somebody asks for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use tokio::sync::Mutex;

use super::{State, Wanted};

/// A feed that nobody has asked for so long is made anew the next time.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// About as many have room, of a shop of middling size.
const USUAL: usize = 1024;

/// Feeds by what was asked for.
pub(super) struct Shelf(Cache<Wanted, Slot, Weights>);

/// A feed that was asked for.
#[derive(Default)]
pub(super) struct Kept {
    /// Whoever comes while it is made waits here.
    pub(super) state: Arc<Mutex<Option<State>>>,
    /// In seconds since 1970.
    asked_at: AtomicI64,
}

#[derive(Clone)]
struct Slot {
    kept: Arc<Kept>,
    bytes: u64,
}

#[derive(Clone)]
struct Weights;

impl Weighter<Wanted, Slot> for Weights {
    fn weight(&self, _: &Wanted, slot: &Slot) -> u64 {
        slot.bytes.max(1024)
    }
}

impl Shelf {
    /// Room for so many bytes. It is one piece, so that one feed may take most of it.
    pub(super) fn new(bytes_max: u64) -> Self {
        let mut options = OptionsBuilder::new();
        options.shards(1).estimated_items_capacity(USUAL).weight_capacity(bytes_max);
        let options = options.build().expect("all that it needs is set");
        let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self(Cache::with_options(options, Weights, hasher, lifecycle))
    }

    /// What was asked for before, and now again.
    pub(super) fn find(&self, wanted: &Wanted, now: Timestamp) -> Option<Arc<Kept>> {
        let kept = self.0.get(wanted)?.kept;
        kept.asked_at.store(now.as_second(), Ordering::Relaxed);
        Some(kept)
    }

    /// The same, or a place for it.
    pub(super) fn find_or_add(&self, wanted: &Wanted, now: Timestamp) -> Arc<Kept> {
        let new = || Ok::<_, std::convert::Infallible>(Slot { kept: Arc::default(), bytes: 0 });
        let Ok(Slot { kept, .. }) = self.0.get_or_insert_with(wanted, new);
        kept.asked_at.store(now.as_second(), Ordering::Relaxed);
        kept
    }

    /// Says how many bytes it has now. Those that nobody asks for any more go.
    pub(super) fn weigh(&self, wanted: &Wanted, kept: Arc<Kept>, bytes: u64, now: Timestamp) {
        self.0.insert(wanted.clone(), Slot { kept, bytes });
        let oldest = (now - KEPT_FOR).as_second();
        self.0.retain(|_, slot| slot.kept.asked_at.load(Ordering::Relaxed) >= oldest);
    }
}
