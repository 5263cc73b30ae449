//! Points: what the store grants, and who gets them first.
//!
//! Shopify takes points for each call from a bucket that refills by the second, and refuses a call
//! that might not fit. What is left is learned from every answer, and here a call waits for its turn
//! in place of being refused there: whoever matters more goes first, whoever came first among equals,
//! and the less a call matters the more it leaves in the bucket for those that matter more.
//!
//! <https://shopify.dev/docs/api/usage/limits>

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use upstream::Priority;

/// Until the store has said what it grants: the smallest plan.
const SMALLEST: Throttle = Throttle { maximum: 2_000, available: 2_000, rate: 100 };

/// `extensions.cost` of an answer.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Cost {
    #[serde(rename = "requestedQueryCost")]
    requested: Option<u32>,
    #[serde(rename = "throttleStatus")]
    throttle: Option<Throttle>,
}

#[cfg(test)]
impl Cost {
    /// Whether the store has said all of it.
    pub(crate) fn is_complete(&self) -> bool {
        self.requested.is_some() && self.throttle.is_some_and(|it| it.maximum > 0 && it.rate > 0)
    }
}

/// The bucket as the store last showed it, in points and points a second.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Throttle {
    #[serde(rename = "maximumAvailable", deserialize_with = "whole")]
    maximum: u64,
    #[serde(rename = "currentlyAvailable", deserialize_with = "whole")]
    available: u64,
    #[serde(rename = "restoreRate", deserialize_with = "whole")]
    rate: u64,
}

/// The store writes `100` or `100.0`.
fn whole<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(from)?.to_string();
    let whole = number.split('.').next().unwrap_or_default();
    Ok(whole.parse().unwrap_or(0))
}

/// The bucket, and those who wait for it.
pub(crate) struct Budget {
    state: Mutex<State>,
    changed: Notify,
    wait_max: Duration,
}

struct State {
    throttle: Throttle,
    /// Thousandths of a point, so that time can be counted in milliseconds.
    left: u64,
    since: Instant,
    /// Thousandths that calls under way have taken.
    out: u64,
    queue: Vec<Waiting>,
    next: u64,
    /// What each operation costs, as the store has said.
    learned: HashMap<&'static str, u32>,
}

#[derive(Clone, Copy)]
struct Waiting {
    priority: Priority,
    number: u64,
    points: u64,
}

impl Waiting {
    /// Whether it goes before another.
    fn is_before(&self, other: &Self) -> bool {
        self.priority > other.priority
            || (self.priority == other.priority && self.number < other.number)
    }
}

/// Points that a call has taken. Dropped without a word of the store they stay taken.
pub(crate) struct Taken<'a> {
    budget: &'a Budget,
    points: u64,
}

impl Budget {
    pub(crate) fn new(wait_max: Duration) -> Self {
        let state = State {
            throttle: SMALLEST,
            left: SMALLEST.available * 1_000,
            since: Instant::now(),
            out: 0,
            queue: Vec::new(),
            next: 0,
            learned: HashMap::new(),
        };
        Self { state: Mutex::new(state), changed: Notify::new(), wait_max }
    }

    /// Until when a call that begins now may wait.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.wait_max
    }

    /// Points for one call, or how long there will be none.
    pub(crate) async fn take(
        &self,
        operation: &'static str,
        points: u32,
        deadline: Instant,
    ) -> Result<Taken<'_>, Duration> {
        let priority = Priority::current();
        let place = self.queue(operation, points, priority);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wait = match self.state().admit(&place.waiting) {
                Ok(()) => return Ok(Taken { budget: self, points: place.waiting.points }),
                Err(wait) => wait,
            };
            if Instant::now() + wait > deadline {
                return Err(wait.max(Duration::from_secs(1)));
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = &mut changed => {}
            }
        }
    }

    /// The store has refused a call that it had no points for.
    pub(crate) fn was_refused(&self, taken: Taken<'_>, cost: Option<Cost>) {
        let points = taken.points;
        taken.settle("", cost);
        let mut state = self.state();
        // Whatever it shows, it has less than that.
        state.refill();
        state.left = state.left.min(points.saturating_sub(1) * 1_000);
    }

    /// How long it takes until a small call fits again.
    pub(crate) fn pause(&self) -> Duration {
        let rate = self.state().throttle.rate.max(1);
        Duration::from_secs(100_u64.div_ceil(rate).max(1))
    }

    fn queue(&self, operation: &'static str, points: u32, priority: Priority) -> Place<'_> {
        let mut state = self.state();
        let points = state.learned.get(operation).copied().unwrap_or(points).into();
        let waiting = Waiting { priority, number: state.next, points };
        state.next += 1;
        state.queue.push(waiting);
        Place { budget: self, waiting }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refill(&mut self) {
        let now = Instant::now();
        let passed = now.duration_since(self.since).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let most = self.throttle.maximum * 1_000;
        self.left = self.left.saturating_add(passed.saturating_mul(self.throttle.rate)).min(most);
        // What is less than a millisecond counts the next time.
        self.since += Duration::from_millis(passed);
    }

    /// Takes the points, or says how long there will not be enough.
    fn admit(&mut self, who: &Waiting) -> Result<(), Duration> {
        self.refill();
        let ahead = self.queue.iter().filter(|other| other.is_before(who));
        let ahead: u64 = ahead.map(|other| other.points * 1_000).sum();
        let own = who.points * 1_000;
        let most = self.throttle.maximum * 1_000;
        let floor = self.floor(who.priority).min(most.saturating_sub(own));
        let needed = ahead + floor + own;
        if ahead == 0 && self.left >= needed {
            self.left -= own;
            self.out += own;
            return Ok(());
        }
        let missing = needed.saturating_sub(self.left).max(1);
        Err(Duration::from_millis(missing.div_ceil(self.throttle.rate.max(1))))
    }

    /// What a call leaves for those that matter more: half of everything for the catalog, and for
    /// who begins or changes a purchase what it takes to end one.
    fn floor(&self, priority: Priority) -> u64 {
        let most = self.throttle.maximum * 1_000;
        match priority {
            Priority::Catalog => most / 2,
            Priority::Create => most / 8,
            Priority::Update => most / 16,
            Priority::Complete => 0,
        }
    }
}

impl Taken<'_> {
    /// What the store says of the call and of its bucket.
    pub(crate) fn settle(self, operation: &'static str, cost: Option<Cost>) {
        let mut state = self.budget.state();
        let Some(cost) = cost else { return };
        if let Some(requested) = cost.requested.filter(|_| !operation.is_empty()) {
            // A larger cart costs more; who has points for that has points for a smaller one.
            let known = state.learned.entry(operation).or_default();
            *known = requested.max(*known);
        }
        if let Some(throttle) = cost.throttle {
            let others = state.out.saturating_sub(self.points * 1_000);
            state.throttle = throttle;
            // Those under way may not have been counted there yet.
            state.left = (throttle.available * 1_000).saturating_sub(others);
            state.since = Instant::now();
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.out = state.out.saturating_sub(self.points * 1_000);
        drop(state);
        self.budget.changed.notify_waiters();
    }
}

/// A place in the queue, given up when dropped.
struct Place<'a> {
    budget: &'a Budget,
    waiting: Waiting,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let number = self.waiting.number;
        self.budget.state().queue.retain(|waiting| waiting.number != number);
        self.budget.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
