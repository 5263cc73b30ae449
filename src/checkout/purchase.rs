//! Buying: the one path on which money moves, and every way back from it.
//!
//! ```text
//! inspect → open → commit → authorize → (hold) → capture → place
//! ```
//!
//! What may sell out meanwhile is taken off the shelf before the money is taken.
//!
//! One payment exists per session, made before any money can move and found again by the
//! session alone. The draft is committed to it before the token is used, so from the first
//! moment at which money may be held, store and processor know of each other. Whoever comes
//! later, with the same key or another, on this replica or another, reads both and goes on from
//! there: nothing is done twice, because every step is keyed or recognizes itself.
//!
//! What costs nothing goes the same way without a payment (`free`).

use std::sync::Arc;

use commerce::{
    AgentId, Commitment, ConnectorError, Draft, DraftState, Facts, Hold, Money, Order, PaymentId,
    Problem, SessionId,
};
use jiff::Timestamp;
use payments::{
    BadToken, Decline, Opening, Payment, PaymentError, PaymentState, PaymentToken, Proof,
};
use tracing::{error, info, warn};

use super::{
    authentication::{Demand, settled},
    memo::Memo,
};
use crate::{attempts, chain::Chain, failure::Failure, session::Ticket, store::Store};

mod free;

/// How often an authorization is tried afresh after the processor failed without effect.
const GENERATIONS_MAX: u32 = 3;

/// One try to buy one session.
#[derive(Clone)]
pub(super) struct Purchase {
    pub(super) store: Arc<Store>,
    pub(super) session: SessionId,
    pub(super) agent: AgentId,
    pub(super) opened_at: Timestamp,
    /// What the completion adds to what is kept for the seller.
    pub(super) facts: Facts,
    /// Whether a buyer can be sent to the bank.
    pub(super) can_authenticate: bool,
    /// What the bank has said of the buyer already.
    pub(super) proof: Option<Proof>,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Paid for and ordered.
    Completed(Draft, Order),
    /// Nothing was charged; the draft is open and says why.
    Refused(Draft, Refusal),
    /// Not ended: the session tells later.
    InProgress(Draft),
    /// There is no draft any more, and no money either.
    Gone,
}

/// Why nothing was charged.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The draft's own problems.
    Problems,
    /// The store asks another price than the agent was shown.
    PriceMoved,
    /// The bank or the processor said no.
    Declined(Decline),
    /// The token cannot pay for this.
    BadToken(BadToken),
    /// Somebody else got the last one while the money was held; nothing is held any more.
    SoldOut,
    /// The bank wants to know the buyer first; the draft says so.
    AuthenticationRequired,
    /// The bank wants to know the buyer, and nobody can ask.
    AuthenticationImpossible,
}

impl Purchase {
    /// One that somebody else has begun.
    pub(super) fn repairing(
        store: &Arc<Store>,
        session: &SessionId,
        agent: &AgentId,
        ticket: &Ticket,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            session: session.clone(),
            agent: agent.clone(),
            opened_at: ticket.opened_at,
            facts: Facts::new(),
            can_authenticate: false,
            proof: None,
        }
    }

    /// Buys an open draft with a token.
    pub(super) async fn buy(
        &self,
        draft: Draft,
        token: &PaymentToken,
        memo: &Memo,
    ) -> Result<Outcome, Failure> {
        let total = draft.quote.totals.total;
        if let Err(refusal) = self.inspect(token, total).await? {
            return Ok(Outcome::Refused(draft, refusal));
        }
        let payment = self.open(&draft, total).await?;
        let commitment = self.commitment(Some(&payment), total, memo);
        match self.commit(&draft, &commitment).await? {
            Ok(draft) => self.pay(draft, payment, &commitment, token).await,
            Err((draft, refusal)) => Ok(Outcome::Refused(draft, refusal)),
        }
    }

    /// Ties the draft, unless it has changed since it was shown.
    async fn commit(
        &self,
        draft: &Draft,
        commitment: &Commitment,
    ) -> Result<Result<Draft, (Draft, Refusal)>, Failure> {
        match self.store.connector.commit(&draft.id, commitment).await {
            Ok(draft) if matches!(draft.state, DraftState::Committed { .. }) => Ok(Ok(draft)),
            Ok(draft) => Ok(Err((draft, Refusal::Problems))),
            Err(ConnectorError::PriceMoved { .. }) => {
                let draft = self.store.connector.load(&draft.id).await?;
                Ok(Err((draft, Refusal::PriceMoved)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Goes on with a draft that an earlier try has committed, with a fresh token in hand.
    pub(super) async fn go_on(
        &self,
        draft: Draft,
        commitment: &Commitment,
        token: &PaymentToken,
    ) -> Result<Outcome, Failure> {
        let Some(payment) = &commitment.payment else {
            return Ok(self.give(draft, commitment).await);
        };
        let payment = match self.store.processor.fetch(payment).await {
            Ok(payment) => payment,
            Err(error) => return Ok(in_progress(draft, &error)),
        };
        if payment.state == PaymentState::Voided {
            return Ok(self.end(draft).await);
        }
        if payment.state != PaymentState::Open {
            return self.pay(draft, payment, commitment, token).await;
        }
        // It becomes this call's commitment: whoever is still at the earlier one cannot take it back.
        match self.store.connector.commit(&draft.id, commitment).await {
            Ok(draft) if matches!(draft.state, DraftState::Committed { .. }) => {
                self.pay(draft, payment, commitment, token).await
            }
            // Nothing is held, and what it was committed to is gone.
            Ok(draft) => Ok(Outcome::Refused(draft, Refusal::Problems)),
            Err(error) => Ok(in_progress(draft, &error)),
        }
    }

    /// Its payment pays for nothing any more, so it ends as well.
    async fn end(&self, draft: Draft) -> Outcome {
        match self.store.connector.discard(&draft.id, &Facts::new()).await {
            Ok(dead) => Outcome::Refused(dead, Refusal::Problems),
            Err(error) => in_progress(draft, &error),
        }
    }

    /// Asks whether the token can pay at all. Advisory: the processor enforces it again.
    async fn inspect(
        &self,
        token: &PaymentToken,
        total: Money,
    ) -> Result<Result<(), Refusal>, Failure> {
        match self.store.processor.inspect(token).await {
            // A token that was used up may have been used up by this very session.
            Ok(info) if info.deactivated.is_some() => Ok(Ok(())),
            Ok(info) if info.limit.currency() != total.currency() => {
                Ok(Err(Refusal::BadToken(BadToken::WrongCurrency)))
            }
            Ok(info) if info.limit.minor() < total.minor() => {
                Ok(Err(Refusal::BadToken(BadToken::LimitTooSmall)))
            }
            Ok(_) => Ok(Ok(())),
            Err(PaymentError::BadToken(why)) => Ok(Err(Refusal::BadToken(why))),
            Err(error) => Err(error.into()),
        }
    }

    /// The session's one payment. No money can move before it has seen a token.
    async fn open(&self, draft: &Draft, total: Money) -> Result<Payment, Failure> {
        let description = format!("{} through {}", self.store.name, self.agent);
        let opening = Opening {
            session: &self.session,
            store: &self.store.id,
            agent: &self.agent,
            order: Some(&draft.order),
            total,
            session_opened_at: self.opened_at,
            description: &description,
        };
        let payment = self.store.processor.open(&opening).await?;
        match payment.state {
            PaymentState::Voided => {
                // It pays for nothing any more, so the draft is dead as well.
                self.store.connector.discard(&draft.id, &Facts::new()).await?;
                Err(Failure::Conflict(
                    "The payment of this session was canceled. Create a new session",
                ))
            }
            _ if payment.total == total => Ok(payment),
            // An authorization that came late, for what the session cost then: the draft dies, then
            // it is let go, and a payment that was let go pays for nothing else.
            PaymentState::Authorized => {
                self.store.connector.discard(&draft.id, &Facts::new()).await?;
                self.store.processor.void(&payment.id).await?;
                Err(Failure::Conflict(
                    "The payment of this session was for another total and is canceled. Create a \
                     new session",
                ))
            }
            state => {
                let (id, taken) = (&payment.id, payment.total.minor());
                error!(payment.id = %id, ?state, taken, "paid for another total: look at it");
                Err(Failure::Conflict("The payment of this session has come too far to change"))
            }
        }
    }

    fn commitment(&self, payment: Option<&Payment>, total: Money, memo: &Memo) -> Commitment {
        Commitment {
            payment: payment.map(|payment| payment.id.clone()),
            total,
            session: self.session.clone(),
            agent: self.agent.clone(),
            memo: memo.render(),
            facts: self.facts.clone(),
        }
    }

    /// From here on money may be held, so a doubt is no error: it is refused for certain, it is
    /// done, or it is in progress.
    async fn pay(
        &self,
        draft: Draft,
        payment: Payment,
        commitment: &Commitment,
        token: &PaymentToken,
    ) -> Result<Outcome, Failure> {
        let held = match payment.state {
            PaymentState::Open => self.authorize(&payment, token).await,
            PaymentState::Voided => Err(PaymentError::BadToken(BadToken::Deactivated)),
            PaymentState::Authorized
            | PaymentState::Captured
            | PaymentState::Processing
            | PaymentState::ActionRequired => Ok(payment),
        };
        let mut facts = settled(&draft);
        let refusal = match held {
            Ok(payment) => return Ok(self.take(draft, payment, commitment).await),
            Err(PaymentError::Declined(decline)) => {
                facts.extend([attempts::fact(self.count_decline(&draft, token, commitment))]);
                Refusal::Declined(decline)
            }
            Err(PaymentError::BadToken(why)) => Refusal::BadToken(why),
            Err(PaymentError::AuthenticationRequired { network: Some(network) })
                if self.can_authenticate && self.proof.is_none() =>
            {
                facts = Demand::new(network, commitment.total).facts();
                Refusal::AuthenticationRequired
            }
            Err(PaymentError::AuthenticationRequired { .. }) => Refusal::AuthenticationImpossible,
            Err(error @ (PaymentError::Denied { .. } | PaymentError::Rejected { .. })) => {
                self.reopen(draft, commitment, &facts).await;
                return Err(error.into());
            }
            Err(error) => return Ok(in_progress(draft, &error)),
        };
        Ok(Outcome::Refused(self.reopen(draft, commitment, &facts).await, refusal))
    }

    /// How often banks have said no to this session by now.
    fn count_decline(&self, draft: &Draft, token: &PaymentToken, commitment: &Commitment) -> u32 {
        let now = Memo::parse(&commitment.memo).began_at().unwrap_or_default();
        let who = (&self.session, &self.agent);
        self.store.attempts.declined(who, &token.digest(), attempts::kept(draft), now)
    }

    /// Nothing is held: the draft is open again. Where the store does not do it now, the next
    /// read of the session does.
    async fn reopen(&self, draft: Draft, commitment: &Commitment, facts: &Facts) -> Draft {
        match self.store.connector.reopen(&draft.id, commitment, facts).await {
            Ok(draft) => draft,
            Err(error) => {
                warn!(order.id = %draft.order, error = %Chain(&error), "draft not reopened");
                draft
            }
        }
    }

    /// Holds the money. An unknown end is answered by looking, never by trying again blindly.
    async fn authorize(
        &self,
        payment: &Payment,
        token: &PaymentToken,
    ) -> Result<Payment, PaymentError> {
        let mut generation = 0;
        loop {
            let processor = &self.store.processor;
            let proof = self.proof.as_ref();
            let failure = match processor.authorize(&payment.id, token, proof, generation).await {
                Err(error @ PaymentError::OutcomeUnknown { .. }) => error,
                known => return known,
            };
            let now = processor.fetch(&payment.id).await?;
            if now.state != PaymentState::Open {
                return Ok(now);
            }
            generation += 1;
            if generation == GENERATIONS_MAX {
                return Err(failure);
            }
        }
    }

    /// Takes held money and writes the payment into the order.
    pub(super) async fn take(
        &self,
        draft: Draft,
        payment: Payment,
        commitment: &Commitment,
    ) -> Outcome {
        if payment.state == PaymentState::Authorized && draft.is_scarce {
            match self.store.connector.hold(&draft.id).await {
                Ok(Hold::Held) => {}
                Ok(Hold::SoldOut) => return self.let_go(draft, Some(&payment)).await,
                Err(error) => return in_progress(draft, &error),
            }
        }
        let captured = match payment.state {
            PaymentState::Captured => Ok(payment),
            PaymentState::Authorized => self.capture(&draft, payment, commitment.total).await,
            _ => return Outcome::InProgress(draft),
        };
        match captured {
            Ok(payment) if payment.captured == commitment.total => {
                self.place(draft, commitment).await
            }
            Ok(payment) => {
                error!(
                    payment.id = %payment.id,
                    captured = payment.captured.minor(),
                    agreed = commitment.total.minor(),
                    "captured is not what was agreed: look at this payment",
                );
                Outcome::InProgress(draft)
            }
            Err(error) => in_progress(draft, &error),
        }
    }

    /// Makes the draft the order that was promised.
    async fn place(&self, draft: Draft, commitment: &Commitment) -> Outcome {
        match self.store.connector.place(&draft.id, commitment).await {
            Ok(order) => {
                let payment = commitment.payment.as_ref().map(PaymentId::as_str);
                info!(order.id = %order.id, payment.id = payment, "order placed");
                Outcome::Completed(draft, order)
            }
            Err(error) => in_progress(draft, &error),
        }
    }

    /// Somebody else got the last one while the money was held: the order dies first, so that
    /// nobody can take the money for it, then the hold.
    async fn let_go(&self, draft: Draft, payment: Option<&Payment>) -> Outcome {
        let dead = match self.store.connector.discard(&draft.id, &Facts::new()).await {
            Ok(dead) => dead,
            Err(error) => return in_progress(draft, &error),
        };
        let Some(payment) = payment else { return Outcome::Refused(dead, Refusal::SoldOut) };
        match self.store.processor.void(&payment.id).await {
            Ok(_) => info!(order.id = %dead.order, "sold out while it was paid: nothing is held"),
            Err(error) => error!(
                payment.id = %payment.id,
                error = %Chain(&error),
                "the hold on the card was not released: void this payment",
            ),
        }
        Outcome::Refused(dead, Refusal::SoldOut)
    }

    async fn capture(
        &self,
        draft: &Draft,
        held: Payment,
        total: Money,
    ) -> Result<Payment, PaymentError> {
        let processor = &self.store.processor;
        match processor.capture(&held.id, total, &draft.order).await {
            Err(PaymentError::OutcomeUnknown { .. }) => processor.fetch(&held.id).await,
            known => known,
        }
    }
}

/// Logged once, here: the agent reads the session again and somebody goes on.
fn in_progress(draft: Draft, error: &(dyn std::error::Error + 'static)) -> Outcome {
    warn!(error = %Chain(error), "completion not ended yet");
    Outcome::InProgress(draft)
}

/// Whether a problem stops the purchase.
pub(super) fn blocks(problem: &Problem) -> bool {
    !matches!(problem.kind, commerce::ProblemKind::CodeRefused(_))
}
