//! What is counted of a catalog.

use commerce::Exclusion;
use jiff::Timestamp;
use metrics::gauge;

use crate::store::Store;

/// What there is, after a refresh.
pub(crate) fn count(store: &Store) {
    let Some(snapshot) = store.catalog.snapshot() else { return };
    let summary = snapshot.summary();
    let set = |name: &'static str, count: usize| {
        gauge!(name, "store" => store.id.clone()).set(small(count));
    };
    set("catalog_products", summary.products);
    set("catalog_shown_products", summary.shown);
    set("catalog_shown_variants", summary.variants);
    set("catalog_open_variants", summary.open);
    set("catalog_products_without_brand", summary.without_brand);
    set("catalog_bytes", summary.bytes);
    for (why, count) in &summary.excluded {
        gauge!("catalog_excluded_products", "store" => store.id.clone(), "reason" => word(*why))
            .set(small(*count));
    }
    tracing::info!(
        store.id = store.id,
        products = summary.products,
        shown = summary.shown,
        variants = summary.variants,
        open_variants = summary.open,
        without_brand = summary.without_brand,
        bytes = summary.bytes,
        excluded = %reasons(&summary.excluded),
        "catalog in memory"
    );
}

/// How long ago the store last told of its changes.
pub(crate) fn count_age(store: &Store, now: Timestamp) {
    if let Some(snapshot) = store.catalog.snapshot() {
        let age = now.duration_since(snapshot.as_of()).as_secs().max(0);
        gauge!("catalog_age_seconds", "store" => store.id.clone())
            .set(u32::try_from(age).unwrap_or(u32::MAX));
    }
}

/// Why products are not shown, and how many: `hidden 3, no_price 1`.
pub(super) fn reasons(excluded: &[(Exclusion, usize)]) -> String {
    let words: Vec<String> =
        excluded.iter().map(|(why, count)| format!("{} {count}", word(*why))).collect();
    words.join(", ")
}

const fn word(why: Exclusion) -> &'static str {
    match why {
        Exclusion::Hidden => "hidden",
        Exclusion::NotPublic => "not_public",
        Exclusion::NoPrice => "no_price",
        Exclusion::External => "external",
        Exclusion::Grouped => "grouped",
        Exclusion::Unsupported => "unsupported",
    }
}

/// As a gauge takes it.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
