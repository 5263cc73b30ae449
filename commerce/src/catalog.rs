//! Products as a feed needs them, whatever platform they come from.

use jiff::Timestamp;

use crate::{Cursor, ItemId, Money, ProductId};

/// One page of a catalog.
#[derive(Clone, Debug)]
pub struct ProductPage {
    /// In the platform's stable order.
    pub products: Vec<Product>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
    /// How many products there are in all, where the platform says so.
    pub total: Option<u64>,
}

/// A product. Texts are plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The platform's id.
    pub id: ProductId,
    /// What kind of thing it is.
    pub kind: ProductKind,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its page in the store.
    pub url: String,
    /// Absolute URLs, the main one first.
    pub images: Vec<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// Where it stands in the store, outermost first.
    pub categories: Vec<String>,
    /// What can be bought; one entry for a product without variants.
    pub variants: Vec<Variant>,
    /// Why an agent cannot buy it, if so.
    pub exclusion: Option<Exclusion>,
}

/// What kind of thing a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductKind {
    /// One thing.
    Simple,
    /// Several variants of one thing.
    Variable,
    /// Sold elsewhere.
    External,
    /// A shelf of other products.
    Grouped,
    /// Something a plugin brought.
    Other,
}

/// Why a product is not sold through agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Hidden from the store's own catalog.
    Hidden,
    /// Not published, or behind a password.
    NotPublic,
    /// It has no price.
    NoPrice,
    /// It is sold elsewhere.
    External,
    /// It is only a shelf of other products.
    Grouped,
    /// A kind of product that a cart cannot hold.
    Unsupported,
}

/// What is bought: a product without variants, or one of its variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// What an agent orders.
    pub item: ItemId,
    /// The product's title and what sets this one apart.
    pub title: String,
    /// What sets this one apart; a value left open has to be asked for.
    pub options: Vec<Choice>,
    /// The seller's stock keeping unit.
    pub sku: Option<String>,
    /// Global trade item number.
    pub gtin: Option<String>,
    /// The regular price.
    pub price: Money,
    /// The price now, where it is lower.
    pub sale_price: Option<Money>,
    /// When the sale ends, where it does.
    pub sale_end: Option<Timestamp>,
    /// Whether it can be had.
    pub availability: Availability,
    /// How many are left, where the platform counts.
    pub quantity: Option<i64>,
    /// Its own picture.
    pub image: Option<String>,
    /// Its own page.
    pub url: String,
    /// Nothing is shipped.
    pub is_digital: bool,
}

impl Variant {
    /// Whether every choice is made: a value left open would have to be asked for.
    pub fn is_settled(&self) -> bool {
        self.options.iter().all(|choice| choice.value.is_some())
    }
}

/// One trait of a variant: color, size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen.
    pub name: String,
    /// The value; `None` where the buyer has to say.
    pub value: Option<String>,
}

/// Whether a variant can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Now.
    InStock,
    /// Not now.
    OutOfStock,
    /// Later, and it can be ordered now.
    Backorder,
}
