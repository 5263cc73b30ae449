//! Every route and every layer, in order, on one screen.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, header};
use tokio::sync::Semaphore;
use tracing::{Instrument, Span, error, field, info, info_span};

use crate::app::App;

mod call;
mod carts;
mod discovery;
mod error;
mod feed;
mod file;
mod hooks;
mod idempotency;
mod mcp;
mod openapi;
mod ops;
mod sessions;
mod signature;

use error::Refused;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Largest delivery of a hook: an order with some hundred lines.
const HOOK_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What agents reach.
pub fn router(app: &Arc<App>) -> Router {
    let guard = Guard {
        places: Arc::new(Semaphore::new(app.bounds.requests_max)),
        timeout: app.bounds.request_timeout,
    };
    Router::new()
        .route("/.well-known/acp.json", get(discovery::document))
        .route("/openapi.json", get(openapi::document))
        .route("/api/checkout_sessions", post(sessions::create))
        .route("/api/checkout_sessions/{id}", post(sessions::update).get(sessions::retrieve))
        .route("/api/checkout_sessions/{id}/complete", post(sessions::complete))
        .route("/api/checkout_sessions/{id}/cancel", post(sessions::cancel))
        .route("/api/carts", post(carts::create))
        .route("/api/carts/{id}", get(carts::retrieve).put(carts::replace))
        .route("/api/carts/{id}/cancel", post(carts::cancel))
        .route("/mcp", post(mcp::hear))
        .route("/feeds/{secret}/{name}", get(feed::download))
        .route(
            "/hooks/{store}/stripe",
            post(hooks::hear_processor).layer(DefaultBodyLimit::max(HOOK_BYTES_MAX)),
        )
        .route(
            "/hooks/{store}/{platform}",
            post(hooks::hear).layer(DefaultBodyLimit::max(HOOK_BYTES_MAX)),
        )
        .route("/livez", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .fallback(|| async { Refused::no_such_route() })
        .method_not_allowed_fallback(|| async { Refused::method_not_allowed() })
        .layer(middleware::from_fn_with_state(guard, around))
        .with_state(Arc::clone(app))
}

/// What Prometheus reaches, on a listener of its own.
pub fn metrics_router(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    Router::new().route("/metrics", get(move || async move { render() }))
}

/// What bounds every request.
#[derive(Clone)]
struct Guard {
    places: Arc<Semaphore>,
    timeout: Duration,
}

/// Everything around a request. One layer and not five: a layer copies the route behind it and boxes
/// what it waits for, for every request.
async fn around(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (span, method) = (span(&request), request.method().clone());
    let echoed = echoed(&request);
    let bounded = bound_time(guard.timeout, catch_panic(next.run(request)));
    let work = async {
        let mut response = shed(&guard.places, bounded).await;
        response.headers_mut().extend(echoed);
        response
    };
    observe(&method, work).instrument(span).await
}

fn span(request: &Request) -> Span {
    info_span!(
        "request",
        http.method = %request.method(),
        http.route = field::Empty,
        request.id = request_id(request).unwrap_or_default(),
        store.id = field::Empty,
        agent.id = field::Empty,
    )
}

/// One line for each request.
async fn observe(method: &Method, work: impl Future<Output = Response>) -> Response {
    let started = tokio::time::Instant::now();
    let response = work.await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    metrics::histogram!("request_seconds", "method" => method.to_string()).record(took);
    metrics::counter!("requests_total", "status" => status.to_string()).increment(1);
    info!(http.status = status, duration_ms = took.as_millis(), "answered");
    response
}

/// `Request-Id` comes back unchanged, `Idempotency-Key` on every change, refusals included.
fn echoed(request: &Request) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let is_change = matches!(*request.method(), Method::POST | Method::PUT);
    let sent = |name: &HeaderName| request.headers().get(name).cloned();
    let key = sent(&IDEMPOTENCY_KEY).filter(|_| is_change);
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

fn request_id(request: &Request) -> Option<&str> {
    request.headers().get(REQUEST_ID)?.to_str().ok()
}

/// A cacheable public answer.
fn public(max_age_s: u32) -> (HeaderName, HeaderValue) {
    let value = format!("public, max-age={max_age_s}");
    let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("public"));
    (header::CACHE_CONTROL, value)
}
