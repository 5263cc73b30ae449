//! How to pay, and what both sides can do (schema `Capabilities`, `PaymentHandler`,
//! `PaymentData`; RFCs "capability negotiation" and "payment handlers").

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the seller offers, in every session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The ways to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// What may have to happen on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interventions: Option<Interventions>,
    /// The extensions that both sides know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionDeclaration>,
}

/// An extension that is active in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExtensionDeclaration {
    /// Its name.
    pub name: String,
    /// Which members it adds, as `JSONPath`s.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<String>,
}

/// The ways to pay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// In the order of preference.
    pub handlers: Vec<PaymentHandler>,
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interventions {
    /// What both sides can do.
    pub supported: Vec<String>,
    /// What the seller insists on.
    pub required: Vec<String>,
    /// When the seller insists.
    pub enforcement: Enforcement,
}

/// When a required intervention happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct RequestedCapabilities {
    /// The interventions.
    #[serde(default)]
    pub interventions: Option<RequestedInterventions>,
    /// The names of the extensions, each maybe with a date: `discount@2026-01-27`.
    #[serde(default)]
    pub extensions: Vec<RequestedExtension>,
}

/// An extension that an agent knows: a name, or an object that has one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RequestedExtension {
    /// Its name.
    Name(String),
    /// Its declaration.
    Declaration {
        /// Its name.
        name: String,
    },
}

impl RequestedExtension {
    /// The name without a date.
    pub fn name(&self) -> &str {
        let (Self::Name(name) | Self::Declaration { name }) = self;
        name.split('@').next().unwrap_or(name)
    }
}

/// The interventions an agent can show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct RequestedInterventions {
    /// Their names.
    #[serde(default)]
    pub supported: Vec<String>,
}

/// How a completion pays (schema `PaymentData`). The older `{token, provider}` reads as a card
/// of that provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "PaymentShape")]
pub struct PaymentData {
    /// The session's way to pay.
    pub handler_id: Option<String>,
    /// Who processes it, where an older version names no handler.
    pub provider: Option<String>,
    /// What pays.
    pub instrument: Option<Instrument>,
    /// An order on account instead.
    pub purchase_order_number: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct PaymentShape {
    #[serde(default)]
    handler_id: Option<String>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    instrument: Option<Instrument>,
    #[serde(default)]
    token: Option<Token>,
    #[serde(default)]
    purchase_order_number: Option<String>,
}

impl From<PaymentShape> for PaymentData {
    fn from(shape: PaymentShape) -> Self {
        let delegated = |token| Instrument {
            kind: "card".to_owned(),
            credential: Credential { kind: "spt".to_owned(), token },
        };
        Self {
            handler_id: shape.handler_id,
            provider: shape.provider,
            instrument: shape.instrument.or(shape.token.map(delegated)),
            purchase_order_number: shape.purchase_order_number,
        }
    }
}

/// What pays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Instrument {
    /// What kind: `card`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What stands for it.
    pub credential: Credential,
}

/// What stands for an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Credential {
    /// What kind: `spt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The token.
    pub token: Token,
}

/// A payment token. It is worth money, so it never prints.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
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
