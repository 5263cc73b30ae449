//! Feeds as their readers see them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod catalog;
mod golden;
mod published;
