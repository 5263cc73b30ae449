//! The protocol's types against the published schema, examples and bad input.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod decoding;
mod examples;
mod published;
mod rules;
mod schema;
