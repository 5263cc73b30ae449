//! What is known of a thing beyond its name, its price and its stock.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ProductId;

/// What is known of a product, or of one variant; the variant's word goes before its product's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// How worn it is.
    pub condition: Option<Condition>,
    /// What it weighs, by itself or with its parcel: what the owner keeps there.
    pub weight: Option<Weight>,
    /// How large it is, by itself or with its parcel: what the owner keeps there.
    pub dimensions: Option<Dimensions>,
    /// What it is made of.
    pub material: Option<String>,
    /// Its color.
    pub color: Option<String>,
    /// Its size.
    pub size: Option<String>,
    /// Whose sizes those are: `US`, `EU`.
    pub size_system: Option<String>,
    /// For whom.
    pub gender: Option<Gender>,
    /// For what age.
    pub age_group: Option<AgeGroup>,
    /// The owner's own traits, in the owner's words. Of a variant only those that are not options.
    pub traits: Vec<Trait>,
    /// Fields that plugins or the owner added, by their key; only those the configuration asks
    /// for.
    pub meta: BTreeMap<String, String>,
}

/// A trait with all its values: `Material`: `Linen`, `Cotton`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trait {
    /// What it is called in the store.
    pub name: String,
    /// What it has of it.
    pub values: Vec<String>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Absolute.
    pub url: String,
    /// What it shows, for those who do not see it.
    pub alt: Option<String>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
}

impl Image {
    /// A picture of which only the address is known.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), alt: None, size: None }
    }
}

/// A place in a taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Outermost first, never empty.
    pub path: Vec<String>,
    /// Whose places these are.
    pub taxonomy: Taxonomy,
}

/// Who named the categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taxonomy {
    /// The store.
    Store,
    /// Shopify's standard taxonomy.
    Shopify,
    /// Google's product categories.
    Google,
}

/// How worn a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Not at all.
    New,
    /// Used, and made good.
    Refurbished,
    /// Used.
    Used,
}

/// For whom a thing is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gender {
    /// Women.
    Female,
    /// Men.
    Male,
    /// Everybody.
    Unisex,
}

/// For what age a thing is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgeGroup {
    /// Up to three months.
    Newborn,
    /// Up to a year.
    Infant,
    /// Up to five years.
    Toddler,
    /// Up to thirteen years.
    Kids,
    /// Older.
    Adult,
}

/// A weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: WeightUnit,
}

/// What weights are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightUnit {
    /// g
    Gram,
    /// kg
    Kilogram,
    /// oz
    Ounce,
    /// lb
    Pound,
}

/// Length, width and height, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// How long.
    pub length: Option<Decimal>,
    /// How wide.
    pub width: Option<Decimal>,
    /// How high.
    pub height: Option<Decimal>,
    /// In what.
    pub unit: LengthUnit,
}

/// What lengths are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LengthUnit {
    /// mm
    Millimeter,
    /// cm
    Centimeter,
    /// m
    Meter,
    /// in
    Inch,
    /// ft
    Foot,
}

/// What is in a package, and what amount its price is compared by: 750 ml, 100 ml.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPricing {
    /// What is in it.
    pub measure: Quantity,
    /// What its price is compared by.
    pub base: Quantity,
}

/// An amount of something: 750 ml.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// How many.
    pub value: Decimal,
    /// Of what, in the platform's words.
    pub unit: String,
}

/// What shipping costs to a place, where that does not depend on the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingPrice {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// A part of that country; `None` for all of it.
    pub region: Option<String>,
    /// What the store calls it.
    pub service: String,
    /// What it costs.
    pub price: crate::Money,
}

/// What buyers think of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// The mean, 0 to 5.
    pub mean: Decimal,
    /// How many buyers said so.
    pub count: u64,
}

/// What one buyer wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Its headline.
    pub title: Option<String>,
    /// The text, plain.
    pub text: String,
    /// 1 to 5.
    pub rating: Option<u8>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What was asked.
    pub question: String,
    /// What the seller answers.
    pub answer: String,
}

/// Another product that this one has to do with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Which.
    pub product: ProductId,
    /// What they have to do with each other.
    pub relation: Relation,
}

/// What two products have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Relation {
    /// Bought together.
    OftenBoughtWith,
    /// One in the place of the other.
    Substitute,
    /// Of one set.
    PartOfSet,
    /// This one needs the other.
    RequiredPart,
    /// The other goes with this one.
    Accessory,
    /// The same by another maker.
    DifferentBrand,
}
