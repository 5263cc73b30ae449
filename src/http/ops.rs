//! Health: alive as long as it answers, ready once every catalog has been read.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;

pub(super) async fn alive() -> impl IntoResponse {
    Json(json!({ "status": "alive" }))
}

/// Names the stores whose first catalog is still being read; then how old each catalog is: a store
/// that fails keeps its last one.
pub(super) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let waiting: Vec<&str> = app
        .stores
        .iter()
        .filter(|store| store.catalog.snapshot().is_none())
        .map(|store| store.id.as_str())
        .collect();
    if waiting.is_empty() {
        let now = app.seams.clock.now();
        let catalogs: Vec<Value> = app
            .stores
            .iter()
            .filter_map(|store| Some((store, store.catalog.snapshot()?)))
            .map(|(store, snapshot)| {
                let age = now.duration_since(snapshot.as_of()).as_secs().max(0);
                json!({ "store": store.id, "products": snapshot.len(), "age_s": age })
            })
            .collect();
        (StatusCode::OK, Json(json!({ "status": "ready", "catalogs": catalogs })))
    } else {
        let body = json!({ "status": "reading catalogs", "waiting_for": waiting });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body))
    }
}
