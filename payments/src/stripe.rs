//! One account at Stripe: the calls of a [`Processor`], one story each.

use async_trait::async_trait;
use commerce::{Finding, Forged, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use stripe_client_core::IdempotencyKey;
use upstream::Upstream;

use crate::{
    BadToken, Dispute, Hint, Opening, Payment, PaymentError, PaymentState, PaymentToken, Processor,
    Proof, Refund, RefundRequest, TokenInfo,
};

mod amount;
mod authorization;
mod check;
mod client;
mod error;
mod hook;
mod key;
mod refunds;
mod rehearsal;
mod search;
mod settings;
mod wire;

pub use settings::{API_VERSION, Sca, Settings, TOKEN_API_VERSION, TokenParameter};

use amount::AmountError;
use client::{Client, Reply};
use error::{Failure, Refusal};
use wire::{Amend, Capture, Confirm, Create, Expanded, GrantedToken, Intent, Nothing};

/// How many keys are tried in turn while the last one only brings the past.
const GENERATIONS_MAX: u32 = 12;

/// One account at Stripe. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
}

#[async_trait]
impl Processor for Stripe {
    async fn inspect(&self, token: &PaymentToken) -> Result<TokenInfo, PaymentError> {
        let id = plain(token.expose()).ok_or(PaymentError::BadToken(BadToken::Unknown))?;
        let path = format!("/shared_payment/granted_tokens/{id}");
        let sender = self.client.preview("token.inspect");
        sender.read::<GrantedToken, _>(path, &Nothing {}).await.map_err(|failure| {
            if failure.refusal().is_some_and(Refusal::is_missing) {
                return PaymentError::BadToken(BadToken::Unknown);
            }
            failure.into()
        })
    }

    async fn open(&self, opening: &Opening<'_>) -> Result<Payment, PaymentError> {
        let form = Create::new(opening)?;
        let mut generation = 0;
        loop {
            let key = key::open(opening.store, opening.session, generation);
            let sender = self.client.stable("payment.open");
            let failure = match sender.write::<Intent, _>("/payment_intents", key, &form).await {
                Ok(reply) => return self.amend(self.now(reply).await?, opening.total).await,
                Err(failure) => failure,
            };
            if !failure.is_spent() {
                return Err(failure.into());
            }
            // Either the payment exists under another price, or it may exist all the same.
            if let Some(payment) = self.find(opening.session, opening.session_opened_at).await? {
                return self.amend(payment, opening.total).await;
            }
            // There is none, so what the key keeps is a failure.
            generation += 1;
            if generation == GENERATIONS_MAX {
                return Err(failure.into());
            }
        }
    }

    async fn authorize(
        &self,
        id: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        generation: u32,
    ) -> Result<Payment, PaymentError> {
        if let Some(proof) = proof {
            self.belongs(proof, id).await?;
        }
        let path = payment_path(id, "/confirm")?;
        let held = match self.confirm(path, id, token, proof, generation).await {
            Ok(reply) => self.verify(self.now(reply).await?).await?,
            Err(failure) => self.explain(id, token, failure).await?,
        };
        if proof.is_some_and(|proof| !proof.is_about(&held)) {
            self.void(id).await?;
            return Err(rejected("proof_mismatch", "the total has changed under the proof"));
        }
        Ok(held)
    }

    async fn fetch(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let path = payment_path(id, "")?;
        let sender = self.client.stable("payment.fetch");
        Ok(sender.read::<Intent, _>(path, &Expanded::CHARGE).await?)
    }

    async fn find(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError> {
        self.of_session(session, since).await
    }

    async fn unsettled(
        &self,
        store: &str,
        before: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        self.unsettled_of(store, before).await
    }

    async fn changed_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        self.moved_since(store, since).await
    }

    async fn capture(
        &self,
        id: &PaymentId,
        amount: Money,
        order: &OrderId,
    ) -> Result<Payment, PaymentError> {
        let form = Capture::new(amount, order)?;
        let path = payment_path(id, "/capture")?;
        let key = |generation| key::capture(id, amount, generation);
        self.end(id, ("payment.capture", &path), key, &form, PaymentState::Captured).await
    }

    async fn void(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let path = payment_path(id, "/cancel")?;
        let key = |generation| key::void(id, generation);
        self.end(id, ("payment.void", &path), key, &Expanded::CHARGE, PaymentState::Voided).await
    }

    async fn refund(&self, request: &RefundRequest<'_>) -> Result<Refund, PaymentError> {
        self.give_back(request).await
    }

    async fn refunds(&self, id: &PaymentId) -> Result<Vec<Refund>, PaymentError> {
        self.refunds_of(id).await
    }

    async fn disputes(&self, id: &PaymentId) -> Result<Vec<Dispute>, PaymentError> {
        self.disputes_of(id).await
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Hint>, Forged> {
        let settings = &self.client.settings;
        hook::hear(&settings.webhook_secrets, self.is_live(), header, body, now)
    }

    async fn check(&self) -> Vec<Finding> {
        self.look().await
    }

    async fn rehearse(&self) -> Vec<Finding> {
        self.try_out().await
    }
}

impl Stripe {
    /// The account behind `upstream` whose key is in `settings`.
    pub fn new(upstream: Upstream, settings: Settings) -> Self {
        Self { client: Client::new(upstream, settings) }
    }

    /// Whether the key certainly moves no real money.
    fn is_test(&self) -> bool {
        let key = self.client.settings.secret_key.expose_secret();
        key.starts_with("sk_test_") || key.starts_with("rk_test_")
    }

    /// Whether the key moves real money.
    fn is_live(&self) -> bool {
        self.client.settings.secret_key.expose_secret().contains("_live_")
    }

    /// Charges a token, as Stripe answers it.
    async fn confirm(
        &self,
        path: String,
        id: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        generation: u32,
    ) -> Result<Reply<Payment>, Failure> {
        let form = Confirm::new(token, proof, &self.client.settings);
        let key = key::confirm(id, token, proof, generation);
        let sender = self.client.preview("payment.authorize");
        sender.write::<Intent, _>(path, key, &form).await
    }

    /// A replayed answer tells the past: the payment may have moved on since.
    async fn now(&self, reply: Reply<Payment>) -> Result<Payment, PaymentError> {
        if reply.replayed { self.fetch(&reply.value.id).await } else { Ok(reply.value) }
    }

    /// Sets the amount of a payment that holds nothing.
    async fn amend(&self, mut payment: Payment, total: Money) -> Result<Payment, PaymentError> {
        let amount = amount::to_stripe(total)?;
        let mut generation = 0;
        while payment.state == PaymentState::Open && payment.total != total {
            if payment.total.currency() != total.currency() {
                return Err(rejected("currency_changed", "the payment has another currency"));
            }
            // A price that came back meets its old key, whose answer changes nothing any more.
            if generation == GENERATIONS_MAX {
                return Err(rejected("amount_unsettled", "the amount was changed too often"));
            }
            let key = key::amend(&payment.id, total, generation);
            let path = payment_path(&payment.id, "")?;
            let sender = self.client.stable("payment.amend");
            payment = match sender.write::<Intent, _>(path, key, &Amend { amount }).await {
                Ok(reply) => self.now(reply).await?,
                Err(failure) if failure.is_spent() => self.fetch(&payment.id).await?,
                Err(failure) => return Err(failure.into()),
            };
            generation += 1;
        }
        Ok(payment)
    }

    /// Brings a payment to its `goal`. Being there already is success, and a key that only brings
    /// the past is replaced: the payment itself admits the step once.
    async fn end(
        &self,
        id: &PaymentId,
        (call, path): (&'static str, &str),
        key: impl Fn(u32) -> IdempotencyKey,
        form: &(impl Serialize + Sync),
        goal: PaymentState,
    ) -> Result<Payment, PaymentError> {
        let mut generation = 0;
        loop {
            let sender = self.client.stable(call);
            let failure = match sender.write::<Intent, _>(path, key(generation), form).await {
                Ok(reply) => return self.now(reply).await,
                Err(failure) => failure,
            };
            let is_refused = failure.refusal().is_some_and(Refusal::is_about_the_call);
            if !is_refused && !failure.is_spent() {
                return Err(failure.into());
            }
            let payment = self.fetch(id).await?;
            if payment.state == goal {
                return Ok(payment);
            }
            generation += 1;
            let is_over = matches!(payment.state, PaymentState::Voided | PaymentState::Captured);
            if is_over || !failure.is_spent() || generation == GENERATIONS_MAX {
                return Err(failure.into());
            }
        }
    }
}

/// An amount that Stripe cannot charge is refused before it is sent.
impl From<AmountError> for PaymentError {
    fn from(error: AmountError) -> Self {
        rejected("amount_not_chargeable", &error.to_string())
    }
}

fn rejected(code: &str, message: &str) -> PaymentError {
    PaymentError::Rejected { code: code.to_owned(), message: message.to_owned() }
}

/// An id that is safe in a path: it cannot name another resource.
fn plain(id: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (!id.is_empty() && id.bytes().all(is_plain)).then_some(id)
}

fn payment_path(id: &PaymentId, action: &str) -> Result<String, PaymentError> {
    let missing = || rejected("resource_missing", "this is no id of a payment");
    let id = plain(id.as_str()).ok_or_else(missing)?;
    Ok(format!("/payment_intents/{id}{action}"))
}
