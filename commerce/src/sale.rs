//! An order that an agent has brought, as the platform keeps it after the purchase.

use jiff::Timestamp;

use crate::{AgentId, Money, Order, Quote, SessionId};

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
    /// When the platform last changed it, in whole seconds.
    pub changed_at: Timestamp,
}

/// Money that went back to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The platform's id.
    pub id: String,
    /// How much, tax included.
    pub amount: Money,
    /// The seller's words; may be empty.
    pub reason: String,
    /// When the platform booked it.
    pub booked_at: Timestamp,
}
