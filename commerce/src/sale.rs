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
