//! Trying a purchase out at a store, up to where money would move: a draft, and an end to it.

use std::time::Duration;

use commerce::{
    ConnectorError, Draft, Facts, Finding, Level, Line, Subject, first_in_stock, rehearsal,
};
use tokio::time::Instant;

use crate::{Shopify, id::draft_of};

impl Shopify {
    /// Opens a draft of the first thing that can be bought, sent to the store's own address, and
    /// takes it away again.
    pub(crate) async fn rehearse_purchase(&self) -> Vec<Finding> {
        let line = match self.products_after(0).await {
            Ok(page) => first_in_stock(&page),
            Err(error) => return vec![broken(&error)],
        };
        let Some(line) = line else {
            let detail = "nothing on the first page of products can be bought".to_owned();
            return vec![finding(Level::Warning, detail)];
        };
        let begun = Instant::now();
        let opened = match self.rehearse_draft(line).await {
            Ok(draft) => draft,
            Err(error) => return vec![broken(&error)],
        };
        let mut findings = vec![judge(&opened, begun.elapsed())];
        findings.push(match self.take_back(&opened).await {
            Ok(()) => finding(Level::Ok, "the draft was deleted again".to_owned()),
            Err(error) => finding(
                Level::Failure,
                format!("the draft could not be deleted ({error}): delete it in the admin"),
            ),
        });
        findings
    }

    async fn rehearse_draft(&self, line: Line) -> Result<Draft, ConnectorError> {
        let place = self.shop().await?.address.clone();
        self.open_draft(&rehearsal(line, place)).await
    }

    async fn take_back(&self, draft: &Draft) -> Result<(), ConnectorError> {
        self.discard_draft(&draft.id, &Facts::new()).await?;
        let number = draft_of(&draft.id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        self.delete_draft(number).await
    }
}

/// What the draft says of the store.
fn judge(draft: &Draft, took: Duration) -> Finding {
    let quote = &draft.quote;
    let texts: Vec<String> = quote.problems.iter().map(|problem| problem.text.clone()).collect();
    if quote.problems.iter().any(|problem| matches!(problem.subject, Subject::Address(_))) {
        let detail = format!(
            "the store does not deliver to its own address ({}): complete the address in Settings \
             > General, or add a zone in Settings > Shipping and delivery",
            texts.join("; ")
        );
        return finding(Level::Warning, detail);
    }
    if !texts.is_empty() {
        let detail = format!("a draft was made but cannot be bought: {}", texts.join("; "));
        return finding(Level::Failure, detail);
    }
    let line = quote.lines.first().map_or("", |line| line.title.as_str());
    let detail = format!(
        "{line:?} to the store's own address: {} ways to get it, total {} {}, in {} ms",
        quote.rates.len(),
        quote.totals.total.to_major(),
        quote.currency.code(),
        took.as_millis(),
    );
    finding(Level::Ok, detail)
}

fn finding(level: Level, detail: String) -> Finding {
    Finding { level, what: "Rehearsal".to_owned(), detail }
}

fn broken(error: &ConnectorError) -> Finding {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        words = format!("{words}: {next}");
        source = next.source();
    }
    finding(Level::Failure, words)
}
