//! Who may call `wc/v3`: Basic or query keys over what PHP takes for HTTPS, else signed calls.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::shop::{Shop, Switch};
use super::wire::{Answer, Call, problem};

impl Shop {
    /// Checks the call's key. `Ok(true)` is let in, `Ok(false)` is a stranger who gets the
    /// route's own refusal, an error is a known key used wrongly.
    pub(super) fn authenticate(&mut self, call: &Call) -> Result<bool, Answer> {
        // WooCommerce looks for keys only where it takes the address for one of its own.
        if !call.uri.contains("wp-json/wc/") {
            return Ok(false);
        }
        if self.has(Switch::PlainHttp) {
            return self.check_signature(call);
        }
        let Some((key, secret)) = self.credentials(call) else { return Ok(false) };
        let keys = &self.keys;
        let known =
            [(&keys.key, &keys.secret, true), (&keys.read_only_key, &keys.read_only_secret, false)];
        let Some((_, right, writes)) = known.into_iter().find(|(known, ..)| **known == key) else {
            return Ok(false);
        };
        let refuse = |text| Err(problem(401, "woocommerce_rest_authentication_error", text));
        if *right != secret {
            return refuse("Consumer secret is invalid.");
        }
        if !writes && call.method != "GET" {
            return refuse("The API key provided does not have write permissions.");
        }
        Ok(true)
    }

    /// Whether the call carries a key with its own secret, whatever it may do.
    pub(super) fn knows(&self, call: &Call) -> bool {
        let keys = &self.keys;
        let pairs = [(&keys.key, &keys.secret), (&keys.read_only_key, &keys.read_only_secret)];
        if self.has(Switch::PlainHttp) {
            return self.signer(call).is_some_and(|(_, secret, _)| self.is_signed(call, secret));
        }
        let given = self.credentials(call);
        given.is_some_and(|(key, secret)| pairs.contains(&(&key, &secret)))
    }

    /// OAuth 1.0a: every parameter, a right signature, a time within 15 minutes, a fresh nonce.
    fn check_signature(&mut self, call: &Call) -> Result<bool, Answer> {
        let refuse = |text: &str| Err(problem(401, "woocommerce_rest_authentication_error", text));
        if call.param("oauth_consumer_key").is_none() {
            return Ok(false);
        }
        for name in SIGNED {
            if call.param(name).is_none() {
                return refuse(&format!("Missing OAuth parameter {name}"));
            }
        }
        let Some((_, secret, writes)) = self.signer(call) else {
            return refuse("Consumer key is invalid.");
        };
        if call.param("oauth_signature_method") != Some("HMAC-SHA256") {
            return refuse("Invalid signature - signature method is invalid.");
        }
        if !self.is_signed(call, secret) {
            return refuse("Invalid signature - provided signature does not match.");
        }
        let at: i64 = call.param("oauth_timestamp").and_then(|at| at.parse().ok()).unwrap_or(0);
        if (self.now().as_second() - at).abs() > 15 * 60 {
            return refuse("Invalid timestamp.");
        }
        let nonce = call.param("oauth_nonce").unwrap_or_default().to_owned();
        if !writes && call.method != "GET" {
            return refuse("The API key provided does not have write permissions.");
        }
        if !self.nonces.insert(nonce) {
            return refuse("Invalid nonce - nonce has already been used.");
        }
        Ok(true)
    }

    fn signer(&self, call: &Call) -> Option<(&str, &str, bool)> {
        let keys = &self.keys;
        let given = call.param("oauth_consumer_key")?;
        let known =
            [(&keys.key, &keys.secret, true), (&keys.read_only_key, &keys.read_only_secret, false)];
        let found = known.into_iter().find(|(key, ..)| *key == given)?;
        Some((found.0, found.1, found.2))
    }

    /// The base string names the shop's own address, whatever host was called.
    fn is_signed(&self, call: &Call, secret: &str) -> bool {
        let mut pairs: Vec<_> =
            call.query.iter().filter(|(name, _)| name != "oauth_signature").collect();
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let twice = |text: &str| raw(text).replace('%', "%25");
        let query: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}%3D{}", twice(name), twice(value)))
            .collect();
        let path = call.uri.split('?').next().unwrap_or_default();
        let url = raw(&format!("{}{}", self.home, path.trim_end_matches('/')));
        let base = format!("{}&{url}&{}", call.method, query.join("%26"));
        let mac = Hmac::<Sha256>::new_from_slice(format!("{secret}&").as_bytes());
        let mac = mac.expect("HMAC takes keys of any length").chain_update(base);
        let right = STANDARD.encode(mac.finalize().into_bytes());
        call.param("oauth_signature") == Some(&right)
    }

    fn credentials(&self, call: &Call) -> Option<(String, String)> {
        credentials(call, !self.has(Switch::NoAuthorization))
    }
}

const SIGNED: [&str; 5] = [
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
];

/// PHP's `rawurlencode`.
fn raw(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes every write");
        }
        encoded
    })
}

/// What a stranger is told, by what they tried to do.
pub(super) fn stranger(call: &Call, single: bool) -> Answer {
    let (deed, text) = match call.method.as_str() {
        "GET" if single => ("view", "Sorry, you cannot view this resource."),
        "GET" => ("view", "Sorry, you cannot list resources."),
        "POST" if !single => ("create", "Sorry, you are not allowed to create resources."),
        "DELETE" => ("delete", "Sorry, you are not allowed to delete this resource."),
        _ => ("edit", "Sorry, you are not allowed to edit this resource."),
    };
    problem(401, &format!("woocommerce_rest_cannot_{deed}"), text)
}

fn credentials(call: &Call, sees_header: bool) -> Option<(String, String)> {
    if let (Some(key), Some(secret)) = (call.param("consumer_key"), call.param("consumer_secret")) {
        return Some((key.to_owned(), secret.to_owned()));
    }
    let header = call.header("authorization").filter(|_| sees_header)?;
    let encoded = header.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (key, secret) = text.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}
