//! The edge: connections in, with a timer on everything a caller could stretch.
//!
//! `axum::serve` sets no timers, so a half-sent request head would hold its connection for ever.
//! hyper's own builder cuts it off, [`Idle`] ends silent connections, and the time for a body
//! stands in the router's layers.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use axum::response::Response;
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::{debug, warn};

use crate::config::EdgeBounds;

mod idle;
mod timer;

use idle::Idle;
use timer::HeadTimer;

/// Most that a request head may take, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most headers a request may have.
const HEADERS_MAX: usize = 100;
/// Wait after an accept that failed, such as with no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `service` on `listener` until `stop`, then lets running requests end.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    service: S,
    bounds: EdgeBounds,
    stop: impl Future<Output = ()> + Send,
) where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let places = Arc::new(Semaphore::new(bounds.connections_max));
    let (graceful, connections) = (GracefulShutdown::new(), TaskTracker::new());
    tokio::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                let stream = TokioIo::new(unhurried(stream, bounds.idle_timeout));
                let service = service.clone();
                // What is served here is always ready: a router, or what stands around one.
                let service = service_fn(move |request| service.clone().call(request));
                let connection = builder(&bounds).serve_connection(stream, service).into_owned();
                let connection = graceful.watch(connection);
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        debug!(error, "a connection ended early");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    let ended = async {
        graceful.shutdown().await;
        connections.wait().await;
    };
    if tokio::time::timeout(bounds.drain_timeout, ended).await.is_err() {
        warn!(connections = connections.len(), "some connections did not end in time");
    }
}

fn unhurried(stream: TcpStream, idle_timeout: Duration) -> Idle {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "small answers may wait for more");
    }
    Idle::new(stream, idle_timeout)
}

/// One connection, of either protocol version, with its timers.
fn builder(bounds: &EdgeBounds) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(HeadTimer::default())
        // hyper starts this timer as soon as it waits for a head, so it also ends a kept-alive
        // HTTP/1 connection on which no further request begins.
        .header_read_timeout(bounds.head_timeout)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    builder
}
