//! Products as the shop keeps them, and the questions the carts ask about them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::decimal::{self, Micros};
use super::shop::Shop;

/// All products, variations among them, and the pictures they show.
#[derive(Default)]
pub(super) struct Catalog {
    /// By id.
    pub(super) products: BTreeMap<u64, Product>,
    /// File names by id.
    pub(super) images: BTreeMap<u64, &'static str>,
}

/// WooCommerce's product types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Simple,
    Variable,
    Variation,
    Grouped,
    External,
}

impl Kind {
    /// The `type` member.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Variable => "variable",
            Self::Variation => "variation",
            Self::Grouped => "grouped",
            Self::External => "external",
        }
    }
}

/// One product or variation.
#[derive(Clone, Default)]
pub(super) struct Product {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) sku: String,
    pub(super) gtin: &'static str,
    /// Decimal text as the merchant typed it; empty for parents.
    pub(super) regular: String,
    /// The sale price; empty when there is none.
    pub(super) sale: String,
    /// From when to when the sale price counts; open without.
    pub(super) sale_dates: Option<(Timestamp, Timestamp)>,
    pub(super) unpublished: bool,
    pub(super) hidden: bool,
    /// What buyers have to know to see it.
    pub(super) password: &'static str,
    pub(super) description: &'static str,
    pub(super) short: &'static str,
    pub(super) intangible: Intangible,
    pub(super) tax_class: &'static str,
    /// Units on hand, when the shop counts them.
    pub(super) stock: Option<i64>,
    /// What an uncounted product says of itself: out of stock or not.
    pub(super) sold_out: bool,
    /// `no`, `notify` or `yes`.
    pub(super) backorders: &'static str,
    pub(super) weight: &'static str,
    pub(super) size: [&'static str; 3],
    pub(super) categories: Vec<Term>,
    pub(super) brand: Option<Term>,
    pub(super) tags: Vec<Term>,
    /// Stars and words, the newest first.
    pub(super) reviews: &'static [(u64, &'static str)],
    /// What is shown in its place, and beside it in the cart.
    pub(super) upsells: &'static [u64],
    pub(super) cross_sells: &'static [u64],
    /// What plugins keep with it.
    pub(super) kept: &'static [(&'static str, &'static str)],
    pub(super) images: Vec<u64>,
    pub(super) attributes: Vec<Attribute>,
    /// A variation's values, in the order of the parent's attributes; `None` is "any".
    pub(super) values: Vec<(Attribute, Option<Term>)>,
    pub(super) parent: u64,
    /// Variations of a variable, members of a grouped product.
    pub(super) children: Vec<u64>,
    pub(super) external: Option<(&'static str, &'static str)>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) total_sales: i64,
    pub(super) menu_order: u64,
    /// Least units of a line; 0 is 1.
    pub(super) minimum: i64,
    /// Units come in multiples of this; 0 is 1.
    pub(super) step: i64,
    /// Most units of a line; 0 is as many as there are, 1 is "sold individually".
    pub(super) most: i64,
}

/// What of a product is not a thing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Intangible {
    /// It is a thing and gets shipped.
    #[default]
    No,
    /// Nothing to ship.
    Virtual,
    /// Nothing to ship, files to fetch.
    Download,
}

/// A category, brand or attribute value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
}

/// A product attribute with its options.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// 0 for an attribute of this product alone.
    pub(super) id: u64,
    pub(super) name: &'static str,
    /// `pa_color` for a shop-wide attribute, the bare name else.
    pub(super) slug: &'static str,
    pub(super) variation: bool,
    pub(super) options: Vec<Term>,
}

impl Attribute {
    /// The lower-case key under which variations keep it.
    pub(super) fn key(&self) -> String {
        self.slug.to_lowercase()
    }
}

impl Product {
    /// Nothing to ship.
    pub(super) fn is_virtual(&self) -> bool {
        self.intangible != Intangible::No
    }

    /// Files to fetch.
    pub(super) fn is_download(&self) -> bool {
        self.intangible == Intangible::Download
    }

    /// May be sold when the stock is used up.
    pub(super) fn backorders_allowed(&self) -> bool {
        matches!(self.backorders, "yes" | "notify")
    }

    /// `instock`, `outofstock` or `onbackorder`.
    pub(super) fn stock_status(&self) -> &'static str {
        match self.stock {
            Some(units) if units > 0 => "instock",
            Some(_) if self.backorders_allowed() => "onbackorder",
            Some(_) => "outofstock",
            None if self.sold_out => "outofstock",
            None => "instock",
        }
    }

    /// Whether the cart takes it at all.
    pub(super) fn is_in_stock(&self) -> bool {
        self.stock_status() != "outofstock"
    }

    /// How many one line may hold.
    pub(super) fn maximum(&self) -> i64 {
        match self.stock {
            _ if self.most > 0 => self.most,
            Some(units) if units > 0 && !self.backorders_allowed() => units,
            _ => 9999,
        }
    }

    /// Least units of a line.
    pub(super) fn minimum(&self) -> i64 {
        self.minimum.max(1)
    }

    /// What the units of a line are a multiple of.
    pub(super) fn step(&self) -> i64 {
        self.step.max(1)
    }

    /// What remains, once it is little (the shop's threshold is 2).
    pub(super) fn low_stock(&self) -> Option<i64> {
        self.stock
            .filter(|units| *units <= 2 && !self.backorders_allowed())
            .map(|units| units.max(0))
    }

    /// Whether the sale price counts now.
    pub(super) fn on_sale(&self, now: Timestamp) -> bool {
        let dated = self.sale_dates.is_none_or(|(from, to)| from <= now && now < to);
        !self.sale.is_empty() && dated
    }

    /// The price text that counts now: as typed, without padding.
    pub(super) fn price(&self, now: Timestamp) -> &str {
        if self.on_sale(now) { &self.sale } else { &self.regular }
    }

    /// The price that counts now.
    pub(super) fn amount(&self, now: Timestamp) -> Micros {
        decimal::parse(self.price(now)).unwrap_or(0)
    }

    /// The regular price.
    pub(super) fn regular_amount(&self) -> Micros {
        decimal::parse(&self.regular).unwrap_or(0)
    }
}

impl Catalog {
    /// A product or variation.
    pub(super) fn get(&self, id: u64) -> Option<&Product> {
        self.products.get(&id)
    }

    /// Its variations or members.
    pub(super) fn children<'a>(&'a self, parent: &'a Product) -> impl Iterator<Item = &'a Product> {
        parent.children.iter().filter_map(|id| self.get(*id))
    }

    /// The parent of a variation, else the product itself.
    pub(super) fn family<'a>(&'a self, product: &'a Product) -> &'a Product {
        self.get(product.parent).unwrap_or(product)
    }

    /// Whether a cart may hold it: published (its parent as well), priced, of a sellable type.
    pub(super) fn is_purchasable(&self, product: &Product) -> bool {
        let priced = !product.regular.is_empty() || product.kind == Kind::Variable;
        let sellable = !matches!(product.kind, Kind::Grouped | Kind::External);
        priced && sellable && !product.unpublished && !self.family(product).unpublished
    }

    /// Lowest and highest price of the children, for a variable or grouped product.
    pub(super) fn range(&self, parent: &Product, now: Timestamp) -> Option<(Micros, Micros)> {
        let amounts = self.children(parent).map(|child| child.amount(now));
        amounts.fold(None, |range: Option<(Micros, Micros)>, amount| {
            let (low, high) = range.unwrap_or((amount, amount));
            Some((low.min(amount), high.max(amount)))
        })
    }

    /// The price text of a product; a parent names the lowest of its children.
    pub(super) fn price_text(&self, product: &Product, now: Timestamp) -> String {
        match product.kind {
            Kind::Variable | Kind::Grouped => {
                self.range(product, now).map_or_else(String::new, |(low, _)| decimal::plain(low))
            }
            _ => product.price(now).to_owned(),
        }
    }
}

impl Shop {
    /// Changes a product's stock and everything that follows from it.
    pub(super) fn move_stock(&mut self, id: u64, by: i64) -> Option<(i64, i64)> {
        let now = self.now();
        let product = self.catalog.products.get_mut(&id)?;
        let before = product.stock?;
        product.stock = Some(before + by);
        self.touch(id, now);
        Some((before, before + by))
    }

    /// Notes an edit: the modified date moves, for a variation on its parent too.
    pub(super) fn touch(&mut self, id: u64, now: Timestamp) {
        let Some(product) = self.catalog.products.get_mut(&id) else { return };
        product.modified = now;
        let parent = product.parent;
        if let Some(parent) = self.catalog.products.get_mut(&parent) {
            parent.modified = now;
        }
        self.announce("product.updated", id);
    }
}
