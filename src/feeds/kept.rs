//! The feeds that were asked for, as long as there is room and somebody asks for them.
//!
//! Caches that guess what will be asked for again turn a new large entry away, and one large feed
//! among small ones is what a shop has. Here goes what was not asked for longest.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{State, Wanted};

/// A feed that nobody has asked for so long is made anew the next time.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How often is looked for such feeds at least, while others are made.
const SWEPT_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// What a feed takes at least, in bytes.
const BYTES_MIN: u64 = 1024;

/// Feeds by what was asked for.
pub(super) struct Shelf {
    slots: RwLock<Slots>,
    bytes_max: u64,
}

/// A feed that was asked for.
#[derive(Default)]
pub(super) struct Kept {
    /// Whoever comes while it is made waits here.
    pub(super) state: Arc<Mutex<Option<State>>>,
    /// In milliseconds since 1970.
    asked_at: AtomicI64,
}

#[derive(Default)]
struct Slots {
    by_wanted: HashMap<Wanted, Slot>,
    /// Of all together.
    bytes: u64,
    swept_at: Timestamp,
}

struct Slot {
    kept: Arc<Kept>,
    bytes: u64,
}

impl Shelf {
    /// Room for so many bytes. The feed that was asked for last always has room: to make it again for
    /// everybody who asks would take more.
    pub(super) fn new(bytes_max: u64) -> Self {
        Self { slots: RwLock::default(), bytes_max }
    }

    /// What was asked for before, and is now again.
    pub(super) fn find(&self, wanted: &Wanted, now: Timestamp) -> Option<Arc<Kept>> {
        let kept = Arc::clone(&self.read().by_wanted.get(wanted)?.kept);
        kept.asked_at.store(now.as_millisecond(), Ordering::Relaxed);
        Some(kept)
    }

    /// The same, or a place for it.
    pub(super) fn find_or_add(&self, wanted: &Wanted, now: Timestamp) -> Arc<Kept> {
        self.find(wanted, now).unwrap_or_else(|| self.put(wanted, &Arc::default(), None, now))
    }

    /// Says how many bytes it has now, and makes room for them.
    pub(super) fn weigh(&self, wanted: &Wanted, kept: &Arc<Kept>, bytes: u64, now: Timestamp) {
        self.put(wanted, kept, Some(bytes), now);
    }

    /// Puts it there, if it is not; where its bytes are known now, they count.
    fn put(
        &self,
        wanted: &Wanted,
        new: &Arc<Kept>,
        bytes: Option<u64>,
        now: Timestamp,
    ) -> Arc<Kept> {
        let slots = &mut *self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.by_wanted.entry(wanted.clone());
        let slot = slot.or_insert_with(|| Slot { kept: Arc::clone(new), bytes: 0 });
        let bytes = bytes.unwrap_or(slot.bytes).max(BYTES_MIN);
        slots.bytes = slots.bytes - slot.bytes + bytes;
        slot.bytes = bytes;
        let kept = Arc::clone(&slot.kept);
        kept.asked_at.store(now.as_millisecond(), Ordering::Relaxed);
        if slots.bytes > self.bytes_max || now.duration_since(slots.swept_at) >= SWEPT_EVERY {
            slots.sweep(self.bytes_max, now);
        }
        kept
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Takes out what nobody asks for any more, and where that does not make room enough, what was
    /// not asked for longest: a bit more than must be, so that not every new feed has to sweep.
    fn sweep(&mut self, bytes_max: u64, now: Timestamp) {
        let asked_at = |slot: &Slot| slot.kept.asked_at.load(Ordering::Relaxed);
        let oldest = (now - KEPT_FOR).as_millisecond();
        self.by_wanted.retain(|_, slot| asked_at(slot) >= oldest);
        self.bytes = self.by_wanted.values().map(|slot| slot.bytes).sum();
        self.swept_at = now;
        if self.bytes <= bytes_max {
            return;
        }
        let mut sizes: Vec<(i64, u64)> =
            self.by_wanted.values().map(|slot| (asked_at(slot), slot.bytes)).collect();
        sizes.sort_unstable();
        let last = sizes.pop().map(|(asked_at, _)| asked_at);
        let (mut left, mut after) = (self.bytes, i64::MIN);
        for (asked_at, bytes) in sizes {
            if left <= bytes_max / 8 * 7 {
                break;
            }
            (left, after) = (left - bytes, asked_at);
        }
        self.by_wanted.retain(|_, slot| asked_at(slot) > after || Some(asked_at(slot)) == last);
        self.bytes = self.by_wanted.values().map(|slot| slot.bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use feed::Filter;
    use jiff::{Timestamp, ToSpan};

    use super::{Shelf, Wanted};
    use crate::feeds::parse;

    fn wanted(brand: &str) -> Wanted {
        let filter = Filter { brand: Some(brand.to_owned()), ..Filter::default() };
        parse("openai.jsonl", filter).unwrap()
    }

    fn put(shelf: &Shelf, brand: &str, bytes: u64, now: Timestamp) {
        let kept = shelf.find_or_add(&wanted(brand), now);
        shelf.weigh(&wanted(brand), &kept, bytes, now);
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_where_there_is_no_room() {
        let shelf = Shelf::new(1_000_000);
        let now = |nth: i64| Timestamp::UNIX_EPOCH + nth.seconds();
        let brands: Vec<String> = (0..20).map(|nth| format!("Brand {nth}")).collect();
        for (nth, brand) in (0..).zip(&brands) {
            put(&shelf, brand, 100_000, now(nth));
            // The first is asked for all the time.
            shelf.find(&wanted("Brand 0"), now(nth)).unwrap();
        }
        let there = |brand: &String| shelf.read().by_wanted.contains_key(&wanted(brand));
        let stay: Vec<bool> = brands.iter().map(there).collect();
        assert!(stay[0] && !stay[1] && !stay[10] && stay[15..].iter().all(|stays| *stays));
        put(&shelf, "All", 800_000, now(30));
        assert!(shelf.find(&wanted("All"), now(30)).is_some(), "there is room for it");
        assert!(shelf.read().bytes <= 1_000_000);
        put(&shelf, "All", 90_000, now(31));
        put(&shelf, "Last", 800_000, now(32));
        assert_eq!((shelf.read().by_wanted.len(), shelf.read().bytes), (2, 890_000));
        put(&shelf, "Huge", 5_000_000, now(33));
        assert!(shelf.find(&wanted("Huge"), now(33)).is_some());
        assert_eq!((shelf.read().by_wanted.len(), shelf.read().bytes), (1, 5_000_000));
    }

    #[test]
    fn what_is_never_made_has_a_bound_too() {
        let (shelf, now) = (Shelf::new(100_000), Timestamp::UNIX_EPOCH);
        for nth in 0..1_000 {
            shelf.find_or_add(&wanted(&format!("Brand {nth}")), now + nth.seconds());
        }
        assert!(shelf.read().by_wanted.len() <= 100, "{}", shelf.read().by_wanted.len());
    }

    #[test]
    fn what_nobody_asks_for_goes_and_who_asks_again_gets_the_same() {
        let (shelf, then) = (Shelf::new(1_000_000), Timestamp::UNIX_EPOCH);
        put(&shelf, "Asked", 1_000, then);
        put(&shelf, "Forgotten", 1_000, then);
        let first = shelf.find_or_add(&wanted("Asked"), then + 50.minutes());
        put(&shelf, "New", 1_000, then + 70.minutes());
        let again = shelf.find(&wanted("Asked"), then + 70.minutes()).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert!(shelf.find(&wanted("Forgotten"), then + 70.minutes()).is_none());
    }
}
