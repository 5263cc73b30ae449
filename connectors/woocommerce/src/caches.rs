//! Noticing a cache that answers in the store's place. A cart that comes out of one is somebody
//! else's, or an old one: either is worse than no answer.

use std::time::Duration;

use commerce::ConnectorError;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use upstream::Answer;

use crate::{client::token_of, draft_id::cart_of, loose};

/// What caches write who answer out of their memory; the value then holds "hit".
const CACHE_HEADERS: [&str; 9] = [
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-cacheable-status",
    "cf-cache-status",
    "x-litespeed-cache",
    "x-varnish-cache",
    "x-nginx-cache",
    "x-fastcgi-cache",
];
/// How many new carts are remembered.
const CARTS_MAX: u64 = 10_000;
/// A cart's token lives no longer.
const CART_LIFETIME: Duration = Duration::from_hours(48);

/// The carts that the store has made for us.
pub(crate) struct Carts(Cache<String, ()>);

#[derive(Deserialize)]
struct Contents {
    #[serde(default, deserialize_with = "loose::list")]
    items: Vec<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "loose::object")]
    billing_address: Contact,
}

#[derive(Default, Deserialize)]
struct Contact {
    #[serde(default, deserialize_with = "loose::text")]
    email: String,
}

impl Carts {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(CARTS_MAX).time_to_live(CART_LIFETIME).build())
    }

    /// A new cart is empty, nobody's, and was not given out before.
    pub(crate) fn check_new(&self, answer: &Answer) -> Result<(), ConnectorError> {
        let token = token_of("cart.create", answer)?;
        let is_used = answer
            .json::<Contents>()
            .is_ok_and(|cart| !cart.items.is_empty() || !cart.billing_address.email.is_empty());
        let is_known = cart_of(token.expose_secret()).is_some_and(|cart| {
            let is_known = self.0.contains_key(&cart);
            self.0.insert(cart, ());
            is_known
        });
        if is_used || is_known || is_old(answer) { Err(cached()) } else { Ok(()) }
    }

    /// A cart that is read is the one of its token, or an empty one in place of a dead one.
    pub(crate) fn check_own(answer: &Answer, token: &SecretString) -> Result<(), ConnectorError> {
        if is_old(answer) {
            return Err(cached());
        }
        let Ok(theirs) = token_of("cart.read", answer) else { return Ok(()) };
        let (ours, theirs) = (cart_of(token.expose_secret()), cart_of(theirs.expose_secret()));
        let is_other = ours.is_some() && theirs.is_some() && ours != theirs;
        let has_items = || answer.json::<Contents>().is_ok_and(|cart| !cart.items.is_empty());
        if is_other && has_items() { Err(cached()) } else { Ok(()) }
    }
}

/// Whether a cache says that it has answered.
fn is_old(answer: &Answer) -> bool {
    let age = answer.header("age").and_then(|age| age.trim().parse::<u64>().ok());
    let says_hit = |name: &&str| {
        answer.header(name).is_some_and(|value| value.to_ascii_lowercase().contains("hit"))
    };
    age.is_some_and(|age| age > 0) || CACHE_HEADERS.iter().any(says_hit)
}

fn cached() -> ConnectorError {
    ConnectorError::Denied {
        hint: "a cache answers in the store's place, with other buyers' carts: exclude \
               /wp-json/wc/store/ from the caches of the site, its host and its CDN"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    use upstream::Answer;

    use super::is_old;

    #[test]
    fn caches_give_themselves_away() {
        let check = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            is_old(&Answer { status: StatusCode::OK, headers, body: "{}".into() })
        };
        assert!(check("age", "12"));
        assert!(check("cf-cache-status", "HIT"));
        assert!(check("x-cache", "Hit from cloudfront"));
        assert!(check("x-litespeed-cache", "hit,private"));
        assert!(!check("age", "0"));
        assert!(!check("x-cache", "MISS"));
        assert!(!check("cf-cache-status", "DYNAMIC"));
    }
}
