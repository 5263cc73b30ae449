//! A value of a row, and where it came from or why it is missing.

use std::fmt;

use commerce::{Decimal, Money};
use jiff::{Timestamp, civil::Date};

use crate::text::Text;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Plain text.
    Text(Text<'a>),
    /// One of a contract's words.
    Word(&'static str),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A decimal number, written as text.
    Decimal(Decimal),
    /// A decimal number, written as number.
    Number(Decimal),
    /// `12.34 USD`.
    Money(Money),
    /// `31 cm`.
    Measure(Decimal, &'a str),
    /// `2026-04-01`.
    Date(Date),
    /// `2026-04-01 / 2026-05-01`.
    Days(Date, Date),
    /// `2026-04-01T00:00:00Z/2026-05-01T00:00:00Z`.
    Instants(Timestamp, Timestamp),
    /// Several texts.
    Texts(Vec<Text<'a>>),
    /// Texts by name, in an order that means something.
    Map(Map<'a>),
    /// Several such.
    Maps(Vec<Map<'a>>),
}

/// Texts by name.
pub type Map<'a> = Vec<(Text<'a>, Text<'a>)>;

impl Value<'_> {
    /// The same, borrowed.
    pub(crate) fn borrowed(&self) -> Value<'_> {
        fn lend<'b>(map: &'b Map<'_>) -> Map<'b> {
            map.iter().map(|(name, text)| (name.borrowed(), text.borrowed())).collect()
        }
        match self {
            Self::Text(text) => Value::Text(text.borrowed()),
            Self::Texts(texts) => Value::Texts(texts.iter().map(Text::borrowed).collect()),
            Self::Map(map) => Value::Map(lend(map)),
            Self::Maps(maps) => Value::Maps(maps.iter().map(lend).collect()),
            Self::Word(word) => Value::Word(word),
            Self::Flag(flag) => Value::Flag(*flag),
            Self::Count(count) => Value::Count(*count),
            Self::Decimal(number) => Value::Decimal(*number),
            Self::Number(number) => Value::Number(*number),
            Self::Money(money) => Value::Money(*money),
            Self::Measure(number, unit) => Value::Measure(*number, unit),
            Self::Date(date) => Value::Date(*date),
            Self::Days(from, to) => Value::Days(*from, *to),
            Self::Instants(from, to) => Value::Instants(*from, *to),
        }
    }
}

/// A field of a row: filled, or not and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// It has a value.
    Filled(Value<'a>, Origin<'a>),
    /// It has none.
    Empty(Gap),
}

impl<'a> Cell<'a> {
    /// What the platform says, at that place of its product.
    pub(crate) fn platform(value: Value<'a>, place: &'static str) -> Self {
        Self::Filled(value, Origin::Platform(place))
    }

    /// What follows from it.
    pub(crate) fn derived(value: Value<'a>, how: &'static str) -> Self {
        Self::Filled(value, Origin::Derived(how))
    }

    /// The same, borrowed.
    pub(crate) fn borrowed(&self) -> Cell<'_> {
        match self {
            Self::Filled(value, origin) => Cell::Filled(value.borrowed(), *origin),
            Self::Empty(gap) => Cell::Empty(*gap),
        }
    }

    pub(crate) fn value(&self) -> Option<&Value<'a>> {
        match self {
            Self::Filled(value, _) => Some(value),
            Self::Empty(_) => None,
        }
    }
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The platform says so, at that place of its product.
    Platform(&'static str),
    /// An option or a trait of the product, by its name in the store.
    Trait(&'a str),
    /// An added field, by its key.
    Meta(&'a str),
    /// A rule of the configuration, by its number, the first being 1.
    Rule(usize),
    /// The configuration's default.
    Default,
    /// It follows from other values.
    Derived(&'static str),
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(place) => write!(f, "the platform: {place}"),
            Self::Trait(name) => write!(f, "the product's trait {name:?}"),
            Self::Meta(key) => write!(f, "the added field {key:?}"),
            Self::Rule(number) => write!(f, "rule {number} of the configuration"),
            Self::Default => f.write_str("the configuration's default"),
            Self::Derived(how) => write!(f, "derived: {how}"),
        }
    }
}

/// Why a field has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Nobody says.
    Unknown,
    /// It does not apply to this item.
    Needless(&'static str),
    /// What there was could not be shown.
    Refused(&'static str),
    /// A rule of the configuration empties it, by its number.
    Emptied(usize),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("neither the platform nor the configuration says"),
            Self::Needless(why) => write!(f, "not for this item: {why}"),
            Self::Refused(why) => write!(f, "left out: {why}"),
            Self::Emptied(number) => write!(f, "emptied by rule {number} of the configuration"),
        }
    }
}
