//! Why a call ends without a session. Knows no HTTP; the edge turns it into a flat error.

use std::time::Duration;

use commerce::ConnectorError;
use payments::PaymentError;
use thiserror::Error;

/// Why a call ends without a session to show.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The request cannot be understood or may not be fulfilled as it stands.
    #[error(transparent)]
    Invalid(#[from] acp::latest::Invalid),
    /// No such session for this agent at this store.
    #[error("there is no such checkout session")]
    UnknownSession,
    /// No such cart for this agent at this store, or none any more.
    #[error("there is no such cart")]
    UnknownCart,
    /// Nothing of what a cart shall hold can be had, in the store's words.
    #[error("nothing of it can be had: {0}")]
    NothingAvailable(String),
    /// The session has ended or cannot do that now.
    #[error("{0}")]
    Conflict(&'static str),
    /// A completion would send the goods somewhere else than was quoted.
    #[error("a completion cannot change the address")]
    AddressChange,
    /// The session has ended, so it cannot be canceled.
    #[error("{0}")]
    NotCancelable(&'static str),
    /// The same key came with another body, and the first one has had its effect.
    #[error("the idempotency key was used with another body before")]
    KeyReused,
    /// The first call with this key, or another one on this session, is still running.
    #[error("an earlier call on this session is still running")]
    Busy {
        /// When to come back.
        retry_after: Duration,
    },
    /// Too many payments were declined of late.
    #[error("too many payments were declined")]
    TooManyDeclines {
        /// When to come back.
        retry_after: Duration,
    },
    /// Too many of its discount codes were wrong.
    #[error("too many discount codes were wrong")]
    TooManyGuesses {
        /// When codes are taken again.
        retry_after: Duration,
    },
    /// It took longer than the caller waits; it may have happened all the same.
    #[error("the call took too long")]
    TooSlow,
    /// The buyer has to be authenticated before the session can be completed.
    #[error("the completion lacks the result of the authentication")]
    AuthenticationMissing,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] ConnectorError),
    /// The processor did not do it, and certainly took no money.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// A number of the store does not add up: a quote like this is never shown.
    #[error("the store's totals do not add up: {totals}")]
    WrongSums {
        /// The store's numbers, in minor units.
        totals: String,
        /// The equation that does not hold.
        source: acp::latest::Mismatch,
    },
}
