//! The network as a seam: one request out, one answer back, nothing else.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use thiserror::Error;

/// Carries one request to its host and brings the whole answer back.
///
/// It follows no redirects, keeps no cookies and retries nothing.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`; an answer of more than `body_max` bytes is cut off with
    /// [`TransportError::TooLarge`].
    async fn send(
        &self,
        request: Request<Bytes>,
        body_max: usize,
    ) -> Result<Response<Bytes>, TransportError>;
}

/// Why no answer came back.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The host was never reached: nothing can have happened there.
    #[error("the host cannot be reached")]
    NotSent(#[source] Box<dyn Error + Send + Sync>),
    /// The connection broke after the request may have arrived.
    #[error("the connection broke before the answer was complete")]
    Lost(#[source] Box<dyn Error + Send + Sync>),
    /// The answer is larger than we are willing to hold.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}
