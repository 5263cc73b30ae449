//! `[store.feed]`: what the feeds of a store say, and how much of them is kept.

use std::collections::BTreeMap;

use commerce::Storefront;
use feed::{GuardBounds, Plan, Rule, Settings, ShardMax};
use serde::Deserialize;

use super::push::{ApiPush, RawApi, RawSftp, SftpPush};

/// What the feeds of one store say, and how much of them is kept.
#[derive(Clone, Debug)]
pub struct Feed {
    /// What the platform does not know, or should say otherwise.
    pub settings: Settings,
    /// How large a part of a feed may be before there are more of them.
    pub shard_max: ShardMax,
    /// Feeds kept in memory, in bytes; those that were not asked for longest go first, and the last
    /// one never.
    pub kept_bytes_max: u64,
    /// How much a feed may differ from the one that is there before its push is stopped.
    pub guard: GuardBounds,
    /// Servers on which snapshots are put.
    pub sftp: Vec<SftpPush>,
    /// Agents that take products in.
    pub api: Vec<ApiPush>,
}

impl Default for Feed {
    fn default() -> Self {
        Raw::default().resolved()
    }
}

/// The table as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    /// Before product ids in `group_id`.
    pub(super) group_prefix: String,
    /// Weights are those of the products, not of their parcels.
    pub(super) net_weight: bool,
    /// Sides are those of the products, not of their parcels.
    pub(super) product_dimensions: bool,
    /// Values where nothing else is known, by field.
    pub(super) defaults: BTreeMap<String, toml::Value>,
    /// Keys of added fields, by field.
    pub(super) meta: BTreeMap<String, Vec<String>>,
    /// Further names of traits, by field.
    pub(super) traits: BTreeMap<String, Vec<String>>,
    /// What holds for some products.
    pub(super) rules: Vec<Rule>,
    pub(super) shard_rows_max: u64,
    pub(super) shard_bytes_max: u64,
    pub(super) kept_bytes_max: u64,
    pub(super) guard: GuardBounds,
    pub(super) sftp: Vec<RawSftp>,
    pub(super) api: Vec<RawApi>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            group_prefix: String::new(),
            net_weight: false,
            product_dimensions: false,
            defaults: BTreeMap::new(),
            meta: BTreeMap::new(),
            traits: BTreeMap::new(),
            rules: Vec::new(),
            shard_rows_max: feed::SHARD_ROWS,
            shard_bytes_max: feed::SHARD_BYTES,
            kept_bytes_max: 512 * 1024 * 1024,
            guard: GuardBounds::default(),
            sftp: Vec::new(),
            api: Vec::new(),
        }
    }
}

impl Raw {
    /// What is wrong with it, if something is.
    pub(super) fn check(&self) -> Result<(), String> {
        let plan = Plan::new(&self.settings(), Storefront::default());
        plan.map_err(|error| error.to_string())?;
        self.guard.check()
    }

    /// Without what needs secrets.
    pub(super) fn resolved(&self) -> Feed {
        let max = ShardMax { rows: self.shard_rows_max.max(1), bytes: self.shard_bytes_max.max(1) };
        let (sftp, api) = (Vec::new(), Vec::new());
        let (settings, kept_bytes_max, guard) = (self.settings(), self.kept_bytes_max, self.guard);
        Feed { settings, shard_max: max, kept_bytes_max, guard, sftp, api }
    }

    fn settings(&self) -> Settings {
        Settings {
            group_prefix: self.group_prefix.clone(),
            net_weight: self.net_weight,
            product_dimensions: self.product_dimensions,
            defaults: self.defaults.clone(),
            meta: self.meta.clone(),
            traits: self.traits.clone(),
            rules: self.rules.clone(),
        }
    }
}

impl Feed {
    /// The added fields that it wants from the platform.
    pub(super) fn meta_keys(&self) -> impl Iterator<Item = &String> {
        self.settings.meta.values().flatten()
    }

    /// Takes what the rest of the configuration says of the seller, where this says nothing.
    pub(super) fn or_default(&mut self, field: &str, value: &str) {
        let defaults = &mut self.settings.defaults;
        defaults.entry(field.to_owned()).or_insert_with(|| value.into());
    }
}
