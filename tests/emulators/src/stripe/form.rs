//! Form bodies and queries: bracketed names in, typed values out, and nothing left over.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::errors::Refusal;

/// Parameters that are taken out one by one; what is left at the [end](Form::end) is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Form {
    /// The name of the hash in its parent, empty at the top.
    name: String,
    values: Map<String, Value>,
}

impl Form {
    /// Reads `a=1&b[c]=2&d[]=3`. Lists are hashes whose names are numbers.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut values = Map::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            insert(&mut values, &parts(&name), &value)
                .ok_or_else(|| Refusal::parameter("Invalid object", &name))?;
        }
        Ok(Self { name: String::new(), values })
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.values.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Err(Refusal::empty(&self.full(name))),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::parameter("Invalid string", &self.full(name))),
        }
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let invalid = || {
            Refusal::parameter(&format!("Invalid integer: {text}"), &self.full(name))
                .code("parameter_invalid_integer")
        };
        text.parse().map(Some).map_err(|_| invalid())
    }

    /// An integer of at least one.
    pub(super) fn positive(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        match self.integer(name)? {
            Some(number) if number < 1 => {
                let words = "This value must be greater than or equal to 1.";
                Err(Refusal::parameter(words, &self.full(name)).code("parameter_invalid_integer"))
            }
            number => Ok(number),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => {
                let words = format!("Invalid boolean: {text}");
                Err(Refusal::parameter(&words, &self.full(name)))
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice(
        &mut self,
        name: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let chosen = choices.iter().copied().find(|choice| *choice == text);
        let invalid = || {
            let words = format!("Invalid {name}: must be one of {}", choices.join(", "));
            Refusal::parameter(&words, &self.full(name))
        };
        chosen.map(Some).ok_or_else(invalid)
    }

    pub(super) fn hash(&mut self, name: &str) -> Result<Option<Self>, Refusal> {
        match self.values.remove(name) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Self { name: self.full(name), values })),
            Some(_) => Err(Refusal::parameter("Invalid object", &self.full(name))),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let Some(hash) = self.hash(name)? else { return Ok(Vec::new()) };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let invalid = || Refusal::parameter("Invalid array", &hash.name);
        hash.values.values().map(|value| text(value).ok_or_else(invalid)).collect()
    }

    /// Metadata to set; an empty value unsets its key.
    pub(super) fn metadata(&mut self, name: &str) -> Result<Vec<(String, String)>, Refusal> {
        let Some(hash) = self.hash(name)? else { return Ok(Vec::new()) };
        let mut pairs = Vec::new();
        for (key, value) in hash.values {
            let invalid = |words: &str| Refusal::parameter(words, &hash.name);
            let Value::String(value) = value else { return Err(invalid("Invalid object")) };
            if key.chars().count() > 40 {
                return Err(invalid("Metadata keys can have up to 40 characters."));
            }
            if value.chars().count() > 500 {
                return Err(invalid("Metadata values can have up to 500 characters."));
            }
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// The refusal for a parameter that is not there.
    pub(super) fn missing(&self, name: &str) -> Refusal {
        Refusal::missing(&self.full(name))
    }

    /// Whatever was not taken is unknown.
    pub(super) fn end(self) -> Result<(), Refusal> {
        let names: Vec<_> = self.values.keys().map(|name| self.full(name)).collect();
        if names.is_empty() { Ok(()) } else { Err(Refusal::unknown(&names)) }
    }

    fn full(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.name) }
    }
}

/// Sets metadata; an empty value unsets its key.
pub(super) fn merge(metadata: &mut BTreeMap<String, String>, pairs: Vec<(String, String)>) {
    for (key, value) in pairs {
        if value.is_empty() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
}

/// `a[b][]` is `a`, `b` and an empty name.
fn parts(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[') else { return vec![name] };
    let Some(rest) = rest.strip_suffix(']') else { return vec![name] };
    std::iter::once(first).chain(rest.split("][")).collect()
}

/// `None` if a name is both a value and a hash.
fn insert(values: &mut Map<String, Value>, parts: &[&str], value: &str) -> Option<()> {
    let (first, rest) = parts.split_first()?;
    let name = if first.is_empty() { values.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        let before = values.insert(name, value.into());
        return (!before.is_some_and(|before| before.is_object())).then_some(());
    }
    let child = values.entry(name).or_insert_with(|| Value::Object(Map::new()));
    insert(child.as_object_mut()?, rest, value)
}
