//! The file as it is written: every key, its default, and where it stands.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::ConfigError;

mod platform;

pub(super) use platform::{Shopify, WooCommerce};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) server: Server,
    #[serde(default)]
    pub(super) store: Vec<Spanned<Store>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    /// Address and port for agents.
    #[serde(default = "default_listen")]
    pub(super) listen: Spanned<String>,
    /// The URL agents use, behind your TLS terminator.
    pub(super) public_url: Spanned<String>,
    /// Address and port for Prometheus; absent serves no metrics.
    pub(super) metrics_listen: Option<Spanned<String>>,
    /// Reference to 32 random bytes or more, shared by all replicas.
    pub(super) session_key: Spanned<String>,
    #[serde(default)]
    pub(super) bounds: Bounds,
}

/// Times in milliseconds, sizes in bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bounds {
    pub(super) body_bytes_max: usize,
    pub(super) head_timeout_ms: u64,
    pub(super) body_timeout_ms: u64,
    pub(super) request_timeout_ms: u64,
    pub(super) idle_timeout_ms: u64,
    pub(super) connections_max: usize,
    pub(super) requests_max: usize,
    pub(super) drain_timeout_ms: u64,
    pub(super) replay_bytes_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body_bytes_max: 256 * 1024,
            head_timeout_ms: 5_000,
            body_timeout_ms: 10_000,
            request_timeout_ms: 25_000,
            idle_timeout_ms: 60_000,
            connections_max: 10_000,
            requests_max: 4_096,
            drain_timeout_ms: 30_000,
            replay_bytes_max: 64 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    pub(super) platform: Spanned<String>,
    /// The store's address as a browser shows it.
    pub(super) url: Spanned<String>,
    pub(super) woocommerce: Option<WooCommerce>,
    pub(super) shopify: Option<Shopify>,
    pub(super) stripe: Stripe,
    #[serde(default)]
    pub(super) agent: Vec<Agent>,
    #[serde(default)]
    pub(super) links: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) marketing: Vec<Marketing>,
    #[serde(default = "default_catalog_refresh_s")]
    pub(super) catalog_refresh_s: u64,
    #[serde(default = "default_changes_refresh_s")]
    pub(super) changes_refresh_s: u64,
    #[serde(default = "default_session_lifetime_s")]
    pub(super) session_lifetime_s: Spanned<u64>,
    #[serde(default = "default_completion_patience_s")]
    pub(super) completion_patience_s: Spanned<u64>,
    #[serde(default = "default_reconcile_interval_s")]
    pub(super) reconcile_interval_s: u64,
    #[serde(default)]
    pub(super) refunds: Refunds,
    #[serde(default)]
    pub(super) attempts: Attempts,
    /// What feeds say.
    #[serde(default = "no_feed_table")]
    pub(super) feed: Spanned<super::feed::Raw>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Refunds {
    /// `mirror`, `warn` or `off`.
    pub(super) from_store: Spanned<String>,
    /// `mirror`, `warn` or `off`.
    pub(super) from_processor: Spanned<String>,
    /// In minor units.
    pub(super) amount_max: Option<i64>,
}

impl Default for Refunds {
    /// Money leaves by itself only if the owner has said so.
    fn default() -> Self {
        Self {
            from_store: unwritten("warn".to_owned()),
            from_processor: unwritten("mirror".to_owned()),
            amount_max: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Attempts {
    pub(super) per_session_max: u32,
    pub(super) per_token_max: u32,
    pub(super) per_agent_max: u32,
    pub(super) first_delay_s: u64,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { per_session_max: 5, per_token_max: 3, per_agent_max: 100, first_delay_s: 1 }
    }
}

/// A channel on which buyers are asked whether the seller may write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marketing {
    /// `email`, `sms` or `whatsapp`.
    pub(super) channel: Spanned<String>,
    pub(super) text: String,
    pub(super) privacy_policy: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stripe {
    #[serde(default = "default_stripe_url")]
    pub(super) url: Spanned<String>,
    pub(super) secret_key: Spanned<String>,
    pub(super) merchant_id: Spanned<String>,
    #[serde(default = "default_api_version")]
    pub(super) api_version: String,
    #[serde(default = "default_token_api_version")]
    pub(super) token_api_version: String,
    #[serde(default = "default_token_parameter")]
    pub(super) token_parameter: Spanned<String>,
    #[serde(default = "default_sca")]
    pub(super) sca: Spanned<String>,
    #[serde(default)]
    pub(super) webhook_secrets: Vec<Spanned<String>>,
    /// Absent offers no authentication of buyers.
    pub(super) acquirer: Option<Spanned<Acquirer>>,
    #[serde(default = "Calls::to_stripe")]
    pub(super) calls: Calls,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acquirer {
    pub(super) bin: String,
    pub(super) country: String,
    pub(super) merchant_id: String,
    pub(super) merchant_name: String,
    pub(super) requestor_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agent {
    pub(super) id: Spanned<String>,
    pub(super) token: Spanned<String>,
    #[serde(default = "default_calls_per_minute")]
    pub(super) calls_per_minute: Spanned<u32>,
    #[serde(default = "default_wrong_codes_per_minute")]
    pub(super) wrong_codes_per_minute: Spanned<u32>,
    /// `standard`, `openai` or `stripe`.
    #[serde(default = "default_profile")]
    pub(super) profile: Spanned<String>,
    /// Absent looks at no signature.
    pub(super) signature: Option<Signature>,
    /// Absent sends no order events.
    pub(super) events: Option<Events>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Events {
    pub(super) url: Spanned<String>,
    pub(super) secret: Spanned<String>,
    /// Of the protocol.
    #[serde(default = "default_event_version")]
    pub(super) version: Spanned<String>,
    #[serde(default = "default_attempts_max")]
    pub(super) attempts_max: Spanned<u32>,
    #[serde(default = "default_first_delay_ms")]
    pub(super) first_delay_ms: u64,
    #[serde(default = "Calls::to_a_store")]
    pub(super) calls: Calls,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    pub(super) secret: Spanned<String>,
    /// Whether a call without one is refused.
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default = "default_skew_s")]
    pub(super) skew_s: u64,
}

/// Bounds of the calls to one host. Times in milliseconds, sizes in bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calls {
    #[serde(default = "default_deadline_ms")]
    pub(super) deadline_ms: u64,
    #[serde(default = "default_answer_bytes_max")]
    pub(super) answer_bytes_max: usize,
    #[serde(default = "default_retries_max")]
    pub(super) retries_max: u32,
    #[serde(default = "default_retry_delay_ms")]
    pub(super) retry_delay_ms: u64,
    /// Calls at once. A store does best with about one per processor core.
    #[serde(default = "default_in_flight_max")]
    pub(super) in_flight_max: usize,
    #[serde(default = "default_queue_max")]
    pub(super) queue_max: usize,
    #[serde(default = "default_queue_wait_ms")]
    pub(super) queue_wait_ms: u64,
}

impl Calls {
    fn to_a_store() -> Self {
        Self {
            deadline_ms: default_deadline_ms(),
            answer_bytes_max: default_answer_bytes_max(),
            retries_max: default_retries_max(),
            retry_delay_ms: default_retry_delay_ms(),
            in_flight_max: default_in_flight_max(),
            queue_max: default_queue_max(),
            queue_wait_ms: default_queue_wait_ms(),
        }
    }

    /// An agent gives back all products in one answer.
    pub(super) fn to_an_agent() -> Self {
        Self { deadline_ms: 60_000, answer_bytes_max: 512 * 1024 * 1024, ..Self::to_a_store() }
    }

    /// Stripe is no small store: many calls at once are fine.
    fn to_stripe() -> Self {
        Self { in_flight_max: 64, ..Self::to_a_store() }
    }
}

/// The file as a tree, or the line that is wrong.
pub(super) fn parse(text: &str) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        ConfigError {
            key: key_at(text, start),
            line: line_at(text, start),
            message: error.message().replace('\n', " "),
            fix: "See config/storebridge.example.toml for every key and what it means".to_owned(),
        }
    })
}

/// The line of a byte, counted from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// The key written on the line of a byte, or the table it opens.
fn key_at(text: &str, at: usize) -> String {
    let line = text.lines().nth(line_at(text, at) - 1).unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim().trim_matches(['[', ']']);
    if key.is_empty() { "the file".to_owned() } else { key.to_owned() }
}

/// A value that no line of the file holds.
pub(super) fn unwritten<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn no_feed_table() -> Spanned<super::feed::Raw> {
    unwritten(super::feed::Raw::default())
}

fn default_listen() -> Spanned<String> {
    unwritten("127.0.0.1:8080".to_owned())
}

const fn default_catalog_refresh_s() -> u64 {
    15 * 60
}

const fn default_changes_refresh_s() -> u64 {
    60
}

/// Well below the 24 hours for which Stripe surely remembers a key.
fn default_session_lifetime_s() -> Spanned<u64> {
    unwritten(6 * 3600)
}

fn default_completion_patience_s() -> Spanned<u64> {
    unwritten(5 * 60)
}

const fn default_reconcile_interval_s() -> u64 {
    5 * 60
}

fn default_stripe_url() -> Spanned<String> {
    unwritten("https://api.stripe.com".to_owned())
}

fn default_api_version() -> String {
    payments::API_VERSION.to_owned()
}

fn default_token_api_version() -> String {
    payments::TOKEN_API_VERSION.to_owned()
}

fn default_sca() -> Spanned<String> {
    unwritten("fail_fast".to_owned())
}

fn default_token_parameter() -> Spanned<String> {
    unwritten("payment_method_data".to_owned())
}

fn default_calls_per_minute() -> Spanned<u32> {
    unwritten(600)
}

fn default_wrong_codes_per_minute() -> Spanned<u32> {
    unwritten(60)
}

fn default_profile() -> Spanned<String> {
    unwritten("standard".to_owned())
}

const fn default_skew_s() -> u64 {
    300
}

fn default_event_version() -> Spanned<String> {
    unwritten(acp::latest::Version::LATEST.as_str().to_owned())
}

/// With the delay below, doubled each time: about an hour.
fn default_attempts_max() -> Spanned<u32> {
    unwritten(12)
}

const fn default_first_delay_ms() -> u64 {
    1_000
}

const fn default_deadline_ms() -> u64 {
    8_000
}

const fn default_answer_bytes_max() -> usize {
    8 * 1024 * 1024
}

const fn default_retries_max() -> u32 {
    2
}

const fn default_retry_delay_ms() -> u64 {
    100
}

const fn default_in_flight_max() -> usize {
    4
}

const fn default_queue_max() -> usize {
    64
}

const fn default_queue_wait_ms() -> u64 {
    3_000
}
