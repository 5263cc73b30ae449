//! What is spoken at this address (schema `DiscoveryResponse`): public, cacheable, and without a
//! word about sellers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The document at `/.well-known/acp.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Discovery {
    /// The protocol.
    pub protocol: DiscoveryProtocol,
    /// What paths are below.
    pub api_base_url: String,
    /// How it is spoken.
    pub transports: Vec<Transport>,
    /// What there is.
    pub capabilities: DiscoveryCapabilities,
}

/// The protocol and its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryProtocol {
    /// `acp`.
    pub name: String,
    /// The newest version spoken.
    pub version: String,
    /// All versions spoken, oldest first.
    pub supported_versions: Vec<String>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation_url: Option<String>,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryCapabilities {
    /// The services.
    pub services: Vec<Service>,
    /// The extensions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<DiscoveryExtension>,
    /// The interventions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intervention_types: Vec<String>,
    /// ISO 4217, lower case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supported_currencies: Vec<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supported_locales: Vec<String>,
}

/// An extension of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryExtension {
    /// Its name.
    pub name: String,
    /// Where its specification is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// Where its schema is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

/// How the protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Over HTTP.
    Rest,
    /// As tools of a model.
    Mcp,
}

/// A part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Checkout sessions.
    Checkout,
    /// Order events.
    Orders,
    /// Delegated payment.
    DelegatePayment,
    /// Carts.
    Carts,
}
