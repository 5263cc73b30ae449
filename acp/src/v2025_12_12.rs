//! Version 2025-12-12: an option costs one number, and nobody says whom a token is issued to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    v2026_01_16::{self, Kind, LineItem, PaymentMethod, Selected},
    v2026_04_17::{
        checkout::{Link, Status, Total, TotalKind},
        message::Message,
        order::Order,
        party::{Buyer, FulfillmentDetails},
    },
};

/// A checkout session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session_2025_12_12")]
pub(crate) struct Session {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) buyer: Option<Buyer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_provider: Option<PaymentProvider>,
    pub(crate) status: Status,
    pub(crate) currency: String,
    pub(crate) line_items: Vec<LineItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fulfillment_details: Option<FulfillmentDetails>,
    pub(crate) fulfillment_options: Vec<FulfillmentOption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) selected_fulfillment_options: Vec<Selected>,
    pub(crate) totals: Vec<Total>,
    pub(crate) messages: Vec<Message>,
    pub(crate) links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<Order>,
}

/// Who takes the payment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PaymentProvider_2025_12_12")]
pub(crate) struct PaymentProvider {
    pub(crate) provider: String,
    supported_payment_methods: Vec<PaymentMethod>,
}

/// A way to ship. Its tax is part of the session's, not of the option's price. The JSON Schema
/// demands the total only, the `OpenAPI` file all three.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FulfillmentOption_2025_12_12")]
pub(crate) struct FulfillmentOption {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtitle: Option<String>,
    /// Minor units, like the two below.
    pub(crate) subtotal: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
}

impl From<v2026_01_16::Session> for Session {
    fn from(session: v2026_01_16::Session) -> Self {
        Self {
            id: session.id,
            buyer: session.buyer,
            payment_provider: session.payment_provider.map(|found| PaymentProvider {
                provider: found.provider,
                supported_payment_methods: found.supported_payment_methods,
            }),
            status: session.status,
            currency: session.currency,
            line_items: session.line_items,
            fulfillment_details: session.fulfillment_details,
            fulfillment_options: session.fulfillment_options.into_iter().map(option).collect(),
            selected_fulfillment_options: session.selected_fulfillment_options,
            totals: session.totals,
            messages: session.messages,
            links: session.links,
            order: session.order,
        }
    }
}

fn option(option: v2026_01_16::FulfillmentOption) -> FulfillmentOption {
    let total = option.totals.iter().find(|row| row.kind == TotalKind::Total);
    let total = total.map_or(0, |row| row.amount);
    FulfillmentOption {
        kind: option.kind,
        id: option.id,
        title: option.title,
        subtitle: option.description,
        subtotal: total,
        tax: 0,
        total,
    }
}
