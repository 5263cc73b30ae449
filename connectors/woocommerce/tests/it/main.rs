//! The connector against the emulated store, over real loopback HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod afterwards;
mod calls;
mod catalog;
mod check;
mod choices;
mod contract;
mod deferred;
mod draft;
mod lists;
mod money;
mod obstacles;
mod order;
mod shapes;
mod stage;
