//! `Idempotency-Key`: one effect and one answer for each key (ACP RFC "agentic checkout",
//! section 6).

use std::sync::Arc;

use acp::latest::{Fingerprint, Invalid};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode};

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
        Begun { key, fingerprint: fingerprint.clone(), running, key_reused_status }
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
    let (answer, response) = match result {
        Ok(answer) => (answer.clone(), answer.into_response()),
        Err(Failure::KeyReused) => {
            let refused = Refused::key_reused(begun.key_reused_status);
            (refused.answer(), refused.into_response())
        }
        Err(failure) => {
            let refused = Refused::from(failure);
            (refused.answer(), refused.into_response())
        }
    };
    if answer.is_final
        && let Some(running) = begun.running
    {
        running.keep(Kept { status: answer.status, body: answer.body });
    }
    response
}

/// The request's key: mandatory on every POST from 2026-04-17 on.
fn key(call: &Call) -> Result<Option<String>, Refused> {
    let Some(value) = call.headers.get(IDEMPOTENCY_KEY) else {
        let is_demanded = call.version.demands_key() && call.method == Method::POST;
        return if is_demanded { Err(Refused::key_required()) } else { Ok(None) };
    };
    let key = value.to_str().ok().filter(|key| (1..=KEY_MAX).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(Refused::key_malformed)
}

/// What a body means, whatever the order of its members.
fn fingerprint(body: &[u8]) -> Result<Fingerprint, Refused> {
    acp::latest::fingerprint(body).map_err(|error| {
        Refused::from(Invalid {
            code: "invalid",
            message: format!("The body is not JSON: {error}. Send one JSON object"),
            param: None,
        })
    })
}

fn replay(kept: Kept) -> Response {
    let answer = Answer { status: kept.status, body: kept.body, is_final: true };
    let mut response = answer.into_response();
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
