//! What the owner has set: currency, address, tax, units.

use std::collections::BTreeMap;

use commerce::{Address, ConnectorError, Currency, Pickup, PickupMethod, Storefront, plain_text};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    WooCommerce,
    cart::{currency, text_of},
    loose,
    rates::is_pickup,
};

/// Most zones that are looked at for a place to fetch from: a bound, not an expectation.
const ZONES_MAX: usize = 50;

impl WooCommerce {
    /// What holds for everything the store sells. A key that may not read the settings still sells.
    pub(crate) async fn read_storefront(&self) -> Result<Storefront, ConnectorError> {
        let general = self.general_settings().await?;
        let tax = self.settings_of("tax").await.unwrap_or_default();
        let read = |id: &str| general.get(id).map(String::as_str).filter(|text| !text.is_empty());
        Ok(Storefront {
            name: self.site_name().await,
            url: Some(format!("{}/", self.client.url())),
            country: read("woocommerce_default_country")
                .map(|place| place.split(':').next().unwrap_or(place).to_owned()),
            countries: match read("woocommerce_allowed_countries") {
                Some("specific") => listed(general.get("woocommerce_specific_allowed_countries")),
                _ => Vec::new(),
            },
            prices_include_tax: tax
                .get("woocommerce_prices_include_tax")
                .map(|text| matches!(text.as_str(), "yes" | "true" | "1")),
            pickup: self.pickup().await.unwrap_or_default(),
            ..Storefront::default()
        })
    }

    /// Whether buyers may fetch what they bought from some place of the store, in any of its zones.
    async fn pickup(&self) -> Result<Option<Pickup>, ConnectorError> {
        #[derive(Deserialize)]
        struct Zone {
            #[serde(deserialize_with = "loose::number")]
            id: u64,
        }
        #[derive(Deserialize)]
        struct Method {
            #[serde(default, deserialize_with = "loose::text")]
            method_id: String,
            #[serde(default, deserialize_with = "loose::flag")]
            enabled: bool,
        }

        let zones: Vec<Zone> = self.client.get("zone.list", "/shipping/zones?_fields=id").await?;
        for zone in zones.iter().take(ZONES_MAX) {
            let path = format!("/shipping/zones/{}/methods?_fields=method_id,enabled", zone.id);
            let methods: Vec<Method> = self.client.get("zone.methods", &path).await?;
            if methods.iter().any(|method| method.enabled && is_pickup(&method.method_id)) {
                return Ok(Some(Pickup { method: PickupMethod::InStore, ready_in: None }));
            }
        }
        Ok(None)
    }

    /// What the site calls itself; everybody may ask.
    async fn site_name(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Index {
            #[serde(default)]
            name: String,
        }

        let index = self.client.index::<Index>("site.read", "_fields=name").await.ok()?;
        Some(plain_text(&index.name)).filter(|name| !name.is_empty())
    }

    /// Where the store is, for buyers who pick up.
    pub(crate) async fn store_address(&self) -> Result<&Address, ConnectorError> {
        self.address
            .get_or_try_init(|| async {
                let settings = self.general_settings().await?;
                let read = |id: &str| settings.get(id).cloned().unwrap_or_default();
                let place = read("woocommerce_default_country");
                let (country, state) = place.split_once(':').unwrap_or((&place, ""));
                Ok(Address {
                    name: String::new(),
                    company: String::new(),
                    line_one: read("woocommerce_store_address"),
                    line_two: read("woocommerce_store_address_2"),
                    city: read("woocommerce_store_city"),
                    state: state.to_owned(),
                    postal_code: read("woocommerce_store_postcode"),
                    country: country.to_owned(),
                })
            })
            .await
    }

    /// What the owner has set, by the store's own names.
    pub(crate) async fn general_settings(
        &self,
    ) -> Result<BTreeMap<String, String>, ConnectorError> {
        self.settings_of("general").await
    }

    /// One page of the owner's settings: `general`, `products`, `tax`.
    pub(crate) async fn settings_of(
        &self,
        group: &str,
    ) -> Result<BTreeMap<String, String>, ConnectorError> {
        #[derive(Deserialize)]
        struct Setting {
            id: String,
            #[serde(default)]
            value: Value,
        }

        let path = format!("/settings/{group}?_fields=id,value");
        let settings: Vec<Setting> = self.client.get("settings.read", &path).await?;
        Ok(settings.into_iter().map(|setting| (setting.id, text_of(&setting.value))).collect())
    }

    pub(crate) async fn store_currency(&self) -> Result<Currency, ConnectorError> {
        self.currency.get_or_try_init(|| self.current_currency()).await.copied()
    }

    /// The currency as it is set now.
    pub(crate) async fn current_currency(&self) -> Result<Currency, ConnectorError> {
        #[derive(Deserialize)]
        struct Current {
            code: String,
        }

        let current: Current = self.client.get("currency.read", "/data/currencies/current").await?;
        currency(&current.code)
    }
}

/// A list as [`text_of`] hands it on: the store's JSON.
fn listed(text: Option<&String>) -> Vec<String> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
