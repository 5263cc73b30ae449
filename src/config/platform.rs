//! The platforms that a store may run on, and how each is reached.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// The platform a store runs on.
#[derive(Clone, Debug)]
pub enum Platform {
    /// A WooCommerce store.
    WooCommerce(WooCommerce),
    /// A Shopify store.
    Shopify(Shopify),
}

impl Platform {
    /// Its name in configurations and in the addresses of hooks.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::WooCommerce(_) => "woocommerce",
            Self::Shopify(_) => "shopify",
        }
    }
}

/// A WooCommerce store and the key it gave us.
#[derive(Clone, Debug)]
pub struct WooCommerce {
    /// The store's address, without `/wp-json`.
    pub url: Url,
    /// `ck_…`, with read and write permission.
    pub consumer_key: SecretString,
    /// `cs_…`.
    pub consumer_secret: SecretString,
    /// What the store's orders call the payment.
    pub payment_title: String,
    /// How many calls for the catalog are under way at once.
    pub catalog_calls: usize,
    /// Where plugins keep what feeds want.
    pub meta_keys: woocommerce::MetaKeys,
    /// Whether an order belongs to the customer account with the buyer's e-mail.
    pub link_customers: bool,
    /// Bounds of calls to the store.
    pub limits: upstream::Limits,
}

/// A Shopify store, and how it lets us in.
#[derive(Clone, Debug)]
pub struct Shopify {
    /// `https://{shop}.myshopify.com`.
    pub url: Url,
    /// The owner's own app, or a token from before 2026.
    pub access: shopify::Access,
    /// The version of the Admin API.
    pub version: shopify::ApiVersion,
    /// Secrets of the app from before they were rotated: they may still sign what the store tells.
    pub webhook_secrets: Vec<SecretString>,
    /// Longest wait for points of the store's budget.
    pub points_wait_max: Duration,
    /// What of the catalog is read, and how.
    pub catalog: shopify::CatalogSettings,
    /// Bounds of calls to the store.
    pub limits: upstream::Limits,
}
