//! Trying a purchase out at a store, up to where money would move: a cart, a draft, an end to it.

use std::time::Duration;

use commerce::{
    ConnectorError, Draft, DraftState, Facts, Finding, Level, Line, Subject, first_in_stock,
    rehearsal,
};
use tokio::time::Instant;

use crate::{
    WooCommerce,
    check::{broken, finding},
};

impl WooCommerce {
    /// Opens a draft of the first thing that can be bought, sent to the store's own address, and
    /// ends it.
    pub(crate) async fn rehearse_purchase(&self) -> Vec<Finding> {
        let line = match self.page(None).await {
            Ok(page) => first_in_stock(&page),
            Err(error) => return vec![broken("Rehearsal", &error)],
        };
        let Some(line) = line else {
            let detail = "nothing on the first page of products can be bought".to_owned();
            return vec![finding(Level::Warning, "Rehearsal", detail)];
        };
        let begun = Instant::now();
        let opened = match self.rehearse_draft(line).await {
            Ok(draft) => draft,
            Err(error) => return vec![broken("Rehearsal", &error)],
        };
        let mut findings = vec![judge(&opened, begun.elapsed())];
        let ended = self.discard_draft(&opened.id, &Facts::new()).await;
        findings.push(match ended {
            Ok(draft) if draft.state == DraftState::Discarded => {
                finding(Level::Ok, "Rehearsal", "the order was canceled again".to_owned())
            }
            Ok(draft) => finding(
                Level::Failure,
                "Rehearsal",
                format!("order {} could not be canceled: cancel it by hand", draft.order),
            ),
            Err(error) => broken("Rehearsal", &error),
        });
        findings
    }

    async fn rehearse_draft(&self, line: Line) -> Result<Draft, ConnectorError> {
        let place = self.store_address().await?.clone();
        self.open_draft(&rehearsal(line, place)).await
    }
}

/// What the draft says of the store.
fn judge(draft: &Draft, took: Duration) -> Finding {
    let quote = &draft.quote;
    let about = |problem: &commerce::Problem| problem.text.clone();
    let texts: Vec<String> = quote.problems.iter().map(about).collect();
    if quote.problems.iter().any(|problem| matches!(problem.subject, Subject::Address(_))) {
        let detail = format!(
            "the store does not deliver to its own address ({}): complete the address in Settings \
             > General, or add a zone",
            texts.join("; ")
        );
        return finding(Level::Warning, "Rehearsal", detail);
    }
    if !texts.is_empty() {
        let detail = format!("a draft was made but cannot be bought: {}", texts.join("; "));
        return finding(Level::Failure, "Rehearsal", detail);
    }
    let line = quote.lines.first().map_or("", |line| line.title.as_str());
    let detail = format!(
        "{line:?} to the store's own address: {} ways to get it, total {} {}, in {} ms",
        quote.rates.len(),
        quote.totals.total.to_major(),
        quote.currency.code(),
        took.as_millis(),
    );
    finding(Level::Ok, "Rehearsal", detail)
}
