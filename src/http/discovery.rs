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
    future::ready,
    sync::{Arc, Mutex, PoisonError},
};

use acp::latest::{
    Discovery, DiscoveryCapabilities, DiscoveryExtension, DiscoveryProtocol, Service, Transport,
    Version,
};
use axum::handler::Handler;
use bytes::Bytes;

use super::{public_json, written};
use crate::{app::App, store::Store};

/// How long the document may be kept: the RFC asks for an hour at least.
const KEPT: &str = "public, max-age=3600";

/// Answers with the document, which is made anew when a catalog has changed.
pub(super) fn document(app: &Arc<App>) -> impl Handler<((),), Arc<App>> {
    let app = Arc::clone(app);
    let made = Arc::new(Mutex::new((Vec::new(), Bytes::new())));
    move || {
        let revision = |store: &Arc<Store>| Some(store.catalog.snapshot()?.revision());
        let revisions: Vec<Option<u64>> = app.stores.iter().map(revision).collect();
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.1.is_empty() || made.0 != revisions {
            *made = (revisions, written(&describe(&app)));
        }
        ready(public_json(made.1.clone(), KEPT))
    }
}

fn describe(app: &App) -> Discovery {
    let versions = Version::SUPPORTED.iter().map(|version| version.as_str().to_owned());
    Discovery {
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
