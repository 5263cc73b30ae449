//! The connector against the emulated store, over real loopback HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod catalog;
mod check;
mod contract;
mod hooks;
mod stage;
mod storefront;
