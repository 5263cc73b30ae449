//! What a store sells, in memory: compact, shared, and read while it changes.
//!
//! A [`Snapshot`] is the catalog at one moment. It never changes, so whoever reads it waits for
//! nobody. A change makes the next snapshot, which shares with the one before all that stayed.
//!
//! Products stand in groups of neighbors, in the order of their ids. Each is kept as the bytes of
//! its fields, compressed by itself against a dictionary that was learned from its own store: what
//! products repeat (addresses, brands, phrases) is there once. So looking one up decompresses one
//! product, and changing one copies one group.
//!
//! This crate knows no platform, no network and no clock.

mod chunk;
mod codec;
mod group;
mod index;
mod key;
mod snapshot;
mod writer;

pub use group::{Entry, Group};
pub use snapshot::{Snapshot, Summary};
pub use writer::Catalog;

#[cfg(test)]
mod tests;
