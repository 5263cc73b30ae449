//! What a session became (schema `Order`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checkout::Total;

/// An order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// `order`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The store's id.
    pub id: String,
    /// The session it came from.
    pub checkout_session_id: String,
    /// What seller and buyer call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// Where the buyer can look at it.
    pub permalink_url: String,
    /// How far it has come; an open vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<OrderConfirmation>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub line_items: Vec<OrderLineItem>,
    /// What changed about it after the purchase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
    /// The sums. The total stays what was charged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Total>,
}

/// A change of an order after the purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Adjustment {
    /// Stable.
    pub id: String,
    /// `refund`; an open vocabulary.
    #[serde(rename = "type")]
    pub kind: String,
    /// RFC 3339.
    pub occurred_at: String,
    /// `pending`, `completed`, `failed`; an open vocabulary.
    pub status: String,
    /// What went back, in minor units, tax included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// ISO 4217, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Why, in the seller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What an agent is told of an order (webhook `order_events`): always the whole of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderEvent {
    /// `order_create` or `order_update`; some agents want other words.
    #[serde(rename = "type")]
    pub kind: String,
    /// The order as it is now.
    pub data: Order,
}

/// What confirms an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderConfirmation {
    /// The number on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_number: Option<String>,
    /// The buyer's note to the seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_notes: Option<String>,
}

/// One entry of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLineItem {
    /// Stable.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// How many.
    pub quantity: OrderQuantity,
    /// The product it is a variant of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The line's sums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Total>,
    /// How far it has come: follows from the quantities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// How many of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderQuantity {
    /// At first.
    pub ordered: u32,
    /// Now.
    pub current: u32,
    /// Of these, on their way or there.
    #[serde(default)]
    pub fulfilled: u32,
}
