//! A processor that is used carelessly.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use commerce::{Connector, DraftId, Facts, Finding, Forged, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use payments::{
    Dispute, Hint, Opening, Payment, PaymentError, PaymentState, PaymentToken, Processor, Proof,
    Refund, RefundRequest, TokenInfo,
};

use super::Defect;

/// The drafts that payments were committed to.
pub(super) type Drafts = Arc<Mutex<HashMap<PaymentId, DraftId>>>;

pub(super) struct CarelessProcessor {
    pub(super) inner: Arc<dyn Processor>,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) drafts: Drafts,
    pub(super) defect: Defect,
}

impl CarelessProcessor {
    /// Ends the draft of a payment whose money may have been taken.
    async fn give_up(&self, payment: &PaymentId) -> Result<Payment, PaymentError> {
        let draft =
            self.drafts.lock().unwrap_or_else(PoisonError::into_inner).get(payment).cloned();
        if let Some(draft) = draft {
            // What becomes of it is what the ledgers are asked.
            let _discarded = self.connector.discard(&draft, &Facts::new()).await;
        }
        let now = self.inner.fetch(payment).await?;
        Ok(Payment { state: PaymentState::Voided, ..now })
    }
}

#[async_trait]
impl Processor for CarelessProcessor {
    async fn inspect(&self, token: &PaymentToken) -> Result<TokenInfo, PaymentError> {
        self.inner.inspect(token).await
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<Payment, PaymentError> {
        self.inner.open(opening).await
    }

    async fn authorize(
        &self,
        payment: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        generation: u32,
    ) -> Result<Payment, PaymentError> {
        let generation = if self.defect == Defect::ReplayOfStoredFailure { 0 } else { generation };
        self.inner.authorize(payment, token, proof, generation).await
    }

    async fn fetch(&self, payment: &PaymentId) -> Result<Payment, PaymentError> {
        self.inner.fetch(payment).await
    }

    async fn find(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError> {
        self.inner.find(session, since).await
    }

    async fn unsettled(
        &self,
        store: &str,
        before: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        self.inner.unsettled(store, before).await
    }

    async fn changed_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        self.inner.changed_since(store, since).await
    }

    async fn capture(
        &self,
        payment: &PaymentId,
        amount: Money,
        order: &OrderId,
    ) -> Result<Payment, PaymentError> {
        match self.defect {
            Defect::PartOfTheMoney => {
                let part = Money::new(amount.minor() - 1, amount.currency());
                self.inner.capture(payment, part, order).await
            }
            Defect::UnknownCaptureIsFailure => {
                match self.inner.capture(payment, amount, order).await {
                    Err(PaymentError::OutcomeUnknown { .. }) => self.give_up(payment).await,
                    known => known,
                }
            }
            _ => self.inner.capture(payment, amount, order).await,
        }
    }

    async fn void(&self, payment: &PaymentId) -> Result<Payment, PaymentError> {
        if self.defect == Defect::HoldForgotten {
            let now = self.inner.fetch(payment).await?;
            return Ok(Payment { state: PaymentState::Voided, ..now });
        }
        self.inner.void(payment).await
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Refund, PaymentError> {
        self.inner.refund(request).await
    }

    async fn refunds(&self, payment: &PaymentId) -> Result<Vec<Refund>, PaymentError> {
        let refunds = self.inner.refunds(payment).await?;
        if self.defect != Defect::RefundsUnmarked {
            return Ok(refunds);
        }
        Ok(refunds.into_iter().map(|refund| Refund { origin: None, ..refund }).collect())
    }

    async fn disputes(&self, payment: &PaymentId) -> Result<Vec<Dispute>, PaymentError> {
        self.inner.disputes(payment).await
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Hint>, Forged> {
        self.inner.hear(header, body, now)
    }

    async fn check(&self) -> Vec<Finding> {
        self.inner.check().await
    }

    async fn rehearse(&self) -> Vec<Finding> {
        self.inner.rehearse().await
    }
}
