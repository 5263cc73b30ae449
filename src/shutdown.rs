//! When to stop: SIGTERM from whoever runs us, Ctrl-C from a terminal.

use tokio::signal::unix::{SignalKind, signal as on};

/// Waits for SIGTERM or SIGINT. Without a handler for either, runs on until killed.
pub async fn signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (on(SignalKind::terminate()), on(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
