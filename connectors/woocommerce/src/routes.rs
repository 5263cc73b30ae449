//! Where a store's routes are found: below `/wp-json`, or, where permalinks are "plain" or the web
//! server does not pass that on, behind `?rest_route=`. Which it is, is learned from a page that
//! comes where data should: nothing has happened yet then.

use std::sync::atomic::{AtomicU8, Ordering};

use http::{Method, StatusCode};
use serde_json::Value;
use tracing::info;
use upstream::Answer;

use crate::error::Refusal;

/// A store knows a key only in calls whose address contains this.
const MARK: &str = "wp-json/wc/";

/// How a route becomes an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `/wp-json/wc/v3/orders?page=2`.
    Pretty,
    /// `/?rest_route=/wc/v3/orders&page=2`.
    Plain,
}

impl Layout {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Pretty => Self::Plain,
            Self::Plain => Self::Pretty,
        }
    }

    /// The path below the store's address, with its query.
    pub(crate) fn path(self, route: &str) -> String {
        if self == Self::Pretty {
            return format!("/wp-json{route}");
        }
        let (route, query) = route.split_once('?').unwrap_or((route, ""));
        let and = if query.is_empty() { "" } else { "&" };
        format!("/?rest_route={route}{and}{query}&from={MARK}")
    }
}

/// The layout of one store, as far as it is known.
pub(crate) struct Routes(AtomicU8);

const UNKNOWN: u8 = 0;
const PRETTY: u8 = 1;
const PLAIN: u8 = 2;

impl Routes {
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    pub(crate) fn layout(&self) -> Layout {
        if self.0.load(Ordering::Relaxed) == PLAIN { Layout::Plain } else { Layout::Pretty }
    }

    /// Whether a page came that says that the store's routes are not there. One with status 200
    /// says so only where none was found before, and of a read.
    pub(crate) fn are_elsewhere(&self, method: &Method, answer: &Answer) -> bool {
        let may_be_page = match answer.status {
            StatusCode::NOT_FOUND => true,
            StatusCode::OK => method == Method::GET && self.0.load(Ordering::Relaxed) == UNKNOWN,
            _ => false,
        };
        may_be_page && is_page(answer)
    }

    /// The store answers there.
    pub(crate) fn found(&self, layout: Layout) {
        let known = if layout == Layout::Plain { PLAIN } else { PRETTY };
        let before = self.0.swap(known, Ordering::Relaxed);
        if before != known && layout == Layout::Plain {
            info!(
                "the store's /wp-json leads nowhere, so it is called through ?rest_route=; set \
                 permalinks to anything but \"Plain\" (Settings > Permalinks)",
            );
        }
    }
}

/// Whether it is no JSON that WordPress would send.
pub(crate) fn is_page(answer: &Answer) -> bool {
    if answer.status.is_success() {
        return answer.json::<Value>().is_err();
    }
    answer.json::<Refusal>().map_or(true, |refusal| refusal.code.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn routes_become_addresses() {
        let check = |route: &str, pretty: &str, plain: &str| {
            assert_eq!(Layout::Pretty.path(route), pretty);
            assert_eq!(Layout::Plain.path(route), plain);
        };
        check(
            "/wc/v3/orders?page=2&per_page=9",
            "/wp-json/wc/v3/orders?page=2&per_page=9",
            "/?rest_route=/wc/v3/orders&page=2&per_page=9&from=wp-json/wc/",
        );
        check(
            "/wc/store/v1/batch",
            "/wp-json/wc/store/v1/batch",
            "/?rest_route=/wc/store/v1/batch&from=wp-json/wc/",
        );
    }
}
