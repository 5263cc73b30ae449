//! Disputes: the owner of a card takes the money back, and the seller may object.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    account::Account,
    agenda::Due,
    charges::Charge,
    errors::Refusal,
    events::Thing,
    form::{Form, merge},
    ledger::Move,
    lists::Page,
};

/// How long a seller may object.
const OBJECTION: SignedDuration = SignedDuration::from_hours(9 * 24);
/// How long a bank reads evidence: in test mode, no time to speak of.
const DECISION: i64 = 60;
/// What Stripe takes for a dispute, in minor units.
const FEE: i64 = 1_500;
/// The evidence that is text. Files are not emulated.
const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

/// Where a dispute stands. An inquiry takes no money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

/// A dispute.
#[derive(Clone)]
pub(super) struct Dispute {
    pub(super) id: String,
    amount: i64,
    brand: &'static str,
    pub(super) charge: String,
    created: i64,
    currency: String,
    evidence: BTreeMap<&'static str, String>,
    pub(super) intent: String,
    is_inquiry: bool,
    metadata: BTreeMap<String, String>,
    /// What it did to the balance: id, second, amount.
    transactions: Vec<(String, i64, i64)>,
    reason: &'static str,
    stand: Stand,
    submissions: usize,
}

/// How a card's owner disputes: with which reason, and whether they only ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complaint {
    pub(super) reason: &'static str,
    pub(super) is_inquiry: bool,
}

impl Account {
    /// Answers `GET /v1/disputes`, newest first.
    pub(super) fn list_disputes(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        let (charge, intent) = (form.text("charge")?, form.text("payment_intent")?);
        form.end()?;
        let found = self.disputes.iter().rev().filter(|dispute| {
            charge.as_ref().is_none_or(|charge| dispute.charge == *charge)
                && intent.as_ref().is_none_or(|intent| dispute.intent == *intent)
        });
        page.list("dispute", "/v1/disputes", found, |d| (&d.id, d.created), Dispute::view)
    }

    /// Answers `GET /v1/disputes/{id}`.
    pub(super) fn read_dispute(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.disputes.get(id).map(Dispute::view).ok_or_else(|| no_such(id))
    }

    /// Answers `POST /v1/disputes/{id}`. The texts `winning_evidence` and `losing_evidence` decide
    /// a dispute, as Stripe's test mode has it.
    pub(super) fn update_dispute(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let evidence = form.hash("evidence")?.map(texts).transpose()?;
        let metadata = form.metadata("metadata")?;
        let submits = form.boolean("submit")?.unwrap_or(true);
        form.end()?;
        let now = self.now();
        let dispute = self.disputes.get_mut(id).ok_or_else(|| no_such(id))?;
        if evidence.is_some() && dispute.stand != Stand::NeedsResponse {
            let words = "This dispute is already closed or under review.";
            return Err(Refusal::during(words));
        }
        merge(&mut dispute.metadata, metadata);
        let is_submitted = submits && evidence.is_some();
        dispute.evidence.extend(evidence.unwrap_or_default());
        if is_submitted {
            dispute.stand = Stand::UnderReview;
            dispute.submissions += 1;
            let won = dispute.evidence.get("uncategorized_text").map(String::as_str);
            let won = won == Some("winning_evidence");
            self.agenda.add(now + DECISION, Due::DisputeDecided { dispute: id.to_owned(), won });
        }
        Ok(self.tell_dispute("charge.dispute.updated", id))
    }

    /// Answers `POST /v1/disputes/{id}/close`: the seller gives in.
    pub(super) fn close_dispute(&mut self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        let dispute = self.disputes.get_mut(id).ok_or_else(|| no_such(id))?;
        if dispute.stand != Stand::NeedsResponse {
            return Err(Refusal::during("This dispute is already closed or under review."));
        }
        dispute.stand = Stand::Lost;
        Ok(self.tell_dispute("charge.dispute.closed", id))
    }

    /// Somebody does not want to have paid; `None` for a charge that took nothing, or is disputed.
    pub(super) fn dispute(&mut self, charge: &str, complaint: Complaint) -> Option<String> {
        let (id, created) = (self.id("du_1"), self.now());
        let charge = self.charges.get_mut(charge)?;
        let amount = charge.amount_captured - charge.amount_refunded;
        if amount <= 0 || charge.dispute.is_some() {
            return None;
        }
        charge.dispute = Some(id.clone());
        let dispute = Dispute {
            id: id.clone(),
            amount,
            brand: charge.brand(),
            charge: charge.id.clone(),
            created,
            currency: charge.currency.clone(),
            evidence: BTreeMap::new(),
            intent: charge.intent.clone(),
            is_inquiry: complaint.is_inquiry,
            metadata: BTreeMap::new(),
            transactions: Vec::new(),
            reason: complaint.reason,
            stand: Stand::NeedsResponse,
            submissions: 0,
        };
        self.disputes.put(&id, dispute);
        if complaint.is_inquiry {
            self.tell_dispute("charge.dispute.created", &id);
        } else {
            self.transact(&id, -amount, Move::Withdrawn);
            self.tell_dispute("charge.dispute.created", &id);
            self.tell_dispute("charge.dispute.funds_withdrawn", &id);
        }
        Some(id)
    }

    /// The card of a payment was one whose owner complains.
    pub(super) fn dispute_opens(&mut self, charge: &str) {
        if let Some(complaint) = self.charges.get(charge).and_then(Charge::complaint) {
            self.dispute(charge, complaint);
        }
    }

    /// A bank has decided; nothing happens to a dispute that is closed.
    pub(super) fn decide(&mut self, id: &str, won: bool) {
        let Some(dispute) = self.disputes.get_mut(id) else { return };
        if matches!(dispute.stand, Stand::Won | Stand::Lost) {
            return;
        }
        dispute.stand = if won { Stand::Won } else { Stand::Lost };
        let (amount, is_inquiry) = (dispute.amount, dispute.is_inquiry);
        self.tell_dispute("charge.dispute.closed", id);
        if won && !is_inquiry {
            self.transact(id, amount, Move::Reinstated);
            self.tell_dispute("charge.dispute.funds_reinstated", id);
        }
    }

    fn transact(&mut self, id: &str, amount: i64, what: Move) {
        let (transaction, now) = (self.id("txn_1"), self.now());
        let Some(dispute) = self.disputes.get_mut(id) else { return };
        dispute.transactions.push((transaction, now, amount));
        let intent = dispute.intent.clone();
        self.book(&intent, what, amount.abs());
    }

    fn tell_dispute(&mut self, kind: &'static str, id: &str) -> Value {
        let Some(dispute) = self.disputes.get(id).cloned() else { return Value::Null };
        let view = dispute.view();
        self.emit(kind, Thing::Dispute(Box::new(dispute)));
        view
    }
}

impl Dispute {
    pub(super) fn view(&self) -> Value {
        let due_by = self.created + OBJECTION.as_secs();
        let mut evidence: Map<String, Value> = EVIDENCE
            .into_iter()
            .map(|name| (name.to_owned(), self.evidence.get(name).cloned().into()))
            .collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions":
                self.transactions.iter().map(|t| self.transaction(t)).collect::<Vec<_>>(),
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": due_by,
                "enhanced_eligibility": {},
                "has_evidence": !self.evidence.is_empty(),
                "past_due": false,
                "submission_count": self.submissions,
                "submission_method": (self.submissions > 0).then_some("manual"),
            },
            "is_charge_refundable": self.is_refundable(),
            "livemode": false,
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "payment_method_details": {
                "card": {
                    "brand": self.brand,
                    "case_type": if self.is_inquiry { "inquiry" } else { "chargeback" },
                    "network": self.brand,
                    "network_reason_code": "10",
                },
                "type": "card",
            },
            "reason": self.reason,
            "status": self.status(),
        })
    }

    /// Only somebody who merely asks can still be paid back.
    pub(super) fn is_refundable(&self) -> bool {
        self.is_inquiry && !matches!(self.stand, Stand::Won | Stand::Lost)
    }

    fn status(&self) -> &'static str {
        match (self.is_inquiry, self.stand) {
            (false, Stand::NeedsResponse) => "needs_response",
            (false, Stand::UnderReview) => "under_review",
            (false, Stand::Won) => "won",
            (false, Stand::Lost) => "lost",
            (true, Stand::NeedsResponse) => "warning_needs_response",
            (true, Stand::UnderReview) => "warning_under_review",
            (true, Stand::Won | Stand::Lost) => "warning_closed",
        }
    }

    fn transaction(&self, (id, at, amount): &(String, i64, i64)) -> Value {
        let fee = if *amount < 0 { FEE } else { 0 };
        let details = json!({
            "amount": fee, "application": null, "currency": self.currency,
            "description": "Dispute fee", "type": "stripe_fee",
        });
        json!({
            "id": id,
            "object": "balance_transaction",
            "amount": amount,
            "available_on": at,
            "balance_type": "payments",
            "created": at,
            "currency": self.currency,
            "description": format!("Chargeback for {}", self.charge),
            "exchange_rate": null,
            "fee": fee,
            "fee_details": if fee > 0 { vec![details] } else { Vec::new() },
            "net": amount - fee,
            "reporting_category": if fee > 0 { "dispute" } else { "dispute_reversal" },
            "source": self.id,
            "status": "available",
            "type": "adjustment",
        })
    }
}

fn texts(mut hash: Form) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let mut texts = BTreeMap::new();
    for name in EVIDENCE {
        if let Some(text) = hash.text(name)? {
            texts.insert(name, text);
        }
    }
    hash.end()?;
    Ok(texts)
}

fn no_such(id: &str) -> Refusal {
    Refusal::no_such(404, "dispute", id, "dispute")
}
