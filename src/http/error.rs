//! The flat error (ACP schema `Error`): the one place where a failure becomes an answer.
//!
//! It says who can act and what to do. It never shows a source, a host name or a token. A
//! failure is logged here, once, with its whole chain.

use std::time::Duration;

use acp::latest::{ErrorBody, ErrorType, Invalid, Version};
use axum::response::{IntoResponse, Response};
use commerce::ConnectorError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use payments::PaymentError;
use tracing::{debug, error, warn};

use super::sessions::Answer;
use crate::{chain::Chain, failure::Failure};

/// When to come back where nobody said.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A refusal, ready to be sent. It is boxed, because it travels as an error.
#[derive(Debug)]
pub(super) struct Refused(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    body: ErrorBody,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refused {
    fn new(status: StatusCode, kind: ErrorType, code: &str, message: impl Into<String>) -> Self {
        let body = ErrorBody {
            kind,
            code: code.to_owned(),
            message: message.into(),
            param: None,
            supported_versions: None,
        };
        Self(Box::new(Parts { status, body, headers: Vec::new() }))
    }

    /// The agent has to change something.
    fn request(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::new(status, ErrorType::InvalidRequest, code, message)
    }

    /// The agent only has to come back.
    fn later(status: StatusCode, code: &str, message: &str, wait: Option<Duration>) -> Self {
        Self::new(status, ErrorType::ServiceUnavailable, code, message).retry_after(wait)
    }

    /// Somebody on our side has to act.
    fn ours(status: StatusCode, code: &str, message: &str) -> Self {
        Self::new(status, ErrorType::ProcessingError, code, message)
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Whole seconds, at least one.
    fn retry_after(self, wait: Option<Duration>) -> Self {
        let wait = wait.unwrap_or(RETRY_AFTER);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    fn with_versions(mut self) -> Self {
        let newest_first = Version::SUPPORTED.iter().rev();
        self.0.body.supported_versions =
            Some(newest_first.map(|version| version.as_str().to_owned()).collect());
        self
    }

    pub(super) fn unauthorized() -> Self {
        Self::request(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Send a valid token as `Authorization: Bearer …`",
        )
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub(super) fn signature(message: &str) -> Self {
        Self::request(StatusCode::UNAUTHORIZED, "invalid_signature", message)
    }

    pub(super) fn rate_limited(wait: Duration) -> Self {
        Self::request(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many calls. Come back after the time in Retry-After",
        )
        .retry_after(Some(wait))
    }

    pub(super) fn version_missing() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "missing_api_version",
            "Send the header API-Version with one of the supported versions",
        )
        .with_versions()
    }

    pub(super) fn version_unsupported() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "unsupported_api_version",
            "This API-Version is not spoken here. Send one of the supported versions",
        )
        .with_versions()
    }

    pub(super) fn no_carts() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "unsupported_api_version",
            "Carts exist from version 2026-04-17 on. Send that API-Version",
        )
    }

    pub(super) fn key_required() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "idempotency_key_required",
            "Send the header Idempotency-Key with a value of your own, and the same one on a retry",
        )
    }

    pub(super) fn key_malformed() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "idempotency_key_required",
            "An Idempotency-Key has 1 to 255 visible ASCII characters",
        )
    }

    pub(super) fn key_in_flight() -> Self {
        Self::request(
            StatusCode::CONFLICT,
            "idempotency_in_flight",
            "The first call with this Idempotency-Key is still running. Retry it later",
        )
        .retry_after(Some(Duration::from_secs(1)))
    }

    pub(super) fn key_reused(status: StatusCode) -> Self {
        Self::request(
            status,
            "idempotency_conflict",
            "This Idempotency-Key came with another body before. Use a fresh key for a new call",
        )
    }

    pub(super) fn body_too_large(max: usize) -> Self {
        Self::request(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body is larger than {max} bytes. Send less"),
        )
    }

    pub(super) fn body_too_slow() -> Self {
        Self::request(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "The body did not arrive in time. Send it again",
        )
    }

    pub(super) fn body_broken() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "invalid",
            "The body ended before it was complete. Send it again",
        )
    }

    pub(super) fn not_json() -> Self {
        Self::request(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid",
            "Only JSON is read. Send the header Content-Type: application/json",
        )
    }

    pub(super) fn encoded_body() -> Self {
        Self::request(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid",
            "Compressed bodies are not read. Send plain JSON",
        )
    }

    pub(super) fn no_such_route() -> Self {
        Self::request(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this path. /.well-known/acp.json says where the API is",
        )
    }

    pub(super) fn no_such_feed() -> Self {
        Self::request(
            StatusCode::NOT_FOUND,
            "not_found",
            "A feed is called by its profile (openai, openai-extended, openai-2025, google, stripe, \
             acp) and its format (json, jsonl, csv, tsv, xml), with .gz or .zst behind it if you \
             like: openai.jsonl.gz",
        )
    }

    pub(super) fn no_such_filter() -> Self {
        Self::request(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "A feed is narrowed by brand, category and market, each once and of 256 bytes at most",
        )
    }

    pub(super) fn no_such_shard(shards: u32) -> Self {
        let message = format!("This feed has {shards} part(s): ask for 1-of-{shards}");
        Self::request(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn feed_not_taken(why: &str) -> Self {
        Self::request(StatusCode::NOT_FOUND, "not_found", why)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::request(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path does not know this method; the header Allow says which it knows",
        )
    }

    pub(super) fn overloaded() -> Self {
        let message = "Too many calls are running. Come back after the time in Retry-After";
        let wait = Some(Duration::from_secs(1));
        Self::later(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message, wait)
    }

    pub(super) fn not_ready() -> Self {
        let message = "The store's catalog is still being read. Come back later";
        Self::later(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message, None)
    }

    pub(super) fn too_slow() -> Self {
        let message = "The call took too long. Send it again with the same Idempotency-Key";
        Self::later(StatusCode::GATEWAY_TIMEOUT, "timeout", message, None)
    }

    pub(super) fn internal() -> Self {
        let message = "Something is wrong on our side. Send it again with the same Idempotency-Key";
        Self::ours(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        let mut refused = Self::request(StatusCode::BAD_REQUEST, invalid.code, invalid.message);
        refused.0.body.param = invalid.param;
        refused
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        log(&failure);
        match failure {
            Failure::Invalid(invalid) => invalid.into(),
            Failure::UnknownSession => Self::request(
                StatusCode::NOT_FOUND,
                "session_not_found",
                "There is no such checkout session. Create one",
            ),
            Failure::UnknownCart => Self::request(
                StatusCode::NOT_FOUND,
                "cart_not_found",
                "There is no such cart. Create one",
            ),
            Failure::NothingAvailable(why) => Self::request(
                StatusCode::UNPROCESSABLE_ENTITY,
                "out_of_stock",
                format!("Nothing of this can be had: {why}"),
            ),
            Failure::Conflict(message) => Self::request(StatusCode::CONFLICT, "conflict", message),
            Failure::NotCancelable(message) => {
                Self::request(StatusCode::METHOD_NOT_ALLOWED, "not_cancelable", message)
                    .header(header::ALLOW, HeaderValue::from_static("GET"))
            }
            Failure::KeyReused => Self::key_reused(StatusCode::UNPROCESSABLE_ENTITY),
            Failure::AddressChange => Self::request(
                StatusCode::CONFLICT,
                "address_change_not_allowed",
                "A completion cannot change the address. Update the session first",
            ),
            Failure::TooManyDeclines { retry_after } => Self::request(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many payments were declined. Come back after the time in Retry-After",
            )
            .retry_after(Some(retry_after)),
            Failure::TooManyGuesses { retry_after } => Self::request(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many discount codes were wrong. Come back after the time in Retry-After, or \
                 leave the codes out",
            )
            .retry_after(Some(retry_after)),
            Failure::TooSlow => Self::too_slow(),
            Failure::AuthenticationMissing => Invalid {
                code: "requires_3ds",
                message: "The bank wants to authenticate the buyer. Send authentication_result"
                    .to_owned(),
                param: Some("$.authentication_result".to_owned()),
            }
            .into(),
            Failure::Busy { retry_after } => Self::key_in_flight().retry_after(Some(retry_after)),
            Failure::Store(error) => Self::store(&error),
            Failure::Payment(error) => Self::payment(&error),
            Failure::WrongSums { .. } => Self::ours(
                StatusCode::BAD_GATEWAY,
                "platform_unreadable",
                "The store's totals do not add up, so nothing is shown or charged",
            ),
        }
    }
}

impl Refused {
    fn store(error: &ConnectorError) -> Self {
        match error {
            ConnectorError::Unavailable { retry_after, .. } => Self::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "platform_unavailable",
                "The store does not answer now. Send it again with the same Idempotency-Key",
                *retry_after,
            ),
            ConnectorError::NotFound { .. } => Failure::UnknownSession.into(),
            ConnectorError::Settled { .. } | ConnectorError::PriceMoved { .. } => Self::request(
                StatusCode::CONFLICT,
                "conflict",
                "The session has changed meanwhile. Read it again and decide afresh",
            ),
            ConnectorError::Denied { .. } => Self::ours(
                StatusCode::BAD_GATEWAY,
                "platform_denied",
                "The store refuses our credentials. Its owner has to run `storebridge check`",
            ),
            ConnectorError::Unreadable { .. } => Self::ours(
                StatusCode::BAD_GATEWAY,
                "platform_unreadable",
                "The store's answer makes no sense. Its owner has to run `storebridge check`",
            ),
        }
    }

    fn payment(error: &PaymentError) -> Self {
        match error {
            PaymentError::NotExecuted { retry_after, .. } => Self::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "payments_unavailable",
                "Payments are not possible now and nothing was charged. Send it again with the \
                 same Idempotency-Key",
                *retry_after,
            ),
            PaymentError::OutcomeUnknown { .. } => Self::later(
                StatusCode::SERVICE_UNAVAILABLE,
                "payments_unavailable",
                "Payments do not answer now and nothing was charged. Send it again with the same \
                 Idempotency-Key",
                None,
            ),
            _ => Self::ours(
                StatusCode::BAD_GATEWAY,
                "payments_denied",
                "The payment processor refuses our call and nothing was charged. The store's \
                 owner has to run `storebridge check`",
            ),
        }
    }
}

impl Refused {
    /// The refusal encoded. Server faults are never final, and neither is an answer that says
    /// when to come back.
    pub(super) fn answer(self) -> Answer {
        let Parts { status, body, headers } = *self.0;
        let come_back = headers.iter().any(|(name, _)| name == header::RETRY_AFTER);
        let body = serde_json::to_vec(&body).expect("an error of texts serializes");
        let is_final = !status.is_server_error() && !come_back;
        Answer { status, headers, body: body.into(), is_final }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.answer().into_response()
    }
}

/// The agent's own mistakes are its business; what the owner or we must mend is said aloud.
fn log(failure: &Failure) {
    let chain = Chain(failure).to_string();
    match failure {
        Failure::Store(ConnectorError::Denied { .. } | ConnectorError::Unreadable { .. })
        | Failure::WrongSums { .. } => error!(error = chain, "call failed"),
        Failure::Payment(
            PaymentError::Denied { .. }
            | PaymentError::Rejected { .. }
            | PaymentError::Unreadable { .. },
        ) => error!(error = chain, "call failed"),
        Failure::Store(ConnectorError::Unavailable { .. }) | Failure::Payment(_) => {
            warn!(error = chain, "call failed");
        }
        _ => debug!(error = chain, "call refused"),
    }
}
