//! What went wrong, and what that means for the money.
//!
//! Errors are read by hand from whatever the body holds: a version that drops a member must
//! never turn a decline into something unknown.

use std::{error::Error, fmt::Display, time::Duration};

use commerce::Effect;
use http::StatusCode;
use serde_json::Value;
use stripe_client_core::StripeClientErr;
use thiserror::Error;
use upstream::{Answer, CallError};

use crate::{Decline, Network, PaymentError};

/// A call that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the call is called.
    pub(super) call: &'static str,
    /// What a call of its kind may have done if it was carried out.
    pub(super) effect: Effect,
    pub(super) cause: Cause,
}

/// How a call failed.
#[derive(Debug)]
pub(super) enum Cause {
    /// No complete answer came.
    Unanswered(CallError),
    /// An error came.
    Refused(Box<Refusal>),
    /// A success came that cannot be read.
    Unreadable(Box<dyn Error + Send + Sync>),
}

/// An error of Stripe's.
#[derive(Debug, Error)]
#[error("status {status}, type {kind:?}, code {code:?}: {message}")]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    kind: Option<String>,
    pub(super) code: Option<String>,
    decline_code: Option<String>,
    /// Whose card was refused.
    network: Option<Network>,
    pub(super) message: String,
    /// Whether an earlier call with the same key was refused, and this is its answer.
    pub(super) replayed: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    pub(super) const fn refusal(&self) -> Option<&Refusal> {
        match &self.cause {
            Cause::Refused(refusal) => Some(refusal),
            Cause::Unanswered(_) | Cause::Unreadable(_) => None,
        }
    }

    /// Whether the key brings nothing but the past: a failure of an earlier call, or that its
    /// parameters were others. Once a look has shown that the call had no effect, another key does.
    pub(super) fn is_spent(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.replayed || refusal.is_key_reuse())
    }
}

impl StripeClientErr for Cause {
    fn deserialize_err(message: impl Display) -> Self {
        Self::Unreadable(message.to_string().into())
    }
}

impl From<Failure> for PaymentError {
    fn from(Failure { call, effect, cause }: Failure) -> Self {
        match (cause, effect) {
            (Cause::Refused(refusal), effect) => refusal.into_error(call, effect),
            (Cause::Unreadable(source), Effect::None) => Self::Unreadable { call, source },
            (Cause::Unreadable(source), Effect::Unknown) => Self::OutcomeUnknown { source },
            (Cause::Unanswered(error), Effect::Unknown) if !error.had_no_effect() => {
                Self::OutcomeUnknown { source: error.into() }
            }
            (Cause::Unanswered(error), _) => {
                Self::NotExecuted { retry_after: error.retry_after(), source: error.into() }
            }
        }
    }
}

impl Refusal {
    pub(super) fn read(answer: &Answer, replayed: bool) -> Self {
        let body: Value = answer.json().unwrap_or_default();
        let text = |name: &str| {
            let value = body.get("error")?.get(name)?.as_str()?;
            Some(value.to_owned())
        };
        Self {
            status: answer.status,
            kind: text("type"),
            code: text("code"),
            decline_code: text("decline_code"),
            network: network(&body),
            message: without_tokens(&text("message").unwrap_or_default()),
            replayed,
            retry_after: answer.retry_after(),
        }
    }

    /// The key was used with other parameters before, so what it makes exists already. A
    /// conflict with a call still running has another status, and may have the same type.
    pub(super) fn is_key_reuse(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST && self.kind.as_deref() == Some("idempotency_error")
    }

    /// What the call named does not exist for this account in this mode.
    pub(super) fn is_missing(&self) -> bool {
        let is_missing = self.status == StatusCode::NOT_FOUND
            || self.code.as_deref() == Some("resource_missing");
        is_missing && !self.is_foreign_to_version()
    }

    /// The API version in use does not know the call or a parameter of it.
    fn is_foreign_to_version(&self) -> bool {
        self.code.as_deref() == Some("parameter_unknown")
            || self.message.starts_with("Unrecognized request URL")
    }

    /// The key may not do this.
    pub(super) fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// The call as such was understood and refused.
    pub(super) fn is_about_the_call(&self) -> bool {
        matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND)
    }

    /// The bank or the risk rules said no.
    pub(super) fn is_decline(&self) -> bool {
        self.status == StatusCode::PAYMENT_REQUIRED || self.kind.as_deref() == Some("card_error")
    }

    fn into_error(self, call: &'static str, effect: Effect) -> PaymentError {
        let code = self.code.as_deref().unwrap_or_default();
        let wants_authentication = [code, self.decline_code.as_deref().unwrap_or_default()]
            .contains(&"authentication_required");
        match self.status {
            _ if HARD_STOPS.contains(&code) => PaymentError::Declined(self.decline()),
            StatusCode::UNAUTHORIZED => PaymentError::Denied {
                hint: "Stripe does not accept the secret key. Copy it again from the API keys in \
                       the dashboard"
                    .to_owned(),
            },
            StatusCode::FORBIDDEN => PaymentError::Denied {
                hint: format!(
                    "The key or its account may not do {call}. Allow the key to write \
                     PaymentIntents and to read Shared Payment Tokens. Stripe says: {}",
                    self.message
                ),
            },
            _ if ACCOUNT_CODES.contains(&code) => PaymentError::Denied {
                hint: format!(
                    "See the account in Stripe's dashboard. Stripe says: {}",
                    self.message
                ),
            },
            _ if self.is_foreign_to_version() => PaymentError::Denied {
                hint: format!(
                    "Set api_version, token_api_version and token_parameter to what the account \
                     knows. Stripe says: {}",
                    self.message
                ),
            },
            StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => self.later(),
            _ if wants_authentication => {
                PaymentError::AuthenticationRequired { network: self.network }
            }
            _ if self.is_decline() => PaymentError::Declined(self.decline()),
            status if status.is_server_error() && effect == Effect::None => self.later(),
            status if status.is_client_error() && self.kind.is_some() => PaymentError::Rejected {
                code: self.code.unwrap_or_else(|| "invalid_request".to_owned()),
                message: self.message,
            },
            _ if effect == Effect::None => PaymentError::Unreadable { call, source: self.into() },
            _ => PaymentError::OutcomeUnknown { source: self.into() },
        }
    }

    fn later(self) -> PaymentError {
        PaymentError::NotExecuted { retry_after: self.retry_after, source: self.into() }
    }

    fn decline(&self) -> Decline {
        decline(self.decline_code.clone().or_else(|| self.code.clone()))
    }
}

/// The owner has to act at Stripe before anything can be charged.
const ACCOUNT_CODES: [&str; 5] = [
    "account_closed",
    "account_invalid",
    "api_key_expired",
    "platform_api_key_expired",
    "testmode_charges_only",
];

/// Stripe wants no further try, whatever the status.
const HARD_STOPS: [&str; 5] = [
    "action_blocked",
    "approval_required",
    "card_decline_rate_limit_exceeded",
    "payment_intent_rate_limit_exceeded",
    "request_blocked",
];

/// A decline in words for the buyer. Only harmless reasons are told: to say that a card counts
/// as stolen would help whoever has stolen it.
pub(super) fn decline(code: Option<String>) -> Decline {
    let text = match code.as_deref() {
        Some("insufficient_funds") => "The card has insufficient funds.",
        Some("expired_card") => "The card has expired.",
        Some("incorrect_cvc" | "invalid_cvc") => "The card's security code is incorrect.",
        Some("card_not_supported") => "The card does not support this kind of purchase.",
        Some("currency_not_supported") => "The card does not support this currency.",
        _ => "The payment was declined.",
    };
    Decline { text: text.to_owned(), code }
}

/// Whose card an error is about, if it says so.
fn network(body: &Value) -> Option<Network> {
    Network::of_brand(body.pointer("/error/payment_method/card/brand")?.as_str()?)
}

/// Stripe's messages may quote the token, and end in our log.
fn without_tokens(message: &str) -> String {
    let mut parts = message.split("spt_");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str("spt_***");
        clean.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    }
    clean
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use commerce::Effect;
    use http::{HeaderMap, StatusCode};
    use upstream::Answer;

    use super::{Cause, Failure, Refusal};
    use crate::{Network, PaymentError};

    fn refused(status: u16, effect: Effect, body: &'static str) -> PaymentError {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Bytes::from_static(body.as_bytes());
        let answer = Answer { status, headers: HeaderMap::new(), body };
        let cause = Cause::Refused(Box::new(Refusal::read(&answer, false)));
        Failure { call: "payment.authorize", effect, cause }.into()
    }

    #[test]
    fn a_decline_without_its_payment_is_still_a_decline() {
        let body = r#"{"error":{"type":"card_error","code":"card_declined",
            "decline_code":"stolen_card","message":"Your card was stolen.",
            "payment_intent":{"id":7}}}"#;
        let PaymentError::Declined(decline) = refused(402, Effect::Unknown, body) else {
            panic!("declined");
        };
        assert_eq!(decline.code.as_deref(), Some("stolen_card"));
        assert!(!decline.text.contains("stolen"), "{}", decline.text);
        let bare = refused(402, Effect::Unknown, "");
        assert!(matches!(bare, PaymentError::Declined(_)), "{bare:?}");
    }

    #[test]
    fn status_type_and_code_decide() {
        let sca = r#"{"error":{"type":"card_error","code":"authentication_required"}}"#;
        let error = refused(402, Effect::Unknown, sca);
        assert!(
            matches!(error, PaymentError::AuthenticationRequired { network: None }),
            "{error:?}"
        );
        let visa = r#"{"error":{"type":"card_error","code":"authentication_required",
            "payment_method":{"card":{"brand":"visa"}}}}"#;
        let network = Some(Network::Visa);
        let error = refused(402, Effect::Unknown, visa);
        assert!(
            matches!(&error, PaymentError::AuthenticationRequired { network: n } if *n == network),
            "{error:?}"
        );
        for (status, body) in [
            (409, r#"{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}"#),
            (409, r#"{"error":{"type":"invalid_request_error"}}"#),
            (429, r#"{"error":{"type":"invalid_request_error","code":"lock_timeout"}}"#),
            (429, "slow down"),
        ] {
            let error = refused(status, Effect::Unknown, body);
            assert!(matches!(error, PaymentError::NotExecuted { .. }), "{error:?}");
        }
        let stop = r#"{"error":{"type":"card_error","code":"card_decline_rate_limit_exceeded"}}"#;
        let blocked = r#"{"error":{"type":"invalid_request_error","code":"request_blocked"}}"#;
        let approval = r#"{"error":{"type":"invalid_request_error","code":"approval_required"}}"#;
        for (status, body) in [(429, stop), (403, blocked), (400, approval)] {
            let error = refused(status, Effect::Unknown, body);
            assert!(matches!(error, PaymentError::Declined(_)), "{error:?}");
        }
    }

    #[test]
    fn suspected_fraud_is_never_told() {
        for code in
            ["fraudulent", "lost_card", "merchant_blacklist", "pickup_card", "stolen_card", "new"]
        {
            let told = super::decline(Some(code.to_owned()));
            assert_eq!(told.text, "The payment was declined.", "{code}");
        }
    }

    #[test]
    fn a_version_without_tokens_is_no_unknown_token() {
        let url = r#"{"error":{"type":"invalid_request_error",
            "message":"Unrecognized request URL (GET: /v1/shared_payment/granted_tokens/x)."}}"#;
        let parameter = r#"{"error":{"type":"invalid_request_error","code":"parameter_unknown"}}"#;
        for (status, body) in [(404, url), (400, parameter)] {
            let error = refused(status, Effect::None, body);
            assert!(matches!(error, PaymentError::Denied { .. }), "{error:?}");
        }
    }

    #[test]
    fn doubt_is_only_where_something_may_have_happened() {
        for (status, body) in [(500, "{}"), (502, "<html>"), (418, "<html>")] {
            let error = refused(status, Effect::Unknown, body);
            assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
        }
        let error = refused(500, Effect::None, "{}");
        assert!(matches!(error, PaymentError::NotExecuted { .. }), "{error:?}");
        let error = refused(418, Effect::None, "<html>");
        assert!(matches!(error, PaymentError::Unreadable { .. }), "{error:?}");
    }

    #[test]
    fn a_quoted_token_is_not_kept() {
        let body = r#"{"error":{"type":"invalid_request_error","code":"resource_missing",
            "message":"No such token: 'spt_1Abc_9'; try 'spt_2'"}}"#;
        let message = refused(404, Effect::Unknown, body).to_string();
        assert!(message.ends_with("No such token: 'spt_***'; try 'spt_***'"), "{message}");
    }
}
