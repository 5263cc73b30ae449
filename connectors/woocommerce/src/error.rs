//! The store's refusals: `{code, message, data}` with HTML in the message, and what they mean.

use std::{error::Error, fmt, time::Duration};

use commerce::{
    CodeRefusal, ConnectorError, Effect, ItemId, Problem, ProblemKind, Subject, plain_text,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use upstream::{Answer, CallError, Unreadable};

use crate::{item::how_to_choose, loose};

/// The store limits checkouts for a minute.
const RATE_LIMIT: Duration = Duration::from_mins(1);

/// One refusal.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) code: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: Value,
}

impl Refusal {
    /// The message as a buyer may read it.
    pub(crate) fn text(&self) -> String {
        plain_text(&self.message)
    }

    fn is(&self, suffix: &str) -> bool {
        self.code.ends_with(suffix)
    }

    /// Why an item did not get into the cart, in the buyer's terms.
    pub(crate) fn about_item(&self, item: &ItemId) -> Problem {
        let kind = if self.is("cart_invalid_product") || self.is("invalid_product_id") {
            ProblemKind::UnknownItem
        } else if self.is("product_partially_out_of_stock") {
            if self.remaining() == Some(0) {
                ProblemKind::OutOfStock
            } else {
                ProblemKind::QuantityExceeded
            }
        } else if self.is("invalid_quantity") {
            ProblemKind::QuantityExceeded
        } else if self.is("out_of_stock") || self.is("not_enough_stock") {
            ProblemKind::OutOfStock
        } else {
            ProblemKind::NotPurchasable
        };
        let is_open = self.code.contains("missing_variation_data")
            || self.code.contains("invalid_variation_data")
            || self.is("missing_attributes");
        let mut text = self.text();
        if is_open {
            let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
            text = format!("{text}{end} {}", how_to_choose(item));
        }
        Problem { kind, subject: Subject::Item(item.clone()), text }
    }

    /// Why an address was refused, and which part of it.
    pub(crate) fn about_address(&self) -> Problem {
        let detail = ["shipping_address", "billing_address"]
            .into_iter()
            .find_map(|which| self.data["details"][which]["code"].as_str())
            .unwrap_or_default();
        let subject = match detail {
            "invalid_country" => Subject::Address(Some("country")),
            "invalid_state" => Subject::Address(Some("state")),
            "invalid_postcode" => Subject::Address(Some("postal_code")),
            "invalid_email" => Subject::Email,
            _ => Subject::Address(None),
        };
        let mut params = self.data["params"].as_object().into_iter().flatten();
        let words = params.find_map(|(_, words)| words.as_str());
        let text = words.map_or_else(|| self.text(), first_sentence);
        Problem { kind: ProblemKind::Invalid, subject, text }
    }

    /// Why a coupon does not count. The store has one code for all reasons, so its words have to
    /// be read; in another language than English they say no more than that it does not count.
    pub(crate) fn about_code(&self) -> CodeRefusal {
        let words = self.message.to_ascii_lowercase();
        let says = |part: &str| words.contains(part);
        if says("expired") {
            CodeRefusal::Expired
        } else if says("minimum spend") || says("minimum quantity") {
            CodeRefusal::MinimumNotMet
        } else if says("usage limit") {
            CodeRefusal::UsageLimitReached
        } else if says("cannot be used in conjunction") || says("individual use") {
            CodeRefusal::CombinationDisallowed
        } else if says("not applicable") || says("not valid for") || says("email") {
            CodeRefusal::Ineligible
        } else {
            CodeRefusal::Invalid
        }
    }

    /// A quantity in the words "(3 remaining)". They may be translated; then it is unknown.
    fn remaining(&self) -> Option<u64> {
        let (_, rest) = self.message.rsplit_once('(')?;
        rest.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
    }
}

/// What an answer that is no success means for the whole call.
pub(crate) fn refuse(call: &'static str, answer: &Answer, effect: Effect) -> ConnectorError {
    let refusal: Refusal = answer.json().unwrap_or_default();
    match (answer.status, refusal.code.as_str()) {
        (_, "rate_limit_exceeded") => ConnectorError::Unavailable {
            retry_after: Some(own_retry_after(answer).unwrap_or(RATE_LIMIT)),
            effect: Effect::None,
            source: Some(limited().into()),
        },
        (StatusCode::TOO_MANY_REQUESTS, _) => ConnectorError::Unavailable {
            retry_after: answer.retry_after(),
            effect: Effect::None,
            source: Some(limited().into()),
        },
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, code)
            if code.contains("missing_nonce") || code.contains("invalid_nonce") =>
        {
            ConnectorError::NotFound { what: "cart" }
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, code) => {
            ConnectorError::Denied { hint: hint(code).to_owned() }
        }
        // Without a code it is a page: the web server or the theme answers in WordPress's place.
        (StatusCode::NOT_FOUND, "rest_no_route" | "") => ConnectorError::Denied {
            hint: "the store has no such route: check its address, set permalinks to anything but \
                   \"Plain\", and update WooCommerce"
                .to_owned(),
        },
        (status, "") if status.is_redirection() => ConnectorError::Denied {
            hint: format!(
                "the store sends us on to {}: set `url` to the address that the store gives \
                 itself (Settings > General > Site Address)",
                answer.header("location").map_or("another address", origin),
            ),
        },
        // Reading what is not there is a 404, and writing it a 400.
        (StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, code) if code.ends_with("invalid_id") => {
            ConnectorError::NotFound { what: "order" }
        }
        (status, _) if status.is_server_error() => ConnectorError::Unavailable {
            retry_after: answer.retry_after(),
            effect,
            source: Some(
                format!("{call}: status {status}; look at the store's own error log").into(),
            ),
        },
        (status, code) => ConnectorError::Unreadable {
            call,
            effect: Effect::None,
            source: format!("status {status}, code {code:?}").into(),
        },
    }
}

/// The store has a header of its own for it.
fn own_retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.header("ratelimit-retry-after")?.trim().parse().ok()?;
    answer.retry_after().or(Some(Duration::from_secs(seconds)))
}

fn limited() -> &'static str {
    "the store limits how often it is called: let this machine call more often, or lower \
     in_flight_max"
}

/// What no answer at all means.
pub(crate) fn unreachable(error: CallError) -> ConnectorError {
    ConnectorError::Unavailable {
        retry_after: error.retry_after(),
        effect: if error.had_no_effect() { Effect::None } else { Effect::Unknown },
        source: Some(error.into()),
    }
}

/// What an answer that cannot be read means.
pub(crate) fn unreadable(call: &'static str, effect: Effect, error: Unreadable) -> ConnectorError {
    let is_page = error.start.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let source = if is_page { Page(error).into() } else { error.into() };
    ConnectorError::Unreadable { call, effect, source }
}

/// A page came where data should.
#[derive(Debug)]
struct Page(Unreadable);

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a page came in place of data: allow this machine in the security plugin, firewall or \
             maintenance mode in front of the store",
        )
    }
}

impl Error for Page {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Scheme and host of an address; the rest may hold what is nobody's business.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// What the owner should do about a refused key.
fn hint(code: &str) -> &'static str {
    match code {
        "woocommerce_rest_authentication_error" => {
            "the consumer secret is wrong or the key may only read; make a REST API key with \
             permission Read/Write"
        }
        code if code.starts_with("woocommerce_rest_cannot_") => {
            "the consumer key is unknown; or the address is not the store's own (Settings > \
             General > Site Address), or its TLS terminator does not send X-Forwarded-Proto"
        }
        _ => {
            "something in front of the store refuses us; allow this machine in the security \
             plugin or firewall, let it leave the REST API open, and pass the Authorization header on"
        }
    }
}

/// A list of all countries helps nobody.
fn first_sentence(words: &str) -> String {
    let words = plain_text(words);
    words.split(" Must be one of").next().unwrap_or_default().to_owned()
}
