//! Members that are read one by one, because their shape depends on who asks.

use miniserde::json::{Number, Value};

/// A member of an object.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(name),
        _ => None,
    }
}

/// A member that is a text.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    match member(value, name)? {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A member that is a whole number.
pub(super) fn integer(value: &Value, name: &str) -> Option<i64> {
    match member(value, name)? {
        Value::Number(Number::U64(number)) => i64::try_from(*number).ok(),
        Value::Number(Number::I64(number)) => Some(*number),
        _ => None,
    }
}

/// A member that is a truth value.
pub(super) fn boolean(value: &Value, name: &str) -> Option<bool> {
    match member(value, name)? {
        Value::Bool(truth) => Some(*truth),
        _ => None,
    }
}
