//! Ways for goods to travel. A rate's handle is signed and holds a price that grows old, so an agent
//! chooses by what a rate is called, and a fresh handle is used each time.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use commerce::{
    Address, ConnectorError, Currency, LineId, Money, Rate, RateId, RateKind, plain_text,
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::{
    Shopify,
    id::Gid,
    operation::Operation,
    shop::Place,
    shown::{Amount, ShippingLine, Shown, unreadable},
};

pub(crate) const READ_PLACES: Operation =
    Operation::read("location.list", include_str!("operations/places.graphql"), 16);

/// Where buyers may pick up, by the numbers of the locations.
pub(crate) type Places = BTreeMap<u64, Address>;

/// One way, offered now.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) id: RateId,
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) price: Money,
    /// Where the buyer fetches it.
    pub(crate) pickup: Option<(u64, Address)>,
}

/// `DraftOrderAvailableDeliveryOptions`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Options {
    #[serde(default, rename = "availableShippingRates")]
    shipped: Vec<Offer>,
    #[serde(default, rename = "availableLocalDeliveryRates")]
    brought: Vec<Offer>,
    #[serde(default, rename = "availableLocalPickupOptions")]
    fetched: Vec<Fetch>,
}

#[derive(Clone, Debug, Deserialize)]
struct Offer {
    handle: String,
    title: String,
    code: String,
    source: String,
    price: Amount,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetch {
    handle: String,
    title: String,
    code: String,
    source: String,
    #[serde(default)]
    instructions: String,
    location_id: Gid,
}

/// Bytes as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes whatever is written.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// Short, and the same as long as the rate is called the same.
pub(crate) fn rate_id(source: &str, code: &str, title: &str) -> RateId {
    let digest = Sha256::digest([source, code, title].join("\0"));
    RateId::new(hex(&digest[..8]))
}

impl Shopify {
    /// What is offered to somebody in a country, the cheapest first, what is fetched last. A place
    /// abroad is nowhere to fetch anything.
    pub(crate) async fn ways(
        &self,
        options: &Options,
        country: Option<&str>,
        currency: Currency,
    ) -> Result<Vec<Way>, ConnectorError> {
        let shipped = options.shipped.iter();
        let shipped = shipped.chain(&options.brought);
        let mut ways = shipped.map(Offer::way).collect::<Result<Vec<_>, _>>()?;
        ways.sort_by_key(|way| way.price.minor());
        if options.fetched.is_empty() {
            return Ok(ways);
        }
        let places = self.places().await?;
        for fetch in &options.fetched {
            let known = places.get(&fetch.location_id.0);
            let Some(place) = known.filter(|place| country.is_none_or(|it| it == place.country))
            else {
                continue;
            };
            ways.push(Way {
                id: rate_id(&fetch.source, &fetch.code, &fetch.title),
                handle: fetch.handle.clone(),
                title: plain_text(&fetch.title),
                description: plain_text(&fetch.instructions),
                price: Money::zero(currency),
                pickup: Some((fetch.location_id.0, place.clone())),
            });
        }
        Ok(ways)
    }

    /// Where buyers may pick up. A store that does not let us see its locations has none.
    pub(crate) async fn places(&self) -> Result<Arc<Places>, ConnectorError> {
        let read = async || match self.read_places().await {
            Err(ConnectorError::Denied { hint }) => {
                warn!(hint, "nobody can pick up: the store's locations cannot be read");
                Ok(Places::new())
            }
            result => result,
        };
        self.places.get("the store's places", read).await
    }

    async fn read_places(&self) -> Result<Places, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            locations: Nodes,
        }
        #[derive(Deserialize)]
        struct Nodes {
            nodes: Vec<Location>,
        }
        #[derive(Deserialize)]
        struct Location {
            id: Gid,
            name: String,
            address: Place,
        }

        let answer: Answer = self.client.run(&READ_PLACES, &json!({})).await?;
        let places = answer.locations.nodes.into_iter().map(|location| {
            (location.id.0, Address { name: location.name, ..location.address.address() })
        });
        Ok(places.collect())
    }
}

impl Offer {
    fn way(&self) -> Result<Way, ConnectorError> {
        Ok(Way {
            id: rate_id(&self.source, &self.code, &self.title),
            handle: self.handle.clone(),
            title: plain_text(&self.title),
            description: String::new(),
            price: self.price.money().map_err(unreadable)?,
            pickup: None,
        })
    }
}

/// The rates of a quote: what is offered, and the one that counts as the draft has it.
pub(crate) fn rates(
    shown: &Shown,
    ways: &[Way],
    places: &Places,
) -> Result<Vec<Rate>, ConnectorError> {
    let lines: Vec<_> = shown
        .rows()
        .filter(|row| row.requires_shipping)
        .filter_map(|row| row.variant.as_ref())
        .map(|variant| crate::lines::line_id(variant.id.0))
        .collect();
    let offered = ways.iter().map(|way| Rate {
        id: way.id.clone(),
        kind: kind(way.pickup.as_ref().map(|(_, place)| place)),
        title: way.title.clone(),
        description: way.description.clone(),
        price: way.price,
        // The store says it of the one that counts alone.
        tax: Money::zero(way.price.currency()),
        selected: false,
        lines: lines.clone(),
    });
    let mut rates: Vec<Rate> = offered.collect();
    let Some(line) = &shown.shipping_line else { return Ok(rates) };
    let place = shown.kept().pickup.and_then(|location| places.get(&location));
    let chosen = line.rate(shown.taxes_included, place, lines)?;
    if let Some(rate) = rates.iter_mut().find(|rate| rate.id == chosen.id) {
        (rate.price, rate.tax, rate.selected) = (chosen.price, chosen.tax, true);
    } else {
        rates.push(chosen);
    }
    Ok(rates)
}

impl ShippingLine {
    /// The rate that was chosen, for these lines; they are fetched from a place, or sent.
    pub(crate) fn rate(
        &self,
        taxes_included: bool,
        place: Option<&Address>,
        lines: Vec<LineId>,
    ) -> Result<Rate, ConnectorError> {
        let (price, tax) = self.net(taxes_included)?;
        Ok(Rate {
            id: self.rate_id(),
            kind: kind(place),
            title: plain_text(&self.title),
            description: String::new(),
            price,
            tax,
            selected: true,
            lines,
        })
    }
}

fn kind(place: Option<&Address>) -> RateKind {
    place.map_or(RateKind::Shipping, |place| RateKind::Pickup(Box::new(place.clone())))
}
