//! The bounded gate in front of one host: so many calls at once, so many waiting, so long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much a host is asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Calls under way at once.
    pub in_flight_max: usize,
    /// Calls waiting for a place; one more is refused at once.
    pub queue_max: usize,
    /// Longest wait for a place.
    pub queue_wait_max: Duration,
}

/// A host has no place for this call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

#[derive(Debug)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    limits: GateLimits,
}

impl Gate {
    pub(crate) fn new(limits: GateLimits) -> Self {
        let places = Arc::new(Semaphore::new(limits.in_flight_max));
        Self { places, waiting: AtomicUsize::new(0), limits }
    }

    /// A place that is given back when dropped.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, Busy> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let _ticket = self.queue()?;
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.limits.queue_wait_max, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }

    fn queue(&self) -> Result<Ticket<'_>, Busy> {
        let ticket = Ticket(&self.waiting);
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        if waiting < self.limits.queue_max { Ok(ticket) } else { Err(Busy) }
    }
}

/// A place in the queue; leaving counts itself out, however the wait ends.
struct Ticket<'a>(&'a AtomicUsize);

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Busy, Gate, GateLimits};

    #[tokio::test(start_paused = true)]
    async fn places_queue_and_wait_are_bounded() {
        let wait = Duration::from_millis(300);
        let limits = GateLimits { in_flight_max: 1, queue_max: 1, queue_wait_max: wait };
        let gate = Gate::new(limits);

        let first = gate.enter().await.unwrap();
        let (second, third) = tokio::join!(gate.enter(), gate.enter());
        assert_eq!(second.err(), Some(Busy), "waited as long as it may");
        assert_eq!(third.err(), Some(Busy), "no place left in the queue");

        drop(first);
        assert!(gate.enter().await.is_ok());
    }
}
