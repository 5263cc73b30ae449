//! What the conformance suite needs beside a processor: the agent's hand, the buyer's, the
//! seller's, the bank's, and a way to lose an answer.

use commerce::{Money, PaymentId};
use jiff::Timestamp;
use payments::{PaymentToken, Processor};

/// A processor on its bench, in an account without payments.
pub(crate) trait Bench: Send + Sync {
    /// The processor.
    fn processor(&self) -> &dyn Processor;

    /// The provider's clock.
    fn now(&self) -> Timestamp;

    /// Lets time pass at the provider.
    fn pass(&self, seconds: i64);

    /// A fresh token that can pay up to a limit.
    fn token(&self, card: Card, limit: Money) -> PaymentToken;

    /// The next call of a step is carried out, and its answer is lost for good.
    fn lose(&self, step: Step);

    /// Somebody gives money back at the provider.
    fn refund_elsewhere(&self, payment: &PaymentId, amount: Money);

    /// The buyer's bank questions a captured payment.
    fn dispute(&self, payment: &PaymentId);

    /// What was taken, in minor units, by the provider's own books.
    fn taken(&self) -> Vec<i64>;

    /// A genuine delivery about a payment: headers and body.
    fn delivery(&self, payment: &PaymentId) -> (Vec<(String, String)>, Vec<u8>);
}

/// How a card behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// It pays.
    Good,
    /// The bank says no.
    Declined,
    /// The bank wants to know the buyer.
    Authenticated,
}

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Open,
    Authorize,
    Capture,
    Void,
    Refund,
}
