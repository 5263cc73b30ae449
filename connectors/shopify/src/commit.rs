//! Tying a draft to the payment that pays for it, and untying it.
//!
//! One write says which payment, for exactly how much, and until when the goods are off the shelf; the
//! same write prices the draft anew. The tie counts only where the draft then costs what it says, so a
//! price that has moved unties it by itself. Everything that is written is absolute: written twice it
//! is the same.
//!
//! Shopify has no conditional writes. A change that it carries out long after its caller has given up
//! can untie a draft again; then nothing is taken for it. Once it is an order it takes no change at all.
//!
//! A reservation is Shopify's own: whoever's write left less than nothing was too late, and gives
//! back what it took.

use commerce::{
    Change, Commitment, ConnectorError, Draft, DraftId, Facts, Hold, Problem, ProblemKind, Subject,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shopify,
    attributes::{Attribute, Kept, TAG, TAG_COMMITTED},
    change::{restless, settled},
    draft::{LOOKS_MAX, tags},
    error::{after_write, refused},
    id::{Kind, draft_of},
    memory::Seen,
    offers::Prepared,
    operation::Operation,
    rates::Way,
    shown::{Bag, Shown, Stage, Variant, unreadable},
    wanted::Wanted,
};

pub(crate) const HELD_STOCK: Operation =
    Operation::read("draft.held", include_str!("operations/held_stock.graphql"), 2);
/// How long goods are off the shelf for a purchase: as long as a buyer has to prove who he is.
const RESERVED: SignedDuration = SignedDuration::from_mins(15);
/// So much of it must be left when the money is taken.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

impl Shopify {
    /// Looks at everything once more; commits the draft if nothing has changed.
    pub(crate) async fn commit_draft(
        &self,
        id: &DraftId,
        commitment: &Commitment,
    ) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let mut seen = self.last_seen(draft).await?;
        for _ in 0..LOOKS_MAX {
            let kept = seen.shown.kept();
            match (seen.shown.stage()?, kept.tie.as_ref()) {
                (Stage::Open, _) => {}
                (Stage::Committed, Some(tie)) if tie.payment == commitment.payment => {
                    return self.tie(&seen, commitment).await;
                }
                _ => return Err(ConnectorError::Settled { action: "commit" }),
            }
            let (wanted, nothing) = (Wanted::of(&seen.shown)?, Change::default());
            let mut prepared = self.prepare(Some(&seen.shown), wanted, &nothing).await?;
            if prepared.is_current {
                let now = seen.shown.restocked(&prepared.stock);
                prepared.refused.extend(lost_rate(&seen.shown, prepared.way.as_ref()));
                let refused = std::mem::take(&mut prepared.refused);
                let now = self.memory.see(Seen::new(now, Some(prepared.ways.clone())));
                let shown = self.draft_of(&now, refused).await?;
                if !shown.quote.problems.is_empty() {
                    return Ok(shown);
                }
                check_price(commitment, shown.quote.totals.total)?;
                if let Some(draft) = self.pin(&now, prepared, commitment).await? {
                    return Ok(draft);
                }
            }
            seen = self.look_at(draft).await?;
        }
        Err(restless())
    }

    /// Everything in one write. `None` where what it was to hold has grown old meanwhile.
    async fn pin(
        &self,
        seen: &Seen,
        prepared: Prepared,
        commitment: &Commitment,
    ) -> Result<Option<Draft>, ConnectorError> {
        let Prepared { mut wanted, ways, way, .. } = prepared;
        wanted.kept = seen.shown.kept().tied(commitment).marked(self.client.mark());
        wanted.tags = tags(&seen.shown.tags, TAG_COMMITTED);
        let input = wanted.input(way.map(|way| way.handle)).reserved(self.reserved());
        let lines = seen.shown.line_items.nodes.len().max(1);
        let written = match self.put(Some(seen.shown.id.0), &input, lines).await? {
            Ok(written) => self.memory.see(Seen::new(written, Some(ways))),
            Err(errors) => {
                settled(&errors)?;
                let is_old = errors.iter().any(|error| error.is_about("shippingLine"));
                return if is_old { Ok(None) } else { Err(refused("draft.commit", &errors)) };
            }
        };
        if !matches!(written.shown.stage()?, Stage::Committed) {
            let actual = written.shown.total()?;
            self.untie(&written, &Facts::new()).await.map_err(after_write)?;
            return Err(ConnectorError::PriceMoved { expected: commitment.total, actual });
        }
        if is_overdrawn(&written.shown) {
            // Two took the last one, and the other one's write came first.
            return self.untie(&written, &Facts::new()).await.map(Some).map_err(after_write);
        }
        self.draft_of(&written, Vec::new()).await.map(Some).map_err(after_write)
    }

    /// Ties a draft again that is tied to the same payment: only the call's own note is another.
    async fn tie(&self, seen: &Seen, commitment: &Commitment) -> Result<Draft, ConnectorError> {
        let kept = seen.shown.kept().tied(commitment);
        let written = self.write_kept(seen, &kept, TAG_COMMITTED, Some(self.reserved())).await?;
        check_price(commitment, written.shown.total()?)?;
        if is_overdrawn(&written.shown) {
            // It had been untied meanwhile, and somebody else has what it held.
            return self.untie(&written, &Facts::new()).await;
        }
        self.draft_of(&written, Vec::new()).await
    }

    async fn untie(&self, seen: &Seen, facts: &Facts) -> Result<Draft, ConnectorError> {
        let mut kept = seen.shown.kept().untied();
        kept.facts.extend(facts.clone());
        let written = self.write_kept(seen, &kept, TAG, None).await?;
        self.draft_of(&written, Vec::new()).await
    }

    /// Takes this commitment back. Another one stays as it is.
    pub(crate) async fn reopen_draft(
        &self,
        id: &DraftId,
        commitment: &Commitment,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let seen = self.look_at(draft).await?;
        match (seen.shown.stage()?, seen.shown.kept().tie) {
            (Stage::Completed, _) => Err(ConnectorError::Settled { action: "reopen" }),
            (Stage::Committed, Some(tie))
                if tie.payment == commitment.payment && tie.memo == commitment.memo =>
            {
                let seen = self.with_ways(seen).await?;
                self.untie(&seen, facts).await
            }
            _ => self.draft_of(&seen, Vec::new()).await,
        }
    }

    /// The goods have been off the shelf since the draft was committed. Where that is nearly over they
    /// are reserved again, and whoever's write leaves less than nothing is too late.
    pub(crate) async fn hold_stock(&self, id: &DraftId) -> Result<Hold, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order: Option<Held>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Held {
            status: String,
            reserve_inventory_until: Option<Timestamp>,
            #[serde(default)]
            custom_attributes: Vec<Attribute>,
            total_price_set: Bag,
        }

        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let gid = json!({ "id": Kind::DraftOrder.gid(draft) });
        let answer: Answer = self.client.run(&HELD_STOCK, &gid).await?;
        let held = answer.draft_order.ok_or(ConnectorError::NotFound { what: "draft" })?;
        let total = held.total_price_set.money().map_err(unreadable)?;
        let soon = (self.now.0)().saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        match Stage::of(&held.status, &Kept::read(&held.custom_attributes), total) {
            Stage::Completed => return Ok(Hold::Held),
            Stage::Committed if held.reserve_inventory_until.is_some_and(|until| until > soon) => {
                return Ok(Hold::Held);
            }
            Stage::Committed => {}
            Stage::Open | Stage::Ended => {
                let seen = self.look_at(draft).await?;
                let is_lost = seen.shown.rows().any(|row| {
                    let left = row.variant.as_ref().and_then(Variant::left);
                    left.is_some_and(|left| left < i64::from(row.quantity))
                });
                let settled = ConnectorError::Settled { action: "hold" };
                return if is_lost { Ok(Hold::SoldOut) } else { Err(settled) };
            }
        }
        let seen = self.look_at(draft).await?;
        let kept = seen.shown.kept();
        let agreed = kept.tie.as_ref().map_or(total, |tie| tie.total);
        let written = self.write_kept(&seen, &kept, TAG_COMMITTED, Some(self.reserved())).await?;
        let actual = written.shown.total()?;
        if actual != agreed {
            return Err(ConnectorError::PriceMoved { expected: agreed, actual });
        }
        Ok(if is_overdrawn(&written.shown) { Hold::SoldOut } else { Hold::Held })
    }

    fn reserved(&self) -> Timestamp {
        let now = (self.now.0)();
        now.saturating_add(RESERVED).unwrap_or(now)
    }
}

/// Whether more has been reserved of something than there is.
pub(crate) fn is_overdrawn(shown: &Shown) -> bool {
    let left = shown.rows().filter_map(|row| row.variant.as_ref()).filter_map(Variant::left);
    left.into_iter().any(|left| left < 0)
}

/// Nobody pays for another way to get it than the one that was chosen.
fn lost_rate(shown: &Shown, way: Option<&Way>) -> Option<Problem> {
    let chosen = shown.shipping_line.as_ref()?.rate_id();
    let is_there = way.is_some_and(|way| way.id == chosen);
    (!is_there).then(|| Problem {
        kind: ProblemKind::Invalid,
        subject: Subject::Rate,
        text: "The store does not offer the chosen option any more. Choose another".to_owned(),
    })
}

fn check_price(commitment: &Commitment, actual: commerce::Money) -> Result<(), ConnectorError> {
    if actual == commitment.total {
        return Ok(());
    }
    Err(ConnectorError::PriceMoved { expected: commitment.total, actual })
}
