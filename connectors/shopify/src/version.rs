//! Versions of the Admin API: one for each quarter, each supported for a year.
//!
//! <https://shopify.dev/docs/api/usage/versioning>

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Older ones lack parts that we ask for.
const OLDEST: (u16, u8) = (2026, 4);

/// A version of the Admin API, such as `2026-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    year: u16,
    month: u8,
}

/// Why a text is no version that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadVersion {
    /// It is none of Shopify's.
    #[error("{0:?} is no version of Shopify's API: write year and quarter, such as \"2026-10\"")]
    Unknown(String),
    /// It lacks parts that are needed.
    #[error("version {0} of Shopify's API is too old: use 2026-04 or later, best 2026-10")]
    TooOld(ApiVersion),
}

impl Default for ApiVersion {
    /// The one that everything here was written for.
    fn default() -> Self {
        Self { year: 2026, month: 10 }
    }
}

impl FromStr for ApiVersion {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            let is_plain = year.len() == 4 && matches!(month, "01" | "04" | "07" | "10");
            let year = year.parse().ok().filter(|_| is_plain)?;
            Some(Self { year, month: month.parse().ok()? })
        };
        let version = read().ok_or_else(|| BadVersion::Unknown(text.to_owned()))?;
        let is_old = (version.year, version.month) < OLDEST;
        if is_old { Err(BadVersion::TooOld(version)) } else { Ok(version) }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiVersion, BadVersion};

    #[test]
    fn a_version_is_a_quarter_and_not_too_old() {
        for good in ["2026-04", "2026-07", "2026-10", "2027-01"] {
            assert_eq!(good.parse::<ApiVersion>().unwrap().to_string(), good);
        }
        for bad in ["", "2026", "2026-05", "unstable", "26-10", "2026-1"] {
            assert_eq!(bad.parse::<ApiVersion>(), Err(BadVersion::Unknown(bad.to_owned())));
        }
        assert!(matches!("2026-01".parse::<ApiVersion>(), Err(BadVersion::TooOld(_))));
        assert_eq!(ApiVersion::default().to_string(), "2026-10");
    }
}
