//! What becomes of an order after the purchase. The store tells of changes and is asked for those
//! that it does not tell of; the agent that brought the order hears of them, and refunds reach the
//! buyer.
//!
//! What an agent was told last is kept with the order, so it hears of every order at least once,
//! whatever dies. It may hear twice: every replica tells for itself, and an event holds the whole
//! order, so that does no harm.

use std::{sync::Arc, time::Duration};

use commerce::{AgentId, Brought, ConnectorError, OrderId, OrderState, Refund, Sale};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    app::App,
    chain::Chain,
    checkout::{Suspect, converge, log_failure, order_of},
    events::{Happening, Sent},
    failure::Failure,
    refunds,
    store::Store,
};

/// How many orders are remembered, and how long: what is being told now is not told again.
const TOLD_MAX: u64 = 10_000;
const TOLD_FOR: Duration = Duration::from_hours(24);
/// The store counts whole seconds, and its clock may be behind.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// How far a fresh process looks back.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// What agents of one store were told, as far as this process remembers.
pub(crate) struct Telling(Cache<OrderId, String>);

impl Telling {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(TOLD_MAX).time_to_live(TOLD_FOR).build())
    }
}

/// Looks after one store's orders until told to stop.
pub(crate) async fn watch(app: Arc<App>, store: Arc<Store>, stop: CancellationToken) {
    let watching = async {
        let mut since = app.seams.clock.now().saturating_sub(LOOK_BACK).unwrap_or_default();
        loop {
            match look(&app, &store, since).await {
                Ok(newest) => since = newest.max(since),
                Err(error) => {
                    let error = Chain(&error).to_string();
                    warn!(store.id = store.id, error, "changed orders not read");
                }
            }
            tokio::select! {
                () = store.inbox.orders_told() => hear(&app, &store).await,
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

/// Follows what the store's hooks have told of, order by order.
async fn hear(app: &Arc<App>, store: &Arc<Store>) {
    for order in store.inbox.take_orders() {
        match store.connector.brought(&order).await {
            Ok(Brought::Sold(sale)) => follow(app, store, &sale).await,
            Ok(Brought::Unpaid(origin)) => {
                let suspect = Suspect::of_order(origin);
                if let Err(failure) = converge(app, store, &suspect, true).await {
                    log_failure(store, &suspect, &failure);
                }
            }
            Ok(Brought::ByNobody) => {}
            Err(error) => {
                let error = Chain(&error).to_string();
                warn!(store.id = store.id, order.id = %order, error, "changed order not read");
            }
        }
    }
}

/// Follows what has changed since, and says from when on to look next.
pub(crate) async fn look(
    app: &Arc<App>,
    store: &Arc<Store>,
    since: Timestamp,
) -> Result<Timestamp, ConnectorError> {
    let mut newest = since;
    let from = since.saturating_sub(OVERLAP).unwrap_or(since);
    for sale in store.connector.sales_since(from).await? {
        newest = newest.max(sale.changed_at);
        follow(app, store, &sale).await;
    }
    Ok(newest)
}

/// One order as it is now: refunds reach the other side, and the agent hears what is new.
async fn follow(app: &Arc<App>, store: &Arc<Store>, sale: &Sale) {
    if !sale.refunds.is_empty()
        && let Err(failure) = refunds::mirror(store, sale).await
    {
        let (order, error) = (&sale.order.id, Chain(&failure).to_string());
        warn!(store.id = store.id, order.id = %order, error, "refunds not mirrored");
    }
    let happening = if sale.told.is_none() { Happening::Created } else { Happening::Updated };
    let now = words(sale.order.state, &sale.refunds);
    if sale.told.as_ref() != Some(&now) {
        let news = News { order: order_of(sale), happening, now };
        tell(app, store, &sale.agent, &sale.order.id, news);
    }
}

/// What an agent is told of an order.
pub(crate) struct News {
    pub(crate) order: acp::latest::Order,
    pub(crate) happening: Happening,
    /// How the order is now, in our own words.
    pub(crate) now: String,
}

/// Tells an agent, behind everything else, and keeps that it knows. One that nobody listens for is
/// told nothing.
pub(crate) fn tell(app: &Arc<App>, store: &Arc<Store>, agent: &AgentId, id: &OrderId, news: News) {
    let Some(outlet) = app.agents.outlet(&store.id, agent) else { return };
    if store.telling.0.get(id).as_ref() == Some(&news.now) {
        return;
    }
    store.telling.0.insert(id.clone(), news.now.clone());
    let (app, store, id) = (Arc::clone(app), Arc::clone(store), id.clone());
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let News { order, happening, now } = news;
        let (clock, stopping) = (app.seams.clock.as_ref(), &app.stopping);
        match outlet.tell(happening, order, clock, stopping).await {
            Sent::Taken => {}
            Sent::Refused => return,
            Sent::GivenUp => {
                store.telling.0.invalidate(&id);
                return store.inbox.order(id);
            }
        }
        if let Err(error) = store.connector.keep_told(&id, &now).await {
            let error = Chain(&error).to_string();
            warn!(order.id = %id, error, "not kept that the agent knows: it will hear again");
        }
    });
}

/// How an order is, in words that tell one state from another.
pub(crate) fn words(state: OrderState, refunds: &[Refund]) -> String {
    let state = match state {
        OrderState::Processing => "processing",
        OrderState::Completed => "completed",
        OrderState::OnHold => "on hold",
        OrderState::Canceled => "canceled",
        OrderState::Refunded => "refunded",
    };
    refunds.iter().fold(state.to_owned(), |words, refund| format!("{words} -{}", refund.id))
}

/// Brings one payment's session to its end, and its refunds over; says whether nothing is left to do.
pub(crate) async fn settle(
    app: &Arc<App>,
    store: &Arc<Store>,
    payment: &payments::Payment,
) -> Result<bool, Failure> {
    let Some(suspect) = Suspect::of_payment(payment) else { return Ok(true) };
    let repair = converge(app, store, &suspect, true).await?;
    if refunds::has_news(payment) {
        refunds::mirror_payment(store, payment).await?;
    }
    Ok(repair.is_settled)
}
