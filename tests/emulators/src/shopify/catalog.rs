//! Products, variants and their stock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::money::Currency;

/// What is sold, as a whole.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) handle: String,
    pub(super) vendor: &'static str,
    pub(super) kind: &'static str,
    pub(super) tags: Vec<String>,
    /// `ACTIVE`, `DRAFT`, `ARCHIVED`, `UNLISTED`.
    pub(super) status: String,
    pub(super) html: String,
    /// Id and full name in Shopify's taxonomy.
    pub(super) category: Option<(&'static str, &'static str)>,
    /// Names and values, in order; none for a product with one variant.
    pub(super) options: Vec<(&'static str, Vec<&'static str>)>,
    pub(super) variants: Vec<u64>,
    pub(super) images: Vec<Image>,
    /// Where its film and its model are.
    pub(super) film: Option<&'static str>,
    pub(super) model: Option<&'static str>,
    pub(super) gift_card: bool,
    pub(super) requires_selling_plan: bool,
    /// Publications that show it.
    pub(super) published: BTreeSet<u64>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// A picture.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) id: u64,
    pub(super) url: String,
    pub(super) alt: Option<&'static str>,
}

/// What a buyer can put into a cart.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of Shopify's own")]
pub(super) struct Variant {
    pub(super) id: u64,
    pub(super) item: u64,
    pub(super) product: u64,
    /// The values of the product's options.
    pub(super) values: Vec<&'static str>,
    pub(super) sku: Option<&'static str>,
    pub(super) barcode: Option<&'static str>,
    /// In the shop's minor units.
    pub(super) price: i64,
    pub(super) compare_at: Option<i64>,
    /// Sold on when there is none left.
    pub(super) oversells: bool,
    pub(super) taxable: bool,
    pub(super) tracked: bool,
    pub(super) ships: bool,
    pub(super) grams: u64,
    pub(super) requires_components: bool,
    /// Quantity and unit, for a unit price.
    pub(super) measure: Option<(i64, &'static str)>,
    pub(super) position: usize,
    pub(super) updated: Timestamp,
}

/// How many there are at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) available: i64,
    /// Sold, and still there.
    pub(super) committed: i64,
    /// Held for a draft.
    pub(super) reserved: i64,
    pub(super) updated: Timestamp,
}

/// Units of a variant taken at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) variant: u64,
    pub(super) location: u64,
    pub(super) quantity: i64,
}

/// Everything that is for sale.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) products: BTreeMap<u64, Product>,
    pub(super) variants: BTreeMap<u64, Variant>,
    /// Variants by what is stocked of them.
    items: BTreeMap<u64, u64>,
    /// By variant and location.
    pub(super) levels: BTreeMap<(u64, u64), Level>,
}

impl Catalog {
    /// Puts a variant on sale.
    pub(super) fn add(&mut self, variant: Variant) {
        self.items.insert(variant.item, variant.id);
        self.variants.insert(variant.id, variant);
    }

    /// The variant of a stock item.
    pub(super) fn item(&self, item: u64) -> Option<&Variant> {
        self.variants.get(self.items.get(&item)?)
    }

    /// What is left to sell of a variant, everywhere.
    pub(super) fn available(&self, variant: u64) -> i64 {
        self.stocked(variant).map(|(_, level)| level.available).sum()
    }

    /// Where a variant is kept.
    pub(super) fn stocked(&self, variant: u64) -> impl Iterator<Item = (u64, &Level)> {
        let keys = (variant, 0)..=(variant, u64::MAX);
        self.levels.range(keys).map(|((_, location), level)| (*location, level))
    }

    /// Whether a buyer can have one more.
    pub(super) fn for_sale(&self, variant: &Variant) -> bool {
        let product = self.products.get(&variant.product);
        product.is_some_and(|product| product.status == "ACTIVE" || product.status == "UNLISTED")
            && (!variant.tracked || variant.oversells || self.available(variant.id) > 0)
    }

    /// Takes units away, from where most are left; below nothing if need be.
    pub(super) fn take(
        &mut self,
        variant: u64,
        quantity: i64,
        hold: bool,
        now: Timestamp,
    ) -> Vec<Taken> {
        let tracked = self.variants.get(&variant).is_some_and(|known| known.tracked);
        let place = self.stocked(variant).max_by_key(|(_, level)| level.available);
        let Some(location) = place.map(|(location, _)| location).filter(|_| tracked) else {
            return Vec::new();
        };
        if let Some(level) = self.levels.get_mut(&(variant, location)) {
            level.available -= quantity;
            let other = if hold { &mut level.reserved } else { &mut level.committed };
            *other += quantity;
            level.updated = now;
        }
        vec![Taken { variant, location, quantity }]
    }

    /// Units that had left come back.
    pub(super) fn give(&mut self, back: Taken, now: Timestamp) {
        if let Some(level) = self.levels.get_mut(&(back.variant, back.location)) {
            level.available += back.quantity;
            level.updated = now;
        }
    }

    /// Units that were sold leave.
    pub(super) fn ship(&mut self, variant: u64, quantity: i64, now: Timestamp) {
        let place = self.stocked(variant).max_by_key(|(_, level)| level.committed);
        let place = place.map(|(location, _)| location);
        if let Some(level) = place.and_then(|location| self.levels.get_mut(&(variant, location))) {
            level.committed -= quantity;
            level.updated = now;
        }
    }

    /// Puts units back.
    pub(super) fn put_back(&mut self, taken: Taken, held: bool, now: Timestamp) {
        if let Some(level) = self.levels.get_mut(&(taken.variant, taken.location)) {
            level.available += taken.quantity;
            let other = if held { &mut level.reserved } else { &mut level.committed };
            *other -= taken.quantity;
            level.updated = now;
        }
    }
}

impl Variant {
    /// Its values, or what Shopify calls the only one.
    pub(super) fn title(&self) -> String {
        if self.values.is_empty() { "Default Title".to_owned() } else { self.values.join(" / ") }
    }
}

/// A place that keeps or hands out goods.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) active: bool,
    pub(super) online: bool,
    pub(super) address: [&'static str; 5],
    /// Instructions for those who fetch their goods here.
    pub(super) pickup: Option<&'static str>,
}

/// A group of countries with prices of its own.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) handle: &'static str,
    pub(super) countries: &'static [&'static str],
    pub(super) currency: Currency,
    /// Percent of the base price.
    pub(super) percent: i64,
}

/// Where a zone's parcels go, and for how much.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub(super) country: &'static str,
    /// Empty for all of the country.
    pub(super) provinces: &'static [&'static str],
    /// Title, code, price in the shop's minor units, and the subtotal from which it is offered.
    pub(super) rates: Vec<(&'static str, i64, i64)>,
}

/// A tax of a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tax {
    pub(super) country: &'static str,
    /// Empty for all of the country.
    pub(super) province: &'static str,
    pub(super) title: &'static str,
    /// Hundred-thousandths: 7.25 % is 7250.
    pub(super) rate: i64,
    pub(super) on_shipping: bool,
}

/// Less to pay, for a code or by itself.
#[derive(Clone, Debug)]
pub(super) struct Discount {
    pub(super) id: u64,
    pub(super) title: String,
    /// Absent where it applies by itself.
    pub(super) code: Option<String>,
    pub(super) worth: Worth,
    /// Empty for the whole order.
    pub(super) products: Vec<u64>,
    /// The subtotal from which it counts, in the shop's minor units.
    pub(super) minimum: i64,
    pub(super) starts: Timestamp,
    pub(super) ends: Option<Timestamp>,
    pub(super) limit: Option<u32>,
    pub(super) used: u32,
    /// Whether it goes together with others.
    pub(super) combines: bool,
}

/// What a discount takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Hundredths of a percent.
    Percent(i64),
    /// The shop's minor units.
    Fixed(i64),
    /// Shipping costs nothing.
    FreeShipping,
}
