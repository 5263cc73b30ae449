//! What a JSON body means, as a hash: the equality of idempotency keys (RFC "agentic checkout",
//! section 6). Canonical form by RFC 8785, hash by SHA-256.
//!
//! The order of members and `1.0` against `1` do not matter; null is not absent, and the order
//! of an array counts.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash of a body's meaning.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The body has no meaning to compare.
#[derive(Debug, thiserror::Error)]
pub enum NotJson {
    /// It does not parse.
    #[error("it does not parse: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It holds an integer that RFC 8785 cannot tell from its neighbor.
    #[error("an integer is beyond 2^53")]
    TooLarge,
}

/// The largest integer that has no equal neighbor in RFC 8785.
const INTEGER_MAX: u64 = 1 << 53;

/// The meaning of a body. An absent body means something too.
pub fn fingerprint(body: &[u8]) -> Result<Fingerprint, NotJson> {
    Ok(Fingerprint(Sha256::digest(canonical(body)?).into()))
}

/// The one spelling of a body (RFC 8785). An absent body is spelled by nothing.
pub fn canonical(body: &[u8]) -> Result<Vec<u8>, NotJson> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(body)?;
    check_integers(&value)?;
    Ok(serde_json_canonicalizer::to_vec(&value)?)
}

fn check_integers(value: &Value) -> Result<(), NotJson> {
    match value {
        Value::Number(number) => {
            let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_some_and(|size| size > INTEGER_MAX) {
                Err(NotJson::TooLarge)
            } else {
                Ok(())
            }
        }
        Value::Array(items) => items.iter().try_for_each(check_integers),
        Value::Object(members) => members.values().try_for_each(check_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    fn same(one: &str, two: &str) -> bool {
        fingerprint(one.as_bytes()).unwrap() == fingerprint(two.as_bytes()).unwrap()
    }

    #[test]
    fn meaning_counts_and_spelling_does_not() {
        assert!(same(r#"{"a":1,"b":[2]}"#, "{ \"b\" : [2.0], \"a\": 1e0 }"));
        assert!(same("", "  \n"));
        assert!(!same(r#"{"a":null}"#, "{}"));
        assert!(!same("[1,2]", "[2,1]"));
        assert!(!same("", "{}"));
        assert!(!same(r#"{"a":"1"}"#, r#"{"a":1}"#));
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        assert!(fingerprint(b"{").is_err());
        assert!(fingerprint(b"{\"a\":9007199254740993}").is_err());
        assert!(fingerprint(b"\xff").is_err());
    }
}
