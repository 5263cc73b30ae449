//! What was last seen of a draft, for a moment: it saves calls and decides about no money.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use moka::sync::Cache;
use tokio::time::Instant;

use crate::{
    rates::Way,
    shown::{Shown, Stage},
};

/// A draft that was seen so short a time ago is answered without a call.
pub(crate) const FRESH: Duration = Duration::from_secs(2);
/// For so long what was seen is worth a look whether it still holds.
const USABLE: Duration = Duration::from_mins(1);
/// How many drafts are remembered.
const DRAFTS_MAX: u64 = 10_000;

/// Drafts by their numbers.
pub(crate) struct Memory(Cache<u64, Arc<Seen>>);

/// A draft as it was seen, and what was offered for it then.
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) shown: Shown,
    /// `None` where nobody has asked, because it could not be changed then.
    pub(crate) ways: Option<Vec<Way>>,
}

impl Seen {
    pub(crate) fn new(shown: Shown, ways: Option<Vec<Way>>) -> Self {
        Self { at: Instant::now(), shown, ways }
    }

    /// Whether it says all that an agent is shown.
    pub(crate) fn is_whole(&self) -> bool {
        self.ways.is_some() || !matches!(self.shown.stage(), Ok(Stage::Open))
    }
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(DRAFTS_MAX).time_to_live(USABLE).build())
    }

    pub(crate) fn see(&self, seen: Seen) -> Arc<Seen> {
        let seen = Arc::new(seen);
        self.0.insert(seen.shown.id.0, Arc::clone(&seen));
        seen
    }

    pub(crate) fn forget(&self, draft: u64) {
        self.0.invalidate(&draft);
    }

    /// Forgets a draft that the store has changed since it was seen, or that is gone. The store counts
    /// whole seconds: what was changed within the second in which it was seen is believed for as long
    /// as anything else.
    pub(crate) fn forget_older(&self, draft: u64, changed_at: Option<Timestamp>) {
        let is_old = |seen: &Seen| changed_at.is_none_or(|at| at > seen.shown.updated_at);
        if self.get(draft).is_some_and(|seen| is_old(&seen)) {
            self.forget(draft);
        }
    }

    pub(crate) fn get(&self, draft: u64) -> Option<Arc<Seen>> {
        self.0.get(&draft)
    }
}
