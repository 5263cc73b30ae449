//! The five operations on checkout sessions (ACP RFC "agentic checkout", section 4).
//!
//! Each one only decodes, calls [`Checkout`] and encodes. What the POSTs share is their key:
//! [`begin`] looks it up, [`end`] keeps the answer.

use std::sync::Arc;

use acp::latest::{CheckoutSession, Status, Version, decode, encode, is_in_progress};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{
    call::{Call, Id},
    error::Refused,
    idempotency::{Answered, Begun, begin, end},
};
use crate::{app::App, checkout::Checkout, failure::Failure};

pub(super) async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let work = async { checkout.create(decode(call.version, &call.body)?).await };
    let result = call.in_time(&app, work).await;
    Ok(end(begun, shown(StatusCode::CREATED, result, &call)))
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let work = async { checkout.update(&id, decode(call.version, &call.body)?).await };
    let result = call.in_time(&app, work).await;
    Ok(end(begun, shown(StatusCode::OK, result, &call)))
}

pub(super) async fn complete(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let Begun { key, fingerprint, .. } = &begun;
    let work = async {
        let request = decode(call.version, &call.body)?;
        checkout.complete(&id, request, key.as_deref(), fingerprint).await
    };
    let result = call.in_time(&app, work).await;
    let is_completed = result.as_ref().is_ok_and(|session| session.status == Status::Completed);
    let status = if is_completed { call.completed_status() } else { StatusCode::OK };
    Ok(end(begun, shown(status, result, &call)))
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Answered> {
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    let Begun { key, fingerprint, .. } = &begun;
    let work = async {
        let request = decode(call.version, body)?;
        checkout.cancel(&id, &request, key.as_deref(), fingerprint).await
    };
    let result = call.in_time(&app, work).await;
    Ok(end(begun, shown(StatusCode::OK, result, &call)))
}

pub(super) async fn retrieve(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Refused> {
    let checkout = Checkout::new(&app, &call.caller);
    let session = call.in_time(&app, checkout.retrieve(&id)).await?;
    Ok(Answer::of(StatusCode::OK, session, call.version).into_response())
}

fn shown(
    status: StatusCode,
    result: Result<CheckoutSession, Failure>,
    call: &Call,
) -> Result<Answer, Failure> {
    result.map(|session| Answer::of(status, session, call.version))
}

/// An encoded answer, and whether it may be given again for the same key.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) is_final: bool,
}

impl Answer {
    /// A completion that is still running must be asked again, not replayed.
    pub(super) fn of(status: StatusCode, session: CheckoutSession, version: Version) -> Self {
        let is_final = !is_in_progress(session.status);
        let body = encode(session, version).expect("a session of texts and integers serializes");
        Self { status, headers: Vec::new(), body: body.into(), is_final }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (self.status, json, self.body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
