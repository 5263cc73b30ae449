//! storebridge: an agent speaks the Agentic Commerce Protocol to it, a store and a processor
//! hear their own languages. ARCHITECTURE.md has the map.

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::net::TcpListener;
use tracing::info;
use upstream::{Https, SystemChance};

mod app;
pub mod attempts;
mod catalog;
mod chain;
mod changes;
pub mod check;
mod checkout;
pub mod clock;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
mod edge;
mod events;
mod failure;
pub mod feeds;
mod guesses;
pub mod hooks;
pub mod http;
mod locks;
mod progress;
pub mod reconcile;
mod refunds;
mod replay;
mod sales;
mod session;
pub mod shutdown;
mod store;
pub mod telemetry;

pub use app::{App, Parts, Seams};

/// Longest time to reach a host: name, TCP and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Time, chance and the network as they really are.
pub fn real_world() -> anyhow::Result<Seams> {
    Ok(Seams {
        clock: Arc::new(clock::SystemClock),
        chance: Arc::new(SystemChance),
        transport: Arc::new(Https::new(CONNECT_TIMEOUT).context("no TLS on this machine")?),
    })
}

/// Serves the configured stores until `shutdown`, then drains.
pub async fn serve(
    config: config::Config,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let listener = bind(config.server.listen).await?;
    let metrics_listener = match config.server.metrics_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let app = App::new(&config, real_world()?);
    if let Some(listener) = metrics_listener {
        let counts = telemetry::metrics().context("metrics cannot be collected")?;
        app.tasks.spawn(telemetry::keep_small(counts.clone(), app.stopping.clone()));
        let router = http::metrics_router(move || counts.render());
        let (bounds, stop) = (app.bounds, app.stopping.clone());
        app.tasks.spawn(async move {
            edge::serve(listener, router, bounds, stop.cancelled_owned()).await;
        });
    }
    app.start();
    for (at, store) in config.stores.iter().enumerate() {
        info!(store.id = store.id, feed = app.feed_url(at), "store configured");
    }
    run(listener, &app, shutdown).await;
    Ok(())
}

/// Serves a wired application on a listener until `shutdown`, then drains.
pub async fn run(listener: TcpListener, app: &Arc<App>, shutdown: impl Future<Output = ()> + Send) {
    if let Ok(address) = listener.local_addr() {
        info!(listen = %address, "serving");
    }
    edge::serve(listener, http::front(app), app.bounds, shutdown).await;
    info!("draining");
    app.stop().await;
}

/// Takes a port, or says who should do what.
pub(crate) async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; end what listens there or choose another address")
    })
}
