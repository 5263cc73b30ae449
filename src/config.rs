//! The configuration: one TOML file, checked as a whole before anything starts.
//!
//! Only this module reads the environment. Secrets come by reference (`env:NAME` or
//! `file:PATH`), and every error names the key, the line and what to do.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::Path, time::Duration};

use acp::latest::Version;
use anyhow::Context;
use commerce::AgentId;
use secrecy::SecretString;
use url::Url;

mod feed;
mod platform;
mod push;
mod raw;
mod resolve;

pub use feed::Feed;
pub use platform::{Platform, Shopify, WooCommerce};
pub use push::{ApiPush, SftpPush};

/// Everything the service needs to know, with secrets in hand.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listeners and their bounds.
    pub server: Server,
    /// The stores we stand in front of; at least one.
    pub stores: Vec<Store>,
}

/// The listeners and their bounds.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where agents reach us from inside.
    pub listen: SocketAddr,
    /// Where agents reach us from outside, without a trailing slash.
    pub public_url: Url,
    /// Where metrics are served; `None` serves none.
    pub metrics_listen: Option<SocketAddr>,
    /// Seals session ids and derives feed addresses. All replicas share it.
    pub session_key: SecretString,
    /// Bounds of the edge.
    pub bounds: EdgeBounds,
}

/// What a caller may take of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeBounds {
    /// Largest request body in bytes.
    pub body_bytes_max: usize,
    /// Longest time for a whole request head.
    pub head_timeout: Duration,
    /// Longest time for a whole request body.
    pub body_timeout: Duration,
    /// Longest time from request to answer; a completion goes on behind it.
    pub request_timeout: Duration,
    /// Longest silence on a connection.
    pub idle_timeout: Duration,
    /// Connections at once; one more waits in the kernel's queue.
    pub connections_max: usize,
    /// Requests at once; one more is refused.
    pub requests_max: usize,
    /// Longest wait for running work at shutdown.
    pub drain_timeout: Duration,
    /// Answers kept for repeated idempotency keys, in bytes.
    pub replay_bytes_max: u64,
}

impl Default for EdgeBounds {
    /// What a file that says nothing gets.
    fn default() -> Self {
        resolve::bounds(&raw::Bounds::default())
    }
}

/// One store, its platform, its processor and its agents.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its name in URLs and logs: lower-case letters, digits and dashes.
    pub id: String,
    /// What buyers call the seller.
    pub name: String,
    /// The platform and how to reach it.
    pub platform: Platform,
    /// The processor and how to reach it.
    pub stripe: Stripe,
    /// Who may call.
    pub agents: Vec<Agent>,
    /// The seller's pages, by ACP link type.
    pub links: BTreeMap<String, Url>,
    /// Where buyers are asked whether the seller may write to them.
    pub marketing: Vec<Marketing>,
    /// How old the catalog may become.
    pub catalog_refresh: Duration,
    /// How often the store is asked what has changed that its hooks have not told of.
    pub changes_refresh: Duration,
    /// How long a session may live.
    pub session_lifetime: Duration,
    /// How long a purchase that has not begun to move money may stand still before it is called off.
    pub completion_patience: Duration,
    /// How often what has died on the way is looked for.
    pub reconcile_interval: Duration,
    /// Whether refunds made on one side reach the other.
    pub refunds: Refunds,
    /// How many declines are borne.
    pub attempts: crate::attempts::Bounds,
    /// What its feeds say.
    pub feed: Feed,
}

/// Whether refunds made on one side reach the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunds {
    /// Those that are booked in the store: the buyer gets the money.
    pub from_store: Mirror,
    /// Those that are made at the processor: the store books them.
    pub from_processor: Mirror,
    /// The largest that is paid back by itself, in minor units of the store's currency.
    pub amount_max: Option<i64>,
}

/// What to do about a refund that the other side does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// Make it there too.
    Mirror,
    /// Tell the seller, on the order and in the log.
    Warn,
    /// Nothing.
    Off,
}

/// A channel on which buyers are asked whether the seller may write to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marketing {
    /// How the seller would write.
    pub channel: Channel,
    /// What the buyer would get.
    pub text: String,
    /// What becomes of the buyer's address or number.
    pub privacy_policy: Url,
}

/// How a seller writes to buyers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// To the e-mail address.
    Email,
    /// To the phone number.
    Sms,
    /// To the phone number.
    WhatsApp,
}

impl Channel {
    /// The protocol's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::WhatsApp => "whatsapp",
        }
    }
}

/// The seller's Stripe account.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// Where Stripe is.
    pub url: Url,
    /// `sk_…` or `rk_…`.
    pub secret_key: SecretString,
    /// What agents name as the receiver of a payment token: `profile_…` or `acct_…`.
    pub merchant_id: String,
    /// The version of every call that carries no token.
    pub api_version: String,
    /// The preview version of calls that carry a token.
    pub token_api_version: String,
    /// Where the token stands in the request.
    pub token_parameter: payments::TokenParameter,
    /// What becomes of a card whose bank wants to know the buyer.
    pub sca: payments::Sca,
    /// Sign what Stripe tells by itself; none refuses it all.
    pub webhook_secrets: Vec<SecretString>,
    /// What an agent needs to authenticate a buyer; `None` offers no authentication.
    pub acquirer: Option<Acquirer>,
    /// Bounds of calls to Stripe.
    pub limits: upstream::Limits,
}

/// Who takes the seller's payments in, in the words of the card networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquirer {
    /// The acquirer's number, at most 11 characters.
    pub bin: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The seller's number at the acquirer, at most 35 characters.
    pub merchant_id: String,
    /// The seller's name at the acquirer, at most 40 characters.
    pub merchant_name: String,
    /// The seller's number at the directory, at most 35 characters.
    pub requestor_id: Option<String>,
}

/// An agent that may call on behalf of buyers.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its name in logs and orders.
    pub id: AgentId,
    /// The bearer token it shows.
    pub token: SecretString,
    /// Calls a minute; more are refused with `Retry-After`.
    pub calls_per_minute: std::num::NonZeroU32,
    /// Wrong discount codes a minute; after that codes are refused with `Retry-After`.
    pub wrong_codes_per_minute: std::num::NonZeroU32,
    /// What it does differently from the protocol's text.
    pub profile: Profile,
    /// Whether its calls are signed.
    pub signature: Signature,
    /// Where it hears of orders; `None` tells it nothing.
    pub events: Option<Events>,
}

/// Where an agent hears of orders (ACP "order webhooks").
#[derive(Clone, Debug)]
pub struct Events {
    /// The whole address, such as `https://…/agentic_checkout/webhooks/order_events`.
    pub url: Url,
    /// Signs every event.
    pub secret: SecretString,
    /// The shape of what it hears.
    pub version: Version,
    /// How often one event is sent until the agent takes it.
    pub attempts_max: u32,
    /// Wait after the first attempt; doubles each time, and half of it is chance.
    pub first_delay: Duration,
    /// Bounds of each attempt.
    pub limits: upstream::Limits,
}

/// What an agent does differently from the protocol's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Nothing.
    #[default]
    Standard,
    /// OpenAI's certification guide: a completion answers 201, a reused key 409, and events have
    /// other names.
    OpenAi,
    /// Stripe as the caller (its custom integration): every answer within four seconds.
    Stripe,
}

/// Whether an agent's calls are signed (header `Signature`).
#[derive(Clone, Debug, Default)]
pub enum Signature {
    /// Nobody looks at a signature.
    #[default]
    Off,
    /// A signature that is there must be right.
    Optional(SigningKey),
    /// A call without a right signature is refused.
    Required(SigningKey),
}

/// What verifies a signature.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// Shared with the agent.
    pub secret: SecretString,
    /// How far the call's own time may be from ours.
    pub skew: Duration,
}

/// What is wrong with the configuration, where, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, such as `store[0].stripe.secret_key`.
    pub key: String,
    /// The line in the file, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}. {}", self.line, self.key, self.message, self.fix)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            let path = path.display();
            format!("cannot read {path}; copy config/storebridge.example.toml and fill it in")
        })?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let raw = raw::parse(text)?;
        resolve::config(text, raw)
    }
}

#[cfg(test)]
mod tests;
