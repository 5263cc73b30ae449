//! The one repair: whatever has died on the way, store and processor are brought to agree.
//!
//! Agents drive it by asking, the processor and the store by telling, a timer and the command line
//! by looking. All of them may do so at once and on every replica: nothing happens twice.

use std::{sync::Arc, time::Duration};

use commerce::{
    AgentId, Commitment, ConnectorError, Draft, DraftState, Facts, Money, OrderId, Origin,
    PaymentId, SessionId,
};
use jiff::{SignedDuration, Timestamp};
use payments::{Payment, PaymentError, PaymentState, RefundRequest};
use tracing::{error, info, warn};

use super::{
    Memo, Outcome,
    purchase::{Purchase, Refusal},
    tell_of_order,
};
use crate::{
    app::App,
    chain::Chain,
    failure::Failure,
    session::{Kind, Ticket},
    store::Store,
};

mod remedy;

use remedy::Evidence;
pub(crate) use remedy::Remedy;

/// How long a repair waits for a call on the same session.
const LOCK_PATIENCE: Duration = Duration::from_secs(8);

/// A session that may need repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub(crate) session: SessionId,
    pub(crate) agent: AgentId,
    /// Its payment, where that is known already.
    pub(crate) payment: Option<PaymentId>,
}

impl Suspect {
    /// The session that a payment was opened for; `None` for somebody else's.
    pub(crate) fn of_payment(payment: &Payment) -> Option<Self> {
        Some(Self {
            session: payment.session.clone()?,
            agent: payment.agent.clone()?,
            payment: Some(payment.id.clone()),
        })
    }

    /// The session that an order was brought by.
    pub(crate) fn of_order(origin: Origin) -> Self {
        Self { session: origin.session, agent: origin.agent, payment: origin.payment }
    }
}

/// What was found, and what was done about it.
#[derive(Clone, Debug)]
pub(crate) struct Repair {
    pub(crate) remedy: Remedy,
    pub(crate) order: Option<OrderId>,
    pub(crate) payment: Option<PaymentId>,
    pub(crate) amount: Option<Money>,
    /// Whether nothing is left to do: no money is held or taken without its order.
    pub(crate) is_settled: bool,
}

/// Looks at a session, and repairs it where it needs that and may be repaired.
pub(crate) async fn converge(
    app: &Arc<App>,
    store: &Arc<Store>,
    suspect: &Suspect,
    may_act: bool,
) -> Result<Repair, Failure> {
    let (session, agent) = (&suspect.session, &suspect.agent);
    let ticket = app.sealer.open(Kind::Session, &store.id, agent, session);
    let ticket = ticket.ok_or(Failure::UnknownSession)?;
    let lock = app.locks.lock(session, LOCK_PATIENCE).await;
    let lock = lock.ok_or(Failure::Busy { retry_after: Duration::from_secs(1) })?;
    let purchase = Purchase::repairing(store, session, agent, &ticket);
    let found = Found::look(&purchase, &ticket, suspect.payment.as_ref()).await?;
    let remedy = found.remedy(app, store, &ticket);
    let mut repair = Repair {
        remedy,
        order: found.order(),
        payment: found.payment.as_ref().map(|payment| payment.id.clone()),
        amount: found.payment.as_ref().map(|payment| payment.total),
        is_settled: !found.has_money() || remedy == Remedy::Nothing,
    };
    if !may_act || matches!(remedy, Remedy::Nothing | Remedy::Wait) {
        return Ok(repair);
    }
    let app = Arc::clone(app);
    // It outlives whoever asked for it, as a purchase does.
    let tasks = app.tasks.clone();
    let acting = tasks.spawn(async move {
        let _lock = lock;
        let outcome = found.carry_out(&purchase, remedy).await?;
        tell_of_order(&app, &purchase.store, &purchase.agent, &purchase.session, &outcome);
        Ok::<_, Failure>(outcome)
    });
    let outcome = acting.await.map_err(|_| Failure::TooSlow)??;
    repair.is_settled = !matches!(outcome, Outcome::InProgress(_));
    Ok(repair)
}

/// What store and processor say of one session.
pub(super) struct Found {
    /// `None` if it is gone.
    pub(super) draft: Option<Draft>,
    pub(super) payment: Option<Payment>,
}

impl Found {
    /// What the processor says of the payment that a draft is tied to.
    pub(super) async fn of_draft(store: &Store, draft: Draft) -> Result<Self, Failure> {
        let tied = match &draft.state {
            DraftState::Committed { payment, .. } => payment.as_ref(),
            DraftState::Placed(order) => order.payment.as_ref(),
            DraftState::Open | DraftState::Discarded => None,
        };
        let payment = match tied {
            Some(payment) => Some(store.processor.fetch(payment).await?),
            None => None,
        };
        Ok(Self { draft: Some(draft), payment })
    }

    /// Asks both. The payment first: a draft is committed before its payment can hold money, so a
    /// draft that is read later and still open was opened again.
    async fn look(
        purchase: &Purchase,
        ticket: &Ticket,
        known: Option<&PaymentId>,
    ) -> Result<Self, Failure> {
        let processor = &purchase.store.processor;
        let payment = match known {
            Some(id) => Some(processor.fetch(id).await?),
            None => processor.find(&purchase.session, ticket.opened_at).await?,
        };
        let draft = match purchase.store.connector.load(&ticket.draft).await {
            Ok(draft) => Some(draft),
            Err(ConnectorError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { draft, payment })
    }

    /// What follows from it.
    pub(super) fn remedy(&self, app: &App, store: &Store, ticket: &Ticket) -> Remedy {
        let now = app.seams.clock.now();
        let evidence = Evidence {
            draft: self.draft.as_ref().map(|draft| (&draft.state, draft.quote.totals.total)),
            payment: self.payment.as_ref(),
            age: self.age(now),
            patience: store.completion_patience,
            is_expired: now > store.expires_at(ticket),
        };
        evidence.remedy()
    }

    /// How long ago somebody was at it for certain.
    fn age(&self, now: Timestamp) -> Duration {
        let committed = self.draft.as_ref().and_then(|draft| match &draft.state {
            DraftState::Committed { memo, .. } => Memo::parse(memo).began_at(),
            _ => None,
        });
        let since = committed.or(self.payment.as_ref().map(|payment| payment.opened_at));
        let age = since.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        Duration::try_from(age).unwrap_or_default()
    }

    /// Whether money is held or taken that nobody has given back.
    fn has_money(&self) -> bool {
        self.payment.as_ref().is_some_and(|payment| match payment.state {
            PaymentState::Authorized => true,
            PaymentState::Captured => payment.refunded != payment.captured,
            _ => false,
        })
    }

    fn order(&self) -> Option<OrderId> {
        let of_draft = self.draft.as_ref().map(|draft| draft.order.clone());
        of_draft.or_else(|| self.payment.as_ref()?.order.clone())
    }

    /// Does what follows from it.
    pub(super) async fn carry_out(
        self,
        purchase: &Purchase,
        remedy: Remedy,
    ) -> Result<Outcome, Failure> {
        let order = self.order();
        if let (Remedy::Give, Some(draft)) = (remedy, &self.draft) {
            let commitment = commitment(purchase, draft, None);
            return Ok(purchase.give(draft.clone(), &commitment).await);
        }
        let Some(payment) = self.payment else { return Err(Failure::TooSlow) };
        match (remedy, self.draft) {
            (Remedy::Finish, Some(draft)) => {
                let commitment = commitment(purchase, &draft, Some(&payment));
                Ok(purchase.take(draft, payment, &commitment).await)
            }
            (Remedy::LetGo, draft) => let_go(purchase, draft, &payment).await,
            (Remedy::GiveBack, draft) => give_back(purchase, draft, &payment).await,
            (Remedy::Unpaid, Some(draft)) => {
                tell_unpaid(purchase, order.as_ref(), &payment).await?;
                Ok(Outcome::Refused(draft, Refusal::Problems))
            }
            (_, draft) => Ok(draft.map_or(Outcome::Gone, Outcome::InProgress)),
        }
    }
}

/// What ties a draft to the payment that pays for it.
fn commitment(purchase: &Purchase, draft: &Draft, payment: Option<&Payment>) -> Commitment {
    let paid = payment.map_or(draft.quote.totals.total, |payment| payment.total);
    let (total, memo) = match &draft.state {
        DraftState::Committed { total, memo, .. } => (*total, memo.clone()),
        DraftState::Placed(order) => (paid, order.memo.clone()),
        DraftState::Open | DraftState::Discarded => (paid, String::new()),
    };
    Commitment {
        payment: payment.map(|payment| payment.id.clone()),
        total,
        session: purchase.session.clone(),
        agent: purchase.agent.clone(),
        memo,
        facts: Facts::new(),
    }
}

/// Whether nothing can be sold by it any more, or has been given away already.
const fn has_ended(draft: &Draft) -> bool {
    matches!(draft.state, DraftState::Discarded | DraftState::Placed(_))
}

/// The draft dies first, so that nobody can take the money for it, then the hold.
async fn let_go(
    purchase: &Purchase,
    draft: Option<Draft>,
    payment: &Payment,
) -> Result<Outcome, Failure> {
    let store = &purchase.store;
    let dead = match draft {
        None => None,
        Some(draft) if has_ended(&draft) => Some(draft),
        Some(draft) => Some(store.connector.discard(&draft.id, &Facts::new()).await?),
    };
    if !matches!(payment.state, PaymentState::Voided | PaymentState::Captured) {
        let now = store.processor.void(&payment.id).await?;
        if now.state != PaymentState::Voided {
            warn!(payment.id = %payment.id, state = ?now.state, "it moved on meanwhile");
            return Ok(dead.map_or(Outcome::Gone, Outcome::InProgress));
        }
    }
    info!(payment.id = %payment.id, "a purchase that never ended is called off: nothing is held");
    Ok(dead.map_or(Outcome::Gone, |draft| Outcome::Refused(draft, Refusal::Problems)))
}

/// Nothing can be sold for it any more: the buyer gets all of it back.
async fn give_back(
    purchase: &Purchase,
    draft: Option<Draft>,
    payment: &Payment,
) -> Result<Outcome, Failure> {
    let store = &purchase.store;
    let amount = payment.captured.checked_sub(payment.refunded).unwrap_or(payment.captured);
    store
        .processor
        .refund(&RefundRequest {
            payment: &payment.id,
            amount,
            reason: "The order could not be written",
            origin: &payments::Origin::Rollback,
        })
        .await?;
    error!(
        payment.id = %payment.id,
        amount = amount.minor(),
        "money was taken whose order is gone or costs something else: it was given back",
    );
    let dead = match draft {
        None => None,
        Some(draft) if has_ended(&draft) => Some(draft),
        Some(draft) => Some(store.connector.discard(&draft.id, &Facts::new()).await?),
    };
    Ok(dead.map_or(Outcome::Gone, |draft| Outcome::Refused(draft, Refusal::Problems)))
}

/// Somebody has marked the order as paid by hand.
async fn tell_unpaid(
    purchase: &Purchase,
    order: Option<&OrderId>,
    payment: &Payment,
) -> Result<(), Failure> {
    let Some(order) = order else { return Ok(()) };
    warn!(order.id = %order, payment.id = %payment.id, "the order says paid, and no money was taken");
    let text = "This order says that it is paid, but no money was taken for it. Do not send anything \
                before the buyer has paid another way, or cancel the order.";
    Ok(purchase.store.connector.note(order, payment.id.as_str(), text).await?)
}

/// Logged once, where nobody waits for an answer.
pub(crate) fn log_failure(store: &Store, suspect: &Suspect, failure: &Failure) {
    let is_later = matches!(
        failure,
        Failure::Busy { .. }
            | Failure::Store(ConnectorError::Unavailable { .. })
            | Failure::Payment(PaymentError::NotExecuted { .. })
    );
    // A session's id opens it, so it is in no log.
    let payment = suspect.payment.as_ref().map(PaymentId::as_str);
    let error = Chain(failure);
    if is_later {
        warn!(store.id = store.id, payment.id = payment, %error, "not repaired yet");
    } else {
        error!(store.id = store.id, payment.id = payment, %error, "cannot be repaired");
    }
}
