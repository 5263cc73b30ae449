//! When to stop: SIGTERM from whoever runs us, Ctrl-C from a terminal.

use std::{future::Future, io};

use tokio::signal::unix::{SignalKind, signal as on};

/// Listens from this call on, inside a runtime; ends at SIGTERM or SIGINT.
pub fn signal() -> io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) =
        (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
