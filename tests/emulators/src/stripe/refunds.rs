//! Refunds: never more than was taken, and not every one arrives.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    account::Account,
    agenda::Due,
    cards::Return,
    charges::Charge,
    errors::Refusal,
    events::Thing,
    form::{Form, merge},
    ledger::Move,
    lists::Page,
};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
/// How long after a test card's refund is made its end is known.
const UNKNOWN_FOR: i64 = 60;

/// A refund.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    charge: String,
    created: i64,
    currency: String,
    failure: Option<&'static str>,
    pub(super) intent: String,
    metadata: BTreeMap<String, String>,
    reason: Option<&'static str>,
    status: &'static str,
}

/// What a refund shall be.
#[derive(Default)]
pub(super) struct Wish {
    pub(super) charge: String,
    /// All that is left, if `None`.
    pub(super) amount: Option<i64>,
    pub(super) reason: Option<&'static str>,
    pub(super) metadata: BTreeMap<String, String>,
}

impl Account {
    /// Answers `POST /v1/refunds`.
    pub(super) fn create_refund(&mut self, mut form: Form) -> Result<Value, Refusal> {
        let intent = form.text("payment_intent")?;
        let charge = form.text("charge")?;
        let amount = form.positive("amount")?;
        let reason = form.choice("reason", &REASONS)?;
        let metadata = form.metadata("metadata")?.into_iter().collect();
        form.end()?;
        let charge = match (intent, charge) {
            (Some(intent), None) => self.refundable(&intent)?,
            (None, Some(charge)) => charge,
            _ => {
                let words = "One of the following params should be provided for this request: \
                             payment_intent or charge.";
                return Err(Refusal::parameter(words, "payment_intent"));
            }
        };
        self.refund(Wish { charge, amount, reason, metadata })
    }

    pub(super) fn refund(&mut self, wish: Wish) -> Result<Value, Refusal> {
        let (id, created) = (self.id("re_3"), self.now());
        let missing = || Refusal::no_such(400, "charge", &wish.charge, "charge");
        let charge = self.charges.get_mut(&wish.charge).ok_or_else(missing)?;
        let disputed = charge.dispute.as_ref().and_then(|dispute| self.disputes.get(dispute));
        if disputed.is_some_and(|dispute| !dispute.is_refundable()) {
            let words =
                format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
            return Err(Refusal::during(&words).code("charge_disputed"));
        }
        let before = charge.refunded_view();
        let amount = charge.refund(wish.amount)?;
        let how = charge.refunds_go();
        let refund = Refund {
            id: id.clone(),
            amount,
            charge: charge.id.clone(),
            created,
            currency: charge.currency.clone(),
            failure: None,
            intent: charge.intent.clone(),
            metadata: wish.metadata,
            reason: wish.reason,
            status: if how == Return::Late { "pending" } else { "succeeded" },
        };
        if how != Return::AtOnce {
            self.agenda.add(created + UNKNOWN_FOR, Due::RefundEnds(id.clone()));
        }
        let (intent, view) = (refund.intent.clone(), refund.view());
        self.refunds.put(&id, refund);
        self.book(&intent, Move::Refunded, amount);
        self.tell_refund(&["refund.created"], &id);
        self.emit_charge("charge.refunded", &wish.charge, Some(before));
        Ok(view)
    }

    /// Answers `GET /v1/refunds`, newest first.
    pub(super) fn list_refunds(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        let (charge, intent) = (form.text("charge")?, form.text("payment_intent")?);
        form.end()?;
        let found = self.refunds.iter().rev().filter(|refund| {
            charge.as_ref().is_none_or(|charge| refund.charge == *charge)
                && intent.as_ref().is_none_or(|intent| refund.intent == *intent)
        });
        page.list("refund", "/v1/refunds", found, |r| (&r.id, r.created), Refund::view)
    }

    /// Answers `GET /v1/refunds/{id}`.
    pub(super) fn refund_view(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.refunds.get(id).map(Refund::view).ok_or_else(|| no_such(id))
    }

    /// Answers `POST /v1/refunds/{id}`.
    pub(super) fn update_refund(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let metadata = form.metadata("metadata")?;
        form.end()?;
        let refund = self.refunds.get_mut(id).ok_or_else(|| no_such(id))?;
        merge(&mut refund.metadata, metadata);
        let view = refund.view();
        self.tell_refund(&["refund.updated", "charge.refund.updated"], id);
        Ok(view)
    }

    /// Answers `POST /v1/refunds/{id}/cancel`, which only refunds that wait for the buyer can be.
    pub(super) fn cancel_refund(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        let refund = self.refunds.get(id).ok_or_else(|| no_such(id))?;
        let words =
            format!("This refund cannot be canceled because it has a status of {}.", refund.status);
        Err(Refusal::during(&words))
    }

    /// What the card's bank does with a refund after a while.
    pub(super) fn refund_ends(&mut self, id: &str) {
        let charge = self.refunds.get(id).and_then(|refund| self.charges.get(&refund.charge));
        match charge.map(Charge::refunds_go) {
            Some(Return::Never) => drop(self.fail_refund(id)),
            Some(Return::Late) => {
                if let Some(refund) = self.refunds.get_mut(id) {
                    refund.status = "succeeded";
                }
                self.tell_refund(&["refund.updated", "charge.refund.updated"], id);
            }
            _ => {}
        }
    }

    /// A bank sends a refund back; `None` for one that has failed already.
    pub(super) fn fail_refund(&mut self, id: &str) -> Option<Value> {
        let refund = self.refunds.get_mut(id).filter(|refund| refund.status != "failed")?;
        refund.status = "failed";
        refund.failure = Some("lost_or_stolen_card");
        let refund = refund.clone();
        // That the charge counts it no longer is an assumption: nobody has published it.
        if let Some(charge) = self.charges.get_mut(&refund.charge) {
            charge.amount_refunded -= refund.amount;
        }
        self.book(&refund.intent, Move::RefundFailed, refund.amount);
        self.tell_refund(&["refund.failed", "refund.updated", "charge.refund.updated"], id);
        Some(refund.view())
    }

    fn tell_refund(&mut self, kinds: &[&'static str], id: &str) {
        let Some(refund) = self.refunds.get(id).cloned() else { return };
        for kind in kinds {
            self.emit(*kind, Thing::Refund(Box::new(refund.clone())));
        }
    }

    /// The charge of a payment whose money was taken.
    pub(super) fn refundable(&self, intent: &str) -> Result<String, Refusal> {
        let missing = || Refusal::no_such(400, "payment_intent", intent, "payment_intent");
        let known = self.intents.get(intent).ok_or_else(missing)?;
        let charge = known.latest_charge.as_ref().filter(|_| known.amount_received > 0);
        charge.cloned().ok_or_else(|| {
            let message = format!(
                "This PaymentIntent ({intent}) does not have a successful charge to refund."
            );
            Refusal::unexpected_state(&message, known.view())
        })
    }
}

impl Charge {
    /// Gives back so much of what was taken, or all that is left of it.
    fn refund(&mut self, amount: Option<i64>) -> Result<i64, Refusal> {
        let left = self.amount_captured - self.amount_refunded;
        if self.amount_captured == 0 {
            let message = format!("Charge {} was not captured and cannot be refunded.", self.id);
            return Err(Refusal::during(&message));
        }
        if left == 0 {
            let message = format!("Charge {} has already been refunded.", self.id);
            return Err(Refusal::during(&message).code("charge_already_refunded"));
        }
        let amount = amount.unwrap_or(left);
        if amount > left {
            let message = format!(
                "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            );
            return Err(Refusal::during(&message).with("param", "amount"));
        }
        self.amount_refunded += amount;
        Ok(amount)
    }
}

impl Refund {
    pub(super) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "destination_details": {
                "card": { "reference_status": "pending", "type": "refund" },
                "type": "card",
            },
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status,
            "transfer_reversal": null,
        });
        if let Some(reason) = self.failure {
            view["failure_reason"] = reason.into();
        }
        view
    }
}

fn no_such(id: &str) -> Refusal {
    Refusal::no_such(404, "refund", id, "id")
}
