//! What became of an authorization.

use commerce::{Money, PaymentId};
use tracing::error;

use super::{Stripe, error::Failure, rejected};
use crate::{
    BadToken, Deactivation, Payment, PaymentError, PaymentState, PaymentToken, Processor, Proof,
    Sca, TokenInfo,
};

impl Stripe {
    /// A proof pays for what the buyer was asked about and for nothing else.
    pub(super) async fn belongs(&self, proof: &Proof, id: &PaymentId) -> Result<(), PaymentError> {
        if self.client.settings.sca != Sca::AcpDelegate {
            return Err(rejected("proof_unwanted", "set sca = \"acp_delegate\" to take proofs"));
        }
        let payment = self.fetch(id).await?;
        if !proof.is_about(&payment) {
            return Err(rejected("proof_mismatch", "the proof is about another payment"));
        }
        Ok(())
    }

    /// An authorization is good only if it holds exactly the total.
    pub(super) async fn verify(&self, payment: Payment) -> Result<Payment, PaymentError> {
        match payment.state {
            PaymentState::Authorized if payment.capturable != payment.total => {
                error!(
                    payment.id = %payment.id,
                    held = payment.capturable.minor(),
                    total = payment.total.minor(),
                    "another amount is held than the total: the payment is voided",
                );
                self.void(&payment.id).await?;
                Err(rejected("amount_mismatch", "another amount was held than the total"))
            }
            PaymentState::Open => Err(match payment.decline {
                Some(decline) => PaymentError::Declined(decline),
                None => rejected("not_authorized", "the payment is still open"),
            }),
            PaymentState::Voided => Err(rejected("canceled", "the payment was called off")),
            PaymentState::ActionRequired
            | PaymentState::Processing
            | PaymentState::Authorized
            | PaymentState::Captured => Ok(payment),
        }
    }

    /// What a failed authorization means. Errors about tokens come without a code and an old
    /// refusal may be told again, so in both cases it is what holds now that decides.
    pub(super) async fn explain(
        &self,
        id: &PaymentId,
        token: &PaymentToken,
        failure: Failure,
    ) -> Result<Payment, PaymentError> {
        let Some(refusal) = failure.refusal() else { return Err(failure.into()) };
        let is_old_decline = refusal.replayed && refusal.is_decline();
        if !is_old_decline && !refusal.is_about_the_call() {
            return Err(failure.into());
        }
        let payment = self.fetch(id).await?;
        if payment.state > PaymentState::Open {
            return self.verify(payment).await;
        }
        // The key has been used with other settings: what came of that was looked at just now.
        if refusal.is_key_reuse() && payment.state == PaymentState::Open {
            let words = "the key was used with other settings before";
            return Err(PaymentError::OutcomeUnknown { source: words.into() });
        }
        let is_codeless = refusal.code.is_none() || refusal.is_missing();
        if payment.state == PaymentState::Voided || is_old_decline || !is_codeless {
            return Err(failure.into());
        }
        let told = match self.inspect(token).await {
            Ok(info) => fault(&info, payment.total),
            Err(PaymentError::BadToken(why)) => Some(why),
            Err(_) => None,
        };
        match told.or_else(|| hinted(&refusal.message)) {
            Some(why) => Err(PaymentError::BadToken(why)),
            None => Err(failure.into()),
        }
    }
}

/// Why a token cannot pay `total`, as far as the token itself tells.
fn fault(info: &TokenInfo, total: Money) -> Option<BadToken> {
    match info.deactivated {
        Some(Deactivation::Expired) => Some(BadToken::Expired),
        Some(_) => Some(BadToken::Deactivated),
        None if info.limit.currency() != total.currency() => Some(BadToken::WrongCurrency),
        None if info.limit.minor() < total.minor() => Some(BadToken::LimitTooSmall),
        None => None,
    }
}

/// The last resort: Stripe's words, which may change any day.
fn hinted(message: &str) -> Option<BadToken> {
    let message = message.to_ascii_lowercase();
    [
        ("expired", BadToken::Expired),
        ("deactivated", BadToken::Deactivated),
        ("capturable", BadToken::LimitTooSmall),
        ("currency", BadToken::WrongCurrency),
    ]
    .into_iter()
    .find_map(|(word, why)| message.contains(word).then_some(why))
}
