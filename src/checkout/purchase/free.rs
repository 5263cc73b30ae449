//! What costs nothing: ordered on the same path, with no payment on it.

use commerce::{Commitment, Draft, Hold};
use payments::PaymentState;

use super::{Outcome, Purchase, in_progress};
use crate::{checkout::memo::Memo, failure::Failure};

impl Purchase {
    /// Orders an open draft that costs nothing. Nobody is asked for money.
    pub(in crate::checkout) async fn order_free(
        &self,
        draft: Draft,
        memo: &Memo,
    ) -> Result<Outcome, Failure> {
        self.call_off_payment().await?;
        let commitment = self.commitment(None, draft.quote.totals.total, memo);
        match self.commit(&draft, &commitment).await? {
            Ok(draft) => Ok(self.give(draft, &commitment).await),
            Err((draft, refusal)) => Ok(Outcome::Refused(draft, refusal)),
        }
    }

    /// Makes a draft that is tied to no payment the order that was promised.
    pub(in crate::checkout) async fn give(&self, draft: Draft, commitment: &Commitment) -> Outcome {
        if draft.is_scarce {
            match self.store.connector.hold(&draft.id).await {
                Ok(Hold::Held) => {}
                Ok(Hold::SoldOut) => return self.let_go(draft, None).await,
                Err(error) => return in_progress(draft, &error),
            }
        }
        self.place(draft, commitment).await
    }

    /// The session may have cost something before: its payment must not be able to take money any
    /// more.
    async fn call_off_payment(&self) -> Result<(), Failure> {
        let processor = &self.store.processor;
        let left = processor.find(&self.session, self.opened_at).await?;
        let state = match left {
            None => return Ok(()),
            Some(left) => match left.state {
                PaymentState::Open | PaymentState::ActionRequired => {
                    processor.void(&left.id).await?.state
                }
                state => state,
            },
        };
        match state {
            PaymentState::Voided => Ok(()),
            _ => Err(Failure::Conflict(
                "Money is on its way for an earlier total of this session. Read it again later",
            )),
        }
    }
}
