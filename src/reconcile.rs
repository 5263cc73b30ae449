//! Looking for what has died on the way: a timer in every replica, and `storebridge reconcile`.
//!
//! The store is asked which orders wait for money, the processor which payments hold some and which
//! have moved. Every replica looks for itself, at moments of its own: repairing twice does no harm.

use std::{collections::BTreeMap, fmt, io::Write, sync::Arc, time::Duration};

use commerce::{ConnectorError, SessionId};
use jiff::{SignedDuration, Timestamp};
use payments::{Payment, PaymentError};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::App,
    chain::Chain,
    checkout::{Remedy, Repair, Suspect, converge, log_failure},
    config::Config,
    failure::Failure,
    real_world, refunds,
    store::Store,
};

/// Whoever is at it now needs no help.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(1);
/// How far back payments are looked through that have moved. The processor tells of most by itself.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How often a replica looks back so far.
const LOOK_BACK_INTERVAL: SignedDuration = SignedDuration::from_hours(24);
/// Most sessions repaired in one go; the rest comes the next time.
const SUSPECTS_MAX: usize = 1_000;

/// What one look at a store has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sessions that were looked at.
    pub looked_at: usize,
    /// Orders whose money was taken or written in.
    pub finished: usize,
    /// Payments that were called off, with the draft behind them.
    pub let_go: usize,
    /// Payments that were given back because their order was gone.
    pub given_back: usize,
    /// Orders that say they are paid and are not.
    pub unpaid: usize,
    /// Sessions at which somebody may still be.
    pub waiting: usize,
    /// Refunds brought from one side to the other.
    pub refunds: usize,
    /// Sessions that could not be repaired; the log says why.
    pub failed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} looked at: {} finished, {} let go, {} given back, {} unpaid, {} waiting, {} refunds \
             mirrored, {} failed",
            self.looked_at,
            self.finished,
            self.let_go,
            self.given_back,
            self.unpaid,
            self.waiting,
            self.refunds,
            self.failed,
        )
    }
}

impl Summary {
    fn count(&mut self, repair: &Repair) {
        self.looked_at += 1;
        match repair.remedy {
            Remedy::Nothing => {}
            Remedy::Wait => self.waiting += 1,
            Remedy::Finish => self.finished += 1,
            Remedy::LetGo => self.let_go += 1,
            Remedy::GiveBack => self.given_back += 1,
            Remedy::Unpaid => self.unpaid += 1,
        }
    }
}

/// Why there was nothing to look at.
#[derive(Debug, Error)]
pub(crate) enum Unseen {
    /// The store does not say which orders wait.
    #[error("the store does not say which orders wait for money")]
    Store(#[from] ConnectorError),
    /// The processor does not say which payments have not ended.
    #[error("the processor does not say which payments have not ended")]
    Processor(#[from] PaymentError),
}

impl App {
    /// Looks at every store once, and repairs what needs it.
    pub async fn reconcile(self: &Arc<Self>) -> Vec<Summary> {
        let mut summaries = Vec::new();
        for store in &self.stores {
            let found = pass(self, store, Look::all(), &mut |_, _| Ok(())).await;
            summaries.push(found.unwrap_or_default());
        }
        summaries
    }
}

/// Looks after one store until told to stop.
pub(crate) async fn keep(app: Arc<App>, store: Arc<Store>, stop: CancellationToken) {
    let keeping = async {
        let mut looked_back = None::<Timestamp>;
        loop {
            tokio::time::sleep(jittered(&app, store.reconcile_interval)).await;
            let now = app.seams.clock.now();
            let is_due = looked_back.is_none_or(|at| now.duration_since(at) > LOOK_BACK_INTERVAL);
            let look = if is_due { Look::all() } else { Look::unsettled() };
            match pass(&app, &store, look, &mut |_, _| Ok(())).await {
                Ok(summary) => {
                    if is_due {
                        looked_back = Some(now);
                    }
                    if summary.looked_at > 0 {
                        info!(store.id = store.id, "{summary}");
                    }
                }
                Err(error) => warn!(store.id = store.id, error = %Chain(&error), "not reconciled"),
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = keeping => {}
    }
}

/// Between half of it and one and a half times as long, so that replicas do not look together.
fn jittered(app: &App, interval: Duration) -> Duration {
    let most = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX - 1);
    interval / 2 + Duration::from_millis(app.seams.chance.below(most + 1))
}

/// How closely to look, and whether to act.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    may_act: bool,
    looks_back: bool,
}

impl Look {
    const fn all() -> Self {
        Self { may_act: true, looks_back: true }
    }

    const fn unsettled() -> Self {
        Self { may_act: true, looks_back: false }
    }
}

/// What is told of each session that was looked at.
type Tell<'a> = dyn FnMut(&Suspect, &Result<Repair, Failure>) -> std::io::Result<()> + Send + 'a;

/// One look at one store.
async fn pass(
    app: &Arc<App>,
    store: &Arc<Store>,
    look: Look,
    tell: &mut Tell<'_>,
) -> Result<Summary, Unseen> {
    let (suspects, moved) = suspects(app, store, look).await?;
    let mut summary = Summary::default();
    for suspect in suspects.into_values().take(SUSPECTS_MAX) {
        let result = converge(app, store, &suspect, look.may_act).await;
        match &result {
            Ok(repair) => summary.count(repair),
            Err(failure) => {
                summary.failed += 1;
                log_failure(store, &suspect, failure);
            }
        }
        // Whoever listened has gone; the repair goes on.
        let _told = tell(&suspect, &result);
    }
    if look.may_act {
        for payment in moved.iter().filter(|payment| refunds::has_news(payment)) {
            match refunds::mirror_payment(store, payment).await {
                Ok(count) => summary.refunds += count,
                Err(failure) => {
                    summary.failed += 1;
                    let (id, error) = (&payment.id, Chain(&failure).to_string());
                    warn!(store.id = store.id, payment.id = %id, error, "refunds not mirrored");
                }
            }
        }
    }
    Ok(summary)
}

/// Whoever may need repair, each session once, and the payments that have moved.
async fn suspects(
    app: &App,
    store: &Store,
    look: Look,
) -> Result<(BTreeMap<SessionId, Suspect>, Vec<Payment>), Unseen> {
    let now = app.seams.clock.now();
    let before = now.saturating_sub(LEFT_ALONE).unwrap_or(now);
    let mut found = BTreeMap::new();
    for origin in store.connector.unsettled().await? {
        found.insert(origin.session.clone(), Suspect::of_order(origin));
    }
    let unsettled = store.processor.unsettled(&store.id, before).await?;
    let since = now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH);
    let moved = match look.looks_back {
        true => store.processor.changed_since(&store.id, since).await?,
        false => Vec::new(),
    };
    for suspect in unsettled.iter().chain(&moved).filter_map(Suspect::of_payment) {
        found.insert(suspect.session.clone(), suspect);
    }
    Ok((found, moved))
}

/// `storebridge reconcile`: looks at every store, repairs or only says what it would do, and writes a
/// line for each session that is not as it should be. `false` if something could not be repaired.
pub async fn run(
    config: &Config,
    may_act: bool,
    out: &mut (impl Write + Send),
) -> anyhow::Result<bool> {
    let app = App::new(config, real_world()?);
    let mut is_well = true;
    for store in &app.stores {
        writeln!(out, "{} ({})", store.name, store.id)?;
        let look = Look { may_act, looks_back: true };
        let mut tell = |suspect: &Suspect, result: &Result<Repair, Failure>| {
            line(suspect, result, may_act).map_or(Ok(()), |line| writeln!(out, "  {line}"))
        };
        let found = pass(&app, store, look, &mut tell).await;
        match found {
            Ok(summary) => {
                is_well &= summary.failed == 0;
                writeln!(out, "  {summary}")?;
            }
            Err(error) => {
                is_well = false;
                writeln!(out, "  FAILED   {}. Run `storebridge check`", Chain(&error))?;
            }
        }
    }
    app.stop().await;
    Ok(is_well)
}

/// What the owner reads of one session; nothing of one that is as it should be.
fn line(suspect: &Suspect, result: &Result<Repair, Failure>, may_act: bool) -> Option<String> {
    let repair = match result {
        Ok(repair) => repair,
        Err(failure) => {
            let payment = suspect.payment.as_ref().map_or("its payment", |id| id.as_str());
            return Some(format!("FAILED   {payment}: {}", Chain(failure)));
        }
    };
    let (done, planned) = match repair.remedy {
        Remedy::Nothing => return None,
        Remedy::Wait => ("waits", "waits"),
        Remedy::Finish => ("finished", "to finish"),
        Remedy::LetGo => ("let go", "to let go"),
        Remedy::GiveBack => ("given back", "to give back"),
        Remedy::Unpaid => ("UNPAID", "UNPAID"),
    };
    let order = repair.order.as_ref().map_or_else(String::new, |order| format!(", order {order}"));
    let payment = repair.payment.as_ref().map_or("no payment", |payment| payment.as_str());
    let amount = repair.amount.map_or_else(String::new, |amount| {
        format!(" over {} {}", amount.to_major(), amount.currency().code())
    });
    let word = if may_act { done } else { planned };
    Some(format!("{word:<10} payment {payment}{amount}{order}, through {}", suspect.agent))
}
