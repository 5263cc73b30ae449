//! What the buyer wants, as an agent tells it: all at once or change by change.

use std::{collections::BTreeMap, num::NonZeroU32};

use crate::{ItemId, RateId};

/// A part of a change: absent keeps what is there, null clears it, a value replaces it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// Put this in its place.
    Set(T),
}

/// What is kept with a draft for the seller to read, by name: claims of affiliates, an agent's own
/// facts. The platform stores the texts untouched.
pub type Facts = BTreeMap<String, String>;

/// What to change about a draft. Opening a draft is a change to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The whole list of lines, in place of the one before; `None` keeps it.
    pub lines: Option<Vec<Line>>,
    /// Who pays.
    pub buyer: Patch<Buyer>,
    /// Where it goes.
    pub destination: Patch<Destination>,
    /// One rate for each package that shall not have the platform's default.
    pub rates: Option<Vec<RateId>>,
    /// All discount codes, in place of those before; `None` keeps them.
    pub codes: Option<Vec<String>>,
    /// The buyer's note to the seller.
    pub note: Patch<String>,
    /// Facts to keep beside those that are kept already.
    pub facts: Facts,
}

/// One thing the buyer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A simple product or a variant.
    pub item: ItemId,
    /// How many.
    pub quantity: NonZeroU32,
}

/// The human who pays. Empty texts mean that it was not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where the receipt goes.
    pub email: String,
    /// As told, unparsed.
    pub phone: String,
    /// Whom a business buyer buys for.
    pub company: String,
}

/// Where the goods go, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The recipient's name.
    pub name: String,
    /// The recipient's phone, unparsed.
    pub phone: String,
    /// The recipient's e-mail.
    pub email: String,
    /// The postal address; digital goods need none.
    pub address: Option<Address>,
}

/// A postal address. The platform judges it, we do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The name on the door.
    pub name: String,
    /// The company on the door.
    pub company: String,
    /// Street and number.
    pub line_one: String,
    /// Floor, flat, building.
    pub line_two: String,
    /// City.
    pub city: String,
    /// State, province or region, as the platform codes it.
    pub state: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}
