//! The hands of a test that lives in another process: what one in this process does by calling
//! is a JSON request below `/_emulator` for it.
//!
//! | below `/_emulator` | members |
//! |---|---|
//! | `ledger`, `journal` | |
//! | `clock` | `ahead`: seconds |
//! | `grant` | `payment_method`, `amount`, `currency`, `expires_at`?, `audience`? |
//! | `authenticate` | `id`: payment, `proved` |
//! | `capture`, `cancel`, `refund` | `id`: payment, `amount`? of a refund |
//! | `fail_refund` | `id`: refund |
//! | `dispute`, `decide_dispute` | `id`: payment, `reason`; `id`: dispute, `won` |
//! | `emit` | `type`, `object` |
//! | `roll_secret` | `id`: endpoint |
//! | `fault` | `method`, `path`, `nth`?, `kind`, `delay_ms`? or `status`? |
//! | `mishap` | `method`, `path`, `nth`?, `kind`, `delay_ms`? or `should_retry`? |
//! | `quirks`, `post_quirks` | the members of [`Quirks`] and [`PostQuirks`] |

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    Audience, ConsumeOn, Grant, Mishap, PostQuirks, Quirks, Stripe, TokenParam, journal::Entry,
};
use crate::{
    Now,
    faults::{Fault, Faults},
};

/// Why a request was not understood.
type Reason = String;

/// An account, its faults and its clock, for a test in another process.
#[derive(Clone)]
pub struct Hands {
    stripe: Stripe,
    faults: Faults,
    /// Seconds by which the clock is ahead of the one it was made from.
    ahead: Arc<AtomicI64>,
}

impl Hands {
    /// An account on a clock that can be moved.
    pub fn new(now: Now, seed: u64) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let moved = Arc::clone(&ahead);
        let clock: Now =
            Arc::new(move || now() + SignedDuration::from_secs(moved.load(Ordering::Relaxed)));
        Self { stripe: Stripe::new(clock, seed), faults: Faults::new(), ahead }
    }

    /// The account.
    pub fn stripe(&self) -> &Stripe {
        &self.stripe
    }

    /// The account's own paths behind the faults, and `/_emulator/…`.
    pub fn router(&self) -> Router {
        let account = self.faults.around(self.stripe.router());
        let hands = Router::new().route("/_emulator/{what}", any(answer)).with_state(self.clone());
        hands.fallback_service(account)
    }

    fn answer(&self, what: &str, ask: &Value) -> Result<Value, Reason> {
        let stripe = &self.stripe;
        let id = || text(ask, "id");
        let made = |thing: Option<Value>| thing.ok_or_else(|| "nothing to do".to_owned());
        match what {
            "ledger" => Ok(stripe.ledger().view()),
            "journal" => Ok(stripe.journal().iter().map(Entry::view).collect()),
            "authenticate" => made(stripe.authenticate(id()?, truth(ask, "proved")?)),
            "capture" => made(stripe.capture_by_hand(id()?)),
            "cancel" => made(stripe.cancel_by_hand(id()?)),
            "refund" => made(stripe.refund_by_hand(id()?, ask["amount"].as_i64())),
            "fail_refund" => made(stripe.fail_refund(id()?)),
            "dispute" => {
                let dispute = stripe.dispute(id()?, reason(ask)?);
                made(dispute.map(|dispute| json!({ "id": dispute })))
            }
            "decide_dispute" => {
                stripe.decide_dispute(id()?, truth(ask, "won")?);
                Ok(json!({}))
            }
            "grant" => Ok(json!({ "id": stripe.grant(grant(ask)?) })),
            "emit" => Ok(json!({ "id": stripe.emit(text(ask, "type")?, ask["object"].clone()) })),
            "roll_secret" => {
                made(stripe.roll_secret(id()?).map(|secret| json!({ "secret": secret })))
            }
            "clock" => {
                self.ahead.fetch_add(number(ask, "ahead")?, Ordering::Relaxed);
                stripe.age();
                Ok(json!({}))
            }
            "fault" => {
                let (method, path, nth) = call(ask)?;
                self.faults.nth(method, path, nth, fault(ask)?);
                Ok(json!({}))
            }
            "mishap" => {
                let (method, path, nth) = call(ask)?;
                stripe.plan(method, path, nth, mishap(ask)?);
                Ok(json!({}))
            }
            "quirks" => {
                stripe.set_quirks(quirks(ask));
                Ok(json!({}))
            }
            "post_quirks" => {
                stripe.set_post_quirks(post_quirks(ask));
                Ok(json!({}))
            }
            _ => Err(format!("there is nothing called {what}")),
        }
    }
}

async fn answer(State(hands): State<Hands>, Path(what): Path<String>, body: Bytes) -> Response {
    let ask = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let ask = ask.map_err(|error| error.to_string());
    let (status, value) = match ask.and_then(|ask| hands.answer(&what, &ask)) {
        Ok(value) => (StatusCode::OK, value),
        Err(reason) => (StatusCode::BAD_REQUEST, json!({ "error": reason })),
    };
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, Body::from(value.to_string())).into_response()
}

impl Entry {
    fn view(&self) -> Value {
        json!({
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "key": self.key,
            "version": self.version,
            "status": self.status,
            "replayed": self.replayed,
        })
    }
}

fn text<'a>(ask: &'a Value, name: &str) -> Result<&'a str, Reason> {
    ask[name].as_str().ok_or_else(|| format!("{name} must be text"))
}

fn number(ask: &Value, name: &str) -> Result<i64, Reason> {
    ask[name].as_i64().ok_or_else(|| format!("{name} must be an integer"))
}

fn truth(ask: &Value, name: &str) -> Result<bool, Reason> {
    ask[name].as_bool().ok_or_else(|| format!("{name} must be true or false"))
}

fn millis(ask: &Value) -> Result<Duration, Reason> {
    let millis = ask["delay_ms"].as_u64().ok_or("delay_ms must be an integer")?;
    Ok(Duration::from_millis(millis))
}

fn status(ask: &Value) -> Result<u16, Reason> {
    let status = number(ask, "status")?;
    u16::try_from(status).map_err(|_| "status must be an HTTP status".to_owned())
}

fn reason(ask: &Value) -> Result<&'static str, Reason> {
    const REASONS: [&str; 5] = [
        "credit_not_processed",
        "duplicate",
        "fraudulent",
        "product_not_received",
        "product_unacceptable",
    ];
    let wanted = text(ask, "reason")?;
    let known = REASONS.into_iter().find(|reason| *reason == wanted);
    known.ok_or_else(|| format!("reason must be one of {}", REASONS.join(", ")))
}

fn grant(ask: &Value) -> Result<Grant, Reason> {
    Ok(Grant {
        payment_method: text(ask, "payment_method")?.to_owned(),
        currency: text(ask, "currency")?.to_owned(),
        max_amount: number(ask, "amount")?,
        expires_at: ask["expires_at"].as_i64(),
        metadata: Vec::new(),
        audience: match ask["audience"].as_str().unwrap_or("seller") {
            "seller" => Audience::Seller,
            "other_seller" => Audience::OtherSeller,
            "live_mode" => Audience::LiveMode,
            _ => return Err("audience must be one of seller, other_seller, live_mode".to_owned()),
        },
    })
}

/// The call that is meant, and which one of its kind.
fn call(ask: &Value) -> Result<(&str, &str, usize), Reason> {
    let nth = ask["nth"].as_u64().unwrap_or(1);
    let nth = usize::try_from(nth).map_err(|error| error.to_string())?;
    Ok((text(ask, "method")?, text(ask, "path")?, nth))
}

fn fault(ask: &Value) -> Result<Fault, Reason> {
    match text(ask, "kind")? {
        "delay" => millis(ask).map(Fault::Delay),
        "delay_after" => millis(ask).map(Fault::DelayAfter),
        "trickle" => millis(ask).map(Fault::Trickle),
        "status" => status(ask).map(Fault::Status),
        "html" => status(ask).map(Fault::Html),
        "html_after" => status(ask).map(Fault::HtmlAfter),
        "half_json" => Ok(Fault::HalfJson),
        "truncated" => Ok(Fault::Truncated),
        "drop_before" => Ok(Fault::DropBefore),
        "drop_after" => Ok(Fault::DropAfter),
        "not_json" => Ok(Fault::NotJson),
        kind => Err(format!("there is no fault called {kind}")),
    }
}

fn mishap(ask: &Value) -> Result<Mishap, Reason> {
    match text(ask, "kind")? {
        "broken" => Ok(Mishap::Broken),
        "broken_after" => Ok(Mishap::BrokenAfter),
        "unavailable" => Ok(Mishap::Unavailable),
        "rate_limited" => Ok(Mishap::RateLimited { should_retry: ask["should_retry"].as_bool() }),
        "locked" => Ok(Mishap::Locked),
        "slow" => millis(ask).map(Mishap::Slow),
        kind => Err(format!("there is no mishap called {kind}")),
    }
}

/// What is not named is as strict as it can be.
fn quirks(ask: &Value) -> Quirks {
    let is = |name: &str| ask[name].as_bool().unwrap_or(false);
    let strict = Quirks::default();
    Quirks {
        consume_on: match ask["consume_on"].as_str() {
            Some("capture") => ConsumeOn::Capture,
            _ => ConsumeOn::Authorize,
        },
        revive_on_cancel: is("revive_on_cancel"),
        ga_accepts_token_field: is("ga_accepts_token_field"),
        token_param: match ask["token_param"].as_str() {
            Some("top_level") => TokenParam::TopLevel,
            _ => TokenParam::PaymentMethodData,
        },
        missing_token_status: status_or(&ask["missing_token_status"], strict.missing_token_status),
        token_events: is("token_events"),
        keys_bind_version: is("keys_bind_version"),
        search_lag: ask["search_lag"].as_i64().unwrap_or(strict.search_lag),
    }
}

fn post_quirks(ask: &Value) -> PostQuirks {
    let usual = PostQuirks::default();
    let count = |name: &str, usual: usize| {
        ask[name].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(usual)
    };
    PostQuirks {
        copies: count("copies", usual.copies),
        shuffled: ask["shuffled"].as_bool().unwrap_or(usual.shuffled),
        skew: SignedDuration::from_secs(ask["skew"].as_i64().unwrap_or(0)),
        api_version: ask["api_version"].as_str().map(str::to_owned),
        attempts_max: count("attempts_max", usual.attempts_max),
    }
}

fn status_or(value: &Value, usual: u16) -> u16 {
    value.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(usual)
}
