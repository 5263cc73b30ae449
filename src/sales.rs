//! What becomes of an order after the purchase: the store is asked what has changed, and the agent
//! that brought the order hears of it.
//!
//! What an agent was told last is remembered in this process only. After a restart an order that
//! has come further than a fresh one is told once more, and every replica tells for itself: an
//! event holds the whole order, so hearing twice does no harm.

use std::{collections::HashMap, sync::Arc, time::Duration};

use commerce::{AgentId, ConnectorError, OrderId, OrderState, Sale};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    app::App,
    chain::Chain,
    checkout::order_of,
    events::{Happening, Outlet},
    store::Store,
};

/// How many orders are remembered, and how long.
const TOLD_MAX: u64 = 10_000;
const TOLD_FOR: Duration = Duration::from_hours(24);
/// The store counts whole seconds, and its clock may be behind.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// How far a fresh process looks back.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);

/// What an agent was told of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    state: OrderState,
    refunds: Vec<String>,
}

impl Told {
    fn of(sale: &Sale) -> Self {
        let refunds = sale.refunds.iter().map(|refund| refund.id.clone()).collect();
        Self { state: sale.order.state, refunds }
    }

    /// Whether the completion's own event has said it all.
    fn is_fresh(&self) -> bool {
        self.state == OrderState::Processing && self.refunds.is_empty()
    }
}

/// Looks after one store's orders until told to stop, where some agent wants to hear of them.
pub(crate) async fn watch(app: Arc<App>, store: Arc<Store>, stop: CancellationToken) {
    let outlets = app.agents.outlets(&store.id);
    if outlets.is_empty() {
        return;
    }
    let told = Cache::builder().max_capacity(TOLD_MAX).time_to_live(TOLD_FOR).build();
    let watching = async {
        let mut since = app.seams.clock.now().saturating_sub(LOOK_BACK).unwrap_or_default();
        loop {
            match look(&app, &store, &outlets, &told, since).await {
                Ok(newest) => since = newest.max(since),
                Err(error) => {
                    let error = Chain(&error).to_string();
                    warn!(store.id = store.id, error, "changed orders not read");
                }
            }
            tokio::select! {
                () = store.inbox.order_told.notified() => {}
                () = tokio::time::sleep(store.changes_refresh) => {}
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = watching => {}
    }
}

/// Tells what is new, and says from when on to look next.
async fn look(
    app: &Arc<App>,
    store: &Store,
    outlets: &HashMap<AgentId, Arc<Outlet>>,
    told: &Cache<OrderId, Told>,
    since: Timestamp,
) -> Result<Timestamp, ConnectorError> {
    let mut newest = since;
    let from = since.saturating_sub(OVERLAP).unwrap_or(since);
    for sale in store.connector.sales_since(from).await? {
        newest = newest.max(sale.changed_at);
        let Some(outlet) = outlets.get(&sale.agent) else { continue };
        let (now, before) = (Told::of(&sale), told.get(&sale.order.id));
        let is_news = before.map_or(!now.is_fresh(), |before| before != now);
        told.insert(sale.order.id.clone(), now);
        if is_news {
            let (app, outlet, order) = (Arc::clone(app), Arc::clone(outlet), order_of(&sale));
            let telling = Arc::clone(&app);
            app.tasks.spawn(async move {
                let (clock, stopping) = (telling.seams.clock.as_ref(), &telling.stopping);
                outlet.tell(Happening::Updated, order, clock, stopping).await;
            });
        }
    }
    Ok(newest)
}
