//! Products as a feed needs them, whatever platform they come from.
//!
//! Everything is as the platform says it: a text may be too long, a code may be wrong. What can be
//! shown to whom is decided where a feed is written. What a platform does not know is absent.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Cursor, ItemId, Money, ProductId};

mod details;
mod storefront;
mod words;

pub use details::{
    AgeGroup, Category, Condition, Details, Dimensions, Gender, Image, LengthUnit, Quantity,
    Question, Rating, Related, Relation, Review, ShippingPrice, Taxonomy, Trait, UnitPricing,
    Weight, WeightUnit,
};
pub use storefront::{Pickup, PickupMethod, Storefront};
pub use words::is_brand_word;

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

/// Some of what there is, by its ids only.
#[derive(Clone, Debug)]
pub struct ListingPage {
    /// In the platform's stable order.
    pub listed: Vec<Listed>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
    /// How many products there are in all, where the platform says so.
    pub total: Option<u64>,
}

/// A product that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub product: ProductId,
    /// Its variants, whether they are sold or not; empty for a product without.
    pub variants: Vec<ItemId>,
}

/// A product. Texts are plain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The platform's id.
    pub id: ProductId,
    /// What kind of thing it is.
    pub kind: ProductKind,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub description: String,
    /// The same with its markup, as the store's owner wrote it.
    pub description_html: Option<String>,
    /// Its page in the store.
    pub url: String,
    /// Its pictures, the main one first.
    pub images: Vec<Image>,
    /// Absolute URLs of films.
    pub videos: Vec<String>,
    /// Absolute URLs of three-dimensional models.
    pub models: Vec<String>,
    /// Who makes it.
    pub brand: Option<String>,
    /// Where it stands, the most telling place first.
    pub categories: Vec<Category>,
    /// What the owner calls this kind of product, outside of any taxonomy.
    pub product_type: Option<String>,
    /// The owner's own labels.
    pub tags: Vec<String>,
    /// What holds for all variants that do not say otherwise.
    pub details: Details,
    /// What buyers think of it; `None` while nobody has said.
    pub rating: Option<Rating>,
    /// What buyers wrote, without their names.
    pub reviews: Vec<Review>,
    /// Questions and their answers.
    pub questions: Vec<Question>,
    /// What goes with it, or in its place.
    pub related: Vec<Related>,
    /// How many were ever sold, where the platform counts.
    pub sold: Option<u64>,
    /// A voucher: worth money, no goods.
    pub is_gift_card: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it, or one of its variants, was last changed.
    pub updated_at: Option<Timestamp>,
    /// What can be bought; one entry for a product without variants.
    pub variants: Vec<Variant>,
    /// Why an agent cannot buy it, if so.
    pub exclusion: Option<Exclusion>,
}

impl Product {
    /// A product of which no more is known than this.
    pub fn new(id: ProductId, kind: ProductKind, title: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            title: title.into(),
            description: String::new(),
            description_html: None,
            url: String::new(),
            images: Vec::new(),
            videos: Vec::new(),
            models: Vec::new(),
            brand: None,
            categories: Vec::new(),
            product_type: None,
            tags: Vec::new(),
            details: Details::default(),
            rating: None,
            reviews: Vec::new(),
            questions: Vec::new(),
            related: Vec::new(),
            sold: None,
            is_gift_card: false,
            created_at: None,
            updated_at: None,
            variants: Vec::new(),
            exclusion: None,
        }
    }
}

/// What kind of thing a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// What an agent orders.
    pub item: ItemId,
    /// The product's title and what sets this one apart.
    pub title: String,
    /// What it is, where it has a text of its own.
    pub description: Option<String>,
    /// What sets this one apart; a value left open has to be asked for.
    pub options: Vec<Choice>,
    /// The seller's stock keeping unit.
    pub sku: Option<String>,
    /// Global trade item number, as the store has it.
    pub gtin: Option<String>,
    /// The maker's part number. Never the stock keeping unit.
    pub mpn: Option<String>,
    /// The regular price.
    pub price: Money,
    /// The price now, where it is lower.
    pub sale_price: Option<Money>,
    /// When the sale begins, where it does.
    pub sale_start: Option<Timestamp>,
    /// When the sale ends, where it does.
    pub sale_end: Option<Timestamp>,
    /// What is in it, and what amount its price is compared by.
    pub unit_pricing: Option<UnitPricing>,
    /// What the store calls its kind of tax.
    pub tax_class: Option<String>,
    /// Whether it can be had.
    pub availability: Availability,
    /// When it can be had, where it cannot now.
    pub available_at: Option<Timestamp>,
    /// When it is no longer sold or no longer good.
    pub expires_at: Option<Timestamp>,
    /// How many are left, where the platform counts.
    pub quantity: Option<i64>,
    /// It can be ordered beyond what is left.
    pub takes_backorders: bool,
    /// It is sold only to those who subscribe.
    pub needs_subscription: bool,
    /// Its own picture.
    pub image: Option<Image>,
    /// Its own page.
    pub url: String,
    /// Nothing is shipped.
    pub is_digital: bool,
    /// What shipping it costs for certain. Shared by all variants that cost the same.
    pub shipping: Arc<[ShippingPrice]>,
    /// What sets this one apart from its product's details.
    pub details: Details,
}

impl Variant {
    /// A variant of which no more is known than this: in stock, shipped, at its regular price.
    pub fn new(item: ItemId, title: impl Into<String>, price: Money) -> Self {
        Self {
            item,
            title: title.into(),
            description: None,
            options: Vec::new(),
            sku: None,
            gtin: None,
            mpn: None,
            price,
            sale_price: None,
            sale_start: None,
            sale_end: None,
            unit_pricing: None,
            tax_class: None,
            availability: Availability::InStock,
            available_at: None,
            expires_at: None,
            quantity: None,
            takes_backorders: false,
            needs_subscription: false,
            image: None,
            url: String::new(),
            is_digital: false,
            shipping: Arc::default(),
            details: Details::default(),
        }
    }

    /// Whether every choice is made: a value left open would have to be asked for.
    pub fn is_settled(&self) -> bool {
        self.options.iter().all(|choice| choice.value.is_some())
    }
}

/// One trait of a variant: color, size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is chosen.
    pub name: String,
    /// The value; `None` where the buyer has to say.
    pub value: Option<String>,
}

/// Whether a variant can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    /// Now.
    InStock,
    /// Not now.
    OutOfStock,
    /// Later, and it can be ordered now.
    Backorder,
    /// Not before it appears, and it can be ordered now.
    PreOrder,
    /// The platform does not say.
    Unknown,
}
