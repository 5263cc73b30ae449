//! Showing the store its key, in the way that it takes.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use tracing::info;
use upstream::{Answer, Call, Upstream};
use url::form_urlencoded;

use crate::{
    Now, Settings,
    error::Refusal,
    oauth::{Once, sign},
};

/// The key, and how the store wants to see it.
pub(crate) struct Key {
    consumer: SecretString,
    secret: SecretString,
    now: Now,
    /// The ways to show the key, the one that works first; which that is, is learned.
    ways: [Way; 2],
    way: AtomicUsize,
    /// The address that the store gives itself; signatures are over that one. Empty before it was
    /// asked for.
    home: RwLock<String>,
}

/// How the key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the header, which some servers take away.
    Basic,
    /// In the query; over TLS only.
    Query,
    /// Not at all: the call is signed with it. The only way where PHP sees plain HTTP.
    Signed,
}

impl Key {
    pub(crate) fn new(settings: &Settings, is_tls: bool) -> Self {
        Self {
            consumer: settings.consumer_key.clone(),
            secret: settings.consumer_secret.clone(),
            now: settings.now.clone(),
            // A store on plain HTTP may believe in TLS all the same, behind a proxy of its own.
            ways: if is_tls { [Way::Basic, Way::Query] } else { [Way::Signed, Way::Basic] },
            way: AtomicUsize::new(0),
            home: RwLock::new(String::new()),
        }
    }

    /// The way that worked last, then the other.
    pub(crate) fn ways(&self) -> [Way; 2] {
        let first = self.way.load(Ordering::Relaxed);
        [self.ways[first], self.ways[1 - first]]
    }

    /// The store takes the key in this way.
    pub(crate) fn worked(&self, way: Way) {
        let at = usize::from(self.ways[0] != way);
        if self.way.swap(at, Ordering::Relaxed) != at {
            info!(?way, "the store takes its key in another way");
        }
    }

    /// Notes the address that the store gives itself; whether it is news.
    pub(crate) fn learn_home(&self, home: &str, base: &str) -> bool {
        let mut known = self.home.write().unwrap_or_else(PoisonError::into_inner);
        let before = if known.is_empty() { base.to_owned() } else { known.clone() };
        home.trim_end_matches('/').clone_into(&mut known);
        *known != before && !known.is_empty()
    }

    /// Whether the store was asked for its address.
    pub(crate) fn knows_home(&self) -> bool {
        !self.home.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The call with the key, shown in this way.
    pub(crate) fn shown(&self, call: Call, way: Way, upstream: &Upstream) -> Call {
        let (key, secret) = (self.consumer.expose_secret(), self.secret.expose_secret());
        match way {
            Way::Basic => {
                let pair = STANDARD.encode(format!("{key}:{secret}"));
                call.secret_header(header::AUTHORIZATION, &format!("Basic {pair}"))
            }
            Way::Query => {
                let pair = [("consumer_key", key), ("consumer_secret", secret)];
                let query =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(pair).finish();
                call.query_of_each_try(move || query.clone())
            }
            Way::Signed => self.signed(call, upstream),
        }
    }

    fn signed(&self, call: Call, upstream: &Upstream) -> Call {
        let home = {
            let home = self.home.read().unwrap_or_else(PoisonError::into_inner);
            let base = upstream.base().as_str().trim_end_matches('/');
            if home.is_empty() { base.to_owned() } else { home.clone() }
        };
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let (url, query) = (format!("{home}{}", path.trim_end_matches('/')), query.to_owned());
        let (method, now) = (call.method.clone(), self.now.clone());
        let (key, secret) = (self.consumer.clone(), self.secret.clone());
        let chance = upstream.chance();
        call.query_of_each_try(move || {
            let nonce = format!("{:016x}{:016x}", chance.below(u64::MAX), chance.below(u64::MAX));
            let once = Once { nonce: &nonce, seconds: (now.0)().as_second() };
            let pair = (key.expose_secret(), secret.expose_secret());
            sign(method.as_str(), &url, &query, pair, &once)
        })
    }
}

/// The refusal of a caller without any key, whatever key was shown.
pub(crate) fn is_for_strangers(answer: &Answer) -> bool {
    refuses(answer, |code| code.starts_with("woocommerce_rest_cannot_"))
}

/// The refusal of a signature, or of the secret that it was made with.
pub(crate) fn is_for_forgers(answer: &Answer) -> bool {
    refuses(answer, |code| code == "woocommerce_rest_authentication_error")
}

fn refuses(answer: &Answer, is_meant: impl Fn(&str) -> bool) -> bool {
    answer.status == StatusCode::UNAUTHORIZED
        && answer.json::<Refusal>().is_ok_and(|refusal| is_meant(&refusal.code))
}
