//! Every route on one screen; [`Front`] is what stands around them.

use std::{future::ready, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use http::{HeaderName, Uri};

use crate::app::App;

mod call;
mod carts;
mod discovery;
mod documents;
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

use documents::Documents;
use error::Refused;
pub use front::Front;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Largest delivery of a hook: an order with some hundred lines.
const HOOK_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What agents reach.
pub fn front(app: &Arc<App>) -> Front {
    let documents = Arc::new(Documents::new(app));
    let document = || {
        let documents = Arc::clone(&documents);
        get(move |uri: Uri| ready(documents.find(uri.path()).ok_or_else(Refused::no_such_route)))
    };
    let routes = Router::new()
        .route(documents::DISCOVERY, document())
        .route(documents::OPENAPI, document())
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
    Front::new(app, documents, routes)
}

/// What Prometheus reaches, on a listener of its own.
pub fn metrics_router(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    Router::new().route("/metrics", get(move || async move { render() }))
}
