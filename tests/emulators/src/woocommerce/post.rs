//! Sends what webhooks send.

use std::time::Duration;

use super::hooks::Letter;

/// WordPress gives a webhook's receiver this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Posts a letter; `true` for an answer in the 2xx range.
pub(super) async fn send(letter: Letter) -> bool {
    let headers = letter.headers.iter().map(|(name, value)| (*name, value.as_str()));
    crate::post::send(&letter.url, headers, &letter.body, PATIENCE).await
}
