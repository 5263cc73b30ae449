//! `storebridge check --stripe`: what only Stripe itself can tell about tokens, tried out with
//! test money.
//!
//! Nobody has published how a token behaves when an existing payment is confirmed with it. So
//! this mints test tokens, charges them in every way that matters here, and says which
//! configuration follows. What it holds it lets go, what it takes it gives back.

use std::{fmt::Write, sync::Arc};

use commerce::{AgentId, Currency, Finding, Level, Money, OrderId, SessionId};
use jiff::Timestamp;

use super::{
    Sca, Settings, Stripe, TOKEN_API_VERSION, TokenParameter, check::finding, error::Failure, key,
    payment_path, rejected, wire,
};
use crate::{
    BadToken, Opening, Origin, Payment, PaymentError, PaymentState, PaymentToken, Processor,
    RefundRequest, TokenInfo,
};

/// The last preview that is known to have had the token at the top level.
const TOP_LEVEL_API_VERSION: &str = "2026-03-25.preview";
/// What the rehearsal's payments are opened for; no store has this name.
const STORE: &str = "storebridge_rehearsal";
/// In cents.
const TOTAL: i64 = 1_000;
const VISA: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeDeclined";
const AUTHENTICATED: &str = "pm_card_authenticationRequired";

/// One visit to the sandbox.
struct Rehearsal {
    configured: Arc<Settings>,
    /// The account under settings that work.
    stripe: Stripe,
    run: String,
    payments: u32,
    findings: Vec<Finding>,
}

impl Stripe {
    pub(super) async fn try_out(&self) -> Vec<Finding> {
        if !self.is_test() {
            let detail = "Refused: this is no test key. Set secret_key to one (sk_test_… or \
                          rk_test_…) for this check; nothing was tried";
            return vec![finding(Level::Failure, "Stripe rehearsal", detail)];
        }
        let mut seed = [0; 8];
        self.client.chance().fill(&mut seed);
        let run = seed.iter().fold(String::new(), |mut run, byte| {
            write!(run, "{byte:02x}").expect("a String takes every write");
            run
        });
        let (configured, stripe) = (Arc::clone(&self.client.settings), self.clone());
        let mut rehearsal =
            Rehearsal { configured, stripe, run, payments: 0, findings: Vec::new() };
        if let Err(error) = rehearsal.play().await {
            let detail = format!("Broken off: {error}{}", causes(&error));
            rehearsal.tell(Level::Failure, "Stripe rehearsal", &detail);
        }
        rehearsal.findings
    }

    /// The same account under other settings.
    fn under(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::clone(&self.client.settings);
        change(&mut settings);
        Self { client: self.client.under(settings) }
    }
}

impl Rehearsal {
    async fn play(&mut self) -> Result<(), PaymentError> {
        if !self.find_the_place().await? {
            return Ok(());
        }
        self.look_at_the_token().await?;
        self.try_the_released_version().await?;
        self.be_declined().await?;
        let is_native = self.be_asked_to_authenticate().await?;
        self.hear_every_no().await?;
        self.conclude(is_native);
        Ok(())
    }

    /// Where a confirmation takes a token, and in which version: what is configured if it works.
    async fn find_the_place(&mut self) -> Result<bool, PaymentError> {
        let configured = &self.stripe.client.settings;
        let version = configured.token_api_version.clone();
        let ways = [
            (configured.token_parameter, version.clone()),
            (TokenParameter::PaymentMethodData, TOKEN_API_VERSION.to_owned()),
            (TokenParameter::TopLevel, version),
            (TokenParameter::TopLevel, TOP_LEVEL_API_VERSION.to_owned()),
        ];
        let mut refusals = String::new();
        for (parameter, version) in ways {
            let stripe = self.stripe.under(|settings| {
                settings.token_parameter = parameter;
                settings.token_api_version.clone_from(&version);
            });
            match self.authorize_once(&stripe, VISA).await {
                Ok(held) => {
                    let detail = format!(
                        "An existing payment is confirmed with one under {version}, {}, without \
                         return_url",
                        place(parameter)
                    );
                    self.tell(Level::Ok, "Stripe tokens", &detail);
                    stripe.void(&held.id).await?;
                    self.stripe = stripe;
                    return Ok(true);
                }
                Err(error) => {
                    let why = format!("{version}, {}: {error}. ", place(parameter));
                    refusals.push_str(&why);
                }
            }
        }
        let detail = format!(
            "No way of charging one works. Ask Stripe whether the account may accept Shared \
             Payment Tokens. {refusals}"
        );
        self.tell(Level::Failure, "Stripe tokens", &detail);
        Ok(false)
    }

    /// Whether holding, taking and letting go use a token up.
    async fn look_at_the_token(&mut self) -> Result<(), PaymentError> {
        let stripe = self.stripe.clone();
        let token = self.mint(&stripe, VISA, "usd").await?;
        let opened = self.open(&stripe).await?;
        stripe.authorize(&opened.id, &token, None, 0).await?;
        let after_hold = stripe.inspect(&token).await?;
        let order = OrderId::new("rehearsal");
        let captured = stripe.capture(&opened.id, opened.total, &order).await?;
        let after_capture = stripe.inspect(&token).await?;
        let request = RefundRequest {
            payment: &opened.id,
            amount: captured.captured,
            reason: "rehearsal",
            origin: &Origin::Rollback,
        };
        stripe.refund(&request).await?;

        let token = self.mint(&stripe, VISA, "usd").await?;
        let opened = self.open(&stripe).await?;
        stripe.authorize(&opened.id, &token, None, 0).await?;
        stripe.void(&opened.id).await?;
        let after_void = stripe.inspect(&token).await?;
        let detail = format!(
            "Held: {}. Captured: {}, and given back. Canceled: {}",
            life(&after_hold),
            life(&after_capture),
            life(&after_void)
        );
        self.tell(Level::Ok, "Stripe manual capture", &detail);
        Ok(())
    }

    /// Whether the version of all other calls knows tokens, too.
    async fn try_the_released_version(&mut self) -> Result<(), PaymentError> {
        let preview = self.stripe.clone();
        let released = preview.under(|settings| {
            settings.token_api_version.clone_from(&settings.api_version);
        });
        let version = &released.client.settings.api_version;
        let token = self.mint(&preview, VISA, "usd").await?;
        let opened = self.open(&preview).await?;
        let detail = match released.authorize(&opened.id, &token, None, 0).await {
            Ok(_) => format!("{version} takes tokens by luck: it does not document them"),
            Err(PaymentError::Denied { .. }) => format!("{version} knows no tokens"),
            Err(error) => format!("{version}: {error}"),
        };
        preview.void(&opened.id).await?;
        self.tell(Level::Ok, "Stripe released version", &detail);
        Ok(())
    }

    /// Whether a token that was declined may be tried again.
    async fn be_declined(&mut self) -> Result<(), PaymentError> {
        let stripe = self.stripe.clone();
        let token = self.mint(&stripe, DECLINED, "usd").await?;
        let opened = self.open(&stripe).await?;
        let first = stripe.authorize(&opened.id, &token, None, 0).await;
        let state = life(&stripe.inspect(&token).await?);
        let second = stripe.authorize(&opened.id, &token, None, 1).await;
        stripe.void(&opened.id).await?;
        let (level, again) = match (&first, &second) {
            (Err(PaymentError::Declined(_)), Err(PaymentError::Declined(_))) => {
                (Level::Ok, "the bank is asked again")
            }
            (Err(PaymentError::Declined(_)), Err(PaymentError::BadToken(_))) => {
                (Level::Ok, "the token is refused")
            }
            _ => (Level::Warning, "that is not what was expected"),
        };
        let detail = format!(
            "The first try: {}. The token is then {state}, and tried again {again}: {}",
            outcome(&first),
            outcome(&second)
        );
        self.tell(level, "Stripe declined card", &detail);
        Ok(())
    }

    /// What becomes of a card whose bank wants to know the buyer, both ways. Says whether such a
    /// payment can wait for the buyer.
    async fn be_asked_to_authenticate(&mut self) -> Result<bool, PaymentError> {
        let fast = self.stripe.under(|settings| settings.sca = Sca::FailFast);
        let failed = self.authorize_once(&fast, AUTHENTICATED).await;
        let native = self.stripe.under(|settings| settings.sca = Sca::SptNative);
        let waiting = self.authorize_once(&native, AUTHENTICATED).await;
        let is_native =
            matches!(&waiting, Ok(payment) if payment.state == PaymentState::ActionRequired);
        let is_fast = matches!(failed, Err(PaymentError::AuthenticationRequired { .. }));
        let level = if is_fast { Level::Ok } else { Level::Warning };
        let detail = format!("fail_fast: {}. spt_native: {}", outcome(&failed), outcome(&waiting));
        self.tell(level, "Stripe authentication", &detail);
        if let Ok(payment) = waiting {
            native.void(&payment.id).await?;
        }
        Ok(is_native)
    }

    /// How Stripe says that a token cannot pay, and whether it is understood.
    async fn hear_every_no(&mut self) -> Result<(), PaymentError> {
        let stripe = self.stripe.clone();
        let opened = self.open(&stripe).await?;
        let revoked = self.mint(&stripe, VISA, "usd").await?;
        self.revoke(&stripe, &revoked).await?;
        let cases = [
            ("wrong currency", self.mint(&stripe, VISA, "eur").await?, BadToken::WrongCurrency),
            (
                "small limit",
                self.mint_over(&stripe, VISA, "usd", 1).await?,
                BadToken::LimitTooSmall,
            ),
            ("revoked token", revoked, BadToken::Deactivated),
            ("unknown token", PaymentToken::new("spt_storebridgerehearsal"), BadToken::Unknown),
        ];
        for (name, token, expected) in cases {
            let path = payment_path(&opened.id, "/confirm")?;
            let said = match stripe.confirm(path, &opened.id, &token, None, 0).await {
                Ok(_) => "it was charged".to_owned(),
                Err(failure) => words(&failure),
            };
            let understood = stripe.authorize(&opened.id, &token, None, 1).await;
            let is_right =
                matches!(&understood, Err(PaymentError::BadToken(why)) if *why == expected);
            let (level, verdict) = if is_right {
                (Level::Ok, "understood".to_owned())
            } else {
                (Level::Warning, format!("taken for: {}", outcome(&understood)))
            };
            self.tell(level, &format!("Stripe on a {name}"), &format!("{said} ({verdict})"));
        }
        stripe.void(&opened.id).await?;
        Ok(())
    }

    /// The lines of the configuration that follow.
    fn conclude(&mut self, is_native: bool) {
        let found = self.stripe.client.settings.clone();
        let configured = self.configured.clone();
        let parameter = match found.token_parameter {
            TokenParameter::PaymentMethodData => "payment_method_data",
            TokenParameter::TopLevel => "top_level",
        };
        let is_same = found.token_parameter == configured.token_parameter;
        self.advise(&format!("token_parameter = \"{parameter}\""), is_same);
        let is_same = found.token_api_version == configured.token_api_version;
        self.advise(&format!("token_api_version = \"{}\"", found.token_api_version), is_same);
        match found.sca {
            Sca::SptNative if is_native => self.advise("sca = \"spt_native\"", true),
            Sca::SptNative => self.advise("sca = \"fail_fast\"", false),
            Sca::FailFast => self.advise("sca = \"fail_fast\"", true),
            Sca::AcpDelegate => {
                self.advise("sca = \"acp_delegate\" (imported proofs were not tried)", true);
            }
        }
    }

    /// A line that is not in the configuration yet has to be written there.
    fn advise(&mut self, line: &str, is_configured: bool) {
        let level = if is_configured { Level::Ok } else { Level::Warning };
        self.tell(level, "[store.stripe]", line);
    }

    fn tell(&mut self, level: Level, what: &str, detail: &str) {
        self.findings.push(finding(level, what, detail));
    }

    /// One payment, tried with one fresh token of a card.
    async fn authorize_once(
        &mut self,
        stripe: &Stripe,
        card: &str,
    ) -> Result<Payment, PaymentError> {
        let token = self.mint(stripe, card, "usd").await?;
        let opened = self.open(stripe).await?;
        let held = stripe.authorize(&opened.id, &token, None, 0).await;
        if held.is_err() {
            stripe.void(&opened.id).await?;
        }
        held
    }

    async fn open(&mut self, stripe: &Stripe) -> Result<Payment, PaymentError> {
        self.payments += 1;
        let session = SessionId::new(format!("rehearsal-{}-{}", self.run, self.payments));
        let opening = Opening {
            session: &session,
            store: STORE,
            agent: &AgentId::new("rehearsal"),
            order: None,
            total: Money::new(TOTAL, Currency::USD),
            session_opened_at: Timestamp::MAX,
            description: "storebridge check --stripe",
        };
        stripe.open(&opening).await
    }

    async fn mint(
        &mut self,
        stripe: &Stripe,
        card: &str,
        currency: &str,
    ) -> Result<PaymentToken, PaymentError> {
        self.mint_over(stripe, card, currency, TOTAL * 10).await
    }

    async fn mint_over(
        &mut self,
        stripe: &Stripe,
        card: &str,
        currency: &str,
        max_amount: i64,
    ) -> Result<PaymentToken, PaymentError> {
        self.payments += 1;
        let form = wire::Mint::new(card, currency, max_amount);
        let key = key::rehearsal(&self.run, self.payments);
        let path = "/test_helpers/shared_payment/granted_tokens";
        let sender = stripe.client.preview("token.mint");
        let reply = sender.write::<wire::Named, wire::Named>(path, key, &form).await?;
        let id = reply.value.id.ok_or_else(|| rejected("no_id", "a minted token has no id"))?;
        Ok(PaymentToken::new(id))
    }

    async fn revoke(&mut self, stripe: &Stripe, token: &PaymentToken) -> Result<(), PaymentError> {
        self.payments += 1;
        let id = token.expose();
        let path = format!("/test_helpers/shared_payment/granted_tokens/{id}/revoke");
        let key = key::rehearsal(&self.run, self.payments);
        let sender = stripe.client.preview("token.revoke");
        sender.write::<wire::Named, wire::Named>(path, key, &wire::Nothing {}).await?;
        Ok(())
    }
}

fn place(parameter: TokenParameter) -> &'static str {
    match parameter {
        TokenParameter::PaymentMethodData => "inside payment_method_data",
        TokenParameter::TopLevel => "at the top level",
    }
}

fn life(token: &TokenInfo) -> String {
    match token.deactivated {
        None => format!("alive for {} more", token.limit.to_major()),
        Some(why) => format!("{why:?}").to_ascii_lowercase(),
    }
}

fn outcome(result: &Result<Payment, PaymentError>) -> String {
    match result {
        Ok(payment) => format!("{:?}", payment.state),
        Err(error) => error.to_string(),
    }
}

/// Stripe's own words where it has said something.
fn words(failure: &Failure) -> String {
    match failure.refusal() {
        Some(refusal) => refusal.to_string(),
        None => "no answer".to_owned(),
    }
}

fn causes(error: &PaymentError) -> String {
    let first = std::error::Error::source(error);
    let chain = std::iter::successors(first, |cause| cause.source());
    chain.fold(String::new(), |text, cause| text + ": " + &cause.to_string())
}
