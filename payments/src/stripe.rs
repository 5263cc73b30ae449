//! The calls to Stripe, one function each.

use commerce::{Finding, Level, Money, OrderId, PaymentId, SessionId};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::Serialize;
use stripe_client_core::IdempotencyKey;
use tracing::{error, warn};
use upstream::Upstream;

use crate::{
    BadToken, Deactivation, Opening, Payment, PaymentError, PaymentState, PaymentToken, Proof,
    Settings, TokenInfo,
};

mod amount;
mod client;
mod error;
mod key;
mod wire;

use amount::AmountError;
use client::{Client, Reply};
use error::{Failure, Refusal};
use wire::{
    Account, Amend, Capture, Confirm, Create, GrantedToken, Intent, IntentPage, List, Nothing,
};

/// How many keys are tried in turn while Stripe only repeats a server error under the last one.
const GENERATIONS_MAX: u32 = 4;
/// How many pages of a hundred payments are searched for one.
const PAGES_MAX: u32 = 50;
/// How far Stripe's clock may be behind ours.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

/// One account at Stripe. Cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
}

impl Stripe {
    /// The account behind `upstream` whose key is in `settings`.
    pub fn new(upstream: Upstream, settings: Settings) -> Self {
        Self { client: Client::new(upstream, settings) }
    }

    /// What a token allows now. Advisory: an authorization enforces it again.
    pub async fn inspect(&self, token: &PaymentToken) -> Result<TokenInfo, PaymentError> {
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

    /// The session's one payment over `total`, made if need be. It holds no money and has no
    /// payment method. One that is funded or voided already is returned as it is.
    pub async fn open(&self, opening: &Opening<'_>) -> Result<Payment, PaymentError> {
        let form = Create::new(opening)?;
        let mut generation = 0;
        loop {
            let key = key::open(opening.store, opening.session, generation);
            let sender = self.client.stable("payment.open");
            let failure = match sender.write("/payment_intents", key, &form).await {
                Ok(reply) => return self.amend(self.now(reply).await?, opening.total).await,
                Err(failure) => failure,
            };
            let is_reuse = failure.refusal().is_some_and(Refusal::is_key_reuse);
            if !is_reuse && !failure.is_dead_end() {
                return Err(failure.into());
            }
            // Either the payment exists under another price, or it may exist all the same.
            if let Some(payment) = self.find(opening.session, opening.session_opened_at).await? {
                return self.amend(payment, opening.total).await;
            }
            generation += 1;
            if is_reuse || generation == GENERATIONS_MAX {
                return Err(failure.into());
            }
        }
    }

    /// Holds the money of an open payment with a token, and with what the issuer has said about the
    /// buyer if it was asked. A buyer who would have to authenticate is an error. Raise `generation` only after a [fetch](Self::fetch) has answered
    /// [`PaymentError::OutcomeUnknown`] with [`PaymentState::Open`].
    pub async fn authorize(
        &self,
        id: &PaymentId,
        token: &PaymentToken,
        proof: Option<&Proof>,
        generation: u32,
    ) -> Result<Payment, PaymentError> {
        let form = Confirm::new(token, proof, self.client.settings.token_parameter);
        let key = key::confirm(id, token, proof, generation);
        let sender = self.client.preview("payment.authorize");
        match sender.write(payment_path(id, "/confirm")?, key, &form).await {
            Ok(reply) => self.verify(self.now(reply).await?).await,
            Err(failure) => self.explain(id, token, failure).await,
        }
    }

    /// The payment as it is now.
    pub async fn fetch(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let path = payment_path(id, "")?;
        Ok(self.client.stable("payment.fetch").read::<Intent, _>(path, &Nothing {}).await?)
    }

    /// The payment of a session that was opened at `since`, by a list that misses none.
    pub async fn find(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError> {
        let since = since.saturating_sub(CLOCK_SLACK).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut query = List::since(since.as_second());
        let mut found = Vec::new();
        for _ in 0..PAGES_MAX {
            let sender = self.client.stable("payment.find");
            let page: IntentPage = sender.read::<IntentPage, _>("/payment_intents", &query).await?;
            let intents = page.data.unwrap_or_default();
            query.starting_after = intents.last().and_then(|intent| intent.id.clone());
            found.extend(intents.into_iter().filter(|intent| intent.belongs_to(session)));
            if page.has_more != Some(true) || query.starting_after.is_none() {
                return furthest(found);
            }
        }
        Err(rejected("too_many_payments", "too many payments since the session was opened"))
    }

    /// Takes `total` of the held money for `order`; the rest is let go. Taking it twice changes
    /// nothing.
    pub async fn capture(
        &self,
        id: &PaymentId,
        total: Money,
        order: &OrderId,
    ) -> Result<Payment, PaymentError> {
        let form = Capture::new(total, order)?;
        let path = payment_path(id, "/capture")?;
        let key = |generation| key::capture(id, total, generation);
        self.end(id, ("payment.capture", &path), key, &form, PaymentState::Captured).await
    }

    /// Calls the payment off and lets go what it holds. Doing so twice changes nothing.
    pub async fn void(&self, id: &PaymentId) -> Result<Payment, PaymentError> {
        let path = payment_path(id, "/cancel")?;
        let key = |generation| key::void(id, generation);
        self.end(id, ("payment.void", &path), key, &Nothing {}, PaymentState::Voided).await
    }

    /// What works, what does not, and what to do; changes nothing.
    pub async fn check(&self) -> Vec<Finding> {
        let mut findings = vec![mode(self.client.settings.secret_key.expose_secret())];
        let sender = self.client.stable("account.read");
        match sender.read::<Account, Account>("/account", &Nothing {}).await {
            Ok(account) => findings.extend(account_findings(&account)),
            Err(failure) => findings.push(key_finding(failure)),
        }
        findings
    }

    /// A replayed answer tells the past: the payment may have moved on since.
    async fn now(&self, reply: Reply) -> Result<Payment, PaymentError> {
        if reply.replayed { self.fetch(&reply.payment.id).await } else { Ok(reply.payment) }
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
            let reply =
                self.client.stable("payment.amend").write(path, key, &Amend { amount }).await?;
            payment = self.now(reply).await?;
            generation += 1;
        }
        Ok(payment)
    }

    /// An authorization is good only if it holds exactly the total.
    async fn verify(&self, payment: Payment) -> Result<Payment, PaymentError> {
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
    async fn explain(
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
        let is_codeless = refusal.code.is_none() || refusal.is_missing();
        if payment.state == PaymentState::Voided || is_old_decline || !is_codeless {
            return Err(failure.into());
        }
        let info = self.inspect(token).await?;
        match fault(&info, payment.total).or_else(|| hinted(&refusal.message)) {
            Some(why) => Err(PaymentError::BadToken(why)),
            None => Err(failure.into()),
        }
    }

    /// Brings a payment to its `goal`. Being there already is success, and a key that only
    /// repeats a server error is replaced: the payment itself admits the step once.
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
            let failure = match self.client.stable(call).write(path, key(generation), form).await {
                Ok(reply) => return self.now(reply).await,
                Err(failure) => failure,
            };
            let is_refused = failure.refusal().is_some_and(Refusal::is_about_the_call);
            if !is_refused && !failure.is_dead_end() {
                return Err(failure.into());
            }
            let payment = self.fetch(id).await?;
            if payment.state == goal {
                return Ok(payment);
            }
            generation += 1;
            if is_refused || generation == GENERATIONS_MAX {
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

/// The payment that got furthest, and of those the oldest: the list begins with the newest.
fn furthest(found: Vec<Intent>) -> Result<Option<Payment>, PaymentError> {
    if found.len() > 1 {
        warn!(payments = found.len(), "a session has more than one payment");
    }
    let payments = found.into_iter().map(Payment::try_from).collect::<Result<Vec<_>, _>>();
    let payments = payments
        .map_err(|error| PaymentError::Unreadable { call: "payment.find", source: error.into() })?;
    Ok(payments.into_iter().max_by_key(|payment| payment.state))
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

fn mode(secret_key: &str) -> Finding {
    let (level, detail) = if secret_key.contains("_live_") {
        (Level::Ok, "Live: real money moves")
    } else if secret_key.contains("_test_") {
        (Level::Warning, "Test: no real money moves. Use the live key to sell")
    } else {
        (Level::Failure, "This is no secret key. It begins with sk_live_, sk_test_ or rk_")
    };
    finding(level, "Stripe mode", detail)
}

fn account_findings(account: &Account) -> [Finding; 2] {
    let key = format!("Valid for {}", account.name());
    let (level, charges) = match account.charges_enabled {
        Some(true) => (Level::Ok, "The account can charge"),
        Some(false) => {
            (Level::Failure, "The account cannot charge. Complete its details in the dashboard")
        }
        None => (Level::Warning, "Stripe does not say whether the account can charge"),
    };
    [finding(Level::Ok, "Stripe key", &key), finding(level, "Stripe charges", charges)]
}

fn key_finding(failure: Failure) -> Finding {
    if failure.refusal().is_some_and(|refusal| refusal.status == StatusCode::FORBIDDEN) {
        let detail = "Valid, but it may not read the account, so charges could not be checked";
        return finding(Level::Warning, "Stripe key", detail);
    }
    let detail = match PaymentError::from(failure) {
        PaymentError::Denied { hint } => hint,
        error => format!("{error}. Check the network and try again"),
    };
    finding(Level::Failure, "Stripe key", &detail)
}

fn finding(level: Level, what: &str, detail: &str) -> Finding {
    Finding { level, what: what.to_owned(), detail: detail.to_owned() }
}
