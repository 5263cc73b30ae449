//! Sending: the REST API with the store's key, the Store API with a cart's token.

use commerce::{ConnectorError, Effect};
use http::{HeaderName, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use upstream::{Answer, Call, CallError, Kind, Upstream};

use crate::{
    Settings,
    caches::Carts,
    error::{refuse, unreachable, unreadable},
    key::{Key, Way, is_for_forgers, is_for_strangers},
    routes::Routes,
};

pub(crate) const CART_TOKEN: HeaderName = HeaderName::from_static("cart-token");

/// How a store is called.
pub(crate) struct Client {
    upstream: Upstream,
    key: Key,
    routes: Routes,
    carts: Carts,
}

impl Client {
    pub(crate) fn new(upstream: Upstream, settings: &Settings) -> Self {
        let is_tls = upstream.base().scheme() == "https";
        let (routes, carts) = (Routes::new(), Carts::new());
        Self { upstream, key: Key::new(settings, is_tls), routes, carts }
    }

    /// Where the store is, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        self.upstream.base().as_str().trim_end_matches('/')
    }

    /// Whether the store's routes are where they should be.
    pub(crate) fn has_permalinks(&self) -> bool {
        self.routes.layout() == crate::routes::Layout::Pretty
    }

    /// How the store takes its key.
    pub(crate) fn way(&self) -> Way {
        self.key.ways()[0]
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
        let path = format!("/?{query}");
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

    /// Changes something through the REST API that would be changed again by a repeat: sent once.
    pub(crate) async fn put_once<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<T, ConnectorError> {
        self.write(Call::new(name, Method::PUT, rest(path), Kind::Once).json(body)).await
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

    /// Calls the Store API for a cart; without a token, for a new one. A read has an address that
    /// no cache has seen before, because some answer in the store's place.
    pub(crate) async fn cart(
        &self,
        name: &'static str,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
    ) -> Result<Answer, ConnectorError> {
        let is_read = method == Method::GET;
        let mut call = Call::new(name, method, format!("/wc/store/v1{path}"), Kind::Repeatable);
        if let Some(token) = token {
            call = call.secret_header(CART_TOKEN, token.expose_secret());
        }
        if is_read {
            let chance = self.upstream.chance();
            call = call.query_of_each_try(move || format!("_={:016x}", chance.below(u64::MAX)));
        }
        let answer = self.send(call).await?;
        match token {
            None => self.carts.check_new(&answer)?,
            Some(token) if is_read => Carts::check_own(&answer, token)?,
            Some(_) => {}
        }
        Ok(answer)
    }

    /// Sends a call that needs no key.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        let (name, effect) = (call.name, effect_of(&call));
        let answer = self.send_routed(&call, None).await.map_err(unreachable)?;
        judged(name, answer, effect)
    }

    async fn write<T: DeserializeOwned>(&self, call: Call) -> Result<T, ConnectorError> {
        let name = call.name;
        let answer = self.send_keyed(call).await?;
        answer.json().map_err(|error| unreadable(name, Effect::Unknown, error))
    }

    /// Sends a call with the key. A store that takes us for a stranger is shown the key in the
    /// other way, and one that does not know our signature is asked for the address that it wants
    /// to see signed: it has done nothing yet.
    async fn send_keyed(&self, call: Call) -> Result<Answer, ConnectorError> {
        let (name, effect) = (call.name, effect_of(&call));
        let [way, other] = self.key.ways();
        let mut answer = self.send_routed(&call, Some(way)).await.map_err(unreachable)?;
        if way == Way::Signed && is_for_forgers(&answer) && self.learn_home().await {
            answer = self.send_routed(&call, Some(way)).await.map_err(unreachable)?;
        }
        if is_for_strangers(&answer) {
            answer = self.send_routed(&call, Some(other)).await.map_err(unreachable)?;
            if !is_for_strangers(&answer) {
                self.key.worked(other);
            }
        }
        judged(name, answer, effect)
    }

    /// Sends a call to where the store's routes are, and looks for them where they are not.
    async fn send_routed(&self, call: &Call, way: Option<Way>) -> Result<Answer, CallError> {
        let layout = self.routes.layout();
        let at = |layout: crate::routes::Layout| {
            let mut call = call.clone();
            call.path = layout.path(&call.path);
            match way {
                None => call,
                Some(way) => self.key.shown(call, way, &self.upstream),
            }
        };
        let answer = self.upstream.send(at(layout)).await?;
        if !self.routes.are_elsewhere(&call.method, &answer) {
            if answer.status.is_success() {
                self.routes.found(layout);
            }
            return Ok(answer);
        }
        let other = self.upstream.send(at(layout.other())).await?;
        if crate::routes::is_page(&other) {
            return Ok(answer);
        }
        self.routes.found(layout.other());
        Ok(other)
    }

    /// Asks the store for the address that it gives itself, once; whether that is news.
    async fn learn_home(&self) -> bool {
        #[derive(Deserialize)]
        struct Index {
            home: String,
        }

        if self.key.knows_home() {
            return false;
        }
        let call = Call::new("index.read", Method::GET, "/?_fields=home", Kind::Repeatable);
        let index = self.send_routed(&call, None).await.ok();
        let index = index.and_then(|answer| answer.json::<Index>().ok());
        index.is_some_and(|index| self.key.learn_home(&index.home, self.url()))
    }
}

/// A route of the REST API.
fn rest(path: &str) -> String {
    format!("/wc/v3{path}")
}

fn judged(name: &'static str, answer: Answer, effect: Effect) -> Result<Answer, ConnectorError> {
    if answer.status.is_success() {
        Ok(answer.tidied())
    } else {
        Err(refuse(name, &answer, effect))
    }
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
