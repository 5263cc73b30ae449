//! Where an agent hears of its orders: takes events, or answers what the test wants.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use emulators::serve::Running;
use http::{HeaderMap, StatusCode};
use tokio::sync::Notify;

/// One event as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<Heard>>,
    answers: Mutex<VecDeque<u16>>,
    changed: Notify,
}

/// A running listener.
pub(crate) struct Listener {
    ear: Arc<Ear>,
    server: Running,
}

impl Listener {
    /// Answers with these statuses in turn, and 200 afterwards.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        let ear = Arc::new(Ear::default());
        lock(&ear.answers).extend(answers);
        let router = Router::new().route("/hear", post(hear)).with_state(Arc::clone(&ear));
        Self { ear, server: emulators::serve::start(router).await }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/hear?shop=1", self.server.url)
    }

    /// Waits until so many events have arrived.
    pub(crate) async fn heard(&self, count: usize) -> Vec<Heard> {
        loop {
            let changed = self.ear.changed.notified();
            let heard = lock(&self.ear.heard).clone();
            if heard.len() >= count {
                return heard;
            }
            changed.await;
        }
    }
}

async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    lock(&ear.heard).push(Heard { headers, body });
    let status = lock(&ear.answers).pop_front().unwrap_or(200);
    ear.changed.notify_waiters();
    StatusCode::from_u16(status).unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
