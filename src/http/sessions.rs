//! The five operations on checkout sessions (ACP RFC "agentic checkout", section 4).
//!
//! Each one only decodes, calls [`Checkout`] and encodes. What the POSTs share is their key:
//! [`begin`] looks it up, [`end`] keeps the answer.

use std::sync::Arc;

use acp::latest::{CheckoutSession, decode};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use commerce::SessionId;
use http::{StatusCode, header};

use super::{
    call::Call,
    error::Refused,
    idempotency::{Answered, Begun, begin, end},
};
use crate::{app::App, checkout::Checkout};

pub(super) async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let result = match decode(&call.body) {
        Ok(request) => checkout.create(request).await,
        Err(invalid) => Err(invalid.into()),
    };
    Ok(end(begun, result.map(|session| final_answer(StatusCode::CREATED, &session))))
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let result = match decode(&call.body) {
        Ok(request) => checkout.update(&SessionId::new(id), request).await,
        Err(invalid) => Err(invalid.into()),
    };
    Ok(end(begun, result.map(|session| final_answer(StatusCode::OK, &session))))
}

pub(super) async fn complete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let result = match decode(&call.body) {
        Ok(request) => {
            let Begun { key, fingerprint, .. } = &begun;
            checkout.complete(&SessionId::new(id), request, key, fingerprint).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    Ok(end(
        begun,
        result.map(|session| {
            // A completion that is still running must be asked again, not replayed.
            let is_final = !acp::latest::is_in_progress(session.status);
            Answer { is_final, ..final_answer(StatusCode::OK, &session) }
        }),
    ))
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    let result = match decode(body) {
        Ok(request) => checkout.cancel(&SessionId::new(id), &request).await,
        Err(invalid) => Err(invalid.into()),
    };
    Ok(end(begun, result.map(|session| final_answer(StatusCode::OK, &session))))
}

pub(super) async fn retrieve(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Response, Refused> {
    let session = Checkout::new(&app, &call.caller).retrieve(&SessionId::new(id)).await?;
    Ok(final_answer(StatusCode::OK, &session).into_response())
}

/// An encoded answer, and whether it may be given again for the same key.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: bytes::Bytes,
    pub(super) is_final: bool,
}

fn final_answer(status: StatusCode, session: &CheckoutSession) -> Answer {
    let body = serde_json::to_vec(session).expect("a session of texts and integers serializes");
    Answer { status, body: body.into(), is_final: true }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, [(header::CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}
