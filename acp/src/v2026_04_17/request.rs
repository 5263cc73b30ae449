//! What agents send (schema `CheckoutSessionCreateRequest`, `…UpdateRequest`,
//! `…CompleteRequest`, `CancelSessionRequest`).
//!
//! Members of older versions are understood: `items` for `line_items`, `fulfillment_address` for
//! `fulfillment_details`, `coupons` for `discounts`. The schema of this version forgot
//! `quantity`; everybody sends it, so it is read.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{
    party::{Address, Buyer, FulfillmentDetails},
    payment::{PaymentData, RequestedCapabilities},
};
use crate::{
    decode::{Checked, Invalid, broken, quantity},
    patch::Patch,
};

/// Longest note, in characters (schema `order_notes`).
const NOTE_MAX: usize = 5000;

/// One thing the buyer wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ItemShape")]
pub struct RequestedItem {
    /// The feed's id.
    pub id: String,
    /// How many.
    pub quantity: NonZeroU32,
}

/// Creates a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "CreateShape")]
pub struct CreateRequest {
    /// What the buyer wants; at least one.
    pub line_items: Vec<RequestedItem>,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What the agent can do.
    pub capabilities: RequestedCapabilities,
    /// Who pays.
    pub buyer: Option<Buyer>,
    /// Where it goes.
    pub fulfillment_details: Option<FulfillmentDetails>,
    /// Discount codes; `None` if none were sent.
    pub discount_codes: Option<Vec<String>>,
    /// The buyer's note to the seller.
    pub order_notes: Option<String>,
}

/// Changes a session: absent members stay, null clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "UpdateShape")]
pub struct UpdateRequest {
    /// The whole list, in place of the one before.
    pub line_items: Patch<Vec<RequestedItem>>,
    /// Who pays.
    pub buyer: Patch<Buyer>,
    /// Where it goes.
    pub fulfillment_details: Patch<FulfillmentDetails>,
    /// The ways to ship.
    pub selected_fulfillment_options: Patch<Vec<SelectedOption>>,
    /// All discount codes.
    pub discount_codes: Patch<Vec<String>>,
    /// The buyer's note to the seller.
    pub order_notes: Patch<String>,
}

/// A chosen way to ship.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SelectedOption {
    /// The session's id of the option.
    pub option_id: String,
}

/// Buys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CompleteRequest {
    /// How it is paid.
    pub payment_data: PaymentData,
    /// Who pays, if it was not told before.
    #[serde(default)]
    pub buyer: Option<Buyer>,
    /// The buyer's note to the seller.
    #[serde(default)]
    pub order_notes: Option<String>,
}

/// Ends a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct CancelRequest {
    /// Why, if the agent says so.
    #[serde(default)]
    pub intent_trace: Option<IntentTrace>,
}

/// Why a buyer did not buy (RFC "intent traces"). Reasons we do not know are fine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IntentTrace {
    /// The reason in one word.
    pub reason_code: String,
    /// The reason in a sentence.
    #[serde(default)]
    pub trace_summary: Option<String>,
}

#[derive(Deserialize)]
struct CreateShape {
    #[serde(alias = "items")]
    line_items: Vec<RequestedItem>,
    currency: String,
    capabilities: RequestedCapabilities,
    #[serde(default)]
    buyer: Option<Buyer>,
    #[serde(default)]
    fulfillment_details: Option<FulfillmentDetails>,
    #[serde(default)]
    fulfillment_address: Option<Address>,
    #[serde(default)]
    discounts: Option<Discounts>,
    #[serde(default)]
    coupons: Option<Vec<String>>,
    #[serde(default)]
    order_notes: Option<String>,
}

impl From<CreateShape> for CreateRequest {
    fn from(shape: CreateShape) -> Self {
        Self {
            line_items: shape.line_items,
            currency: shape.currency,
            capabilities: shape.capabilities,
            buyer: shape.buyer,
            fulfillment_details: shape
                .fulfillment_details
                .or(shape.fulfillment_address.map(details)),
            discount_codes: shape.discounts.and_then(|found| found.codes).or(shape.coupons),
            order_notes: shape.order_notes,
        }
    }
}

#[derive(Deserialize)]
struct UpdateShape {
    #[serde(default, alias = "items")]
    line_items: Patch<Vec<RequestedItem>>,
    #[serde(default)]
    buyer: Patch<Buyer>,
    #[serde(default)]
    fulfillment_details: Patch<FulfillmentDetails>,
    #[serde(default)]
    fulfillment_address: Patch<Address>,
    #[serde(default)]
    selected_fulfillment_options: Patch<Vec<SelectedOption>>,
    #[serde(default)]
    discounts: Patch<Discounts>,
    #[serde(default)]
    coupons: Patch<Vec<String>>,
    #[serde(default)]
    order_notes: Patch<String>,
}

impl From<UpdateShape> for UpdateRequest {
    fn from(shape: UpdateShape) -> Self {
        let codes = match shape.discounts {
            Patch::Set(discounts) => discounts.codes.map_or(Patch::Keep, Patch::Set),
            Patch::Clear => Patch::Clear,
            Patch::Keep => Patch::Keep,
        };
        Self {
            line_items: shape.line_items,
            buyer: shape.buyer,
            fulfillment_details: shape
                .fulfillment_details
                .or(shape.fulfillment_address.map(details)),
            selected_fulfillment_options: shape.selected_fulfillment_options,
            discount_codes: codes.or(shape.coupons),
            order_notes: shape.order_notes,
        }
    }
}

/// `id` at the top or inside `item`, quantity beside either.
#[derive(Deserialize)]
struct ItemShape {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    item: Option<Identified>,
    #[serde(default = "one", deserialize_with = "quantity")]
    quantity: NonZeroU32,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl TryFrom<ItemShape> for RequestedItem {
    type Error = &'static str;

    fn try_from(shape: ItemShape) -> Result<Self, Self::Error> {
        let id = shape.id.or(shape.item.map(|item| item.id)).ok_or("missing field `id`")?;
        Ok(Self { id, quantity: shape.quantity })
    }
}

#[derive(Deserialize)]
struct Discounts {
    #[serde(default)]
    codes: Option<Vec<String>>,
}

impl Checked for CreateRequest {
    fn check(&self) -> Result<(), Invalid> {
        check_items(&self.line_items)?;
        check_note(self.order_notes.as_deref())?;
        let is_code = self.currency.len() == 3
            && self.currency.bytes().all(|letter| letter.is_ascii_alphabetic());
        if is_code { Ok(()) } else { Err(broken("$.currency", "Send an ISO 4217 code like usd")) }
    }
}

impl Checked for UpdateRequest {
    fn check(&self) -> Result<(), Invalid> {
        if let Patch::Set(items) = &self.line_items {
            check_items(items)?;
        }
        match &self.order_notes {
            Patch::Set(note) => check_note(Some(note)),
            Patch::Keep | Patch::Clear => Ok(()),
        }
    }
}

impl Checked for CompleteRequest {
    fn check(&self) -> Result<(), Invalid> {
        check_note(self.order_notes.as_deref())?;
        let payment = &self.payment_data;
        let missing = match (&payment.handler_id, &payment.instrument) {
            (Some(_), Some(_)) => return Ok(()),
            _ if payment.purchase_order_number.is_some() => return Ok(()),
            (None, _) => "handler_id",
            (_, None) => "instrument",
        };
        Err(Invalid {
            code: "missing_required_field",
            message: format!("The member {missing:?} is missing. Send handler_id and instrument"),
            param: Some(format!("$.payment_data.{missing}")),
        })
    }
}

impl Checked for CancelRequest {
    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

fn check_items(items: &[RequestedItem]) -> Result<(), Invalid> {
    if items.is_empty() {
        return Err(broken("$.line_items", "A session has at least one item. Send one"));
    }
    Ok(())
}

fn check_note(note: Option<&str>) -> Result<(), Invalid> {
    if note.is_some_and(|note| note.chars().count() > NOTE_MAX) {
        return Err(broken("$.order_notes", "A note has at most 5000 characters. Shorten it"));
    }
    Ok(())
}

fn details(address: Address) -> FulfillmentDetails {
    let name = Some(address.name.clone()).filter(|name| !name.is_empty());
    FulfillmentDetails { name, address: Some(address), ..FulfillmentDetails::default() }
}

const fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}
