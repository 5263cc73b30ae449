//! Puts an emulator on a socket, where connections can break as they do in the world.

use std::{io, pin::pin};

use axum::{Router, body::Body, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt;

use crate::faults::Dropped;

/// Serves over HTTP/1.1 until `stop`; connections still open then are cut.
///
/// A response that carries [`Dropped`] is never written: the connection ends instead. So does
/// one whose body fails, after what came before the failure. Fails if the listener does.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let mut stop = pin!(stop);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(converse(stream, router.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A server in the background. Dropping it stops it and cuts its connections.
pub struct Running {
    /// Where it listens, without a trailing slash: `http://127.0.0.1:40123`.
    pub url: String,
    _serving: JoinSet<io::Result<()>>,
}

/// Serves on a free port of this machine, for tests and demonstrations.
///
/// # Panics
/// If the machine has no free port.
pub async fn start(router: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a machine has a free port");
    start_on(listener, router)
}

/// Serves on a listener of the caller's, for emulators that must know their own address.
///
/// # Panics
/// If the listener has no address, or outside a Tokio runtime.
pub fn start_on(listener: TcpListener, router: Router) -> Running {
    let address = listener.local_addr().expect("a bound listener has an address");
    let mut serving = JoinSet::new();
    serving.spawn(serve(listener, router, std::future::pending()));
    Running { url: format!("http://{address}"), _serving: serving }
}

/// Answers one connection until either side has enough.
async fn converse(stream: TcpStream, router: Router) {
    let answer = service_fn(|request| answer(router.clone(), request));
    // An error here is a connection that broke, which is the other side's to notice.
    let _broken = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// An error makes hyper close the connection without a word.
async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, io::Error> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    match response.extensions().get::<Dropped>() {
        Some(Dropped) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(response),
    }
}
