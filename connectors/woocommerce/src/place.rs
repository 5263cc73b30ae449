//! From a draft to a paid order, and back.
//!
//! The draft's order turns `pending` in the same write that ties it to its payment, before any
//! money is held; it is paid by `set_paid` afterwards. Both writes set absolute values, so a
//! repeat changes nothing. A pending order holds no stock: the cart is read again right before.

use commerce::{
    Commitment, ConnectorError, Draft, DraftId, DraftState, Effect, Facts, Order, PaymentId,
};
use http::Method;
use serde_json::{Map, Value, json};
use tracing::{error, warn};

use crate::{
    WooCommerce,
    draft::Now,
    draft_id::Found,
    memory::{FRESH, Open},
    order::{PAYMENT_METHOD, StoreOrder, fact_meta, ties},
};

impl WooCommerce {
    /// Reads the draft once more; commits it if nothing has changed.
    pub(crate) async fn commit_draft(
        &self,
        id: &DraftId,
        commitment: &Commitment,
    ) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let order = order_of(id)?;
        let (mut contents, mut is_scarce) = (Map::new(), true);
        if let Some(open) = self.to_commit(&found, commitment).await? {
            let draft = self.shown(&found, &open, Vec::new()).await?;
            if !draft.quote.problems.is_empty() {
                return Ok(draft);
            }
            check_price(commitment, &draft)?;
            if open.kept.own.is_none() && open.kept.total != Some(draft.quote.totals.total) {
                // The store's order has fallen behind its cart; asked for, it follows.
                self.order_of_cart(&found.token).await?;
            }
            is_scarce = draft.is_scarce;
            if let Some(customer) = self.customer_of(draft.buyer.as_ref()).await {
                contents.insert("customer_id".to_owned(), json!(customer));
            }
            if let Some(before) = &open.kept.own {
                self.mend(order, &open.cart, before).await?;
            }
        }
        self.memory.forget(&found.token);
        contents.extend([
            ("status".to_owned(), json!("pending")),
            ("payment_method".to_owned(), json!(PAYMENT_METHOD)),
            ("payment_method_title".to_owned(), json!(self.payment_title)),
            ("meta_data".to_owned(), ties(commitment)),
        ]);
        let body = Value::Object(contents);
        let written: StoreOrder =
            self.client.put("order.commit", &format!("/orders/{order}"), &body).await?;
        if written.came_back() {
            // Somebody has ended it meanwhile.
            self.end_again(written).await;
            return Err(ConnectorError::Settled { action: "commit" });
        }
        if written.total()? != commitment.total {
            // The order had fallen behind its cart; nothing is held, so it goes back.
            let actual = written.total()?;
            self.reopen_draft(id, commitment, &Facts::new()).await?;
            return Err(ConnectorError::PriceMoved { expected: commitment.total, actual });
        }
        Ok(Draft { is_scarce, ..self.draft_of_order(id, &written).await? })
    }

    /// The open draft, as it was read a moment ago or is read now; `None` if it is committed to
    /// this payment already.
    async fn to_commit(
        &self,
        found: &Found,
        commitment: &Commitment,
    ) -> Result<Option<Open>, ConnectorError> {
        let read = self.memory.open(&found.token, FRESH).filter(|open| open.is_read);
        if read.is_some() {
            return Ok(read);
        }
        match self.look(found).await? {
            Now::Open(open) => Ok(Some(open)),
            Now::Settled(order) => {
                let is_ours = order.payment() == commitment.payment;
                let state = order.state(self.client.url())?;
                let is_committed = matches!(state, DraftState::Committed { .. }) && is_ours;
                let settled = ConnectorError::Settled { action: "commit" };
                if is_committed { Ok(None) } else { Err(settled) }
            }
        }
    }

    /// The order becomes a draft again, which the store's list of states admits.
    pub(crate) async fn reopen_draft(
        &self,
        id: &DraftId,
        commitment: &Commitment,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        let order = order_of(id)?;
        let read: StoreOrder = self.client.get("order.read", &format!("/orders/{order}")).await?;
        if read.is_paid() {
            return Err(ConnectorError::Settled { action: "reopen" });
        }
        let is_it = |state: &DraftState| {
            matches!(state, DraftState::Committed { payment, memo, .. }
                if *payment == commitment.payment && *memo == commitment.memo)
        };
        if is_it(&read.state(self.client.url())?) {
            let body = json!({ "status": "checkout-draft", "meta_data": fact_meta(facts) });
            let path = format!("/orders/{order}");
            let _draft: StoreOrder = self.client.put("order.reopen", &path, &body).await?;
        }
        self.load_draft(id).await
    }

    /// Pays the order, then empties its cart.
    pub(crate) async fn place_order(
        &self,
        id: &DraftId,
        commitment: &Commitment,
    ) -> Result<Order, ConnectorError> {
        let order = order_of(id)?;
        let path = format!("/orders/{order}");
        let body = json!({
            "set_paid": true,
            "transaction_id": commitment.payment.as_ref().map_or("", PaymentId::as_str),
            "payment_method": PAYMENT_METHOD,
            "payment_method_title": self.payment_title,
            "meta_data": ties(commitment),
        });
        let mut paid: StoreOrder = self.client.put("order.pay", &path, &body).await?;
        let was_paid = paid.was_paid_before();
        // An order that waits takes the payment in silently; its state has to be said. One of
        // downloads alone is paid when it is completed.
        for status in ["processing", "completed"] {
            if !paid.is_paid() || paid.waits() {
                let body = json!({ "status": status });
                paid = self.client.put("order.process", &path, &body).await?;
            }
        }
        if !paid.is_paid() || paid.payment() != commitment.payment {
            return Err(ConnectorError::Unreadable {
                call: "order.pay",
                effect: Effect::Unknown,
                source: format!("order {order} is {} and not paid", paid.status).into(),
            });
        }
        if paid.total()? != commitment.total {
            paid = self.mend_paid(id, paid, commitment).await?;
        }
        if was_paid {
            self.tell_oversold(&paid).await;
        }
        if let Some(found) = Found::unpack(id) {
            self.empty_cart(&found).await;
        }
        // What was just written is remembered; that it was written counts.
        let remembered = self.draft_of_order(id, &paid).await;
        remembered.map_or_else(
            |_| paid.order(self.client.url()),
            |draft| match draft.state {
                DraftState::Placed(order) => Ok(order),
                _ => paid.order(self.client.url()),
            },
        )
    }

    /// Somebody has changed an order of ours while it was being paid: it gets what was paid for, as
    /// the cart still has it.
    async fn mend_paid(
        &self,
        id: &DraftId,
        paid: StoreOrder,
        commitment: &Commitment,
    ) -> Result<StoreOrder, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let cart = self.read_cart(&found).await?;
        if cart.total()? == commitment.total && paid.is_own() {
            self.mend(paid.id, &cart, &paid.contents()?).await?;
        }
        let path = format!("/orders/{}", paid.id);
        let now: StoreOrder = self.client.get("order.read", &path).await?;
        if now.total()? != commitment.total {
            error!(
                order.id = paid.id,
                total = now.total()?.minor(),
                paid = commitment.total.minor(),
                "the order does not cost what was paid for it: look at it",
            );
        }
        Ok(now)
    }

    /// A cart that keeps its lines could buy them again. The order is paid all the same.
    pub(crate) async fn empty_cart(&self, found: &Found) {
        let emptied =
            self.client.cart("cart.empty", Method::DELETE, "/cart/items", Some(&found.token)).await;
        if let Err(error) = emptied {
            warn!(order.id = found.order, %error, "the cart of a finished session was not emptied");
        }
    }
}

fn check_price(commitment: &Commitment, draft: &Draft) -> Result<(), ConnectorError> {
    let actual = draft.quote.totals.total;
    if actual == commitment.total {
        return Ok(());
    }
    Err(ConnectorError::PriceMoved { expected: commitment.total, actual })
}

fn order_of(id: &DraftId) -> Result<u64, ConnectorError> {
    let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
    Ok(found.order)
}
