//! What Stripe tells by itself, in a delivery or in the list of its events.

use commerce::PaymentId;
use miniserde::{Deserialize, json::Value};

use super::value::{member, text};
use crate::Hint;

/// The events after which a payment has to be looked at, as `enabled_events` of a webhook
/// endpoint names them. Others are about nothing.
pub(in crate::stripe) const EVENTS: [&str; 16] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.expired",
    "charge.refunded",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// An `event`. Its object has the shape of whoever set up the endpoint, so little is read of it.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct Event {
    pub(in crate::stripe) id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    livemode: Option<bool>,
    account: Option<String>,
    data: Option<Data>,
}

/// A page of a list of events.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct EventPage {
    pub(in crate::stripe) data: Option<Vec<Event>>,
    pub(in crate::stripe) has_more: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Option<Value>,
}

impl Event {
    /// Whether it is of our mode, and of our own account and not of one connected to it.
    pub(in crate::stripe) fn is_ours(&self, livemode: bool) -> bool {
        self.livemode == Some(livemode) && self.account.is_none()
    }

    /// Which payment to look at: the object itself, or what a charge, a refund or a dispute
    /// belongs to. A payment that nobody of ours has opened is none.
    pub(in crate::stripe) fn into_hint(self) -> Option<Hint> {
        let kind = self.kind?;
        if !EVENTS.contains(&kind.as_str()) && kind != "charge.refund.updated" {
            return None;
        }
        let object = self.data?.object?;
        let store = member(&object, "metadata").and_then(|pairs| text(pairs, "acp_bridge"));
        let payment = if text(&object, "object").as_deref() == Some("payment_intent") {
            text(&object, "id").filter(|_| store.is_some())
        } else {
            text(&object, "payment_intent")
        };
        Some(Hint { delivery: self.id?, payment: PaymentId::new(payment?), store })
    }
}
