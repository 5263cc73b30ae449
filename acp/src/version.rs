//! The dated versions of the protocol (RFC "agentic checkout", header `API-Version`).

use std::fmt;

/// A version we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2026-04-17.
    V2026_04_17,
}

/// A text that names no version we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this version of the protocol is not spoken here")]
pub struct UnknownVersion;

impl Version {
    /// Every version we speak, oldest first.
    pub const SUPPORTED: &[Self] = &[Self::V2026_04_17];
    /// The newest.
    pub const LATEST: Self = Self::V2026_04_17;

    /// The version with this date.
    pub fn parse(text: &str) -> Result<Self, UnknownVersion> {
        let known = Self::SUPPORTED.iter().find(|version| version.as_str() == text);
        known.copied().ok_or(UnknownVersion)
    }

    /// The date.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2026_04_17 => "2026-04-17",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
