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

mod account;
mod agenda;
mod cards;
mod charges;
mod confirm;
mod control;
mod deliveries;
mod details;
mod disputes;
mod endpoints;
mod errors;
mod events;
mod form;
mod hand;
mod idempotency;
mod intents;
mod journal;
mod ledger;
mod lists;
mod mishaps;
mod post;
mod quirks;
mod refunds;
mod routes;
mod search;
mod shelf;
mod tokens;
mod wire;

pub use control::Hands;
pub use deliveries::{Delivery, PostQuirks};
pub use journal::Entry;
pub use ledger::{Balance, Ledger, Move, Movement};
pub use mishaps::Mishap;
pub use quirks::{ConsumeOn, Quirks, TokenParam};
pub use tokens::{Audience, Grant};

use account::Account;
use errors::Refusal;
use form::Form;
use wire::{Answer, Call, is_version};

use crate::script::Script;

/// An emulated Stripe account. Clones share the same account.
#[derive(Clone)]
pub struct Stripe {
    inner: Arc<Inner>,
}

struct Inner {
    secret_key: String,
    webhook_secret: String,
    account: Mutex<Account>,
    mishaps: Mutex<Script<Mishap>>,
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

    /// Chooses what is not known about Stripe.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.lock().quirks = quirks;
    }

    /// The nth matching call from now suffers `mishap`, once; 1 is the next. Paths match as with
    /// [`Faults::next`](crate::faults::Faults::next).
    pub fn plan(&self, method: &str, path: &str, nth: usize, mishap: Mishap) {
        self.mishaps().plan(method, path, Some(nth), mishap);
    }

    /// The next matching call is not carried out and answered with a 500, which its key keeps.
    /// Paths match as with [`Faults::next`](crate::faults::Faults::next).
    pub fn fail_next_stored(&self, method: &str, path: &str) {
        self.plan(method, path, 1, Mishap::Broken);
    }

    /// The next matching call is carried out and answered with a 500 all the same, which its
    /// key keeps.
    pub fn fail_next_after(&self, method: &str, path: &str) {
        self.plan(method, path, 1, Mishap::BrokenAfter);
    }

    /// The next matching call takes so long, whether or not its caller waits. Until then its
    /// key is in use and its payment is locked.
    pub fn slow_next(&self, method: &str, path: &str, delay: Duration) {
        self.plan(method, path, 1, Mishap::Slow(delay));
    }

    /// Lets a call in, or answers it at once.
    fn admit(&self, call: Call) -> ControlFlow<Response, Admitted> {
        let mut account = self.lock();
        let request = account.id("req_");
        let entered = self.enter(&call, &account.id);
        let struck = entered.is_ok().then(|| self.mishaps().take(&call.method, &[&call.path]));
        let mishap = struck.flatten().map(|struck| struck.fault);
        let opened = entered
            .and_then(|()| mishap.map_or(Ok(()), Mishap::at_the_door))
            .and_then(|()| call.form())
            .and_then(|form| Ok((account.open(&call, &form)?, form)));
        let answer = match opened {
            Ok((None, form)) => {
                if let (Some(Mishap::Slow(_)), Some(payment)) = (mishap, call.payment()) {
                    account.busy.insert(payment.to_owned());
                }
                return ControlFlow::Continue(Admitted { call, form, request, mishap });
            }
            Ok((Some(kept), _)) => kept,
            Err(refusal) => Answer::new(Err(refusal), &request),
        };
        account.note(&call, &answer, &request);
        ControlFlow::Break(answer.response(&call, &request))
    }

    /// Who calls, and in which version.
    fn enter(&self, call: &Call, account: &str) -> Result<(), Refusal> {
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
            Some(key) => match call.header("stripe-account") {
                Some(other) if other != account => {
                    Err(Refusal::other_account(&starred(&key), other))
                }
                _ => Ok(()),
            },
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
            Some(Mishap::Broken) => Err(Refusal::broken()),
            Some(Mishap::BrokenAfter) => {
                account.answer(&call, form, &request).and(Err(Refusal::broken()))
            }
            _ => account.answer(&call, form, &request),
        };
        let began = outcome.as_ref().map_or_else(|refusal| refusal.began, |_| true);
        let answer = Answer::new(outcome, &request);
        match call.key() {
            Some(key) if began => account.keys.keep(key, &answer),
            Some(key) => account.keys.free(key),
            None => {}
        }
        account.note(&call, &answer, &request);
        answer.response(&call, &request)
    }

    /// The account as it is by now.
    fn lock(&self) -> MutexGuard<'_, Account> {
        let mut account = self.inner.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.age();
        account
    }

    fn mishaps(&self) -> MutexGuard<'_, Script<Mishap>> {
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

/// All but the ends of a key that somebody may have mistyped.
fn starred(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    let shows = |at: usize| at < 8 || at + 4 >= letters.len();
    letters.iter().enumerate().map(|(at, &c)| if shows(at) { c } else { '*' }).collect()
}
