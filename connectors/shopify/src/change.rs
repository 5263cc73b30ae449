//! Writing a draft: what it will cost, and then all of it at once.
//!
//! What the agent is shown is kept with the draft in the same write, so its total is asked for before
//! it is written. A draft keeps no code that does not count.

use std::sync::Arc;

use commerce::{
    Change, CodeRefusal, ConnectorError, Draft, Effect, ItemId, Money, Problem, ProblemKind,
    Subject, plain_text,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shopify,
    attributes::TAG,
    draft::tags,
    error::{UserError, after_write, nonsense, refused},
    id::Kind,
    memory::Seen,
    offers::Prepared,
    operation::Operation,
    shown::{Bag, Shown, unreadable},
};

pub(crate) const PRICE_DRAFT: Operation =
    Operation::read("draft.price", include_str!("operations/price_draft.graphql"), 11);
pub(crate) const OPEN_DRAFT: Operation = Operation::write_once(
    "draft.open",
    concat!(
        include_str!("operations/open_draft.graphql"),
        include_str!("operations/fragments/draft_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    51,
);
pub(crate) const WRITE_DRAFT: Operation = Operation::write(
    "draft.write",
    concat!(
        include_str!("operations/write_draft.graphql"),
        include_str!("operations/fragments/draft_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    51,
);
/// How often what the store refuses is left out before the store is taken to make no sense.
const MENDS_MAX: u32 = 6;

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

impl Shopify {
    /// Asks what it will cost, then writes it: what the store will not have is left out, with a word
    /// about why.
    pub(crate) async fn write(
        &self,
        draft: Option<u64>,
        mut prepared: Prepared,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        prepared.wanted.tags = tags(&prepared.wanted.tags, TAG);
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
                    let seen = self.memory.see(Seen::new(shown, Some(prepared.ways)));
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
        self.write_kept(&seen, &kept, TAG, None).await
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
            Some(shown) if !user_errors.is_empty() || shown.ready => {
                if user_errors.is_empty() {
                    Ok(shown)
                } else {
                    Err(user_errors)
                }
            }
            Some(shown) => Ok(self.read_draft(shown.id.0).await.map_err(after_write)?),
            None => Err(user_errors),
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
