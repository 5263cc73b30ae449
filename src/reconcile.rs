//! Looking for what has died on the way: a timer in every replica, and `storebridge reconcile`.
//!
//! The store is asked which orders wait for money, the processor which payments hold some and which
//! have moved. Every replica looks for itself, at moments of its own: repairing twice does no harm.

use std::{collections::BTreeMap, fmt, io::Write, sync::Arc, time::Duration};

use commerce::SessionId;
use jiff::{SignedDuration, Timestamp};
use payments::Payment;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::App,
    chain::Chain,
    checkout::{Remedy, Repair, Suspect, converge, log_failure},
    config::Config,
    failure::Failure,
    progress::{Above, Progress, Work},
    real_world, refunds, sales,
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
    /// What was left in the store of sessions that came to nothing, and is taken away.
    pub swept: usize,
    /// What could not be looked at or repaired; the log says why.
    pub failed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} looked at: {} finished, {} let go, {} given back, {} unpaid, {} waiting, {} refunds \
             mirrored, {} swept, {} failed",
            self.looked_at,
            self.finished,
            self.let_go,
            self.given_back,
            self.unpaid,
            self.waiting,
            self.refunds,
            self.swept,
            self.failed,
        )
    }
}

impl Summary {
    /// What was found; nothing, and a line in the log, where it could not be asked.
    fn or_failed<T: Default, E: std::error::Error + 'static>(
        &mut self,
        store: &Store,
        what: &str,
        result: Result<T, E>,
    ) -> T {
        result.unwrap_or_else(|error| {
            self.failed += 1;
            warn!(store.id = store.id, error = %Chain(&error), "{what}");
            T::default()
        })
    }

    fn count(&mut self, repair: &Repair) {
        self.looked_at += 1;
        match repair.remedy {
            Remedy::Nothing => {}
            Remedy::Wait => self.waiting += 1,
            Remedy::Finish | Remedy::Give => self.finished += 1,
            Remedy::LetGo => self.let_go += 1,
            Remedy::GiveBack => self.given_back += 1,
            Remedy::Unpaid => self.unpaid += 1,
        }
    }
}

impl App {
    /// Looks at every store once, and repairs what needs it.
    pub async fn reconcile(self: &Arc<Self>) -> Vec<Summary> {
        let mut summaries = Vec::new();
        for store in &self.stores {
            summaries.push(pass(self, store, Look::all(), &mut |_| Ok(())).await);
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
            let summary = pass(&app, &store, look, &mut |_| Ok(())).await;
            if is_due && summary.failed == 0 {
                looked_back = Some(now);
            }
            if summary != Summary::default() {
                info!(store.id = store.id, "{summary}");
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

/// What is told while it is looked.
enum Told<'t> {
    /// So many sessions are going to be looked at.
    Found(usize),
    /// This one was.
    LookedAt(&'t Suspect, &'t Result<Repair, Failure>),
}

/// Who listens.
type Tell<'a> = dyn FnMut(Told<'_>) -> std::io::Result<()> + Send + 'a;

/// One look at one store. What cannot be looked at counts as failed, and the rest goes on.
async fn pass(app: &Arc<App>, store: &Arc<Store>, look: Look, tell: &mut Tell<'_>) -> Summary {
    let mut summary = Summary::default();
    let (suspects, moved) = suspects(app, store, look, &mut summary).await;
    // Whoever listened may have gone; the repair goes on.
    let _told = tell(Told::Found(suspects.len().min(SUSPECTS_MAX)));
    for suspect in suspects.into_values().take(SUSPECTS_MAX) {
        let result = converge(app, store, &suspect, look.may_act).await;
        match &result {
            Ok(repair) => summary.count(repair),
            Err(failure) => {
                summary.failed += 1;
                log_failure(store, &suspect, failure);
            }
        }
        let _told = tell(Told::LookedAt(&suspect, &result));
    }
    if look.may_act && look.looks_back {
        for payment in moved.iter().filter(|payment| refunds::has_news(payment)) {
            let mirrored = refunds::mirror_payment(store, payment).await;
            summary.refunds += summary.or_failed(store, "refunds not mirrored", mirrored);
        }
        let since = back(app.seams.clock.now());
        let followed = sales::look(app, store, since).await.map(|_newest| ());
        summary.or_failed(store, "changed orders not read", followed);
        let now = app.seams.clock.now();
        let before = now.saturating_sub(store.session_lifetime).unwrap_or(now);
        let swept = store.connector.sweep(before.min(back(now))).await;
        summary.swept += summary.or_failed(store, "what came to nothing not swept", swept);
    }
    summary
}

/// Whoever may need repair, each session once, and the payments that have moved.
async fn suspects(
    app: &App,
    store: &Store,
    look: Look,
    summary: &mut Summary,
) -> (BTreeMap<SessionId, Suspect>, Vec<Payment>) {
    let now = app.seams.clock.now();
    let before = now.saturating_sub(LEFT_ALONE).unwrap_or(now);
    let waiting = store.connector.unsettled().await;
    let waiting = summary.or_failed(store, "orders that wait for money not read", waiting);
    let open = store.processor.unsettled(&store.id, before).await;
    let open = summary.or_failed(store, "payments that have not ended not read", open);
    let moved = if look.looks_back {
        store.processor.changed_since(&store.id, back(now)).await
    } else {
        Ok(Vec::new())
    };
    let moved = summary.or_failed(store, "payments that have moved not read", moved);
    let of_orders = waiting.into_iter().map(Suspect::of_order);
    let of_payments = open.iter().chain(&moved).filter_map(Suspect::of_payment);
    let found = of_orders.chain(of_payments).map(|suspect| (suspect.session.clone(), suspect));
    (found.collect(), moved)
}

/// How far back what has moved is looked through.
fn back(now: Timestamp) -> Timestamp {
    now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH)
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
        let (mut progress, mut total) = (Progress::new(Work::Looking, &store.id), None);
        let mut tell = |told: Told<'_>| match told {
            Told::Found(sessions) => {
                total = Some(sessions as u64);
                progress.add(0, total);
                Ok(())
            }
            Told::LookedAt(suspect, result) => {
                let line = line(suspect, result, may_act);
                progress.add_beside(u64::from(line.is_some()));
                progress.add(1, total);
                line.map_or(Ok(()), |line| writeln!(Above(&mut *out), "  {line}"))
            }
        };
        let summary = pass(&app, store, look, &mut tell).await;
        progress.end();
        is_well &= summary.failed == 0;
        writeln!(out, "  {summary}")?;
    }
    if !is_well {
        writeln!(out, "Not everything could be repaired. Run `storebridge check`.")?;
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
        Remedy::Finish | Remedy::Give => ("finished", "to finish"),
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
