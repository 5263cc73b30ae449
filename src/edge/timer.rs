//! Timers of a connection whose end moves with every request: they are set again when they run
//! out, not whenever their end moves, which would take a lock of the runtime's each time.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// A timer whose end may move.
pub(super) struct Lazy(Pin<Box<time::Sleep>>);

impl Lazy {
    pub(super) fn new(end: time::Instant) -> Self {
        Self(Box::pin(time::sleep_until(end)))
    }

    /// Ready once `end` is over. It wakes its task now and then before.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, end: time::Instant) -> Poll<()> {
        if end < self.0.deadline() {
            self.0.as_mut().reset(end);
        }
        loop {
            ready!(self.0.as_mut().poll(context));
            if end <= time::Instant::now() {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(end);
        }
    }
}

/// What hyper measures the head of each request of one connection with. All its waits share one
/// timer, because a connection waits for one head at a time.
#[derive(Clone, Default)]
pub(super) struct HeadTimer(Arc<Mutex<Option<Lazy>>>);

/// A wait until then.
struct Until {
    timer: HeadTimer,
    end: time::Instant,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { timer: self.clone(), end: deadline.into() })
    }

    /// By the runtime's clock, which may stand still in tests.
    fn now(&self) -> Instant {
        time::Instant::now().into()
    }
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timer = self.timer.0.lock().unwrap_or_else(PoisonError::into_inner);
        timer.get_or_insert_with(|| Lazy::new(self.end)).poll(context, self.end)
    }
}
