//! What the bridge notes on the draft beside its payment: enough to recognize a repeat after a
//! restart, and nothing about the buyer.

use acp::latest::Fingerprint;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One completion, recognizable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memo {
    /// Hash of the agent's idempotency key, if it sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Fingerprint of the body, payment token included.
    #[serde(default)]
    body: String,
    /// When the completion began, in seconds since 1970.
    #[serde(default)]
    at: i64,
}

/// How a call relates to the completion that a memo recalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same call again, or the same body under another key.
    Repeat,
    /// The same key with another body.
    KeyReused,
    /// Another call.
    Other,
}

impl Memo {
    pub(super) fn new(key: Option<&str>, body: &Fingerprint, now: Timestamp) -> Self {
        let key = key.map(|key| URL_SAFE_NO_PAD.encode(&Sha256::digest(key.as_bytes())[..16]));
        Self { key, body: body.to_string(), at: now.as_second() }
    }

    pub(super) fn render(&self) -> String {
        serde_json::to_string(self).expect("texts and an integer serialize")
    }

    /// Reads a memo back; one that somebody has edited is as good as none.
    pub(super) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// How a call with this memo relates to the one recalled here.
    pub(super) fn relation_of(&self, call: &Self) -> Relation {
        if self.body == call.body {
            Relation::Repeat
        } else if self.key.is_some() && self.key == call.key {
            Relation::KeyReused
        } else {
            Relation::Other
        }
    }

    /// The agent's key, hashed; `None` if it sent none.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether it recalls this very call: the same body under the same key.
    pub(super) fn is_same_call(&self, call: &Self) -> bool {
        self.key.is_some() && self.key == call.key && self.body == call.body
    }

    /// When the completion began; `None` where nobody has noted it.
    pub(super) fn began_at(&self) -> Option<Timestamp> {
        if self.at == 0 { None } else { Timestamp::from_second(self.at).ok() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Memo, Relation};

    fn memo(key: &str, body: &str) -> Memo {
        let body = acp::latest::fingerprint(body.as_bytes()).unwrap();
        Memo::new(Some(key), &body, Timestamp::from_second(1_795_457_250).unwrap())
    }

    #[test]
    fn a_repeat_is_recognized_after_a_round_trip() {
        let first = Memo::parse(&memo("key", r#"{"a":1}"#).render());
        assert_eq!(first.relation_of(&memo("key", r#"{"a":1.0}"#)), Relation::Repeat);
        assert_eq!(first.relation_of(&memo("fresh", r#"{"a":1}"#)), Relation::Repeat);
        assert_eq!(first.relation_of(&memo("key", r#"{"a":2}"#)), Relation::KeyReused);
        assert_eq!(first.relation_of(&memo("fresh", r#"{"a":2}"#)), Relation::Other);
    }

    #[test]
    fn no_memo_is_related_to_nothing() {
        assert_eq!(Memo::parse("edited").relation_of(&memo("k", "{}")), Relation::Other);
    }
}
