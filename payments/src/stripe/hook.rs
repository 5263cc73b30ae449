//! What Stripe tells by itself: signed deliveries that name a payment.
//!
//! Signature and body are read apart: a genuine delivery of a shape that is not known here is no
//! forgery, it is only about nothing.

use commerce::Forged;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::wire::Event;
use crate::Hint;

const SIGNATURE: &str = "stripe-signature";
/// How far the time of a delivery may be from ours. Every retry is signed afresh.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(300);
/// Stripe's deliveries are a few kilobytes.
const BODY_MAX: usize = 1024 * 1024;
/// Stripe sends one signature for each secret that is alive.
const SIGNATURES_MAX: usize = 16;

/// Which payment a delivery is about.
pub(super) fn hear(
    secrets: &[SecretString],
    livemode: bool,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Hint>, Forged> {
    let header = header(SIGNATURE).ok_or(Forged)?;
    if body.len() > BODY_MAX || !is_genuine(secrets, &header, body, now) {
        return Err(Forged);
    }
    let text = std::str::from_utf8(body).ok();
    let event: Option<Event> = text.and_then(|text| miniserde::json::from_str(text).ok());
    Ok(event.filter(|event| event.is_ours(livemode)).and_then(Event::into_hint))
}

/// Whether one of the secrets has signed the body at about this time.
fn is_genuine(secrets: &[SecretString], header: &str, body: &[u8], now: Timestamp) -> bool {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let Some(time) = parts().find_map(|(name, value)| (name == "t").then_some(value)) else {
        return false;
    };
    let sent = time.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
    if sent.is_none_or(|sent| now.duration_since(sent).abs() > TOLERANCE) {
        return false;
    }
    let signatures = parts().filter(|(name, _)| *name == "v1").take(SIGNATURES_MAX);
    let signatures: Vec<_> = signatures.filter_map(|(_, value)| unhex(value)).collect();
    secrets.iter().any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .expect("a key of any length is fine")
            .chain_update(time)
            .chain_update(b".")
            .chain_update(body);
        // Compared in constant time.
        signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

/// 32 bytes in hexadecimal.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}
