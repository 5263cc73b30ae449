//! The four operations on carts (ACP RFC "cart"). A PUT sets the whole cart, so its key is welcome
//! and not demanded.

use std::sync::Arc;

use acp::latest::{Cart, decode};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{
    call::{Call, Id},
    error::Refused,
    idempotency::{Answered, begin, end},
    sessions::Answer,
};
use crate::{app::App, checkout::Checkout};

pub(super) async fn create(State(app): State<Arc<App>>, call: Call) -> Result<Response, Answered> {
    check_version(&call)?;
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let work = async { checkout.create_cart(decode(call.version, &call.body)?).await };
    let result = call.in_time(&app, work).await;
    Ok(end(begun, result.map(|cart| answer(StatusCode::CREATED, &cart))))
}

pub(super) async fn retrieve(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Refused> {
    check_version(&call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let cart = call.in_time(&app, checkout.cart(&id)).await?;
    Ok(answer(StatusCode::OK, &cart).into_response())
}

pub(super) async fn replace(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Answered> {
    check_version(&call)?;
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let work = async { checkout.replace_cart(&id, decode(call.version, &call.body)?).await };
    let result = call.in_time(&app, work).await;
    Ok(end(begun, result.map(|cart| answer(StatusCode::OK, &cart))))
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Id(id): Id,
    call: Call,
) -> Result<Response, Answered> {
    check_version(&call)?;
    let begun = begin(&app, &call)?;
    let checkout = Checkout::new(&app, &call.caller);
    let result = call.in_time(&app, checkout.cancel_cart(&id)).await;
    Ok(end(begun, result.map(|cart| answer(StatusCode::OK, &cart))))
}

fn check_version(call: &Call) -> Result<(), Refused> {
    if call.version.has_carts() { Ok(()) } else { Err(Refused::no_carts()) }
}

fn answer(status: StatusCode, cart: &Cart) -> Answer {
    let body = serde_json::to_vec(cart).expect("a cart of texts and integers serializes");
    Answer { status, headers: Vec::new(), body: body.into(), is_final: true }
}
