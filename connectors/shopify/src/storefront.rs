//! What holds for everything the store sells.

use commerce::{ConnectorError, Pickup, PickupMethod, Storefront};
use serde::Deserialize;
use serde_json::json;

use crate::{Shopify, operation::Operation};

pub(crate) const POLICIES: Operation =
    Operation::read("policy.list", include_str!("operations/policies.graphql"), 2);
pub(crate) const PICKUPS: Operation =
    Operation::read("pickup.list", include_str!("operations/pickups.graphql"), 16);

/// A page that the owner has written.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Policy {
    /// `REFUND_POLICY`, `PRIVACY_POLICY`, `TERMS_OF_SERVICE`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) url: String,
}

impl Shopify {
    /// The store as its owner has set it. What a missing scope hides is absent, and the configuration
    /// may say it.
    pub(crate) async fn read_storefront(&self) -> Result<Storefront, ConnectorError> {
        let shop = self.read_shop().await?;
        let policies = absent_if_denied(self.policies().await)?.unwrap_or_default();
        let policy = |kind: &str| {
            let known = policies.iter().find(|policy| policy.kind == kind);
            known.map(|policy| policy.url.clone())
        };
        Ok(Storefront {
            name: Some(shop.name),
            url: Some(format!("{}/", shop.url)),
            country: Some(shop.address.country).filter(|country| !country.is_empty()),
            countries: shop.ships_to,
            prices_include_tax: Some(shop.taxes_included),
            privacy_url: policy("PRIVACY_POLICY"),
            terms_url: policy("TERMS_OF_SERVICE").or_else(|| policy("TERMS_OF_SALE")),
            returns_url: policy("REFUND_POLICY"),
            pickup: absent_if_denied(self.pickup().await)?.flatten(),
        })
    }

    /// The pages that the owner has written; needs `read_legal_policies`.
    pub(crate) async fn policies(&self) -> Result<Vec<Policy>, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            shop: Shop,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Shop {
            shop_policies: Vec<Policy>,
        }

        let Answer { shop } = self.client.run(&POLICIES, &json!({})).await?;
        Ok(shop.shop_policies)
    }

    /// How soon something can be fetched where that is soonest; needs `read_locations`.
    async fn pickup(&self) -> Result<Option<Pickup>, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            locations: Locations,
        }
        #[derive(Deserialize)]
        struct Locations {
            nodes: Vec<Location>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Location {
            #[serde(rename = "localPickupSettingsV2")]
            local_pickup_settings: Option<Settings>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Settings {
            pickup_time: String,
        }

        let answer: Answer = self.client.run(&PICKUPS, &json!({})).await?;
        let places = answer.locations.nodes.into_iter();
        let times = places.filter_map(|place| place.local_pickup_settings);
        let soonest = times.map(|settings| ready_in(&settings.pickup_time)).min();
        Ok(soonest.map(|(_, words)| Pickup {
            method: PickupMethod::InStore,
            ready_in: Some(words.to_owned()).filter(|words| !words.is_empty()),
        }))
    }
}

/// At most so many hours, and that in words; an hour that nobody knows is the last.
fn ready_in(time: &str) -> (u32, &'static str) {
    match time {
        "ONE_HOUR" => (1, "1 hour"),
        "TWO_HOURS" => (2, "2 hours"),
        "FOUR_HOURS" => (4, "4 hours"),
        "TWENTY_FOUR_HOURS" => (24, "24 hours"),
        "TWO_TO_FOUR_DAYS" => (96, "2 to 4 days"),
        "FIVE_OR_MORE_DAYS" => (120, "5 or more days"),
        _ => (u32::MAX, ""),
    }
}

/// A missing scope takes away what it is about, and nothing else.
fn absent_if_denied<T>(read: Result<T, ConnectorError>) -> Result<Option<T>, ConnectorError> {
    match read {
        Err(ConnectorError::Denied { hint }) => {
            tracing::debug!(hint, "a part of the storefront is denied");
            Ok(None)
        }
        read => read.map(Some),
    }
}
