//! Values that are a number at one store and a text at another, or something else altogether.
//!
//! PHP and plugins turn numbers into texts and texts into numbers, empty lists into `{}`, `""` or
//! `false`, and absent things into `null`. None of that may sink a catalog.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A text; a number as its digits, nothing as the empty text.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    })
}

/// A count or an id; nothing as 0.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(integer_of(&Value::deserialize(from)?).and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// A number that may be absent.
pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(integer_of(&Value::deserialize(from)?))
}

/// Yes or no, in any of PHP's ways. `"parent"`, as variations say of their stock, is a yes.
pub(super) fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(is) => is,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0" | "no" | "false"),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    })
}

/// A list. One that PHP counted from another number than 0 is an object; what cannot be read of it
/// is left out.
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let entries: Vec<Value> = match Value::deserialize(from)? {
        Value::Array(entries) => entries,
        Value::Object(entries) => entries.into_iter().map(|(_, entry)| entry).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// An object that may be absent; an empty list or text stands for none.
pub(super) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(if value.is_object() { serde_json::from_value(value).ok() } else { None })
}

/// Whole units: stock may be kept in fractions, of which the whole ones can be sold.
fn integer_of(value: &Value) -> Option<i64> {
    let digits = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    digits.split('.').next()?.parse().ok()
}
