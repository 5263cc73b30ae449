//! Sending: async-stripe describes a call, and our own upstream carries it.
//!
//! Its client would choose the API version, the retries and the keys by itself and would lose
//! the body of an error it cannot read. All four decide about money, so they stay here.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use commerce::Effect;
use http::{HeaderName, Method, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use stripe_client_core::{
    CustomizedStripeRequest, IdempotencyKey, RequestBuilder, RequestStrategy, StripeClient,
    StripeMethod,
};
use upstream::{Answer, Call, Chance, Kind, Upstream};

use super::error::{Cause, Failure, Refusal};
use crate::Settings;

const VERSION: HeaderName = HeaderName::from_static("stripe-version");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: &str = "idempotent-replayed";

/// One account at Stripe.
#[derive(Clone)]
pub(super) struct Client {
    upstream: Upstream,
    pub(super) settings: Arc<Settings>,
}

/// One call on its way: what it is called in spans, and the API version it speaks.
pub(super) struct Sender<'a> {
    client: &'a Client,
    call: &'static str,
    version: &'a str,
    replayed: AtomicBool,
}

/// Something after a call that changed it.
pub(super) struct Reply<T> {
    pub(super) value: T,
    /// Whether this is the answer to an earlier call with the same key: it says how things were
    /// then, not how they are now.
    pub(super) replayed: bool,
}

impl Client {
    pub(super) fn new(upstream: Upstream, settings: Settings) -> Self {
        Self { upstream, settings: Arc::new(settings) }
    }

    /// The same account under other settings.
    pub(super) fn under(&self, settings: Settings) -> Self {
        Self::new(self.upstream.clone(), settings)
    }

    pub(super) fn chance(&self) -> Arc<dyn Chance> {
        self.upstream.chance()
    }

    /// A call that touches no token, so that a preview version cannot reach it.
    pub(super) fn stable(&self, call: &'static str) -> Sender<'_> {
        self.sender(call, &self.settings.api_version)
    }

    /// A call that carries or reads a token.
    pub(super) fn preview(&self, call: &'static str) -> Sender<'_> {
        self.sender(call, &self.settings.token_api_version)
    }

    const fn sender<'a>(&'a self, call: &'static str, version: &'a str) -> Sender<'a> {
        Sender { client: self, call, version, replayed: AtomicBool::new(false) }
    }
}

impl Sender<'_> {
    /// Reads `W` and makes a `T` of it. Changes nothing at Stripe.
    pub(super) async fn read<W, T>(
        &self,
        path: impl Into<String>,
        query: &(impl Serialize + Sync),
    ) -> Result<T, Failure>
    where
        W: miniserde::Deserialize,
        T: TryFrom<W, Error: std::error::Error + Send + Sync + 'static>,
    {
        let request = RequestBuilder::new(StripeMethod::Get, path).query(query).customize::<W>();
        let wire = request.send(self).await.map_err(|cause| self.failure(Effect::None, cause))?;
        T::try_from(wire)
            .map_err(|error| self.failure(Effect::None, Cause::Unreadable(error.into())))
    }

    /// Changes something, once per key, and makes a `T` of the `W` that it is then.
    pub(super) async fn write<W, T>(
        &self,
        path: impl Into<String>,
        key: IdempotencyKey,
        form: &(impl Serialize + Sync),
    ) -> Result<Reply<T>, Failure>
    where
        W: miniserde::Deserialize,
        T: TryFrom<W, Error: std::error::Error + Send + Sync + 'static>,
    {
        let request = RequestBuilder::new(StripeMethod::Post, path)
            .form(form)
            .customize::<W>()
            .request_strategy(RequestStrategy::Idempotent(key));
        let wire =
            request.send(self).await.map_err(|cause| self.failure(Effect::Unknown, cause))?;
        let value = T::try_from(wire)
            .map_err(|error| self.failure(Effect::Unknown, Cause::Unreadable(error.into())))?;
        Ok(Reply { value, replayed: self.replayed.load(Ordering::Relaxed) })
    }

    const fn failure(&self, effect: Effect, cause: Cause) -> Failure {
        Failure { call: self.call, effect, cause }
    }

    fn call(&self, request: CustomizedStripeRequest) -> Call {
        let (request, overrides) = request.into_pieces();
        let query = request.query.filter(|query| !query.is_empty());
        let path = match query {
            Some(query) => format!("/v1{}?{query}", request.path),
            None => format!("/v1{}", request.path),
        };
        let method = match request.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let key = match overrides.request_strategy {
            Some(RequestStrategy::Idempotent(key)) => Some(key),
            _ => None,
        };
        let harmless = method == Method::GET || key.is_some();
        let kind = if harmless { Kind::Repeatable } else { Kind::Once };
        let bearer = format!("Bearer {}", self.client.settings.secret_key.expose_secret());
        let mut call = Call::new(self.call, method, path, kind)
            .secret_header(header::AUTHORIZATION, &bearer)
            .header(VERSION, self.version);
        if let Some(key) = key {
            call = call.header(KEY, key.as_str());
        }
        match request.body {
            Some(body) => call.form(body),
            None => call,
        }
    }

    fn read_answer(&self, answer: Answer) -> Result<Bytes, Cause> {
        let replayed = answer.header(REPLAYED) == Some("true");
        if answer.status.is_success() {
            self.replayed.store(replayed, Ordering::Relaxed);
            return Ok(answer.body);
        }
        Err(Cause::Refused(Box::new(Refusal::read(&answer, replayed))))
    }
}

impl StripeClient for Sender<'_> {
    type Err = Cause;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, Cause> {
        let call = self.call(request);
        let answer = self.client.upstream.send(call).await.map_err(Cause::Unanswered)?;
        self.read_answer(answer)
    }
}
