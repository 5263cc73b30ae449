//! The connector against the emulated store, over real loopback HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod afterwards;
mod calls;
mod catalog;
mod check;
mod contract;
mod every_call;
mod export;
mod hooks;
mod kinds;
mod order;
mod patience;
mod remembered;
mod stage;
mod storefront;
