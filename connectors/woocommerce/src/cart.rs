//! A cart of the Store API, and the quote that it is.

use commerce::{
    Buyer, ConnectorError, Currency, Destination, Effect, ItemId, LineId, Money, MoneyError,
    RateId, plain_text,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    address::Place,
    item::{Names, Wanted},
    loose,
    rates::{OfferedRate, Package},
};

mod quote;

/// So many others would have to buy it in the second between the last look and the payment.
const SCARCE: u32 = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Cart {
    #[serde(deserialize_with = "loose::list")]
    pub(crate) items: Vec<Item>,
    #[serde(default, deserialize_with = "loose::list")]
    pub(crate) coupons: Vec<Coupon>,
    totals: CartTotals,
    #[serde(deserialize_with = "loose::object")]
    pub(crate) shipping_address: Place,
    #[serde(deserialize_with = "loose::object")]
    pub(crate) billing_address: Place,
    #[serde(deserialize_with = "loose::flag")]
    needs_shipping: bool,
    #[serde(default, deserialize_with = "loose::list")]
    pub(crate) shipping_rates: Vec<Package>,
    #[serde(default, deserialize_with = "loose::list")]
    fees: Vec<Fee>,
    #[serde(default, deserialize_with = "loose::list")]
    errors: Vec<CartError>,
}

#[derive(Debug, Deserialize)]
struct Fee {
    #[serde(default, deserialize_with = "loose::text")]
    name: String,
    totals: FeeTotals,
}

#[derive(Debug, Deserialize)]
struct FeeTotals {
    #[serde(deserialize_with = "loose::text")]
    total: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) key: String,
    #[serde(deserialize_with = "loose::number")]
    pub(crate) id: u64,
    /// What it was ordered as, where that says more than its id.
    #[serde(skip)]
    ordered: Option<ItemId>,
    #[serde(deserialize_with = "loose::number")]
    pub(crate) quantity: u32,
    #[serde(default, deserialize_with = "loose::object")]
    pub(crate) quantity_limits: Limits,
    #[serde(default, deserialize_with = "loose::flag")]
    backorders_allowed: bool,
    #[serde(deserialize_with = "loose::text")]
    name: String,
    #[serde(default, deserialize_with = "loose::text")]
    short_description: String,
    #[serde(default, deserialize_with = "loose::text")]
    description: String,
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    #[serde(default, deserialize_with = "loose::list")]
    images: Vec<Image>,
    #[serde(default, deserialize_with = "loose::list")]
    variation: Vec<Trait>,
    prices: Prices,
    totals: ItemTotals,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Limits {
    #[serde(default, deserialize_with = "loose::some_number")]
    minimum: Option<u32>,
    #[serde(default, deserialize_with = "loose::some_number")]
    maximum: Option<u32>,
    #[serde(default, deserialize_with = "loose::some_number")]
    multiple_of: Option<u32>,
}

impl Limits {
    /// Whether a line may hold so many, but for those that are left.
    pub(crate) fn fit(&self, quantity: u32) -> bool {
        let step = self.multiple_of.unwrap_or(1).max(1);
        self.minimum.is_none_or(|least| quantity >= least) && quantity.is_multiple_of(step)
    }

    /// Most that a line may hold.
    pub(crate) fn most(&self) -> Option<u32> {
        self.maximum.filter(|most| *most > 0)
    }

    /// In words.
    pub(crate) fn say(&self) -> String {
        let least = self.minimum.filter(|least| *least > 1);
        let step = self.multiple_of.filter(|step| *step > 1);
        let parts = [
            least.map(|least| format!("at least {least}")),
            step.map(|step| format!("in multiples of {step}")),
            self.most().filter(|most| *most < 9_999).map(|most| format!("at most {most}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[derive(Debug, Deserialize)]
struct Image {
    #[serde(default, deserialize_with = "loose::text")]
    src: String,
}

#[derive(Debug, Deserialize)]
struct Trait {
    #[serde(deserialize_with = "loose::text")]
    attribute: String,
    #[serde(deserialize_with = "loose::text")]
    value: String,
}

#[derive(Debug, Deserialize)]
struct Prices {
    #[serde(deserialize_with = "loose::text")]
    price: String,
}

#[derive(Debug, Deserialize)]
struct ItemTotals {
    #[serde(rename = "line_subtotal", deserialize_with = "loose::text")]
    before: String,
    #[serde(rename = "line_total", deserialize_with = "loose::text")]
    after: String,
    #[serde(rename = "line_total_tax", deserialize_with = "loose::text")]
    tax: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Coupon {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) code: String,
    totals: CouponTotals,
}

#[derive(Debug, Deserialize)]
struct CouponTotals {
    #[serde(deserialize_with = "loose::text")]
    total_discount: String,
}

#[derive(Debug, Deserialize)]
struct CartTotals {
    #[serde(deserialize_with = "loose::text")]
    total_items: String,
    #[serde(deserialize_with = "loose::text")]
    total_fees: String,
    #[serde(deserialize_with = "loose::text")]
    total_discount: String,
    /// Absent or null while nothing can be shipped.
    #[serde(default, deserialize_with = "loose::some_text")]
    total_shipping: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    total_price: String,
    #[serde(deserialize_with = "loose::text")]
    total_tax: String,
    #[serde(default, deserialize_with = "loose::list")]
    tax_lines: Vec<CartTax>,
    #[serde(deserialize_with = "loose::text")]
    currency_code: String,
    #[serde(deserialize_with = "loose::number")]
    currency_minor_unit: u32,
}

#[derive(Debug, Deserialize)]
struct CartTax {
    #[serde(deserialize_with = "loose::text")]
    name: String,
    #[serde(deserialize_with = "loose::text")]
    price: String,
    #[serde(default, deserialize_with = "loose::text")]
    rate: String,
}

#[derive(Debug, Deserialize)]
struct CartError {
    #[serde(default, deserialize_with = "loose::text")]
    code: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
}

impl Cart {
    /// The cart with the names under which its lines were ordered.
    pub(crate) fn named(mut self, names: &Names) -> Self {
        for item in &mut self.items {
            item.ordered = names.get(&item.key).cloned();
        }
        self
    }

    /// The names of those lines that still have one.
    pub(crate) fn names(&self) -> Names {
        let name = |item: &Item| Some((item.key.clone(), item.ordered.clone()?));
        self.items.iter().filter_map(name).collect()
    }

    /// Who pays, as far as the cart knows.
    pub(crate) fn buyer(&self) -> Option<Buyer> {
        self.billing_address.buyer()
    }

    /// Where it goes, as far as the cart knows.
    pub(crate) fn destination(&self) -> Option<Destination> {
        self.shipping_address.destination()
    }

    /// The rate that counts for each package.
    pub(crate) fn selected(&self) -> Vec<RateId> {
        let of = |package: &Package| {
            let chosen = package.shipping_rates.iter().find(|rate| rate.selected)?;
            Some(package.rate_id(&chosen.rate_id))
        };
        self.shipping_rates.iter().filter_map(of).collect()
    }

    /// Whether the store offers this rate.
    pub(crate) fn offers(&self, rate: &RateId) -> bool {
        self.shipping_rates.iter().any(|package| {
            package.shipping_rates.iter().any(|offer| package.rate_id(&offer.rate_id) == *rate)
        })
    }

    pub(crate) fn has_address(&self) -> bool {
        let place = &self.shipping_address;
        !place.address_1.is_empty() || !place.postcode.is_empty()
    }

    /// Whether so few are left of something that other buyers may take the last.
    pub(crate) fn is_scarce(&self) -> bool {
        self.items.iter().any(|item| {
            let left = item.quantity_limits.most().filter(|_| !item.backorders_allowed);
            left.is_some_and(|most| most.saturating_sub(item.quantity) < SCARCE)
        })
    }

    /// Whether a buyer may come for it.
    pub(crate) fn offers_pickup(&self) -> bool {
        self.shipping_rates
            .iter()
            .flat_map(|package| &package.shipping_rates)
            .any(OfferedRate::is_pickup)
    }

    /// What is in it before discounts, without tax.
    pub(crate) fn items_total(&self) -> Result<Money, ConnectorError> {
        self.count()?.money(&self.totals.total_items).map_err(unreadable)
    }

    /// What it costs, as the store adds it up.
    pub(crate) fn total(&self) -> Result<Money, ConnectorError> {
        self.count()?.money(&self.totals.total_price).map_err(unreadable)
    }

    fn count(&self) -> Result<Count, ConnectorError> {
        let currency = currency(&self.totals.currency_code)?;
        Ok(Count { currency, digits: self.totals.currency_minor_unit })
    }

    /// The lines as an order of the REST API takes them: before discounts, which its coupons bring.
    pub(crate) fn order_lines(&self) -> Result<Vec<Value>, ConnectorError> {
        let count = self.count()?;
        let line = |item: &Item| {
            let base = count.money(&item.totals.before)?.to_major();
            let mut line = json!({
                "product_id": item.id, "quantity": item.quantity, "subtotal": base, "total": base,
            });
            if let Some(wanted) = item.ordered.as_ref().and_then(Wanted::parse) {
                line["meta_data"] = wanted.meta();
            }
            Ok(line)
        };
        self.items.iter().map(line).collect::<Result<_, MoneyError>>().map_err(unreadable)
    }

    /// The chosen rates as an order takes them.
    pub(crate) fn order_shipping(&self) -> Result<Vec<Value>, ConnectorError> {
        let count = self.count()?;
        let rates = self.shipping_rates.iter().flat_map(|package| &package.shipping_rates);
        let chosen = rates.filter(|rate| rate.selected && self.needs_shipping);
        let line = |rate: &OfferedRate| {
            let instance = rate.rate_id.split_once(':').map_or("", |(_, instance)| instance);
            Ok(json!({
                "method_id": rate.method_id,
                "method_title": plain_text(&rate.name),
                "instance_id": instance,
                "total": count.money(&rate.price)?.to_major(),
            }))
        };
        chosen.map(line).collect::<Result<_, MoneyError>>().map_err(unreadable)
    }

    /// The fees as an order takes them.
    pub(crate) fn order_fees(&self) -> Result<Vec<Value>, ConnectorError> {
        let count = self.count()?;
        let line = |fee: &Fee| {
            let total = count.money(&fee.totals.total)?.to_major();
            Ok(json!({ "name": plain_text(&fee.name), "total": total }))
        };
        self.fees.iter().map(line).collect::<Result<_, MoneyError>>().map_err(unreadable)
    }
}

impl Item {
    pub(crate) fn item_id(&self) -> ItemId {
        self.ordered.clone().unwrap_or_else(|| ItemId::new(self.id.to_string()))
    }
}

/// A cart holds an item once, and an order keeps it, so the item names the line in both.
pub(crate) fn line_id(item: &ItemId) -> LineId {
    LineId::new(format!("li_{item}"))
}

/// Minor units as the shop counts them.
struct Count {
    currency: Currency,
    digits: u32,
}

impl Count {
    /// Whether the store counts finer than the currency, so that amounts had to be rounded.
    fn is_finer(&self) -> bool {
        self.digits > digits(self.currency)
    }

    fn money(&self, text: &str) -> Result<Money, MoneyError> {
        Money::round_minor(text, self.digits, self.currency)
    }
}

/// The digits after the point of a currency's minor unit.
pub(crate) fn digits(currency: Currency) -> u32 {
    currency.exponent().map_or(2, u32::from)
}

pub(crate) fn currency(code: &str) -> Result<Currency, ConnectorError> {
    Currency::from_code(code).ok_or_else(|| ConnectorError::Unreadable {
        call: "cart",
        effect: Effect::None,
        source: format!("unknown currency {code:?}").into(),
    })
}

/// A value that is a number at one store and a text at another.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unreadable(error: MoneyError) -> ConnectorError {
    ConnectorError::Unreadable { call: "cart", effect: Effect::None, source: error.into() }
}
