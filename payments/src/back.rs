//! Money that goes back: refunds, and disputes about them who would rather ask their bank.

use commerce::{Money, PaymentId};
use jiff::Timestamp;

/// Money to give back.
#[derive(Clone, Copy, Debug)]
pub struct RefundRequest<'a> {
    /// The payment that took it.
    pub payment: &'a PaymentId,
    /// How much, tax included.
    pub amount: Money,
    /// The seller's words; may be empty.
    pub reason: &'a str,
    /// Why it is given back. The same origin again is the same refund.
    pub origin: &'a Origin,
}

/// What made us give money back: a mark that the refund carries, so that it is never taken for
/// another one's and brought back to where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A refund in the store, by the store's own id of it.
    Store(String),
    /// The order of this payment could not be written.
    Rollback,
}

/// Money that went back, or is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The processor's id.
    pub id: String,
    /// The payment it belongs to.
    pub payment: PaymentId,
    /// How much, tax included.
    pub amount: Money,
    /// How far it is.
    pub state: RefundState,
    /// What made us give it back; `None` if somebody did so at the processor.
    pub origin: Option<Origin>,
    /// Why, in the seller's words or the processor's; may be empty.
    pub reason: String,
    /// When it was made, in whole seconds.
    pub made_at: Timestamp,
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The processor has not finished.
    Pending,
    /// The buyer has the money, or will without further ado.
    Completed,
    /// The money stays with the seller.
    Failed,
}

/// A buyer's bank that questions a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The processor's id.
    pub id: String,
    /// The payment in question.
    pub payment: PaymentId,
    /// How much of it is in question.
    pub amount: Money,
    /// How far it is.
    pub state: DisputeState,
    /// The bank's reason in the processor's word for it, such as `product_not_received`.
    pub reason: String,
    /// When it began, in whole seconds.
    pub made_at: Timestamp,
}

/// How far a dispute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeState {
    /// The bank only asks; no money has moved.
    Inquiry,
    /// The money is withheld until the bank has decided.
    Open,
    /// The seller keeps the money.
    Won,
    /// The buyer has it back.
    Lost,
    /// It ended without a decision, and the seller keeps the money.
    Closed,
}
