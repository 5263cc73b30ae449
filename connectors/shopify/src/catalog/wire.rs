//! Products, variants and what hangs on them, as documents and exports show them: of both the same
//! members, but that lists are filled in from lines of their own where there was an export.

use commerce::{ItemId, Listed, ProductId};
use serde::Deserialize;
use serde_json::Number;

use crate::id::{Gid, Kind};

/// A product. Absent members are empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description_html: String,
    pub(super) vendor: String,
    pub(super) product_type: String,
    pub(super) tags: Vec<String>,
    /// `ACTIVE`, `DRAFT`, `ARCHIVED`, `UNLISTED`.
    pub(super) status: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// Absent where the store's own pages do not show it.
    pub(super) online_store_url: Option<String>,
    /// Absent where nobody asked about a publication.
    pub(super) published_on_publication: Option<bool>,
    pub(super) is_gift_card: bool,
    pub(super) requires_selling_plan: bool,
    pub(super) has_only_default_variant: bool,
    pub(super) category: Option<Category>,
    pub(super) featured_media: Option<Named>,
    pub(super) metafields: List<Metafield>,
    pub(super) media: List<Medium>,
    pub(super) variants: List<ShownVariant>,
}

impl Shown {
    /// The product's number.
    pub(super) fn number(&self) -> Option<u64> {
        Kind::Product.number(&self.id)
    }

    pub(super) fn product_id(&self) -> Option<ProductId> {
        self.number().map(|number| ProductId::new(number.to_string()))
    }

    /// Its ids alone.
    pub(super) fn listed(&self) -> Option<Listed> {
        let variants = self.variants.nodes.iter().filter_map(ShownVariant::item).collect();
        self.product_id().map(|product| Listed { product, variants })
    }
}

/// One variant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ShownVariant {
    pub(super) id: String,
    pub(super) sku: Option<String>,
    pub(super) barcode: Option<String>,
    pub(super) price: String,
    pub(super) compare_at_price: Option<String>,
    pub(super) available_for_sale: bool,
    pub(super) sellable_online_quantity: Option<i64>,
    /// `CONTINUE` where it is sold on when there is none left, or else `DENY`.
    pub(super) inventory_policy: String,
    pub(super) requires_components: bool,
    pub(super) updated_at: String,
    pub(super) selected_options: Vec<Selected>,
    pub(super) inventory_item: Option<Stocked>,
    pub(super) unit_price_measurement: Option<UnitPrice>,
    pub(super) mpn: Option<Kept>,
    /// Absent where nobody asked about a country.
    pub(super) contextual_pricing: Option<Pricing>,
    pub(super) media: List<Medium>,
}

impl ShownVariant {
    pub(super) fn number(&self) -> Option<u64> {
        Kind::ProductVariant.number(&self.id)
    }

    pub(super) fn item(&self) -> Option<ItemId> {
        self.number().map(|number| ItemId::new(number.to_string()))
    }
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct List<T> {
    pub(super) nodes: Vec<T>,
    pub(super) page_info: PageInfo,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), page_info: PageInfo::default() }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

impl PageInfo {
    /// Where the next page begins.
    pub(super) fn next(self) -> Option<String> {
        self.end_cursor.filter(|_| self.has_next_page)
    }
}

/// A place in Shopify's taxonomy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Category {
    /// `Apparel & Accessories > Clothing`.
    pub(super) full_name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) id: String,
}

/// A value that an app or the owner keeps.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metafield {
    pub(super) namespace: String,
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) value: String,
}

/// What is stocked of a variant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Stocked {
    pub(super) tracked: bool,
    pub(super) requires_shipping: Option<bool>,
    pub(super) measurement: Option<Measurement>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Measurement {
    pub(super) weight: Option<Weight>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Weight {
    pub(super) value: Number,
    pub(super) unit: String,
}

/// What is in it, and what amount its price is compared by.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnitPrice {
    pub(super) quantity_value: Number,
    #[serde(default)]
    pub(super) quantity_unit: Option<String>,
    pub(super) reference_value: Number,
    #[serde(default)]
    pub(super) reference_unit: Option<String>,
}

/// What it costs in a country.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pricing {
    pub(super) price: Amount,
    #[serde(default)]
    pub(super) compare_at_price: Option<Amount>,
}

/// `MoneyV2`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Amount {
    pub(super) amount: String,
    pub(super) currency_code: String,
}

/// A picture, a film or a model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Medium {
    pub(super) id: String,
    pub(super) alt: Option<String>,
    /// `IMAGE`, `VIDEO`, `EXTERNAL_VIDEO`, `MODEL_3D`.
    pub(super) media_content_type: String,
    pub(super) preview: Option<Preview>,
    pub(super) sources: Vec<Source>,
    pub(super) origin_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Preview {
    /// Absent while it is being made.
    pub(super) image: Option<Picture>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Picture {
    pub(super) url: String,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Source {
    pub(super) url: String,
    pub(super) mime_type: String,
}

/// What something belongs to.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Owner {
    pub(super) id: Gid,
}
