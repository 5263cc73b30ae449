//! Charging a delegated payment token at Stripe.
//!
//! One payment exists per checkout session. It is opened before any money can move, authorized
//! with the token, and captured or voided afterwards. Every call may be repeated and has its
//! effect once; where the outcome of a call is not known the error says so, and a
//! [fetch](Stripe::fetch) answers it.

use std::{error::Error, time::Duration};

use commerce::{Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

mod proof;
mod stripe;

pub use proof::{Network, Proof, Unproved};
pub use stripe::Stripe;

/// The generally available API version that every call speaks that touches no token.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The first public preview version that knows tokens; only calls that carry or read one use it.
pub const TOKEN_API_VERSION: &str = "2026-04-22.preview";

/// How to talk to one Stripe account.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account's secret key, or a restricted one that may read and write payments.
    pub secret_key: SecretString,
    /// The version of all calls without a token; [`API_VERSION`] unless there is a reason.
    pub api_version: String,
    /// The version of the calls with a token; [`TOKEN_API_VERSION`] unless there is a reason.
    pub token_api_version: String,
    /// Where the version above expects the token.
    pub token_parameter: TokenParameter,
}

/// Where a token is written when it is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenParameter {
    /// Inside `payment_method_data`, as every version since `2026-04-08.preview` has it.
    #[default]
    PaymentMethodData,
    /// At the top level, as earlier previews had it.
    TopLevel,
}

/// A Shared Payment Token: whoever holds it can charge it, so it never prints.
#[derive(Clone, Debug)]
pub struct PaymentToken(SecretString);

impl PaymentToken {
    /// Wraps the token as the agent sent it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The most that it can still pay.
    pub limit: Money,
    /// Until when it can authorize; a capture may come later.
    pub expires_at: Option<Timestamp>,
    /// Why it can pay no more, if so.
    pub deactivated: Option<Deactivation>,
    /// Whether it moves real money.
    pub livemode: bool,
}

/// Why a token can pay no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deactivation {
    /// It has paid.
    Consumed,
    /// Its time is over.
    Expired,
    /// The agent took it back.
    Revoked,
    /// The seller ended it.
    Resolved,
    /// For a reason that is not known here.
    Other,
}

/// What a payment is opened for.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The session that pays; it has one payment, however often it is opened.
    pub session: &'a SessionId,
    /// The store by its configured id.
    pub store: &'a str,
    /// The platform's order, where it has a number already.
    pub order: Option<&'a OrderId>,
    /// Exactly what is to be charged.
    pub total: Money,
    /// When the session was opened; its payment cannot be older.
    pub session_opened_at: Timestamp,
    /// What the owner reads in the dashboard.
    pub description: &'a str,
}

/// A payment as the processor knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The processor's id.
    pub id: PaymentId,
    /// What is to be charged.
    pub total: Money,
    /// What is held and can be captured.
    pub capturable: Money,
    /// What was captured.
    pub captured: Money,
    /// How far it is.
    pub state: PaymentState,
    /// The session it was opened for.
    pub session: Option<SessionId>,
    /// The order it pays for.
    pub order: Option<OrderId>,
    /// How its last authorization failed, if it did.
    pub decline: Option<Decline>,
}

/// How far a payment is. The further one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaymentState {
    /// Called off; it will never hold or take money.
    Voided,
    /// No money is held, and a token can be tried.
    Open,
    /// The buyer has to authenticate.
    ActionRequired,
    /// The processor has not decided.
    Processing,
    /// The money is held.
    Authorized,
    /// The money is taken.
    Captured,
}

/// A refusal by the bank or by the processor's risk rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// What the buyer may read. It never tells of a suspected fraud or a stolen card.
    pub text: String,
    /// The processor's code, for the log only.
    pub code: Option<String>,
}

/// Why a token cannot pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// There is no such token for this seller in this mode.
    Unknown,
    /// It was used up or taken back.
    Deactivated,
    /// It allows less than the total.
    LimitTooSmall,
    /// It allows another currency.
    WrongCurrency,
    /// Its time is over.
    Expired,
}

/// Why a payment is not where it was asked to be, sorted by what the caller can do about it.
#[derive(Debug, Error)]
pub enum PaymentError {
    /// The bank or the processor said no; another token may do better.
    #[error("the payment was declined ({})", .0.code.as_deref().unwrap_or("no code"))]
    Declined(Decline),
    /// The bank wants to authenticate the buyer first; nothing is held.
    #[error("the buyer has to authenticate")]
    AuthenticationRequired {
        /// Whose card it is, where an authentication done elsewhere could be taken.
        network: Option<Network>,
    },
    /// The token cannot pay; nothing is held.
    #[error("the token cannot pay ({0:?})")]
    BadToken(BadToken),
    /// This call did nothing: send it again later.
    #[error("the processor cannot take the call now")]
    NotExecuted {
        /// When to come back, where it is known.
        retry_after: Option<Duration>,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It may have happened: look before doing anything else.
    #[error("what became of the call to the processor is not known")]
    OutcomeUnknown {
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The processor refuses the key: the operator must act.
    #[error("the processor refuses the key: {hint}")]
    Denied {
        /// What the operator should do.
        hint: String,
    },
    /// The processor refuses the call as it stands, and it did nothing.
    #[error("the processor refuses the call ({code}): {message}")]
    Rejected {
        /// The processor's code, or ours.
        code: String,
        /// What it says, for the log only.
        message: String,
    },
    /// The answer makes no sense, and the call did nothing: a developer must look.
    #[error("the processor's answer to {call} cannot be read")]
    Unreadable {
        /// Which call.
        call: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
