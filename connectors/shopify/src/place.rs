//! From a committed draft to a paid order.
//!
//! Completing a draft is Shopify's own once: the second call answers the first one's order. So a
//! completion whose end is unknown is answered by a read, and may be sent again. No gateway is named:
//! the order shows one payment on `manual`, and our payment's id in its details.
//!
//! The draft is looked at right before. A change that Shopify carries out between that look and the
//! completion, long after its caller has given up, makes an order that costs something else than was
//! paid: it cannot be prevented without conditional writes, and the seller is told on the order.

use commerce::{Commitment, ConnectorError, DraftId, Effect, Money, Order, PaymentId};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tracing::{error, warn};

use crate::{
    Shopify,
    attributes::{Attribute, Kept, TAG_COMMITTED},
    commit::is_overdrawn,
    error::{UserError, nothing, refused},
    head::Head,
    id::{Kind, draft_of},
    operation::Operation,
    shown::{Bag, Stage, unreadable},
};

pub(crate) const LOOK_TO_PLACE: Operation = Operation::read(
    "draft.look_to_place",
    concat!(
        include_str!("operations/look_to_place.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    4,
);
pub(crate) const PLACE_ORDER: Operation = Operation::write(
    "draft.complete",
    concat!(
        include_str!("operations/place_order.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    13,
);
pub(crate) const STAMP_ORDER: Operation = Operation::write(
    "order.stamp",
    concat!(
        include_str!("operations/stamp_order.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    11,
);
pub(crate) const MARK_PAID: Operation = Operation::write(
    "order.mark_paid",
    concat!(
        include_str!("operations/mark_paid.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    11,
);

/// For so long a completion that the store refuses is tried.
const REFUSED_MAX: SignedDuration = SignedDuration::from_mins(10);

/// A draft, as far as it says how to go on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    status: String,
    reserve_inventory_until: Option<Timestamp>,
    #[serde(default)]
    custom_attributes: Vec<Attribute>,
    total_price_set: Bag,
    order: Option<Head>,
}

/// A mutation of an order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    order: Option<Head>,
    #[serde(default)]
    user_errors: Vec<UserError>,
}

impl Shopify {
    /// Completes the draft, which then is an order that says what paid for it.
    pub(crate) async fn place_order(
        &self,
        id: &DraftId,
        commitment: &Commitment,
    ) -> Result<Order, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        self.memory.forget(draft);
        let found = self.look_to_place(draft).await?;
        let kept = Kept::read(&found.custom_attributes);
        let mut reserved = found.reserve_inventory_until;
        if let Some(order) = found.order {
            return self.placed(draft, order, &kept, reserved, commitment).await;
        }
        let total = found.total_price_set.money().map_err(unreadable)?;
        let is_tied = matches!(Stage::of(&found.status, &kept, total), Stage::Committed)
            && kept.tie.is_some_and(|tie| tie.payment == commitment.payment);
        if !is_tied || total != commitment.total {
            self.tie_again(draft, commitment).await?;
            reserved = None;
        }
        let (order, kept) = match self.complete(draft).await {
            Err(error @ ConnectorError::Unreadable { effect: Effect::None, .. }) => {
                return Err(self.give_up(draft, error).await);
            }
            Err(error) if !error.had_no_effect() => {
                // Looking comes before doing again.
                let now = self.look_to_place(draft).await?;
                (now.order.ok_or(error)?, Kept::read(&now.custom_attributes))
            }
            result => result?,
        };
        self.placed(draft, order, &kept, reserved, commitment).await
    }

    /// Money was taken for a draft that somebody has untied or ended meanwhile: it is what was paid
    /// for if it costs the same.
    async fn tie_again(&self, draft: u64, commitment: &Commitment) -> Result<(), ConnectorError> {
        let seen = self.look_at(draft).await?;
        let (expected, mut actual) = (commitment.total, seen.shown.total()?);
        if actual == expected {
            let kept = seen.shown.kept().tied(commitment);
            let written = self.write_kept(&seen, &kept, TAG_COMMITTED, None).await?;
            actual = written.shown.total()?;
        }
        self.memory.forget(draft);
        if actual == expected {
            Ok(())
        } else {
            Err(ConnectorError::PriceMoved { expected, actual })
        }
    }

    /// The store will not make an order of it, whatever was paid: a function of the owner's refuses, or
    /// too little is left. That may pass. Where it does not, the draft is deleted, so that nobody can
    /// complete it later, and the money goes back.
    async fn give_up(&self, draft: u64, refusal: ConnectorError) -> ConnectorError {
        let noted = async {
            let seen = self.look_at(draft).await?;
            let (mut kept, now) = (seen.shown.kept(), (self.now.0)());
            match kept.refused {
                Some(since) if now.duration_since(since) > REFUSED_MAX => {
                    self.delete_draft(draft).await?;
                    return Err(ConnectorError::NotFound { what: "draft" });
                }
                Some(_) => {}
                None => {
                    kept.refused = Some(now);
                    let until = now.saturating_add(REFUSED_MAX).unwrap_or(now);
                    self.write_kept(&seen, &kept, TAG_COMMITTED, Some(until)).await?;
                }
            }
            self.memory.forget(draft);
            Ok(())
        };
        let noted: Result<(), ConnectorError> = noted.await;
        error!(error = %refusal, "the store will not complete a draft that was paid for");
        noted.err().unwrap_or(refusal)
    }

    async fn complete(&self, draft: u64) -> Result<(Head, Kept), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order_complete: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            draft_order: Option<Completed>,
            #[serde(default)]
            user_errors: Vec<UserError>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Completed {
            #[serde(default)]
            custom_attributes: Vec<Attribute>,
            order: Option<Head>,
        }

        let id = json!({ "id": Kind::DraftOrder.gid(draft) });
        let answer: Answer = self.client.run(&PLACE_ORDER, &id).await?;
        let Payload { draft_order, user_errors } = answer.draft_order_complete;
        // That it was paid already is said as an error, together with the order.
        if let Some(Completed { custom_attributes, order: Some(order) }) = draft_order {
            return Ok((order, Kept::read(&custom_attributes)));
        }
        if user_errors.is_empty() {
            return Err(nothing("draft.complete", Effect::Unknown));
        }
        crate::change::settled(&user_errors)?;
        Err(refused("draft.complete", &user_errors))
    }

    async fn look_to_place(&self, draft: u64) -> Result<Found, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order: Option<Found>,
        }

        let id = json!({ "id": Kind::DraftOrder.gid(draft) });
        let answer: Answer = self.client.run(&LOOK_TO_PLACE, &id).await?;
        answer.draft_order.ok_or(ConnectorError::NotFound { what: "draft" })
    }

    /// Sees to it that the order carries its payment, and is paid. Its goods were reserved until then.
    async fn placed(
        &self,
        draft: u64,
        mut head: Head,
        kept: &Kept,
        reserved: Option<Timestamp>,
        commitment: &Commitment,
    ) -> Result<Order, ConnectorError> {
        let payment = &commitment.payment;
        let of = |kept: &Kept| kept.tie.as_ref().map(|tie| tie.payment.clone());
        let own = of(&Kept::read(&head.custom_attributes));
        if own.clone().or(of(kept)).is_some_and(|known| known != *payment) {
            return Err(ConnectorError::Settled { action: "place" });
        }
        if own.is_none() {
            warn!(order.id = head.id.0, "the order did not take over what its draft kept");
            let attributes = kept.tied(commitment).attributes();
            let input = json!({ "id": Kind::Order.gid(head.id.0), "customAttributes": attributes });
            head = self.write_order(&STAMP_ORDER, &json!({ "input": input })).await?;
        }
        if !head.is_paid() {
            // Somebody has completed the draft by hand, to be paid later.
            let input = json!({ "id": Kind::Order.gid(head.id.0) });
            head = self.write_order(&MARK_PAID, &json!({ "input": input })).await?;
        }
        let order = head.order(kept)?;
        if order.total != commitment.total {
            self.tell_other_total(&order, commitment).await?;
        }
        if head.created_at.is_some_and(|at| reserved.is_none_or(|until| until < at)) {
            self.tell_oversold(draft, &order).await;
        }
        Ok(order)
    }

    /// Nobody came to end the purchase before its goods were back on the shelf, and somebody else may
    /// have found them there: the seller is told.
    async fn tell_oversold(&self, draft: u64, order: &Order) {
        const TEXT: &str = "More of this was sold than there was: what the buyer had paid for was back \
                            on the shelf before it became an order. Send what there is, and restock \
                            or refund the rest.";
        let told = async {
            if is_overdrawn(&self.read_draft(draft).await?) {
                warn!(order.id = %order.id, "oversold: restock or refund");
                self.leave_note(&order.id, "oversold", TEXT).await?;
            }
            Ok::<_, ConnectorError>(())
        };
        if let Err(error) = told.await {
            warn!(order.id = %order.id, %error, "nobody knows whether this order is oversold");
        }
    }

    /// Somebody has changed the draft between the last look and its completion: the seller must know.
    async fn tell_other_total(
        &self,
        order: &Order,
        commitment: &Commitment,
    ) -> Result<(), ConnectorError> {
        let words = |amount: Money| format!("{} {}", amount.to_major(), amount.currency().code());
        let (total, paid) = (words(order.total), words(commitment.total));
        error!(order.id = %order.id, total, paid, "the order does not cost what was paid for it");
        let text = format!(
            "The buyer has paid {paid} for another cart than this one, which costs {total}. Ask the \
             buyer, or cancel the order and send the money back."
        );
        let mark = commitment.payment.as_ref().map_or("total", PaymentId::as_str);
        self.leave_note(&order.id, mark, &text).await
    }

    async fn write_order(
        &self,
        operation: &Operation,
        variables: &serde_json::Value,
    ) -> Result<Head, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            written: Changed,
        }

        let answer: Answer = self.client.run(operation, variables).await?;
        let Changed { order, user_errors } = answer.written;
        match order {
            // That nothing is left to be paid is as good.
            Some(order) if user_errors.is_empty() || order.is_paid() => Ok(order),
            _ => Err(refused(operation.name, &user_errors)),
        }
    }
}
