//! The five calls on a session, in the protocol's order. All control flow is here; the platform
//! knows the facts, `render` shows them, `purchase` moves the money.

use std::{future::Future, sync::Arc, time::Duration};

use acp::latest::{
    CancelRequest, CheckoutSession, CompleteRequest, CreateRequest, Fingerprint, Patch,
    UpdateRequest,
};
use commerce::{AgentId, Change, Commitment, Draft, DraftState, Facts, SessionId};
use jiff::Timestamp;
use tokio::{sync::OwnedMutexGuard, task::JoinHandle, time::Instant};
use upstream::Priority;

use crate::{
    app::App,
    attempts::{self, Verdict},
    events::Happening,
    failure::Failure,
    sales::{self, News},
    session::{Kind, Ticket},
    store::{Caller, Store},
};

mod authentication;
mod carts;
mod convergence;
mod memo;
mod purchase;
mod render;
mod request;

pub(crate) use convergence::{Remedy, Repair, Suspect, converge, log_failure};
pub(crate) use render::order_of;

use convergence::Found;
use memo::{Memo, Relation};
use purchase::{Outcome, Purchase, Refusal};
use render::{Note, View};

/// The name under which the key of the completion is kept that met another price than was shown.
const REPRICED_BY: &str = "repriced_by";
/// The name under which the call that canceled a session is kept.
const CANCELED_BY: &str = "canceled_by";

/// What one caller can do with sessions at its store.
pub(crate) struct Checkout<'a> {
    app: &'a Arc<App>,
    caller: &'a Caller,
    /// When the answer must be on its way, whatever has been learned until then.
    deadline: Instant,
}

impl<'a> Checkout<'a> {
    pub(crate) fn new(app: &'a Arc<App>, caller: &'a Caller) -> Self {
        let patience = caller.patience(app.bounds.request_timeout);
        let deadline = Instant::now() + patience * 9 / 10;
        Self { app, caller, deadline }
    }

    /// Opens a draft at the store and seals its id into a session's.
    pub(crate) async fn create(&self, request: CreateRequest) -> Result<CheckoutSession, Failure> {
        request::check_size(&request.line_items)?;
        let (wanted, currency) = (request.line_items.clone(), request.currency.clone());
        let abilities = request::abilities(&request);
        let opening = request::opening(request)?;
        let work = async { Ok(self.store().connector.open(&opening).await?) };
        let draft = self.quoted(&opening, work).await?;
        render::check_known(&wanted, &draft)?;
        let ticket = Ticket {
            draft: draft.id.clone(),
            // A ticket holds whole seconds, and every answer says the same time.
            opened_at: whole_seconds(self.app.seams.clock.now()),
            abilities,
        };
        let seams = &self.app.seams;
        let store = &self.store().id;
        let (agent, chance) = (&self.caller.agent, seams.chance.as_ref());
        let id = self.app.sealer.seal(Kind::Session, store, agent, &ticket, chance);
        let is_sold_in = draft.quote.currency.code();
        let is_other = currency.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(is_sold_in));
        let notes = if is_other {
            vec![Note::OtherCurrency]
        } else {
            render::unexpected_prices(&wanted, &draft)
        };
        self.show(&id, &ticket, &draft, &notes)
    }

    /// The session as the store knows it now. A purchase that was left unfinished goes on.
    pub(crate) async fn retrieve(&self, id: &SessionId) -> Result<CheckoutSession, Failure> {
        let ticket = self.open_ticket(id)?;
        let draft = self.store().connector.glance(&ticket.draft).await?;
        let DraftState::Committed { .. } = &draft.state else {
            return self.show(id, &ticket, &draft, &[]);
        };
        // Whoever holds the lock is finishing it already.
        let Some(lock) = self.app.locks.try_lock(id) else {
            return self.show(id, &ticket, &draft, &[]);
        };
        let found = Found::of_draft(self.store(), draft.clone()).await?;
        let remedy = found.remedy(self.app, self.store(), &ticket);
        if matches!(remedy, Remedy::Nothing | Remedy::Wait) {
            return self.show(id, &ticket, &draft, &[]);
        }
        let purchase = self.purchase(id, &ticket);
        let running = self.run(id, lock, async move { found.carry_out(&purchase, remedy).await });
        self.answer_in_time(id, &ticket, &draft, running).await
    }

    /// Changes an open draft and quotes it afresh.
    pub(crate) async fn update(
        &self,
        id: &SessionId,
        request: UpdateRequest,
    ) -> Result<CheckoutSession, Failure> {
        let ticket = self.open_ticket(id)?;
        let wanted = request.line_items.clone();
        let change = request::change(request)?;
        let _lock = self.lock(id).await?;
        if self.is_expired(&ticket) {
            return Err(Failure::Conflict("The session has expired. Create a new one"));
        }
        let revising = async {
            match self.store().connector.revise(&ticket.draft, &change).await {
                Err(commerce::ConnectorError::Settled { .. }) => Err(Failure::Conflict(
                    "The session is being completed or has ended. Read it again",
                )),
                result => Ok(result?),
            }
        };
        let draft = self.quoted(&change, revising).await?;
        let notes = match &wanted {
            Patch::Set(wanted) => render::unexpected_prices(wanted, &draft),
            Patch::Clear | Patch::Keep => Vec::new(),
        };
        self.show(id, &ticket, &draft, &notes)
    }

    /// Buys. Answers in time whatever happens; the purchase itself goes on behind the answer,
    /// and no hang-up can stop it halfway.
    pub(crate) async fn complete(
        &self,
        id: &SessionId,
        request: CompleteRequest,
        key: Option<&str>,
        body: &Fingerprint,
    ) -> Result<CheckoutSession, Failure> {
        let ticket = self.open_ticket(id)?;
        let token = request::token(&request)?;
        let lock = self.lock(id).await?;
        let connector = &self.store().connector;
        let mut draft = Priority::Complete.around(connector.load(&ticket.draft)).await?;
        let now = self.app.seams.clock.now();
        let memo = Memo::new(key, body, now);
        let facts = request::late_facts(&request, &draft, &self.store().marketing);

        match &draft.state {
            DraftState::Discarded => {
                return Err(Failure::Conflict("The session was canceled. Create a new one"));
            }
            DraftState::Placed(order) => {
                return match Memo::parse(&order.memo).relation_of(&memo) {
                    Relation::Repeat => self.show(id, &ticket, &draft, &[]),
                    Relation::KeyReused => Err(Failure::KeyReused),
                    Relation::Other => Err(Failure::Conflict(
                        "The session was completed by an earlier call. Read it to see the order",
                    )),
                };
            }
            DraftState::Committed { memo: earlier, .. } => {
                if Memo::parse(earlier).relation_of(&memo) == Relation::KeyReused {
                    return Err(Failure::KeyReused);
                }
                let earlier = self.commitment_of(id, &draft)?;
                let commitment = Commitment { memo: memo.render(), facts, ..earlier };
                let proof = self.proof(id, &ticket, &draft, &request).unwrap_or_default();
                let purchase = Purchase { proof, ..self.purchase(id, &ticket) };
                let running = self.run(id, lock, {
                    let draft = draft.clone();
                    async move { purchase.go_on(draft, &commitment, &token).await }
                });
                return self.answer_in_time(id, &ticket, &draft, running).await;
            }
            DraftState::Open => {}
        }

        if self.is_expired(&ticket) {
            return Err(Failure::Conflict("The session has expired. Create a new one"));
        }
        match self.store().attempts.judge(
            (id, &self.caller.agent),
            &token.digest(),
            attempts::kept(&draft),
            now,
        ) {
            Verdict::Go => {}
            Verdict::Later(retry_after) => return Err(Failure::TooManyDeclines { retry_after }),
            Verdict::OtherToken => return self.show(id, &ticket, &draft, &[Note::TokenDeclined]),
            Verdict::Never => {
                let dead = connector.discard(&draft.id, &Facts::new()).await?;
                return self.show(id, &ticket, &dead, &[Note::TooManyDeclines]);
            }
        }
        let proof = self.proof(id, &ticket, &draft, &request)?;
        if proof.is_none() && self.demand(&ticket, &draft).is_some() {
            let change = Change { facts: authentication::settled(&draft), ..Change::default() };
            let draft = connector.revise(&draft.id, &change).await?;
            return self.show(id, &ticket, &draft, &[Note::Unauthenticated]);
        }
        // A call that is repeated has not heard that it moved the price: it hears it again.
        let is_deaf =
            memo.key().is_some() && draft.facts.get(REPRICED_BY).map(String::as_str) == memo.key();
        let shown = draft.agreed.filter(|_| !is_deaf);
        let late = request::late_change(&request, &draft)?;
        if late.is_some() || shown != Some(draft.quote.totals.total) {
            let mut change = late.unwrap_or_default();
            let key = memo.key().map(|key| (REPRICED_BY.to_owned(), key.to_owned()));
            change.facts.extend(key.filter(|_| !is_deaf));
            draft = Priority::Complete.around(connector.revise(&draft.id, &change)).await?;
        }
        if !render::is_ready(&draft) {
            return self.show(id, &ticket, &draft, &[]);
        }
        if shown != Some(draft.quote.totals.total) {
            // The agent has not seen this price: show it, charge nothing.
            return self.show(id, &ticket, &draft, &[Note::PriceMoved]);
        }

        let purchase = Purchase { facts, proof, ..self.purchase(id, &ticket) };
        let running = self.run(id, lock, {
            let draft = draft.clone();
            async move {
                if draft.quote.totals.total.is_zero() {
                    purchase.order_free(draft, &memo).await
                } else {
                    purchase.buy(draft, &token, &memo).await
                }
            }
        });
        self.answer_in_time(id, &ticket, &draft, running).await
    }

    /// Ends an open session and frees what the store keeps for it.
    pub(crate) async fn cancel(
        &self,
        id: &SessionId,
        request: &CancelRequest,
        key: Option<&str>,
        body: &Fingerprint,
    ) -> Result<CheckoutSession, Failure> {
        let ticket = self.open_ticket(id)?;
        let _lock = self.lock(id).await?;
        let draft = self.store().connector.load(&ticket.draft).await?;
        let memo = Memo::new(key, body, self.app.seams.clock.now());
        match draft.state {
            DraftState::Open => {}
            DraftState::Committed { .. } => {
                return Err(Failure::Conflict("The session is being completed. Read it again"));
            }
            DraftState::Placed(_) => {
                return Err(Failure::NotCancelable(
                    "The session is completed. Ask the seller to cancel the order",
                ));
            }
            DraftState::Discarded => {
                let earlier = draft.facts.get(CANCELED_BY).map(|text| Memo::parse(text));
                if earlier.is_some_and(|earlier| earlier.is_same_call(&memo)) {
                    return self.show(id, &ticket, &draft, &[]);
                }
                return Err(Failure::NotCancelable("The session is canceled already"));
            }
        }
        let mut facts = request::reasons(request);
        facts.insert(CANCELED_BY.to_owned(), memo.render());
        let draft = self.store().connector.discard(&draft.id, &facts).await?;
        self.show(id, &ticket, &draft, &[])
    }

    /// Runs a purchase behind the answer, and tells the agent of the order that it makes.
    fn run(
        &self,
        id: &SessionId,
        lock: OwnedMutexGuard<()>,
        work: impl Future<Output = Result<Outcome, Failure>> + Send + 'static,
    ) -> JoinHandle<Result<Outcome, Failure>> {
        let (app, id, caller) = (Arc::clone(self.app), id.clone(), self.caller.clone());
        self.app.tasks.spawn(async move {
            let _lock = lock;
            let outcome = Priority::Complete.around(work).await?;
            tell_of_order(&app, &caller.store, &caller.agent, &id, &outcome);
            Ok(outcome)
        })
    }

    /// Waits for a purchase as long as an answer may take; after that the answer is that it goes
    /// on.
    async fn answer_in_time(
        &self,
        id: &SessionId,
        ticket: &Ticket,
        draft: &Draft,
        running: JoinHandle<Result<Outcome, Failure>>,
    ) -> Result<CheckoutSession, Failure> {
        let outcome = match tokio::time::timeout_at(self.deadline, running).await {
            Ok(Ok(outcome)) => outcome?,
            // A panic or a late end: nobody knows yet, so the session has to tell.
            Ok(Err(_)) | Err(_) => Outcome::InProgress(draft.clone()),
        };
        match outcome {
            Outcome::Completed(draft, order) => {
                let draft = Draft { state: DraftState::Placed(order), ..draft };
                self.show(id, ticket, &draft, &[])
            }
            Outcome::Refused(draft, refusal) => self.show(id, ticket, &draft, &notes(refusal)),
            Outcome::InProgress(draft) => self.show(id, ticket, &draft, &[Note::CompletionGoesOn]),
            Outcome::Gone => Err(Failure::UnknownSession),
        }
    }

    /// What the store makes of a change. Whoever sends many wrong codes has to wait.
    async fn quoted(
        &self,
        change: &Change,
        work: impl Future<Output = Result<Draft, Failure>>,
    ) -> Result<Draft, Failure> {
        if change.codes.iter().all(Vec::is_empty) {
            return work.await;
        }
        let guesses = &self.caller.guesses;
        guesses.admit().map_err(|retry_after| Failure::TooManyGuesses { retry_after })?;
        let draft = work.await?;
        guesses.count(render::wrong_codes(&draft));
        Ok(draft)
    }

    fn show(
        &self,
        id: &SessionId,
        ticket: &Ticket,
        draft: &Draft,
        notes: &[Note],
    ) -> Result<CheckoutSession, Failure> {
        let store = self.store();
        let view = View {
            id,
            opened_at: ticket.opened_at,
            knows_discounts: ticket.abilities.discounts,
            can_authenticate: self.can_authenticate(ticket),
            expires_at: store.expires_at(ticket),
            is_expired: self.is_expired(ticket),
            store,
        };
        render::session(&view, draft, notes)
    }

    fn purchase(&self, id: &SessionId, ticket: &Ticket) -> Purchase {
        Purchase {
            store: Arc::clone(&self.caller.store),
            session: id.clone(),
            agent: self.caller.agent.clone(),
            opened_at: ticket.opened_at,
            facts: Facts::new(),
            can_authenticate: self.can_authenticate(ticket),
            proof: None,
        }
    }

    /// What an earlier try has committed the draft to.
    fn commitment_of(&self, id: &SessionId, draft: &Draft) -> Result<Commitment, Failure> {
        let DraftState::Committed { payment, total, memo } = &draft.state else {
            return Err(Failure::Conflict("The session has changed meanwhile. Read it again"));
        };
        Ok(Commitment {
            payment: payment.clone(),
            total: *total,
            session: id.clone(),
            agent: self.caller.agent.clone(),
            memo: memo.clone(),
            facts: Facts::new(),
        })
    }

    /// One call at a time on one session: the next one waits a moment, then is told to come back.
    async fn lock(&self, id: &SessionId) -> Result<OwnedMutexGuard<()>, Failure> {
        let patience = self.app.bounds.request_timeout / 4;
        let retry_after = Duration::from_secs(1);
        self.app.locks.lock(id, patience).await.ok_or(Failure::Busy { retry_after })
    }

    fn open_ticket(&self, id: &SessionId) -> Result<Ticket, Failure> {
        self.app
            .sealer
            .open(Kind::Session, &self.store().id, &self.caller.agent, id)
            .ok_or(Failure::UnknownSession)
    }

    fn is_expired(&self, ticket: &Ticket) -> bool {
        self.app.seams.clock.now() > self.store().expires_at(ticket)
    }

    fn store(&self) -> &Store {
        &self.caller.store
    }
}

/// Tells the agent of the order that an outcome has brought, behind everything else.
fn tell_of_order(
    app: &Arc<App>,
    store: &Arc<Store>,
    agent: &AgentId,
    id: &SessionId,
    outcome: &Outcome,
) {
    if let Outcome::Completed(draft, order) = outcome {
        let news = News {
            order: render::order(id, &draft.quote, draft.note.as_deref(), order),
            happening: Happening::Created,
            now: sales::words(order.state, &[]),
        };
        sales::tell(app, store, agent, &order.id, news);
    }
}

fn notes(refusal: Refusal) -> Vec<Note> {
    match refusal {
        // The draft says it.
        Refusal::Problems | Refusal::AuthenticationRequired => Vec::new(),
        Refusal::PriceMoved => vec![Note::PriceMoved],
        Refusal::SoldOut => vec![Note::SoldOut],
        Refusal::Declined(decline) => vec![Note::Declined(decline.text)],
        Refusal::BadToken(why) => vec![Note::BadToken(why)],
        Refusal::AuthenticationImpossible => vec![Note::AuthenticationRequired],
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
