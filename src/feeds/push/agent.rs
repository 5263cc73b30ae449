//! An agent that takes products in (ACP Feed API, `openapi.feed.yaml` of 2026-04-17): each call.

use std::{fmt::Write, sync::Arc};

use http::{HeaderName, Method, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use thiserror::Error;
use upstream::{Answer, Call, CallError, Chance, Kind, Upstream};

use crate::{Seams, config::ApiPush};

const VERSION: HeaderName = HeaderName::from_static("api-version");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where products are brought.
pub(super) struct Agent {
    upstream: Upstream,
    /// What stands before `/feeds`.
    path: String,
    token: SecretString,
    version: String,
    chance: Arc<dyn Chance>,
    /// Makes the key under which a feed is made the same on every try.
    creation: String,
}

/// Why the agent did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum AgentError {
    /// It could not be reached, or its answer was lost.
    #[error("{0}")]
    Call(String),
    /// It does not want it.
    #[error("the agent answers {status} {code}: {message}{}", hint(*.status))]
    Refused {
        /// The status.
        status: StatusCode,
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
    /// It did not take the products.
    #[error("the agent has not accepted {0} products; they are sent again")]
    NotAccepted(usize),
    /// It says something else than the protocol has.
    #[error("the agent's answer cannot be read: {0}")]
    Unreadable(String),
}

const fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ". Compare token in [[store.feed.api]] with the agent's"
        }
        StatusCode::NOT_FOUND => {
            ". Compare url and feed_id with the agent's; `storebridge feed push` without a feed_id \
             makes a feed"
        }
        _ => "",
    }
}

/// What is said of a feed.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) id: String,
    pub(super) updated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Accepted {
    accepted: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
    message: String,
}

impl Agent {
    pub(super) fn new(store: &str, push: &ApiPush, seams: &Seams) -> Self {
        let mut base = push.url.clone();
        base.set_path("/");
        base.set_query(None);
        let name = format!("{store}.feed");
        let (transport, chance) = (Arc::clone(&seams.transport), Arc::clone(&seams.chance));
        Self {
            upstream: Upstream::new(name, base, transport, Arc::clone(&chance), push.limits),
            path: push.url.path().trim_end_matches('/').to_owned(),
            token: push.token.clone(),
            version: push.version.clone(),
            chance,
            creation: format!("{store} {} {:?}", push.url, push.target_country),
        }
    }

    /// Makes a feed. Making it again under the same key is the same feed.
    pub(super) async fn create(&self, country: Option<&str>) -> Result<Metadata, AgentError> {
        let body = country.map_or(json!({}), |country| json!({ "target_country": country }));
        let key = hex(&Sha256::digest(&self.creation)[..16]);
        let call = Call::new("feed.create", Method::POST, self.at(""), Kind::Repeatable);
        let answer = self.send(call.json(&body).header(KEY, &key)).await?;
        read(&answer)
    }

    pub(super) async fn metadata(&self, feed: &str) -> Result<Metadata, AgentError> {
        let path = self.at(&format!("/{feed}"));
        let call = Call::new("feed.metadata", Method::GET, path, Kind::Repeatable);
        read(&self.send(call).await?)
    }

    /// All products of a feed, as they were sent: `{"products": […]}`.
    pub(super) async fn products(&self, feed: &str) -> Result<Answer, AgentError> {
        let path = self.at(&format!("/{feed}/products"));
        let call = Call::new("feed.products", Method::GET, path, Kind::Repeatable);
        self.send(call).await
    }

    /// Brings products, each one whole. A try that is repeated has the same key.
    pub(super) async fn upsert(&self, feed: &str, products: &[Vec<u8>]) -> Result<(), AgentError> {
        let path = self.at(&format!("/{feed}/products"));
        let mut key = [0; 16];
        self.chance.fill(&mut key);
        let mut body = b"{\"products\":[".to_vec();
        body.extend(products.join(&b','));
        body.extend_from_slice(b"]}");
        let mut call = Call::new("feed.upsert", Method::PATCH, path, Kind::Repeatable)
            .header(header::CONTENT_TYPE, "application/json")
            .header(KEY, &hex(&key));
        call.body = body.into();
        let accepted: Accepted = read(&self.send(call).await?)?;
        if accepted.accepted { Ok(()) } else { Err(AgentError::NotAccepted(products.len())) }
    }

    fn at(&self, rest: &str) -> String {
        format!("{}/feeds{rest}", self.path)
    }

    async fn send(&self, call: Call) -> Result<Answer, AgentError> {
        let bearer = format!("Bearer {}", self.token.expose_secret());
        let call =
            call.secret_header(header::AUTHORIZATION, &bearer).header(VERSION, &self.version);
        let answer = self.upstream.send(call).await.map_err(|error: CallError| {
            AgentError::Call(crate::chain::Chain(&error).to_string())
        })?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Refusal { code, message } = refusal;
        Err(AgentError::Refused { status: answer.status, code, message })
    }
}

fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, AgentError> {
    serde_json::from_slice(&answer.body).map_err(|error| AgentError::Unreadable(error.to_string()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every write");
        text
    })
}
