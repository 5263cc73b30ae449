//! How a feed is written down, and packed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How rows become text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One array of objects; `{"products": [...]}` for profile `acp`.
    Json,
    /// An object a line.
    #[default]
    Jsonl,
    /// Comma-separated, quoted as in RFC 4180, lines ended by a line feed.
    Csv,
    /// The same with tabs.
    Tsv,
    /// `<feed><item>…</item></feed>`.
    Xml,
}

/// All formats.
pub const FORMATS: [Format; 5] =
    [Format::Json, Format::Jsonl, Format::Csv, Format::Tsv, Format::Xml];

/// How a feed is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Not at all.
    #[default]
    None,
    /// As concatenated gzip members.
    Gzip,
    /// As concatenated Zstandard frames.
    Zstd,
    /// Column by column; of comma-separated feeds only, and only when they are whole.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// All packings that every format may have.
pub const PACKINGS: [Packing; 3] = [Packing::None, Packing::Gzip, Packing::Zstd];

/// A name that no format has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no format; there are json, jsonl, csv, tsv and xml, each also with .gz or .zst, and \
     parquet in a build with that feature"
)]
pub struct UnknownFormat(String);

impl Format {
    /// Its name, which also ends its files' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Xml => "xml",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jsonl => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Tsv => "text/tab-separated-values; charset=utf-8",
            Self::Xml => "application/xml",
        }
    }
}

impl Packing {
    /// What it puts after a file's name: nothing, `.gz` or `.zst`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
            #[cfg(feature = "parquet")]
            Self::Parquet => ".parquet",
        }
    }
}

/// The end of a file's name, as [`parse_suffix`] reads it.
pub fn suffix(format: Format, packing: Packing) -> String {
    match packing {
        #[cfg(feature = "parquet")]
        Packing::Parquet => "parquet".to_owned(),
        packing => format!("{format}{}", packing.suffix()),
    }
}

/// A format and its packing by the end of a file's name: `jsonl.gz`.
pub fn parse_suffix(text: &str) -> Result<(Format, Packing), UnknownFormat> {
    #[cfg(feature = "parquet")]
    if text == "parquet" {
        return Ok((Format::Csv, Packing::Parquet));
    }
    let (format, packing) = if let Some(format) = text.strip_suffix(".gz") {
        (format, Packing::Gzip)
    } else if let Some(format) = text.strip_suffix(".zst") {
        (format, Packing::Zstd)
    } else {
        (text, Packing::None)
    };
    Ok((format.parse().map_err(|_| UnknownFormat(text.to_owned()))?, packing))
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = FORMATS.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
