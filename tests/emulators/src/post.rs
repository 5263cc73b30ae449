//! Sends what webhooks send.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Posts a body; `true` for an answer in the 2xx range within `patience`.
pub(crate) async fn send<'a>(
    url: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &[u8],
    patience: Duration,
) -> bool {
    let mut request = Request::post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let body = Full::<Bytes>::from(body.to_vec());
    let Ok(request) = request.body(body) else { return false };
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(patience, client.request(request)).await;
    matches!(answer, Ok(Ok(response)) if response.status().is_success())
}
