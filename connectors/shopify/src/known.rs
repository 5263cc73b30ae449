//! What is read once for many, because it changes seldom: the store's own settings and its places.
//!
//! It is read again once the store has told of a change, and once it has grown old, because what the
//! store tells may be lost. Whoever comes first reads, the others wait for that one call. A store that
//! cannot say it is taken to be as it was.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use commerce::ConnectorError;
use tokio::{sync::Mutex, time::Instant};
use tracing::warn;

/// As old as the catalog may be that nothing was told of.
const AGE_MAX: Duration = Duration::from_mins(15);
/// Where it cannot be read, what was known counts for so long before the store is asked again.
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// Something that is known for a while.
pub(crate) struct Known<T> {
    last: Mutex<Option<Last<T>>>,
    /// How often it was doubted.
    doubts: AtomicU64,
}

struct Last<T> {
    value: Arc<T>,
    until: Instant,
    /// How often it had been doubted when it was asked for.
    doubts: u64,
}

impl<T> Known<T> {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(None), doubts: AtomicU64::new(0) }
    }

    /// It may be another thing now: whoever needs it next reads it.
    pub(crate) fn doubt(&self) {
        self.doubts.fetch_add(1, Ordering::Relaxed);
    }

    /// What is known, or what is read now. `what` names it in the log.
    pub(crate) async fn get<F>(
        &self,
        what: &'static str,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>, ConnectorError>
    where
        F: Future<Output = Result<T, ConnectorError>>,
    {
        let mut last = self.last.lock().await;
        // Before it is read: a doubt that comes meanwhile counts against what is read.
        let doubts = self.doubts.load(Ordering::Relaxed);
        let holds = |last: &&Last<T>| last.doubts == doubts && Instant::now() < last.until;
        if let Some(last) = last.as_ref().filter(holds) {
            return Ok(Arc::clone(&last.value));
        }
        let (value, age_max) = match (read().await, last.as_ref()) {
            (Ok(value), _) => (Arc::new(value), AGE_MAX),
            (Err(error), Some(last)) => {
                warn!(what, %error, "not read again: it is taken to be as it was");
                (Arc::clone(&last.value), RETRY_AFTER)
            }
            (Err(error), None) => return Err(error),
        };
        let until = Instant::now() + age_max;
        *last = Some(Last { value: Arc::clone(&value), until, doubts });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use commerce::{ConnectorError, Effect};
    use tokio::time::{advance, sleep};

    use super::{AGE_MAX, Known, RETRY_AFTER};

    /// A store that counts how often it is asked, and fails when it is told to.
    #[derive(Default)]
    struct Store {
        asked: AtomicU32,
        fails: bool,
    }

    impl Store {
        async fn read(&self) -> Result<u32, ConnectorError> {
            sleep(Duration::from_millis(40)).await;
            let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            let down = ConnectorError::Unavailable {
                retry_after: None,
                effect: Effect::None,
                source: None,
            };
            if self.fails { Err(down) } else { Ok(asked) }
        }
    }

    async fn get(known: &Known<u32>, store: &Store) -> u32 {
        *known.get("a number", || store.read()).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_read_once_for_all_who_come() {
        let (known, store) = (Known::new(), Store::default());
        let all = tokio::join!(get(&known, &store), get(&known, &store), get(&known, &store));
        assert_eq!(all, (1, 1, 1));
        // And again for all of them where it is doubted.
        known.doubt();
        let all = tokio::join!(get(&known, &store), get(&known, &store));
        assert_eq!(all, (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_read_again_when_it_is_old() {
        let (known, store) = (Known::new(), Store::default());
        assert_eq!(get(&known, &store).await, 1);
        advance(AGE_MAX.checked_sub(Duration::from_secs(1)).unwrap()).await;
        assert_eq!(get(&known, &store).await, 1, "nearly");
        advance(Duration::from_secs(1)).await;
        assert_eq!(get(&known, &store).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubt_while_it_is_read_counts() {
        let (known, store) = (Known::new(), Store::default());
        let doubting = async {
            sleep(Duration::from_millis(20)).await;
            known.doubt();
        };
        let (first, ()) = tokio::join!(get(&known, &store), doubting);
        assert_eq!((first, get(&known, &store).await), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_is_as_it_was() {
        let (known, mut store) = (Known::new(), Store::default());
        assert_eq!(get(&known, &store).await, 1);
        store.fails = true;
        known.doubt();
        assert_eq!((get(&known, &store).await, get(&known, &store).await), (1, 1));
        assert_eq!(store.asked.load(Ordering::Relaxed), 2, "and is not asked by everybody");
        store.fails = false;
        advance(RETRY_AFTER).await;
        assert_eq!(get(&known, &store).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_known_of_a_store_that_never_answered() {
        let (known, store) = (Known::<u32>::new(), Store { fails: true, ..Store::default() });
        assert!(known.get("a number", || store.read()).await.is_err());
        assert!(known.get("a number", || store.read()).await.is_err());
        assert_eq!(store.asked.load(Ordering::Relaxed), 2);
    }
}
