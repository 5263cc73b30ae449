//! Letters from an emulator to somebody else's server: what webhooks send.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// One POST to somebody else's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Exactly what is signed.
    pub body: Vec<u8>,
}

/// Posts a letter and waits so long for the status of the answer; `None` if none came.
pub(crate) async fn send(letter: Letter, patience: Duration) -> Option<u16> {
    let headers = letter.headers.iter().map(|(name, value)| (*name, value.as_str()));
    post(&letter.url, headers, letter.body.clone(), patience).await
}

/// Posts a body and waits so long for the status of the answer; `None` if none came.
pub(crate) async fn post<'a>(
    url: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: Vec<u8>,
    patience: Duration,
) -> Option<u16> {
    let mut request = Request::post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::<Bytes>::from(body)).ok()?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(patience, client.request(request)).await;
    answer.ok()?.ok().map(|response| response.status().as_u16())
}
