//! How Stripe says no: `{error: {type, code?, message, param?, decline_code?, payment_intent?}}`.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// One refusal.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    began: bool,
    error: Map<String, Value>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &str, message: &str) -> Self {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(kind));
        error.insert("message".to_owned(), json!(message));
        Self { status, began: false, error }
    }

    /// A request that is wrong in itself: nothing began, so no key remembers it.
    fn bad(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.error.insert(name.to_owned(), value.into());
        self
    }

    /// Execution had begun, so the key remembers the refusal.
    fn after_the_start(mut self) -> Self {
        self.began = true;
        self
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) const fn began(&self) -> bool {
        self.began
    }

    pub(super) fn render(&self) -> Value {
        json!({ "error": self.error })
    }

    pub(super) fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    pub(super) fn wrong_key(key: &str) -> Self {
        let shown: String = key.chars().take(8).collect();
        let message = format!("Invalid API Key provided: {shown}********");
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", &message)
    }

    pub(super) fn no_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", &message)
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::bad(&format!("Missing required param: {param}."))
            .with("code", "parameter_missing")
            .with("param", param)
    }

    pub(super) fn unknown_parameter(param: &str) -> Self {
        Self::bad(&format!("Received unknown parameter: {param}"))
            .with("code", "parameter_unknown")
            .with("param", param)
    }

    pub(super) fn not_an_integer(param: &str, value: &str) -> Self {
        Self::bad(&format!("Invalid integer: {value}"))
            .with("code", "parameter_invalid_integer")
            .with("param", param)
    }

    pub(super) fn invalid(param: &str, message: &str) -> Self {
        Self::bad(message).with("param", param)
    }

    pub(super) fn no_such(what: &str, id: &str, param: &str) -> Self {
        let status = if param == "intent" || param == "id" {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::BAD_REQUEST
        };
        Self::new(status, "invalid_request_error", &format!("No such {what}: '{id}'"))
            .with("code", "resource_missing")
            .with("param", param)
    }

    pub(super) fn key_reused() -> Self {
        let message = "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than the one you have sent if you meant to execute a different request.";
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    pub(super) fn api_error() -> Self {
        let message = "An unknown error occurred";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message).after_the_start()
    }

    pub(super) fn unexpected_state(action: &str, status: &str, intent: Value) -> Self {
        let message = format!(
            "This PaymentIntent could not be {action} because it has a status of {status}."
        );
        Self::bad(&message)
            .with("code", "payment_intent_unexpected_state")
            .with("payment_intent", intent)
            .after_the_start()
    }

    /// Refusals about a token carry no code.
    pub(super) fn token(message: &str) -> Self {
        Self::bad(message).after_the_start()
    }

    pub(super) fn declined(decline_code: &str, intent: Value) -> Self {
        let message = match decline_code {
            "insufficient_funds" => "Your card has insufficient funds.",
            "expired_card" => "Your card has expired.",
            _ => "Your card was declined.",
        };
        let code = if decline_code == "expired_card" { "expired_card" } else { "card_declined" };
        Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message)
            .with("code", code)
            .with("decline_code", decline_code)
            .with("payment_intent", intent)
            .after_the_start()
    }

    pub(super) fn authentication_required(intent: Value) -> Self {
        let message = "This payment required an authentication action to complete, but `error_on_requires_action` was set.";
        Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", message)
            .with("code", "authentication_required")
            .with("decline_code", "authentication_required")
            .with("payment_intent", intent)
            .after_the_start()
    }

    pub(super) fn too_much(param: &str, message: &str) -> Self {
        Self::bad(message).with("code", "amount_too_large").with("param", param).after_the_start()
    }
}
