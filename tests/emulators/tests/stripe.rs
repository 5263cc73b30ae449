//! The emulated Stripe, rule by rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

#[path = "stripe/bench.rs"]
mod bench;
#[path = "stripe/calls.rs"]
mod calls;
#[path = "stripe/faults.rs"]
mod faults;
#[path = "stripe/idempotency.rs"]
mod idempotency;
#[path = "stripe/intents.rs"]
mod intents;
#[path = "stripe/tokens.rs"]
mod tokens;
