//! From the one internal session to the bytes of a version.
//!
//! Each older version is made from the next newer one, so a conversion knows two neighbors only.

use crate::{
    v2025_09_29, v2025_12_12, v2026_01_16, v2026_01_30,
    v2026_04_17::{checkout::CheckoutSession, order::OrderEvent},
    version::Version,
};

/// A session in a version's own shape, with nothing that its published schema does not define.
///
/// # Errors
/// None that a session of texts and integers could cause.
pub fn encode(session: CheckoutSession, version: Version) -> serde_json::Result<Vec<u8>> {
    match version {
        Version::V2026_04_17 => serde_json::to_vec(&session),
        Version::V2026_01_30 => serde_json::to_vec(&v2026_01_30::narrowed(session)),
        Version::V2026_01_16 => serde_json::to_vec(&v2026_01_16(session)),
        Version::V2025_12_12 => serde_json::to_vec(&v2025_12_12(session)),
        Version::V2025_09_29 => {
            serde_json::to_vec(&v2025_09_29::Session::from(v2025_12_12(session)))
        }
    }
}

/// An event about an order in a version's own shape.
///
/// # Errors
/// None that an order of texts and integers could cause.
pub fn encode_event(event: OrderEvent, version: Version) -> serde_json::Result<Vec<u8>> {
    if version >= Version::V2026_04_17 {
        serde_json::to_vec(&event)
    } else {
        serde_json::to_vec(&v2026_01_30::Event::from(event))
    }
}

fn v2026_01_16(session: CheckoutSession) -> v2026_01_16::Session {
    v2026_01_30::narrowed(session).into()
}

fn v2025_12_12(session: CheckoutSession) -> v2025_12_12::Session {
    v2026_01_16(session).into()
}
