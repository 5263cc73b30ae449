//! The documents that describe the service to everybody: they lie in memory, ready to be sent.

use std::sync::{Arc, OnceLock};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;

use super::{discovery::Discovery, openapi};
use crate::app::App;

pub(super) const DISCOVERY: &str = "/.well-known/acp.json";
pub(super) const OPENAPI: &str = "/openapi.json";

/// How long a document may be kept: the RFC on discovery asks for an hour at least.
const CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// All of them.
pub(super) struct Documents {
    app: Arc<App>,
    discovery: Discovery,
    /// Made for whoever asks first: most never do.
    openapi: OnceLock<Bytes>,
}

impl Documents {
    pub(super) fn new(app: &Arc<App>) -> Self {
        Self { app: Arc::clone(app), discovery: Discovery::new(), openapi: OnceLock::new() }
    }

    /// The document at that path.
    pub(super) fn find(&self, path: &str) -> Option<Response> {
        let document = match path {
            DISCOVERY => self.discovery.document(&self.app),
            OPENAPI => self.openapi.get_or_init(|| openapi::document(&self.app.public_url)).clone(),
            _ => return None,
        };
        let mut response = Response::new(Body::from(document));
        response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        response.headers_mut().insert(header::CACHE_CONTROL, CONTROL);
        Some(response)
    }
}

/// A document of ours, as it is sent.
pub(super) fn written(document: &impl Serialize) -> Bytes {
    serde_json::to_vec(document).expect("a document of texts").into()
}
