//! What holds for the whole store, as its owner has set it.

use std::sync::Arc;

use commerce::{Address, ConnectorError, Currency};
use serde::Deserialize;
use serde_json::json;

use crate::{Shopify, error::nonsense, operation::Operation};

pub(crate) const READ_SHOP: Operation =
    Operation::read("shop.read", include_str!("operations/shop.graphql"), 3);

/// What holds for the whole store.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    /// What it calls itself.
    pub(crate) name: String,
    /// Where buyers go, without a trailing slash.
    pub(crate) url: String,
    /// The currency of its prices. Drafts are shown in it too.
    pub(crate) currency: Currency,
    /// Whether its prices include tax.
    pub(crate) taxes_included: bool,
    /// Where it ships to, ISO 3166-1 alpha-2.
    pub(crate) ships_to: Vec<String>,
    /// Where it is.
    pub(crate) address: Address,
}

#[derive(Deserialize)]
struct Answer {
    shop: Read,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    name: String,
    primary_domain: Domain,
    currency_code: String,
    ships_to_countries: Vec<String>,
    taxes_included: bool,
    shop_address: Place,
}

#[derive(Deserialize)]
struct Domain {
    url: String,
}

/// An address as Shopify shows it: `MailingAddress`, `ShopAddress`, `LocationAddress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Place {
    pub(crate) address1: Option<String>,
    pub(crate) address2: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) company: Option<String>,
    #[serde(alias = "countryCode")]
    pub(crate) country_code_v2: Option<String>,
    pub(crate) province_code: Option<String>,
    pub(crate) zip: Option<String>,
}

impl Shopify {
    /// The store, as it was a while ago.
    pub(crate) async fn shop(&self) -> Result<Arc<Shop>, ConnectorError> {
        self.shop.get("the store's settings", || self.read_shop()).await
    }

    /// The store as it is now.
    pub(crate) async fn read_shop(&self) -> Result<Shop, ConnectorError> {
        let Answer { shop } = self.client.run(&READ_SHOP, &json!({})).await?;
        Ok(Shop {
            currency: currency(&shop.currency_code)?,
            name: shop.name,
            url: shop.primary_domain.url.trim_end_matches('/').to_owned(),
            taxes_included: shop.taxes_included,
            ships_to: shop.ships_to_countries,
            address: shop.shop_address.address(),
        })
    }
}

impl Place {
    pub(crate) fn address(self) -> Address {
        let text = Option::unwrap_or_default;
        Address {
            name: String::new(),
            company: text(self.company),
            line_one: text(self.address1),
            line_two: text(self.address2),
            city: text(self.city),
            state: text(self.province_code),
            postal_code: text(self.zip),
            country: text(self.country_code_v2),
        }
    }
}

/// A currency by its ISO 4217 code.
pub(crate) fn currency(code: &str) -> Result<Currency, ConnectorError> {
    Currency::from_code(code).ok_or_else(|| nonsense("shop.read", format!("currency {code:?}")))
}
