//! The real network: pooled connections, rustls, no redirects, no cookies.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::Certificate;

use crate::{Transport, TransportError};

/// A pool of connections over TLS, or in the clear where the URL says so.
#[derive(Clone, Debug)]
pub struct Https(reqwest::Client);

impl Https {
    /// An empty pool. `connect_timeout` bounds name lookup, TCP and TLS together.
    ///
    /// It trusts whom the machine trusts; a machine without any certificates, such as a bare
    /// container, trusts whom Mozilla trusts.
    pub fn new(connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("storebridge/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
        };
        builder().build().or_else(|_| builder().tls_certs_only(mozilla()?).build()).map(Self)
    }
}

fn mozilla() -> Result<Vec<Certificate>, reqwest::Error> {
    let certificates = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    certificates.map(|certificate| Certificate::from_der(certificate)).collect()
}

#[async_trait]
impl Transport for Https {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that sends")]
    async fn send(
        &self,
        request: Request<Bytes>,
        body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::NotSent(error.into()))?;
        let mut answer = self.0.execute(request).await.map_err(classify)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers().clone();
        }
        let mut body = BytesMut::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|error| TransportError::Lost(error.into()))?
        {
            if body.len() + chunk.len() > body_max {
                return Err(TransportError::TooLarge(body_max));
            }
            body.extend_from_slice(&chunk);
        }
        response.body(body.freeze()).map_err(|error| TransportError::Lost(error.into()))
    }
}

/// Only a failure to connect proves that nothing was sent.
fn classify(error: reqwest::Error) -> TransportError {
    let never_left = error.is_connect() || error.is_builder();
    let error = error.without_url();
    if never_left {
        TransportError::NotSent(error.into())
    } else {
        TransportError::Lost(error.into())
    }
}
