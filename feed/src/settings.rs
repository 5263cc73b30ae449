//! What the seller's configuration says of the feed: what the platform does not know, and what it
//! should say otherwise.

use std::collections::BTreeMap;

use commerce::{Currency, Decimal, Money};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    concept::{Concept, Kind},
    scan::{has_any, is_bad_in_link},
    text::{Text, clean},
    value::{Map, Value},
};

/// The configuration of a feed, as it is written.
///
/// ```toml
/// net_weight = true
/// [defaults]
/// brand = "Kattegat"
/// return_policy = "https://shop.example/returns"
/// [meta]
/// mpn = ["_mpn"]
/// [traits]
/// material = ["Stoff"]
/// [[rules]]
/// tag = "final-sale"
/// set = { accepts_returns = false }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Stands before the platform's product id in `group_id`, where that could be an item's id.
    pub group_prefix: String,
    /// The store's weights are those of the product without its parcel.
    pub net_weight: bool,
    /// The store's sides are those of the product, not of its parcel.
    pub product_dimensions: bool,
    /// What holds where nothing else is known, by the field's key.
    pub defaults: BTreeMap<String, toml::Value>,
    /// Keys of added fields in which the store keeps a field, the best first.
    pub meta: BTreeMap<String, Vec<String>>,
    /// Further names under which the store keeps a trait: `color`, `size`, `material`, `gender`,
    /// `age_group`, `pattern`, `size_type`.
    pub traits: BTreeMap<String, Vec<String>>,
    /// What holds for some products, whatever the platform says; a later rule goes before an
    /// earlier one, a product before a tag, a tag before a category.
    pub rules: Vec<Rule>,
}

/// What holds for the products that it names; for all, if it names none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Products in that category, or in one below it.
    pub category: Option<String>,
    /// Products with that tag.
    pub tag: Option<String>,
    /// The product of that id, or with that item.
    pub product: Option<String>,
    /// Values by the field's key. An empty text empties the field.
    pub set: BTreeMap<String, toml::Value>,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// No field has that key.
    #[error("{place}: there is no field {key:?}; `storebridge feed fields` lists them")]
    UnknownField {
        /// Where it stands.
        place: String,
        /// The key.
        key: String,
    },
    /// The field cannot hold the value.
    #[error("{place}.{key}: {value} is not {wanted}")]
    BadValue {
        /// Where it stands.
        place: String,
        /// The field.
        key: String,
        /// What was written.
        value: String,
        /// What is wanted.
        wanted: String,
    },
    /// The field is never configured.
    #[error("{place}: {key:?} is the platform's to say")]
    NotYours {
        /// Where it stands.
        place: String,
        /// The field.
        key: String,
    },
    /// No trait has that name.
    #[error(
        "traits: {0:?} is none of color, size, material, gender, age_group, pattern, size_type"
    )]
    UnknownTrait(String),
}

/// Settings by concept, `None` where a field is to be empty.
pub(crate) type Given = Vec<(Concept, Option<Value<'static>>)>;

/// What is written under `defaults` or `set`, read.
pub(crate) fn parse_values(
    place: &str,
    written: &BTreeMap<String, toml::Value>,
) -> Result<Given, SettingsError> {
    written.iter().map(|(key, value)| parse_value(place, key, value)).collect()
}

/// The concept of a key that may be configured.
pub(crate) fn parse_key(place: &str, key: &str) -> Result<Concept, SettingsError> {
    let unknown = || SettingsError::UnknownField { place: place.to_owned(), key: key.to_owned() };
    let concept = Concept::parse(key).ok_or_else(unknown)?;
    if matches!(concept, Concept::ItemId | Concept::GroupId | Concept::Price | Concept::SalePrice) {
        return Err(SettingsError::NotYours { place: place.to_owned(), key: key.to_owned() });
    }
    Ok(concept)
}

fn parse_value(
    place: &str,
    key: &str,
    value: &toml::Value,
) -> Result<(Concept, Option<Value<'static>>), SettingsError> {
    let concept = parse_key(place, key)?;
    if value.as_str() == Some("") {
        return Ok((concept, None));
    }
    let read = read(concept.kind(), value).ok_or_else(|| SettingsError::BadValue {
        place: place.to_owned(),
        key: key.to_owned(),
        value: value.to_string(),
        wanted: wanted(concept.kind()),
    })?;
    Ok((concept, Some(read)))
}

/// A field's text, as an added field of the platform keeps it.
pub(crate) fn parse_text(kind: Kind, text: &str) -> Option<Value<'_>> {
    let text = text.trim();
    match kind {
        _ if text.is_empty() => None,
        Kind::Text(_) => Some(Value::Text(clean(text))),
        Kind::Link => parse_link(text).map(Value::Text),
        Kind::Links => Some(Value::Texts(split(text))).filter(all_links),
        Kind::Texts => Some(Value::Texts(split(text))),
        Kind::Money => parse_money(text).map(Value::Money),
        Kind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(Value::Flag(true)),
            "false" | "no" | "0" => Some(Value::Flag(false)),
            _ => None,
        },
        Kind::Count => text.parse().ok().map(Value::Count),
        Kind::Decimal => text.parse().ok().filter(is_positive).map(Value::Decimal),
        Kind::Number => text.parse().ok().map(Value::Number),
        Kind::Date => text.get(..10).and_then(|day| day.parse().ok()).map(Value::Date),
        Kind::Span => {
            let (from, to) = text.split_once('/')?;
            let (from, to): (Date, Date) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            (from < to).then_some(Value::Days(from, to))
        }
        Kind::Word(words) => {
            let known = words.iter().find(|word| word.eq_ignore_ascii_case(text));
            known.map(|word| Value::Word(word))
        }
        Kind::Map => {
            let map: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).ok()?;
            let pairs = map
                .into_iter()
                .map(|(name, value)| Some((name.into(), value.as_str()?.to_owned().into())));
            pairs.collect::<Option<Map<'_>>>().map(Value::Map)
        }
        Kind::Maps => parse_maps(text).map(Value::Maps),
    }
}

/// Objects of texts, as JSON.
fn parse_maps(text: &str) -> Option<Vec<Map<'static>>> {
    let maps: Vec<BTreeMap<String, String>> = serde_json::from_str(text).ok()?;
    let maps = maps.into_iter().filter(|map| !map.is_empty());
    let owned = |map: BTreeMap<String, String>| {
        map.into_iter().map(|(name, text)| (name.into(), text.into())).collect()
    };
    Some(maps.map(owned).collect()).filter(|maps: &Vec<_>| !maps.is_empty())
}

/// An address that a browser could open, without a password in it.
pub(crate) fn parse_link(text: &str) -> Option<Text<'_>> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let has_host = !matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#' | b'@'));
    let link = Text::looked_through(text);
    // One in which nothing needs care can have only these.
    let is_fine = link.is_plain() && !has_any(text.as_bytes(), |byte| matches!(byte, b' ' | b'@'));
    let is_good = || !has_user(rest) && !has_any(text.as_bytes(), is_bad_in_link);
    (has_host && (is_fine || is_good())).then_some(link)
}

/// Whether a user or a password stands before the host.
fn has_user(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next();
    host.is_some_and(|host| host.contains('@'))
}

/// Whether a browser could open it.
pub(crate) fn is_link(text: &str) -> bool {
    parse_link(text).is_some()
}

/// `12.34 USD`.
pub(crate) fn parse_money(text: &str) -> Option<Money> {
    let (amount, code) = text.split_once(' ')?;
    let upper = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let currency = Currency::from_code(code).filter(|_| upper)?;
    Money::parse_major(amount, currency).ok().filter(|money| money.minor() >= 0)
}

fn read(kind: Kind, value: &toml::Value) -> Option<Value<'static>> {
    match (kind, value) {
        (_, toml::Value::String(text)) => parse_text(kind, text).map(owned),
        (Kind::Flag, toml::Value::Boolean(flag)) => Some(Value::Flag(*flag)),
        // `identifier_exists = false`, as one would write it.
        (Kind::Word(["yes", "no"]), toml::Value::Boolean(flag)) => {
            Some(Value::Word(if *flag { "yes" } else { "no" }))
        }
        (Kind::Count, toml::Value::Integer(count)) => u64::try_from(*count).ok().map(Value::Count),
        (Kind::Decimal | Kind::Number, toml::Value::Integer(_) | toml::Value::Float(_)) => {
            parse_text(kind, &value.to_string()).map(owned)
        }
        (Kind::Date, toml::Value::Datetime(day)) => parse_text(kind, &day.to_string()).map(owned),
        (Kind::Texts | Kind::Links, toml::Value::Array(texts)) => {
            let texts = texts.iter().map(|one| Some(one.as_str()?.to_owned().into()));
            let texts = Value::Texts(texts.collect::<Option<Vec<_>>>()?);
            Some(texts).filter(|texts| kind == Kind::Texts || all_links(texts))
        }
        (Kind::Map, toml::Value::Table(table)) => read_map(table).map(Value::Map),
        (Kind::Maps, toml::Value::Array(tables)) => {
            let maps = tables.iter().map(|one| read_map(one.as_table()?));
            maps.collect::<Option<Vec<_>>>().map(Value::Maps)
        }
        _ => None,
    }
}

fn read_map(table: &toml::Table) -> Option<Map<'static>> {
    let pairs = table
        .iter()
        .map(|(name, text)| Some((name.clone().into(), text.as_str()?.to_owned().into())));
    pairs.collect()
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Text(_) => "a text".into(),
        Kind::Link => "an absolute http(s) address without a password".into(),
        Kind::Links => "a list of absolute http(s) addresses".into(),
        Kind::Money => "an amount such as \"12.34 USD\"".into(),
        Kind::Flag => "true or false".into(),
        Kind::Count => "a whole number, zero or more".into(),
        Kind::Decimal | Kind::Number => "a number".into(),
        Kind::Date => "a day such as 2026-04-01".into(),
        Kind::Span => "two days such as \"2026-04-01 / 2026-05-01\"".into(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Texts => "a list of texts".into(),
        Kind::Map => "a table of texts".into(),
        Kind::Maps => "a list of tables of texts".into(),
    }
}

pub(crate) fn owned(value: Value<'_>) -> Value<'static> {
    let keep_map = |map: Map<'_>| -> Map<'static> {
        map.into_iter().map(|(name, text)| (name.owned(), text.owned())).collect()
    };
    match value {
        Value::Text(text) => Value::Text(text.owned()),
        Value::Texts(texts) => Value::Texts(texts.into_iter().map(Text::owned).collect()),
        Value::Map(map) => Value::Map(keep_map(map)),
        Value::Maps(maps) => Value::Maps(maps.into_iter().map(keep_map).collect()),
        Value::Word(word) => Value::Word(word),
        Value::Flag(flag) => Value::Flag(flag),
        Value::Count(count) => Value::Count(count),
        Value::Decimal(number) => Value::Decimal(number),
        Value::Number(number) => Value::Number(number),
        Value::Money(money) => Value::Money(money),
        Value::Measure(number, unit) => Value::Text(format!("{number} {unit}").into()),
        Value::Date(date) => Value::Date(date),
        Value::Days(from, to) => Value::Days(from, to),
        Value::Instants(from, to) => Value::Instants(from, to),
    }
}

fn split(text: &str) -> Vec<Text<'_>> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(Text::from).collect()
}

fn all_links(texts: &Value<'_>) -> bool {
    matches!(texts, Value::Texts(links) if links.iter().all(|link| is_link(link)))
}

fn is_positive(number: &Decimal) -> bool {
    number.is_sign_positive() && !number.is_zero()
}

#[cfg(test)]
mod tests {
    use super::is_link;

    #[test]
    fn only_addresses_without_a_password_are_links() {
        for link in ["http://a", "https://shop.example/p/1?a=@b#c", "https://shop.example?@"] {
            assert!(is_link(link), "{link}");
        }
        let others = [
            "https://",
            "https:///p",
            "https://?p",
            "ftp://shop.example",
            "shop.example/p",
            "https://user:secret@shop.example/p",
            "https://@shop.example",
            "https://shop.example/a b",
            "https://shop.example/a\"b",
            "https://shop.example/<b",
            "https://shop.example/\u{7F}",
        ];
        for other in others {
            assert!(!is_link(other), "{other}");
        }
    }
}
