//! A file in memory, sent as a whole or in part (RFC 9110, sections 13 and 14).
//!
//! A condition decides before a range does. Several ranges at once are answered with the whole,
//! as a server may.

use std::{convert::Infallible, ops::Range};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822};

/// What a file holds, and what is said of it.
pub(super) struct Content<'a> {
    pub(super) pieces: &'a [Bytes],
    /// Of all pieces, in bytes.
    pub(super) length: u64,
    pub(super) made_at: Timestamp,
    /// The head of an answer with all of it; its `ETag` is a strong one.
    pub(super) head: &'a HeaderMap,
}

/// Pieces of so many bytes are sent as they are; smaller ones are gathered up to as many.
const SENT_BYTES: usize = 64 * 1024;

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
    if is_known(content, asked) {
        return answered(StatusCode::NOT_MODIFIED, content, Body::empty(), []);
    }
    let length = content.length;
    match part(content, asked) {
        Part::Whole => answered(StatusCode::OK, content, body(content, 0..length), []),
        Part::Range(range) => {
            let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            let headers = [
                (header::CONTENT_RANGE, value(&told)),
                (header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start)),
            ];
            answered(StatusCode::PARTIAL_CONTENT, content, body(content, range), headers)
        }
        Part::Beyond => {
            let headers = [
                (header::CONTENT_RANGE, value(&format!("bytes */{length}"))),
                (header::CONTENT_LENGTH, HeaderValue::from(0)),
            ];
            answered(StatusCode::RANGE_NOT_SATISFIABLE, content, Body::empty(), headers)
        }
    }
}

/// What is said of the whole, but for these.
fn answered(
    status: StatusCode,
    content: &Content<'_>,
    body: Body,
    but: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = content.head.clone();
    for (name, value) in but {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Whether the reader has these bytes already. A tag says it better than a time.
fn is_known(content: &Content<'_>, asked: &HeaderMap) -> bool {
    if asked.contains_key(header::IF_NONE_MATCH) {
        let etag = content.head.get(header::ETAG);
        let tags = lines(asked, header::IF_NONE_MATCH).flat_map(|line| line.split(','));
        return tags
            .map(str::trim)
            .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
            .any(|tag| tag == "*" || etag.is_some_and(|etag| tag == etag));
    }
    let since = lines(asked, header::IF_MODIFIED_SINCE).next().and_then(time);
    since.is_some_and(|since| content.made_at.as_second() <= since.as_second())
}

/// What of it is asked for. A range of other bytes than these is answered with the whole.
fn part(content: &Content<'_>, asked: &HeaderMap) -> Part {
    let Some(range) = lines(asked, header::RANGE).next() else { return Part::Whole };
    if let Some(only) = lines(asked, header::IF_RANGE).next() {
        let is_same = content.head.get(header::ETAG).is_some_and(|etag| only == etag)
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

fn body(content: &Content<'_>, range: Range<u64>) -> Body {
    match content.pieces {
        [only] if range.end - range.start == content.length => Body::from(only.clone()),
        pieces => {
            let pieces = gathered(cut(pieces, range).into_iter());
            Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
        }
    }
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

/// The same bytes in fewer pieces: copying small ones takes less than sending each by itself.
fn gathered(pieces: impl Iterator<Item = Bytes>) -> impl Iterator<Item = Bytes> {
    let mut pieces = pieces.peekable();
    std::iter::from_fn(move || {
        let first = pieces.next()?;
        let is_small = |piece: &Bytes| piece.len() < SENT_BYTES;
        if !is_small(&first) || !pieces.peek().is_some_and(is_small) {
            return Some(first);
        }
        let mut all = Vec::with_capacity(2 * SENT_BYTES);
        all.extend_from_slice(&first);
        while all.len() < SENT_BYTES
            && let Some(piece) = pieces.next_if(is_small)
        {
            all.extend_from_slice(&piece);
        }
        Some(all.into())
    })
}

fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

fn time(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("words and digits")
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Part, SENT_BYTES, cut, gathered, ranged};

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

    #[test]
    fn small_pieces_are_gathered_and_large_ones_are_left_alone() {
        let piece = |length: usize, byte: u8| Bytes::from(vec![byte; length]);
        let large = piece(SENT_BYTES, b'l');
        let small = || (0..100).map(|nth| piece(1_000, nth));
        let all: Vec<Bytes> = small().chain([large.clone()]).chain(small()).collect();
        let sent: Vec<Bytes> = gathered(all.iter().cloned()).collect();
        assert_eq!(sent.concat(), all.concat());
        let lengths: Vec<usize> = sent.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [66_000, 34_000, SENT_BYTES, 66_000, 34_000]);
        assert_eq!(sent[2].as_ptr(), large.as_ptr(), "it is not copied");
    }
}
