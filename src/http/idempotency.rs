//! `Idempotency-Key`: one effect and one answer for each key (ACP RFC "agentic checkout",
//! section 6).

use std::sync::Arc;

use acp::latest::{Fingerprint, Invalid, Version};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};

use super::{IDEMPOTENCY_KEY, call::Call, error::Refused, sessions::Answer};
use crate::{
    app::App,
    failure::Failure,
    replay::{Found, Kept, Running, Scope},
};

/// Longest key, in characters.
const KEY_MAX: usize = 255;

/// A call that runs, under its key if it has one.
pub(super) struct Begun {
    pub(super) key: Option<String>,
    pub(super) fingerprint: Fingerprint,
    running: Option<Running>,
    version: Version,
    key_reused_status: StatusCode,
}

/// A call that does not run: it was refused, or its answer is known already.
#[derive(Debug)]
pub(super) struct Answered(Box<Response>);

/// Looks the key up and marks it as running.
pub(super) fn begin(app: &Arc<App>, call: &Call) -> Result<Begun, Answered> {
    let fingerprint = fingerprint(&call.body)?;
    let begun = |key, running| {
        let key_reused_status = call.key_reused_status();
        let version = call.version;
        Begun { key, fingerprint: fingerprint.clone(), running, version, key_reused_status }
    };
    let Some(key) = key(call)? else { return Ok(begun(None, None)) };
    let scope = Scope {
        store: call.caller.store.id.clone(),
        agent: call.caller.agent.clone(),
        path: call.path.clone(),
        key: key.clone(),
    };
    match app.replays.begin(scope, &fingerprint, app.seams.clock.now()) {
        Found::New(running) => Ok(begun(Some(key), Some(running))),
        Found::Done(kept) => Err(Answered(Box::new(replay(kept)))),
        Found::InFlight => Err(Refused::key_in_flight().into()),
        Found::OtherBody => Err(Refused::key_reused(call.key_reused_status()).into()),
    }
}

/// Answers, and keeps the answer under its key if it is final.
pub(super) fn end(begun: Begun, result: Result<Answer, Failure>) -> Response {
    let answer = result.unwrap_or_else(|failure| {
        let refused = match failure {
            Failure::KeyReused => Refused::key_reused(begun.key_reused_status),
            Failure::Invalid(invalid) => invalid.in_words_of(begun.version).into(),
            failure => failure.into(),
        };
        refused.answer()
    });
    if answer.is_final
        && let Some(running) = begun.running
    {
        let Answer { status, headers, body, .. } = answer.clone();
        running.keep(Kept { status, headers, body });
    }
    answer.into_response()
}

/// The request's key: mandatory on every POST of REST from 2026-04-17 on.
fn key(call: &Call) -> Result<Option<String>, Refused> {
    let Some(value) = call.headers.get(IDEMPOTENCY_KEY) else {
        return if call.demands_key { Err(Refused::key_required()) } else { Ok(None) };
    };
    let key = value.to_str().ok().filter(|key| (1..=KEY_MAX).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(Refused::key_malformed)
}

/// What a body means, whatever the order of its members.
fn fingerprint(body: &[u8]) -> Result<Fingerprint, Refused> {
    acp::latest::fingerprint(body).map_err(|error| {
        Refused::from(Invalid {
            code: "invalid",
            message: format!("The body cannot be read: {error}. Send one JSON object"),
            param: None,
        })
    })
}

fn replay(kept: Kept) -> Response {
    let Kept { status, headers, body } = kept;
    let mut response = Answer { status, headers, body, is_final: true }.into_response();
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

impl From<Refused> for Answered {
    fn from(refused: Refused) -> Self {
        Self(Box::new(refused.into_response()))
    }
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        *self.0
    }
}
