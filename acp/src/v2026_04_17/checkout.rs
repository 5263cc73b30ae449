//! The session (schema `CheckoutSession`): every answer is the full state, never a delta.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::{
    authentication::AuthenticationMetadata,
    consent::MarketingConsentOption,
    discount::Discounts,
    message::Message,
    order::Order,
    party::{Address, Buyer, FulfillmentDetails},
    payment::Capabilities,
};
use crate::version::Version;

/// A checkout session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckoutSession {
    /// Stable from create on; payment tokens are bound to it.
    pub id: String,
    /// The version of this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ProtocolVersion>,
    /// The ways to pay, and what may have to happen on the way.
    pub capabilities: Capabilities,
    /// Who pays, as far as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
    /// How far it has come.
    pub status: Status,
    /// What the agent needs while the status is [`Status::AuthenticationRequired`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_metadata: Option<AuthenticationMetadata>,
    /// ISO 4217, lower case; the currency of every amount.
    pub currency: String,
    /// What is in it.
    pub line_items: Vec<LineItem>,
    /// Where it goes, as far as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillment_details: Option<FulfillmentDetails>,
    /// The ways to ship.
    pub fulfillment_options: Vec<FulfillmentOption>,
    /// The chosen ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected_fulfillment_options: Vec<SelectedFulfillmentOption>,
    /// The sums.
    pub totals: Vec<Total>,
    /// Obstacles and remarks.
    pub messages: Vec<Message>,
    /// The seller's pages.
    pub links: Vec<Link>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// RFC 3339; after it the session is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Where the buyer can go on by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continue_url: Option<String>,
    /// The agent's own facts, as it sent them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Discount codes, where the agent knows the extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discounts: Option<Discounts>,
    /// The channels on which the seller asks to write to the buyer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marketing_consent_options: Vec<MarketingConsentOption>,
    /// What it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// The version of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtocolVersion {
    /// Its date.
    pub version: String,
}

/// The version of the answers that this shape encodes.
pub fn protocol() -> ProtocolVersion {
    ProtocolVersion { version: Version::V2026_04_17.as_str().to_owned() }
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Required information is missing.
    Incomplete,
    /// Something stops payment; the messages say what.
    #[default]
    NotReadyForPayment,
    /// The buyer has to go on at `continue_url`.
    RequiresEscalation,
    /// The issuer has to authenticate the buyer.
    AuthenticationRequired,
    /// Complete may be called.
    ReadyForPayment,
    /// Somebody has to approve.
    PendingApproval,
    /// The completion is running; read the session again.
    CompleteInProgress,
    /// It is an order.
    Completed,
    /// It was ended.
    Canceled,
    /// Something is running.
    InProgress,
    /// Its time is over.
    Expired,
}

/// One entry of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineItem {
    /// Stable while the line exists.
    pub id: String,
    /// What was asked for.
    pub item: Item,
    /// How many.
    pub quantity: NonZeroU32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Absolute URLs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// The price of one, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_amount: Option<i64>,
    /// The product it is a variant of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The seller's stock keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// What makes this variant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variant_options: Vec<VariantOption>,
    /// Most that can be bought at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_quantity_per_order: Option<u32>,
    /// The line's sums.
    pub totals: Vec<Total>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// The feed's id.
    pub id: String,
}

/// One trait of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VariantOption {
    /// What is chosen.
    pub name: String,
    /// The choice.
    pub value: String,
}

/// One row of sums. Discounts are positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Total {
    /// Which sum.
    #[serde(rename = "type")]
    pub kind: TotalKind,
    /// What the buyer reads.
    pub display_text: String,
    /// Minor units.
    pub amount: i64,
    /// More for the buyer to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What a tax is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<TaxBreakdown>,
}

/// Which sum a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotalKind {
    /// All items before discounts.
    ItemsBaseAmount,
    /// Discounts on items.
    ItemsDiscount,
    /// Items after their discounts.
    Subtotal,
    /// Discounts on the whole.
    Discount,
    /// Shipping.
    Fulfillment,
    /// Taxes.
    Tax,
    /// Fees.
    Fee,
    /// Wrapping.
    GiftWrap,
    /// A tip.
    Tip,
    /// Credit at the store.
    StoreCredit,
    /// What is charged.
    Total,
    /// What went back.
    AmountRefunded,
}

/// One tax.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaxBreakdown {
    /// Who takes it.
    pub jurisdiction: String,
    /// Its rate.
    pub rate: Number,
    /// Minor units.
    pub amount: i64,
}

/// One way to ship.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FulfillmentOption {
    /// By a carrier.
    Shipping {
        /// How to choose it.
        id: String,
        /// What it is called.
        title: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What it costs.
        totals: Vec<Total>,
    },
    /// Nothing is shipped.
    Digital {
        /// How to choose it.
        id: String,
        /// What it is called.
        title: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What it costs.
        totals: Vec<Total>,
    },
    /// The buyer comes.
    Pickup {
        /// How to choose it.
        id: String,
        /// What it is called.
        title: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Where to.
        location: Box<PickupLocation>,
        /// What it costs.
        totals: Vec<Total>,
    },
    /// By the seller.
    LocalDelivery {
        /// How to choose it.
        id: String,
        /// What it is called.
        title: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// What it costs.
        totals: Vec<Total>,
    },
}

/// Where a buyer picks up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PickupLocation {
    /// What the place is called.
    pub name: String,
    /// Where it is.
    pub address: Address,
}

/// A chosen way to ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelectedFulfillmentOption {
    /// Its kind, as the option has it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The option.
    pub option_id: String,
    /// The lines it ships.
    pub item_ids: Vec<String>,
}

/// One of the seller's pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: LinkType,
    /// Absolute.
    pub url: String,
}

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkType {
    /// Terms.
    TermsOfUse,
    /// Privacy.
    PrivacyPolicy,
    /// Returns.
    ReturnPolicy,
    /// Shipping.
    ShippingPolicy,
    /// Contact.
    ContactUs,
    /// The seller.
    AboutUs,
    /// Questions.
    Faq,
    /// Help.
    Support,
}

impl LinkType {
    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(Value::from(name)).ok()
    }
}
