//! PHP's loose types: a number may come as a text and a text as a number, nothing as `null`, `""`,
//! `false` or `[]`, and a list as an object. Plugins and old versions do all of it.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// A text, whatever it came as; nothing is the empty one.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(text_of(&Value::deserialize(from)?).unwrap_or_default())
}

/// A text where there is one.
pub(crate) fn some_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text_of(&Value::deserialize(from)?).filter(|text| !text.is_empty()))
}

/// A whole number, whatever it came as; nothing is 0.
pub(crate) fn number<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr + Default,
{
    some_number(from).map(Option::unwrap_or_default)
}

/// A whole number where there is one.
pub(crate) fn some_number<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    let Some(text) = text_of(&Value::deserialize(from)?).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    // `2.0` is a whole number too.
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let number = rest.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten();
    number.map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no whole number")))
}

/// Yes or no, in all the ways in which PHP says so.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let text = text_of(&Value::deserialize(from)?).unwrap_or_default();
    Ok(matches!(text.as_str(), "true" | "1" | "yes" | "on"))
}

/// A list; an object is the list of its values, and what is neither is an empty one.
pub(crate) fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let items = match Value::deserialize(from)? {
        Value::Array(items) => items,
        Value::Object(members) => members.into_iter().map(|(_, item)| item).collect(),
        _ => Vec::new(),
    };
    items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(Error::custom)
}

/// An object; what is none (an empty one comes as `[]`) is as if nothing were in it.
pub(crate) fn object<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    match Value::deserialize(from)? {
        object @ Value::Object(_) => serde_json::from_value(object).map_err(Error::custom),
        _ => Ok(T::default()),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("true".to_owned()),
        Value::Null | Value::Bool(false) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(default)]
    struct Loose {
        #[serde(deserialize_with = "super::text")]
        text: String,
        #[serde(deserialize_with = "super::some_text")]
        some_text: Option<String>,
        #[serde(deserialize_with = "super::number")]
        number: u32,
        #[serde(deserialize_with = "super::some_number")]
        some_number: Option<i64>,
        #[serde(deserialize_with = "super::flag")]
        flag: bool,
        #[serde(deserialize_with = "super::list")]
        list: Vec<u32>,
        #[serde(deserialize_with = "super::object")]
        object: Option<Box<Loose>>,
    }

    fn read(value: serde_json::Value) -> Loose {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn types_are_taken_as_php_takes_them() {
        let strict = read(json!({
            "text": "16.2", "some_text": "7", "number": 2, "some_number": -1, "flag": true,
            "list": [1, 2],
        }));
        let loose = read(json!({
            "text": 16.2, "some_text": 7, "number": "2.0", "some_number": "-1", "flag": "yes",
            "list": {"0": 1, "7": 2}, "object": [],
        }));
        assert_eq!(strict, loose);
        let nothing = read(json!({
            "text": null, "some_text": "", "number": "", "some_number": null, "flag": "",
            "list": false, "object": [],
        }));
        assert_eq!(nothing, Loose::default());
        assert!(serde_json::from_value::<Loose>(json!({"number": "two"})).is_err());
        assert!(serde_json::from_value::<Loose>(json!({"number": 1.5})).is_err());
    }
}
