//! Products and variations as `wc/v3` shows them: one shape for both, of which we ask for what we
//! read and no more.

use commerce::ConnectorError;
use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use upstream::Answer;

use super::lenient::{count, integer, list, object, text, truth};
use crate::error::unreadable;

/// What is asked for of a product.
pub(super) const PRODUCT_FIELDS: &str = "id,name,permalink,type,status,catalog_visibility,description,\
    short_description,sku,global_unique_id,price,regular_price,sale_price,on_sale,\
    date_on_sale_from_gmt,date_on_sale_to_gmt,date_created_gmt,date_modified_gmt,purchasable,\
    virtual,downloadable,tax_class,manage_stock,stock_quantity,stock_status,backorders_allowed,\
    weight,dimensions,average_rating,rating_count,total_sales,upsell_ids,cross_sell_ids,categories,\
    brands,tags,images,attributes,variations,post_password,parent_id";
/// What is asked for of a variation.
pub(crate) const VARIATION_FIELDS: &str = "id,parent_id,permalink,status,description,sku,\
    global_unique_id,price,regular_price,sale_price,on_sale,date_on_sale_from_gmt,\
    date_on_sale_to_gmt,purchasable,virtual,downloadable,tax_class,manage_stock,stock_quantity,\
    stock_status,backorders_allowed,weight,dimensions,image,attributes";
/// What tells of additions and deletions.
pub(super) const LISTING_FIELDS: &str = "id,variations";

/// A product or a variation. Absent members are empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the store's own members")]
pub(crate) struct Shown {
    #[serde(deserialize_with = "count")]
    pub(crate) id: u64,
    #[serde(deserialize_with = "count")]
    pub(crate) parent_id: u64,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) permalink: String,
    #[serde(rename = "type", deserialize_with = "text")]
    pub(super) kind: String,
    #[serde(deserialize_with = "text")]
    pub(super) status: String,
    #[serde(deserialize_with = "text")]
    pub(super) catalog_visibility: String,
    #[serde(deserialize_with = "text")]
    pub(super) post_password: String,
    #[serde(deserialize_with = "text")]
    pub(super) description: String,
    #[serde(deserialize_with = "text")]
    pub(super) short_description: String,
    #[serde(deserialize_with = "text")]
    pub(super) sku: String,
    #[serde(deserialize_with = "text")]
    pub(super) global_unique_id: String,
    #[serde(deserialize_with = "text")]
    pub(super) price: String,
    #[serde(deserialize_with = "text")]
    pub(super) regular_price: String,
    #[serde(deserialize_with = "text")]
    pub(super) sale_price: String,
    #[serde(deserialize_with = "truth")]
    pub(super) on_sale: bool,
    #[serde(deserialize_with = "text")]
    pub(super) date_on_sale_from_gmt: String,
    #[serde(deserialize_with = "text")]
    pub(super) date_on_sale_to_gmt: String,
    #[serde(deserialize_with = "text")]
    pub(super) date_created_gmt: String,
    #[serde(deserialize_with = "text")]
    pub(super) date_modified_gmt: String,
    /// Absent from very old stores.
    #[serde(deserialize_with = "known_truth")]
    pub(super) purchasable: Option<bool>,
    #[serde(rename = "virtual", deserialize_with = "truth")]
    pub(super) is_virtual: bool,
    #[serde(rename = "downloadable", deserialize_with = "truth")]
    pub(super) is_download: bool,
    #[serde(deserialize_with = "text")]
    pub(super) tax_class: String,
    /// A variation also counts as managed where it says `parent`.
    #[serde(deserialize_with = "truth")]
    pub(super) manage_stock: bool,
    #[serde(deserialize_with = "integer")]
    pub(super) stock_quantity: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub(super) stock_status: String,
    #[serde(deserialize_with = "truth")]
    pub(super) backorders_allowed: bool,
    #[serde(deserialize_with = "text")]
    pub(super) weight: String,
    #[serde(deserialize_with = "object")]
    pub(super) dimensions: Option<Size>,
    #[serde(deserialize_with = "text")]
    pub(super) average_rating: String,
    #[serde(deserialize_with = "count")]
    pub(super) rating_count: u64,
    #[serde(deserialize_with = "integer")]
    pub(super) total_sales: Option<i64>,
    #[serde(deserialize_with = "list")]
    pub(super) upsell_ids: Vec<Id>,
    #[serde(deserialize_with = "list")]
    pub(super) cross_sell_ids: Vec<Id>,
    #[serde(deserialize_with = "list")]
    pub(super) categories: Vec<Term>,
    #[serde(deserialize_with = "list")]
    pub(super) brands: Vec<Term>,
    #[serde(deserialize_with = "list")]
    pub(super) tags: Vec<Term>,
    #[serde(deserialize_with = "list")]
    pub(super) images: Vec<Picture>,
    #[serde(deserialize_with = "object")]
    pub(super) image: Option<Picture>,
    #[serde(deserialize_with = "list")]
    pub(super) attributes: Vec<Attribute>,
    #[serde(deserialize_with = "list")]
    pub(crate) variations: Vec<Id>,
    #[serde(deserialize_with = "list")]
    pub(super) meta_data: Vec<Meta>,
}

impl Shown {
    /// Whether everybody may see it.
    pub(super) fn is_public(&self) -> bool {
        self.status == "publish" && self.post_password.is_empty()
    }

    /// Whether its variations are what is sold.
    pub(crate) fn has_variations_to_sell(&self) -> bool {
        self.kind == "variable" && self.is_public()
    }
}

/// An id by itself.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(#[serde(deserialize_with = "count")] pub(crate) u64);

/// A category, a brand or a tag.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Term {
    #[serde(deserialize_with = "count")]
    pub(super) id: u64,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    /// Of a category in the tree: the one above it.
    #[serde(deserialize_with = "count")]
    pub(super) parent: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Picture {
    #[serde(deserialize_with = "text")]
    pub(super) src: String,
    #[serde(deserialize_with = "text")]
    pub(super) alt: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Size {
    #[serde(deserialize_with = "text")]
    pub(super) length: String,
    #[serde(deserialize_with = "text")]
    pub(super) width: String,
    #[serde(deserialize_with = "text")]
    pub(super) height: String,
}

/// A trait of a product with all its values, or of a variation with its one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attribute {
    /// 0 for one that only this product has.
    #[serde(deserialize_with = "count")]
    pub(super) id: u64,
    #[serde(deserialize_with = "text")]
    pub(super) name: String,
    #[serde(deserialize_with = "text")]
    pub(super) slug: String,
    #[serde(deserialize_with = "truth")]
    pub(super) variation: bool,
    #[serde(deserialize_with = "truth")]
    pub(super) visible: bool,
    #[serde(deserialize_with = "list")]
    pub(super) options: Vec<Value>,
    #[serde(deserialize_with = "text")]
    pub(super) option: String,
}

impl Attribute {
    /// Whether both are the same trait, one of a product and one of its variation.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (0, 0) => same(&self.name, &other.name) || same(&self.slug, &other.slug),
            (one, other) => one == other,
        }
    }
}

fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && one.to_lowercase() == other.to_lowercase()
}

/// What a plugin keeps with a product.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    #[serde(deserialize_with = "text")]
    pub(super) key: String,
    pub(super) value: Value,
}

/// A list of products or variations. One that cannot be read must not hide the others.
pub(crate) fn shown(call: &'static str, answer: &Answer) -> Result<Vec<Shown>, ConnectorError> {
    let failed = |error| unreadable(call, commerce::Effect::None, error);
    let entries: Vec<Value> = answer.json().map_err(failed)?;
    let read = entries.into_iter().filter_map(|entry| {
        let read: Result<Shown, _> = serde_json::from_value(entry);
        read.inspect_err(|error| warn!(call, %error, "a product cannot be read")).ok()
    });
    Ok(read.filter(|one| one.id != 0).collect())
}

fn known_truth<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    truth(from).map(Some)
}
