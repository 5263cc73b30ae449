//! Part of a feed: what one brand made, what stands in one category, what one market buys.

use crate::{concept::Concept, item::Item, plan::stands_in, value::Value};

/// What a feed is to hold; everything, if it names nothing. Case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// As `brand` has it.
    pub brand: Option<String>,
    /// A category, alone or as a path with ` > ` between its levels, and all below it.
    pub category: Option<String>,
    /// One of `target_countries`, ISO 3166-1 alpha-2.
    pub market: Option<String>,
}

impl Filter {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.brand.is_none() && self.category.is_none() && self.market.is_none()
    }

    pub(crate) fn takes(&self, item: &Item<'_>) -> bool {
        self.takes_brand(item) && self.takes_category(item) && self.takes_market(item)
    }

    fn takes_brand(&self, item: &Item<'_>) -> bool {
        let Some(wanted) = &self.brand else { return true };
        match item.field(Concept::Brand).value() {
            Some(Value::Text(brand)) => brand.to_lowercase() == wanted.to_lowercase(),
            _ => false,
        }
    }

    fn takes_category(&self, item: &Item<'_>) -> bool {
        let Some(wanted) = &self.category else { return true };
        item.product.categories.iter().any(|one| stands_in(&one.path, wanted))
    }

    fn takes_market(&self, item: &Item<'_>) -> bool {
        let Some(wanted) = &self.market else { return true };
        match item.field(Concept::TargetCountries).value() {
            Some(Value::Texts(markets)) => {
                markets.iter().any(|market| market.eq_ignore_ascii_case(wanted))
            }
            _ => false,
        }
    }
}
