//! How many wrong discount codes an agent may send: a code is worth money, and is not found out
//! here by trying (ACP RFC "discount extension").

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_mins(1);

/// The wrong codes of one agent in the current minute, as this replica knows them.
pub(crate) struct Guesses {
    per_minute: NonZeroU32,
    minute: Mutex<Minute>,
}

struct Minute {
    began: Instant,
    wrong: u32,
}

impl Guesses {
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self { per_minute, minute: Mutex::new(Minute { began: Instant::now(), wrong: 0 }) }
    }

    /// Whether codes may be sent now; if not, how long it takes until they may.
    pub(crate) fn admit(&self) -> Result<(), Duration> {
        let minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let left = MINUTE.saturating_sub(minute.began.elapsed());
        let is_over = left.is_zero() || minute.wrong < self.per_minute.get();
        if is_over { Ok(()) } else { Err(left) }
    }

    /// So many more were wrong.
    pub(crate) fn count(&self, wrong: usize) {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.elapsed() >= MINUTE {
            *minute = Minute { began: Instant::now(), wrong: 0 };
        }
        minute.wrong = minute.wrong.saturating_add(u32::try_from(wrong).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use super::Guesses;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_so_many_and_the_next_one_again() {
        let guesses = Guesses::new(NonZeroU32::new(2).unwrap());
        assert_eq!(guesses.admit(), Ok(()));
        guesses.count(1);
        assert_eq!(guesses.admit(), Ok(()));
        tokio::time::advance(Duration::from_secs(20)).await;
        guesses.count(5);
        assert_eq!(guesses.admit(), Err(Duration::from_secs(40)));
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(guesses.admit(), Ok(()));
        guesses.count(1);
        assert_eq!(guesses.admit(), Ok(()));
    }
}
