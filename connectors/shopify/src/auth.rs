//! The token that opens the store: granted to the app for a day, or one from before 2026.
//!
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant>

use std::{sync::Arc, time::Duration};

use commerce::{ConnectorError, Effect};
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use tracing::warn;
use upstream::{Answer, Call, Kind, Upstream};

use crate::error::{refuse, unreachable, unreadable};

const NAME: &str = "token.grant";

/// How a store lets us in.
#[derive(Clone, Debug)]
pub enum Access {
    /// The owner's own app, made in the Dev Dashboard: it is granted a token for a day at a time.
    ClientCredentials {
        /// The app's client id.
        client_id: SecretString,
        /// The app's client secret. Signs what the store tells of by itself, too.
        client_secret: SecretString,
    },
    /// A token that the store's admin has shown once, `shpat_…`. None can be made since 2026.
    AdminToken(SecretString),
}

/// The token at hand, renewed before it ends. Whoever needs a new one waits for the one call that
/// fetches it.
pub(crate) struct Auth {
    access: Access,
    held: Mutex<Option<Held>>,
}

/// A token, and what it opens.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: Arc<SecretString>,
}

struct Held {
    token: Token,
    /// At four fifths of its life.
    renew_at: Instant,
    ends_at: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Auth {
    pub(crate) fn new(access: Access) -> Self {
        Self { access, held: Mutex::new(None) }
    }

    /// The token to use now.
    pub(crate) async fn token(&self, upstream: &Upstream) -> Result<Token, ConnectorError> {
        let (client_id, client_secret) = match &self.access {
            Access::AdminToken(token) => {
                return Ok(Token { secret: Arc::new(token.clone()) });
            }
            Access::ClientCredentials { client_id, client_secret } => (client_id, client_secret),
        };
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some(held) = held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(held.token.clone());
        }
        let begun = Instant::now();
        match grant(upstream, client_id, client_secret).await {
            Ok(granted) => {
                let life = Duration::from_secs(granted.expires_in);
                let token = Token { secret: Arc::new(granted.access_token.into()) };
                let (renew_at, ends_at) = (begun + life / 5 * 4, begun + life);
                *held = Some(Held { token: token.clone(), renew_at, ends_at });
                Ok(token)
            }
            // The one at hand still opens the store; the next call tries again.
            Err(error) => match held.as_ref().filter(|held| now < held.ends_at) {
                Some(held) => {
                    warn!(%error, "the store's token was not renewed");
                    Ok(held.token.clone())
                }
                None => Err(error),
            },
        }
    }

    /// The store does not know this token any more. Whether another one may do.
    pub(crate) async fn forget(&self, refused: &Token) -> bool {
        let mut held = self.held.lock().await;
        let is_it = |held: &Held| Arc::ptr_eq(&held.token.secret, &refused.secret);
        if held.as_ref().is_some_and(is_it) {
            *held = None;
        }
        matches!(self.access, Access::ClientCredentials { .. })
    }
}

async fn grant(
    upstream: &Upstream,
    client_id: &SecretString,
    client_secret: &SecretString,
) -> Result<Granted, ConnectorError> {
    let form = serde_urlencoded::to_string([
        ("grant_type", "client_credentials"),
        ("client_id", client_id.expose_secret()),
        ("client_secret", client_secret.expose_secret()),
    ]);
    let form = form.map_err(|error| ConnectorError::Unreadable {
        call: NAME,
        effect: Effect::None,
        source: error.into(),
    })?;
    // A second token does not end the first.
    let call = Call::new(NAME, Method::POST, "/admin/oauth/access_token", Kind::Repeatable);
    let answer = upstream.send(call.form(form)).await.map_err(|error| unreachable(error, false))?;
    if answer.status.is_success() {
        return answer.json().map_err(|error| unreadable(NAME, Effect::None, error));
    }
    Err(not_granted(&answer))
}

/// Why no token was granted. The codes are OAuth's.
fn not_granted(answer: &Answer) -> ConnectorError {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refusal {
        error: String,
    }

    let refusal: Refusal = answer.json().unwrap_or_default();
    let hint = match (answer.status, refusal.error.as_str()) {
        (_, "invalid_client" | "application_cannot_be_found") | (StatusCode::UNAUTHORIZED, _) => {
            "the app's client id or secret is wrong: copy both from its settings in the Dev Dashboard"
        }
        (_, "shop_not_permitted") => {
            "the app may not have a token for this store: install it there, and let app and store \
             belong to the same organization"
        }
        (StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN, _) => {
            "the store grants the app no token: look whether it is installed there"
        }
        _ => return refuse(NAME, answer, Effect::None),
    };
    ConnectorError::Denied { hint: hint.to_owned() }
}
