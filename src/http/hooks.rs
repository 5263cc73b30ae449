//! `/hooks/{store}/{platform}`: a store tells of changes. Verified, noted and answered at once; the
//! work comes after the answer.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
};
use commerce::Heard;
use http::{HeaderMap, StatusCode};
use tracing::{debug, warn};

use crate::app::App;

pub(super) async fn hear(
    State(app): State<Arc<App>>,
    Path((store, _platform)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(store) = app.stores.iter().find(|known| known.id == store) else {
        return StatusCode::NOT_FOUND;
    };
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let secret = app.sealer.hook_secret(&store.id);
    match store.connector.hear(&header, &body, &secret) {
        Ok(Heard::Product(id)) => store.inbox.product(id),
        Ok(Heard::Order(_)) => store.inbox.order_told.notify_one(),
        Ok(Heard::Nothing) => debug!(store.id = store.id, "a hook about nothing"),
        Err(commerce::Forged) => {
            warn!(
                store.id = store.id,
                "a hook that is not signed with our secret: run `storebridge hooks repair`",
            );
            return StatusCode::UNAUTHORIZED;
        }
    }
    StatusCode::OK
}
