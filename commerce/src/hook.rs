//! How a platform tells of changes by itself.

use std::fmt;

use crate::{OrderId, ProductId};

/// Where a platform shall tell of changes.
#[derive(Clone)]
pub struct HookTarget {
    /// The whole address.
    pub url: String,
    /// Signs every delivery.
    pub secret: String,
}

/// The secret never prints.
impl fmt::Debug for HookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookTarget").field("url", &self.url).finish_non_exhaustive()
    }
}

/// One kind of change, and whether the platform tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The platform's own name for the kind.
    pub topic: String,
    /// Whether it tells.
    pub state: HookState,
}

/// Whether a platform tells of a kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookState {
    /// It does.
    Active,
    /// It was switched off, by its owner or by itself after failures.
    Off,
    /// It was never asked to.
    Missing,
}

/// What a delivery is about. What it says of it may be old by now, so it is read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that matters here.
    Nothing,
    /// A product or a variant.
    Product(ProductId),
    /// An order.
    Order(OrderId),
    /// The store itself: what its owner has set for all of it. Its prices may be other ones with it.
    Store,
    /// The store has taken our access away: no call will be answered until somebody gives it back.
    Uninstalled,
    /// Somebody asks for a person's data, or wants them gone. The store has them all, and there is
    /// nothing to hand out or to erase outside of it.
    Privacy {
        /// The platform's own name for what is asked.
        request: String,
        /// Whom it is about, in the platform's ids; never a name or an address.
        about: String,
    },
}

/// A delivery that is not signed with our secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;
