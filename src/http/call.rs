//! The door of every ACP call: who calls, in which version, with which body.
//!
//! The order is the protocol's: bearer, rate, version, body, signature. What is refused here was decided
//! before any idempotency key was looked at, and has no effect anywhere.

use std::{convert::Infallible, future::Future, sync::Arc};

use acp::latest::Version;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use commerce::SessionId;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use tracing::Span;

use super::{error::Refused, signature::verify};
use crate::{
    app::App,
    config::Profile,
    failure::Failure,
    store::{Caller, TurnedAway},
};

const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// An admitted call with its whole body.
pub(super) struct Call {
    pub(super) caller: Caller,
    pub(super) version: Version,
    /// Whether it may not come without an `Idempotency-Key`.
    pub(super) demands_key: bool,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The id in the path. What is no text there is nobody's id.
pub(super) struct Id(pub(super) SessionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(SessionId::new(id.map(|Path(id)| id).unwrap_or_default())))
    }
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let caller = admit(app, &parts.headers)?;
        let version = version(&parts.headers)?;
        let body = read(app, &parts, body).await?;
        verify(&caller.signature, &parts.headers, &body, app.seams.clock.now())?;
        let path = parts.uri.path().to_owned();
        let demands_key = version.demands_key() && parts.method == Method::POST;
        Ok(Self { caller, version, demands_key, path, headers: parts.headers, body })
    }
}

impl Call {
    /// Waits for an answer as long as the caller does. What was begun at a store may still happen.
    pub(super) async fn in_time<T>(
        &self,
        app: &App,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let patience = self.caller.patience(app.bounds.request_timeout);
        tokio::time::timeout(patience, work).await.unwrap_or(Err(Failure::TooSlow))
    }

    /// The status of a key that came with another body before.
    pub(super) fn key_reused_status(&self) -> StatusCode {
        if self.version.demands_key() && self.caller.profile != Profile::OpenAi {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::CONFLICT
        }
    }

    /// The status of a completion that has made an order.
    pub(super) fn completed_status(&self) -> StatusCode {
        match self.caller.profile {
            Profile::Standard | Profile::Stripe => StatusCode::OK,
            Profile::OpenAi => StatusCode::CREATED,
        }
    }
}

/// Finds the caller by its bearer token (RFC 6750).
pub(super) fn admit(app: &App, headers: &HeaderMap) -> Result<Caller, Refused> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(Refused::unauthorized)?;
    let caller = app.agents.admit(token).map_err(|why| match why {
        TurnedAway::Unknown => Refused::unauthorized(),
        TurnedAway::TooMany(wait) => Refused::rate_limited(wait),
    })?;
    let span = Span::current();
    span.record("store.id", caller.store.id.as_str());
    span.record("agent.id", caller.agent.as_str());
    Ok(caller.clone())
}

/// The version that the call is in; the answer to any other names those that are spoken.
pub(super) fn version(headers: &HeaderMap) -> Result<Version, Refused> {
    let version = headers.get(API_VERSION).ok_or_else(Refused::version_missing)?;
    version
        .to_str()
        .ok()
        .and_then(|text| Version::parse(text).ok())
        .ok_or_else(Refused::version_unsupported)
}

/// The whole body, bounded in bytes and in time.
pub(super) async fn read(
    app: &App,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<Bytes, Refused> {
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Refused::encoded_body());
    }
    let max = app.bounds.body_bytes_max;
    let body = Limited::new(body, max).collect();
    match tokio::time::timeout(app.bounds.body_timeout, body).await {
        Ok(Ok(body)) => checked(&parts.headers, body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Refused::body_too_large(max))
        }
        Ok(Err(_)) => Err(Refused::body_broken()),
        Err(_) => Err(Refused::body_too_slow()),
    }
}

/// A body that calls itself something else than JSON is none. One that does not say is read.
fn checked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refused> {
    let said = headers.get(header::CONTENT_TYPE).filter(|_| !body.is_empty());
    let is_json = |value: &HeaderValue| {
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    };
    if said.is_none_or(is_json) { Ok(body) } else { Err(Refused::not_json()) }
}
