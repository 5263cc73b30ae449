//! Sends what webhooks send.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::hooks::Letter;

/// WordPress gives a webhook's receiver this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Posts a letter; `true` for an answer in the 2xx range.
pub(super) async fn send(letter: Letter) -> bool {
    let mut request = Request::post(&letter.url);
    for (name, value) in letter.headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(Full::<Bytes>::from(letter.body)) else { return false };
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(PATIENCE, client.request(request)).await;
    matches!(answer, Ok(Ok(response)) if response.status().is_success())
}
