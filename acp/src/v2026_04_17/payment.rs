//! How to pay, and what both sides can do (schema `Capabilities`, `PaymentHandler`,
//! `PaymentData`; RFCs "capability negotiation" and "payment handlers").

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the seller offers, in every session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The ways to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// What may have to happen on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interventions: Option<Interventions>,
}

/// The ways to pay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// In the order of preference.
    pub handlers: Vec<PaymentHandler>,
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentHandler {
    /// How a completion names it; unique in a session.
    pub id: String,
    /// What kind it is, as a reverse domain name.
    pub name: String,
    /// The date of its specification.
    pub version: String,
    /// Where its specification is.
    pub spec: String,
    /// Whether the agent must have the credential delegated first.
    pub requires_delegate_payment: bool,
    /// Whether the agent must be allowed to handle card data.
    pub requires_pci_compliance: bool,
    /// Who processes the payment.
    pub psp: String,
    /// The schema of `config`.
    pub config_schema: String,
    /// The schemas of the instruments it takes.
    pub instrument_schemas: Vec<String>,
    /// What the agent needs to know.
    pub config: Value,
}

/// What may have to happen on the way: the intersection of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interventions {
    /// What both sides can do.
    pub supported: Vec<String>,
    /// What the seller insists on.
    pub required: Vec<String>,
    /// When the seller insists.
    pub enforcement: Enforcement,
}

/// When a required intervention happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Each time.
    Always,
    /// When the payment asks for it.
    #[default]
    Conditional,
    /// Never against the agent's will.
    Optional,
}

/// What the agent says it can do. Names we do not know are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RequestedCapabilities {
    /// The interventions.
    #[serde(default)]
    pub interventions: Option<RequestedInterventions>,
}

/// The interventions an agent can show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RequestedInterventions {
    /// Their names.
    #[serde(default)]
    pub supported: Vec<String>,
}

/// How a completion pays (schema `PaymentData`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct PaymentData {
    /// The session's way to pay.
    #[serde(default)]
    pub handler_id: Option<String>,
    /// What pays.
    #[serde(default)]
    pub instrument: Option<Instrument>,
    /// An order on account instead.
    #[serde(default)]
    pub purchase_order_number: Option<String>,
}

/// What pays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Instrument {
    /// What kind: `card`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What stands for it.
    pub credential: Credential,
}

/// What stands for an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Credential {
    /// What kind: `spt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The token.
    pub token: Token,
}

/// A payment token. It is worth money, so it never prints.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// The token itself, to hand it to the processor.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}
