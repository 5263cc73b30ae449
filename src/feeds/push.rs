//! Bringing feeds to their readers: `storebridge feed push`, and by itself while serving.
//!
//! Nothing is remembered here of what was brought: what the reader has is read back and compared
//! with, so any replica may bring it, and bringing it twice changes nothing.

use std::{io::Write, sync::Arc, time::Duration};

use ::catalog::Snapshot;
use feed::{Finding, Profile, Report, Severity, Summary, guard};
use metrics::{counter, gauge};
use sftp::SftpError;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::{NoFeed, inspect};
use crate::{Seams, app::App, config::Config, real_world, store::Store};

mod agent;
mod products;
mod snapshots;

use agent::AgentError;

/// A catalog that is older says nothing of what is sold today.
const CATALOG_AGE_MAX: &str = "F17";

/// What was brought.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// Rows, or products, that the reader has now.
    rows: u64,
    /// Of them those that were not there as they are.
    changed: u64,
    /// What was sent for it, in bytes.
    bytes: u64,
    /// What had to be made first, and what to do about it.
    note: Option<String>,
}

/// Why nothing was brought, or not all of it.
#[derive(Debug, Error)]
pub(crate) enum PushError {
    /// Something speaks against it.
    #[error("stopped: {}", reasons(.0))]
    Stopped(Vec<Finding>),
    /// The feed cannot be made.
    #[error("there is no such feed: {0:?}")]
    NoFeed(NoFeed),
    /// The server is not there, or refuses.
    #[error(transparent)]
    Sftp(#[from] SftpError),
    /// The agent is not there, or refuses.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// What was read back is not what was sent.
    #[error(
        "{0} products are not at the agent as they were sent, such as {1}; they are sent again at \
         the next comparison"
    )]
    Differs(usize, String),
}

fn reasons(findings: &[Finding]) -> String {
    let told = findings.iter().map(|one| format!("{}, {} ({})", one.rule, one.reason, one.fix));
    told.collect::<Vec<_>>().join("; ")
}

/// Brings every feed of one store, or of all, where the configuration says. Tells what to exit with:
/// 0 where all was brought, 1 where something failed, 3 where a guard stopped it.
pub async fn run(
    config: &Config,
    store: Option<&str>,
    is_forced: bool,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    let seams = real_world()?;
    let mut worst = 0;
    for config in inspect::chosen(config, store)? {
        let store = Store::alone(config, &seams);
        writeln!(out, "{} ({})", config.name, config.id)?;
        if config.feed.sftp.is_empty() && config.feed.api.is_empty() {
            let how = "add [[store.feed.sftp]] or [[store.feed.api]] to say where feeds go";
            writeln!(out, "  nothing to push: {how}")?;
            continue;
        }
        let snapshot = inspect::whole(&store, &seams).await?;
        for push in &config.feed.sftp {
            let pushed = snapshots::put(&store, push, &seams, is_forced).await;
            worst = worst.max(told(&push.target.host, &pushed, out)?);
        }
        for push in &config.feed.api {
            let agent = agent::Agent::new(&store.id, push, &seams);
            let pushed = products::bring(&agent, &store, push, &snapshot, &seams, is_forced).await;
            worst = worst.max(told(push.url.as_str(), &pushed, out)?);
        }
    }
    Ok(worst)
}

/// Keeps bringing a store's feeds until told to stop.
pub(crate) fn start(app: &Arc<App>, store: &Arc<Store>, stop: &CancellationToken) {
    for push in store.feeds.config().sftp.clone() {
        let (store, seams, stop) = (Arc::clone(store), app.seams.clone(), stop.clone());
        app.tasks.spawn(async move {
            stop.run_until_cancelled(snapshots::keep(&store, &push, &seams)).await;
        });
    }
    for push in store.feeds.config().api.clone() {
        let (store, seams, stop) = (Arc::clone(store), app.seams.clone(), stop.clone());
        app.tasks.spawn(async move {
            stop.run_until_cancelled(products::keep(&store, &push, &seams)).await;
        });
    }
}

/// What `storebridge check` says of where feeds go, and of what would stop the next push: of all
/// products, where they are at hand.
pub(crate) async fn look(
    store: &Store,
    products: Option<&Arc<Snapshot>>,
    seams: &Seams,
) -> Vec<commerce::Finding> {
    let mut findings = Vec::new();
    for push in &store.feeds.config().sftp {
        findings.extend(snapshots::look(store, push, products, seams).await);
    }
    for push in &store.feeds.config().api {
        findings.extend(products::look(store, push, products, seams).await);
    }
    findings
}

/// What would stop a push.
fn warning(to: &str, error: &PushError) -> commerce::Finding {
    let what = format!("Push to {to}");
    let detail = format!("the next one would be {error}");
    commerce::Finding { level: commerce::Level::Warning, what, detail }
}

fn told(to: &str, pushed: &Result<Pushed, PushError>, out: &mut impl Write) -> anyhow::Result<u8> {
    Ok(match pushed {
        Ok(pushed) => {
            let Pushed { rows, changed, bytes, .. } = pushed;
            writeln!(out, "  ok       {to}: {rows} rows, {changed} changed, {bytes} bytes sent")?;
            if let Some(note) = &pushed.note {
                writeln!(out, "           {note}")?;
            }
            0
        }
        Err(error @ PushError::Stopped(_)) => {
            writeln!(out, "  STOPPED  {to}: {error}; --force pushes all the same")?;
            3
        }
        Err(error) => {
            writeln!(out, "  FAILED   {to}: {error}")?;
            1
        }
    })
}

/// Logs and counts what became of one that nobody waits for.
fn count(store: &str, to: &str, pushed: &Result<Pushed, PushError>, now: jiff::Timestamp) {
    let labels = [("store", store.to_owned()), ("to", to.to_owned())];
    let outcome = match pushed {
        Ok(pushed) => {
            let seconds = u32::try_from(now.as_second()).unwrap_or(u32::MAX);
            gauge!("feed_pushed_timestamp_seconds", &labels).set(seconds);
            gauge!("feed_pushed_rows", &labels).set(u32::try_from(pushed.rows).unwrap_or(u32::MAX));
            tracing::info!(
                store.id = store,
                to,
                rows = pushed.rows,
                changed = pushed.changed,
                bytes = pushed.bytes,
                "feed pushed"
            );
            "pushed"
        }
        Err(error) => {
            tracing::error!(store.id = store, to, %error, "feed not pushed");
            if let PushError::Stopped(findings) = error {
                for finding in findings {
                    let labels = [&labels[..], &[("rule", finding.rule.to_owned())]].concat();
                    counter!("feed_push_stops_total", &labels).increment(1);
                }
                "stopped"
            } else {
                "failed"
            }
        }
    };
    let labels = [&labels[..], &[("outcome", outcome.to_owned())]].concat();
    counter!("feed_pushes_total", &labels).increment(1);
}

/// Looks at what is to be brought, compared with what is there: an empty feed never goes, the
/// others only if they are forced.
async fn judge(
    store: &Arc<Snapshot>,
    of: &Store,
    profile: Profile,
    previous: Option<Summary>,
    (seams, is_forced): (&Seams, bool),
) -> Result<Report, PushError> {
    let age = seams.clock.now().duration_since(store.as_of()).as_secs();
    let age = Duration::from_secs(u64::try_from(age).unwrap_or(0));
    let (snapshot, plan, bounds) = (Arc::clone(store), of.feeds.plan(), of.feeds.config().guard);
    let judging = move || {
        let report = inspect::report(&plan, &snapshot, profile);
        let found = guard(profile, previous.as_ref(), &report.summary, Some(age), bounds);
        (report, found)
    };
    let (report, found) = crate::catalog::beside(judging).await;
    let stops = |one: &Finding| one.severity == Severity::Fatal || one.rule == CATALOG_AGE_MAX;
    let stopping: Vec<Finding> = found.into_iter().filter(stops).collect();
    let is_empty = stopping.iter().any(|one| one.rule == "F09");
    if is_empty || (!stopping.is_empty() && !is_forced) {
        return Err(PushError::Stopped(stopping));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use feed::{GuardBounds, Profile, Summary, guard};
    use jiff::Timestamp;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::{PushError, count};

    #[test]
    fn what_stopped_a_push_is_counted_by_rule() {
        let lacking = Summary { rows: 9, incomplete: vec![1], ..Summary::default() };
        let found = guard(Profile::OpenAi, None, &lacking, None, GuardBounds::default());
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            count("shop", "sftp.test", &Err(PushError::Stopped(found)), Timestamp::UNIX_EPOCH);
        });
        let text = recorder.handle().render();
        for line in [
            "feed_push_stops_total{store=\"shop\",to=\"sftp.test\",rule=\"F11\"} 1",
            "feed_pushes_total{store=\"shop\",to=\"sftp.test\",outcome=\"stopped\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
    }
}
