//! Health: alive as long as it answers, ready once every catalog has been read.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use http::StatusCode;
use serde_json::json;

use crate::app::App;

pub(super) async fn alive() -> impl IntoResponse {
    Json(json!({ "status": "alive" }))
}

/// Names the stores whose first catalog is still being read.
pub(super) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let waiting: Vec<&str> = app
        .stores
        .iter()
        .filter(|store| store.catalog.snapshot().is_none())
        .map(|store| store.id.as_str())
        .collect();
    if waiting.is_empty() {
        (StatusCode::OK, Json(json!({ "status": "ready" })))
    } else {
        let body = json!({ "status": "reading catalogs", "waiting_for": waiting });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body))
    }
}
