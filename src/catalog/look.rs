//! What `storebridge check` says of a catalog.

use ::catalog::Catalog;
use commerce::{Connector, ConnectorError, Finding, Level};
use jiff::Timestamp;

use super::figures::reasons;
use crate::chain::Chain;

/// A check reads no more products than these: it shall take seconds.
const PRODUCTS_MAX: usize = 1_000;

/// Reads the beginning of a catalog, and says what agents get to see of it.
pub(crate) async fn look(connector: &dyn Connector) -> Finding {
    let what = "Catalog".to_owned();
    match read(connector).await {
        Ok((catalog, total)) => {
            let (level, detail) = judged(&catalog, total);
            Finding { level, what, detail }
        }
        Err(error) => Finding { level: Level::Failure, what, detail: Chain(&error).to_string() },
    }
}

async fn read(connector: &dyn Connector) -> Result<(Catalog, Option<u64>), ConnectorError> {
    let (catalog, mut from, mut total) = (Catalog::new(), None, None);
    let mut read = 0;
    catalog.begin(Timestamp::UNIX_EPOCH);
    loop {
        let page = connector.products(from.as_ref()).await?;
        read += page.products.len();
        total = page.total.or(total);
        catalog.add(&page.products);
        from = page.next;
        if from.is_none() || read >= PRODUCTS_MAX {
            catalog.finish(true);
            return Ok((catalog, total.filter(|_| from.is_some())));
        }
    }
}

fn judged(catalog: &Catalog, total: Option<u64>) -> (Level, String) {
    let Some(snapshot) = catalog.snapshot() else { return (Level::Warning, "empty".to_owned()) };
    let summary = snapshot.summary();
    let mut words = vec![match total {
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
    if summary.without_brand > 0 {
        words.push(format!(
            "{} have no brand, which feeds want: Products > Brands, an attribute named Brand, or \
             brand_meta in the configuration",
            summary.without_brand
        ));
    }
    let level = if summary.shown == 0 { Level::Warning } else { Level::Ok };
    (level, words.join("; "))
}
