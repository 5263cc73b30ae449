//! Payments against a scripted Stripe, and against the emulator over loopback HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

mod bench;
mod conformance;
mod emulated;
mod heard;
mod memory;
mod rehearsed;
mod script;
mod scripted;
mod stage;
