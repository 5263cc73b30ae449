//! API versions: what is asked for, and what is served.

use serde_json::{Value, json};

/// Handle, name and whether it is supported.
const VERSIONS: [(&str, &str, bool); 6] = [
    ("2026-01", "2026-01", true),
    ("2026-04", "2026-04", true),
    ("2026-07", "2026-07", true),
    ("2026-10", "2026-10 (Latest)", true),
    ("2027-01", "2027-01 (Release candidate)", false),
    ("unstable", "unstable", false),
];

/// The version a call is served in; `None` where there is no such version.
///
/// A version that is too old falls forward to the oldest that is supported.
pub(super) fn served(asked: &str) -> Option<&'static str> {
    if let Some((handle, ..)) = VERSIONS.iter().find(|(handle, ..)| *handle == asked) {
        return Some(handle);
    }
    let (year, month) = asked.split_once('-')?;
    let quarter = matches!(month, "01" | "04" | "07" | "10");
    let year: u16 = year.parse().ok()?;
    (quarter && (2019..2026).contains(&year)).then_some(VERSIONS[0].0)
}

/// `publicApiVersions`.
pub(super) fn listed() -> Value {
    let all = VERSIONS.iter().map(|(handle, name, supported)| {
        json!({ "handle": handle, "displayName": name, "supported": supported })
    });
    all.collect()
}
