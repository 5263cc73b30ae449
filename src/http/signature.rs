//! `Signature` and `Timestamp` of a call (ACP RFC "agentic checkout", section 5).
//!
//! The protocol says base64url over canonical JSON and leaves the algorithm and the keys to an
//! agreement: here HMAC-SHA256 with a shared secret. Which one agents will use is unproven.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::error::Refused;
use crate::config::{Signature, SigningKey};

/// Refuses a call whose signature is wrong, or missing where it must be there.
pub(super) fn verify(
    rule: &Signature,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refused> {
    let (key, is_required) = match rule {
        Signature::Off => return Ok(()),
        Signature::Optional(key) => (key, false),
        Signature::Required(key) => (key, true),
    };
    match headers.get("signature") {
        None if is_required => Err(Refused::signature("Send the header Signature")),
        None => Ok(()),
        Some(value) => {
            check_time(key, headers, now)?;
            let is_right = value.to_str().is_ok_and(|text| matches(key, text, body));
            if is_right { Ok(()) } else { Err(Refused::signature("The Signature is wrong")) }
        }
    }
}

/// An old call that somebody sends again is refused by its time.
fn check_time(key: &SigningKey, headers: &HeaderMap, now: Timestamp) -> Result<(), Refused> {
    let sent: Option<Timestamp> =
        headers.get("timestamp").and_then(|value| value.to_str().ok()?.parse().ok());
    let sent = sent.ok_or_else(|| Refused::signature("Send the header Timestamp, RFC 3339"))?;
    let skew = SignedDuration::try_from(key.skew).unwrap_or(SignedDuration::MAX);
    if now.duration_since(sent).abs() > skew {
        return Err(Refused::signature("The Timestamp is too far from now"));
    }
    Ok(())
}

/// Compared in constant time.
fn matches(key: &SigningKey, signature: &str, body: &[u8]) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')) else {
        return false;
    };
    let Ok(canonical) = acp::latest::canonical(body) else { return false };
    let mac = Hmac::<Sha256>::new_from_slice(key.secret.expose_secret().as_bytes());
    mac.is_ok_and(|mac| mac.chain_update(&canonical).verify_slice(&signature).is_ok())
}
