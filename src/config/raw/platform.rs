//! How a store's platform is reached, as it is written.

use std::{num::NonZeroU8, time::Duration};

use serde::Deserialize;
use toml::Spanned;

use super::{Calls, unwritten};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct WooCommerce {
    pub(in crate::config) consumer_key: Spanned<String>,
    pub(in crate::config) consumer_secret: Spanned<String>,
    /// What the store's orders call the payment.
    #[serde(default = "default_payment_title")]
    pub(in crate::config) payment_title: String,
    #[serde(default)]
    pub(in crate::config) catalog: WooCommerceCatalog,
    /// Whether an order belongs to the customer account with the buyer's e-mail.
    #[serde(default)]
    pub(in crate::config) link_customers: bool,
    #[serde(default = "Calls::to_a_store")]
    pub(in crate::config) calls: Calls,
}

/// How a WooCommerce catalog is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct WooCommerceCatalog {
    /// Calls at once; more than the store has processor cores make it slower.
    pub(in crate::config) calls: NonZeroU8,
    /// Keys of `meta_data` under which plugins keep what the store has no place for.
    pub(in crate::config) brand_meta: Option<String>,
    pub(in crate::config) gtin_meta: Option<String>,
    pub(in crate::config) mpn_meta: Option<String>,
    /// Others that are handed on as they are.
    pub(in crate::config) meta: Vec<String>,
}

impl Default for WooCommerceCatalog {
    fn default() -> Self {
        Self {
            calls: NonZeroU8::MIN.saturating_add(1),
            brand_meta: None,
            gtin_meta: None,
            mpn_meta: None,
            meta: Vec::new(),
        }
    }
}

impl WooCommerceCatalog {
    /// With those that feeds want.
    pub(in crate::config) fn meta_keys<'a>(
        &'a self,
        of_feeds: impl Iterator<Item = &'a String>,
    ) -> woocommerce::MetaKeys {
        woocommerce::MetaKeys {
            brand: self.brand_meta.clone(),
            gtin: self.gtin_meta.clone(),
            mpn: self.mpn_meta.clone(),
            others: self.meta.iter().chain(of_feeds).cloned().collect(),
        }
    }
}

/// The owner's own app, or a token that was made before 2026.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Shopify {
    pub(in crate::config) client_id: Option<Spanned<String>>,
    pub(in crate::config) client_secret: Option<Spanned<String>>,
    pub(in crate::config) admin_token: Option<Spanned<String>>,
    #[serde(default = "default_version")]
    pub(in crate::config) api_version: Spanned<String>,
    /// Secrets that may still sign what the store tells.
    #[serde(default)]
    pub(in crate::config) webhook_secrets: Vec<Spanned<String>>,
    /// Longest wait for points of the store's budget.
    #[serde(default = "default_points_wait_ms")]
    pub(in crate::config) points_wait_ms: u64,
    #[serde(default)]
    pub(in crate::config) catalog: ShopifyCatalog,
    #[serde(default = "Calls::to_shopify")]
    pub(in crate::config) calls: Calls,
}

/// How a Shopify catalog is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::config) struct ShopifyCatalog {
    /// The number of a publication; absent takes what the store's own pages show.
    pub(in crate::config) publication: Option<u64>,
    /// ISO 3166-1 alpha-2; absent takes the store's own prices.
    pub(in crate::config) country: Option<Spanned<String>>,
    /// Longest wait between two looks at an export.
    export_poll_s: u64,
    /// An export that gets no further for so long is given up.
    export_stall_s: u64,
    /// Metafields, as `namespace.key`, in which the owner keeps what the store has no place for.
    brand_metafield: Option<String>,
    gtin_metafield: Option<String>,
    mpn_metafield: Option<String>,
    /// Others that are handed on as they are.
    metafields: Vec<String>,
}

impl Default for ShopifyCatalog {
    fn default() -> Self {
        Self {
            publication: None,
            country: None,
            export_poll_s: 10,
            export_stall_s: 300,
            brand_metafield: None,
            gtin_metafield: None,
            mpn_metafield: None,
            metafields: Vec::new(),
        }
    }
}

impl ShopifyCatalog {
    /// With the metafields that feeds want.
    pub(in crate::config) fn settings<'a>(
        &'a self,
        of_feeds: impl Iterator<Item = &'a String>,
    ) -> shopify::CatalogSettings {
        shopify::CatalogSettings {
            publication: self.publication,
            country: self.country.as_ref().map(|country| country.get_ref().clone()),
            meta_keys: shopify::MetaKeys {
                brand: self.brand_metafield.clone(),
                gtin: self.gtin_metafield.clone(),
                mpn: self.mpn_metafield.clone(),
                others: self.metafields.iter().chain(of_feeds).cloned().collect(),
            },
            export_poll: Duration::from_secs(self.export_poll_s.max(1)),
            export_stall_max: Duration::from_secs(self.export_stall_s.max(1)),
        }
    }
}

impl Calls {
    /// Its points are what limits Shopify, and each of its calls may take a while.
    fn to_shopify() -> Self {
        Self { in_flight_max: 16, ..Self::to_a_store() }
    }
}

fn default_payment_title() -> String {
    "Card, through an AI agent".to_owned()
}

fn default_version() -> Spanned<String> {
    unwritten(shopify::ApiVersion::default().to_string())
}

const fn default_points_wait_ms() -> u64 {
    5_000
}
