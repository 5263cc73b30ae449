//! Buyer, destination and the seller's pages, in the protocol's words.

use acp::latest::{Address, Buyer, FulfillmentDetails, Link, LinkType, MarketingConsentOption};
use commerce::{Draft, DraftState, Facts};
use serde::de::DeserializeOwned;

use super::told;
use crate::{
    checkout::request::{ACCOUNT, COMPANY, CUSTOMER, TAX_EXEMPTION},
    store::Store,
};

/// ACP knows no buyer without an e-mail. What a business told of itself is kept beside.
pub(super) fn buyer(buyer: &commerce::Buyer, facts: &Facts) -> Option<Buyer> {
    Some(Buyer {
        first_name: told(&buyer.first_name),
        last_name: told(&buyer.last_name),
        full_name: None,
        email: told(&buyer.email)?,
        phone_number: told(&buyer.phone),
        customer_id: facts.get(CUSTOMER).cloned(),
        account_type: kept(facts, ACCOUNT),
        company: kept(facts, COMPANY),
        tax_exemption: kept(facts, TAX_EXEMPTION),
    })
}

fn kept<T: DeserializeOwned>(facts: &Facts, name: &str) -> Option<T> {
    serde_json::from_str(facts.get(name)?).ok()
}

pub(super) fn fulfillment_details(destination: &commerce::Destination) -> FulfillmentDetails {
    FulfillmentDetails {
        name: told(&destination.name),
        phone_number: told(&destination.phone),
        email: told(&destination.email),
        address: destination.address.as_ref().map(address),
    }
}

pub(super) fn address(address: &commerce::Address) -> Address {
    Address {
        name: address.name.clone(),
        line_one: address.line_one.clone(),
        line_two: told(&address.line_two),
        city: address.city.clone(),
        state: address.state.clone(),
        country: address.country.clone(),
        postal_code: address.postal_code.clone(),
        company: told(&address.company),
    }
}

/// Asked until the order is made.
pub(super) fn consent_options(store: &Store, draft: &Draft) -> Vec<MarketingConsentOption> {
    let is_open = draft.state == DraftState::Open;
    let asked = store.marketing.iter().filter(|_| is_open);
    asked
        .map(|marketing| MarketingConsentOption {
            channel: marketing.channel.as_str().to_owned(),
            display_text: marketing.text.clone(),
            privacy_policy_url: marketing.privacy_policy.to_string(),
        })
        .collect()
}

pub(super) fn links(store: &Store) -> Vec<Link> {
    store
        .links
        .iter()
        .filter_map(|(kind, url)| {
            Some(Link { kind: LinkType::parse(kind)?, url: url.as_str().to_owned() })
        })
        .collect()
}
