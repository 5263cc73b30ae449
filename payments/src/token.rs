//! Payment tokens, and what they allow.

use commerce::Money;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// A Shared Payment Token: whoever holds it can charge it, so it never prints.
#[derive(Clone, Debug)]
pub struct PaymentToken(SecretString);

impl PaymentToken {
    /// Wraps the token as the agent sent it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Tells one token from another without telling the token.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
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
