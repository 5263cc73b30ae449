//! What a test does and sees without calling: the agent's part, the buyer's, the dashboard's, the
//! bank's, and the books.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    Stripe,
    account::Account,
    disputes::Complaint,
    events::Cause,
    form::Form,
    intents::{OPEN, Status},
    journal::Entry,
    ledger::Ledger,
    refunds::Wish,
    tokens::{Audience, Grant},
};

/// How long a minted token can be used.
const MINTED_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Stripe {
    /// A token from an agent, good for `amount` minor units within a day.
    ///
    /// # Panics
    /// If Stripe has no such test payment method (`pm_card_visa`).
    pub fn mint(&self, payment_method: &str, amount: i64, currency: &str) -> String {
        let expires_at = self.lock().now() + MINTED_FOR.as_secs();
        self.grant(Grant {
            payment_method: payment_method.to_owned(),
            currency: currency.to_owned(),
            max_amount: amount,
            expires_at: Some(expires_at),
            metadata: Vec::new(),
            audience: Audience::Seller,
        })
    }

    /// A token of any kind.
    ///
    /// # Panics
    /// If Stripe has no such test payment method.
    pub fn grant(&self, grant: Grant) -> String {
        let granted = self.lock().grant(grant);
        granted.expect("the payment method is one of Stripe's for tests")
    }

    /// All payments, oldest first.
    pub fn intents(&self) -> Vec<Value> {
        self.lock().intents.iter().map(|intent| intent.view()).collect()
    }

    /// One payment.
    pub fn intent(&self, id: &str) -> Option<Value> {
        self.lock().intent(id).ok().map(|intent| intent.view())
    }

    /// Every payment whose money was taken, and how much, oldest first.
    pub fn captured(&self) -> Vec<(String, i64)> {
        let account = self.lock();
        let taken = account.intents.iter().filter(|intent| intent.amount_received > 0);
        taken.map(|intent| (intent.id.clone(), intent.amount_received)).collect()
    }

    /// How often a bank agreed to hold or pay, ever.
    pub fn authorizations(&self) -> usize {
        self.lock().authorizations
    }

    /// The books: what invariants are held against.
    pub fn ledger(&self) -> Ledger {
        self.lock().ledger()
    }

    /// Every call so far, with its key and version.
    pub fn journal(&self) -> Vec<Entry> {
        self.lock().journal.clone()
    }

    /// Every call so far, `METHOD /v1/… key=… version=… -> status`, without tokens.
    pub fn calls(&self) -> Vec<String> {
        self.lock().journal.iter().map(Entry::line).collect()
    }

    /// The buyer of a payment in `requires_action` proves who they are, or fails to; answers
    /// the payment, or `None` if it does not wait for that.
    pub fn authenticate(&self, intent: &str, proved: bool) -> Option<Value> {
        self.lock().authenticate(intent, proved)
    }

    /// The owner of the account takes held money in the dashboard; `None` if none is held.
    pub fn capture_by_hand(&self, intent: &str) -> Option<Value> {
        self.by_hand(|account| account.capture_intent(intent, Form::default()).ok())
    }

    /// The owner of the account cancels a payment in the dashboard; `None` if it is too late.
    pub fn cancel_by_hand(&self, intent: &str) -> Option<Value> {
        self.by_hand(|account| {
            let intent = account.intent(intent).ok()?;
            let open = intent.status == Status::RequiresCapture || OPEN.contains(&intent.status);
            open.then(|| account.release(intent, Some("requested_by_customer")).view())
        })
    }

    /// The owner of the account pays back in the dashboard, all that is left if no amount is
    /// given; answers the refund, or `None` if that much was not taken.
    pub fn refund_by_hand(&self, intent: &str, amount: Option<i64>) -> Option<Value> {
        self.by_hand(|account| {
            let charge = account.refundable(intent).ok()?;
            account.refund(Wish { charge, amount, ..Wish::default() }).ok()
        })
    }

    /// A bank sends a refund back; answers the refund, or `None` if it has failed already.
    pub fn fail_refund(&self, refund: &str) -> Option<Value> {
        self.lock().fail_refund(refund)
    }

    /// The owner of a card disputes a payment; answers the dispute's id, or `None` if there is
    /// nothing to dispute.
    pub fn dispute(&self, intent: &str, reason: &'static str) -> Option<String> {
        let mut account = self.lock();
        let charge = account.intent(intent).ok()?.latest_charge?;
        account.dispute(&charge, Complaint { reason, is_inquiry: false })
    }

    /// A bank decides a dispute.
    pub fn decide_dispute(&self, dispute: &str, won: bool) {
        self.lock().decide(dispute, won);
    }

    /// Does what time brings without being called: holds end, tokens expire, refunds arrive.
    pub fn age(&self) {
        drop(self.lock());
    }

    /// Something done in the dashboard has a request, and no key of the caller's.
    fn by_hand<T>(&self, deed: impl FnOnce(&mut Account) -> T) -> T {
        let mut account = self.lock();
        let request = account.id("req_");
        account.cause = Some(Cause { request, key: None });
        let done = deed(&mut account);
        account.cause = None;
        done
    }
}
