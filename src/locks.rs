//! One call at a time on one session, within this process.
//!
//! This saves work; it is not what makes money safe: a second replica has its own locks.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::Arc,
    time::Duration,
};

use commerce::SessionId;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Sessions that share a lock wait for each other, so there are many.
const LOCKS: usize = 4096;

/// A fixed number of locks; a session always finds the same one.
pub(crate) struct Locks(Vec<Arc<Mutex<()>>>);

impl Locks {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Arc::default()).collect())
    }

    /// Waits for the session's lock, but no longer than `patience`.
    pub(crate) async fn lock(
        &self,
        session: &SessionId,
        patience: Duration,
    ) -> Option<OwnedMutexGuard<()>> {
        tokio::time::timeout(patience, self.of(session).lock_owned()).await.ok()
    }

    /// The session's lock, if nobody has it.
    pub(crate) fn try_lock(&self, session: &SessionId) -> Option<OwnedMutexGuard<()>> {
        self.of(session).try_lock_owned().ok()
    }

    fn of(&self, session: &SessionId) -> Arc<Mutex<()>> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(session);
        let at = usize::try_from(hash % LOCKS as u64).unwrap_or(0);
        Arc::clone(&self.0[at])
    }
}
