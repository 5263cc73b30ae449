//! Asking an issuer about a buyer (schema `AuthenticationMetadata`), and what it said (schema
//! `AuthenticationResult`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decode::{Invalid, missing};

/// What the agent needs to have the buyer authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthenticationMetadata {
    /// Who takes the payment in.
    pub acquirer_details: AcquirerDetails,
    /// Whose directory knows the card.
    pub directory_server: DirectoryServer,
}

/// Who takes the payment in, in the words of the card networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcquirerDetails {
    /// The acquirer's number, at most 11 characters.
    pub acquirer_bin: String,
    /// ISO 3166-1 alpha-2.
    pub acquirer_country: String,
    /// The seller's number at the acquirer, at most 35 characters.
    pub acquirer_merchant_id: String,
    /// The seller's name at the acquirer, at most 40 characters.
    pub merchant_name: String,
    /// The seller's number at the directory, at most 35 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requestor_id: Option<String>,
}

/// A directory of cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryServer {
    /// American Express.
    AmericanExpress,
    /// Mastercard.
    Mastercard,
    /// Visa.
    Visa,
}

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
    /// Whether the issuer stands for the buyer.
    pub fn vouches(&self) -> bool {
        const VOUCHING: [&str; 4] =
            ["authenticated", "informational", "attempt_acknowledged", "attempt"];

        VOUCHING.contains(&self.outcome.as_str())
    }

    /// An outcome that vouches for the buyer comes with its proof.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if !self.vouches() {
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
