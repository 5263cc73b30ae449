//! What is asked for: the settings of a catalog, and the documents of exports, filled in.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

const EXPORT: &str = include_str!("../operations/catalog_export.graphql");
/// Only ids.
pub(super) const LISTING: &str = include_str!("../operations/listing_export.graphql");
const PRODUCT: &str = include_str!("../operations/fragments/product_fields.graphql");
const VARIANT: &str = include_str!("../operations/fragments/variant_fields.graphql");
const MEDIA: &str = include_str!("../operations/fragments/media_fields.graphql");

/// Where Google's channel, and after it everybody, keeps what feeds want.
pub(super) const SHOPPING: &str = "mm-google-shopping";
/// What is read of every product, where the store keeps it.
const KEYS: [&str; 19] = [
    "mm-google-shopping.age_group",
    "mm-google-shopping.color",
    "mm-google-shopping.condition",
    "mm-google-shopping.gender",
    "mm-google-shopping.material",
    "mm-google-shopping.mpn",
    "mm-google-shopping.pattern",
    "mm-google-shopping.size",
    "mm-google-shopping.size_system",
    "mm-google-shopping.size_type",
    "reviews.rating",
    "reviews.rating_count",
    "shopify.age-group",
    "shopify.color-pattern",
    "shopify.fabric",
    "shopify.material",
    "shopify.size",
    "shopify.target-gender",
    "shopify--discovery--product_recommendation.complementary_products",
];
const RELATED: &str = "shopify--discovery--product_recommendation.related_products";
/// No shop has this publication, and nobody is asked about it.
const NO_PUBLICATION: &str = "gid://shopify/Publication/0";
/// Stands for a country that is nowhere.
const NO_COUNTRY: &str = "ZZ";
/// What makes a filter of an export; see the document.
const FILTER: &str = "status:active";

/// What of the catalog is read, and how.
#[derive(Clone, Debug)]
pub struct CatalogSettings {
    /// The number of the publication whose products are sold; without one, those that the store's own
    /// pages show.
    pub publication: Option<u64>,
    /// The country whose market's prices are read, ISO 3166-1 alpha-2; without one, the store's own
    /// prices.
    pub country: Option<String>,
    /// Where the owner keeps what feeds want.
    pub meta_keys: MetaKeys,
    /// Longest wait between two looks at an export.
    pub export_poll: Duration,
    /// An export that gets no further for so long is given up.
    pub export_stall_max: Duration,
}

impl Default for CatalogSettings {
    fn default() -> Self {
        Self {
            publication: None,
            country: None,
            meta_keys: MetaKeys::default(),
            export_poll: Duration::from_secs(10),
            export_stall_max: Duration::from_mins(5),
        }
    }
}

/// Metafields, as `namespace.key`, in which the owner keeps what the store has no place for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetaKeys {
    /// The maker; without it, the vendor.
    pub brand: Option<String>,
    /// The global trade item number, where a variant has no barcode.
    pub gtin: Option<String>,
    /// The maker's part number.
    pub mpn: Option<String>,
    /// Fields that are handed on as they are.
    pub others: Vec<String>,
}

impl CatalogSettings {
    /// The inner document of an export of what a filter finds.
    pub(super) fn export(&self, filter: &str) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let keys: Vec<String> = self.keys().iter().map(|key| quoted(key)).collect();
        let publication = self.publication_id();
        let lines = EXPORT.lines().filter(|line| {
            !(line.trim_start().starts_with('#')
                || self.publication.is_none() && line.contains(NO_PUBLICATION)
                || self.country.is_none() && line.contains(NO_COUNTRY))
        });
        let mut text = lines.collect::<Vec<_>>().join("\n");
        text = text
            .replace(&quoted(FILTER), &quoted(filter))
            .replace(NO_PUBLICATION, &publication)
            .replace("[\"custom.brand\"]", &format!("[{}]", keys.join(", ")))
            .replace(NO_COUNTRY, self.country.as_deref().unwrap_or(NO_COUNTRY));
        // Whether an export knows named fragments is written nowhere.
        for fragment in [PRODUCT, VARIANT, MEDIA] {
            let name = fragment.split_whitespace().nth(1).unwrap_or_default();
            text = text.replace(&format!("...{name}"), inside(fragment));
        }
        text
    }

    /// What every document about products is told.
    pub(super) fn variables(&self) -> Value {
        let keys = self.keys();
        json!({
            "fields": keys.len(),
            "keys": keys,
            "country": self.country.as_deref().unwrap_or(NO_COUNTRY),
            "priced": self.country.is_some(),
            "publication": self.publication_id(),
            "published": self.publication.is_some(),
        })
    }

    /// Every metafield that is read, once.
    fn keys(&self) -> BTreeSet<&str> {
        let own = &self.meta_keys;
        let named = [&own.brand, &own.gtin, &own.mpn].into_iter().flatten().chain(&own.others);
        let named = named.map(String::as_str).filter(|key| key.contains('.'));
        KEYS.into_iter().chain([RELATED]).chain(named).collect()
    }

    /// The publication whose products are sold, for documents that only ask where there is one.
    pub(crate) fn publication_id(&self) -> String {
        format!("gid://shopify/Publication/{}", self.publication.unwrap_or(0))
    }
}

/// What stands between the outermost braces of a fragment.
fn inside(fragment: &str) -> &str {
    let start = fragment.find('{').map_or(0, |at| at + 1);
    let end = fragment.rfind('}').unwrap_or(fragment.len());
    fragment.get(start..end).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use apollo_compiler::ExecutableDocument;

    use super::{CatalogSettings, MetaKeys};
    use crate::operation::tests::schema;

    #[test]
    fn an_export_asks_for_what_was_set_and_no_more() {
        let plain = CatalogSettings::default().export("status:active");
        for absent in ["...Product", "...Variant", "...Media", "publishedOn", "contextual", "#"] {
            assert!(!plain.contains(absent), "{absent}: {plain}");
        }
        let settings = CatalogSettings {
            publication: Some(7),
            country: Some("CA".to_owned()),
            meta_keys: MetaKeys { brand: Some("custom.maker".to_owned()), ..MetaKeys::default() },
            ..CatalogSettings::default()
        };
        let full = settings.export("updated_at:>='2026-01-01T00:00:00Z'");
        for present in [
            "query: \"updated_at:>='2026-01-01T00:00:00Z'\"",
            "gid://shopify/Publication/7",
            "country: CA",
            "\"custom.maker\"",
            "... on Video",
        ] {
            assert!(full.contains(present), "{present}: {full}");
        }
        assert!(!full.contains("custom.brand") && full.len() < 65_535);
        let schema = schema();
        for filled in [plain, full] {
            if let Err(errors) = ExecutableDocument::parse_and_validate(&schema, &filled, "export")
            {
                panic!("{}: {filled}", errors.errors);
            }
        }
    }
}
