//! Price, stock, shipping, the seller's terms, what buyers think.

use commerce::{Availability, Decimal, Money, Quantity, Relation, ShippingPrice, UnitPricing};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Item,
    known::{UNKNOWN, word},
};
use crate::{
    text::clean,
    value::{Cell, Gap, Value},
};

/// Most related products of one row.
const RELATED: usize = 20;
const NO_SALE: Cell<'static> = Cell::Empty(Gap::Needless("it is not on sale"));

impl<'a> Item<'a> {
    pub(super) fn offer_id(&self) -> Cell<'a> {
        match &self.plan.offer_prefix {
            Some(prefix) => {
                let id = [prefix.as_str(), "-", self.variant.item.as_str()].concat();
                Cell::derived(Value::Text(id.into()), "the seller's name and the item's id")
            }
            None => UNKNOWN,
        }
    }

    pub(super) fn price(&self) -> Cell<'a> {
        match self.variant.price {
            price if price.minor() > 0 => Cell::platform(Value::Money(price), "variant.price"),
            _ => Cell::Empty(Gap::Refused("a price is above zero")),
        }
    }

    pub(super) fn sale_price(&self) -> Cell<'a> {
        match self.sale() {
            Some(sale) => Cell::platform(Value::Money(sale), "variant.sale_price"),
            None if self.variant.sale_price.is_some() => Cell::Empty(Gap::Refused(
                "a sale price is above zero, below the price and in its currency",
            )),
            None => NO_SALE,
        }
    }

    /// The price now, where it really is lower.
    pub(crate) fn sale(&self) -> Option<Money> {
        let price = self.variant.price;
        self.variant.sale_price.filter(|sale| {
            sale.currency() == price.currency() && sale.minor() > 0 && sale.minor() < price.minor()
        })
    }

    pub(super) fn sale_period(&self) -> Cell<'a> {
        match self.sale_instants() {
            Ok((from, to)) => {
                Cell::platform(Value::Days(day(from), day(to)), "variant.sale_start, sale_end")
            }
            Err(gap) => Cell::Empty(gap),
        }
    }

    pub(super) fn sale_instants(&self) -> Result<(Timestamp, Timestamp), Gap> {
        if self.sale().is_none() {
            return Err(Gap::Needless("it is not on sale"));
        }
        match (self.variant.sale_start, self.variant.sale_end) {
            (Some(from), Some(to)) if from < to => Ok((from, to)),
            (Some(_), Some(_)) => Err(Gap::Refused("the sale ends before it begins")),
            _ => Err(Gap::Unknown),
        }
    }

    pub(super) fn sale_day(&self, at: Option<Timestamp>, place: &'static str) -> Cell<'a> {
        match (self.sale(), at) {
            (None, _) => NO_SALE,
            (Some(_), Some(at)) => Cell::platform(Value::Date(day(at)), place),
            (Some(_), None) => UNKNOWN,
        }
    }

    pub(super) fn unit_pricing(&self, of: impl Fn(&'a UnitPricing) -> &'a Quantity) -> Cell<'a> {
        match &self.variant.unit_pricing {
            Some(pricing) => {
                let Quantity { value, unit } = of(pricing);
                match clean(unit).as_lent() {
                    Some(unit) => {
                        Cell::platform(Value::Measure(*value, unit), "variant.unit_pricing")
                    }
                    None => Cell::Empty(Gap::Refused("its unit cannot be written")),
                }
            }
            None => UNKNOWN,
        }
    }

    pub(super) fn availability(&self) -> Cell<'a> {
        let availability = match self.variant.availability {
            Availability::InStock => "in_stock",
            Availability::OutOfStock => "out_of_stock",
            Availability::Backorder => "backorder",
            Availability::PreOrder => "pre_order",
            Availability::Unknown => "unknown",
        };
        word(availability, "variant.availability")
    }

    pub(super) fn availability_date(&self) -> Cell<'a> {
        match (self.variant.availability, self.variant.available_at) {
            (Availability::Backorder | Availability::PreOrder, Some(at)) => {
                Cell::platform(Value::Date(day(at)), "variant.available_at")
            }
            (Availability::Backorder | Availability::PreOrder, None) => UNKNOWN,
            _ => Cell::Empty(Gap::Needless("only where it cannot be had now, but ordered")),
        }
    }

    pub(super) fn inventory_quantity(&self) -> Cell<'a> {
        match self.variant.quantity {
            Some(left) => {
                let left = u64::try_from(left).unwrap_or(0);
                Cell::platform(Value::Count(left), "variant.quantity")
            }
            None => UNKNOWN,
        }
    }

    /// What shipping costs to the whole market, if that is one price.
    pub(super) fn shipping_price(&self) -> Cell<'a> {
        if self.variant.is_digital {
            return Cell::Empty(Gap::Needless("nothing is shipped"));
        }
        let mut prices = self.market_shipping();
        match (prices.next(), prices.next()) {
            (Some(only), None) if only.region.is_none() => {
                Cell::platform(Value::Money(only.price), "variant.shipping")
            }
            _ => UNKNOWN,
        }
    }

    /// `country:region:service:price`; where there are several, the first.
    pub(super) fn shipping(&self) -> Cell<'a> {
        if self.variant.is_digital {
            return Cell::Empty(Gap::Needless("nothing is shipped"));
        }
        let Some(one) = self.market_shipping().next() else { return UNKNOWN };
        let (region, service) = (one.region.as_deref().unwrap_or_default(), clean(&one.service));
        let mut tuple = Vec::with_capacity(48);
        for part in [one.country.as_str(), region, &*service] {
            // A colon would part it, a comma begin another.
            tuple.extend(part.bytes().map(|b| if matches!(b, b':' | b',') { b' ' } else { b }));
            tuple.push(b':');
        }
        crate::write::money(&mut tuple, one.price);
        match String::from_utf8(tuple) {
            Ok(tuple) => Cell::platform(Value::Text(tuple.into()), "variant.shipping"),
            Err(_) => UNKNOWN,
        }
    }

    /// Shipping to the first market, in the price's currency.
    fn market_shipping(&self) -> impl Iterator<Item = &'a ShippingPrice> {
        let market = self.plan.market();
        let currency = self.variant.price.currency();
        self.variant.shipping.iter().filter(move |one| {
            market == Some(one.country.as_str()) && one.price.currency() == currency
        })
    }

    pub(super) fn review_count(&self) -> Cell<'a> {
        match self.product.rating {
            Some(rating) if rating.count > 0 => {
                Cell::platform(Value::Count(rating.count), "product.rating")
            }
            _ => UNKNOWN,
        }
    }

    pub(super) fn star_rating(&self) -> Cell<'a> {
        match self.product.rating {
            Some(rating) if rating.count > 0 && rating.mean <= Decimal::from(5) => {
                Cell::platform(Value::Decimal(rating.mean.round_dp(2)), "product.rating")
            }
            Some(rating) if rating.count > 0 => Cell::Empty(Gap::Refused("it is not 0 to 5")),
            _ => UNKNOWN,
        }
    }

    /// The products of one relation: a row has room for one, and the first there is goes first.
    pub(super) fn related(&self) -> Cell<'a> {
        let Some(relation) = self.relation() else { return UNKNOWN };
        let related = self.product.related.iter().filter(|one| one.relation == relation);
        let ids = related.take(RELATED).map(|one| one.product.as_str().into()).collect();
        Cell::platform(Value::Texts(ids), "product.related")
    }

    pub(super) fn relationship(&self) -> Cell<'a> {
        let Some(relation) = self.relation() else { return UNKNOWN };
        let relation = match relation {
            Relation::OftenBoughtWith => "often_bought_with",
            Relation::Substitute => "substitute",
            Relation::PartOfSet => "part_of_set",
            Relation::RequiredPart => "required_part",
            Relation::Accessory => "accessory",
            Relation::DifferentBrand => "different_brand",
        };
        word(relation, "product.related")
    }

    fn relation(&self) -> Option<Relation> {
        self.product.related.iter().map(|one| one.relation).min()
    }
}

/// The day of an instant, in UTC.
pub(super) fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
