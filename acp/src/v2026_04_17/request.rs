//! What agents send (schema `CheckoutSessionCreateRequest`, `…UpdateRequest`,
//! `…CompleteRequest`, `CancelSessionRequest`).
//!
//! The names of every version are understood in every version: `items` for `line_items`,
//! `fulfillment_address` for `fulfillment_details`, `coupons` for `discounts`, selections flat,
//! nested or as one id. The schema of this version forgot `quantity`; everybody sends it, so it
//! is read.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    attribution::{AffiliateAttribution, check_flat},
    authentication::AuthenticationResult,
    consent::MarketingConsent,
    party::{Address, Buyer, FulfillmentDetails},
    payment::{PaymentData, RequestedCapabilities},
};
use crate::{
    decode::{Checked, Invalid, broken, missing, quantity},
    patch::Patch,
    version::Version,
};

/// Longest note, in characters (schema `order_notes`).
const NOTE_MAX: usize = 5000;
/// Longest summary of a trace, in characters (schema `IntentTrace`).
const SUMMARY_MAX: usize = 500;

/// One thing the buyer wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "ItemShape")]
pub struct RequestedItem {
    /// The feed's id.
    pub id: String,
    /// How many.
    pub quantity: NonZeroU32,
    /// What the buyer was shown for one, in minor units. The store's price counts.
    pub expected_price: Option<i64>,
}

/// Creates a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "CreateShape")]
pub struct CreateRequest {
    /// What the buyer wants; at least one.
    pub line_items: Vec<RequestedItem>,
    /// ISO 4217; always there from 2026-01-30 on.
    pub currency: Option<String>,
    /// What the agent can do; always there from 2026-01-30 on.
    pub capabilities: Option<RequestedCapabilities>,
    /// Who pays.
    pub buyer: Option<Buyer>,
    /// Where it goes.
    pub fulfillment_details: Option<FulfillmentDetails>,
    /// Discount codes; `None` if none were sent.
    pub discount_codes: Option<Vec<String>>,
    /// The buyer's note to the seller.
    pub order_notes: Option<String>,
    /// Who led the buyer here.
    pub affiliate_attribution: Option<AffiliateAttribution>,
    /// The agent's own facts about the session.
    pub metadata: Option<Map<String, Value>>,
}

/// Changes a session: absent members stay, null clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "SelectedShape")]
pub struct SelectedOption {
    /// The session's id of the option.
    pub option_id: String,
}

/// Buys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct CompleteRequest {
    /// How it is paid.
    pub payment_data: PaymentData,
    /// Who pays, if it was not told before.
    #[serde(default)]
    pub buyer: Option<Buyer>,
    /// The buyer's note to the seller.
    #[serde(default)]
    pub order_notes: Option<String>,
    /// The recipient's contact; an address must be the one that is known already.
    #[serde(default)]
    pub fulfillment_details: Option<FulfillmentDetails>,
    /// What the issuer said about the buyer.
    #[serde(default)]
    pub authentication_result: Option<AuthenticationResult>,
    /// Who led the buyer to this purchase.
    #[serde(default)]
    pub affiliate_attribution: Option<AffiliateAttribution>,
    /// On which channels the buyer lets the seller write.
    #[serde(default)]
    pub marketing_consents: Option<Vec<MarketingConsent>>,
}

/// Ends a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct CancelRequest {
    /// Why, if the agent says so.
    #[serde(default)]
    pub intent_trace: Option<IntentTrace>,
}

/// Why a buyer did not buy (RFC "intent traces"). Reasons we do not know are fine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IntentTrace {
    /// The reason in one word.
    pub reason_code: String,
    /// The reason in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_summary: Option<String>,
    /// More about it; flat.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

#[derive(Deserialize, JsonSchema)]
struct CreateShape {
    #[serde(alias = "items")]
    line_items: Vec<RequestedItem>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    capabilities: Option<RequestedCapabilities>,
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
    #[serde(default)]
    affiliate_attribution: Option<AffiliateAttribution>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
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
            affiliate_attribution: shape.affiliate_attribution,
            metadata: shape.metadata,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
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
    fulfillment_option_id: Patch<String>,
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
            selected_fulfillment_options: shape.selected_fulfillment_options.or(shape
                .fulfillment_option_id
                .map(|option_id| vec![SelectedOption { option_id }])),
            discount_codes: codes.or(shape.coupons),
            order_notes: shape.order_notes,
        }
    }
}

/// `id` at the top or inside `item`, quantity beside either.
#[derive(Deserialize, JsonSchema)]
struct ItemShape {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    item: Option<Identified>,
    #[serde(default = "one", deserialize_with = "quantity")]
    quantity: NonZeroU32,
    /// Never an error, whatever it is.
    #[serde(default)]
    unit_amount: Value,
    /// With its `amount`; never an error, whatever it is.
    #[serde(default)]
    suggested_price: Value,
}

#[derive(Deserialize, JsonSchema)]
struct Identified {
    id: String,
}

impl TryFrom<ItemShape> for RequestedItem {
    type Error = &'static str;

    fn try_from(shape: ItemShape) -> Result<Self, Self::Error> {
        let id = shape.id.or(shape.item.map(|item| item.id)).ok_or("missing field `id`")?;
        let suggested = shape.suggested_price["amount"].as_i64();
        let expected_price = suggested.or(shape.unit_amount.as_i64());
        Ok(Self { id, quantity: shape.quantity, expected_price })
    }
}

/// Flat, or under the name of its kind.
#[derive(Deserialize, JsonSchema)]
struct SelectedShape {
    #[serde(default)]
    option_id: Option<String>,
    #[serde(default)]
    shipping: Option<Selection>,
    #[serde(default)]
    digital: Option<Selection>,
}

#[derive(Deserialize, JsonSchema)]
struct Selection {
    option_id: String,
}

impl TryFrom<SelectedShape> for SelectedOption {
    type Error = &'static str;

    fn try_from(shape: SelectedShape) -> Result<Self, Self::Error> {
        let nested = shape.shipping.or(shape.digital).map(|selection| selection.option_id);
        let option_id = shape.option_id.or(nested).ok_or("missing field `option_id`")?;
        Ok(Self { option_id })
    }
}

#[derive(Deserialize, JsonSchema)]
struct Discounts {
    #[serde(default)]
    codes: Option<Vec<String>>,
}

impl Checked for CreateRequest {
    fn check(&self, version: Version) -> Result<(), Invalid> {
        check_items(&self.line_items)?;
        check_note(self.order_notes.as_deref())?;
        check_attribution(self.affiliate_attribution.as_ref())?;
        if version.negotiates() && self.capabilities.is_none() {
            return Err(missing("$.capabilities"));
        }
        let Some(currency) = &self.currency else {
            return if version.negotiates() { Err(missing("$.currency")) } else { Ok(()) };
        };
        let is_code =
            currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_alphabetic());
        if is_code { Ok(()) } else { Err(broken("$.currency", "Send an ISO 4217 code like usd")) }
    }
}

impl Checked for UpdateRequest {
    fn check(&self, _version: Version) -> Result<(), Invalid> {
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
    fn check(&self, _version: Version) -> Result<(), Invalid> {
        check_note(self.order_notes.as_deref())?;
        check_attribution(self.affiliate_attribution.as_ref())?;
        if let Some(result) = &self.authentication_result {
            result.check()?;
        }
        let payment = &self.payment_data;
        match (&payment.handler_id, &payment.instrument) {
            (Some(_), Some(_)) => Ok(()),
            (None, Some(_)) if payment.provider.is_some() => Ok(()),
            _ if payment.purchase_order_number.is_some() => Ok(()),
            (None, _) => Err(missing("$.payment_data.handler_id")),
            (_, None) => Err(missing("$.payment_data.instrument")),
        }
    }
}

impl Checked for CancelRequest {
    fn check(&self, _version: Version) -> Result<(), Invalid> {
        let Some(trace) = &self.intent_trace else { return Ok(()) };
        let summary = trace.trace_summary.as_deref().unwrap_or_default();
        if summary.chars().count() > SUMMARY_MAX {
            return Err(Invalid {
                code: "invalid_type",
                message: "A summary has at most 500 characters. Shorten it".to_owned(),
                param: Some("$.intent_trace.trace_summary".to_owned()),
            });
        }
        check_flat(&trace.metadata, "$.intent_trace.metadata")
    }
}

fn check_attribution(attribution: Option<&AffiliateAttribution>) -> Result<(), Invalid> {
    attribution.map_or(Ok(()), AffiliateAttribution::check)
}

pub(super) fn check_items(items: &[RequestedItem]) -> Result<(), Invalid> {
    if items.is_empty() {
        return Err(broken("$.line_items", "There is at least one item. Send one"));
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
