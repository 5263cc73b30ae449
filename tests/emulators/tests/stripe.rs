//! The emulated Stripe, rule by rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

#[path = "stripe/bench.rs"]
mod bench;
#[path = "stripe/books.rs"]
mod books;
#[path = "stripe/calls.rs"]
mod calls;
#[path = "stripe/disputes.rs"]
mod disputes;
#[path = "stripe/events.rs"]
mod events;
#[path = "stripe/faults.rs"]
mod faults;
#[path = "stripe/hands.rs"]
mod hands;
#[path = "stripe/idempotency.rs"]
mod idempotency;
#[path = "stripe/intents.rs"]
mod intents;
#[path = "stripe/mishaps.rs"]
mod mishaps;
#[path = "stripe/refunds.rs"]
mod refunds;
#[path = "stripe/tokens.rs"]
mod tokens;
#[path = "stripe/webhooks.rs"]
mod webhooks;
