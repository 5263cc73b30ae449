//! Version 2026-01-30: the shape of the next one, with less in it.
//!
//! On the way down: authentication, which here wants to know the buyer's browser; who can mend a
//! message, the company in an address, the channels on which the seller asks to write, refunds as a
//! row of totals, and everything of an order but its number and confirmation.

use serde::Serialize;

use crate::{
    v2026_04_17::{
        checkout::{CheckoutSession, FulfillmentOption, ProtocolVersion, Status, Total, TotalKind},
        message::{ContentType, ErrorCode, Message},
        order::{Order, OrderConfirmation, OrderEvent},
        party::{Address, FulfillmentDetails},
    },
    version::Version,
};

/// The session without what this version does not know.
pub(crate) fn narrowed(mut session: CheckoutSession) -> CheckoutSession {
    if session.status == Status::AuthenticationRequired {
        session.status = Status::NotReadyForPayment;
        session.messages.insert(0, unauthenticated());
    }
    if let Some(interventions) = &mut session.capabilities.interventions {
        interventions.supported.retain(|name| name != "3ds");
    }
    CheckoutSession {
        authentication_metadata: None,
        marketing_consent_options: Vec::new(),
        protocol: Some(ProtocolVersion { version: Version::V2026_01_30.as_str().to_owned() }),
        fulfillment_details: session.fulfillment_details.map(details),
        fulfillment_options: session.fulfillment_options.into_iter().map(option).collect(),
        totals: totals(session.totals),
        messages: session.messages.into_iter().map(message).collect(),
        order: session.order.map(order),
        ..session
    }
}

/// Only a seller who knows the buyer's browser could ask for more here.
fn unauthenticated() -> Message {
    Message::Error {
        code: ErrorCode::Requires3ds,
        severity: None,
        resolution: None,
        param: Some("$.payment_data".to_owned()),
        content_type: ContentType::Plain,
        content: "The bank wants to authenticate the buyer, which is possible from version \
                  2026-04-17 on. Use another card"
            .to_owned(),
    }
}

/// Without the company, which came later.
fn details(details: FulfillmentDetails) -> FulfillmentDetails {
    FulfillmentDetails { address: details.address.map(address), ..details }
}

fn address(address: Address) -> Address {
    Address { company: None, ..address }
}

fn option(option: FulfillmentOption) -> FulfillmentOption {
    match option {
        FulfillmentOption::Pickup { id, title, description, mut location, totals } => {
            location.address.company = None;
            FulfillmentOption::Pickup { id, title, description, location, totals }
        }
        other => other,
    }
}

fn totals(rows: Vec<Total>) -> Vec<Total> {
    rows.into_iter().filter(|row| row.kind != TotalKind::AmountRefunded).collect()
}

fn message(message: Message) -> Message {
    match message {
        Message::Error { code, severity, param, content_type, content, .. } => {
            Message::Error { code, severity, resolution: None, param, content_type, content }
        }
        other => other,
    }
}

/// An event in the words of every version up to this one: no order's id, few states, and what went
/// back (`openapi.agentic_checkout_webhook.yaml`).
#[derive(Serialize)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Serialize)]
struct EventData {
    #[serde(rename = "type")]
    kind: &'static str,
    checkout_session_id: String,
    permalink_url: String,
    status: &'static str,
    refunds: Vec<Refund>,
}

#[derive(Serialize)]
struct Refund {
    #[serde(rename = "type")]
    kind: &'static str,
    amount: i64,
}

impl From<OrderEvent> for Event {
    fn from(event: OrderEvent) -> Self {
        let order = event.data;
        let refunds = order.adjustments.iter().filter(|change| change.kind == "refund");
        Self {
            kind: event.kind,
            data: EventData {
                kind: "order",
                status: told_status(order.status.as_deref().unwrap_or_default()),
                refunds: refunds
                    .filter_map(|change| change.amount)
                    .map(|amount| Refund { kind: "original_payment", amount })
                    .collect(),
                checkout_session_id: order.checkout_session_id,
                permalink_url: order.permalink_url,
            },
        }
    }
}

/// The six states that an event may tell of.
fn told_status(status: &str) -> &'static str {
    match status {
        "created" => "created",
        "manual_review" => "manual_review",
        "canceled" => "canceled",
        "shipped" => "shipped",
        "completed" => "fulfilled",
        _ => "confirmed",
    }
}

/// Four states of an order are known here, and none for one that waits or was taken back.
fn order(order: Order) -> Order {
    let known = ["confirmed", "processing", "shipped", "delivered"];
    let status = order.status.map(|status| match status.as_str() {
        "completed" => "delivered".to_owned(),
        _ => status,
    });
    Order {
        id: order.id,
        checkout_session_id: order.checkout_session_id,
        order_number: order.order_number,
        permalink_url: order.permalink_url,
        status: status.filter(|status| known.contains(&status.as_str())),
        confirmation: order
            .confirmation
            .map(|confirmation| OrderConfirmation { order_notes: None, ..confirmation }),
        ..Order::default()
    }
}
