//! What stands around every request: a place, a time, a line in the log, and what counts it. What is
//! ready in memory is answered at once, past everything that could have to wait.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{FutureExt, future::Either};
use http::{HeaderName, HeaderValue, Method};
use tokio::{sync::Semaphore, time::Instant};
use tower::{BoxError, Service};
use tracing::{Instrument, Span, error, field, info, info_span};

use super::{IDEMPOTENCY_KEY, documents::Documents, error::Refused, feed, tally::Tally};
use crate::app::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What agents reach, as one service.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    documents: Arc<Documents>,
    router: Router,
    /// As many requests are answered at once.
    places: Semaphore,
    timeout: Duration,
    tally: Tally,
}

type Answer = Result<Response, Infallible>;

impl Front {
    pub(super) fn new(app: &Arc<App>, documents: Arc<Documents>, router: Router) -> Self {
        let places = Semaphore::new(app.bounds.requests_max);
        let (app, timeout) = (Arc::clone(app), app.bounds.request_timeout);
        Self(Arc::new(Inner { app, documents, router, places, timeout, tally: Tally::new() }))
    }
}

impl<B> Service<Request<B>> for Front
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Answer>, Pin<Box<dyn Future<Output = Answer> + Send>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (started, span) = (Instant::now(), span(&request));
        if let Some(response) = span.in_scope(|| self.0.at_once(&request, started)) {
            return Either::Left(ready(Ok(response)));
        }
        let (inner, request) = (Arc::clone(&self.0), request.map(Body::new));
        let answer = async move { Ok(inner.answer(request, started).await) };
        Either::Right(Box::pin(answer.instrument(span)))
    }
}

impl Inner {
    /// The answer, if it lies in memory.
    fn at_once<B>(&self, request: &Request<B>, started: Instant) -> Option<Response> {
        let _place = self.places.try_acquire().ok()?;
        let document = || self.documents.find(request.uri().path());
        let document = (*request.method() == Method::GET).then(document).flatten();
        let mut response = document.or_else(|| feed::at_once(&self.app, request))?;
        response.headers_mut().extend(echoed(request));
        self.observe(request.method(), &response, started);
        Some(response)
    }

    async fn answer(&self, request: Request, started: Instant) -> Response {
        let (method, echoed) = (request.method().clone(), echoed(&request));
        let work = self.router.clone().call(request).map(|Ok(response)| response);
        let bounded = bound_time(self.timeout, catch_panic(work));
        let mut response = shed(&self.places, bounded).await;
        response.headers_mut().extend(echoed);
        self.observe(&method, &response, started);
        response
    }

    /// One line for each request.
    fn observe(&self, method: &Method, response: &Response, started: Instant) {
        let (status, took) = (response.status(), started.elapsed());
        self.tally.count(method, status, took);
        info!(http.status = status.as_u16(), duration_ms = took.as_millis(), "answered");
    }
}

fn span<B>(request: &Request<B>) -> Span {
    info_span!(
        "request",
        http.method = %request.method(),
        http.route = field::Empty,
        request.id = request_id(request).unwrap_or_default(),
        store.id = field::Empty,
        agent.id = field::Empty,
    )
}

/// `Request-Id` comes back unchanged, `Idempotency-Key` on every change, refusals included.
fn echoed<B>(request: &Request<B>) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<B> {
    let is_change = matches!(*request.method(), Method::POST | Method::PUT);
    let sent = |name: &HeaderName| request.headers().get(name).cloned();
    let key = is_change.then(|| sent(&IDEMPOTENCY_KEY)).flatten();
    let echoed = [(REQUEST_ID, sent(&REQUEST_ID)), (IDEMPOTENCY_KEY, key)];
    echoed.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Refuses at once what would only wait.
async fn shed(places: &Semaphore, work: impl Future<Output = Response>) -> Response {
    match places.try_acquire() {
        Ok(_place) => work.await,
        Err(_) => Refused::overloaded().into_response(),
    }
}

/// An answer comes in time or is a clear refusal. A completion answers earlier by itself.
async fn bound_time(timeout: Duration, work: impl Future<Output = Response>) -> Response {
    let answer = tokio::time::timeout(timeout, work).await;
    answer.unwrap_or_else(|_| Refused::too_slow().into_response())
}

/// A panic is our fault: it is logged, answered, and takes no other request with it.
async fn catch_panic(work: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        error!("a request panicked");
        Refused::internal().into_response()
    })
}

fn request_id<B>(request: &Request<B>) -> Option<&str> {
    request.headers().get(REQUEST_ID)?.to_str().ok()
}
