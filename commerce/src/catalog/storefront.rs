//! What holds for everything a store sells.

/// A store as its platform describes it. What the platform does not know is absent, and the
/// configuration may say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storefront {
    /// What it is called.
    pub name: Option<String>,
    /// Its front page.
    pub url: Option<String>,
    /// Where it is, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where it sells to, ISO 3166-1 alpha-2; empty where the platform does not say.
    pub countries: Vec<String>,
    /// Whether its prices hold the tax.
    pub prices_include_tax: Option<bool>,
    /// Its privacy policy.
    pub privacy_url: Option<String>,
    /// Its terms of service.
    pub terms_url: Option<String>,
    /// What it takes back.
    pub returns_url: Option<String>,
    /// How buyers can fetch what they bought.
    pub pickup: Option<Pickup>,
}

/// How buyers fetch what they bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pickup {
    /// What they do.
    pub method: PickupMethod,
    /// How soon it is ready, in the platform's words: `2 hours`.
    pub ready_in: Option<String>,
}

/// What buyers do who fetch what they bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickupMethod {
    /// Buy it in the store.
    InStore,
    /// Reserve it, then pay in the store.
    Reserve,
}
