//! The feed: one JSON object a line for every variant that an agent can buy.
//!
//! Field names are those of the `OpenAI` product feed; prices are decimal major units with the
//! currency, as that feed wants them.

use std::collections::BTreeMap;

use ::catalog::Snapshot;
use bytes::Bytes;
use commerce::{Availability, Money, Product, ProductKind, Variant};
use serde::Serialize;

/// One row. Absent members are left out, never invented.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the contract's own columns")]
struct Row<'a> {
    item_id: &'a str,
    /// The launch name of `item_id`; readers of either contract find theirs.
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_group_title: Option<&'a str>,
    listing_has_variations: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variant_dict: BTreeMap<&'a str, &'a str>,
    title: &'a str,
    description: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    additional_image_urls: Vec<&'a str>,
    price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_price: Option<String>,
    availability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gtin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_category: Option<String>,
    is_digital: bool,
    seller_name: &'a str,
    seller_url: &'a str,
    is_eligible_search: bool,
    is_eligible_checkout: bool,
}

/// Who sells, as every row says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seller<'a> {
    pub(crate) name: &'a str,
    pub(crate) url: &'a str,
}

/// All rows as JSON Lines, in the snapshot's order.
pub(crate) fn render(snapshot: &Snapshot, seller: Seller<'_>) -> Bytes {
    let mut lines = Vec::new();
    for product in snapshot.iter().filter(|entry| entry.exclusion().is_none()) {
        let product = product.read();
        for variant in &product.variants {
            serde_json::to_writer(&mut lines, &row(&product, variant, seller))
                .expect("a row of texts and integers serializes into memory");
            lines.push(b'\n');
        }
    }
    lines.into()
}

fn row<'a>(product: &'a Product, variant: &'a Variant, seller: Seller<'a>) -> Row<'a> {
    let is_variant = product.kind == ProductKind::Variable;
    let item = variant.item.as_str();
    let main_image = variant.image.as_ref().or(product.images.first()).map(|one| one.url.as_str());
    let other_images =
        product.images.iter().map(|one| one.url.as_str()).filter(|url| Some(*url) != main_image);
    Row {
        item_id: item,
        id: item,
        group_id: is_variant.then(|| product.id.as_str()),
        item_group_title: is_variant.then_some(product.title.as_str()),
        listing_has_variations: is_variant,
        variant_dict: variant
            .options
            .iter()
            .filter_map(|choice| Some((choice.name.as_str(), choice.value.as_deref()?)))
            .collect(),
        title: &variant.title,
        description: Some(product.description.as_str())
            .filter(|text| !text.is_empty())
            .unwrap_or(&variant.title),
        url: &variant.url,
        image_url: main_image,
        additional_image_urls: other_images.collect(),
        price: price(variant.price),
        sale_price: variant.sale_price.map(price),
        availability: match variant.availability {
            Availability::InStock => "in_stock",
            Availability::OutOfStock => "out_of_stock",
            Availability::Backorder => "backorder",
            Availability::PreOrder => "pre_order",
            Availability::Unknown => "unknown",
        },
        brand: product.brand.as_deref(),
        gtin: variant.gtin.as_deref(),
        product_category: product.categories.first().map(|one| one.path.join(" > ")),
        is_digital: variant.is_digital,
        seller_name: seller.name,
        seller_url: seller.url,
        is_eligible_search: true,
        is_eligible_checkout: variant.is_settled(),
    }
}

fn price(money: Money) -> String {
    format!("{} {}", money.to_major(), money.currency().code())
}
