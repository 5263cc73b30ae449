//! The dated versions of the protocol (RFC "agentic checkout", header `API-Version`).

use std::fmt;

/// A version we speak. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2025-09-29, the first release; its drafts were dated 2025-09-12.
    V2025_09_29,
    /// 2025-12-12: destinations with a contact, several selections.
    V2025_12_12,
    /// 2026-01-16: options with totals.
    V2026_01_16,
    /// 2026-01-30: capabilities, handlers, warnings, discounts.
    V2026_01_30,
    /// 2026-04-17: mandatory keys, discovery, carts, rich orders. What was added since and is
    /// harmless is understood too.
    V2026_04_17,
}

/// A text that names no version we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this version of the protocol is not spoken here")]
pub struct UnknownVersion;

impl Version {
    /// Every version we speak, oldest first.
    pub const SUPPORTED: &[Self] = &[
        Self::V2025_09_29,
        Self::V2025_12_12,
        Self::V2026_01_16,
        Self::V2026_01_30,
        Self::V2026_04_17,
    ];
    /// The newest.
    pub const LATEST: Self = Self::V2026_04_17;
    /// The date of the first draft, which many agents still send for the first release.
    const FIRST_DRAFT: &str = "2025-09-12";

    /// The version with this date.
    pub fn parse(text: &str) -> Result<Self, UnknownVersion> {
        if text == Self::FIRST_DRAFT {
            return Ok(Self::V2025_09_29);
        }
        let known = Self::SUPPORTED.iter().find(|version| version.as_str() == text);
        known.copied().ok_or(UnknownVersion)
    }

    /// The date.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2025_09_29 => "2025-09-29",
            Self::V2025_12_12 => "2025-12-12",
            Self::V2026_01_16 => "2026-01-16",
            Self::V2026_01_30 => "2026-01-30",
            Self::V2026_04_17 => "2026-04-17",
        }
    }

    /// Whether a POST must carry an `Idempotency-Key`.
    pub fn demands_key(self) -> bool {
        self >= Self::V2026_04_17
    }

    /// Whether there are carts.
    pub fn has_carts(self) -> bool {
        self >= Self::V2026_04_17
    }

    /// Whether agent and seller tell each other what they can do.
    pub fn negotiates(self) -> bool {
        self >= Self::V2026_01_30
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn dates_come_in_order_and_round_trip() {
        assert!(Version::SUPPORTED.is_sorted());
        assert_eq!(Version::SUPPORTED.last(), Some(&Version::LATEST));
        for version in Version::SUPPORTED {
            assert_eq!(Version::parse(version.as_str()), Ok(*version));
        }
    }

    #[test]
    fn the_first_draft_is_the_first_release() {
        assert_eq!(Version::parse("2025-09-12"), Ok(Version::V2025_09_29));
        for text in ["", "2026-04-18", "2026-4-17", "latest"] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
    }
}
