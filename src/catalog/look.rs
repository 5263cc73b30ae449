//! What `storebridge check` says of a catalog.

use std::sync::Arc;

use ::catalog::{Catalog, Snapshot};
use commerce::{Connector, ConnectorError, Finding, Level};
use jiff::Timestamp;

use super::figures::reasons;
use crate::chain::Chain;

/// A check reads no more products than these: it shall take seconds.
const PRODUCTS_MAX: usize = 1_000;

/// The products that a check has read.
pub(crate) struct Seen {
    pub(crate) snapshot: Arc<Snapshot>,
    /// How many there are, where the platform says so.
    total: Option<u64>,
    /// Whether there are no others.
    pub(crate) is_whole: bool,
}

/// Reads the beginning of a catalog, and says what agents get to see of it.
pub(crate) async fn look(connector: &dyn Connector, now: Timestamp) -> (Finding, Option<Seen>) {
    let what = "Catalog".to_owned();
    match read(connector, now).await {
        Ok(Some(seen)) => {
            let (level, detail) = judged(&seen);
            (Finding { level, what, detail }, Some(seen))
        }
        Ok(None) => (Finding { level: Level::Warning, what, detail: "empty".to_owned() }, None),
        Err(error) => {
            (Finding { level: Level::Failure, what, detail: Chain(&error).to_string() }, None)
        }
    }
}

async fn read(connector: &dyn Connector, now: Timestamp) -> Result<Option<Seen>, ConnectorError> {
    let (catalog, mut from, mut total) = (Catalog::new(), None, None);
    let mut read = 0;
    catalog.begin(now);
    loop {
        let page = connector.products(from.as_ref()).await?;
        read += page.products.len();
        total = page.total.or(total);
        catalog.add(&page.products);
        from = page.next;
        if from.is_none() || read >= PRODUCTS_MAX {
            catalog.finish(true);
            let is_whole = from.is_none();
            return Ok(catalog.snapshot().map(|snapshot| Seen { snapshot, total, is_whole }));
        }
    }
}

fn judged(seen: &Seen) -> (Level, String) {
    let summary = seen.snapshot.summary();
    let mut words = vec![match seen.total.filter(|_| !seen.is_whole) {
        Some(total) => format!("of the first {} of {total} products", summary.products),
        None => format!("of {} products", summary.products),
    }];
    words.push(format!("agents see {} with {} variants", summary.shown, summary.variants));
    if !summary.excluded.is_empty() {
        words.push(format!("not shown: {}", reasons(&summary.excluded)));
    }
    if summary.open > 0 {
        words.push(format!(
            "{} variants leave a choice open (\"any\"): agents see them and cannot buy them before \
             they are told; make one variation for each value",
            summary.open
        ));
    }
    let level = if summary.shown == 0 { Level::Warning } else { Level::Ok };
    (level, words.join("; "))
}
