//! The contract between the bridge and one payment service provider.

use async_trait::async_trait;
use commerce::{Finding, Forged, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;

use crate::{
    Dispute, Opening, Payment, PaymentError, PaymentToken, Proof, Refund, RefundRequest, TokenInfo,
};

/// One account at one payment service provider.
///
/// The provider keeps all state: a payment can be found by its session, and tells its store,
/// agent and order, so any instance of the bridge can go on with it. Every method may be
/// repeated and has its effect once. What an [`PaymentError::OutcomeUnknown`] has done is told
/// by a [`fetch`](Self::fetch) and by nothing else.
#[async_trait]
pub trait Processor: Send + Sync {
    /// What a token allows now. Advisory: an authorization enforces it again.
    async fn inspect(&self, token: &PaymentToken) -> Result<TokenInfo, PaymentError>;

    /// The session's one payment over a total, made if need be. It holds no money and has no
    /// payment method. One that is funded or voided already is returned as it is.
    async fn open(&self, opening: &Opening<'_>) -> Result<Payment, PaymentError>;

    /// Holds the money of an open payment with a token, and with what the issuer has said about
    /// the buyer if it was asked. The answer may be a payment that waits for the buyer or for the
    /// provider: nothing is held before the state says so. Raise `generation` only after a
    /// [fetch](Self::fetch) has answered [`PaymentError::OutcomeUnknown`] with
    /// [`PaymentState::Open`](crate::PaymentState::Open).
    async fn authorize(
        &self,
        payment: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        generation: u32,
    ) -> Result<Payment, PaymentError>;

    /// The payment as it is now.
    async fn fetch(&self, payment: &PaymentId) -> Result<Payment, PaymentError>;

    /// The payment of a session that was opened at `since`, looked for where nothing is missed.
    async fn find(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError>;

    /// Payments of a store that were opened before, and are neither captured nor voided. May
    /// miss what has changed within the last minutes.
    async fn unsettled(&self, store: &str, before: Timestamp)
    -> Result<Vec<Payment>, PaymentError>;

    /// Payments of a store that moved since: captured, voided, given back, disputed. Catches what
    /// the provider's hooks have failed to tell.
    async fn changed_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError>;

    /// Takes `amount` of the held money for `order`; the rest is let go. Taking it twice changes
    /// nothing.
    async fn capture(
        &self,
        payment: &PaymentId,
        amount: Money,
        order: &OrderId,
    ) -> Result<Payment, PaymentError>;

    /// Calls the payment off and lets go what it holds. Doing so twice changes nothing.
    async fn void(&self, payment: &PaymentId) -> Result<Payment, PaymentError>;

    /// Gives money back. The same origin again is the same refund, however long ago it was.
    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Refund, PaymentError>;

    /// Every refund of a payment, ours and those that others made, oldest first.
    async fn refunds(&self, payment: &PaymentId) -> Result<Vec<Refund>, PaymentError>;

    /// Every dispute about a payment, oldest first.
    async fn disputes(&self, payment: &PaymentId) -> Result<Vec<Dispute>, PaymentError>;

    /// Reads a delivery of the provider's hooks: which payment to look at, if any. The delivery
    /// must be signed with one of our secrets, now; what it says of the payment is not believed.
    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Hint>, Forged>;

    /// What works, what does not, and what to do; changes nothing.
    async fn check(&self) -> Vec<Finding>;

    /// Tries out with test money what only the provider itself can tell, and says which
    /// configuration follows. Refuses an account that moves real money.
    async fn rehearse(&self) -> Vec<Finding>;
}

/// What a delivery is about. What it says may be old by now, so the payment is read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The delivery's own id: the same one may come twice.
    pub delivery: String,
    /// The payment to look at.
    pub payment: PaymentId,
    /// The store it was opened for, where the delivery tells.
    pub store: Option<String>,
}
