//! The emulated store behind the demo, on either platform.

use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use commerce::Money;
use emulators::{Now, serve::Running};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::{SEED, limits};
use crate::config;

/// Which platform's store is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A WooCommerce store.
    Woocommerce,
    /// A Shopify store.
    Shopify,
}

/// A running emulated store.
pub(super) enum Shop {
    WooCommerce(emulators::woocommerce::Store),
    Shopify(emulators::shopify::Store),
}

impl Shop {
    /// Starts one on a free port.
    pub(super) async fn start(kind: Kind, now: &Now) -> anyhow::Result<(Self, Running)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (url, now) = (format!("http://{}", listener.local_addr()?), Arc::clone(now));
        let (shop, router) = match kind {
            Kind::Woocommerce => {
                let store = emulators::woocommerce::Store::demo(&url, now, SEED);
                let router = store.router();
                (Self::WooCommerce(store), router)
            }
            Kind::Shopify => {
                let store = emulators::shopify::Store::demo(&url, now, SEED);
                let router = store.router();
                (Self::Shopify(store), router)
            }
        };
        Ok((shop, emulators::serve::start_on(listener, router)))
    }

    /// What a configuration file would say of it.
    pub(super) fn platform(&self, url: Url) -> config::Platform {
        match self {
            Self::WooCommerce(store) => config::Platform::WooCommerce(config::WooCommerce {
                url,
                consumer_key: SecretString::from(store.consumer_key()),
                consumer_secret: SecretString::from(store.consumer_secret()),
                payment_title: "Card, through an AI agent".to_owned(),
                catalog_calls: 2,
                meta_keys: woocommerce::MetaKeys::default(),
                link_customers: false,
                limits: limits(),
            }),
            Self::Shopify(store) => {
                let (client_id, client_secret) = store.client();
                config::Platform::Shopify(config::Shopify {
                    url,
                    access: shopify::Access::ClientCredentials {
                        client_id: SecretString::from(client_id),
                        client_secret: SecretString::from(client_secret),
                    },
                    version: shopify::ApiVersion::default(),
                    webhook_secrets: Vec::new(),
                    points_wait_max: std::time::Duration::from_secs(5),
                    catalog: shopify::CatalogSettings::default(),
                    limits: limits(),
                })
            }
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::WooCommerce(_) => "WooCommerce",
            Self::Shopify(_) => "Shopify",
        }
    }

    /// What opens its API, for a script.
    pub(super) fn keys(&self) -> Value {
        match self {
            Self::WooCommerce(store) => json!({
                "store_key": store.consumer_key(), "store_secret": store.consumer_secret(),
            }),
            Self::Shopify(store) => json!({ "store_key": store.admin_token() }),
        }
    }

    /// A command that shows its last order.
    pub(super) fn look(&self, url: &str) -> String {
        match self {
            Self::WooCommerce(store) => format!(
                "curl -s -u {}:{} '{url}/wp-json/wc/v3/orders?per_page=1'",
                store.consumer_key(),
                store.consumer_secret(),
            ),
            Self::Shopify(store) => format!(
                "curl -s {url}/admin/api/{}/graphql.json -H 'Content-Type: application/json' \\\n  \
                 -H 'X-Shopify-Access-Token: {}' \\\n  -d '{{\"query\": \"{{ orders(first: 1, \
                 reverse: true) {{ nodes {{ name displayFinancialStatus customAttributes {{ key \
                 value }} }} }} }}\"}}'",
                shopify::ApiVersion::default(),
                store.admin_token(),
            ),
        }
    }

    /// Its own record of an order: what is to be seen, and the payment that it names.
    pub(super) fn order(&self, id: &str) -> anyhow::Result<(Vec<(&'static str, Value)>, String)> {
        match self {
            Self::WooCommerce(store) => {
                let order = store.order(id.parse()?).context("the store has no such order")?;
                let payment = order["transaction_id"].as_str().unwrap_or_default().to_owned();
                Ok((of_woocommerce(&order), payment))
            }
            Self::Shopify(store) => {
                let ledger = store.ledger();
                let orders = ledger["orders"].as_array().into_iter().flatten();
                let mut orders = orders.filter(|order| {
                    order["id"].as_str().is_some_and(|gid| gid.ends_with(&format!("/{id}")))
                });
                let order = orders.next().context("the store has no such order")?;
                Ok((of_shopify(order), attribute(order, "acp_payment")))
            }
        }
    }

    /// Ships what is in one cart in several packages; `false` where the platform does not.
    pub(super) fn split_packages(&self, yes: bool) -> bool {
        match self {
            Self::WooCommerce(store) => {
                store.split_packages(yes, false);
                true
            }
            Self::Shopify(_) => false,
        }
    }

    /// Prices include tax from now on.
    pub(super) fn include_taxes(&self) {
        match self {
            Self::WooCommerce(store) => store.set_prices_include_tax(true),
            Self::Shopify(store) => store.set_taxes_included(true),
        }
    }
}

fn of_woocommerce(order: &Value) -> Vec<(&'static str, Value)> {
    let mut seen = vec![
        ("number", order["number"].clone()),
        ("status", order["status"].clone()),
        ("paid at", order["date_paid_gmt"].clone()),
        ("total", order["total"].clone()),
        ("currency", order["currency"].clone()),
        ("shipping", order["shipping_lines"][0]["method_title"].clone()),
        ("payment", order["payment_method_title"].clone()),
        ("transaction", order["transaction_id"].clone()),
        ("buyer", order["billing"]["email"].clone()),
    ];
    for line in order["line_items"].as_array().into_iter().flatten() {
        let name = line["name"].as_str().unwrap_or_default();
        seen.push(("line", json!(format!("{} × {name}", line["quantity"]))));
    }
    seen
}

fn of_shopify(order: &Value) -> Vec<(&'static str, Value)> {
    let currency = order["currency"].as_str().and_then(commerce::Currency::from_code);
    let minor = order["total"].as_i64().unwrap_or_default();
    let total = currency.map(|currency| Money::new(minor, currency).to_major());
    let mut seen = vec![
        ("number", order["name"].clone()),
        ("status", order["status"].clone()),
        ("total", json!(total)),
        ("currency", order["currency"].clone()),
        ("transaction", json!(attribute(order, "acp_payment"))),
        ("agent", json!(attribute(order, "acp_agent"))),
    ];
    for line in order["lines"].as_array().into_iter().flatten() {
        let sku = line["sku"].as_str().unwrap_or_default();
        seen.push(("line", json!(format!("{} × {sku}", line["quantity"]))));
    }
    seen
}

fn attribute(order: &Value, key: &str) -> String {
    let attributes = order["attributes"].as_array().into_iter().flatten();
    let mut found = attributes.filter(|attribute| attribute["key"] == key);
    let value = found.next().and_then(|attribute| attribute["value"].as_str());
    value.unwrap_or_default().to_owned()
}
