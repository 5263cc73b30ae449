//! Products page by page, ordered so that nothing is passed over while they are read.
//!
//! A whole reading asks each time for what comes after the last number: the store's own cursors end
//! after 25,000 products.

use commerce::{ConnectorError, ProductPage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ACTIVE,
    place::Place,
    product::Reader,
    wire::{List, Owner, Shown, ShownVariant},
};
use crate::{Shopify, error::nonsense, id::Kind, operation::Operation};

pub(super) const PAGE: Operation = Operation::read(
    "product.list",
    concat!(
        include_str!("../operations/product_page.graphql"),
        include_str!("../operations/fragments/product_fields.graphql"),
        include_str!("../operations/fragments/variant_fields.graphql"),
        include_str!("../operations/fragments/media_fields.graphql"),
    ),
    474,
);
pub(super) const ONE: Operation = Operation::read(
    "product.read",
    concat!(
        include_str!("../operations/product.graphql"),
        include_str!("../operations/fragments/product_fields.graphql"),
        include_str!("../operations/fragments/variant_fields.graphql"),
        include_str!("../operations/fragments/media_fields.graphql"),
    ),
    162,
);
pub(super) const VARIANTS: Operation = Operation::read(
    "product.variants",
    concat!(
        include_str!("../operations/product_variants.graphql"),
        include_str!("../operations/fragments/variant_fields.graphql"),
        include_str!("../operations/fragments/media_fields.graphql"),
    ),
    129,
);
pub(super) const OF_ITEM: Operation =
    Operation::read("product.of_item", include_str!("../operations/product_of_item.graphql"), 5);

/// Most pages of variants of one product, which the store bounds at 2,048 variants.
const VARIANT_PAGES_MAX: usize = 25;

impl Shopify {
    /// The active products after this number.
    pub(crate) async fn products_after(&self, last: u64) -> Result<ProductPage, ConnectorError> {
        let filter = match last {
            0 => ACTIVE.to_owned(),
            last => format!("{ACTIVE} AND id:>{last}"),
        };
        let page = self.read_page(&filter, "ID", None).await?;
        let last = page.nodes.iter().filter_map(Shown::number).max();
        let next = last.filter(|_| page.page_info.has_next_page).map(Place::Page);
        self.products_of(page, next).await
    }

    /// What has changed, after this cursor.
    pub(super) async fn changes_after(
        &self,
        filter: &str,
        cursor: String,
    ) -> Result<ProductPage, ConnectorError> {
        let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
        let page = self.read_page(filter, "UPDATED_AT", cursor).await?;
        let next = page.page_info.clone().next().map(Place::Changes);
        self.products_of(page, next).await
    }

    /// The product with this number, or the one whose variant has it.
    pub(super) async fn read_product(&self, number: u64) -> Result<Option<Shown>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            product: Option<Shown>,
            product_variant: Option<Owned>,
        }

        let mut number = number;
        // A variant, then its product.
        for _ in 0..2 {
            let mut variables = self.catalog.variables();
            variables["id"] = json!(Kind::Product.gid(number));
            variables["variant"] = json!(Kind::ProductVariant.gid(number));
            let answer: Answer = self.client.run(&ONE, &variables).await?;
            if let Some(mut shown) = answer.product {
                self.read_the_rest(&mut shown).await?;
                return Ok(Some(shown));
            }
            let Some(Owned { product }) = answer.product_variant else { return Ok(None) };
            number = product.id.0;
        }
        Ok(None)
    }

    /// The product whose stock this is.
    pub(super) async fn product_of_item(&self, item: u64) -> Result<Option<u64>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            inventory_item: Option<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            variants: Option<List<Owned>>,
        }

        let id = Kind::InventoryItem.gid(item);
        let answer: Answer = self.client.run(&OF_ITEM, &json!({ "id": id })).await?;
        let variants = answer.inventory_item.and_then(|item| item.variants);
        let first = variants.and_then(|variants| variants.nodes.into_iter().next());
        Ok(first.map(|variant| variant.product.id.0))
    }

    /// What it takes to make products of these.
    pub(super) async fn reader(&self, shown: &[Shown]) -> Result<Reader<'_>, ConnectorError> {
        let currency = self.shop().await?.currency;
        Ok(Reader { settings: &self.catalog, currency, names: self.names_in(shown).await? })
    }

    async fn read_page(
        &self,
        filter: &str,
        sort: &str,
        after: Option<String>,
    ) -> Result<List<Shown>, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            products: List<Shown>,
        }

        let mut variables = self.catalog.variables();
        variables["filter"] = json!(filter);
        variables["sort"] = json!(sort);
        variables["after"] = json!(after);
        let answer: Answer = self.client.run(&PAGE, &variables).await?;
        Ok(answer.products)
    }

    async fn products_of(
        &self,
        mut page: List<Shown>,
        next: Option<Place>,
    ) -> Result<ProductPage, ConnectorError> {
        for shown in &mut page.nodes {
            self.read_the_rest(shown).await?;
        }
        let reader = self.reader(&page.nodes).await?;
        let products = page.nodes.iter().filter_map(|shown| reader.product(shown)).collect();
        Ok(ProductPage { products, next: next.map(|place| place.cursor()), total: None })
    }

    /// Reads the variants that did not fit onto the product's page.
    async fn read_the_rest(&self, shown: &mut Shown) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            product: Option<Rest>,
        }
        #[derive(Deserialize)]
        struct Rest {
            variants: List<ShownVariant>,
        }

        let mut next = std::mem::take(&mut shown.variants.page_info).next();
        for _ in 0..VARIANT_PAGES_MAX {
            let Some(after) = next else { return Ok(()) };
            let variables: Value = json!({
                "id": shown.id,
                "after": after,
                "country": self.catalog.variables()["country"],
                "priced": self.catalog.country.is_some(),
            });
            let answer: Answer = self.client.run(&VARIANTS, &variables).await?;
            // Gone while it was read: what is known of it goes with the next reading.
            let Some(Rest { variants }) = answer.product else { return Ok(()) };
            shown.variants.nodes.extend(variants.nodes);
            next = variants.page_info.next();
        }
        Err(nonsense(VARIANTS.name, "more variants than a product can have"))
    }
}

/// A variant, of which only the product matters.
#[derive(Deserialize)]
struct Owned {
    product: Owner,
}
