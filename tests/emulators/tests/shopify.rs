//! The emulated Shopify against Shopify's schema and the recordings of real shops.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

#[path = "shopify/bench.rs"]
mod bench;
#[path = "shopify/documents.rs"]
mod documents;
