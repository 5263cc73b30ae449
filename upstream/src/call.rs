//! One outbound call: deadline, gate, bounded retry, span and metrics around a transport.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use metrics::{counter, histogram};
use thiserror::Error;
use tokio::time::Instant;
use tracing::{Instrument, debug, field, info_span};
use url::Url;

use crate::{
    Answer, Chance, GateLimits, Priority, Transport, TransportError,
    budget::RetryBudget,
    gate::{Busy, Gate},
};

/// One host that we call, with everything that bounds a call to it.
#[derive(Clone)]
pub struct Upstream {
    name: Arc<str>,
    base: Url,
    transport: Arc<dyn Transport>,
    chance: Arc<dyn Chance>,
    gate: Gate,
    retries: Arc<RetryBudget>,
    limits: Limits,
}

/// The bounds of every call to one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time from the first try to the last byte of the answer, retries included.
    pub deadline: Duration,
    /// Largest answer in bytes.
    pub body_max: usize,
    /// How often a harmless call is repeated after the first try.
    pub retries_max: u32,
    /// Wait before the first repeat; doubles each time, and half of it is chance.
    pub retry_delay: Duration,
    /// The gate in front of the host.
    pub gate: GateLimits,
}

/// What to send.
#[derive(Clone, Debug)]
pub struct Call {
    /// What the call is called in spans and metrics, such as `cart.add_item`.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The path below the upstream's base URL, with its query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, empty for none.
    pub body: Bytes,
    /// Whether a repeat is harmless.
    pub kind: Kind,
    /// What every single try adds to the query.
    each_try: Option<EachTry>,
}

/// Makes a part of a query, anew for each try.
#[derive(Clone)]
struct EachTry(Arc<dyn Fn() -> String + Send + Sync>);

impl std::fmt::Debug for EachTry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EachTry")
    }
}

/// Whether a repeat is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes nothing, or the host recognizes a repeat by its key: tried again when no
    /// answer came or the host was overloaded.
    Repeatable,
    /// It may change something: tried once, and again only when it certainly never arrived.
    Once,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// Our own gate is full: nothing was sent.
    #[error("too many calls to {upstream} are waiting already")]
    Busy {
        /// Which host.
        upstream: Arc<str>,
        /// When to come back.
        retry_after: Duration,
    },
    /// Nothing was sent.
    #[error("{upstream} cannot be reached")]
    NotSent {
        /// Which host.
        upstream: Arc<str>,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It may have arrived, and what became of it is unknown.
    #[error("no complete answer from {upstream}")]
    Unknown {
        /// Which host.
        upstream: Arc<str>,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl CallError {
    /// Whether the call certainly never arrived.
    pub const fn had_no_effect(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::NotSent { .. })
    }

    /// When to come back, where we know.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => Some(*retry_after),
            Self::NotSent { .. } | Self::Unknown { .. } => None,
        }
    }
}

impl Call {
    /// A call without body or headers.
    pub fn new(name: &'static str, method: Method, path: impl Into<String>, kind: Kind) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { name, method, path: path.into(), headers, body, kind, each_try: None }
    }

    /// Adds to the query of every single try, where a repeat must not look like the first.
    #[must_use]
    pub fn query_of_each_try(mut self, query: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.each_try = Some(EachTry(Arc::new(query)));
        self
    }

    /// Adds a header. One that is no legal header value is left out: it could only be refused.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a header that must never be printed.
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        let body = body.to_string();
        self.headers
            .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = body.into();
        self
    }

    /// Sets a form body.
    #[must_use]
    pub fn form(mut self, body: String) -> Self {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.headers.insert(http::header::CONTENT_TYPE, form);
        self.body = body.into();
        self
    }
}

impl Upstream {
    /// A host called `name` at `base`, reached over `transport`.
    pub fn new(
        name: impl Into<Arc<str>>,
        base: Url,
        transport: Arc<dyn Transport>,
        chance: Arc<dyn Chance>,
        limits: Limits,
    ) -> Self {
        let (gate, retries) = (Gate::new(limits.gate), Arc::new(RetryBudget::new()));
        Self { name: name.into(), base, transport, chance, gate, retries, limits }
    }

    /// Another host that this one sends us to, such as the storage that a result is fetched from:
    /// reached in the same way and within the same bounds, through a gate of its own.
    #[must_use]
    pub fn elsewhere(&self, what: &str, base: Url) -> Self {
        let (transport, chance) = (Arc::clone(&self.transport), Arc::clone(&self.chance));
        Self::new(format!("{}-{what}", self.name), base, transport, chance, self.limits)
    }

    /// Where random bytes come from.
    pub fn chance(&self) -> Arc<dyn Chance> {
        Arc::clone(&self.chance)
    }

    /// Where the host is.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// Sends the call and waits for its whole answer. An HTTP error status is an answer too.
    pub async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let span = info_span!(
            "upstream",
            upstream = %self.name,
            call = call.name,
            status = field::Empty,
            attempts = field::Empty,
        );
        async {
            let started = Instant::now();
            let result = self.send_within_deadline(&call).await;
            let outcome = match &result {
                Ok(answer) if answer.status.is_server_error() => "server_error",
                Ok(answer) if answer.status.is_client_error() => "client_error",
                Ok(_) => "ok",
                Err(CallError::Busy { .. }) => "busy",
                Err(CallError::NotSent { .. }) => "not_sent",
                Err(CallError::Unknown { .. }) => "unknown",
            };
            if let Ok(answer) = &result {
                tracing::Span::current().record("status", answer.status.as_u16());
            }
            let labels = [("upstream", self.name.to_string()), ("call", call.name.to_owned())];
            histogram!("upstream_call_seconds", &labels).record(started.elapsed());
            counter!(
                "upstream_calls_total",
                "upstream" => self.name.to_string(),
                "call" => call.name,
                "outcome" => outcome,
            )
            .increment(1);
            debug!(outcome, duration_ms = started.elapsed().as_millis(), "upstream call");
            result
        }
        .instrument(span)
        .await
    }

    async fn send_within_deadline(&self, call: &Call) -> Result<Answer, CallError> {
        let deadline = Instant::now() + self.limits.deadline;
        let (mut attempt, mut doubt) = (0, None);
        self.retries.earn();
        loop {
            let result = self.attempt(call, deadline).await;
            attempt += 1;
            tracing::Span::current().record("attempts", attempt);
            let delay = self.retry_delay(attempt, &result);
            if !may_retry(call.kind, &result)
                || attempt > self.limits.retries_max
                || Instant::now() + delay >= deadline
                || !self.retries.spend()
            {
                return settle_doubt(result, doubt);
            }
            doubt = result.err().filter(|error| !error.had_no_effect()).or(doubt);
            tokio::time::sleep(delay).await;
        }
    }

    async fn attempt(&self, call: &Call, deadline: Instant) -> Result<Answer, CallError> {
        // Whoever still waits for a place has sent nothing.
        let place = tokio::time::timeout_at(deadline, self.gate.enter(Priority::current())).await;
        let _place = place.unwrap_or(Err(Busy)).map_err(|Busy| CallError::Busy {
            upstream: Arc::clone(&self.name),
            retry_after: self.limits.gate.queue_wait_max.max(Duration::from_secs(1)),
        })?;
        let request = self.request(call)?;
        let answered = self.transport.send(request, self.limits.body_max);
        let answered = tokio::time::timeout_at(deadline, answered).await;
        let response =
            answered.map_err(|late| self.unknown(late))?.map_err(|error| match error {
                TransportError::NotSent(source) => self.not_sent(source),
                TransportError::Lost(source) => self.unknown(source),
                TransportError::TooLarge(_) => self.unknown(error),
            })?;
        let (head, body) = response.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    fn request(&self, call: &Call) -> Result<Request<Bytes>, CallError> {
        let base = self.base.as_str().trim_end_matches('/');
        let mut uri = format!("{base}{}", call.path);
        if let Some(EachTry(query)) = &call.each_try {
            uri.push(if call.path.contains('?') { '&' } else { '?' });
            uri.push_str(&query());
        }
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(uri)
            .body(call.body.clone())
            .map_err(|error| self.not_sent(error))?;
        *request.headers_mut() = call.headers.clone();
        Ok(request)
    }

    fn not_sent(&self, source: impl Into<Box<dyn Error + Send + Sync>>) -> CallError {
        CallError::NotSent { upstream: Arc::clone(&self.name), source: source.into() }
    }

    fn unknown(&self, source: impl Into<Box<dyn Error + Send + Sync>>) -> CallError {
        CallError::Unknown { upstream: Arc::clone(&self.name), source: source.into() }
    }

    /// What the host asks for, or the doubled delay of which half is chance.
    fn retry_delay(&self, attempt: u32, result: &Result<Answer, CallError>) -> Duration {
        if let Some(asked) = result.as_ref().ok().and_then(Answer::retry_after) {
            return asked;
        }
        let full = self.limits.retry_delay * 2_u32.saturating_pow(attempt.saturating_sub(1));
        let half = full / 2;
        let jitter = self.chance.below(u64::try_from(half.as_micros()).unwrap_or(u64::MAX) + 1);
        half + Duration::from_micros(jitter)
    }
}

/// A try that was lost may have happened, even if the next one certainly did not.
fn settle_doubt(
    result: Result<Answer, CallError>,
    doubt: Option<CallError>,
) -> Result<Answer, CallError> {
    let says_nothing = match &result {
        Ok(answer) => answer.status == StatusCode::TOO_MANY_REQUESTS,
        Err(error) => error.had_no_effect(),
    };
    match doubt {
        Some(doubt) if says_nothing => Err(doubt),
        _ => result,
    }
}

/// A refusal of our own gate is never retried: it would only lengthen the queue.
fn may_retry(kind: Kind, result: &Result<Answer, CallError>) -> bool {
    match (kind, result) {
        (_, Err(CallError::NotSent { .. }))
        | (Kind::Repeatable, Err(CallError::Unknown { .. })) => true,
        (Kind::Repeatable, Ok(answer)) => matches!(
            answer.status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        ),
        (_, Err(CallError::Busy { .. })) | (Kind::Once, _) => false,
    }
}

#[cfg(test)]
mod tests;
