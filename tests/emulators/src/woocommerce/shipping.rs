//! Shipping zones and the rates they offer a cart.

use super::decimal::Micros;

/// One shipping method of a zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) instance: u64,
    pub(super) kind: &'static str,
    pub(super) title: &'static str,
    /// Fixed part of the cost.
    pub(super) cost: Micros,
    /// Cost per unit, on top.
    pub(super) each: Micros,
    /// Offered from this much, for free shipping.
    pub(super) minimum: Micros,
}

/// One zone: the countries it covers and its methods in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zone {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) countries: &'static [&'static str],
    pub(super) methods: &'static [Method],
}

/// The demo shop's zones; nothing covers the rest of the world.
pub(super) const ZONES: [Zone; 2] = [
    Zone {
        id: 1,
        name: "United States",
        countries: &["US"],
        methods: &[
            method(1, "flat_rate", "Standard", (5_990_000, 0), 0),
            method(2, "flat_rate", "Express", (14_990_000, 0), 0),
            method(3, "free_shipping", "Free shipping", (0, 0), 75_000_000),
            method(4, "local_pickup", "Local pickup", (0, 0), 0),
        ],
    },
    Zone {
        id: 2,
        name: "UK + DE + FR",
        countries: &["GB", "DE", "FR"],
        methods: &[method(5, "flat_rate", "International", (10_000_000, 5_500_000), 0)],
    },
];

const fn method(
    instance: u64,
    kind: &'static str,
    title: &'static str,
    (cost, each): (Micros, Micros),
    minimum: Micros,
) -> Method {
    Method { instance, kind, title, cost, each, minimum }
}

impl Method {
    /// The id a cart chooses it by: `flat_rate:1`.
    pub(super) fn rate_id(&self) -> String {
        format!("{}:{}", self.kind, self.instance)
    }

    /// What `wc/v3` calls the kind.
    pub(super) fn kind_title(&self) -> &'static str {
        match self.kind {
            "flat_rate" => "Flat rate",
            "free_shipping" => "Free shipping",
            _ => "Local pickup",
        }
    }
}

/// The zone that a method belongs to.
pub(super) fn zone_of(method: &Method) -> u64 {
    let has = |zone: &&Zone| zone.methods.iter().any(|own| own.instance == method.instance);
    ZONES.iter().find(has).map_or(0, |zone| zone.id)
}

/// The methods on offer for goods worth `worth` after coupons, `units` of them, to a country.
pub(super) fn offered(country: &str, worth: Micros, units: i64) -> Vec<(Method, Micros)> {
    let zone = ZONES.iter().find(|zone| zone.countries.contains(&country));
    let methods = zone.map_or(&[][..], |zone| zone.methods);
    let affordable = methods.iter().filter(|method| worth >= method.minimum);
    affordable.map(|m| (*m, m.cost + m.each * Micros::from(units))).collect()
}
