//! The journal: every call, without what it carried.

use super::{
    account::Account,
    wire::{Answer, Call, without_tokens},
};

/// One call, after it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was answered, in seconds since 1970.
    pub at: i64,
    /// `POST`.
    pub method: String,
    /// The path without its query, tokens hidden.
    pub path: String,
    /// The idempotency key, tokens hidden.
    pub key: Option<String>,
    /// The version the call asked for, if it did.
    pub version: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// Whether the answer was an earlier call's.
    pub replayed: bool,
}

impl Entry {
    /// `METHOD /v1/… key=… version=… -> status`.
    pub fn line(&self) -> String {
        let key = self.key.as_deref().unwrap_or("-");
        let version = self.version.as_deref().unwrap_or("-");
        format!("{} {} key={key} version={version} -> {}", self.method, self.path, self.status)
    }
}

impl Account {
    pub(super) fn note(&mut self, call: &Call, answer: &Answer, request: &str) {
        let entry = Entry {
            at: self.now(),
            method: call.method.clone(),
            path: without_tokens(&call.path),
            key: call.header("idempotency-key").map(without_tokens),
            version: call.header("stripe-version").map(str::to_owned),
            status: answer.status,
            replayed: answer.request != request,
        };
        self.journal.push(entry);
    }
}
