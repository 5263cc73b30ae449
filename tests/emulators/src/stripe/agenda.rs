//! What will happen by itself, and when.

use std::collections::BTreeMap;

use super::account::Account;

/// Something that time brings.
#[derive(Clone, Debug)]
pub(super) enum Due {
    /// The bank lets go of what a payment holds.
    HoldEnds(String),
    TokenExpires(String),
    /// A pending refund arrives, or one that seemed to have arrived comes back.
    RefundEnds(String),
    /// The owner of a card disputes a charge.
    DisputeOpens(String),
    /// A bank has read the evidence.
    DisputeDecided {
        dispute: String,
        won: bool,
    },
}

#[derive(Default)]
pub(super) struct Agenda {
    due: BTreeMap<(i64, u64), Due>,
    made: u64,
}

impl Agenda {
    /// Things due in the same second happen in the order they were added.
    pub(super) fn add(&mut self, at: i64, due: Due) {
        self.made += 1;
        self.due.insert((at, self.made), due);
    }

    fn next(&mut self, now: i64) -> Option<(i64, Due)> {
        let first = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), due) = first.remove_entry();
        Some((at, due))
    }
}

impl Account {
    /// Does what time did since the last look, each thing at its own second.
    pub(super) fn age(&mut self) {
        let now = self.now();
        while let Some((at, due)) = self.agenda.next(now) {
            self.moment = Some(at);
            match due {
                Due::HoldEnds(intent) => self.hold_ends(&intent),
                Due::TokenExpires(token) => self.expire_token(&token),
                Due::RefundEnds(refund) => self.refund_ends(&refund),
                Due::DisputeOpens(charge) => self.dispute_opens(&charge),
                Due::DisputeDecided { dispute, won } => self.decide(&dispute, won),
            }
            self.moment = None;
        }
    }
}
