//! Who may call `wc/v3`: Basic or query keys, over what PHP takes for HTTPS.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::shop::{Shop, Switch};
use super::wire::{Answer, Call, problem};

impl Shop {
    /// Checks the call's key. `Ok(true)` is let in, `Ok(false)` is a stranger who gets the
    /// route's own refusal, an error is a known key used wrongly.
    pub(super) fn authenticate(&self, call: &Call) -> Result<bool, Answer> {
        if self.has(Switch::PlainHttp) {
            return Ok(false);
        }
        let Some((key, secret)) = credentials(call) else { return Ok(false) };
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
        let given = credentials(call).filter(|_| !self.has(Switch::PlainHttp));
        given.is_some_and(|(key, secret)| pairs.contains(&(&key, &secret)))
    }
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

fn credentials(call: &Call) -> Option<(String, String)> {
    if let (Some(key), Some(secret)) = (call.param("consumer_key"), call.param("consumer_secret")) {
        return Some((key.to_owned(), secret.to_owned()));
    }
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (key, secret) = text.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}
