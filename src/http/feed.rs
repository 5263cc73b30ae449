//! The hosted feeds, at addresses that cannot be guessed.

use std::sync::Arc;

use axum::{
    extract::{self, Path, State},
    response::Response,
};
use feed::Filter;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::{
    error::Refused,
    file::{self, Content},
};
use crate::{
    app::App,
    feeds::{self, Fresh, NoFeed, Ready},
    store::Store,
};

/// Longest value of a filter, in bytes.
const FILTER_BYTES_MAX: usize = 256;

/// `/feeds/{secret}/{profile}.{format}`, with `.gz` or `.zst` behind it where it is to be packed,
/// and narrowed by `?brand=`, `?category=`, `?market=`.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path((secret, name)): Path<(String, String)>,
    asked: extract::Request,
) -> Result<Response, Refused> {
    let store = find(&app, &secret).ok_or_else(Refused::no_such_route)?;
    let filter = filter(asked.uri().query()).ok_or_else(Refused::no_such_filter)?;
    let wanted = feeds::parse(&name, filter).ok_or_else(Refused::no_such_feed)?;
    let fresh = store.feeds.get(&store.catalog, &wanted).await.map_err(|why| match why {
        NoFeed::NotReady => Refused::not_ready(),
        NoFeed::NotTaken(why) => Refused::feed_not_taken(&why.to_string()),
        NoFeed::Shards(shards) => Refused::no_such_shard(shards),
    })?;
    Ok(answer(&fresh, asked.headers(), app.seams.clock.now()))
}

/// The same, where the feed lies in memory as new as the catalog; everything else has to wait for
/// [`download`].
pub(super) fn at_once<B>(app: &App, asked: &Request<B>) -> Option<Response> {
    let (secret, name) = asked.uri().path().strip_prefix("/feeds/")?.split_once('/')?;
    let store = find(app, secret).filter(|_| *asked.method() == Method::GET)?;
    let wanted = feeds::parse(name, filter(asked.uri().query())?)?;
    let now = app.seams.clock.now();
    let fresh = store.feeds.at_once(&store.catalog, &wanted, now)?;
    Some(answer(&fresh, asked.headers(), now))
}

fn answer(fresh: &Fresh, asked: &HeaderMap, now: Timestamp) -> Response {
    let Ready { pieces, length, made_at, head, .. } = &*fresh.ready;
    let content = Content { pieces, length: *length, made_at: *made_at, head };
    let mut response = file::answer(&content, asked);
    let age = now.duration_since(fresh.as_of).as_secs().max(0);
    response.headers_mut().insert(header::AGE, HeaderValue::from(age));
    response
}

/// What a feed is narrowed to; `None` if it cannot be narrowed so.
fn filter(query: Option<&str>) -> Option<Filter> {
    let mut filter = Filter::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let place = match &*name {
            "brand" => &mut filter.brand,
            "category" => &mut filter.category,
            "market" => &mut filter.market,
            _ => return None,
        };
        if value.len() > FILTER_BYTES_MAX || place.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(filter)
}

/// Compares in constant time, so that an address cannot be felt out byte by byte.
fn find<'a>(app: &'a App, secret: &str) -> Option<&'a Store> {
    let is_it = |name: &String| bool::from(name.as_bytes().ct_eq(secret.as_bytes()));
    app.stores.iter().zip(&app.feed_names).find(|(_, name)| is_it(name)).map(|(store, _)| &**store)
}
