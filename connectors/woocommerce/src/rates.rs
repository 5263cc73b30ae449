//! The ways to ship that a store offers, package by package.

use commerce::{Address, RateId, RateKind, plain_text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{cart::text_of, loose};

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// A number, or a text where a plugin splits packages.
    #[serde(rename = "package_id")]
    pub(crate) id: Value,
    #[serde(default, deserialize_with = "loose::list")]
    pub(crate) items: Vec<PackedItem>,
    #[serde(deserialize_with = "loose::list")]
    pub(crate) shipping_rates: Vec<OfferedRate>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PackedItem {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) key: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OfferedRate {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) rate_id: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) description: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) price: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) taxes: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) method_id: String,
    #[serde(deserialize_with = "loose::flag")]
    pub(crate) selected: bool,
}

impl Package {
    /// The store's own id for the first package; `rate@package` for the others.
    pub(crate) fn rate_id(&self, rate: &str) -> RateId {
        let package = self.name();
        if package == "0" { RateId::new(rate) } else { RateId::new(format!("{rate}@{package}")) }
    }

    fn name(&self) -> String {
        text_of(&self.id)
    }
}

/// What the store has to be told to choose a rate.
pub(crate) fn choice(rate: &RateId) -> Value {
    let (rate, package) = rate.as_str().split_once('@').unwrap_or((rate.as_str(), "0"));
    match package.parse::<u32>() {
        Ok(number) => json!({"package_id": number, "rate_id": rate}),
        Err(_) => json!({"package_id": package, "rate_id": rate}),
    }
}

impl OfferedRate {
    pub(crate) fn is_pickup(&self) -> bool {
        is_pickup(&self.method_id)
    }
}

/// Whether the buyer comes for it.
pub(crate) fn is_pickup(method: &str) -> bool {
    matches!(method, "local_pickup" | "pickup_location")
}

/// What a shipping method of the store is to an agent; the store's name for it is the place's.
pub(crate) fn rate_kind(method: &str, name: &str, pickup: Option<&Address>) -> RateKind {
    match pickup {
        Some(address) if is_pickup(method) => {
            RateKind::Pickup(Box::new(Address { name: plain_text(name), ..address.clone() }))
        }
        _ => RateKind::Shipping,
    }
}
