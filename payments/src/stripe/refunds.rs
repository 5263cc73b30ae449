//! Giving money back.

use commerce::PaymentId;

use super::{
    GENERATIONS_MAX, Stripe, key, plain, rejected,
    wire::{self, CreateRefund, DisputePage, Nothing, OfPayment, RefundPage},
};
use crate::{Dispute, PaymentError, Refund, RefundRequest};

/// Stripe's largest page. A payment with more refunds or disputes than it holds is refused.
const PAGE_MAX: u8 = 100;

impl Stripe {
    /// Stripe forgets a key after a day, so what was given back already is looked up first.
    pub(super) async fn give_back(
        &self,
        request: &RefundRequest<'_>,
    ) -> Result<Refund, PaymentError> {
        let form = CreateRefund::new(request)?;
        let mut generation = 0;
        loop {
            if let Some(refund) = self.given_back(request).await? {
                return Ok(refund);
            }
            let key = key::refund(request.payment, request.origin, generation);
            let sender = self.client.stable("refund.make");
            let failure = match sender.write::<wire::Refund, Refund>("/refunds", key, &form).await {
                Ok(reply) if reply.replayed => return self.refund_now(&reply.value.id).await,
                Ok(reply) => return Ok(reply.value),
                Err(failure) => failure,
            };
            generation += 1;
            if !failure.is_spent() || generation == GENERATIONS_MAX {
                return Err(failure.into());
            }
        }
    }

    /// Every refund of a payment, oldest first.
    pub(super) async fn refunds_of(&self, id: &PaymentId) -> Result<Vec<Refund>, PaymentError> {
        let query = of_payment(id)?;
        let sender = self.client.stable("refund.list");
        let page = sender.read::<RefundPage, RefundPage>("/refunds", &query).await?;
        page.into_oldest_first("refund.list")
    }

    /// Every dispute about a payment, oldest first.
    pub(super) async fn disputes_of(&self, id: &PaymentId) -> Result<Vec<Dispute>, PaymentError> {
        let query = of_payment(id)?;
        let sender = self.client.stable("dispute.list");
        let page = sender.read::<DisputePage, DisputePage>("/disputes", &query).await?;
        page.into_oldest_first("dispute.list")
    }

    async fn given_back(
        &self,
        request: &RefundRequest<'_>,
    ) -> Result<Option<Refund>, PaymentError> {
        let refunds = self.refunds_of(request.payment).await?;
        Ok(refunds.into_iter().find(|refund| refund.origin.as_ref() == Some(request.origin)))
    }

    /// A replayed answer tells the past: the refund may have moved on since.
    async fn refund_now(&self, id: &str) -> Result<Refund, PaymentError> {
        let missing = || rejected("resource_missing", "this is no id of a refund");
        let path = format!("/refunds/{}", plain(id).ok_or_else(missing)?);
        let sender = self.client.stable("refund.fetch");
        Ok(sender.read::<wire::Refund, _>(path, &Nothing {}).await?)
    }
}

fn of_payment(id: &PaymentId) -> Result<OfPayment<'_>, PaymentError> {
    let missing = || rejected("resource_missing", "this is no id of a payment");
    let payment_intent = plain(id.as_str()).ok_or_else(missing)?;
    Ok(OfPayment { payment_intent, limit: PAGE_MAX })
}
