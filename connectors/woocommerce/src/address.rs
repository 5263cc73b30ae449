//! An address as carts and orders have it, and who and where that is.

use commerce::{Address, Buyer, Destination};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::loose;

/// An address as carts and orders have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) first_name: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) last_name: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) company: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) address_1: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) address_2: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) city: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) state: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) postcode: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) country: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) phone: String,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) email: String,
}

impl Place {
    /// As an order of the REST API takes it; only a billing address has an e-mail.
    pub(crate) fn json(&self, with_email: bool) -> Value {
        let mut place = json!({
            "first_name": self.first_name, "last_name": self.last_name, "company": self.company,
            "address_1": self.address_1, "address_2": self.address_2, "city": self.city,
            "state": self.state, "postcode": self.postcode, "country": self.country,
            "phone": self.phone,
        });
        if with_email {
            place["email"] = json!(self.email);
        }
        place
    }

    pub(crate) fn buyer(&self) -> Option<Buyer> {
        let told = !self.email.is_empty();
        told.then(|| Buyer {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            company: self.company.clone(),
        })
    }

    pub(crate) fn destination(&self) -> Option<Destination> {
        let told = !self.address_1.is_empty() || !self.postcode.is_empty();
        let name = join(&self.first_name, &self.last_name);
        told.then(|| Destination {
            name: name.clone(),
            phone: self.phone.clone(),
            email: String::new(),
            address: Some(Address {
                name,
                company: self.company.clone(),
                line_one: self.address_1.clone(),
                line_two: self.address_2.clone(),
                city: self.city.clone(),
                state: self.state.clone(),
                postal_code: self.postcode.clone(),
                country: self.country.clone(),
            }),
        })
    }
}

fn join(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}
