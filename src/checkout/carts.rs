//! The four calls on a cart (RFC "cart"). A cart is a draft that nobody has asked to pay for.

use acp::latest::{Cart, CartRequest};
use commerce::{Change, ConnectorError, Draft, DraftState, Facts, ProblemKind, SessionId};
use jiff::{SignedDuration, Timestamp};

use super::{Checkout, render, request, whole_seconds};
use crate::{
    failure::Failure,
    session::{Abilities, Kind, Ticket},
};

/// Platforms keep what is behind a cart for two days from its making, whatever happens to it.
const LIFETIME_MAX: SignedDuration = SignedDuration::from_hours(47);

impl Checkout<'_> {
    /// Gathers things. What cannot be had is told; if nothing can, there is no cart.
    pub(crate) async fn create_cart(&self, request: CartRequest) -> Result<Cart, Failure> {
        request::check_size(&request.line_items)?;
        let wanted = request.line_items.clone();
        let draft = self.store().connector.open(&request::gathering(request)).await?;
        render::check_known(&wanted, &draft)?;
        if draft.quote.lines.is_empty() {
            return Err(Failure::NothingAvailable(reason(&draft)));
        }
        let seams = &self.app.seams;
        let ticket = Ticket {
            draft: draft.id.clone(),
            opened_at: whole_seconds(seams.clock.now()),
            abilities: Abilities::default(),
        };
        let (store, agent) = (&self.store().id, &self.caller.agent);
        let id = self.app.sealer.seal(Kind::Cart, store, agent, &ticket, seams.chance.as_ref());
        self.show_cart(&id, &ticket, &draft)
    }

    /// The cart as the store knows it now.
    pub(crate) async fn cart(&self, id: &SessionId) -> Result<Cart, Failure> {
        let ticket = self.open_cart(id)?;
        let draft = self.load_cart(&ticket).await?;
        self.show_cart(id, &ticket, &draft)
    }

    /// Puts other things in the place of all that were there.
    pub(crate) async fn replace_cart(
        &self,
        id: &SessionId,
        request: CartRequest,
    ) -> Result<Cart, Failure> {
        let ticket = self.open_cart(id)?;
        request::check_size(&request.line_items)?;
        let change: Change = request::gathering(request);
        let _lock = self.lock(id).await?;
        let draft = self.store().connector.revise(&ticket.draft, &change).await.map_err(gone)?;
        self.show_cart(id, &ticket, &draft)
    }

    /// The last look at a cart; after it there is none.
    pub(crate) async fn cancel_cart(&self, id: &SessionId) -> Result<Cart, Failure> {
        let ticket = self.open_cart(id)?;
        let _lock = self.lock(id).await?;
        let draft = self.load_cart(&ticket).await?;
        self.store().connector.discard(&draft.id, &Facts::new()).await.map_err(gone)?;
        self.show_cart(id, &ticket, &draft)
    }

    fn show_cart(&self, id: &SessionId, ticket: &Ticket, draft: &Draft) -> Result<Cart, Failure> {
        render::cart(id, self.store(), draft, self.cart_expires_at(ticket))
    }

    async fn load_cart(&self, ticket: &Ticket) -> Result<Draft, Failure> {
        let draft = self.store().connector.load(&ticket.draft).await.map_err(gone)?;
        if draft.state == DraftState::Open { Ok(draft) } else { Err(Failure::UnknownCart) }
    }

    fn open_cart(&self, id: &SessionId) -> Result<Ticket, Failure> {
        let (store, agent) = (&self.store().id, &self.caller.agent);
        let ticket = self.app.sealer.open(Kind::Cart, store, agent, id);
        let now = self.app.seams.clock.now();
        ticket.filter(|ticket| now < last_moment(ticket)).ok_or(Failure::UnknownCart)
    }

    /// As long again as a session lives, as far as the platform goes along.
    fn cart_expires_at(&self, ticket: &Ticket) -> Timestamp {
        let lifetime = SignedDuration::try_from(self.store().session_lifetime).unwrap_or_default();
        let next = self.app.seams.clock.now().checked_add(lifetime).unwrap_or(Timestamp::MAX);
        whole_seconds(next.min(last_moment(ticket)))
    }
}

fn last_moment(ticket: &Ticket) -> Timestamp {
    ticket.opened_at.checked_add(LIFETIME_MAX).unwrap_or(Timestamp::MAX)
}

/// A cart that the platform has let go of, or that has become an order, is no cart.
fn gone(error: ConnectorError) -> Failure {
    match error {
        ConnectorError::NotFound { .. } | ConnectorError::Settled { .. } => Failure::UnknownCart,
        error => error.into(),
    }
}

/// The store's own words about why nothing can be had.
fn reason(draft: &Draft) -> String {
    let problems = draft.quote.problems.iter();
    let told = problems.filter(|problem| problem.kind != ProblemKind::Missing);
    let words: Vec<&str> = told.map(|problem| problem.text.as_str()).collect();
    words.join(" ")
}
