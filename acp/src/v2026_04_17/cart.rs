//! Carts (schema `Cart`, RFC "cart"): things gathered before anybody wants to pay, with estimates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    checkout::{LineItem, Total},
    message::Message,
    party::Buyer,
    request::{RequestedItem, check_items},
};
use crate::{
    decode::{Checked, Invalid},
    version::Version,
};

/// A cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cart {
    /// Stable, and not to be guessed.
    pub id: String,
    /// What is in it.
    pub line_items: Vec<LineItem>,
    /// Who gathers, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
    /// ISO 4217, lower case; the seller's choice.
    pub currency: String,
    /// Estimates until checkout.
    pub totals: Vec<Total>,
    /// What could not be had, and remarks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// Where the buyer can go on by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continue_url: Option<String>,
    /// RFC 3339; it lives at least until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Creates a cart, or replaces what is in one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct CartRequest {
    /// The whole list; at least one.
    #[serde(alias = "items")]
    pub line_items: Vec<RequestedItem>,
    /// Who gathers.
    #[serde(default)]
    pub buyer: Option<Buyer>,
}

impl Checked for CartRequest {
    fn check(&self, _version: Version) -> Result<(), Invalid> {
        check_items(&self.line_items)
    }
}
