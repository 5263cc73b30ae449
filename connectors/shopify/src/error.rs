//! What a refusal means: of the wire, of a whole document, or of what somebody wrote into it.
//!
//! The shapes are those of recorded stores; `docs/shopify.md` lists them.

use std::time::Duration;

use commerce::{ConnectorError, Effect};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use upstream::{Answer, CallError, Unreadable};

/// An error of a whole document, or of one field in it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) path: Vec<Value>,
    #[serde(default)]
    pub(crate) extensions: Extensions,
}

/// What an error says of itself for machines.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Extensions {
    #[serde(default)]
    code: Option<Value>,
    #[serde(default, rename = "requiredAccess")]
    pub(crate) required_access: Option<String>,
}

impl Problem {
    pub(crate) fn code(&self) -> &str {
        self.extensions.code.as_ref().and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn is_throttled(&self) -> bool {
        self.code() == "THROTTLED"
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.code() == "ACCESS_DENIED"
    }

    pub(crate) fn is_internal(&self) -> bool {
        matches!(
            self.code(),
            "INTERNAL_SERVER_ERROR" | "TIMEOUT" | "IDEMPOTENCY_CONCURRENT_REQUEST"
        )
    }

    /// Whether only a part below a root field is missing: the rest of the answer stands.
    pub(crate) fn is_partial(&self) -> bool {
        self.path.len() > 1
    }

    /// What the owner has to grant.
    pub(crate) fn hint(&self) -> String {
        let field: Vec<&str> = self.path.iter().filter_map(Value::as_str).collect();
        let wanted = self.extensions.required_access.as_deref().unwrap_or(&self.message);
        format!(
            "{} needs {wanted}: grant it to the app in the store's admin and install it again",
            if field.is_empty() { "the call".to_owned() } else { field.join(".") },
        )
    }
}

/// What is wrong with what somebody wrote: most payloads have no code, so the words must do.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct UserError {
    #[serde(default)]
    pub(crate) field: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) message: String,
}

impl UserError {
    /// Whether a part of the input is meant, wherever the input stood.
    pub(crate) fn is_about(&self, part: &str) -> bool {
        self.field.iter().flatten().any(|name| name == part)
    }

    /// The part of an address that is meant, in the bridge's words.
    pub(crate) fn part(&self) -> Option<&'static str> {
        let last = self.field.iter().flatten().last()?;
        match last.as_str() {
            "country" | "countryCode" => Some("country"),
            "province" | "provinceCode" => Some("state"),
            "zip" => Some("postal_code"),
            "city" => Some("city"),
            "address1" => Some("line_one"),
            _ => None,
        }
    }
}

/// What user errors mean that nobody can do anything about.
pub(crate) fn refused(call: &'static str, errors: &[UserError]) -> ConnectorError {
    let words: Vec<String> = errors
        .iter()
        .map(|error| {
            let field = error.field.as_deref().unwrap_or_default().join(".");
            format!("{field}: {}", error.message)
        })
        .collect();
    ConnectorError::Unreadable {
        call,
        effect: Effect::None,
        source: format!("the store refuses it: {}", words.join("; ")).into(),
    }
}

/// What errors of a whole document mean.
pub(crate) fn failed(call: &'static str, problems: &[Problem], effect: Effect) -> ConnectorError {
    if let Some(denied) = problems.iter().find(|problem| problem.is_denied()) {
        return ConnectorError::Denied { hint: denied.hint() };
    }
    let Some(first) = problems.first() else { return nothing(call, effect) };
    if problems.iter().any(Problem::is_internal) {
        let source = format!("{call}: {}", first.message);
        return ConnectorError::Unavailable {
            retry_after: None,
            effect,
            source: Some(source.into()),
        };
    }
    if problems.iter().any(|problem| matches!(problem.code(), "RESOURCE_NOT_FOUND" | "NOT_FOUND")) {
        return ConnectorError::NotFound { what: "resource" };
    }
    // The document was refused before anything ran.
    ConnectorError::Unreadable {
        call,
        effect: Effect::None,
        source: format!("{}: {}", first.code(), first.message).into(),
    }
}

/// What an answer without data and without errors means.
pub(crate) fn nothing(call: &'static str, effect: Effect) -> ConnectorError {
    ConnectorError::Unreadable { call, effect, source: "neither data nor errors".into() }
}

/// The store grants so many points, and they are used up.
pub(crate) fn exhausted(wait: Duration) -> ConnectorError {
    ConnectorError::Unavailable {
        retry_after: Some(wait),
        effect: Effect::None,
        source: Some("the store's budget of points is used up".into()),
    }
}

/// What an answer that is no success means for the whole call.
pub(crate) fn refuse(call: &'static str, answer: &Answer, effect: Effect) -> ConnectorError {
    let denied = |hint: &str| ConnectorError::Denied { hint: hint.to_owned() };
    match answer.status {
        StatusCode::UNAUTHORIZED => denied(
            "the store does not know the token: look whether the app is installed and its secret \
             was rotated",
        ),
        StatusCode::FORBIDDEN => denied(
            "the store refuses the app: look whether it is installed, and which scopes it has",
        ),
        StatusCode::NOT_FOUND => denied(
            "there is no such store or version: set `url` to https://{shop}.myshopify.com, and \
             `api_version` to one that Shopify supports",
        ),
        StatusCode::PAYMENT_REQUIRED => denied("the store is frozen until its bill is paid"),
        StatusCode::LOCKED => denied("the store is locked: ask Shopify"),
        status if status.is_redirection() => denied(
            "the store sends us on: set `url` to its myshopify.com address, not to its own domain",
        ),
        StatusCode::TOO_MANY_REQUESTS => ConnectorError::Unavailable {
            retry_after: answer.retry_after(),
            effect: Effect::None,
            source: Some("the store limits how often it is called".into()),
        },
        status if status.is_server_error() || status.as_u16() == 430 => {
            ConnectorError::Unavailable {
                retry_after: answer.retry_after(),
                effect,
                source: Some(format!("{call}: status {status}{}", request_id(answer)).into()),
            }
        }
        status => ConnectorError::Unreadable {
            call,
            effect: Effect::None,
            source: format!("status {status}{}", request_id(answer)).into(),
        },
    }
}

/// What Shopify's support wants to know.
fn request_id(answer: &Answer) -> String {
    answer.header("x-request-id").map_or_else(String::new, |id| format!(", x-request-id {id}"))
}

/// What failed behind a write that was carried out.
pub(crate) fn after_write(error: ConnectorError) -> ConnectorError {
    match error {
        ConnectorError::Unavailable { retry_after, source, .. } => {
            ConnectorError::Unavailable { retry_after, effect: Effect::Unknown, source }
        }
        ConnectorError::Unreadable { call, source, .. } => {
            ConnectorError::Unreadable { call, effect: Effect::Unknown, source }
        }
        other => other,
    }
}

/// What no answer at all means.
pub(crate) fn unreachable(error: CallError, is_write: bool) -> ConnectorError {
    ConnectorError::Unavailable {
        retry_after: error.retry_after(),
        effect: if error.had_no_effect() || !is_write { Effect::None } else { Effect::Unknown },
        source: Some(error.into()),
    }
}

/// What an answer that cannot be read means.
pub(crate) fn unreadable(call: &'static str, effect: Effect, error: Unreadable) -> ConnectorError {
    ConnectorError::Unreadable { call, effect, source: error.into() }
}

/// A part of an answer makes no sense.
pub(crate) fn nonsense(
    call: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ConnectorError {
    ConnectorError::Unreadable { call, effect: Effect::None, source: source.into() }
}
