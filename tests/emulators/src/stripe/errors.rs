//! What Stripe says when it says no.

use serde_json::{Map, Value};

/// An error answer in the making.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Whether the call was being carried out already, so that its key keeps the answer.
    pub(super) began: bool,
    /// What `Stripe-Should-Retry` says.
    pub(super) should_retry: Option<bool>,
    error: Map<String, Value>,
}

impl Refusal {
    /// A 400 about the call itself, found before anything was done.
    pub(super) fn parameter(message: &str, param: &str) -> Self {
        Self::new(400, "invalid_request_error", message).with("param", param)
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::parameter(&format!("Missing required param: {param}."), param)
            .code("parameter_missing")
    }

    pub(super) fn unknown(names: &[String]) -> Self {
        let plural = if names.len() == 1 { "" } else { "s" };
        let message = format!("Received unknown parameter{plural}: {}", names.join(", "));
        let first = names.first().map_or("", String::as_str);
        Self::parameter(&message, first).code("parameter_unknown")
    }

    pub(super) fn empty(param: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to \
             unset a parameter; however '{param}' cannot be unset."
        );
        Self::parameter(&message, param).code("parameter_invalid_empty")
    }

    /// A 400 without a code about something found out while carrying the call out.
    pub(super) fn during(message: &str) -> Self {
        Self { began: true, ..Self::new(400, "invalid_request_error", message) }
    }

    /// An object that this account does not have.
    pub(super) fn no_such(status: u16, kind: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        let refusal = Self::new(status, "invalid_request_error", &message);
        Self { began: true, ..refusal.code("resource_missing").with("param", param) }
    }

    pub(super) fn unexpected_state(message: &str, intent: Value) -> Self {
        Self::during(message).code("payment_intent_unexpected_state").with("payment_intent", intent)
    }

    /// The card's or its bank's no.
    pub(super) fn card(error: Map<String, Value>) -> Self {
        Self { status: 402, began: true, should_retry: None, error }
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    /// A key that may not act for somebody else.
    pub(super) fn other_account(key: &str, account: &str) -> Self {
        let message = format!(
            "The provided key '{key}' does not have access to account '{account}' (or that account \
             does not exist). Application access may have been revoked."
        );
        Self::new(403, "invalid_request_error", &message).code("account_invalid")
    }

    pub(super) fn no_such_route(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we \
             can help at https://support.stripe.com/."
        );
        Self::new(404, "invalid_request_error", &message)
    }

    /// The key belongs to another call.
    pub(super) fn key_reused(message: &str) -> Self {
        Self::new(400, "idempotency_error", message)
    }

    pub(super) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that \
             probably means you submitted twice, and the other request is still going through): \
             {key}. Please try again later."
        );
        let refusal = Self::new(409, "idempotency_error", &message);
        Self { should_retry: Some(true), ..refusal.code("idempotency_key_in_use") }
    }

    pub(super) fn locked() -> Self {
        let message = "This object cannot be accessed right now because another API request or \
                       Stripe process is currently accessing it.";
        let refusal = Self::new(429, "invalid_request_error", message);
        Self { should_retry: Some(true), ..refusal.code("lock_timeout") }
    }

    /// A 500 that its key keeps: the same call will only ever bring it again.
    pub(super) fn broken() -> Self {
        let refusal = Self::new(500, "api_error", "An unknown error occurred");
        Self { began: true, should_retry: Some(false), ..refusal }
    }

    /// A 500 before anything was done.
    pub(super) fn unavailable() -> Self {
        Self::new(500, "api_error", "An unknown error occurred")
    }

    pub(super) fn rate_limited(should_retry: Option<bool>) -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits here \
                       https://stripe.com/docs/rate-limits.";
        let refusal = Self::new(429, "invalid_request_error", message);
        Self { should_retry, ..refusal.code("rate_limit") }
    }

    pub(super) fn code(self, code: &str) -> Self {
        let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
        self.with("code", code).with("doc_url", page)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.error.insert(name.to_owned(), value.into());
        self
    }

    /// The body, with a link to what the account's owner sees of the call.
    pub(super) fn body(self, request: &str) -> Value {
        let link = format!("https://dashboard.stripe.com/test/logs/{request}?t=1");
        serde_json::json!({ "error": self.with("request_log_url", link).error })
    }

    fn new(status: u16, kind: &str, message: &str) -> Self {
        let refusal = Self { status, began: false, should_retry: None, error: Map::new() };
        refusal.with("type", kind).with("message", message)
    }
}
