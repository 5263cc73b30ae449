//! What to do about a session, from what store and processor say of it. A function of its input.
//!
//! The payment decides: money that was taken makes the draft a paid order, a payment that was called
//! off ends it. Where both are still open, time decides.

use std::time::Duration;

use commerce::{DraftState, Money};
use payments::{Payment, PaymentState};

/// Nobody needs longer for a purchase, bank and buyer apart; whoever began it has died.
const RUNNING_MAX: Duration = Duration::from_mins(2);
/// A buyer who shall prove who he is to his bank gives up within this time.
const PROVING_MAX: Duration = Duration::from_mins(15);
/// An order for money that was taken is tried to be written for so long.
const WRITING_MAX: Duration = Duration::from_mins(10);

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing: both agree, and it has ended or can still begin.
    Nothing,
    /// Nothing yet: somebody may be at it.
    Wait,
    /// Take the held money, or write the order for money that was taken.
    Finish,
    /// Write the order that costs nothing.
    Give,
    /// End the draft, then let go what is held.
    LetGo,
    /// Give the money back: there is no order to write it into.
    GiveBack,
    /// Tell the seller: the order says that it is paid, and no money was taken.
    Unpaid,
}

/// What store and processor say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// How far the draft is, and what it costs; `None` if it is gone.
    pub(crate) draft: Option<(&'a DraftState, Money)>,
    /// The session's payment; `None` if none was opened.
    pub(crate) payment: Option<&'a Payment>,
    /// How long ago the draft was committed, or else its payment opened.
    pub(crate) age: Duration,
    /// How long nobody can have authorized any more when the buyer was not asked.
    pub(crate) patience: Duration,
    /// Whether the session's time is over.
    pub(crate) is_expired: bool,
}

impl Evidence<'_> {
    /// What follows.
    pub(crate) fn remedy(&self) -> Remedy {
        if self.is_free() {
            return self.free();
        }
        let Some(payment) = self.payment else { return Remedy::Nothing };
        let is_over = |limit: Duration| self.age > limit;
        match (self.draft.map(|(state, _)| state), payment.state) {
            (Some(DraftState::Placed(_)), PaymentState::Captured) => Remedy::Nothing,
            (Some(DraftState::Placed(_)), PaymentState::Authorized) => Remedy::Finish,
            (Some(DraftState::Placed(_)), PaymentState::Processing) => Remedy::Wait,
            (Some(DraftState::Placed(_)), _) => Remedy::Unpaid,

            // All of it went back; an order that waits again has been taken back by a late write.
            (state, PaymentState::Captured) if payment.refunded == payment.captured => {
                match state {
                    Some(DraftState::Committed { .. }) => Remedy::LetGo,
                    _ => Remedy::Nothing,
                }
            }
            (Some(DraftState::Committed { total, .. }), PaymentState::Captured) => {
                self.written(payment.captured == *total)
            }
            (Some(_), PaymentState::Captured) => self.written(self.costs(payment.captured)),
            (None, PaymentState::Captured) => self.written(false),

            (Some(DraftState::Committed { total, .. }), PaymentState::Authorized) => {
                if payment.capturable == *total { Remedy::Finish } else { Remedy::LetGo }
            }
            (Some(DraftState::Committed { .. }), PaymentState::Voided)
            | (
                Some(DraftState::Discarded) | None,
                PaymentState::Open | PaymentState::ActionRequired | PaymentState::Authorized,
            ) => Remedy::LetGo,
            (Some(DraftState::Committed { .. }), PaymentState::Open) if is_over(self.patience) => {
                Remedy::LetGo
            }
            (_, PaymentState::ActionRequired) if is_over(PROVING_MAX) => Remedy::LetGo,
            (Some(DraftState::Open), PaymentState::Authorized) if is_over(RUNNING_MAX) => {
                Remedy::LetGo
            }
            (Some(DraftState::Open), PaymentState::Open) if self.is_expired => Remedy::LetGo,
            (Some(DraftState::Open), PaymentState::Open | PaymentState::Voided)
            | (Some(DraftState::Discarded) | None, PaymentState::Voided) => Remedy::Nothing,
            (Some(DraftState::Open | DraftState::Committed { .. }), _)
            | (Some(DraftState::Discarded) | None, PaymentState::Processing) => Remedy::Wait,
        }
    }

    /// Whether it was bought, or is being bought, without a payment.
    fn is_free(&self) -> bool {
        self.draft.is_some_and(|(state, _)| match state {
            DraftState::Committed { payment, .. } => payment.is_none(),
            DraftState::Placed(order) => order.payment.is_none() && order.total.is_zero(),
            DraftState::Open | DraftState::Discarded => false,
        })
    }

    /// A payment that an earlier total has left behind was called off before.
    fn free(&self) -> Remedy {
        let is_placed = matches!(self.draft, Some((DraftState::Placed(_), _)));
        match self.payment.map(|payment| payment.state) {
            None | Some(PaymentState::Voided) if is_placed => Remedy::Nothing,
            None | Some(PaymentState::Voided) => Remedy::Give,
            Some(PaymentState::Captured) => self.written(false),
            Some(PaymentState::Processing) => Remedy::Wait,
            Some(_) => Remedy::LetGo,
        }
    }

    /// Money was taken: it gets its order if that is the one that was paid for.
    fn written(&self, is_the_one: bool) -> Remedy {
        match is_the_one {
            true if self.draft.is_some() => Remedy::Finish,
            _ if self.age > WRITING_MAX => Remedy::GiveBack,
            _ => Remedy::Wait,
        }
    }

    fn costs(&self, amount: Money) -> bool {
        self.draft.is_some_and(|(_, total)| total == amount)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use commerce::{Currency, DraftState, Money, Order, OrderId, OrderState, PaymentId};
    use jiff::Timestamp;
    use payments::{Payment, PaymentState};

    use super::{Evidence, Remedy};

    const TOTAL: Money = Money::new(2_145, Currency::USD);

    fn committed() -> DraftState {
        let payment = Some(PaymentId::new("pi_1"));
        DraftState::Committed { payment, total: TOTAL, memo: String::new() }
    }

    fn placed() -> DraftState {
        DraftState::Placed(Order {
            id: OrderId::new("7"),
            number: "7".to_owned(),
            permalink: String::new(),
            total: TOTAL,
            payment: Some(PaymentId::new("pi_1")),
            memo: String::new(),
            state: OrderState::Processing,
        })
    }

    fn payment(state: PaymentState) -> Payment {
        let zero = Money::zero(Currency::USD);
        Payment {
            id: PaymentId::new("pi_1"),
            state,
            total: TOTAL,
            capturable: if state == PaymentState::Authorized { TOTAL } else { zero },
            captured: if state == PaymentState::Captured { TOTAL } else { zero },
            refunded: zero,
            is_disputed: false,
            session: None,
            store: None,
            agent: None,
            order: None,
            opened_at: Timestamp::UNIX_EPOCH,
            held_until: None,
            livemode: false,
            decline: None,
        }
    }

    /// The remedy for a draft and a payment that are so many minutes old.
    #[track_caller]
    fn check(draft: Option<&DraftState>, state: PaymentState, minutes: u64, expected: Remedy) {
        let payment = payment(state);
        let evidence = Evidence {
            draft: draft.map(|state| (state, TOTAL)),
            payment: Some(&payment),
            age: Duration::from_mins(minutes),
            patience: Duration::from_mins(5),
            is_expired: false,
        };
        assert_eq!(evidence.remedy(), expected, "{draft:?} {state:?} after {minutes} min");
    }

    #[test]
    fn the_payment_decides() {
        use PaymentState::{Authorized, Captured, Open, Voided};

        let (committed, placed) = (&committed(), &placed());
        let (open, dead) = (&DraftState::Open, &DraftState::Discarded);
        check(Some(committed), Authorized, 0, Remedy::Finish);
        check(Some(committed), Captured, 0, Remedy::Finish);
        check(Some(committed), Voided, 0, Remedy::LetGo);
        check(Some(dead), Captured, 0, Remedy::Finish);
        check(Some(dead), Authorized, 0, Remedy::LetGo);
        check(Some(dead), Open, 0, Remedy::LetGo);
        check(Some(dead), Voided, 0, Remedy::Nothing);
        check(None, Authorized, 0, Remedy::LetGo);
        check(None, Captured, 1, Remedy::Wait);
        check(None, Captured, 11, Remedy::GiveBack);
        check(Some(open), Captured, 0, Remedy::Finish);
        check(Some(placed), Captured, 0, Remedy::Nothing);
        check(Some(placed), Authorized, 0, Remedy::Finish);
        check(Some(placed), Open, 0, Remedy::Unpaid);
    }

    #[test]
    fn time_decides_where_both_are_open() {
        use PaymentState::{ActionRequired, Authorized, Open, Processing};

        let (committed, open) = (&committed(), &DraftState::Open);
        check(Some(committed), Open, 1, Remedy::Wait);
        check(Some(committed), Open, 6, Remedy::LetGo);
        check(Some(committed), ActionRequired, 6, Remedy::Wait);
        check(Some(committed), ActionRequired, 16, Remedy::LetGo);
        check(Some(committed), Processing, 600, Remedy::Wait);
        check(Some(open), Open, 60, Remedy::Nothing);
        check(Some(open), Authorized, 1, Remedy::Wait);
        check(Some(open), Authorized, 3, Remedy::LetGo);
    }

    #[test]
    fn what_costs_nothing_needs_no_payment() {
        use PaymentState::{Authorized, Open, Voided};

        let nothing = Money::zero(Currency::USD);
        let committed =
            DraftState::Committed { payment: None, total: nothing, memo: String::new() };
        let DraftState::Placed(order) = placed() else { unreachable!() };
        let placed = DraftState::Placed(Order { payment: None, total: nothing, ..order });
        let remedy = |state, payment: Option<&Payment>| {
            let draft = Some((state, nothing));
            let (age, patience) = (Duration::ZERO, Duration::from_mins(5));
            Evidence { draft, payment, age, patience, is_expired: false }.remedy()
        };
        assert_eq!(remedy(&committed, None), Remedy::Give);
        assert_eq!(remedy(&committed, Some(&payment(Voided))), Remedy::Give);
        assert_eq!(remedy(&committed, Some(&payment(Authorized))), Remedy::LetGo);
        assert_eq!(remedy(&placed, None), Remedy::Nothing);
        assert_eq!(remedy(&placed, Some(&payment(Voided))), Remedy::Nothing);
        assert_eq!(remedy(&placed, Some(&payment(Open))), Remedy::LetGo);
    }

    #[test]
    fn money_for_another_total_is_not_kept() {
        let changed = Money::new(1, Currency::USD);
        let payment = payment(PaymentState::Captured);
        let evidence = Evidence {
            draft: Some((&DraftState::Open, changed)),
            payment: Some(&payment),
            age: Duration::from_mins(11),
            patience: Duration::from_mins(5),
            is_expired: false,
        };
        assert_eq!(evidence.remedy(), Remedy::GiveBack);
        let back = Payment { refunded: payment.captured, ..payment.clone() };
        assert_eq!(Evidence { payment: Some(&back), ..evidence }.remedy(), Remedy::Nothing);
    }
}
