//! `/.well-known/acp.json`: what is spoken here, without a word about sellers (ACP RFC
//! "discovery").
//!
//! Feeds are not announced. The RFC on product feeds would have `feeds` among the services, but the
//! schema's list of services is closed and does not have it, in 2026-04-17 as in the draft of the
//! next version (schema `DiscoveryCapabilities`; earlier versions have no discovery). No other member
//! could hold a feed's address, which belongs to one seller. Feeds are brought to agents instead, or
//! their addresses given out by the owner (`docs/feed.md`).

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use acp::latest::{
    self, DiscoveryCapabilities, DiscoveryExtension, DiscoveryProtocol, Service, Transport, Version,
};
use bytes::Bytes;

use super::documents::written;
use crate::app::App;

/// The document, made anew when a catalog has changed.
pub(super) struct Discovery(Mutex<Made>);

#[derive(Default)]
struct Made {
    /// Of what catalogs.
    revisions: Vec<Option<u64>>,
    bytes: Bytes,
}

impl Discovery {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn document(&self, app: &App) -> Bytes {
        let revisions = app.stores.iter().map(|store| Some(store.catalog.snapshot()?.revision()));
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made.bytes.is_empty() || !revisions.clone().eq(made.revisions.iter().copied()) {
            *made = Made { revisions: revisions.collect(), bytes: written(&describe(app)) };
        }
        made.bytes.clone()
    }
}

fn describe(app: &App) -> latest::Discovery {
    let versions = Version::SUPPORTED.iter().map(|version| version.as_str().to_owned());
    latest::Discovery {
        protocol: DiscoveryProtocol {
            name: "acp".to_owned(),
            version: Version::LATEST.as_str().to_owned(),
            supported_versions: versions.collect(),
            documentation_url: None,
        },
        api_base_url: format!("{}/api", app.public_url),
        transports: vec![Transport::Rest, Transport::Mcp],
        capabilities: DiscoveryCapabilities {
            services: services(app),
            extensions: vec![DiscoveryExtension {
                name: "discount".to_owned(),
                spec: None,
                schema: None,
            }],
            intervention_types: interventions(app),
            supported_currencies: currencies(app),
            supported_locales: Vec::new(),
        },
    }
}

/// Events are a service where some agent hears of them.
fn services(app: &App) -> Vec<Service> {
    let mut services = vec![Service::Checkout, Service::Carts];
    if app.agents.hear_of_orders() {
        services.push(Service::Orders);
    }
    services
}

/// What some store can have done on the way to an order.
fn interventions(app: &App) -> Vec<String> {
    let is_offered = app.stores.iter().any(|store| store.acquirer.is_some());
    is_offered.then(|| "3ds".to_owned()).into_iter().collect()
}

/// Every currency some store sells in, as far as the catalogs are known.
fn currencies(app: &App) -> Vec<String> {
    let snapshots = app.stores.iter().filter_map(|store| store.catalog.snapshot());
    let found: BTreeSet<String> = snapshots
        .filter_map(|snapshot| {
            let variant =
                snapshot.iter().find_map(|entry| entry.read().variants.into_iter().next())?;
            Some(variant.price.currency().code().to_ascii_lowercase())
        })
        .collect();
    found.into_iter().collect()
}
