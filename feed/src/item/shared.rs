//! What every row has: what holds for the seller, and what only the configuration can say.

use commerce::PickupMethod;

use super::known::{UNKNOWN, link, text, word};
use crate::{
    concept::Concept,
    plan::Plan,
    settings::owned,
    value::{Cell, Gap, Origin, Value},
};

/// The field as every row has it, if no rule and no added field has a say in it; `None` if a
/// product has.
pub(crate) fn shared(plan: &Plan, concept: Concept) -> Option<Cell<'static>> {
    let known = plan.shared_known(concept)?;
    // About the seller the configuration goes first; of all else here only it knows.
    Some(match (plan.default(concept), known) {
        (Some(value), _) => Cell::Filled(value.clone(), Origin::Default),
        (None, Cell::Filled(value, Origin::Platform(place))) => Cell::platform(owned(value), place),
        (None, Cell::Filled(value, Origin::Derived(how))) => Cell::derived(owned(value), how),
        (None, Cell::Filled(..)) => return None,
        (None, Cell::Empty(gap)) => Cell::Empty(gap),
    })
}

impl Plan {
    /// What the platform says of the seller, and of what only the configuration can say; `None`
    /// for all that is about the product.
    pub(super) fn shared_known(&self, concept: Concept) -> Option<Cell<'_>> {
        let store = &self.storefront;
        Some(match concept {
            Concept::SellerName => text(store.name.as_deref(), "storefront.name"),
            Concept::SellerUrl => link(store.url.as_ref(), "storefront.url"),
            Concept::PrivacyPolicy => link(store.privacy_url.as_ref(), "storefront.privacy_url"),
            Concept::TermsOfService => link(store.terms_url.as_ref(), "storefront.terms_url"),
            Concept::ReturnPolicy => self.return_policy(),
            Concept::TargetCountries => self.target_countries(),
            Concept::StoreCountry => text(store.country.as_deref(), "storefront.country"),
            Concept::TaxBehavior => match store.prices_include_tax {
                Some(true) => word("inclusive", "storefront.prices_include_tax"),
                Some(false) => word("exclusive", "storefront.prices_include_tax"),
                None => UNKNOWN,
            },
            Concept::PickupMethod => match store.pickup.as_ref().map(|pickup| pickup.method) {
                Some(PickupMethod::InStore) => word("in_store", "storefront.pickup"),
                Some(PickupMethod::Reserve) => word("reserve", "storefront.pickup"),
                None => UNKNOWN,
            },
            // What no platform says: the configuration may.
            Concept::EligibleAds
            | Concept::AdsMetadata
            | Concept::PricingTrend
            | Concept::TaxesAndFees
            | Concept::DeliveryEstimate
            | Concept::MarketplaceSeller
            | Concept::AcceptsReturns
            | Concept::AcceptsExchanges
            | Concept::ReturnRate
            | Concept::Warning
            | Concept::WarningUrl
            | Concept::AgeRestriction
            | Concept::StoreReviewCount
            | Concept::StoreStarRating
            | Concept::GeoPrice
            | Concept::GeoAvailability
            | Concept::IdentifierExists
            | Concept::SubscriptionCost
            | Concept::Label0
            | Concept::Label1
            | Concept::Label2
            | Concept::Label3
            | Concept::Label4
            | Concept::TaxCode => UNKNOWN,
            _ => return None,
        })
    }

    /// Never the front page: a buyer finds no policy there.
    fn return_policy(&self) -> Cell<'_> {
        let store = &self.storefront;
        let bare = |url: &Option<String>| url.as_deref().map(|url| url.trim_end_matches('/').len());
        if store.returns_url.is_some() && bare(&store.returns_url) == bare(&store.url) {
            return Cell::Empty(Gap::Refused("it is the store's front page"));
        }
        link(store.returns_url.as_ref(), "storefront.returns_url")
    }

    fn target_countries(&self) -> Cell<'_> {
        let countries = &self.storefront.countries;
        if countries.is_empty() {
            let Some(own) = &self.storefront.country else { return UNKNOWN };
            let own = Value::Texts(vec![own.as_str().into()]);
            return Cell::derived(own, "the store's own country, for want of a list");
        }
        let countries = countries.iter().map(|one| one.as_str().into()).collect();
        Cell::platform(Value::Texts(countries), "storefront.countries")
    }
}
