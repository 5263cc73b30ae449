//! What may happen to a call inside Stripe, as opposed to on the way there.

use std::time::Duration;

use super::errors::Refusal;

/// What happens inside Stripe to one call.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// A 500 in place of the call, which its key keeps.
    Broken,
    /// A 500 although the call was carried out, which its key keeps.
    BrokenAfter,
    /// A 500 in place of the call; its key stays free.
    Unavailable,
    /// A 429 in place of the call, and what it says in `Stripe-Should-Retry`, if anything.
    RateLimited {
        /// The header's value; `None` leaves the header out.
        should_retry: Option<bool>,
    },
    /// A 429 `lock_timeout` in place of the call: something else works on the same object.
    Locked,
    /// The call is carried out this late, whether or not its caller waits. Until then its key is
    /// in use and its payment is locked.
    Slow(Duration),
}

impl Mishap {
    /// The refusal of a call that does not get as far as its key.
    pub(super) fn at_the_door(self) -> Result<(), Refusal> {
        match self {
            Self::Unavailable => Err(Refusal::unavailable()),
            Self::RateLimited { should_retry } => Err(Refusal::rate_limited(should_retry)),
            Self::Locked => Err(Refusal::locked()),
            Self::Broken | Self::BrokenAfter | Self::Slow(_) => Ok(()),
        }
    }
}
