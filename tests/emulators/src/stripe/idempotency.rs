//! Idempotency keys: the first call under a key is carried out, later ones hear its answer.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{errors::Refusal, form::Form, wire::Answer};

/// How long a key is known. Stripe promises at least this, so no client may count on more.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The keys of an account.
#[derive(Default)]
pub(super) struct Keys {
    kept: BTreeMap<String, Kept>,
}

/// A call that comes with a key.
pub(super) struct Use<'a> {
    pub(super) path: &'a str,
    pub(super) parameters: &'a Form,
    /// The version, if keys are bound to one.
    pub(super) version: Option<&'a str>,
    pub(super) now: Timestamp,
}

struct Kept {
    path: String,
    parameters: Form,
    /// The version, if keys are bound to one.
    version: Option<String>,
    since: Timestamp,
    /// `None` while the first call is being carried out.
    answer: Option<Answer>,
}

impl Keys {
    /// What the first call under a key was answered, if it is known.
    pub(super) fn find(&mut self, key: &str, call: &Use<'_>) -> Result<Option<Answer>, Refusal> {
        if key.chars().count() > 255 {
            return Err(Refusal::key_reused("Idempotency keys can have up to 255 characters."));
        }
        let is_over = |kept: &Kept| call.now.duration_since(kept.since) >= KEPT;
        if self.kept.get(key).is_some_and(is_over) {
            self.kept.remove(key);
        }
        self.kept.get(key).map(|kept| kept.answer_to(key, call)).transpose()
    }

    /// Takes a key into use.
    pub(super) fn open(&mut self, key: &str, call: &Use<'_>) {
        let kept = Kept {
            path: call.path.to_owned(),
            parameters: call.parameters.clone(),
            version: call.version.map(str::to_owned),
            since: call.now,
            answer: None,
        };
        self.kept.insert(key.to_owned(), kept);
    }

    /// Keeps the answer of a call that was carried out.
    pub(super) fn keep(&mut self, key: &str, answer: &Answer) {
        if let Some(kept) = self.kept.get_mut(key) {
            kept.answer = Some(answer.clone());
        }
    }

    /// Frees the key of a call that was refused before anything was done.
    pub(super) fn free(&mut self, key: &str) {
        self.kept.remove(key);
    }
}

impl Kept {
    fn answer_to(&self, key: &str, again: &Use<'_>) -> Result<Answer, Refusal> {
        let differs = |what: &str| {
            Refusal::key_reused(&format!(
                "Keys for idempotent requests can only be used {what}. Try using a key other \
                 than '{key}' if you meant to execute a different request."
            ))
        };
        if self.path != again.path {
            let what = format!("for the same endpoint they were first used for ('{}')", self.path);
            return Err(differs(&what));
        }
        if self.parameters != *again.parameters {
            return Err(differs("with the same parameters they were first used with"));
        }
        if self.version.as_deref() != again.version {
            return Err(differs("with the same API version they were first used with"));
        }
        self.answer.clone().ok_or_else(|| Refusal::key_in_use(key))
    }
}
