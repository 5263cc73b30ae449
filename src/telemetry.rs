//! Logs and metrics. What is never logged: tokens, keys, addresses, names, e-mails, bodies.
//!
//! A failure is logged once, where it is handled; identifiers are dotted fields such as
//! `store.id`, `agent.id`, `request.id`; units end the name, such as `duration_ms`.

use std::{io::IsTerminal, time::Duration};

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt};

/// So often the single times are summed up.
const SUMMED_UP: Duration = Duration::from_secs(5);

/// Starts logging to standard error: text on a terminal, JSON elsewhere. `RUST_LOG` filters.
pub fn log(default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let log =
        fmt().with_env_filter(filter).with_writer(|| crate::progress::Above(std::io::stderr()));
    // A second start in one process keeps the first, which is what tests want.
    let _already_started = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().flatten_event(true).try_init()
    };
}

/// Starts counting, and returns what renders the counts for Prometheus.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().install_recorder()
}

/// Sums single times up until told to stop: where nobody asks for the counts, they would only become
/// more.
pub(crate) async fn keep_small(counts: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(SUMMED_UP)).await.is_some() {
        counts.run_upkeep();
    }
}
