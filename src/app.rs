//! Everything wired: stores, agents, seams and memory, shared by every request.

use std::sync::Arc;

use commerce::Connector;
use payments::Processor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use upstream::{Chance, Transport};

use crate::{
    catalog, changes,
    clock::Clock,
    config::{Config, EdgeBounds},
    feeds::push,
    locks::Locks,
    reconcile,
    replay::Replays,
    sales,
    session::Sealer,
    store::{Agents, Store},
};

/// Time, chance and the network, as a test or the real world provides them.
#[derive(Clone)]
pub struct Seams {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub chance: Arc<dyn Chance>,
    /// How calls leave.
    pub transport: Arc<dyn Transport>,
}

/// What stands between the service and one store: the platform and the processor.
#[derive(Clone)]
pub struct Parts {
    /// The store's platform.
    pub connector: Arc<dyn Connector>,
    /// Who takes its payments.
    pub processor: Arc<dyn Processor>,
}

/// The whole service but its sockets.
pub struct App {
    pub(crate) public_url: String,
    pub(crate) bounds: EdgeBounds,
    pub(crate) stores: Vec<Arc<Store>>,
    /// Stands in the addresses of each store's feeds.
    pub(crate) feed_names: Vec<String>,
    pub(crate) agents: Agents,
    pub(crate) sealer: Sealer,
    pub(crate) replays: Replays,
    pub(crate) locks: Locks,
    pub(crate) seams: Seams,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// Wires a configuration to the world. Starts nothing.
    pub fn new(config: &Config, seams: Seams) -> Arc<Self> {
        Self::with(config, seams, &|parts| parts)
    }

    /// The same with something put around each store's parts.
    pub fn with(config: &Config, seams: Seams, around: &dyn Fn(Parts) -> Parts) -> Arc<Self> {
        let stores: Vec<_> = config
            .stores
            .iter()
            .map(|store| {
                Arc::new(Store::new(store, &seams.transport, &seams.chance, &seams.clock, around))
            })
            .collect();
        let agents = Agents::new(
            config.stores.iter().zip(stores.iter().cloned()),
            &seams.transport,
            &seams.chance,
        );
        let sealer = Sealer::new(&config.server.session_key);
        Arc::new(Self {
            public_url: config.server.public_url.as_str().trim_end_matches('/').to_owned(),
            bounds: config.server.bounds,
            feed_names: stores.iter().map(|store| sealer.feed_name(&store.id)).collect(),
            stores,
            agents,
            sealer,
            replays: Replays::new(config.server.bounds.replay_bytes_max),
            locks: Locks::new(),
            seams,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Starts keeping every catalog fresh, and looking after orders.
    pub fn start(self: &Arc<Self>) {
        for store in &self.stores {
            let (app, store) = (Arc::clone(self), Arc::clone(store));
            self.tasks.spawn(async move {
                catalog::keep_fresh(&store, app.seams.clock.as_ref(), app.stopping.clone()).await;
            });
        }
        for store in &self.stores {
            let following =
                changes::follow(Arc::clone(self), Arc::clone(store), self.stopping.clone());
            self.tasks.spawn(following);
            let watching = sales::watch(Arc::clone(self), Arc::clone(store), self.stopping.clone());
            self.tasks.spawn(watching);
            let keeping =
                reconcile::keep(Arc::clone(self), Arc::clone(store), self.stopping.clone());
            self.tasks.spawn(keeping);
            push::start(self, store, &self.stopping);
        }
    }

    /// Waits until every store's catalog has been read once.
    pub async fn ready(&self) {
        for store in &self.stores {
            store.catalog.first().await;
        }
    }

    /// Stops background work and waits for completions that are under way, as long as allowed.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.tasks.close();
        if tokio::time::timeout(self.bounds.drain_timeout, self.tasks.wait()).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "some completions did not end in time");
        }
    }

    /// Where a store's feed is served, in today's native contract and not packed; the other
    /// profiles and formats are beside it.
    pub fn feed_url(&self, store: usize) -> Option<String> {
        let name = self.feed_names.get(store)?;
        Some(format!("{}/feeds/{name}/openai.jsonl", self.public_url))
    }
}
