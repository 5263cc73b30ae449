//! The emulated Shopify against Shopify's schema and the recordings of real shops.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

#[path = "shopify/access.rs"]
mod access;
#[path = "shopify/bench.rs"]
mod bench;
#[path = "shopify/bulk.rs"]
mod bulk;
#[path = "shopify/documents.rs"]
mod documents;
#[path = "shopify/drafts.rs"]
mod drafts;
#[path = "shopify/hooks.rs"]
mod hooks;
#[path = "shopify/orders.rs"]
mod orders;
#[path = "shopify/prices.rs"]
mod prices;
#[path = "shopify/rates.rs"]
mod rates;
#[path = "shopify/views.rs"]
mod views;
