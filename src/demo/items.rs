//! What there is to buy, and what not, each with the one word that says what it shows.

use ::catalog::Snapshot;
use commerce::{Availability, Product, ProductKind, Variant};
use serde::Serialize;

/// One thing of the demo catalog.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Item {
    /// What an agent orders.
    pub(super) id: String,
    pub(super) title: String,
    /// What it shows: `simple`, `variation`, `on_sale`, `virtual`, `backorder` can be bought;
    /// `out_of_stock`, `external`, `grouped` cannot; `open_variation` would have to ask the buyer
    /// for a size first; `hidden` is not in the feed.
    pub(super) kind: &'static str,
}

/// Everything in the catalog, the excluded included.
pub(super) fn all(snapshot: &Snapshot) -> Vec<Item> {
    snapshot.iter().flat_map(|entry| of_product(&entry.read())).collect()
}

fn of_product(product: &Product) -> Vec<Item> {
    if product.variants.is_empty() {
        let (id, title) = (product.id.as_str().to_owned(), product.title.clone());
        return vec![Item { id, title, kind: kind(product, None) }];
    }
    product
        .variants
        .iter()
        .map(|variant| Item {
            id: variant.item.as_str().to_owned(),
            title: variant.title.clone(),
            kind: kind(product, Some(variant)),
        })
        .collect()
}

fn kind(product: &Product, variant: Option<&Variant>) -> &'static str {
    match (product.kind, variant) {
        (ProductKind::External, _) => "external",
        (ProductKind::Grouped, _) => "grouped",
        _ if product.exclusion.is_some() => "hidden",
        (_, Some(variant)) if variant.availability == Availability::OutOfStock => "out_of_stock",
        (_, Some(variant)) if variant.availability == Availability::Backorder => "backorder",
        (_, Some(variant)) if variant.is_digital => "virtual",
        (ProductKind::Variable, Some(variant)) if !variant.is_settled() => "open_variation",
        (ProductKind::Variable, _) => "variation",
        (_, Some(variant)) if variant.sale_price.is_some() => "on_sale",
        _ => "simple",
    }
}
