//! Every route on one screen; [`Front`] is what stands around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::IntoResponse,
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;

use crate::app::App;

mod call;
mod carts;
mod discovery;
mod error;
mod feed;
mod file;
mod front;
mod hooks;
mod idempotency;
mod mcp;
mod openapi;
mod ops;
mod sessions;
mod signature;
mod tally;

use error::Refused;
pub use front::Front;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Largest delivery of a hook: an order with some hundred lines.
const HOOK_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What agents reach.
pub fn front(app: &Arc<App>) -> Front {
    let routes = Router::new()
        .route("/.well-known/acp.json", get(discovery::document(app)))
        .route("/openapi.json", get(openapi::document(app)))
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
        .with_state(Arc::clone(app));
    Front::new(app, routes)
}

/// What Prometheus reaches, on a listener of its own.
pub fn metrics_router(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    Router::new().route("/metrics", get(move || async move { render() }))
}

/// A document of ours, as it is sent.
fn written(document: &impl Serialize) -> Bytes {
    serde_json::to_vec(document).expect("a document of texts").into()
}

/// An answer in JSON for everybody, that may be kept.
fn public_json(body: Bytes, control: &'static str) -> impl IntoResponse {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json), public(control)], body)
}

/// What says that an answer may be kept.
const fn public(control: &'static str) -> (HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, HeaderValue::from_static(control))
}
