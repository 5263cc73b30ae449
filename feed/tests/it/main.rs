//! Feeds as their readers see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod catalog;
mod changes;
mod configured;
mod coverage;
mod eligible;
mod golden;
mod guards;
#[cfg(feature = "parquet")]
mod parquet;
mod published;
mod round_trip;
mod validated;
