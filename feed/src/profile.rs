//! Who reads a feed, and the columns that reader knows: their names, their order, which must be
//! there.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{concept::Concept, format::Format};

mod columns;

/// A contract between a feed and its reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Today's native contract: 53 columns. The default.
    #[default]
    #[serde(rename = "openai")]
    OpenAi,
    /// The native contract at its widest, of summer 2026: 81 columns.
    #[serde(rename = "openai-extended")]
    OpenAiExtended,
    /// The native contract as it was launched in 2025: 71 columns.
    #[serde(rename = "openai-2025")]
    OpenAi2025,
    /// Google's columns, as a delimited file.
    Google,
    /// Stripe's product feed.
    Stripe,
    /// Product objects of the Agentic Commerce Protocol's Feed API.
    Acp,
}

/// All profiles, the default first.
pub const PROFILES: [Profile; 6] = [
    Profile::OpenAi,
    Profile::OpenAiExtended,
    Profile::OpenAi2025,
    Profile::Google,
    Profile::Stripe,
    Profile::Acp,
];

/// A name that no profile has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no profile; there are openai, openai-extended, openai-2025, google, stripe and acp"
)]
pub struct UnknownProfile(String);

/// One column of a profile.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// How the reader calls it.
    pub name: &'static str,
    /// What it holds.
    pub concept: Concept,
    /// Whether it must be there.
    pub need: Need,
    /// How its value is written.
    pub form: Form,
}

/// Whether a column must be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A row without it is refused.
    Required,
    /// Where the column's rule says so.
    Conditional,
    /// Better filled.
    Recommended,
    /// As one likes.
    Optional,
    /// Only after the reader has set it up.
    Setup,
}

impl Need {
    /// One letter for tables.
    pub fn letter(self) -> char {
        match self {
            Self::Required => 'R',
            Self::Conditional => 'C',
            Self::Recommended => 'r',
            Self::Optional => 'o',
            Self::Setup => 'S',
        }
    }
}

/// How a value is written where a reader wants it otherwise than its concept has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the concept has it.
    Own,
    /// A number and its unit in one text: `31 cm`.
    WithUnit,
    /// `31x22x4 cm`.
    Sides,
    /// `preorder` instead of `pre_order`, and nothing instead of `unknown`.
    Preorder,
    /// Instants instead of days: `2026-04-01T00:00:00Z/2026-05-01T00:00:00Z`.
    Instants,
    /// A text instead of objects.
    Prose,
    /// Nothing where `shipping_price` says it: the two never stand side by side.
    Alone,
}

impl Profile {
    /// How the configuration calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiExtended => "openai-extended",
            Self::OpenAi2025 => "openai-2025",
            Self::Google => "google",
            Self::Stripe => "stripe",
            Self::Acp => "acp",
        }
    }

    /// Its columns in their order. Those of `acp` are members of its objects.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::OpenAi => columns::OPENAI,
            Self::OpenAiExtended => columns::OPENAI_EXTENDED,
            Self::OpenAi2025 => columns::OPENAI_2025,
            Self::Google => columns::GOOGLE,
            Self::Stripe => columns::STRIPE,
            Self::Acp => columns::ACP,
        }
    }

    /// The column that holds a concept.
    pub fn column(self, concept: Concept) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.concept == concept)
    }

    /// Whether its readers take that format.
    pub fn takes(self, format: Format) -> bool {
        match self {
            Self::OpenAi | Self::OpenAiExtended | Self::OpenAi2025 => true,
            Self::Google => matches!(format, Format::Csv | Format::Tsv),
            Self::Stripe => format == Format::Csv,
            Self::Acp => matches!(format, Format::Json | Format::Jsonl),
        }
    }

    /// Whether a row can say that it is not to be shown. Readers of other profiles do not get it.
    pub fn has_flags(self) -> bool {
        matches!(self, Self::OpenAi | Self::OpenAiExtended | Self::OpenAi2025)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let found = PROFILES.into_iter().find(|profile| profile.name() == text);
        found.ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}
