//! Stand-ins for WooCommerce, Shopify, Stripe and an agent that takes feeds in, that answer like the recordings.
//!
//! They know nothing of storebridge, so that they cannot share its mistakes, and they are
//! stricter than the real thing, never kinder. Each is an ordinary [`axum::Router`] over shared
//! state: [`serve`](serve::serve) puts it on a socket, a test may as well call it in process.

// A payment has more members than `json!` takes by default.
#![recursion_limit = "256"]

use std::sync::Arc;

pub mod faults;
pub mod feeds;
pub mod post;
mod script;
pub mod serve;
#[cfg(feature = "shopify")]
pub mod shopify;
pub mod stripe;
pub mod woocommerce;

/// Where an emulator gets the time from: the system, or a test's own hand.
pub type Now = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The machine's clock.
#[expect(clippy::disallowed_methods, reason = "the one place where emulators read the clock")]
pub fn system_clock() -> Now {
    Arc::new(jiff::Timestamp::now)
}
