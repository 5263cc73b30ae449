//! The emulated WooCommerce against the recordings of a real one.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

#[path = "woocommerce/bench.rs"]
mod bench;
#[path = "woocommerce/cart.rs"]
mod cart;
#[path = "woocommerce/checkout.rs"]
mod checkout;
#[path = "woocommerce/hooks.rs"]
mod hooks;
#[path = "woocommerce/orders.rs"]
mod orders;
#[path = "woocommerce/products.rs"]
mod products;
