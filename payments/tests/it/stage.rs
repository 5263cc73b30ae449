//! The emulated Stripe on loopback, and clients of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use commerce::{AgentId, Currency, Money, OrderId, PaymentId, SessionId};
use emulators::{
    faults::{Fault, Faults},
    serve::Running,
};
use http::Request;
use jiff::Timestamp;
use payments::{Opening, Payment, PaymentError, PaymentToken, Processor, Settings, Stripe};
use secrecy::SecretString;
use serde_json::Value;
use upstream::{Https, Transport};
use url::Url;

use crate::{
    bench::{Bench, Card, Step},
    script,
};

/// What most tests charge, in cents.
pub(crate) const TOTAL: i64 = 2_499;

/// A Stripe with its own clock, and one session that buys.
pub(crate) struct Stage {
    pub(crate) emulator: emulators::stripe::Stripe,
    pub(crate) faults: Faults,
    pub(crate) stripe: Stripe,
    pub(crate) session: SessionId,
    clock: Arc<AtomicI64>,
    server: Running,
    transport: Arc<dyn Transport>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(AtomicI64::new(1_790_000_000));
        let hand = Arc::clone(&clock);
        let now = move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap();
        let emulator = emulators::stripe::Stripe::new(Arc::new(now), 7);
        let faults = Faults::new();
        let server = emulators::serve::start(faults.around(emulator.router())).await;
        let transport: Arc<dyn Transport> = Arc::new(Https::new(Duration::from_secs(2)).unwrap());
        emulator.listen("https://shop.example/hooks/shop/stripe", &["payment_intent.succeeded"]);
        let base = Url::parse(&server.url).unwrap();
        let mut settings = script::settings(emulator.secret_key());
        settings.webhook_secrets = vec![SecretString::from(emulator.webhook_secret())];
        let stripe = script::stripe(base, Arc::clone(&transport), settings);
        let session = SessionId::new("session-1");
        Self { emulator, faults, stripe, session, clock, server, transport }
    }

    /// A client under other settings.
    pub(crate) fn stripe_under(&self, change: impl FnOnce(&mut Settings)) -> Stripe {
        let base = Url::parse(&self.server.url).unwrap();
        let mut settings = script::settings(self.emulator.secret_key());
        change(&mut settings);
        script::stripe(base, Arc::clone(&self.transport), settings)
    }

    /// A client with another key.
    pub(crate) fn stripe_with(&self, secret_key: &str) -> Stripe {
        self.stripe_under(|settings| settings.secret_key = SecretString::from(secret_key))
    }

    /// A client that knows other secrets of webhooks.
    pub(crate) fn stripe_hearing(&self, secrets: &[&str]) -> Stripe {
        let secrets = secrets.iter().map(|&text| SecretString::from(text)).collect();
        self.stripe_under(|settings| settings.webhook_secrets = secrets)
    }

    /// A client of another host.
    pub(crate) fn stripe_at(&self, base: &str) -> Stripe {
        let base = Url::parse(base).unwrap();
        let settings = script::settings(self.emulator.secret_key());
        script::stripe(base, Arc::clone(&self.transport), settings)
    }

    /// Lets time pass at Stripe.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// A token of a card, over plenty.
    pub(crate) fn token(&self, card: &str) -> PaymentToken {
        self.token_over(card, 100_000, "usd")
    }

    pub(crate) fn token_over(&self, card: &str, amount: i64, currency: &str) -> PaymentToken {
        PaymentToken::new(self.emulator.mint(card, amount, currency))
    }

    /// Opens the session's payment over so many cents.
    pub(crate) async fn open(&self, cents: i64) -> Result<Payment, PaymentError> {
        let opening = Opening {
            session: &self.session,
            store: "shop",
            agent: &AgentId::new("agent"),
            order: None,
            total: usd(cents),
            session_opened_at: Timestamp::from_second(self.now()).unwrap(),
            description: "A purchase",
        };
        self.stripe.open(&opening).await
    }

    /// A payment whose money is held.
    pub(crate) async fn held(&self) -> Payment {
        let opened = self.open(TOTAL).await.unwrap();
        self.stripe.authorize(&opened.id, &self.token("pm_card_visa"), None, 0).await.unwrap()
    }

    pub(crate) async fn capture(&self, payment: &Payment) -> Result<Payment, PaymentError> {
        self.stripe.capture(&payment.id, usd(TOTAL), &OrderId::new("42")).await
    }

    /// Every payment is canceled or given back.
    pub(crate) fn assert_nothing_is_left(&self) {
        for intent in self.emulator.intents() {
            let (status, taken) = (&intent["status"], intent["amount_received"].as_i64());
            assert!(status == "canceled" || taken == Some(1_000), "{intent}");
        }
        let calls = self.emulator.calls();
        let count = |path: &str| calls.iter().filter(|call| call.contains(path)).count();
        assert_eq!(count("/capture"), count("POST /v1/refunds"), "what is taken is given back");
    }

    /// Calls one of Stripe's test helpers.
    pub(crate) async fn help(&self, path: &str, form: &str) -> Value {
        let request = Request::post(format!("{}/v1/test_helpers/{path}", self.server.url))
            .header("authorization", format!("Bearer {}", self.emulator.secret_key()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("stripe-version", payments::TOKEN_API_VERSION)
            .body(Bytes::copy_from_slice(form.as_bytes()))
            .unwrap();
        let response = self.transport.send(request, 1024 * 1024).await.unwrap();
        let body = String::from_utf8_lossy(response.body()).into_owned();
        assert!(response.status().is_success(), "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Bench for Stage {
    fn processor(&self) -> &dyn Processor {
        &self.stripe
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.now()).unwrap()
    }

    fn pass(&self, seconds: i64) {
        self.pass(seconds);
    }

    fn token(&self, card: Card, limit: Money) -> PaymentToken {
        let card = match card {
            Card::Good => "pm_card_visa",
            Card::Declined => "pm_card_chargeDeclined",
            Card::Authenticated => "pm_card_authenticationRequired",
        };
        let currency = limit.currency().code().to_ascii_lowercase();
        self.token_over(card, limit.minor(), &currency)
    }

    /// More answers are lost than one call tries for.
    fn lose(&self, step: Step) {
        let path = match step {
            Step::Open => "/v1/payment_intents",
            Step::Authorize => "/v1/payment_intents/{}/confirm",
            Step::Capture => "/v1/payment_intents/{}/capture",
            Step::Void => "/v1/payment_intents/{}/cancel",
            Step::Refund => "/v1/refunds",
        };
        (1..=3).for_each(|_| self.faults.next("POST", path, Fault::DropAfter));
    }

    fn refund_elsewhere(&self, payment: &PaymentId, amount: Money) {
        self.emulator.refund_by_hand(payment.as_str(), Some(amount.minor())).unwrap();
    }

    fn dispute(&self, payment: &PaymentId) {
        self.emulator.dispute(payment.as_str(), "product_not_received").unwrap();
    }

    fn taken(&self) -> Vec<i64> {
        self.emulator.captured().into_iter().map(|(_, amount)| amount).collect()
    }

    fn delivery(&self, payment: &PaymentId) -> (Vec<(String, String)>, Vec<u8>) {
        let due = self.emulator.take_deliveries();
        let is_meant = |body: &[u8]| String::from_utf8_lossy(body).contains(payment.as_str());
        let meant = due.into_iter().find(|delivery| is_meant(&delivery.letter.body)).unwrap();
        let headers = meant.letter.headers.into_iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).collect();
        (headers, meant.letter.body)
    }
}

pub(crate) fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}
