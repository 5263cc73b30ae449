//! What was last seen of a draft, for a moment: it saves calls and decides about no money.

use std::{sync::Arc, time::Duration};

use commerce::{Draft, Facts, Money};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::{cart::Cart, item::Names};

/// A draft that was seen so short a time ago is answered without a call.
pub(crate) const FRESH: Duration = Duration::from_secs(2);
/// For so long nobody else is taken to have come further with it.
pub(crate) const USABLE: Duration = Duration::from_mins(1);
/// How many drafts are remembered.
const DRAFTS_MAX: u64 = 10_000;

/// Drafts by their cart's token.
pub(crate) struct Memory(Cache<String, Arc<Seen>>);

/// What was seen, and when.
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) what: What,
}

/// A draft as it was seen.
pub(crate) enum What {
    /// It could still change.
    Open(Open),
    /// It was an order, or will never be one.
    Settled(Box<Draft>),
}

/// An open draft.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) cart: Arc<Cart>,
    pub(crate) kept: Kept,
    /// Whether cart and order were read together, and not only seen while they were changed.
    pub(crate) is_read: bool,
}

/// What only the order keeps, because a cart has no place for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) note: Option<String>,
    pub(crate) facts: Facts,
    /// What the agent was shown.
    pub(crate) agreed: Option<Money>,
    /// What the order comes to.
    pub(crate) total: Option<Money>,
    /// The names under which lines were ordered.
    pub(crate) names: Names,
    /// Where the order is one that we made: what stands in it.
    pub(crate) own: Option<Contents>,
}

/// The entries of an order by their ids, and what they come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) total: Option<Money>,
    pub(crate) lines: Vec<u64>,
    pub(crate) shipping: Vec<u64>,
    pub(crate) fees: Vec<u64>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(DRAFTS_MAX).time_to_live(USABLE).build())
    }

    pub(crate) fn see(&self, token: &SecretString, what: What) {
        let seen = Seen { at: Instant::now(), what };
        self.0.insert(token.expose_secret().to_owned(), Arc::new(seen));
    }

    pub(crate) fn forget(&self, token: &SecretString) {
        self.0.invalidate(token.expose_secret());
    }

    /// What was seen within this time.
    pub(crate) fn within(&self, token: &SecretString, age: Duration) -> Option<Arc<Seen>> {
        self.0.get(token.expose_secret()).filter(|seen| seen.at.elapsed() <= age)
    }

    /// An open draft that was seen within this time.
    pub(crate) fn open(&self, token: &SecretString, age: Duration) -> Option<Open> {
        match &self.within(token, age)?.what {
            What::Open(open) => Some(open.clone()),
            What::Settled(_) => None,
        }
    }
}
