//! Answers kept for repeated idempotency keys (ACP RFC "agentic checkout", section 6).
//!
//! An optimization with one duty: a key that is in flight is refused. What must hold after a
//! restart is rebuilt from the store's and the processor's own state.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use acp::latest::Fingerprint;
use bytes::Bytes;
use commerce::AgentId;
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

/// ACP asks for at least 24 hours.
const KEPT: Duration = Duration::from_hours(24);

/// What a key is unique within: who calls, and which path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) store: String,
    pub(crate) agent: AgentId,
    pub(crate) path: String,
    pub(crate) key: String,
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// What is known about a key.
pub(crate) enum Found {
    /// Nothing: the caller may run, and must [`keep`](Running::keep) its answer.
    New(Running),
    /// The first call has ended with this answer.
    Done(Kept),
    /// The first call is still running.
    InFlight,
    /// The first call had another body.
    OtherBody,
}

/// The memory of finished and running keys, bounded in bytes.
pub(crate) struct Replays(Cache<Scope, Entry>);

#[derive(Clone)]
struct Entry {
    fingerprint: Fingerprint,
    expires_at: Timestamp,
    answer: Arc<Mutex<Option<Kept>>>,
}

/// A call that runs under a key. Dropped without an answer, it leaves no trace of the key.
pub(crate) struct Running {
    cache: Cache<Scope, Entry>,
    scope: Scope,
    answer: Arc<Mutex<Option<Kept>>>,
    entry: Entry,
}

impl Replays {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(bytes_max)
            .weigher(|scope: &Scope, entry: &Entry| {
                let answer = entry.answer.lock().unwrap_or_else(PoisonError::into_inner);
                let body = answer.as_ref().map_or(0, |kept| kept.body.len());
                u32::try_from(scope.path.len() + scope.key.len() + body + 256).unwrap_or(u32::MAX)
            })
            .time_to_live(KEPT)
            .build();
        Self(cache)
    }

    /// Looks the key up and, if it is new, marks it as running in the same step.
    pub(crate) fn begin(&self, scope: Scope, fingerprint: &Fingerprint, now: Timestamp) -> Found {
        let expires_at = now.saturating_add(SignedDuration::try_from(KEPT).unwrap_or_default());
        let entry = Entry {
            fingerprint: fingerprint.clone(),
            expires_at: expires_at.unwrap_or(now),
            answer: Arc::default(),
        };
        let first = self
            .0
            .entry(scope.clone())
            .or_insert_with_if(|| entry.clone(), |old| old.expires_at <= now);
        if first.is_fresh() {
            let answer = Arc::clone(&entry.answer);
            return Found::New(Running { cache: self.0.clone(), scope, answer, entry });
        }
        let old = first.into_value();
        if old.fingerprint != entry.fingerprint {
            return Found::OtherBody;
        }
        let kept = old.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.map_or(Found::InFlight, Found::Done)
    }
}

impl Running {
    /// Keeps the answer for the key's next use.
    pub(crate) fn keep(self, kept: Kept) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        // Weighed again, now with its body.
        self.cache.insert(self.scope.clone(), self.entry.clone());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.answer.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.cache.invalidate(&self.scope);
        }
    }
}
