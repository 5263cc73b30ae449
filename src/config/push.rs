//! `[[store.feed.sftp]]` and `[[store.feed.api]]`: where feeds are brought, and how often.

use std::time::Duration;

use feed::{Format, Packing, Profile};
use secrecy::SecretString;
use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::raw::{Calls, unwritten};

/// A server on which snapshots of a feed are put.
#[derive(Clone, Debug)]
pub struct SftpPush {
    /// The server.
    pub target: sftp::Target,
    /// The folder; empty for the one where it puts us.
    pub folder: String,
    /// For whose readers.
    pub profile: Profile,
    /// How rows are written.
    pub format: Format,
    /// How the file is packed.
    pub packing: Packing,
    /// Stands in `metadata.json` beside a snapshot of profile `acp`.
    pub feed_id: Option<String>,
    /// The country in `metadata.json`, ISO 3166-1 alpha-2.
    pub target_country: Option<String>,
    /// How old the file may become.
    pub every: Duration,
}

/// An agent that takes products in (ACP Feed API).
#[derive(Clone, Debug)]
pub struct ApiPush {
    /// What stands before `/feeds`, without a trailing slash.
    pub url: Url,
    /// What we show.
    pub token: SecretString,
    /// The protocol's version.
    pub version: String,
    /// Which feed; `None` until one has been made.
    pub feed_id: Option<String>,
    /// For which country it is made, ISO 3166-1 alpha-2.
    pub target_country: Option<String>,
    /// Most products of one call.
    pub batch_products_max: usize,
    /// After a change so long is waited for others, that go with it.
    pub gather: Duration,
    /// How often all of it is read back and compared.
    pub compare: Duration,
    /// Bounds of calls to the agent.
    pub limits: upstream::Limits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSftp {
    pub(super) host: String,
    #[serde(default = "default_port")]
    pub(super) port: u16,
    pub(super) user: String,
    /// Reference to the password; or `key`.
    pub(super) password: Option<Spanned<String>>,
    /// Reference to a private key.
    pub(super) key: Option<Spanned<String>>,
    /// `ssh-ed25519 AAAA…`.
    pub(super) host_key: Spanned<String>,
    #[serde(default)]
    pub(super) folder: String,
    #[serde(default = "default_profile")]
    pub(super) profile: Spanned<String>,
    /// `jsonl.gz` and the like.
    #[serde(default = "default_format")]
    pub(super) format: Spanned<String>,
    pub(super) feed_id: Option<String>,
    pub(super) target_country: Option<Spanned<String>>,
    #[serde(default = "default_every_s")]
    pub(super) every_s: u64,
    #[serde(default = "default_deadline_s")]
    pub(super) deadline_s: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApi {
    pub(super) url: Spanned<String>,
    pub(super) token: Spanned<String>,
    #[serde(default = "default_version")]
    pub(super) version: String,
    pub(super) feed_id: Option<String>,
    pub(super) target_country: Option<Spanned<String>>,
    #[serde(default = "default_batch_products_max")]
    pub(super) batch_products_max: usize,
    #[serde(default = "default_gather_ms")]
    pub(super) gather_ms: u64,
    #[serde(default = "default_compare_s")]
    pub(super) compare_s: u64,
    #[serde(default = "Calls::to_an_agent")]
    pub(super) calls: Calls,
}

const fn default_port() -> u16 {
    22
}

fn default_profile() -> Spanned<String> {
    unwritten("openai".to_owned())
}

fn default_format() -> Spanned<String> {
    unwritten("jsonl.gz".to_owned())
}

/// Readers want a whole file once a day at least.
const fn default_every_s() -> u64 {
    12 * 3600
}

const fn default_deadline_s() -> u64 {
    15 * 60
}

fn default_version() -> String {
    "2026-04-17".to_owned()
}

const fn default_batch_products_max() -> usize {
    100
}

const fn default_gather_ms() -> u64 {
    200
}

const fn default_compare_s() -> u64 {
    3600
}
