//! Refunds: never more than was taken.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{account::Account, charges::Charge, errors::Refusal, form::Form};

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

/// A refund.
pub(super) struct Refund {
    id: String,
    amount: i64,
    charge: String,
    created: i64,
    currency: String,
    intent: String,
    metadata: BTreeMap<String, String>,
    reason: Option<&'static str>,
}

impl Account {
    /// Answers `POST /v1/refunds`.
    pub(super) fn create_refund(&mut self, mut form: Form) -> Result<Value, Refusal> {
        let intent = form.text("payment_intent")?;
        let charge = form.text("charge")?;
        let amount = form.positive("amount")?;
        let reason = form.choice("reason", &REASONS)?;
        let metadata = form.metadata("metadata")?;
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
        let (id, created) = (self.id("re_3"), self.now());
        let missing = || Refusal::no_such(400, "charge", &charge, "charge");
        let charge = self.charges.get_mut(&charge).ok_or_else(missing)?;
        let amount = charge.refund(amount)?;
        let refund = Refund {
            id: id.clone(),
            amount,
            charge: charge.id.clone(),
            created,
            currency: charge.currency.clone(),
            intent: charge.intent.clone(),
            metadata: metadata.into_iter().collect(),
            reason,
        };
        let view = refund.view();
        self.refunds.insert(id, refund);
        Ok(view)
    }

    /// Answers `GET /v1/refunds/{id}`.
    pub(super) fn refund_view(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        let missing = || Refusal::no_such(404, "refund", id, "id");
        self.refunds.get(id).map(Refund::view).ok_or_else(missing)
    }

    /// The charge of a payment whose money was taken.
    fn refundable(&self, intent: &str) -> Result<String, Refusal> {
        let known = self.intents.iter().find(|known| known.id == intent);
        let missing = || Refusal::no_such(400, "payment_intent", intent, "payment_intent");
        let known = known.ok_or_else(missing)?;
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
    fn view(&self) -> Value {
        json!({
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
            "status": "succeeded",
            "transfer_reversal": null,
        })
    }
}
