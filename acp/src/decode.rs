//! From bytes to a request, or to the one thing that is wrong with it and where.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use thiserror::Error;

use crate::version::Version;

/// A request that cannot be used: becomes a flat error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Invalid {
    /// The flat error's code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// Where, as an RFC 9535 JSONPath.
    pub param: Option<String>,
}

/// A request type that has rules beyond its shape.
pub trait Checked: DeserializeOwned {
    /// Refuses what the shape cannot, by the rules of a version.
    fn check(&self, version: Version) -> Result<(), Invalid>;
}

/// Decodes and checks a request. Every version's names are understood in every version; what must
/// be there is the version's own.
pub fn decode<T: Checked>(version: Version, body: &[u8]) -> Result<T, Invalid> {
    let mut object = object(body)?;
    let request = if drop_older_names(&mut object) {
        serde_path_to_error::deserialize(object)
    } else {
        // From the text, which says whether a member stands there twice.
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body))
    };
    let request: T = request.map_err(|error| describe(&error))?;
    request.check(version).map(|()| request)
}

impl Invalid {
    /// The same, with the members named as this version does.
    #[must_use]
    pub fn in_words_of(mut self, version: Version) -> Self {
        const NAMES: [(&str, &str); 4] = [
            ("$.line_items", "$.items"),
            ("$.payment_data.handler_id", "$.payment_data.provider"),
            ("$.payment_data.instrument.credential", "$.payment_data"),
            ("$.payment_data.instrument", "$.payment_data.token"),
        ];
        if version.negotiates() {
            return self;
        }
        let Some(param) = self.param.take() else { return self };
        let known = NAMES.iter().find(|(newer, _)| param.starts_with(newer));
        self.param = Some(known.map_or_else(
            || param.clone(),
            |(newer, older)| {
                let last = |path: &str| path.rsplit('.').next().map(|name| format!("{name:?}"));
                if let (Some(newer), Some(older)) = (last(newer), last(older)) {
                    self.message = self.message.replace(&newer, &older);
                }
                param.replacen(newer, older, 1)
            },
        ));
        self
    }
}

/// A member that this version demands is not there.
pub(crate) fn missing(param: &str) -> Invalid {
    let member = param.rsplit('.').next().unwrap_or(param);
    Invalid {
        code: "missing_required_field",
        message: format!("The member {member:?} is missing. Send it"),
        param: Some(param.to_owned()),
    }
}

/// The message of a rule that was broken at a path.
pub(crate) fn broken(param: &str, message: &str) -> Invalid {
    Invalid { code: "invalid", message: message.to_owned(), param: Some(param.to_owned()) }
}

/// One whole JSON object, and nothing after it. Nesting beyond 128 levels does not parse.
fn object(body: &[u8]) -> Result<Value, Invalid> {
    let why = match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => return Ok(object),
        Ok(_) => "it is another kind of value".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Invalid {
        code: "invalid",
        message: format!("The body is not a JSON object: {why}. Send one JSON object"),
        param: None,
    })
}

/// Whoever says a thing in the words of two versions is taken by the newer ones. Whether somebody
/// does.
fn drop_older_names(value: &mut Value) -> bool {
    const NAMES: [(&str, &str); 2] = [("items", "line_items"), ("phone", "phone_number")];

    match value {
        Value::Object(members) => {
            let mut dropped = false;
            for (older, newer) in NAMES {
                dropped |= members.contains_key(newer) && members.remove(older).is_some();
            }
            members.values_mut().fold(dropped, |dropped, member| drop_older_names(member) | dropped)
        }
        Value::Array(entries) => {
            entries.iter_mut().fold(false, |dropped, entry| drop_older_names(entry) | dropped)
        }
        _ => false,
    }
}

/// The deserializer's words and path, in the protocol's terms.
fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> Invalid {
    let words = error.inner().to_string();
    // The position in the text says nothing beside the path.
    let words = words.split(" at line ").next().unwrap_or_default();
    let path = json_path(error.path());
    if let Some(member) = words.strip_prefix("missing field `").and_then(|m| m.strip_suffix('`')) {
        return missing(&format!("{path}.{member}"));
    }
    Invalid { code: "invalid", message: format!("This cannot be used: {words}"), param: Some(path) }
}

/// `line_items[0].quantity` becomes `$.line_items[0].quantity`.
fn json_path(path: &serde_path_to_error::Path) -> String {
    let text = path.to_string();
    if text == "." { "$".to_owned() } else { format!("$.{text}") }
}

/// A positive whole number, however it is spelled: `2` and `2.0` are two.
pub(crate) fn quantity<'de, D>(deserializer: D) -> Result<std::num::NonZeroU32, D::Error>
where
    D: serde::Deserializer<'de>,
{
    use serde::de::Error;

    let number = serde_json::Number::deserialize(deserializer)?;
    let text = number.to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, fraction)| {
        if fraction.bytes().all(|digit| digit == b'0') { whole } else { "" }
    });
    whole.parse().map_err(|_| {
        D::Error::custom(format!("{text} is no quantity; send a whole number from 1 on"))
    })
}
