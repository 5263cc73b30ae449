//! A store's platform, and how it lets us in.

use std::time::Duration;

use toml::Spanned;

use super::{File, limits};
use crate::config::{
    ConfigError, Feed,
    platform::{Platform, Shopify, WooCommerce},
    raw,
};

impl File<'_> {
    pub(super) fn platform(
        &self,
        key: &str,
        raw: &raw::Store,
        feed: &Feed,
    ) -> Result<Platform, ConfigError> {
        let platform = raw.platform.get_ref().as_str();
        match (platform, &raw.woocommerce, &raw.shopify) {
            ("woocommerce", Some(store), None) => {
                self.woocommerce(key, raw, (store, feed)).map(Platform::WooCommerce)
            }
            ("shopify", None, Some(store)) => {
                self.shopify(key, raw, (store, feed)).map(Platform::Shopify)
            }
            ("woocommerce", None, _) => Err(self.at(
                &raw.platform,
                &format!("{key}.woocommerce"),
                "the store's REST key is missing",
                "Add [store.woocommerce] with consumer_key and consumer_secret",
            )),
            ("shopify", _, None) => Err(self.at(
                &raw.platform,
                &format!("{key}.shopify"),
                "the store's app is missing",
                "Add [store.shopify] with client_id and client_secret",
            )),
            ("woocommerce" | "shopify", ..) => Err(self.at(
                &raw.platform,
                &format!("{key}.platform"),
                "there are tables of two platforms",
                "Keep [store.woocommerce] or [store.shopify], whichever the store runs on",
            )),
            _ => Err(self.at(
                &raw.platform,
                &format!("{key}.platform"),
                "there is no such platform",
                "Write platform = \"woocommerce\" or platform = \"shopify\"",
            )),
        }
    }

    fn woocommerce(
        &self,
        key: &str,
        store: &raw::Store,
        (raw, feed): (&raw::WooCommerce, &Feed),
    ) -> Result<WooCommerce, ConfigError> {
        let part = format!("{key}.woocommerce");
        Ok(WooCommerce {
            url: self.url(&format!("{key}.url"), &store.url)?,
            consumer_key: self.secret(&format!("{part}.consumer_key"), &raw.consumer_key)?,
            consumer_secret: self
                .secret(&format!("{part}.consumer_secret"), &raw.consumer_secret)?,
            payment_title: raw.payment_title.clone(),
            catalog_calls: usize::from(raw.catalog.calls.get()),
            meta_keys: raw.catalog.meta_keys(feed.meta_keys()),
            link_customers: raw.link_customers,
            limits: limits(&raw.calls),
        })
    }

    fn shopify(
        &self,
        key: &str,
        store: &raw::Store,
        (raw, feed): (&raw::Shopify, &Feed),
    ) -> Result<Shopify, ConfigError> {
        let part = format!("{key}.shopify");
        let version = raw.api_version.get_ref().parse().map_err(|error: shopify::BadVersion| {
            let key = format!("{part}.api_version");
            self.at(&raw.api_version, &key, &error.to_string(), "Leave the key out for 2026-10")
        })?;
        if let Some(country) = &raw.catalog.country {
            self.check_country(&part, country)?;
        }
        let secret = |(at, secret): (usize, &Spanned<String>)| {
            self.secret(&format!("{part}.webhook_secrets[{at}]"), secret)
        };
        Ok(Shopify {
            url: self.url(&format!("{key}.url"), &store.url)?,
            access: self.access(&part, store, raw)?,
            version,
            webhook_secrets: raw
                .webhook_secrets
                .iter()
                .enumerate()
                .map(secret)
                .collect::<Result<_, _>>()?,
            points_wait_max: Duration::from_millis(raw.points_wait_ms.max(1)),
            catalog: raw.catalog.settings(feed.meta_keys()),
            limits: limits(&raw.calls),
        })
    }

    /// The owner's own app, or a token: one of them.
    fn access(
        &self,
        part: &str,
        store: &raw::Store,
        raw: &raw::Shopify,
    ) -> Result<shopify::Access, ConfigError> {
        let secret = |name: &str, raw| self.secret(&format!("{part}.{name}"), raw);
        match (&raw.client_id, &raw.client_secret, &raw.admin_token) {
            (Some(client_id), Some(client_secret), None) => {
                Ok(shopify::Access::ClientCredentials {
                    client_id: secret("client_id", client_id)?,
                    client_secret: secret("client_secret", client_secret)?,
                })
            }
            (None, None, Some(token)) => {
                Ok(shopify::Access::AdminToken(secret("admin_token", token)?))
            }
            _ => Err(self.at(
                &store.platform,
                part,
                "one way to let us in is needed, and only one",
                "Write client_id and client_secret of your own app, or an admin_token from before \
                 2026",
            )),
        }
    }

    fn check_country(&self, part: &str, country: &Spanned<String>) -> Result<(), ConfigError> {
        let text = country.get_ref();
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(());
        }
        Err(self.at(
            country,
            &format!("{part}.catalog.country"),
            "a country has two capital letters",
            "Write for example country = \"US\"",
        ))
    }
}
