//! Where a reading stands, as a cursor.

use commerce::Cursor;

use super::bulk::Export;

/// Where a reading stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing has been read.
    Start,
    /// In what the store has exported.
    Export(Export),
    /// Behind the product with this number.
    Page(u64),
    /// Behind a change, by the store's own cursor.
    Changes(String),
}

impl Place {
    /// What a cursor says. One that says nothing is the start.
    pub(super) fn at(cursor: Option<&Cursor>) -> Self {
        cursor.and_then(|cursor| Self::parse(cursor.as_str())).unwrap_or(Self::Start)
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(match self {
            Self::Start => String::new(),
            Self::Export(Export { operation, offset, found, nth }) => {
                format!("export:{operation}:{offset}:{found}:{nth}")
            }
            Self::Page(last) => format!("page:{last}"),
            Self::Changes(cursor) => format!("changes:{cursor}"),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "export" => {
                let mut parts = rest.split(':');
                let mut part = || parts.next()?.parse::<u64>().ok();
                let (operation, offset, found, nth) = (part()?, part()?, part()?, part()?);
                let nth = u8::try_from(nth).ok()?;
                Some(Self::Export(Export { operation, offset, found, nth }))
            }
            "page" => rest.parse().ok().map(Self::Page),
            "changes" => Some(Self::Changes(rest.to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use commerce::Cursor;

    use super::{Export, Place};

    #[test]
    fn a_place_is_found_again() {
        let export = Export { operation: 9_107_199_254_740_993, offset: 17, found: 3, nth: 2 };
        let changes = Place::Changes("eyJsYXN0X2lkIjoxfQ==".to_owned());
        for place in [Place::Start, Place::Export(export), Place::Page(12), changes] {
            assert_eq!(Place::at(Some(&place.cursor())), place);
        }
        for nonsense in ["", "export:1", "page:x", "elsewhere:1"] {
            assert_eq!(Place::at(Some(&Cursor::new(nonsense))), Place::Start, "{nonsense}");
        }
    }
}
