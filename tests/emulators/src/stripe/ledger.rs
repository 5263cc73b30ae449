//! The books: every movement of money in order, and what they add up to.
//!
//! They are written where money moves and read by nothing inside, so that what the objects say
//! can be held against them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::Account;

/// What happened to money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// A bank holds it.
    Held,
    /// A bank lets go of what it held.
    Released,
    /// It was taken.
    Captured,
    /// It was given back.
    Refunded,
    /// What was given back did not arrive.
    RefundFailed,
    /// A bank took it back for a dispute.
    Withdrawn,
    /// The dispute was won.
    Reinstated,
}

/// One movement of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The `pi_…` it belongs to.
    pub payment: String,
    /// What happened.
    pub what: Move,
    /// Minor units of the payment's currency, more than zero.
    pub amount: i64,
}

/// What the movements of one payment add up to, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `pi_…`.
    pub id: String,
    /// As the object says it.
    pub status: &'static str,
    /// In lower case.
    pub currency: String,
    /// What the payment is for.
    pub amount: i64,
    /// What the seller wrote on the payment.
    pub metadata: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// What a bank holds now.
    pub held: i64,
    /// When the first hold began.
    pub held_since: Option<i64>,
    /// What was taken, before refunds and disputes.
    pub captured: i64,
    /// How often money was taken.
    pub captures: usize,
    /// What was given back.
    pub refunded: i64,
    /// What disputes cost.
    pub withdrawn: i64,
}

/// The books as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Every payment, oldest first.
    pub payments: Vec<Balance>,
    /// Every movement, oldest first.
    pub movements: Vec<Movement>,
}

impl Ledger {
    /// What was taken for each value of a metadata key, in minor units: once and no more is what
    /// an invariant wants.
    pub fn captured_by(&self, key: &str) -> BTreeMap<String, i64> {
        let mut captured = BTreeMap::new();
        for payment in &self.payments {
            if let Some(value) = payment.metadata.get(key) {
                *captured.entry(value.clone()).or_default() += payment.captured;
            }
        }
        captured
    }

    /// The payments for which a bank holds money now.
    pub fn holds(&self) -> impl Iterator<Item = &Balance> {
        self.payments.iter().filter(|payment| payment.held > 0)
    }

    pub(super) fn view(&self) -> Value {
        let payments: Vec<_> = self.payments.iter().map(Balance::view).collect();
        let movements: Vec<_> = self.movements.iter().map(Movement::view).collect();
        json!({ "payments": payments, "movements": movements })
    }
}

impl Account {
    pub(super) fn book(&mut self, payment: &str, what: Move, amount: i64) {
        if amount > 0 {
            let movement = Movement { at: self.now(), payment: payment.to_owned(), what, amount };
            self.movements.push(movement);
        }
    }

    pub(super) fn ledger(&self) -> Ledger {
        let mut payments: Vec<_> = self.intents.iter().map(|intent| intent.balance()).collect();
        let places: BTreeMap<_, _> =
            self.intents.iter().enumerate().map(|(at, intent)| (intent.id.as_str(), at)).collect();
        for movement in &self.movements {
            if let Some(at) = places.get(movement.payment.as_str()) {
                payments[*at].add(movement);
            }
        }
        Ledger { payments, movements: self.movements.clone() }
    }
}

impl Balance {
    fn add(&mut self, movement: &Movement) {
        let amount = movement.amount;
        match movement.what {
            Move::Held => {
                self.held += amount;
                self.held_since.get_or_insert(movement.at);
            }
            Move::Released => self.held -= amount,
            Move::Captured => {
                self.held -= amount;
                self.captured += amount;
                self.captures += 1;
            }
            Move::Refunded => self.refunded += amount,
            Move::RefundFailed => self.refunded -= amount,
            Move::Withdrawn => self.withdrawn += amount,
            Move::Reinstated => self.withdrawn -= amount,
        }
    }

    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status,
            "currency": self.currency,
            "amount": self.amount,
            "metadata": self.metadata,
            "created": self.created,
            "held": self.held,
            "held_since": self.held_since,
            "captured": self.captured,
            "captures": self.captures,
            "refunded": self.refunded,
            "withdrawn": self.withdrawn,
        })
    }
}

impl Movement {
    fn view(&self) -> Value {
        let what = match self.what {
            Move::Held => "held",
            Move::Released => "released",
            Move::Captured => "captured",
            Move::Refunded => "refunded",
            Move::RefundFailed => "refund_failed",
            Move::Withdrawn => "withdrawn",
            Move::Reinstated => "reinstated",
        };
        json!({ "at": self.at, "payment": self.payment, "what": what, "amount": self.amount })
    }
}
