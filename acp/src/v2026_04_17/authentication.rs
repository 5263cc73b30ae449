//! What an issuer said about a buyer (schema `AuthenticationResult`).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::decode::{Invalid, missing};

/// The end of an authentication, as the agent tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct AuthenticationResult {
    /// How it ended; version 2026-01-16 has words of its own.
    pub outcome: String,
    /// The issuer's proof.
    #[serde(default)]
    pub outcome_details: Option<OutcomeDetails>,
}

/// The issuer's proof. Incomplete ones occur where the outcome needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct OutcomeDetails {
    /// Base64.
    #[serde(default)]
    pub three_ds_cryptogram: Option<String>,
    /// Two digits.
    #[serde(default)]
    pub electronic_commerce_indicator: Option<String>,
    /// The directory server's id.
    #[serde(default)]
    pub transaction_id: Option<String>,
    /// Of 3-D Secure.
    #[serde(default)]
    pub version: Option<String>,
}

impl AuthenticationResult {
    /// An outcome that vouches for the buyer comes with its proof.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        const VOUCHING: [&str; 4] =
            ["authenticated", "informational", "attempt_acknowledged", "attempt"];

        if !VOUCHING.contains(&self.outcome.as_str()) {
            return Ok(());
        }
        let Some(details) = &self.outcome_details else {
            return Err(missing("$.authentication_result.outcome_details"));
        };
        for (member, value) in [
            ("three_ds_cryptogram", &details.three_ds_cryptogram),
            ("electronic_commerce_indicator", &details.electronic_commerce_indicator),
            ("transaction_id", &details.transaction_id),
            ("version", &details.version),
        ] {
            if value.is_none() {
                let param = format!("$.authentication_result.outcome_details.{member}");
                return Err(missing(&param));
            }
        }
        Ok(())
    }
}
