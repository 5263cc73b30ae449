//! Version 2025-09-29, the first: one address, one chosen option, lines that are numbers only.
//!
//! On the way down: what lines are called, the recipient's contact, explanations of totals, all
//! selections but the first.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    v2025_12_12::{self, FulfillmentOption},
    v2026_01_16::{self, Item},
    v2026_04_17::{
        checkout::{Link as NewerLink, LinkType, Status, Total},
        message::Message,
        order::Order,
        party::{Address, Buyer},
    },
};

/// A checkout session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session_2025_09_29")]
pub(crate) struct Session {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<Buyer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_provider: Option<PaymentProvider>,
    status: Status,
    currency: String,
    line_items: Vec<LineItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fulfillment_address: Option<Address>,
    fulfillment_options: Vec<FulfillmentOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fulfillment_option_id: Option<String>,
    totals: Vec<Total>,
    messages: Vec<Message>,
    links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
}

/// Who takes the payment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PaymentProvider_2025_09_29")]
struct PaymentProvider {
    provider: String,
    supported_payment_methods: [&'static str; 1],
}

/// One entry.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LineItem_2025_09_29")]
struct LineItem {
    id: String,
    item: Item,
    base_amount: i64,
    discount: i64,
    subtotal: i64,
    tax: i64,
    total: i64,
}

/// One of the seller's pages.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Link_2025_09_29")]
struct Link {
    #[serde(rename = "type")]
    kind: &'static str,
    url: String,
}

impl From<v2025_12_12::Session> for Session {
    fn from(session: v2025_12_12::Session) -> Self {
        let totals = session.totals.into_iter();
        Self {
            id: session.id,
            buyer: session.buyer,
            payment_provider: session.payment_provider.map(|found| PaymentProvider {
                provider: found.provider,
                supported_payment_methods: ["card"],
            }),
            status: session.status,
            currency: session.currency,
            line_items: session.line_items.into_iter().map(line_item).collect(),
            fulfillment_address: session.fulfillment_details.and_then(|details| details.address),
            fulfillment_options: session.fulfillment_options,
            fulfillment_option_id: session
                .selected_fulfillment_options
                .into_iter()
                .next()
                .map(v2026_01_16::Selected::option_id),
            totals: totals.map(|row| Total { description: None, ..row }).collect(),
            messages: session.messages.into_iter().map(message).collect(),
            links: session.links.into_iter().filter_map(link).collect(),
            order: session.order,
        }
    }
}

fn line_item(line: v2026_01_16::LineItem) -> LineItem {
    LineItem {
        id: line.id,
        item: line.item,
        base_amount: line.base_amount,
        discount: line.discount,
        subtotal: line.subtotal,
        tax: line.tax,
        total: line.total,
    }
}

/// Paths as this version names them.
fn message(message: Message) -> Message {
    let path = |param: String| {
        param
            .replace("$.fulfillment_details.address", "$.fulfillment_address")
            .replace("$.fulfillment_details", "$.fulfillment_address")
            .replace("$.selected_fulfillment_options", "$.fulfillment_option_id")
    };
    match message {
        Message::Error { code, severity, resolution, param, content_type, content } => {
            let param = param.map(path);
            Message::Error { code, severity, resolution, param, content_type, content }
        }
        Message::Info { severity, param, content_type, content } => {
            Message::Info { severity, param: param.map(path), content_type, content }
        }
        warning @ Message::Warning { .. } => warning,
    }
}

fn link(link: NewerLink) -> Option<Link> {
    let kind = match link.kind {
        LinkType::TermsOfUse => "terms_of_use",
        LinkType::PrivacyPolicy => "privacy_policy",
        LinkType::ReturnPolicy => "seller_shop_policies",
        _ => return None,
    };
    Some(Link { kind, url: link.url })
}
