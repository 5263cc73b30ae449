//! Addresses: merged piece by piece, strict about country, state and postcode.

use serde_json::{Value, json};

use super::lists;
use super::wire::{Answer, invalid_param};

/// The members of a shipping address, in WooCommerce's order.
const FIELDS: [&str; 10] = [
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "state",
    "postcode",
    "country",
    "phone",
];

/// A postal address; billing addresses carry an e-mail as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    values: [String; FIELDS.len()],
    /// Empty on shipping addresses.
    pub(super) email: String,
}

impl Address {
    /// The store's default customer location, before a buyer says anything.
    pub(super) fn base() -> Self {
        let mut address = Self::default();
        address.set("state", "CA");
        address.set("country", "US");
        address
    }

    /// One member, empty when unknown.
    pub(super) fn get(&self, name: &str) -> &str {
        FIELDS.iter().position(|field| *field == name).map_or("", |at| &self.values[at])
    }

    fn set(&mut self, name: &str, value: &str) {
        if let Some(at) = FIELDS.iter().position(|field| *field == name) {
            value.trim().clone_into(&mut self.values[at]);
        }
    }

    /// Country and state, which decide on tax and shipping.
    pub(super) fn place(&self) -> (&str, &str) {
        (self.get("country"), self.get("state"))
    }

    /// Overwrites the members a request names.
    pub(super) fn merge(&mut self, given: &Value) {
        for field in FIELDS {
            if let Some(value) = given.get(field).and_then(Value::as_str) {
                self.set(field, value);
            }
        }
        if let Some(email) = given.get("email").and_then(Value::as_str) {
            // WordPress's sanitizer makes a bad address an empty one, without a word.
            self.email = if is_email(email) { email.to_owned() } else { String::new() };
        }
    }

    /// Merges what the Store API was sent, under its rules; `name` is the parameter at fault.
    pub(super) fn merge_checked(&mut self, name: &str, given: &Value) -> Result<(), Answer> {
        let mut merged = self.clone();
        merged.merge(given);
        let country = merged.get("country").to_owned();
        if !country.is_empty() && !lists::COUNTRIES.split(' ').any(|code| code == country) {
            let message = format!(
                "Invalid country code provided. Must be one of: {}",
                lists::listed(lists::COUNTRIES)
            );
            return Err(invalid_param(name, "invalid_country", &message));
        }
        let state = merged.get("state").to_owned();
        if country == "US" && !state.is_empty() {
            let code = us_state(&state)
                .ok_or_else(|| invalid_param(name, "invalid_state", &bad_state(&state)))?;
            merged.set("state", code);
        }
        let postcode = merged.get("postcode").to_uppercase();
        if !postcode.is_empty() && !is_postcode(&country, &postcode) {
            let message = "The provided postcode / ZIP is not valid";
            return Err(invalid_param(name, "invalid_postcode", message));
        }
        merged.set("postcode", &postcode);
        *self = merged;
        Ok(())
    }

    /// The shipping shape.
    pub(super) fn shipping(&self) -> Value {
        FIELDS.iter().zip(&self.values).map(|(name, value)| (*name, json!(value))).collect()
    }

    /// The billing shape, which has an e-mail.
    pub(super) fn billing(&self) -> Value {
        let mut billing = self.shipping();
        billing["email"] = json!(self.email);
        billing
    }

    /// The shape of a package's destination.
    pub(super) fn destination(&self) -> Value {
        let kept = ["address_1", "address_2", "city", "state", "postcode", "country"];
        kept.iter().map(|name| (*name, json!(self.get(name)))).collect()
    }

    /// What checkout misses in this address, in words for the buyer.
    pub(super) fn missing(&self) -> Vec<String> {
        let us = self.get("country") == "US";
        let mut wanted = vec![
            ("first_name", "First name"),
            ("last_name", "Last name"),
            ("address_1", "Street address"),
            ("city", if us { "Town / City" } else { "City" }),
            ("country", "Country / Region"),
            ("postcode", if us { "ZIP Code" } else { "Postcode" }),
        ];
        if us {
            wanted.push(("state", "State"));
        }
        let empty = wanted.into_iter().filter(|(name, _)| self.get(name).is_empty());
        empty.map(|(_, label)| format!("{label} is required")).collect()
    }
}

/// The code of a state named by code or by name.
fn us_state(given: &str) -> Option<&'static str> {
    let same = |text: &str| text.eq_ignore_ascii_case(given);
    lists::STATES.iter().find(|(code, name)| same(code) || same(name)).map(|(code, _)| *code)
}

fn bad_state(state: &str) -> String {
    let codes: Vec<_> = lists::STATES.iter().map(|(code, _)| *code).collect();
    format!("The provided state ({state}) is not valid. Must be one of: {}", codes.join(", "))
}

fn is_postcode(country: &str, postcode: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = postcode.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ' || b == b'-');
    match country {
        "US" => match postcode.split_once('-') {
            Some((zip, four)) => zip.len() == 5 && four.len() == 4 && digits(zip) && digits(four),
            None => postcode.len() == 5 && digits(postcode),
        },
        "DE" | "FR" => postcode.len() == 5 && digits(postcode),
        "GB" => plain && (5..=8).contains(&postcode.len()),
        _ => plain,
    }
}

/// WordPress's idea of an e-mail address, roughly.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let label = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    !local.is_empty()
        && !local.contains(char::is_whitespace)
        && domain.contains('.')
        && domain.split('.').all(label)
}
