//! Whether an item may be shown, and bought; each no with its reason.

use std::fmt;

use commerce::Exclusion;

use crate::{
    concept::Concept,
    item::Item,
    value::{Cell, Origin, Value},
};

/// Why an item is not shown, or not sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The store itself does not sell it: it is in no feed.
    Excluded(Exclusion),
    /// A rule of the configuration says so, by its number.
    Rule(usize),
    /// The configuration's default says so.
    Default,
    /// An added field of the product says so.
    Meta,
    /// A choice is left to the buyer, and no feed can ask.
    OpenChoice,
    /// It is sold only to those who subscribe.
    Subscription,
    /// What is not shown is not sold.
    NotShown,
    /// The configuration does not say that the reader has checkout set up.
    NotConfigured,
    /// The reader wants a privacy policy.
    NoPrivacyPolicy,
    /// The reader wants terms of service.
    NoTerms,
    /// It is a voucher.
    GiftCard,
    /// The filter does not name it.
    NotAsked,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::Excluded(Exclusion::Hidden) => "it is hidden from the store's catalog",
            Self::Excluded(Exclusion::NotPublic) => "it is not published, or behind a password",
            Self::Excluded(Exclusion::NoPrice) => "it has no price",
            Self::Excluded(Exclusion::External) => "it is sold elsewhere",
            Self::Excluded(Exclusion::Grouped) => "it is only a shelf of other products",
            Self::Excluded(Exclusion::Unsupported) => "a cart cannot hold this kind of product",
            Self::Rule(number) => {
                return write!(f, "rule {number} of the configuration says so");
            }
            Self::Default => "the configuration's default says so",
            Self::Meta => "an added field of the product says so",
            Self::OpenChoice => {
                "one of its options is left open: give the variant a value for each of them"
            }
            Self::Subscription => "it is sold only to those who subscribe",
            Self::NotShown => "it is not shown, so it is not sold",
            Self::NotConfigured => {
                "checkout is not set up: once the reader has confirmed it, set \
                 defaults.is_eligible_checkout = true"
            }
            Self::NoPrivacyPolicy => {
                "there is no privacy policy: set defaults.seller_privacy_policy"
            }
            Self::NoTerms => "there are no terms of service: set defaults.seller_tos",
            Self::GiftCard => "it is a gift card",
            Self::NotAsked => "the filter does not name it",
        };
        f.write_str(why)
    }
}

impl Item<'_> {
    /// Whether the store sells it at all. What it does not sell has no row.
    pub fn check_listed(&self) -> Result<(), Refusal> {
        self.product.exclusion.map_or(Ok(()), |why| Err(Refusal::Excluded(why)))
    }

    /// Whether it may be shown.
    pub fn check_search(&self) -> Result<(), Refusal> {
        self.check_listed()?;
        match self.said(Concept::EligibleSearch) {
            Some((false, refusal)) => return Err(refusal),
            // A rule may show what would not be shown by itself.
            Some((true, Refusal::Rule(_))) => return Ok(()),
            _ => {}
        }
        if !self.variant.is_settled() {
            return Err(Refusal::OpenChoice);
        }
        if self.variant.needs_subscription { Err(Refusal::Subscription) } else { Ok(()) }
    }

    /// Whether it may be bought in the chat.
    pub fn check_checkout(&self) -> Result<(), Refusal> {
        self.check_search().map_err(|_| Refusal::NotShown)?;
        match self.said(Concept::EligibleCheckout) {
            None => return Err(Refusal::NotConfigured),
            Some((false, refusal)) => return Err(refusal),
            Some((true, _)) => {}
        }
        if !self.variant.is_settled() {
            return Err(Refusal::OpenChoice);
        }
        if self.variant.needs_subscription {
            return Err(Refusal::Subscription);
        }
        if self.product.is_gift_card {
            return Err(Refusal::GiftCard);
        }
        if self.field(Concept::PrivacyPolicy).value().is_none() {
            return Err(Refusal::NoPrivacyPolicy);
        }
        if self.field(Concept::TermsOfService).value().is_none() {
            return Err(Refusal::NoTerms);
        }
        Ok(())
    }

    /// A flag as the configuration or an added field has it, and what a no is then.
    fn said(&self, concept: Concept) -> Option<(bool, Refusal)> {
        match self.configured(concept)? {
            Cell::Filled(Value::Flag(flag), origin) => {
                let refusal = match origin {
                    Origin::Rule(number) => Refusal::Rule(number),
                    Origin::Meta(_) => Refusal::Meta,
                    _ => Refusal::Default,
                };
                Some((flag, refusal))
            }
            _ => None,
        }
    }
}
