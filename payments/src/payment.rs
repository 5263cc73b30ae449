//! A payment, and what it is opened for.

use commerce::{AgentId, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;

use crate::Decline;

/// What a payment is opened for.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The session that pays; it has one payment, however often it is opened.
    pub session: &'a SessionId,
    /// The store by its configured id.
    pub store: &'a str,
    /// The agent that the session belongs to.
    pub agent: &'a AgentId,
    /// The platform's order, where it has a number already.
    pub order: Option<&'a OrderId>,
    /// Exactly what is to be charged.
    pub total: Money,
    /// When the session was opened; its payment cannot be older.
    pub session_opened_at: Timestamp,
    /// What the owner reads in the dashboard.
    pub description: &'a str,
}

/// A payment as the processor knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The processor's id.
    pub id: PaymentId,
    /// How far it is.
    pub state: PaymentState,
    /// What is to be charged.
    pub total: Money,
    /// What is held and can be captured.
    pub capturable: Money,
    /// What was captured.
    pub captured: Money,
    /// What of it went back, or is on its way.
    pub refunded: Money,
    /// Whether the buyer's bank questions it, or has done so.
    pub is_disputed: bool,
    /// The session it was opened for; a payment of somebody else's has none.
    pub session: Option<SessionId>,
    /// The store it was opened for.
    pub store: Option<String>,
    /// The agent that its session belongs to.
    pub agent: Option<AgentId>,
    /// The order it pays for.
    pub order: Option<OrderId>,
    /// When it was opened, in whole seconds.
    pub opened_at: Timestamp,
    /// When held money goes back by itself, where the processor tells.
    pub held_until: Option<Timestamp>,
    /// Whether it moves real money.
    pub livemode: bool,
    /// How its last authorization failed, if it did.
    pub decline: Option<Decline>,
}

/// How far a payment is. The further one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaymentState {
    /// Called off; it will never hold or take money.
    Voided,
    /// No money is held, and a token can be tried.
    Open,
    /// The buyer has to authenticate.
    ActionRequired,
    /// The processor has not decided.
    Processing,
    /// The money is held.
    Authorized,
    /// The money is taken.
    Captured,
}
