//! Sending: the REST API with the store's key, the Store API with a cart's token.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{ConnectorError, Effect};
use http::{HeaderName, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tracing::info;
use upstream::{Answer, Call, Kind, Upstream};
use url::form_urlencoded;

use crate::{
    Now, Settings,
    error::{Refusal, refuse, unreachable, unreadable},
    oauth::{Once, sign},
};

const CART_TOKEN: HeaderName = HeaderName::from_static("cart-token");
/// Most parts that the store takes in one batch.
const BATCH_MAX: usize = 25;

/// How a store is called.
pub(crate) struct Client {
    upstream: Upstream,
    key: SecretString,
    secret: SecretString,
    now: Now,
    /// The ways to show the key, the one that works first; which that is, is learned.
    ways: [Way; 2],
    way: AtomicUsize,
}

/// How the key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In the header, which some servers take away.
    Basic,
    /// In the query; over TLS only.
    Query,
    /// Not at all: the call is signed with it. The only way where PHP sees plain HTTP.
    Signed,
}

/// One part of a batch.
pub(crate) struct Part {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// What became of all parts.
#[derive(Debug, Deserialize)]
struct Batch {
    responses: Vec<PartAnswer>,
}

impl Batch {
    /// One answer for each part. A part that died or was put off is no refusal that a buyer could
    /// mend, and what the others did stays done.
    fn answers(self, call: &'static str, parts: usize) -> Result<Vec<PartAnswer>, ConnectorError> {
        if self.responses.len() != parts {
            return Err(ConnectorError::Unreadable {
                call,
                effect: Effect::Unknown,
                source: "not every part has an answer".into(),
            });
        }
        match self.responses.iter().find(|part| part.status >= 500 || part.status == 429) {
            None => Ok(self.responses),
            Some(dead) => Err(ConnectorError::Unavailable {
                retry_after: None,
                effect: Effect::Unknown,
                source: Some(format!("{call}: a part has status {}", dead.status).into()),
            }),
        }
    }
}

/// What became of a part.
#[derive(Debug, Deserialize)]
pub(crate) struct PartAnswer {
    status: u16,
    body: Value,
}

impl PartAnswer {
    /// What the part answered, or why the store refused it.
    pub(crate) fn result(self) -> Result<Value, Refusal> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        Err(serde_json::from_value(self.body).unwrap_or_default())
    }
}

impl Client {
    pub(crate) fn new(upstream: Upstream, settings: &Settings) -> Self {
        let is_tls = upstream.base().scheme() == "https";
        Self {
            upstream,
            key: settings.consumer_key.clone(),
            secret: settings.consumer_secret.clone(),
            now: settings.now.clone(),
            // A store on plain HTTP may believe in TLS all the same, behind a proxy of its own.
            ways: if is_tls { [Way::Basic, Way::Query] } else { [Way::Signed, Way::Basic] },
            way: AtomicUsize::new(0),
        }
    }

    /// Where the store is, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        self.upstream.base().as_str().trim_end_matches('/')
    }

    /// Reads from the REST API.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &str,
    ) -> Result<T, ConnectorError> {
        let answer = self.get_answer(name, path).await?;
        answer.json().map_err(|error| unreadable(name, Effect::None, error))
    }

    /// Reads what the site says of itself to everybody.
    pub(crate) async fn index<T: DeserializeOwned>(
        &self,
        name: &'static str,
        query: &str,
    ) -> Result<T, ConnectorError> {
        let path = format!("/wp-json/?{query}");
        let answer = self.send(Call::new(name, Method::GET, path, Kind::Repeatable)).await?;
        answer.json().map_err(|error| unreadable(name, Effect::None, error))
    }

    /// Reads from the REST API; the headers count too.
    pub(crate) async fn get_answer(
        &self,
        name: &'static str,
        path: &str,
    ) -> Result<Answer, ConnectorError> {
        self.send_keyed(Call::new(name, Method::GET, rest(path), Kind::Repeatable)).await
    }

    /// Sets absolute values through the REST API, which is harmless to repeat.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<T, ConnectorError> {
        self.write(Call::new(name, Method::PUT, rest(path), Kind::Repeatable).json(body)).await
    }

    /// Makes something through the REST API, which knows no repeats: sent once.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<T, ConnectorError> {
        self.write(Call::new(name, Method::POST, rest(path), Kind::Once).json(body)).await
    }

    /// Takes something away for good; what is gone already is as good.
    pub(crate) async fn delete(
        &self,
        name: &'static str,
        path: &str,
    ) -> Result<(), ConnectorError> {
        let call = Call::new(name, Method::DELETE, rest(path), Kind::Repeatable);
        match self.send_keyed(call).await {
            Ok(_) | Err(ConnectorError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Calls the Store API for a cart; without a token, for a new one.
    pub(crate) async fn cart(
        &self,
        name: &'static str,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
    ) -> Result<Answer, ConnectorError> {
        let path = format!("/wp-json/wc/store/v1{path}");
        let mut call = Call::new(name, method, path, Kind::Repeatable);
        if let Some(token) = token {
            call = call.secret_header(CART_TOKEN, token.expose_secret());
        }
        self.send(call).await
    }

    /// Runs all parts in order, in as few batches as the store allows. Each part has its own
    /// answer; adding adds up, so a batch is never repeated.
    pub(crate) async fn batch(
        &self,
        token: &SecretString,
        parts: &[Part],
    ) -> Result<Vec<PartAnswer>, ConnectorError> {
        let mut answers = Vec::with_capacity(parts.len());
        for parts in parts.chunks(BATCH_MAX) {
            answers.extend(self.one_batch(token, parts).await?);
        }
        Ok(answers)
    }

    async fn one_batch(
        &self,
        token: &SecretString,
        parts: &[Part],
    ) -> Result<Vec<PartAnswer>, ConnectorError> {
        const NAME: &str = "cart.batch";

        // The store wants the token outside and in each part.
        let token = token.expose_secret();
        let requests: Vec<Value> = parts
            .iter()
            .map(|part| {
                json!({
                    "method": part.method,
                    "path": format!("/wc/store/v1{}", part.path),
                    "body": part.body,
                    "headers": {"Cart-Token": token},
                })
            })
            .collect();
        let call = Call::new(NAME, Method::POST, "/wp-json/wc/store/v1/batch", Kind::Once)
            .secret_header(CART_TOKEN, token)
            .json(&json!({ "requests": requests }));
        let answer = self.send(call).await?;
        let batch: Batch =
            answer.json().map_err(|error| unreadable(NAME, Effect::Unknown, error))?;
        batch.answers(NAME, parts.len())
    }

    async fn write<T: DeserializeOwned>(&self, call: Call) -> Result<T, ConnectorError> {
        let name = call.name;
        let answer = self.send_keyed(call).await?;
        answer.json().map_err(|error| unreadable(name, Effect::Unknown, error))
    }

    /// Sends a call with the key. A store that takes us for a stranger is shown the key in the
    /// other way: it has done nothing yet.
    async fn send_keyed(&self, call: Call) -> Result<Answer, ConnectorError> {
        let (name, effect) = (call.name, effect_of(&call));
        let way = self.way.load(Ordering::Relaxed);
        let mut answer = self
            .upstream
            .send(self.keyed(call.clone(), self.ways[way]))
            .await
            .map_err(unreachable)?;
        if is_for_strangers(&answer) {
            let other = 1 - way;
            let keyed = self.keyed(call, self.ways[other]);
            answer = self.upstream.send(keyed).await.map_err(unreachable)?;
            if !is_for_strangers(&answer) {
                info!(way = ?self.ways[other], "the store takes its key in another way");
                self.way.store(other, Ordering::Relaxed);
            }
        }
        judged(name, answer, effect)
    }

    fn keyed(&self, call: Call, way: Way) -> Call {
        let (key, secret) = (self.key.expose_secret(), self.secret.expose_secret());
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
            Way::Signed => {
                let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
                let (url, query) = (format!("{}{path}", self.url()), query.to_owned());
                let (method, now) = (call.method.clone(), self.now.clone());
                let (key, secret) = (self.key.clone(), self.secret.clone());
                let chance = self.upstream.chance();
                call.query_of_each_try(move || {
                    let nonce =
                        format!("{:016x}{:016x}", chance.below(u64::MAX), chance.below(u64::MAX));
                    let once = Once { nonce: &nonce, seconds: (now.0)().as_second() };
                    let pair = (key.expose_secret(), secret.expose_secret());
                    sign(method.as_str(), &url, &query, pair, &once)
                })
            }
        }
    }

    async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        let (name, effect) = (call.name, effect_of(&call));
        let answer = self.upstream.send(call).await.map_err(unreachable)?;
        judged(name, answer, effect)
    }
}

/// A path of the REST API.
fn rest(path: &str) -> String {
    format!("/wp-json/wc/v3{path}")
}

/// The refusal of a caller without any key, whatever key was shown.
fn is_for_strangers(answer: &Answer) -> bool {
    answer.status == StatusCode::UNAUTHORIZED
        && answer
            .json::<Refusal>()
            .is_ok_and(|refusal| refusal.code.starts_with("woocommerce_rest_cannot_"))
}

fn judged(name: &'static str, answer: Answer, effect: Effect) -> Result<Answer, ConnectorError> {
    if answer.status.is_success() { Ok(answer) } else { Err(refuse(name, &answer, effect)) }
}

/// A read has no effect, however it ends.
fn effect_of(call: &Call) -> Effect {
    if call.method == Method::GET { Effect::None } else { Effect::Unknown }
}

/// The token that an answer carries.
pub(crate) fn token_of(
    name: &'static str,
    answer: &Answer,
) -> Result<SecretString, ConnectorError> {
    answer.header(CART_TOKEN.as_str()).map(SecretString::from).ok_or_else(|| {
        ConnectorError::Unreadable {
            call: name,
            effect: Effect::None,
            source: "the store gives no Cart-Token; a cache or firewall may take it away".into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use commerce::ConnectorError;
    use serde_json::json;

    use super::Batch;

    fn answers(statuses: &[u16]) -> Result<usize, ConnectorError> {
        let parts = statuses.iter().map(|status| json!({ "status": status, "body": {} }));
        let batch: Batch =
            serde_json::from_value(json!({ "responses": parts.collect::<Vec<_>>() })).unwrap();
        batch.answers("test", 2).map(|answers| answers.len())
    }

    #[test]
    fn a_part_that_died_is_no_refusal() {
        assert_eq!(answers(&[201, 400]).unwrap(), 2, "a refusal is an answer");
        for dead in [[201, 500], [201, 503], [429, 201]] {
            let error = answers(&dead).unwrap_err();
            assert!(matches!(error, ConnectorError::Unavailable { .. }), "{error:?}");
            assert!(!error.had_no_effect(), "the other part was carried out");
        }
        let error = answers(&[201]).unwrap_err();
        assert!(matches!(error, ConnectorError::Unreadable { .. }), "{error:?}");
    }
}
