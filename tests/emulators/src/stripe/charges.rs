//! Charges: what happened at the bank.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    account::Account,
    cards::{Decline, Return},
    confirm::nobody,
    disputes::Complaint,
    errors::Refusal,
    form::{Form, merge},
    intents::{Intent, PaymentMethod},
    lists::Page,
};

/// How long a bank holds money.
const HELD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A charge.
#[derive(Clone)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) intent: String,
    amount: i64,
    pub(super) amount_captured: i64,
    pub(super) amount_refunded: i64,
    created: i64,
    pub(super) currency: String,
    /// When held money goes back; `None` if it was taken at once or refused.
    pub(super) capture_before: Option<i64>,
    pub(super) decline: Option<Decline>,
    description: Option<String>,
    /// The dispute about it, closed or not.
    pub(super) dispute: Option<String>,
    metadata: BTreeMap<String, String>,
    method: Option<PaymentMethod>,
}

impl Charge {
    pub(super) fn new(id: String, now: i64, intent: &Intent, decline: Option<Decline>) -> Self {
        let is_held = intent.capture_method == "manual" && decline.is_none();
        Self {
            id,
            intent: intent.id.clone(),
            amount: intent.amount,
            amount_captured: 0,
            amount_refunded: 0,
            created: now,
            currency: intent.currency.clone(),
            capture_before: is_held.then_some(now + HELD.as_secs()),
            decline,
            description: intent.text("description"),
            dispute: None,
            // What the seller wrote on the payment is copied once, when money is asked for.
            metadata: intent.metadata.clone(),
            method: intent.method.clone(),
        }
    }

    /// Nothing was taken and nothing will be. Stripe says so by calling all of it refunded.
    pub(super) fn release(&mut self) {
        self.amount_refunded = self.amount;
    }

    /// The members that a refund changes.
    pub(super) fn refunded_view(&self) -> Value {
        json!({ "amount_refunded": self.amount_refunded, "refunded": self.is_refunded() })
    }

    /// How refunds to the card go.
    pub(super) fn refunds_go(&self) -> Return {
        self.method.as_ref().map_or(Return::AtOnce, |method| method.card.refunds_go())
    }

    /// What the card's owner will say about it.
    pub(super) fn complaint(&self) -> Option<Complaint> {
        self.method.as_ref()?.card.complaint()
    }

    pub(super) fn brand(&self) -> &'static str {
        self.method.as_ref().map_or("visa", |method| method.card.brand)
    }

    fn is_refunded(&self) -> bool {
        let taken = if self.amount_captured > 0 { self.amount_captured } else { self.amount };
        self.amount_refunded == taken
    }

    pub(super) fn view(&self) -> Value {
        let is_paid = self.decline.is_none();
        let code = self.decline.map(|decline| decline.code);
        let outcome = json!({
            "advice_code": null,
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": if is_paid { "approved_by_network" } else { "declined_by_network" },
            "reason": self.decline.map(|decline| decline.reason),
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": if is_paid { "Payment complete." } else { "The bank said no." },
            "type": if is_paid { "authorized" } else { "issuer_declined" },
        });
        let method = self.method.as_ref();
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": null,
            "billing_details": nobody(),
            "calculated_statement_descriptor": "EMULATED",
            "captured": self.amount_captured > 0,
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "description": self.description,
            "disputed": self.dispute.is_some(),
            "failure_balance_transaction": null,
            "failure_code": code,
            "failure_message": self.decline.map(|decline| decline.message),
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": outcome,
            "paid": is_paid,
            "payment_intent": self.intent,
            "payment_method": method.map(|method| &method.id),
            "payment_method_details": method.map(|method| json!({
                "card": method.card.charged_view(self.amount, self.capture_before),
                "type": "card",
            })),
            "presentment_details": null,
            "radar_options": {},
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": self.is_refunded(),
            "review": null,
            "shipping": null,
            "source": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": if is_paid { "succeeded" } else { "failed" },
            "transfer_data": null,
            "transfer_group": null,
        })
    }
}

impl Account {
    /// Answers `GET /v1/charges`, newest first.
    pub(super) fn list_charges(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        let intent = form.text("payment_intent")?;
        form.end()?;
        let found = self.charges.iter().rev();
        let found = found.filter(|c| intent.as_ref().is_none_or(|intent| c.intent == *intent));
        page.list("charge", "/v1/charges", found, |c| (&c.id, c.created), Charge::view)
    }

    /// Answers `GET /v1/charges/{id}`.
    pub(super) fn charge_view(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.charges.get(id).map(Charge::view).ok_or_else(|| no_such(id))
    }

    /// Answers `POST /v1/charges/{id}`.
    pub(super) fn update_charge(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let description = form.text("description")?;
        let metadata = form.metadata("metadata")?;
        form.end()?;
        let charge = self.charges.get_mut(id).ok_or_else(|| no_such(id))?;
        charge.description = description.or_else(|| charge.description.take());
        merge(&mut charge.metadata, metadata);
        let view = charge.view();
        self.emit_charge("charge.updated", id, None);
        Ok(view)
    }
}

fn no_such(id: &str) -> Refusal {
    Refusal::no_such(404, "charge", id, "id")
}
