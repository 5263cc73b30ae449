//! A file in memory, sent as a whole or in part (RFC 9110, sections 13 and 14).
//!
//! A condition decides before a range does. Several ranges at once are answered with the whole,
//! as a server may.

use std::{convert::Infallible, ops::Range};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822};

/// What a file holds, and what is said of it.
pub(super) struct Content<'a> {
    pub(super) pieces: &'a [Bytes],
    /// Of all pieces, in bytes.
    pub(super) length: u64,
    /// Strong, in quotes.
    pub(super) etag: &'a str,
    pub(super) made_at: Timestamp,
}

/// What is to be sent.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Range(Range<u64>),
    /// The range begins behind the end.
    Beyond,
}

/// Answers a GET. Of an answer to a HEAD only the head is sent.
pub(super) fn answer(content: &Content<'_>, asked: &HeaderMap) -> Response {
    let made_at = content.made_at();
    let mut response = if is_known(content, asked) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match part(content, asked) {
            Part::Whole => sent(StatusCode::OK, content, 0..content.length),
            Part::Range(range) => {
                let told = format!("bytes {}-{}/{}", range.start, range.end - 1, content.length);
                let mut response = sent(StatusCode::PARTIAL_CONTENT, content, range);
                response.headers_mut().extend(value(&told).map(|it| (header::CONTENT_RANGE, it)));
                response
            }
            Part::Beyond => {
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                let told = format!("bytes */{}", content.length);
                response.headers_mut().extend(value(&told).map(|it| (header::CONTENT_RANGE, it)));
                response
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(value(content.etag).map(|it| (header::ETAG, it)));
    headers.extend(made_at.and_then(|it| value(&it)).map(|it| (header::LAST_MODIFIED, it)));
    response
}

impl Content<'_> {
    fn made_at(&self) -> Option<String> {
        rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.made_at).ok()
    }
}

/// Whether the reader has these bytes already. A tag says it better than a time.
fn is_known(content: &Content<'_>, asked: &HeaderMap) -> bool {
    let tags: Vec<&str> = lines(asked, header::IF_NONE_MATCH).collect();
    if !tags.is_empty() {
        let tags = tags.into_iter().flat_map(|line| line.split(',')).map(str::trim);
        return tags
            .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
            .any(|tag| tag == "*" || tag == content.etag);
    }
    let since = lines(asked, header::IF_MODIFIED_SINCE).next().and_then(time);
    since.is_some_and(|since| content.made_at.as_second() <= since.as_second())
}

/// What of it is asked for. A range of other bytes than these is answered with the whole.
fn part(content: &Content<'_>, asked: &HeaderMap) -> Part {
    let Some(range) = lines(asked, header::RANGE).next() else { return Part::Whole };
    if let Some(only) = lines(asked, header::IF_RANGE).next() {
        let is_same = only == content.etag
            || time(only).is_some_and(|it| it.as_second() == content.made_at.as_second());
        if !is_same {
            return Part::Whole;
        }
    }
    ranged(range, content.length)
}

fn ranged(text: &str, length: u64) -> Part {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|one| one.split_once('-'))
    else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(0) => return Part::Beyond,
            Some(count) => length.saturating_sub(count)..length,
            None => return Part::Whole,
        },
        (first, "") => match number(first) {
            Some(first) => first..length,
            None => return Part::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
            _ => return Part::Whole,
        },
    };
    if range.start < length { Part::Range(range) } else { Part::Beyond }
}

fn sent(status: StatusCode, content: &Content<'_>, range: Range<u64>) -> Response {
    let length = range.end - range.start;
    let body = match content.pieces {
        [only] if length == content.length => Body::from(only.clone()),
        pieces => {
            let pieces = cut(pieces, range).into_iter().map(Ok::<_, Infallible>);
            Body::from_stream(stream::iter(pieces))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// The pieces of a range; nothing is copied.
fn cut(pieces: &[Bytes], range: Range<u64>) -> Vec<Bytes> {
    let (mut at, mut cut) = (0_u64, Vec::with_capacity(pieces.len()));
    for piece in pieces {
        let end = at + piece.len() as u64;
        let from = range.start.clamp(at, end) - at;
        let to = range.end.clamp(at, end) - at;
        if from < to {
            let place = |at: u64| usize::try_from(at).unwrap_or(piece.len());
            cut.push(piece.slice(place(from)..place(to)));
        }
        at = end;
    }
    cut
}

fn lines(headers: &HeaderMap, name: http::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

fn time(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Part, cut, ranged};

    #[test]
    fn ranges_are_as_the_standard_has_them() {
        for (text, expected) in [
            ("bytes=0-0", Part::Range(0..1)),
            ("bytes=5-", Part::Range(5..10)),
            ("bytes=-3", Part::Range(7..10)),
            ("bytes=-30", Part::Range(0..10)),
            ("bytes=8-99", Part::Range(8..10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(ranged(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn pieces_are_cut_where_the_range_is() {
        let pieces = ["abc", "defg", "hi"].map(|text| Bytes::from_static(text.as_bytes()));
        let cut = |range| cut(&pieces, range).concat();
        assert_eq!(cut(0..9), b"abcdefghi");
        assert_eq!(cut(2..8), b"cdefgh");
        assert_eq!(cut(4..5), b"e");
    }
}
