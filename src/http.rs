//! Every route and every layer, in order, on one screen.

use std::{panic::AssertUnwindSafe, sync::Arc};

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
use tracing::{Instrument, error, field, info, info_span};

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
    let requests = Arc::new(Semaphore::new(app.bounds.requests_max));
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
        .layer(middleware::from_fn_with_state(Arc::clone(app), bound_time))
        .layer(middleware::from_fn(catch_panic))
        .layer(middleware::from_fn_with_state(requests, shed))
        .layer(middleware::from_fn(echo))
        .layer(middleware::from_fn(observe))
        .with_state(Arc::clone(app))
}

/// What Prometheus reaches, on a listener of its own.
pub fn metrics_router(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    Router::new().route("/metrics", get(move || async move { render() }))
}

/// One span and one line for each request.
async fn observe(request: Request, next: Next) -> Response {
    let started = tokio::time::Instant::now();
    let span = info_span!(
        "request",
        http.method = %request.method(),
        http.route = field::Empty,
        request.id = request_id(&request).unwrap_or_default(),
        store.id = field::Empty,
        agent.id = field::Empty,
    );
    let method = request.method().clone();
    async {
        let response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        metrics::histogram!("request_seconds", "method" => method.to_string()).record(took);
        metrics::counter!("requests_total", "status" => status.to_string()).increment(1);
        info!(http.status = status, duration_ms = took.as_millis(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// `Request-Id` comes back unchanged, `Idempotency-Key` on every change, refusals included.
async fn echo(request: Request, next: Next) -> Response {
    let mut names = vec![REQUEST_ID];
    if matches!(*request.method(), Method::POST | Method::PUT) {
        names.push(IDEMPOTENCY_KEY);
    }
    let echoed: Vec<(HeaderName, HeaderValue)> = names
        .into_iter()
        .filter_map(|name| Some((name.clone(), request.headers().get(&name)?.clone())))
        .collect();
    let mut response = next.run(request).await;
    response.headers_mut().extend(echoed);
    response
}

/// Refuses at once what would only wait.
async fn shed(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refused::overloaded().into_response(),
    }
}

/// A panic is our fault: it is logged, answered, and takes no other request with it.
async fn catch_panic(request: Request, next: Next) -> Response {
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
        error!("a request panicked");
        Refused::internal().into_response()
    })
}

/// An answer comes in time or is a clear refusal. A completion answers earlier by itself.
async fn bound_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    tokio::time::timeout(app.bounds.request_timeout, next.run(request))
        .await
        .unwrap_or_else(|_| Refused::too_slow().into_response())
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
