//! The bounded gate in front of one host: so many calls at once, so many waiting, so long.
//!
//! Past its own number of cores a store only gets slower, so a call that cannot be served soon is
//! better refused at once. Whoever matters more is served first and takes the place of whoever
//! matters less in a full queue; reading the catalog never takes the last free place.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::Priority;

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

#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: GateLimits,
    room: Mutex<Room>,
}

/// Who is inside, and who waits, the least important first.
#[derive(Debug)]
struct Room {
    inside: usize,
    queues: [VecDeque<oneshot::Sender<Place>>; Priority::COUNT],
}

/// A place behind the gate, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place(Gate);

impl Gate {
    pub(crate) fn new(limits: GateLimits) -> Self {
        let room = Mutex::new(Room { inside: 0, queues: Default::default() });
        Self(Arc::new(Inner { limits, room }))
    }

    /// A place now, or as soon as it is this call's turn.
    pub(crate) async fn enter(&self, priority: Priority) -> Result<Place, Busy> {
        let turn = {
            let mut room = self.room();
            if self.has_place(&room, priority) {
                room.inside += 1;
                return Ok(Place(self.clone()));
            }
            self.queue(&mut room, priority)?
        };
        match tokio::time::timeout(self.0.limits.queue_wait_max, turn).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }

    /// Whether one more may enter. All but the catalog may take the last place, and those who
    /// wait already come first.
    fn has_place(&self, room: &Room, priority: Priority) -> bool {
        let is_first = room.queues[priority as usize..].iter().all(VecDeque::is_empty);
        room.inside < self.places(priority as usize) && is_first
    }

    /// How many places there are for calls of a priority.
    fn places(&self, priority: usize) -> usize {
        let most = self.0.limits.in_flight_max;
        let is_catalog = priority == Priority::Catalog as usize;
        if is_catalog { most.saturating_sub(1).max(1) } else { most }
    }

    fn queue(&self, room: &mut Room, priority: Priority) -> Result<oneshot::Receiver<Place>, Busy> {
        for queue in &mut room.queues {
            queue.retain(|waiting| !waiting.is_closed());
        }
        let waiting: usize = room.queues.iter().map(VecDeque::len).sum();
        if waiting >= self.0.limits.queue_max {
            // Whoever matters least and came last makes room; dropping it tells it so.
            let lower = &mut room.queues[..priority as usize];
            let lowest = lower.iter_mut().find(|queue| !queue.is_empty()).ok_or(Busy)?;
            drop(lowest.pop_back());
        }
        let (turn, wait) = oneshot::channel();
        room.queues[priority as usize].push_back(turn);
        Ok(wait)
    }

    /// Lets those in whose turn it is.
    fn let_in(&self) {
        loop {
            let (turn, place) = {
                let mut room = self.room();
                let Some(turn) = self.next(&mut room) else { return };
                room.inside += 1;
                (turn, Place(self.clone()))
            };
            // Whoever has left meanwhile drops the place, and that gives it on.
            drop(turn.send(place));
        }
    }

    fn next(&self, room: &mut Room) -> Option<oneshot::Sender<Place>> {
        let mut priorities = (0..Priority::COUNT).rev();
        priorities.find_map(|priority| {
            let has_place = room.inside < self.places(priority);
            if has_place { room.queues[priority].pop_front() } else { None }
        })
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.0.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.room().inside -= 1;
        self.0.let_in();
    }
}

#[cfg(test)]
mod tests;
