//! Tax rates by place and class, rounded per line.

use super::decimal::{self, Micros};
use super::shop::Shop;

/// One row of the tax table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) id: u64,
    pub(super) country: &'static str,
    /// Empty for the whole country.
    pub(super) state: &'static str,
    /// Percent in millionths: 8.625 % is `8_625_000`.
    pub(super) percent: Micros,
    pub(super) name: &'static str,
    /// Whether shipping is taxed too.
    pub(super) shipping: bool,
    /// Empty for the standard class.
    pub(super) class: &'static str,
}

/// The demo shop's table.
pub(super) const RATES: [Rate; 6] = [
    rate(1, ("US", "CA"), 8_625_000, "CA Sales Tax", true, ""),
    rate(2, ("US", "NY"), 8_875_000, "NY Sales Tax", true, ""),
    rate(3, ("US", "TX"), 8_250_000, "TX Sales Tax", false, ""),
    rate(4, ("GB", ""), 20_000_000, "VAT", true, ""),
    rate(5, ("US", "CA"), 0, "CA Zero", false, "zero-rate"),
    rate(6, ("US", "CA"), 4_000_000, "CA Reduced", false, "reduced-rate"),
];

const fn rate(
    id: u64,
    (country, state): (&'static str, &'static str),
    percent: Micros,
    name: &'static str,
    shipping: bool,
    class: &'static str,
) -> Rate {
    Rate { id, country, state, percent, name, shipping, class }
}

impl Rate {
    /// The rate that counts at a place for a class.
    pub(super) fn find((country, state): (&str, &str), class: &str) -> Option<&'static Self> {
        let here = |r: &&Self| r.country == country && (r.state.is_empty() || r.state == state);
        RATES.iter().filter(here).find(|rate| rate.class == class)
    }

    /// The `rate_code` of an order's tax line.
    pub(super) fn code(&self) -> String {
        let place = if self.state.is_empty() {
            self.country.to_owned()
        } else {
            format!("{}-{}", self.country, self.state)
        };
        format!("{place}-{}-1", self.name.to_uppercase())
    }
}

impl Shop {
    /// The tax on a net amount.
    pub(super) fn tax_on(&self, net: Micros, rate: Option<&Rate>) -> Micros {
        let percent = rate.map_or(0, |rate| rate.percent);
        let exact = decimal::divide(net * percent, 100_000_000);
        decimal::round(exact, self.decimals)
    }

    /// Splits an amount in the shop's price basis into net and tax.
    ///
    /// With prices that include tax, the tax inside is that of the shop's own place; a buyer
    /// elsewhere gets it taken out and their own put on.
    pub(super) fn split_tax(
        &self,
        amount: Micros,
        rate: Option<&Rate>,
        class: &str,
    ) -> (Micros, Micros) {
        if !self.prices_include_tax {
            return (amount, self.tax_on(amount, rate));
        }
        let inside = Rate::find(HOME, class);
        let percent = inside.map_or(0, |rate| rate.percent);
        let tax = decimal::divide(amount * percent, 100_000_000 + percent);
        if inside == rate {
            let tax = decimal::round(tax, self.decimals);
            return (amount - tax, tax);
        }
        let net = decimal::round(amount - tax, self.decimals);
        (net, self.tax_on(net, rate))
    }
}

/// Where the shop stands: default customer location and place of local pickup.
pub(super) const HOME: (&str, &str) = ("US", "CA");
