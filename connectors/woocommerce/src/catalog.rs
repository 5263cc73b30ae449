//! The catalog, a page at a time, ordered by id so that it does not drift while it is read.

use std::collections::BTreeMap;

use commerce::{
    Address, Availability, Category, Choice, ConnectorError, Currency, Cursor, Effect, Exclusion,
    ItemId, Money, Product, ProductId, ProductKind, ProductPage, Taxonomy, Variant, plain_text,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use upstream::Answer;

use crate::{
    WooCommerce,
    cart::{currency, text_of},
    error::unreadable,
    variations::{Listing, Variation},
};

/// The store allows no more.
pub(crate) const PAGE: usize = 100;
/// Most pages of changed products; a full reading finds the rest.
const CHANGE_PAGES_MAX: usize = 20;
const PRODUCT_FIELDS: &str = "id,name,permalink,type,status,catalog_visibility,description,\
    short_description,sku,global_unique_id,price,regular_price,sale_price,on_sale,\
    date_on_sale_to_gmt,purchasable,virtual,stock_quantity,stock_status,categories,brands,images,\
    attributes,variations,post_password";
#[derive(Debug, Deserialize)]
struct StoreProduct {
    id: u64,
    name: String,
    permalink: String,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    catalog_visibility: String,
    #[serde(default)]
    post_password: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    short_description: String,
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    categories: Vec<Named>,
    #[serde(default)]
    brands: Vec<Named>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// What products and variations are sold under: the same objects, read a second time.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Offer {
    #[serde(default)]
    sku: String,
    #[serde(default)]
    global_unique_id: String,
    price: String,
    #[serde(default)]
    regular_price: String,
    #[serde(default)]
    on_sale: bool,
    #[serde(default)]
    date_on_sale_to_gmt: Option<String>,
    #[serde(default, rename = "virtual")]
    is_virtual: bool,
    #[serde(default)]
    stock_quantity: Option<i64>,
    stock_status: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Image {
    #[serde(default)]
    pub(crate) src: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

/// A trait that a product's variations differ in.
#[derive(Debug, Deserialize)]
struct Attribute {
    name: String,
    #[serde(default)]
    variation: bool,
}

/// A trait that a variation has.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Given {
    pub(crate) name: String,
    pub(crate) option: String,
}

impl WooCommerce {
    /// One page of products, each with its variations.
    pub(crate) async fn page(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        const NAME: &str = "product.list";

        let currency = self.store_currency().await?;
        let page: usize = from.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(1);
        let path = format!(
            "/products?per_page={PAGE}&page={page}&orderby=id&order=asc&_fields={PRODUCT_FIELDS}"
        );
        let answer = self.client.get_answer(NAME, &path).await?;
        let found = twice::<StoreProduct>(NAME, &answer)?;
        let is_full = found.len() == PAGE;
        if from.is_none() {
            self.list_variations().await?;
        }
        let listing = self.listing.lock().await.clone();
        if !is_full {
            *self.listing.lock().await = None;
        }
        Ok(ProductPage {
            products: self.with_variations(found, currency, listing.as_deref()).await?,
            next: is_full.then(|| Cursor::new((page + 1).to_string())),
            total: answer.header("x-wp-total").and_then(|total| total.parse().ok()),
        })
    }

    /// One product as it is now; asked for by a variation, the product it belongs to.
    pub(crate) async fn one_product(
        &self,
        id: &ProductId,
    ) -> Result<Option<Product>, ConnectorError> {
        const NAME: &str = "product.read";

        #[derive(Deserialize)]
        struct Parent {
            #[serde(default)]
            parent_id: u64,
        }

        let currency = self.store_currency().await?;
        let mut id = id.as_str().to_owned();
        // A variation, then its product.
        for _ in 0..2 {
            let path = format!("/products/{id}?_fields={PRODUCT_FIELDS},parent_id");
            let answer = match self.client.get_answer(NAME, &path).await {
                Err(ConnectorError::NotFound { .. }) => return Ok(None),
                answer => answer?,
            };
            let Parent { parent_id } =
                answer.json().map_err(|error| unreadable(NAME, Effect::None, error))?;
            if parent_id != 0 {
                id = parent_id.to_string();
                continue;
            }
            let product = serde_json::from_slice(&answer.body).and_then(|product: Value| {
                let offer = serde_json::from_value(product.clone())?;
                Ok((serde_json::from_value(product)?, offer))
            });
            let found = product.map_err(|error| ConnectorError::Unreadable {
                call: NAME,
                effect: Effect::None,
                source: error.into(),
            })?;
            return Ok(self.with_variations(vec![found], currency, None).await?.pop());
        }
        Ok(None)
    }

    /// What has changed, by the store's own clock. A product counts as changed when one of its
    /// variations was.
    pub(crate) async fn changed_products(
        &self,
        since: Timestamp,
    ) -> Result<Vec<Product>, ConnectorError> {
        const NAME: &str = "product.changes";

        let currency = self.store_currency().await?;
        let since = since.strftime("%Y-%m-%dT%H:%M:%S");
        let mut products = Vec::new();
        for page in 1..=CHANGE_PAGES_MAX {
            let path = format!(
                "/products?per_page={PAGE}&page={page}&orderby=id&order=asc&dates_are_gmt=true\
                 &modified_after={since}&_fields={PRODUCT_FIELDS}"
            );
            let answer = self.client.get_answer(NAME, &path).await?;
            let found = twice::<StoreProduct>(NAME, &answer)?;
            let is_full = found.len() == PAGE;
            products.extend(self.with_variations(found, currency, None).await?);
            if !is_full {
                break;
            }
        }
        Ok(products)
    }

    async fn with_variations(
        &self,
        found: Vec<(StoreProduct, Offer)>,
        currency: Currency,
        listing: Option<&Listing>,
    ) -> Result<Vec<Product>, ConnectorError> {
        let mut products = Vec::with_capacity(found.len());
        for (product, offer) in found {
            let variations = if product.kind == "variable" && product.is_public() {
                self.variations(product.id, listing).await?
            } else {
                Vec::new()
            };
            products.push(product.into_product(&offer, variations, currency));
        }
        Ok(products)
    }

    /// Where the store is, for buyers who pick up.
    pub(crate) async fn store_address(&self) -> Result<&Address, ConnectorError> {
        self.address
            .get_or_try_init(|| async {
                let settings = self.general_settings().await?;
                let read = |id: &str| settings.get(id).cloned().unwrap_or_default();
                let place = read("woocommerce_default_country");
                let (country, state) = place.split_once(':').unwrap_or((&place, ""));
                Ok(Address {
                    name: String::new(),
                    company: String::new(),
                    line_one: read("woocommerce_store_address"),
                    line_two: read("woocommerce_store_address_2"),
                    city: read("woocommerce_store_city"),
                    state: state.to_owned(),
                    postal_code: read("woocommerce_store_postcode"),
                    country: country.to_owned(),
                })
            })
            .await
    }

    /// What the owner has set, by the store's own names.
    pub(crate) async fn general_settings(
        &self,
    ) -> Result<BTreeMap<String, String>, ConnectorError> {
        #[derive(Deserialize)]
        struct Setting {
            id: String,
            value: Value,
        }

        let settings: Vec<Setting> = self.client.get("settings.read", "/settings/general").await?;
        Ok(settings.into_iter().map(|setting| (setting.id, text_of(&setting.value))).collect())
    }

    pub(crate) async fn store_currency(&self) -> Result<Currency, ConnectorError> {
        #[derive(Deserialize)]
        struct Current {
            code: String,
        }

        self.currency
            .get_or_try_init(|| async {
                let current: Current =
                    self.client.get("currency.read", "/data/currencies/current").await?;
                currency(&current.code)
            })
            .await
            .copied()
    }
}

impl StoreProduct {
    /// Whether everybody may see it.
    fn is_public(&self) -> bool {
        self.status == "publish" && self.post_password.is_empty()
    }

    fn into_product(
        self,
        offer: &Offer,
        variations: Vec<(Variation, Offer)>,
        currency: Currency,
    ) -> Product {
        let kind = match self.kind.as_str() {
            "simple" => ProductKind::Simple,
            "variable" => ProductKind::Variable,
            "external" => ProductKind::External,
            "grouped" => ProductKind::Grouped,
            _ => ProductKind::Other,
        };
        let title = plain_text(&self.name);
        let variants: Vec<Variant> = match kind {
            ProductKind::Simple => {
                let item = ItemId::new(self.id.to_string());
                let url = self.permalink.clone();
                offer.variant(item, title.clone(), url, currency).into_iter().collect()
            }
            ProductKind::Variable => {
                let sold = variations.into_iter().filter(|(one, _)| one.status == "publish");
                sold.filter_map(|(one, offer)| {
                    one.variant(&offer, &title, &self.attributes, currency)
                })
                .collect()
            }
            ProductKind::External | ProductKind::Grouped | ProductKind::Other => Vec::new(),
        };
        let long = plain_text(&self.description);
        Product {
            exclusion: self.exclusion(kind, &variants),
            description: if long.is_empty() { plain_text(&self.short_description) } else { long },
            url: self.permalink,
            images: self.images.into_iter().map(|image| commerce::Image::new(image.src)).collect(),
            brand: self.brands.first().map(|brand| plain_text(&brand.name)),
            categories: self.categories.iter().map(Named::category).collect(),
            variants,
            ..Product::new(ProductId::new(self.id.to_string()), kind, title)
        }
    }

    fn exclusion(&self, kind: ProductKind, variants: &[Variant]) -> Option<Exclusion> {
        if !self.is_public() {
            return Some(Exclusion::NotPublic);
        }
        if self.catalog_visibility == "hidden" {
            return Some(Exclusion::Hidden);
        }
        match kind {
            ProductKind::External => Some(Exclusion::External),
            ProductKind::Grouped => Some(Exclusion::Grouped),
            ProductKind::Other => Some(Exclusion::Unsupported),
            ProductKind::Simple | ProductKind::Variable => {
                variants.is_empty().then_some(Exclusion::NoPrice)
            }
        }
    }
}

impl Named {
    fn category(&self) -> Category {
        Category { path: vec![plain_text(&self.name)], taxonomy: Taxonomy::Store }
    }
}

impl Variation {
    fn variant(
        self,
        offer: &Offer,
        title: &str,
        attributes: &[Attribute],
        currency: Currency,
    ) -> Option<Variant> {
        let options: Vec<Choice> = attributes
            .iter()
            .filter(|attribute| attribute.variation)
            .map(|attribute| {
                let given = self.attributes.iter().find(|given| given.name == attribute.name);
                Choice {
                    name: plain_text(&attribute.name),
                    value: given.map(|given| plain_text(&given.option)),
                }
            })
            .collect();
        let values: Vec<&str> = options.iter().filter_map(|one| one.value.as_deref()).collect();
        let title = if values.is_empty() {
            title.to_owned()
        } else {
            format!("{title} - {}", values.join(", "))
        };
        let item = ItemId::new(self.id.to_string());
        let variant = offer.variant(item, title, self.permalink, currency)?;
        let image = self.image.map(|image| image.src).filter(|src| !src.is_empty());
        Some(Variant { options, image: image.map(commerce::Image::new), ..variant })
    }
}

impl Offer {
    /// `None` without a price: it cannot be bought.
    fn variant(
        &self,
        item: ItemId,
        title: String,
        url: String,
        currency: Currency,
    ) -> Option<Variant> {
        let now = Money::round_major(&self.price, currency).ok()?;
        let regular = Money::round_major(&self.regular_price, currency).unwrap_or(now);
        let on_sale = self.on_sale && now.minor() < regular.minor();
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Variant {
            sku: told(&self.sku),
            gtin: told(&self.global_unique_id),
            sale_price: on_sale.then_some(now),
            sale_end: self.date_on_sale_to_gmt.as_deref().and_then(utc),
            availability: match self.stock_status.as_str() {
                "instock" => Availability::InStock,
                "onbackorder" => Availability::Backorder,
                _ => Availability::OutOfStock,
            },
            quantity: self.stock_quantity,
            url,
            is_digital: self.is_virtual,
            ..Variant::new(item, title, if on_sale { regular } else { now })
        })
    }
}

/// Each object as what it is and as what it is sold under.
pub(crate) fn twice<T: DeserializeOwned>(
    name: &'static str,
    answer: &Answer,
) -> Result<Vec<(T, Offer)>, ConnectorError> {
    let failed = |error| unreadable(name, Effect::None, error);
    let things: Vec<T> = answer.json().map_err(failed)?;
    let offers: Vec<Offer> = answer.json().map_err(failed)?;
    Ok(things.into_iter().zip(offers).collect())
}

/// `2026-12-31T23:59:59`, without a zone, in UTC.
fn utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Exclusion};
    use serde_json::json;

    use super::{Offer, StoreProduct};

    #[test]
    fn what_stands_behind_a_password_is_not_public() {
        let exclusion = |password: &str| {
            let shown = json!({
                "id": 1, "name": "Beanie", "permalink": "", "type": "simple", "price": "18",
                "status": "publish", "catalog_visibility": "visible", "stock_status": "instock",
                "post_password": password,
            });
            let product: StoreProduct = serde_json::from_value(shown.clone()).unwrap();
            let offer: Offer = serde_json::from_value(shown).unwrap();
            product.into_product(&offer, Vec::new(), Currency::USD).exclusion
        };
        assert_eq!(exclusion("sesame"), Some(Exclusion::NotPublic));
        assert_eq!(exclusion(""), None);
    }
}
