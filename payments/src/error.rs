//! What may go wrong, sorted by what the caller can do about it.

use std::{error::Error, time::Duration};

use thiserror::Error;

use crate::Network;

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
    /// This call did nothing: send the same one again later. An earlier one like it may still be
    /// running.
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
