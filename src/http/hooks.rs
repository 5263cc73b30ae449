//! `/hooks/{store}/{platform}`: a store tells of changes. Verified, noted and answered at once; the
//! work comes after the answer.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{Path, State},
};
use commerce::{Forged, Heard};
use http::{HeaderMap, StatusCode};
use tracing::{debug, info, warn};

use crate::{app::App, chain::Chain, failure::Failure, sales};

/// How long a processor waits for our answer: a session that is being bought is waited for.
const BUDGET: Duration = Duration::from_secs(10);

pub(super) async fn hear(
    State(app): State<Arc<App>>,
    Path((store, _platform)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(store) = app.stores.iter().find(|known| known.id == store) else {
        return StatusCode::NOT_FOUND;
    };
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let secret = app.sealer.hook_secret(&store.id);
    match store.connector.hear(&header, &body, &secret) {
        Ok(Heard::Product(id)) => store.inbox.product(id),
        Ok(Heard::Order(id)) => store.inbox.order(id),
        Ok(Heard::Store) => store.inbox.store(),
        Ok(Heard::Nothing) => debug!(store.id = store.id, "a hook about nothing"),
        Ok(Heard::Uninstalled) => warn!(
            store.id = store.id,
            "the store has taken our access away: install the app again, or take the store out of \
             the configuration",
        ),
        Ok(Heard::Privacy { request, about }) => info!(
            store.id = store.id,
            request,
            about,
            "a request about personal data: all of it is in the store, none is kept here",
        ),
        Err(Forged) => {
            warn!(
                store.id = store.id,
                "a hook that is not signed with our secret: run `storebridge hooks repair`",
            );
            return StatusCode::UNAUTHORIZED;
        }
    }
    StatusCode::OK
}

/// `/hooks/{store}/stripe`: the processor tells of a payment. It is answered when everything about it
/// is done; until then with a 503, and the processor tells again. That makes its retries our queue,
/// and one that outlives us.
pub(super) async fn hear_processor(
    State(app): State<Arc<App>>,
    Path(store): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(store) = app.stores.iter().find(|known| known.id == store) else {
        return StatusCode::NOT_FOUND;
    };
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let hint = match store.processor.hear(&header, &body, app.seams.clock.now()) {
        Ok(Some(hint)) => hint,
        Ok(None) => return StatusCode::OK,
        Err(Forged) => {
            warn!(
                store.id = store.id,
                "a hook that the processor has not signed: compare webhook_secrets with its dashboard",
            );
            return StatusCode::BAD_REQUEST;
        }
    };
    // The account may have other business, and other stores.
    if hint.store.as_ref().is_some_and(|of| *of != store.id) {
        return StatusCode::OK;
    }
    let settling = async {
        let payment = store.processor.fetch(&hint.payment).await?;
        if payment.store.as_ref() != Some(&store.id) {
            return Ok(true);
        }
        sales::settle(&app, store, &payment).await
    };
    match tokio::time::timeout(BUDGET, settling).await {
        Ok(Ok(true)) => StatusCode::OK,
        Ok(Ok(false)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        Ok(Err(failure)) => {
            let (id, error) = (&hint.payment, Chain(&failure).to_string());
            warn!(store.id = store.id, payment.id = %id, error, "not settled yet");
            // What can never be opened would only be told again and again.
            match failure {
                Failure::UnknownSession => StatusCode::OK,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
    }
}
