//! Calls and answers as they travel.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{errors::Refusal, form::Form};

/// The version an account speaks when a call names none.
pub(super) const DEFAULT_VERSION: &str = "2026-10-28.endive";

/// One call.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// One answer, without what differs when it is given again.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
    pub(super) should_retry: Option<bool>,
    /// The id of the request that was answered first.
    pub(super) request: String,
}

impl Call {
    /// What follows `/v1`; nothing for a path elsewhere.
    pub(super) fn segments(&self) -> Vec<&str> {
        let below = self.path.strip_prefix("/v1/").unwrap_or_default();
        below.split('/').collect()
    }

    /// The payment it is about.
    pub(super) fn payment(&self) -> Option<&str> {
        match self.segments().as_slice() {
            ["payment_intents", id, ..] => Some(id),
            _ => None,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The idempotency key; only a POST has a use for one.
    pub(super) fn key(&self) -> Option<&str> {
        if self.method == "POST" { self.header("idempotency-key") } else { None }
    }

    pub(super) fn version(&self) -> &str {
        self.header("stripe-version").unwrap_or(DEFAULT_VERSION)
    }

    /// The API key, as a bearer token or as a user name.
    pub(super) fn secret(&self) -> Option<String> {
        let (scheme, rest) = self.header("authorization")?.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(rest.to_owned());
        }
        let pair = STANDARD.decode(rest).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let pair = String::from_utf8(pair).ok()?;
        pair.split_once(':').map(|(user, _)| user.to_owned())
    }

    /// The parameters: from the query of a GET, from the body of a POST.
    pub(super) fn form(&self) -> Result<Form, Refusal> {
        if self.method != "POST" {
            return Form::parse(&self.query);
        }
        let kind = self.header("content-type").unwrap_or_default();
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        match std::str::from_utf8(&self.body) {
            Ok(text) if text.is_empty() || is_form => Form::parse(text),
            _ => Err(Refusal::parameter(
                "Invalid request (check that your POST content type is \
                 application/x-www-form-urlencoded). If you have any questions, we can help at \
                 https://support.stripe.com/.",
                "",
            )),
        }
    }
}

impl Answer {
    pub(super) fn new(outcome: Result<Value, Refusal>, request: &str) -> Self {
        let request = request.to_owned();
        match outcome {
            Ok(body) => {
                Self { status: 200, body: pretty(&body).into(), should_retry: None, request }
            }
            Err(refusal) => Self {
                status: refusal.status,
                should_retry: refusal.should_retry,
                body: pretty(&refusal.body(&request)).into(),
                request,
            },
        }
    }

    /// `request` is the id of the call answered now; another than the answer's own is a replay.
    pub(super) fn response(&self, call: &Call, request: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, Body::from(self.body.clone())).into_response();
        let headers = response.headers_mut();
        let mut add = |name: &'static str, value: &str| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        add("content-type", "application/json");
        add("request-id", request);
        add("stripe-version", call.version());
        if self.status == 401 {
            add("www-authenticate", "Bearer realm=\"Stripe\"");
        }
        if let Some(retry) = self.should_retry {
            add("stripe-should-retry", &retry.to_string());
        }
        if let Some(key) = call.key() {
            add("idempotency-key", key);
            add("original-request", &self.request);
        }
        if self.request != request {
            add("idempotent-replayed", "true");
        }
        response
    }
}

/// JSON as Stripe writes it.
pub(super) fn pretty(body: &Value) -> String {
    let mut text = serde_json::to_string_pretty(body).unwrap_or_default();
    text.push('\n');
    text
}

/// `2026-10-28.endive`.
pub(super) fn is_version(text: &str) -> bool {
    let (date, name) = text.split_once('.').unwrap_or((text, "x"));
    let is_date = date.parse::<jiff::civil::Date>().is_ok() && date.len() == 10;
    is_date && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Puts stars for what follows `spt_`, wherever it stands.
pub(super) fn without_tokens(text: &str) -> String {
    let mut parts = text.split("spt_");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
        clean.push_str("spt_***");
        clean.push_str(rest);
    }
    clean
}
