//! Whether the seller may write to the buyer (schema `MarketingConsentOption`, `MarketingConsent`;
//! RFC "marketing consent").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A channel on which the seller would like to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarketingConsentOption {
    /// `email`, `sms` or `whatsapp`.
    pub channel: String,
    /// What the buyer would get.
    pub display_text: String,
    /// What becomes of the buyer's address or number.
    pub privacy_policy_url: String,
}

/// What the buyer has said about one channel. Whoever says nothing has decided nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarketingConsent {
    /// The channel of an option.
    pub channel: String,
    /// Yes or no.
    pub opted_in: bool,
}
