//! A feed that can be sent: its bytes, and what HTTP says of them.

use std::fmt::Write;

use bytes::Bytes;
use feed::{Feed, Packing, ShardMax};
use http::{HeaderMap, HeaderValue, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};

use super::{Shard, Wanted};

/// A feed's bytes, and what is said of them.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) length: u64,
    pub(crate) rows: u64,
    /// When these bytes were first made here.
    pub(crate) made_at: Timestamp,
    /// How many parts of it are small enough for its readers.
    pub(crate) shards: u32,
    /// The head of every answer with it; `Age` is another one each time.
    pub(crate) head: HeaderMap,
}

impl Ready {
    pub(super) fn new(feed: &Feed, wanted: &Wanted, now: Timestamp, max: ShardMax) -> Self {
        let pieces = pieces(feed, wanted.packing);
        let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        let shards = feed.count_shards(max);
        let made_at = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
        let made_at = made_at.expect("a clock between the years 1 and 9999");
        let [content_length, etag, last_modified] =
            in_one_piece([&length.to_string(), &etag(feed), &made_at]);
        let mut head = HeaderMap::from_iter([
            (header::CONTENT_TYPE, media_type(wanted)),
            (header::CONTENT_LENGTH, content_length),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
            (header::AGE, HeaderValue::from_static("0")),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
            (header::ETAG, etag),
            (header::LAST_MODIFIED, last_modified),
        ]);
        if let Some(links) = links(wanted, shards) {
            let [links] = in_one_piece([&links]);
            head.insert(header::LINK, links);
        }
        Self { pieces, length, rows: feed.rows(), made_at: now, shards, head }
    }

    /// Names these bytes, in quotes: a strong entity tag.
    pub(super) fn etag(&self) -> Option<&HeaderValue> {
        self.head.get(header::ETAG)
    }
}

/// Values that are sent together lie together in memory, which has to fetch them for each answer.
fn in_one_piece<const N: usize>(texts: [&str; N]) -> [HeaderValue; N] {
    let (bytes, mut at) = (Bytes::from(texts.concat()), 0);
    texts.map(|text| {
        let value = bytes.slice(at..at + text.len());
        at += text.len();
        HeaderValue::from_maybe_shared(value).expect("names, digits and letters")
    })
}

fn pieces(feed: &Feed, packing: Packing) -> Vec<Bytes> {
    match packing {
        #[cfg(feature = "parquet")]
        Packing::Parquet => vec![feed::to_parquet(feed.pieces())],
        _ => feed.pieces().collect(),
    }
}

/// Half of a SHA-256 is enough to tell feeds apart.
fn etag(feed: &Feed) -> String {
    let digits = feed.digest()[..16].iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a String takes every write");
        digits
    });
    format!("\"{digits}\"")
}

/// Packed feeds are files that are packed, not answers: nobody unpacks them on the way.
fn media_type(wanted: &Wanted) -> HeaderValue {
    HeaderValue::from_static(match wanted.packing {
        Packing::None => wanted.format.media_type(),
        Packing::Gzip => "application/gzip",
        Packing::Zstd => "application/zstd",
        #[cfg(feature = "parquet")]
        Packing::Parquet => "application/vnd.apache.parquet",
    })
}

/// Where its parts are, if it is too large for its readers (RFC 8288).
fn links(wanted: &Wanted, shards: u32) -> Option<String> {
    if shards < 2 || wanted.shard.is_some() {
        return None;
    }
    let links = (1..=shards).map(|nth| {
        let shard = Some(Shard { nth, of: shards });
        format!("<{}>; rel=\"item\"", Wanted { shard, ..wanted.clone() })
    });
    Some(links.collect::<Vec<_>>().join(", "))
}
