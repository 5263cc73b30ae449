//! Stripe, as far as taking money with Shared Payment Tokens goes.
//!
//! Everything is in test mode and in one account. Where Stripe is documented to be lenient or
//! is not documented at all, this is strict; [`Quirks`] holds the switches.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, response::Response};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

mod account;
mod cards;
mod charges;
mod confirm;
mod errors;
mod form;
mod idempotency;
mod intents;
mod lists;
mod refunds;
mod tokens;
mod wire;

pub use account::{ConsumeOn, Quirks, TokenParam};

use account::Account;
use errors::Refusal;
use form::Form;
use tokens::Grant;
use wire::{Answer, Call};

/// How long a minted token can be used.
const MINTED_FOR: i64 = 24 * 3600;

/// An emulated Stripe account. Clones share the same account.
#[derive(Clone)]
pub struct Stripe {
    inner: Arc<Inner>,
}

struct Inner {
    secret_key: String,
    webhook_secret: String,
    account: Mutex<Account>,
    mishaps: Mutex<Vec<(String, String, Mishap)>>,
}

/// What may happen inside Stripe to one call.
#[derive(Clone, Copy)]
enum Mishap {
    /// A 500 in place of the call.
    Fail,
    /// A 500 after the call was carried out.
    FailAfter,
    /// The call is carried out this late, with its key and its payment locked until then.
    Slow(Duration),
}

/// A call that was let in.
struct Admitted {
    call: Call,
    form: Form,
    request: String,
    mishap: Option<Mishap>,
}

impl Stripe {
    /// An account without payments. Randomness comes only from `seed`, time only from `now`.
    pub fn new(now: crate::Now, seed: u64) -> Self {
        let mut account = Account::new(now, seed);
        let secret_key = account.id("sk_test_");
        let webhook_secret = account.id("whsec_");
        let (account, mishaps) = (Mutex::new(account), Mutex::default());
        Self { inner: Arc::new(Inner { secret_key, webhook_secret, account, mishaps }) }
    }

    /// Everything the account serves, below `/v1`.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// The `sk_test_…` key, as a bearer token or as the user of basic authentication.
    pub fn secret_key(&self) -> &str {
        &self.inner.secret_key
    }

    /// The `whsec_…` secret that signs webhooks.
    pub fn webhook_secret(&self) -> &str {
        &self.inner.webhook_secret
    }

    /// A token from an agent, good for `amount` minor units within a day.
    ///
    /// # Panics
    /// If Stripe has no such test payment method (`pm_card_visa`).
    pub fn mint(&self, payment_method: &str, amount: i64, currency: &str) -> String {
        let mut account = self.lock();
        let grant = Grant {
            payment_method: payment_method.to_owned(),
            currency: currency.to_owned(),
            max_amount: amount,
            expires_at: Some(account.now() + MINTED_FOR),
            metadata: Vec::new(),
        };
        account.grant(grant).expect("the payment method is one of Stripe's for tests")
    }

    /// All payments, oldest first.
    pub fn intents(&self) -> Vec<Value> {
        self.lock().intents.iter().map(intents::Intent::view).collect()
    }

    /// One payment.
    pub fn intent(&self, id: &str) -> Option<Value> {
        self.lock().intent(id).ok().map(|intent| intent.view())
    }

    /// Every payment whose money was taken, and how much, oldest first.
    pub fn captured(&self) -> Vec<(String, i64)> {
        let account = self.lock();
        let taken = account.intents.iter().filter(|intent| intent.amount_received > 0);
        taken.map(|intent| (intent.id.clone(), intent.amount_received)).collect()
    }

    /// How often a bank agreed to hold or pay, ever.
    pub fn authorizations(&self) -> usize {
        self.lock().authorizations
    }

    /// Every call so far, `METHOD /v1/… key=… version=… -> status`, without tokens.
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    /// Chooses what is not known about Stripe.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.lock().quirks = quirks;
    }

    /// The buyer of a payment in `requires_action` proves who they are, or fails to; answers
    /// the payment, or `None` if it does not wait for that.
    pub fn authenticate(&self, intent: &str, proved: bool) -> Option<Value> {
        self.lock().authenticate(intent, proved)
    }

    /// The next matching call is not carried out and answered with a 500, which its key keeps.
    /// Paths match as with [`Faults::next`](crate::faults::Faults::next).
    pub fn fail_next_stored(&self, method: &str, path: &str) {
        self.plan(method, path, Mishap::Fail);
    }

    /// The next matching call is carried out and answered with a 500 all the same, which its
    /// key keeps.
    pub fn fail_next_after(&self, method: &str, path: &str) {
        self.plan(method, path, Mishap::FailAfter);
    }

    /// The next matching call takes so long, whether or not its caller waits. Until then its
    /// key is in use and its payment is locked.
    pub fn slow_next(&self, method: &str, path: &str, delay: Duration) {
        self.plan(method, path, Mishap::Slow(delay));
    }

    fn plan(&self, method: &str, path: &str, mishap: Mishap) {
        self.mishaps().push((method.to_owned(), path.to_owned(), mishap));
    }

    fn mishap(&self, call: &Call) -> Option<Mishap> {
        let mut mishaps = self.mishaps();
        let is_meant = |(method, path, _): &(String, String, Mishap)| {
            crate::faults::matches(method, path, &call.method, &call.path)
        };
        let at = mishaps.iter().position(is_meant)?;
        Some(mishaps.remove(at).2)
    }

    /// Lets a call in, or answers it at once.
    fn admit(&self, call: Call) -> ControlFlow<Response, Admitted> {
        let mut account = self.lock();
        let request = account.id("req_");
        let entered = self.enter(&call).and_then(|()| call.form());
        let opened = entered.and_then(|form| Ok((account.open(&call, &form)?, form)));
        let answer = match opened {
            Ok((None, form)) => {
                let mishap = self.mishap(&call);
                if let (Some(Mishap::Slow(_)), Some(payment)) = (mishap, call.payment()) {
                    account.busy.insert(payment.to_owned());
                }
                return ControlFlow::Continue(Admitted { call, form, request, mishap });
            }
            Ok((Some(kept), _)) => kept,
            Err(refusal) => Answer::new(Err(refusal), &request),
        };
        account.calls.push(call.line(answer.status));
        ControlFlow::Break(answer.response(&call, &request))
    }

    /// Who calls, and in which version.
    fn enter(&self, call: &Call) -> Result<(), Refusal> {
        match call.secret() {
            None => Err(Refusal::unauthorized(
                "You did not provide an API key. You need to provide your API key in the \
                 Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
                 YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, \
                 or we can help at https://support.stripe.com/.",
            )),
            Some(key) if key != self.inner.secret_key => {
                let message = format!("Invalid API Key provided: {}", starred(&key));
                Err(Refusal::unauthorized(&message))
            }
            Some(_) if !is_version(call.version()) => {
                let message = format!("Invalid Stripe API version: {}", call.version());
                Err(Refusal::parameter(&message, "Stripe-Version"))
            }
            Some(_) => Ok(()),
        }
    }

    /// Carries a call out and keeps the answer under its key, if it came to be carried out.
    fn finish(&self, admitted: Admitted) -> Response {
        let Admitted { call, form, request, mishap } = admitted;
        let mut account = self.lock();
        if let (Some(Mishap::Slow(_)), Some(payment)) = (mishap, call.payment()) {
            account.busy.remove(payment);
        }
        let outcome = match mishap {
            Some(Mishap::Fail) => Err(Refusal::broken()),
            Some(Mishap::FailAfter) => account.answer(&call, form).and(Err(Refusal::broken())),
            Some(Mishap::Slow(_)) | None => account.answer(&call, form),
        };
        let began = outcome.as_ref().map_or_else(|refusal| refusal.began, |_| true);
        let answer = Answer::new(outcome, &request);
        match call.key() {
            Some(key) if began => account.keys.keep(key, &answer),
            Some(key) => account.keys.free(key),
            None => {}
        }
        account.calls.push(call.line(answer.status));
        answer.response(&call, &request)
    }

    /// The account as it is by now.
    fn lock(&self) -> MutexGuard<'_, Account> {
        let mut account = self.inner.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.age();
        account
    }

    fn mishaps(&self) -> MutexGuard<'_, Vec<(String, String, Mishap)>> {
        self.inner.mishaps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers one request.
async fn serve(
    State(stripe): State<Stripe>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call {
        method: method.as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    };
    let admitted = match stripe.admit(call) {
        ControlFlow::Continue(admitted) => admitted,
        ControlFlow::Break(answered) => return answered,
    };
    match admitted.mishap {
        Some(Mishap::Slow(delay)) => finish_slowly(stripe, admitted, delay).await,
        _ => stripe.finish(admitted),
    }
}

/// Stripe goes on with a call when its caller has hung up.
#[expect(clippy::disallowed_methods, reason = "it must outlive the call, and ends by itself")]
async fn finish_slowly(stripe: Stripe, admitted: Admitted, delay: Duration) -> Response {
    let finishing = tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        stripe.finish(admitted)
    });
    finishing.await.expect("an emulator does not panic")
}

/// `2026-10-28.endive`.
fn is_version(text: &str) -> bool {
    let (date, name) = text.split_once('.').unwrap_or((text, "x"));
    let is_date = date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10;
    is_date && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// All but the ends of a key that somebody may have mistyped.
fn starred(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let shows = |at: usize| at < 8 || at + 4 >= letters.len();
    letters.iter().enumerate().map(|(at, &c)| if shows(at) { c } else { '*' }).collect()
}
