//! Who buys, and where it goes (schema `Buyer`, `FulfillmentDetails`, `Address`).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The human who pays (schema `Buyer`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Buyer {
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Both names in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Where the receipt goes.
    pub email: String,
    /// As told, unparsed.
    #[serde(default, alias = "phone", skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The seller's number for the buyer, as the agent says. Nobody trusts it; the seller can read
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// How the buyer buys; other words are not kept.
    #[serde(
        default,
        deserialize_with = "AccountType::known",
        skip_serializing_if = "Option::is_none"
    )]
    pub account_type: Option<AccountType>,
    /// Whom a business buyer buys for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyInfo>,
    /// Why no tax would be due. The store decides about taxes; the seller can read this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_exemption: Option<TaxExemption>,
}

/// How a buyer buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// Without an account.
    Guest,
    /// With one.
    Registered,
    /// For a business.
    Business,
}

impl AccountType {
    fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        Ok(word.and_then(|word| match word.as_str() {
            "guest" => Some(Self::Guest),
            "registered" => Some(Self::Registered),
            "business" => Some(Self::Business),
            _ => None,
        }))
    }
}

/// A business that buys (schema `CompanyInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompanyInfo {
    /// What it is called.
    pub name: String,
    /// Its number at the tax office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// The part of it that buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Where it books the purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
}

/// A certificate about taxes (schema `TaxExemption`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaxExemption {
    /// Its number.
    pub certificate_id: String,
    /// What for.
    pub certificate_type: CertificateType,
    /// Where it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt_regions: Vec<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateType {
    /// It is sold on.
    Resale,
    /// The buyer pays no taxes.
    ExemptOrganization,
    /// The state buys.
    Government,
}

/// Where it goes, and to whom (schema `FulfillmentDetails`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FulfillmentDetails {
    /// The recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The recipient's phone.
    #[serde(default, alias = "phone", skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The recipient's e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A postal address (schema `Address`). State and postal code are empty where a country has
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// The name on the door.
    pub name: String,
    /// Street and number.
    pub line_one: String,
    /// Floor, flat, building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_two: Option<String>,
    /// City.
    pub city: String,
    /// State, province or region.
    #[serde(default)]
    pub state: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Postal code.
    #[serde(default)]
    pub postal_code: String,
    /// The company on the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
}
