//! What came back, and reading it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use thiserror::Error;

/// A complete answer of an upstream, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// The body is not the JSON that was expected. Says where, never what: it may hold secrets.
#[derive(Debug, Error)]
#[error("status {status}, {length} bytes, starts with {start:?}")]
pub struct Unreadable {
    /// The status it came with.
    pub status: StatusCode,
    /// How long the body is.
    pub length: usize,
    /// Its first few bytes, enough to tell HTML from JSON.
    pub start: String,
    /// Where decoding stopped.
    #[source]
    pub source: serde_json::Error,
}

impl Answer {
    /// The body as JSON. White space, a byte order mark and what PHP prints before the first
    /// brace are passed over, because stores with a chatty plugin send both.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        let body = after_noise(&self.body);
        serde_json::from_slice(body).map_err(|source| Unreadable {
            status: self.status,
            length: self.body.len(),
            start: String::from_utf8_lossy(&self.body[..self.body.len().min(24)]).into_owned(),
            source,
        })
    }

    /// The same without what stands before the JSON, for whoever reads the body by hand.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        let json = after_noise(&self.body);
        let noise = self.body.len() - json.len();
        // A page may have a brace in it as well, and stays a page.
        if noise > 0 && serde_json::from_slice::<IgnoredAny>(json).is_ok() {
            self.body = self.body.slice(noise..);
        }
        self
    }

    /// One header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// When to ask again, where the upstream says so in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// The body from its first JSON brace on, if something that is no JSON stands before it.
fn after_noise(body: &[u8]) -> &[u8] {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
    if text.first() != Some(&b'<') {
        return text;
    }
    // A notice ends its line with a tag; the document begins on a line of its own or right after.
    text.windows(2)
        .position(|pair| matches!(pair, [b'>' | b'\n', b'{' | b'[']))
        .map_or(text, |at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::Answer;

    fn read(body: &'static [u8]) -> Option<serde_json::Value> {
        let body = Bytes::from_static(body);
        Answer { status: StatusCode::OK, headers: HeaderMap::new(), body }.json().ok()
    }

    #[test]
    fn json_is_found_behind_noise() {
        let wanted = Some(serde_json::json!({"a": 1}));
        assert_eq!(read(b"{\"a\":1}"), wanted);
        assert_eq!(read(b"\xEF\xBB\xBF\n{\"a\":1}"), wanted);
        assert_eq!(read(b"<br />\n<b>Notice</b>: x in <b>y</b><br />\n{\"a\":1}"), wanted);
        assert_eq!(read(b"<b>Warning</b>: z<br />{\"a\":1}"), wanted);
        assert_eq!(read(b"<html><body>no</body></html>"), None);
        assert_eq!(read(b"{\"a\":"), None);
        assert_eq!(read(b""), None);
    }
}
