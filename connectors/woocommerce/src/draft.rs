//! Opening, reading and changing a draft: a cart, and the order that stands behind it.

use std::sync::Arc;

use commerce::{
    Change, ConnectorError, Draft, DraftId, DraftState, Effect, Facts, OrderId, Patch, Problem,
};
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;
use upstream::Answer;

use crate::{
    WooCommerce,
    cart::Cart,
    change::{Changed, Ending, Made, holds, misfits},
    client::token_of,
    draft_id::Found,
    error::unreadable,
    item::Names,
    memory::{FRESH, Kept, Open, USABLE, What},
    order::{StoreOrder, end_meta, fact_meta, name_meta, shown_meta},
};

/// Cart and order as they are now.
pub(crate) enum Now {
    /// The draft may still change.
    Open(Open),
    /// The order has come further, or is dead.
    Settled(Box<StoreOrder>),
}

/// When a cart that is changed was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// A moment ago; somebody else may have changed it since.
    Before,
    /// Right before the change.
    Now,
}

impl WooCommerce {
    /// A fresh cart, filled in one batch that ends with the order that the store makes of it.
    pub(crate) async fn open_draft(&self, change: &Change) -> Result<Draft, ConnectorError> {
        let fresh = self.client.cart("cart.create", Method::GET, "/cart", None).await?;
        let token = token_of("cart.create", &fresh)?;
        let empty: Cart = read("cart.create", &fresh)?;
        let note = note_after(change, None);
        let ending = Ending::Draft { note: &note };
        let mut changed = self.apply(&token, Arc::new(empty), change, ending).await?;
        let misfits = misfits(&changed, change.lines.as_deref());
        changed.refused.extend(misfits);
        let mut kept = Kept {
            note: told(&note),
            facts: change.facts.clone(),
            names: changed.cart.names(),
            ..Kept::default()
        };
        let total = changed.cart.total()?;
        (kept.agreed, kept.total) = (Some(total), Some(total));
        let (order, opened) = match changed.made {
            Made::Order { id, .. } => {
                let mut meta = fact_meta(&change.facts);
                meta.extend(name_meta(&kept.names));
                self.keep(id, meta).await?;
                (id, Some(total))
            }
            // Of a cart with nothing in it the store makes none either, and the session hangs on it.
            Made::Nothing | Made::Deferred => {
                let facts = (&change.facts, &kept.names);
                let made = self.own_draft(&changed.cart, &note, facts).await?;
                kept.own = Some(made.contents()?);
                (made.id, None)
            }
        };
        self.show(&Found { order, token, opened }, changed, kept).await
    }

    /// Cart and order, read at once; the order says how far it has come.
    pub(crate) async fn load_draft(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        match self.look(&found).await? {
            Now::Open(open) => self.draft_of_open(&found, open, Vec::new()).await,
            Now::Settled(order) => self.draft_of_order(id, &order).await,
        }
    }

    /// The draft as it was a moment ago, with as few calls as that takes.
    pub(crate) async fn glance_at_draft(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let Some(seen) = self.memory.within(&found.token, USABLE) else {
            return self.load_draft(id).await;
        };
        let is_fresh = seen.at.elapsed() <= FRESH;
        match &seen.what {
            What::Open(open) if is_fresh => self.shown(&found, open, Vec::new()).await,
            What::Settled(draft) if is_fresh => Ok(Draft::clone(draft)),
            What::Open(open) => {
                let cart = self.read_cart(&found).await?;
                if cart.items.is_empty() && !open.cart.items.is_empty() {
                    // Somebody has bought it, or it has expired.
                    return self.load_draft(id).await;
                }
                let kept = open.kept.clone();
                let cart = Arc::new(cart.named(&kept.names));
                let open = Open { cart, kept, is_read: false };
                self.draft_of_open(&found, open, Vec::new()).await
            }
            What::Settled(_) => {
                let path = format!("/orders/{}", found.order);
                let order: StoreOrder = self.client.get("order.read", &path).await?;
                self.draft_of_order(id, &order).await
            }
        }
    }

    /// The differences in one batch that ends with the order made anew from the cart. What was
    /// seen a moment ago saves the reading; where it turns out to be old, all is read afresh.
    pub(crate) async fn revise_draft(
        &self,
        id: &DraftId,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        if let Some(open) = self.memory.open(&found.token, USABLE)
            && let Some(draft) = self.revise_open(&found, open, change, Seen::Before).await?
        {
            return Ok(draft);
        }
        self.memory.forget(&found.token);
        let Now::Open(open) = self.look(&found).await? else {
            return Err(ConnectorError::Settled { action: "change" });
        };
        let revised = self.revise_open(&found, open, change, Seen::Now).await?;
        // The store has let go of our order; the session hangs on it.
        revised.ok_or(ConnectorError::NotFound { what: "order" })
    }

    /// Ends an unpaid draft: its order is canceled, its cart emptied.
    pub(crate) async fn discard_draft(
        &self,
        id: &DraftId,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let now = self.look(&found).await?;
        self.memory.forget(&found.token);
        if let Now::Settled(order) = now {
            match order.state(self.client.url())? {
                DraftState::Placed(_) => return Err(ConnectorError::Settled { action: "cancel" }),
                DraftState::Discarded => return self.draft_of_order(id, &order).await,
                DraftState::Open | DraftState::Committed { .. } => {}
            }
        }
        let canceled = self.end(found.order, facts).await?;
        self.empty_cart(&found).await;
        self.draft_of_order(id, &canceled).await
    }

    /// Cancels an order for good.
    pub(crate) async fn end(
        &self,
        order: u64,
        facts: &Facts,
    ) -> Result<StoreOrder, ConnectorError> {
        let body = json!({ "status": "cancelled", "meta_data": end_meta(facts) });
        self.client.put("order.cancel", &format!("/orders/{order}"), &body).await
    }

    /// An order that came back after it was ended is ended again: it may keep goods off the shelf.
    pub(crate) async fn end_again(&self, order: StoreOrder) -> StoreOrder {
        warn!(
            order.id = order.id,
            status = order.status,
            "a canceled order came back: canceled again"
        );
        match self.end(order.id, &Facts::new()).await {
            Ok(ended) => ended,
            Err(error) => {
                warn!(order.id = order.id, %error, "it is still there: the next look cancels it");
                order
            }
        }
    }

    /// A draft that has become more than a cart.
    pub(crate) async fn draft_of_order(
        &self,
        id: &DraftId,
        order: &StoreOrder,
    ) -> Result<Draft, ConnectorError> {
        let pickup = if order.is_picked_up() { Some(self.store_address().await?) } else { None };
        let state = order.state(self.client.url())?;
        let is_settled = matches!(state, DraftState::Placed(_) | DraftState::Discarded);
        let draft = Draft {
            id: id.clone(),
            order: OrderId::new(order.id.to_string()),
            buyer: order.billing.buyer(),
            destination: order.shipping.destination(),
            note: order.note(),
            facts: order.facts(),
            quote: order.quote(pickup)?,
            agreed: Some(order.total()?),
            state,
            // An order does not say what is left.
            is_scarce: true,
        };
        if let Some(found) = Found::unpack(id).filter(|_| is_settled) {
            self.memory.see(&found.token, What::Settled(Box::new(draft.clone())));
        }
        Ok(draft)
    }

    /// Cart and order at once. An order that is settled needs no cart.
    pub(crate) async fn look(&self, found: &Found) -> Result<Now, ConnectorError> {
        let path = format!("/orders/{}", found.order);
        let order = self.client.get("order.read", &path);
        let (cart, order) = tokio::join!(self.read_cart(found), order);
        let mut order: StoreOrder = order?;
        if order.came_back() {
            order = self.end_again(order).await;
        }
        let state = order.state(self.client.url())?;
        if state != DraftState::Open {
            let is_over = matches!(state, DraftState::Placed(_) | DraftState::Discarded);
            if is_over && cart.is_ok_and(|cart| !cart.items.is_empty()) {
                // Whoever ended it has died before this.
                self.empty_cart(found).await;
            }
            return Ok(Now::Settled(Box::new(order)));
        }
        let cart = cart?;
        if is_expired(&cart, &order) {
            return Err(ConnectorError::NotFound { what: "cart" });
        }
        let kept = order.kept(found.opened)?;
        let cart = Arc::new(cart.named(&kept.names));
        Ok(Now::Open(Open { cart, kept, is_read: true }))
    }

    /// The order that the store makes of a cart; `None` where it makes none before it is placed.
    pub(crate) async fn order_of_cart(
        &self,
        token: &SecretString,
    ) -> Result<Option<u64>, ConnectorError> {
        const NAME: &str = "checkout.draft";

        #[derive(Deserialize)]
        struct Checkout {
            order_id: u64,
        }

        let answer = self.client.cart(NAME, Method::GET, "/checkout", Some(token)).await?;
        let checkout: Checkout = read(NAME, &answer)?;
        Ok((checkout.order_id != 0).then_some(checkout.order_id))
    }

    /// `None` where what was seen before does not hold any more.
    async fn revise_open(
        &self,
        found: &Found,
        open: Open,
        change: &Change,
        seen: Seen,
    ) -> Result<Option<Draft>, ConnectorError> {
        let Open { cart, kept, .. } = open;
        let note = note_after(change, kept.note.as_deref());
        let ending = if kept.own.is_some() { Ending::Cart } else { Ending::Draft { note: &note } };
        let mut changed = self.apply(&found.token, cart, change, ending).await?;
        if !holds(&changed, change.lines.as_deref()) {
            if seen == Seen::Before {
                return Ok(None);
            }
            let misfits = misfits(&changed, change.lines.as_deref());
            changed.refused.extend(misfits);
        }
        let facts: Facts = kept.facts.into_iter().chain(change.facts.clone()).collect();
        let names = changed.cart.names();
        // Names that are gone harm nobody; new ones have to be written down.
        let new_names = if names == kept.names { Names::new() } else { names.clone() };
        let total = changed.cart.total()?;
        let mut kept = Kept { note: told(&note), facts, names, ..kept };
        match (&kept.own, &changed.made) {
            (Some(before), _) => {
                // Whatever becomes of it, what was seen before does not hold any more.
                self.memory.forget(&found.token);
                let contents = (&*changed.cart, before);
                let facts = (&change.facts, &new_names);
                let filled = self.fill(found.order, contents, &note, facts).await?;
                if filled.state(self.client.url())? != DraftState::Open {
                    return Err(ConnectorError::Settled { action: "change" });
                }
                kept.own = Some(filled.contents()?);
            }
            (None, Made::Order { id, is_draft }) => {
                if found.order != *id || !is_draft {
                    return Ok(None);
                }
                // A change that comes late moves what the order comes to, and not this. Facts may say
                // why it costs something else from now on, so they go together.
                self.memory.forget(&found.token);
                let mut meta = fact_meta(&change.facts);
                meta.extend([shown_meta(total)].into_iter().chain(name_meta(&new_names)));
                self.keep(*id, meta).await?;
            }
            // An empty cart has no order of its own, and the one before waits.
            (None, Made::Nothing) => self.keep(found.order, fact_meta(&change.facts)).await?,
            (None, Made::Deferred) => return Ok(None),
        }
        (kept.agreed, kept.total) = (Some(total), Some(total));
        self.show(found, changed, kept).await.map(Some)
    }

    /// What an order of the store's own keeps for us has to be written by a call of its own.
    async fn keep(&self, order: u64, meta: Vec<Value>) -> Result<(), ConnectorError> {
        if meta.is_empty() {
            return Ok(());
        }
        let body = json!({ "meta_data": meta });
        let path = format!("/orders/{order}");
        let _order: StoreOrder = self.client.put("order.keep", &path, &body).await?;
        Ok(())
    }

    /// What was just changed, with what was refused on the way.
    async fn show(
        &self,
        found: &Found,
        changed: Changed,
        kept: Kept,
    ) -> Result<Draft, ConnectorError> {
        let open = Open { cart: changed.cart, kept, is_read: false };
        self.draft_of_open(found, open, changed.refused).await
    }

    /// The draft, which is remembered as it is now.
    pub(crate) async fn draft_of_open(
        &self,
        found: &Found,
        open: Open,
        refused: Vec<Problem>,
    ) -> Result<Draft, ConnectorError> {
        let draft = self.shown(found, &open, refused).await?;
        self.memory.see(&found.token, What::Open(open));
        Ok(draft)
    }

    pub(crate) async fn shown(
        &self,
        found: &Found,
        open: &Open,
        refused: Vec<Problem>,
    ) -> Result<Draft, ConnectorError> {
        let Open { cart, kept, .. } = open;
        let pickup = if cart.offers_pickup() { Some(self.store_address().await?) } else { None };
        Ok(Draft {
            id: found.pack(),
            order: OrderId::new(found.order.to_string()),
            buyer: cart.buyer(),
            destination: cart.destination(),
            note: kept.note.clone(),
            facts: kept.facts.clone(),
            quote: cart.quote(pickup, refused)?,
            agreed: kept.agreed,
            state: DraftState::Open,
            is_scarce: cart.is_scarce(),
        })
    }

    pub(crate) async fn read_cart(&self, found: &Found) -> Result<Cart, ConnectorError> {
        let answer =
            self.client.cart("cart.read", Method::GET, "/cart", Some(&found.token)).await?;
        read("cart.read", &answer)
    }
}

/// A dead token reads as a new, empty cart.
fn is_expired(cart: &Cart, order: &StoreOrder) -> bool {
    cart.items.is_empty() && !order.line_items.is_empty()
}

fn note_after(change: &Change, before: Option<&str>) -> String {
    match &change.note {
        Patch::Set(note) => note.clone(),
        Patch::Clear => String::new(),
        Patch::Keep => before.unwrap_or_default().to_owned(),
    }
}

fn told(note: &str) -> Option<String> {
    (!note.is_empty()).then(|| note.to_owned())
}

fn read<T: serde::de::DeserializeOwned>(
    name: &'static str,
    answer: &Answer,
) -> Result<T, ConnectorError> {
    answer.json().map_err(|error| unreadable(name, Effect::None, error))
}
