//! Writing a draft: what is offered for it, what it will cost, and then all of it at once.
//!
//! What the agent is shown is kept with the draft in the same write, so its total is asked for before
//! it is written. A draft keeps no code that does not count.

use std::{collections::BTreeSet, sync::Arc};

use commerce::{
    Change, CodeRefusal, ConnectorError, Draft, Effect, ItemId, Money, Problem, ProblemKind,
    Subject, plain_text,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shopify,
    attributes::{Attribute, TAG},
    error::{UserError, nonsense, refused},
    id::Kind,
    memory::Seen,
    operation::Operation,
    rates::{Options, Way},
    shown::{Bag, Shown, Variant, unreadable},
    wanted::{Misfits, Wanted},
};

const OFFERS: Operation = Operation::read(
    "draft.offers",
    concat!(
        include_str!("operations/offers.graphql"),
        include_str!("operations/fragments/offers.graphql"),
        include_str!("operations/fragments/ways.graphql")
    ),
    7,
);
const LOOK: Operation = Operation::read(
    "draft.look",
    concat!(
        include_str!("operations/look.graphql"),
        include_str!("operations/fragments/offers.graphql"),
        include_str!("operations/fragments/ways.graphql")
    ),
    9,
);
const PRICE_DRAFT: Operation =
    Operation::read("draft.price", include_str!("operations/price_draft.graphql"), 11);
const OPEN_DRAFT: Operation = Operation::write_once(
    "draft.open",
    concat!(
        include_str!("operations/open_draft.graphql"),
        include_str!("operations/fragments/draft_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    52,
);
const WRITE_DRAFT: Operation = Operation::write(
    "draft.write",
    concat!(
        include_str!("operations/write_draft.graphql"),
        include_str!("operations/fragments/draft_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    52,
);
/// How often what the store refuses is left out before the store is taken to make no sense.
const MENDS_MAX: u32 = 6;

/// What is offered now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offered {
    #[serde(default)]
    draft_order: Option<Glimpse>,
    nodes: Vec<Option<Node>>,
    options: Options,
}

/// As much of a draft as tells whether it is still the one that was seen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Glimpse {
    status: String,
    updated_at: jiff::Timestamp,
    #[serde(default)]
    custom_attributes: Vec<Attribute>,
    total_price_set: Bag,
}

/// A variant, or something else that somebody has named.
#[derive(Deserialize)]
struct Node {
    #[serde(flatten)]
    variant: Option<Variant>,
    #[serde(default)]
    product: Option<Sold>,
}

/// How a product is sold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sold {
    status: String,
    is_gift_card: bool,
    requires_selling_plan: bool,
}

/// The answer of a write.
#[derive(Deserialize)]
struct Written {
    written: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    draft_order: Option<Shown>,
    #[serde(default)]
    user_errors: Vec<UserError>,
}

/// What is to be written, and what was left out on the way.
pub(crate) struct Prepared {
    pub(crate) wanted: Wanted,
    pub(crate) ways: Vec<Way>,
    /// Which of them counts.
    pub(crate) way: Option<Way>,
    pub(crate) refused: Vec<Problem>,
    /// What is left of the variants now.
    pub(crate) stock: Vec<Variant>,
    /// Whether the draft is still as it was seen.
    pub(crate) is_current: bool,
}

impl Shopify {
    /// What can be had of a change, and how it can get there. Where a draft was seen before, it is
    /// looked at in the same call.
    pub(crate) async fn prepare(
        &self,
        seen: Option<&Shown>,
        mut wanted: Wanted,
        change: &Change,
    ) -> Result<Prepared, ConnectorError> {
        let mut refused = misfits(wanted.change(change));
        let mut is_current = true;
        let (ways, stock) = loop {
            let offered = self.offers(seen, &wanted).await?;
            if let Some(seen) = seen {
                is_current = offered.shows(seen)?;
            }
            let obstacles = obstacles(&offered, &wanted);
            if obstacles.is_empty() {
                let country = wanted.country();
                let ways = self.ways(&offered.options, country, wanted.currency).await?;
                break (ways, offered.stock());
            }
            // Whatever cannot be had leaves nothing to choose from, so it is asked again without.
            wanted.lines.retain(|(variant, _)| !obstacles.iter().any(|(gone, _)| gone == variant));
            refused.extend(obstacles.into_iter().map(|(_, problem)| problem));
        };
        let asked = change.rates.as_deref().unwrap_or_default();
        let find = |id: &commerce::RateId| ways.iter().find(|way| way.id == *id);
        if asked.iter().any(|id| find(id).is_none()) {
            refused.push(Problem {
                kind: ProblemKind::Invalid,
                subject: Subject::Rate,
                text: "The store does not offer this option; the earlier choice stays".to_owned(),
            });
        }
        let chosen = asked.iter().rev().find_map(find);
        let chosen = chosen.or_else(|| wanted.rate.as_ref().and_then(find)).or(ways.first());
        let way = chosen.cloned();
        wanted.rate = way.as_ref().map(|way| way.id.clone());
        wanted.kept.pickup =
            way.as_ref().and_then(|way| way.pickup.as_ref()).map(|(location, _)| *location);
        Ok(Prepared { wanted, ways, way, refused, stock, is_current })
    }

    async fn offers(
        &self,
        seen: Option<&Shown>,
        wanted: &Wanted,
    ) -> Result<Offered, ConnectorError> {
        let variants: Vec<String> =
            wanted.lines.iter().map(|(id, _)| Kind::ProductVariant.gid(*id)).collect();
        let input = wanted.options();
        match seen {
            None => {
                self.client.run(&OFFERS, &json!({ "variants": variants, "input": input })).await
            }
            Some(seen) => {
                let id = Kind::DraftOrder.gid(seen.id.0);
                let variables = json!({ "id": id, "variants": variants, "input": input });
                self.client.run(&LOOK, &variables).await
            }
        }
    }

    /// Asks what it will cost, then writes it: what the store will not have is left out, with a word
    /// about why.
    pub(crate) async fn write(
        &self,
        draft: Option<u64>,
        mut prepared: Prepared,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        if !prepared.wanted.tags.iter().any(|tag| tag == TAG) {
            prepared.wanted.tags.push(TAG.to_owned());
        }
        for _ in 0..MENDS_MAX {
            let handle = prepared.way.as_ref().map(|way| way.handle.clone());
            let priced = self.price(&prepared, handle.clone()).await?;
            let (total, codes) = match priced {
                Ok(priced) => priced,
                Err(errors) => {
                    self.mend(&mut prepared, "draft.price", &errors).await?;
                    continue;
                }
            };
            let wanted = &mut prepared.wanted;
            for (code, problem) in codes {
                wanted.codes.retain(|known| !known.eq_ignore_ascii_case(&code));
                prepared.refused.extend(change.codes.is_some().then_some(problem));
            }
            wanted.kept.agreed = (!wanted.lines.is_empty()).then_some(total);
            wanted.kept.write = self.client.mark();
            let input = wanted.input(handle);
            let lines = wanted.lines.len().max(1);
            match self.put(draft, &input, lines).await? {
                Ok(shown) => {
                    let seen = self.memory.see(Seen::new(shown, prepared.ways));
                    let seen = self.agree(seen).await?;
                    return self.draft_of(&seen, prepared.refused).await;
                }
                Err(errors) => self.mend(&mut prepared, "draft.write", &errors).await?,
            }
        }
        let source = "the store refuses one part after another";
        Err(nonsense("draft.write", source))
    }

    /// Where a draft costs something else than was foretold, because the seller has changed it by hand,
    /// that is written after it.
    async fn agree(&self, seen: Arc<Seen>) -> Result<Arc<Seen>, ConnectorError> {
        let (mut kept, total) = (seen.shown.kept(), seen.shown.total()?);
        if kept.agreed.is_none_or(|agreed| agreed == total) {
            return Ok(seen);
        }
        kept.agreed = Some(total);
        self.write_kept(&seen, &kept, "", None).await
    }

    /// What it will cost, and which codes do not count; or what is wrong with it.
    async fn price(
        &self,
        prepared: &Prepared,
        handle: Option<String>,
    ) -> Result<Result<(Money, Vec<(String, Problem)>), Vec<UserError>>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order_calculate: Calculation,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Calculation {
            calculated_draft_order: Option<Calculated>,
            #[serde(default)]
            user_errors: Vec<UserError>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Calculated {
            total_price_set: Bag,
            #[serde(default)]
            warnings: Vec<Warning>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Warning {
            message: String,
            #[serde(default)]
            discount_code: Option<String>,
            #[serde(default)]
            discount_title: Option<String>,
        }

        let input = prepared.wanted.input(handle);
        let answer: Answer = self.client.run(&PRICE_DRAFT, &json!({ "input": input })).await?;
        let Calculation { calculated_draft_order, user_errors } = answer.draft_order_calculate;
        let Some(calculated) = calculated_draft_order else { return Ok(Err(user_errors)) };
        let total = calculated.total_price_set.money().map_err(unreadable)?;
        let codes = calculated.warnings.into_iter().filter_map(|warning| {
            let code = warning.discount_code?;
            let why = why(&warning.message, warning.discount_title.is_some());
            let kind = ProblemKind::CodeRefused(why);
            let text = plain_text(&warning.message);
            Some((code.clone(), Problem { kind, subject: Subject::Code(code), text }))
        });
        Ok(Ok((total, codes.collect())))
    }

    /// Writes all of it, or says what the store will not have.
    pub(crate) async fn put(
        &self,
        draft: Option<u64>,
        input: &impl serde::Serialize,
        lines: usize,
    ) -> Result<Result<Shown, Vec<UserError>>, ConnectorError> {
        let written: Written = match draft {
            None => {
                self.client.run(&OPEN_DRAFT, &json!({ "input": input, "lines": lines })).await?
            }
            Some(draft) => {
                // Whatever becomes of it, what was seen before does not hold any more.
                self.memory.forget(draft);
                let id = Kind::DraftOrder.gid(draft);
                let variables = json!({ "id": id, "input": input, "lines": lines });
                self.client.run(&WRITE_DRAFT, &variables).await?
            }
        };
        let Payload { draft_order, user_errors } = written.written;
        Ok(match draft_order {
            Some(shown) if user_errors.is_empty() => Ok(shown),
            _ => Err(user_errors),
        })
    }

    /// Leaves out what the store will not have.
    async fn mend(
        &self,
        prepared: &mut Prepared,
        call: &'static str,
        errors: &[UserError],
    ) -> Result<(), ConnectorError> {
        settled(errors)?;
        let Prepared { wanted, refused: problems, .. } = prepared;
        let mut is_mended = false;
        for error in errors {
            let invalid = |subject: Subject| Problem {
                kind: ProblemKind::Invalid,
                subject,
                text: plain_text(&error.message),
            };
            if let Some(variant) = gone(&error.message) {
                let known = wanted.lines.len();
                wanted.lines.retain(|(id, _)| *id != variant);
                is_mended |= wanted.lines.len() < known;
                let subject = Subject::Item(ItemId::new(variant.to_string()));
                let text = "The store sells it no more".to_owned();
                problems.push(Problem { kind: ProblemKind::UnknownItem, subject, text });
            } else if error.is_about("email") && !wanted.buyer.email.is_empty() {
                wanted.buyer.email.clear();
                problems.push(invalid(Subject::Email));
                is_mended = true;
            } else if error.is_about("phone") {
                wanted.buyer.phone.clear();
                wanted.to.iter_mut().for_each(|to| to.phone.clear());
                is_mended = true;
            } else if error.is_about("shippingLine") {
                // It has just grown old.
                let again = self.prepare(None, wanted.clone(), &Change::default()).await?;
                (prepared.ways, prepared.way) = (again.ways, again.way);
                return Ok(());
            } else if error.is_about("shippingAddress") || error.is_about("billingAddress") {
                is_mended |= wanted.to.take().is_some();
                problems.push(invalid(Subject::Address(error.part())));
            }
        }
        if is_mended { Ok(()) } else { Err(refused(call, errors)) }
    }
}

impl Offered {
    /// Whether the draft is still as it was seen: nobody has written since.
    fn shows(&self, seen: &Shown) -> Result<bool, ConnectorError> {
        let Some(now) = &self.draft_order else {
            return Err(ConnectorError::NotFound { what: "draft" });
        };
        let total = now.total_price_set.money().map_err(unreadable)?;
        Ok(now.status == seen.status
            && now.updated_at == seen.updated_at
            && now.custom_attributes == seen.custom_attributes
            && total == seen.total()?)
    }

    fn stock(self) -> Vec<Variant> {
        self.nodes.into_iter().flatten().filter_map(|node| node.variant).collect()
    }

    fn sold(&self, variant: u64) -> Option<&Sold> {
        let mut nodes = self.nodes.iter().flatten();
        let is_it = |node: &&Node| node.variant.as_ref().is_some_and(|it| it.id.0 == variant);
        nodes.find(is_it)?.product.as_ref()
    }
}

/// That a draft has come too far for a change, or is gone.
pub(crate) fn settled(errors: &[UserError]) -> Result<(), ConnectorError> {
    for error in errors {
        if error.message.starts_with("This order has been paid") {
            return Err(ConnectorError::Settled { action: "change" });
        }
        if error.message.starts_with("Draft order does not exist") {
            return Err(ConnectorError::NotFound { what: "draft" });
        }
    }
    Ok(())
}

/// `Product with ID 7 is no longer available.`
fn gone(message: &str) -> Option<u64> {
    let rest = message.strip_prefix("Product with ID ")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn misfits(misfits: Misfits) -> Vec<Problem> {
    let problem = |kind, item, text: &str| Problem {
        kind,
        subject: Subject::Item(item),
        text: text.to_owned(),
    };
    let mut problems: Vec<Problem> = misfits
        .items
        .into_iter()
        .map(|item| problem(ProblemKind::UnknownItem, item, "The store has no such item"))
        .collect();
    problems.extend(misfits.quantities.into_iter().map(|item| {
        problem(ProblemKind::QuantityExceeded, item, "The store does not sell so many at once")
    }));
    if misfits.country {
        problems.push(Problem {
            kind: ProblemKind::Invalid,
            subject: Subject::Address(Some("country")),
            text: "There is no such country. Send its code of two letters".to_owned(),
        });
    }
    problems
}

/// Which of the lines cannot be had at all, and why.
fn obstacles(offered: &Offered, wanted: &Wanted) -> Vec<(u64, Problem)> {
    let wanted: BTreeSet<u64> = wanted.lines.iter().map(|(variant, _)| *variant).collect();
    let obstacle = |variant: u64| {
        let (kind, text) = match offered.sold(variant) {
            None => (ProblemKind::UnknownItem, "The store has no such item"),
            Some(sold) if !matches!(sold.status.as_str(), "ACTIVE" | "UNLISTED") => {
                (ProblemKind::NotPurchasable, "The store does not sell it now")
            }
            Some(sold) if sold.is_gift_card => {
                (ProblemKind::NotPurchasable, "Gift cards are sold in the store itself")
            }
            Some(sold) if sold.requires_selling_plan => {
                (ProblemKind::NotPurchasable, "Subscriptions are sold in the store itself")
            }
            Some(_) => return None,
        };
        let subject = Subject::Item(ItemId::new(variant.to_string()));
        Some((variant, Problem { kind, subject, text: text.to_owned() }))
    };
    wanted.into_iter().filter_map(obstacle).collect()
}

/// Why a code does not count. Shopify has one code for all reasons, so its words have to be read; in
/// another language than English they say no more than that it does not count.
fn why(message: &str, is_known: bool) -> CodeRefusal {
    let words = message.to_ascii_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if !is_known {
        CodeRefusal::Invalid
    } else if says(&["expired", "no longer active"]) {
        CodeRefusal::Expired
    } else if says(&["usage limit", "already used", "already been used"]) {
        CodeRefusal::UsageLimitReached
    } else if says(&["combine"]) {
        CodeRefusal::CombinationDisallowed
    } else if says(&["minimum", "larger subtotal", "at least", "spend"]) {
        CodeRefusal::MinimumNotMet
    } else if says(&["does not apply", "doesn't apply", "not eligible", "isn't valid for"]) {
        CodeRefusal::Ineligible
    } else {
        CodeRefusal::Invalid
    }
}

/// What failed between two looks at a draft that somebody else keeps changing.
pub(crate) fn restless() -> ConnectorError {
    ConnectorError::Unavailable {
        retry_after: Some(std::time::Duration::from_secs(1)),
        effect: Effect::None,
        source: Some("somebody else changes this draft at the same time".into()),
    }
}
