//! The hosted feeds, at addresses that cannot be guessed.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use feed::{Filter, Packing};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{
    error::Refused,
    file::{self, Content},
    public,
};
use crate::{
    app::App,
    feeds::{self, NoFeed, Ready, Shard, Wanted},
    store::Store,
};

/// How long a reader may keep a copy, in seconds.
const MAX_AGE_S: u32 = 60;
/// Longest value of a filter, in bytes.
const FILTER_BYTES_MAX: usize = 256;

/// What a feed is narrowed to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Narrowed {
    brand: Option<String>,
    category: Option<String>,
    market: Option<String>,
}

/// `/feeds/{secret}/{profile}.{format}`, with `.gz` or `.zst` behind it where it is to be packed,
/// and narrowed by `?brand=`, `?category=`, `?market=`.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path((secret, name)): Path<(String, String)>,
    narrowed: Result<Query<Narrowed>, axum::extract::rejection::QueryRejection>,
    asked: HeaderMap,
) -> Result<Response, Refused> {
    let store = find(&app, &secret).ok_or_else(Refused::no_such_route)?;
    let Ok(Query(narrowed)) = narrowed else { return Err(Refused::no_such_filter()) };
    let filter = narrowed.filter()?;
    let wanted = feeds::parse(&name, filter).ok_or_else(Refused::no_such_feed)?;
    let ready = store.feeds.get(&store.catalog, &wanted).await.map_err(|why| match why {
        NoFeed::NotReady => Refused::not_ready(),
        NoFeed::NotTaken(why) => Refused::feed_not_taken(&why.to_string()),
        NoFeed::Shards(shards) => Refused::no_such_shard(shards),
    })?;
    let age = store.catalog.snapshot().map_or(0, |snapshot| {
        app.seams.clock.now().duration_since(snapshot.as_of()).as_secs().max(0)
    });
    let content = Content {
        pieces: &ready.pieces,
        length: ready.length,
        etag: &ready.etag,
        made_at: ready.made_at,
    };
    let headers = [
        (header::CONTENT_TYPE, media_type(&wanted)),
        (header::AGE, HeaderValue::from(age)),
        public(MAX_AGE_S),
    ];
    let shards = shards(&wanted, &ready);
    Ok((headers, shards, file::answer(&content, &asked)).into_response())
}

impl Narrowed {
    fn filter(self) -> Result<Filter, Refused> {
        let Self { brand, category, market } = self;
        let values = [&brand, &category, &market];
        if values.into_iter().flatten().any(|value| value.len() > FILTER_BYTES_MAX) {
            return Err(Refused::no_such_filter());
        }
        Ok(Filter { brand, category, market })
    }
}

/// Packed feeds are files that are packed, not answers: nobody unpacks them on the way.
fn media_type(wanted: &Wanted) -> HeaderValue {
    HeaderValue::from_static(match wanted.packing {
        Packing::None => wanted.format.media_type(),
        Packing::Gzip => "application/gzip",
        Packing::Zstd => "application/zstd",
        #[cfg(feature = "parquet")]
        Packing::Parquet => "application/vnd.apache.parquet",
    })
}

/// Where its parts are, if it is too large for its readers (RFC 8288).
fn shards(wanted: &Wanted, ready: &Ready) -> Option<[(HeaderName, HeaderValue); 1]> {
    if ready.shards < 2 || wanted.shard.is_some() {
        return None;
    }
    let links = (1..=ready.shards).map(|nth| {
        let shard = Some(Shard { nth, of: ready.shards });
        format!("<{}>; rel=\"item\"", Wanted { shard, ..wanted.clone() })
    });
    let links = HeaderValue::try_from(links.collect::<Vec<_>>().join(", ")).ok()?;
    Some([(header::LINK, links)])
}

/// Compares in constant time, so that an address cannot be felt out byte by byte.
fn find<'a>(app: &'a App, secret: &str) -> Option<&'a Store> {
    let is_it = |name: &String| bool::from(name.as_bytes().ct_eq(secret.as_bytes()));
    app.stores.iter().zip(&app.feed_names).find(|(_, name)| is_it(name)).map(|(store, _)| &**store)
}
