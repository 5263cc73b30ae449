//! The vocabulary between protocol and platform, and the [`Connector`] trait.
//!
//! A protocol crate speaks to agents, a connector speaks to one platform; this crate is all the
//! two share. It never sends anything, never reads a clock, and knows no wire format.

mod cart;
mod catalog;
mod connector;
#[cfg(feature = "contract")]
pub mod contract;
mod draft;
mod hook;
mod id;
mod money;
mod rehearsal;
mod sale;
mod text;

pub use cart::{Address, Buyer, Change, Destination, Facts, Line, Patch};
pub use catalog::{
    AgeGroup, Availability, Category, Choice, Condition, Details, Dimensions, Exclusion, Gender,
    Image, LengthUnit, Listed, ListingPage, Pickup, PickupMethod, Product, ProductKind,
    ProductPage, Quantity, Question, Rating, Related, Relation, Review, ShippingPrice, Storefront,
    Taxonomy, Trait, UnitPricing, Variant, Weight, WeightUnit, is_brand_word,
};
pub use connector::{Commitment, Connector, ConnectorError, Effect, Finding, Hold, Level};
pub use draft::{
    AppliedCode, CodeRefusal, Draft, DraftState, Order, OrderState, Problem, ProblemKind, Quote,
    QuotedLine, Rate, RateKind, Subject, TaxLine, Totals,
};
pub use hook::{Forged, Heard, Hook, HookState, HookTarget};
pub use id::{
    AgentId, Cursor, DraftId, ItemId, LineId, OrderId, PaymentId, ProductId, RateId, SessionId,
};
pub use money::{Currency, Decimal, Money, MoneyError};
pub use rehearsal::{first_in_stock, rehearsal};
pub use sale::{Booking, Brought, Origin, Refund, Sale, mark_of};
pub use text::{plain_text, spoken};
