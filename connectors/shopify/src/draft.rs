//! Opening, reading and changing a draft order.

use std::{sync::Arc, time::Duration};

use commerce::{Change, ConnectorError, Draft, DraftId, Effect, Facts, Problem};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    Shopify,
    attributes::{Kept, TAG, TAG_COMMITTED, TAG_ENDED},
    change::{restless, settled},
    error::refused,
    id::{Kind, draft_id, draft_of},
    memory::{FRESH, Seen},
    operation::Operation,
    quote::quote,
    rates::{Options, Way},
    shown::{Shown, Stage},
    wanted::{Wanted, buyer, destination},
};

pub(crate) const READ_DRAFT: Operation = Operation::read(
    "draft.read",
    concat!(
        include_str!("operations/read_draft.graphql"),
        include_str!("operations/fragments/draft_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    42,
);
pub(crate) const DELIVERY_OPTIONS: Operation = Operation::read(
    "draft.options",
    concat!(
        include_str!("operations/delivery_options.graphql"),
        include_str!("operations/fragments/ways.graphql")
    ),
    4,
);
/// Rows that are asked for at first: as many as a cart has, and few enough to be cheap.
const ROWS: usize = 12;
/// Rows that are asked for where there are more. Shopify gives no more at once.
const ROWS_MAX: usize = 250;
/// How often a draft is read because the store has not worked out all of it.
const READS_MAX: u32 = 8;
/// How long the store is given for that between two readings.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a draft is read again because somebody else has changed it meanwhile.
pub(crate) const LOOKS_MAX: u32 = 3;

impl Shopify {
    /// A fresh draft.
    pub(crate) async fn open_draft(&self, change: &Change) -> Result<Draft, ConnectorError> {
        let wanted = Wanted::nothing(self.shop().await?.currency);
        let prepared = self.prepare(None, wanted, change).await?;
        self.write(None, prepared, change).await
    }

    /// The draft as it is now.
    pub(crate) async fn load_draft(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let seen = self.look_at(draft).await?;
        self.draft_of(&seen, Vec::new()).await
    }

    /// The draft as it was a moment ago, or as it is now.
    pub(crate) async fn glance_at_draft(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        match self.memory.get(draft).filter(|seen| seen.at.elapsed() <= FRESH && seen.is_whole()) {
            Some(seen) => self.draft_of(&seen, Vec::new()).await,
            None => self.load_draft(id).await,
        }
    }

    /// Writes all of it anew. What was seen a moment ago saves the reading; it is looked at whether
    /// it still holds.
    pub(crate) async fn revise_draft(
        &self,
        id: &DraftId,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let mut seen = self.last_seen(draft).await?;
        for _ in 0..LOOKS_MAX {
            if !matches!(seen.shown.stage()?, Stage::Open) {
                return Err(ConnectorError::Settled { action: "change" });
            }
            let wanted = Wanted::of(&seen.shown)?;
            let prepared = self.prepare(Some(&seen.shown), wanted, change).await?;
            if prepared.is_current {
                return self.write(Some(draft), prepared, change).await;
            }
            seen = self.look_at(draft).await?;
        }
        Err(restless())
    }

    /// Ends a draft that is no order. It can still be read; the sweep takes it away later.
    pub(crate) async fn discard_draft(
        &self,
        id: &DraftId,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        let draft = draft_of(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let seen = self.look_at(draft).await?;
        match seen.shown.stage()? {
            Stage::Completed => return Err(ConnectorError::Settled { action: "cancel" }),
            Stage::Ended => return self.draft_of(&seen, Vec::new()).await,
            Stage::Open | Stage::Committed => {}
        }
        let mut kept = seen.shown.kept().untied();
        kept.is_ended = true;
        kept.facts.extend(facts.clone());
        let written = self.write_kept(&seen, &kept, TAG_ENDED, None).await?;
        self.draft_of(&written, Vec::new()).await
    }

    /// Writes what a draft keeps, and nothing else; its goods are reserved until then, or free.
    pub(crate) async fn write_kept(
        &self,
        seen: &Seen,
        kept: &Kept,
        tag: &str,
        reserved: Option<Timestamp>,
    ) -> Result<Arc<Seen>, ConnectorError> {
        let kept = kept.marked(self.client.mark());
        let input = json!({
            "customAttributes": kept.attributes(),
            "tags": tags(&seen.shown.tags, tag),
            "reserveInventoryUntil": reserved.map(|until| until.to_string()),
        });
        let lines = seen.shown.line_items.nodes.len().max(1);
        let shown = match self.put(Some(seen.shown.id.0), &input, lines).await? {
            Ok(shown) => shown,
            Err(errors) => {
                settled(&errors)?;
                return Err(refused("draft.write", &errors));
            }
        };
        Ok(self.memory.see(Seen::new(shown, seen.ways.clone())))
    }

    /// As it was seen a short while ago, or as it is now.
    pub(crate) async fn last_seen(&self, draft: u64) -> Result<Arc<Seen>, ConnectorError> {
        match self.memory.get(draft) {
            Some(seen) if matches!(seen.shown.stage()?, Stage::Open) => Ok(seen),
            _ => self.look_at(draft).await,
        }
    }

    /// As it is now, with what is offered for it where it may still change. What was offered for the
    /// same a short while ago is offered still.
    pub(crate) async fn look_at(&self, draft: u64) -> Result<Arc<Seen>, ConnectorError> {
        let before = self.memory.get(draft);
        let shown = self.read_draft(draft).await?;
        let is_open = matches!(shown.stage()?, Stage::Open);
        let ways = match before {
            Some(seen) if seen.ways.is_some() && goes_alike(&seen.shown, &shown) => {
                seen.ways.clone()
            }
            _ if !is_open => None,
            _ => Some(self.ways_of(&shown).await?),
        };
        Ok(self.memory.see(Seen::new(shown, ways)))
    }

    /// The same with what is offered for it, which is to be shown again.
    pub(crate) async fn with_ways(&self, seen: Arc<Seen>) -> Result<Arc<Seen>, ConnectorError> {
        if seen.ways.is_some() {
            return Ok(seen);
        }
        let ways = self.ways_of(&seen.shown).await?;
        Ok(self.memory.see(Seen::new(seen.shown.clone(), Some(ways))))
    }

    /// As the store shows it, with all its rows and sums.
    pub(crate) async fn read_draft(&self, draft: u64) -> Result<Shown, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order: Option<Shown>,
        }

        let (id, mut lines) = (Kind::DraftOrder.gid(draft), ROWS);
        for _ in 0..READS_MAX {
            let variables = json!({ "id": id, "lines": lines });
            let answer: Answer = self.client.run(&READ_DRAFT, &variables).await?;
            let shown = answer.draft_order.ok_or(ConnectorError::NotFound { what: "draft" })?;
            if shown.line_items.page_info.has_next_page && lines < ROWS_MAX {
                lines = ROWS_MAX;
            } else if shown.ready {
                return Ok(shown);
            } else {
                sleep(PAUSE).await;
            }
        }
        Err(unready())
    }

    /// What is offered for a draft as it stands.
    async fn ways_of(&self, shown: &Shown) -> Result<Vec<Way>, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            options: Options,
        }

        if !shown.needs_shipping() {
            return Ok(Vec::new());
        }
        let wanted = Wanted::of(shown)?;
        let input = json!({ "input": wanted.options() });
        let Answer { options } = self.client.run(&DELIVERY_OPTIONS, &input).await?;
        self.ways(&options, wanted.country(), wanted.currency).await
    }

    /// A draft in the bridge's words, with what was refused just now.
    pub(crate) async fn draft_of(
        &self,
        seen: &Seen,
        problems: Vec<Problem>,
    ) -> Result<Draft, ConnectorError> {
        let Seen { shown, ways, .. } = seen;
        let places = if shown.is_picked_up() { self.places().await? } else { Arc::default() };
        let kept = shown.kept();
        let ways = ways.as_deref().unwrap_or_default();
        let quote = quote(shown, ways, &places, problems)?;
        Ok(Draft {
            id: draft_id(shown.id.0),
            order: shown.ordered().id(),
            buyer: buyer(shown),
            destination: destination(shown),
            note: shown.note.clone().filter(|note| !note.is_empty()),
            facts: kept.facts,
            agreed: kept.agreed.filter(|_| !quote.lines.is_empty()),
            state: shown.state()?,
            is_scarce: is_scarce(shown),
            quote,
        })
    }
}

/// Whether something in it is counted and may run out.
fn is_scarce(shown: &Shown) -> bool {
    shown.rows().filter_map(|row| row.variant.as_ref()).any(|variant| variant.left().is_some())
}

/// Whether the same goes to the same place.
fn goes_alike(before: &Shown, now: &Shown) -> bool {
    let rows = |shown: &Shown| {
        let rows = shown.rows().map(|row| (row.uuid.clone(), row.quantity));
        rows.collect::<Vec<_>>()
    };
    rows(before) == rows(now)
        && before.shipping_address == now.shipping_address
        && before.discount_codes == now.discount_codes
        && now.needs_shipping() == before.needs_shipping()
}

/// What the store has not done in time.
fn unready() -> ConnectorError {
    ConnectorError::Unavailable {
        retry_after: Some(Duration::from_secs(2)),
        effect: Effect::None,
        source: Some("the store is still working the draft out".into()),
    }
}

/// The seller's tags and ours, with the one that says how far it has come.
pub(crate) fn tags(known: &[String], stage: &str) -> Vec<String> {
    let ours = [TAG, TAG_COMMITTED, TAG_ENDED];
    let others = known.iter().filter(|tag| !ours.contains(&tag.as_str()));
    let stage = (stage != TAG).then_some(stage);
    others.map(String::as_str).chain([TAG]).chain(stage).map(str::to_owned).collect()
}
