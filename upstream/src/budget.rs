//! How many repeats a host is worth: a share of its calls, so that a host in trouble is not asked
//! several times as often just then.

use std::sync::atomic::{AtomicU32, Ordering};

/// A repeat costs as much as so many calls bring in.
const CALLS_PER_RETRY: u32 = 10;
/// As many repeats as this are there to begin with, and never more are saved up.
const RETRIES_SAVED_MAX: u32 = 20;

/// The repeats that are left for one host.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(CALLS_PER_RETRY * RETRIES_SAVED_MAX))
    }

    /// Every call brings a part of a repeat in.
    pub(crate) fn earn(&self) {
        let most = CALLS_PER_RETRY * RETRIES_SAVED_MAX;
        let more = |saved: u32| (saved < most).then_some(saved + 1);
        let _full = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether one more repeat is left; takes it.
    pub(crate) fn spend(&self) -> bool {
        let less = |saved: u32| saved.checked_sub(CALLS_PER_RETRY);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{CALLS_PER_RETRY, RETRIES_SAVED_MAX, RetryBudget};

    #[test]
    fn repeats_are_a_share_of_the_calls() {
        let budget = RetryBudget::new();
        for _ in 0..RETRIES_SAVED_MAX {
            assert!(budget.spend());
        }
        assert!(!budget.spend(), "nothing is left");
        for _ in 0..CALLS_PER_RETRY {
            budget.earn();
        }
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
