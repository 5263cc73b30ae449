//! An order that an agent has brought, as the platform keeps it after the purchase.

use jiff::Timestamp;

use crate::{AgentId, Money, Order, OrderId, PaymentId, Quote, SessionId};

/// What an agent has to do with an order.
#[derive(Clone, Debug)]
pub enum Brought {
    /// Nothing: there is no such order, or no agent has brought it.
    ByNobody,
    /// One has brought it, and it is not paid.
    Unpaid(Origin),
    /// One has brought it, and it was paid.
    Sold(Box<Sale>),
}

/// Who brought an order, paid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The session behind it.
    pub session: SessionId,
    /// The agent that brought it.
    pub agent: AgentId,
    /// The order.
    pub order: OrderId,
    /// The payment that it waits for or was paid with, where it is tied to one.
    pub payment: Option<PaymentId>,
}

/// An order that was bought through an agent.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The session that bought it.
    pub session: SessionId,
    /// The agent that brought it.
    pub agent: AgentId,
    /// The order as it is now.
    pub order: Order,
    /// What was bought for how much.
    pub quote: Quote,
    /// The buyer's note to the seller.
    pub note: Option<String>,
    /// Money that went back, in the order in which it went.
    pub refunds: Vec<Refund>,
    /// What the agent was told of it last, in the bridge's own words.
    pub told: Option<String>,
    /// When the platform last changed it, in whole seconds.
    pub changed_at: Timestamp,
}

/// Money that went back to the buyer, as the platform has booked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The platform's id.
    pub id: String,
    /// How much, tax included.
    pub amount: Money,
    /// The seller's words; may be empty.
    pub reason: String,
    /// What it was booked under; see [`Booking::mark`].
    pub mark: Option<String>,
    /// When the platform booked it.
    pub booked_at: Timestamp,
}

/// Money that went back at the processor, to be booked on the platform. No money moves by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The processor's id of the refund; it is booked once under it.
    pub mark: String,
    /// How much, tax included.
    pub amount: Money,
    /// What the seller reads.
    pub reason: String,
}

impl Booking {
    /// The reason, with the mark at its end: what is kept where a platform has no place for marks.
    pub fn marked_reason(&self) -> String {
        format!("{} [{}]", self.reason, self.mark)
    }
}

/// The mark at the end of a reason, if it has one.
pub fn mark_of(reason: &str) -> Option<&str> {
    let (_, mark) = reason.strip_suffix(']')?.rsplit_once('[')?;
    (!mark.is_empty()).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::{Booking, mark_of};
    use crate::{Currency, Money};

    #[test]
    fn a_mark_stands_at_the_end() {
        let amount = Money::zero(Currency::USD);
        let (mark, reason) = ("re_1".to_owned(), "Refunded at the processor".to_owned());
        let booking = Booking { mark, amount, reason };
        assert_eq!(mark_of(&booking.marked_reason()), Some("re_1"));
        for none in ["", "damaged", "[re_1] damaged", "damaged []", "re_1]"] {
            assert_eq!(mark_of(none), None, "{none}");
        }
    }
}
