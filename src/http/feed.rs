//! The hosted feed, at an address that cannot be guessed.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use subtle::ConstantTimeEq;

use super::{error::Refused, public};
use crate::{app::App, catalog::feed, store::Store};

/// How long a reader may keep a copy, in seconds.
const MAX_AGE_S: u32 = 60;

pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Refused> {
    let store = name
        .strip_suffix(".jsonl")
        .and_then(|name| find(&app, name))
        .ok_or_else(Refused::no_such_route)?;
    let snapshot = store.catalog.snapshot().ok_or_else(Refused::not_ready)?;
    let seller = feed::Seller { name: &store.name, url: store.url.as_str() };
    let age = app.seams.clock.now().duration_since(snapshot.as_of()).as_secs().max(0);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl")),
        (header::AGE, HeaderValue::from(age)),
        public(MAX_AGE_S),
    ];
    Ok((headers, feed::render(&snapshot, seller)).into_response())
}

/// Compares in constant time, so that an address cannot be felt out byte by byte.
fn find<'a>(app: &'a App, name: &str) -> Option<&'a Store> {
    app.stores
        .iter()
        .find(|store| bool::from(app.sealer.feed_name(&store.id).as_bytes().ct_eq(name.as_bytes())))
        .map(AsRef::as_ref)
}
