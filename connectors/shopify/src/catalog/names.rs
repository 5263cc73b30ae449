//! What a product's category says of it: color, size and the like, each kept as a reference to an entry
//! of the store's own, which has a name.
//!
//! <https://help.shopify.com/manual/custom-data/metafields/category-metafields>

use std::{collections::BTreeMap, time::Duration};

use commerce::ConnectorError;
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::json;
use tracing::debug;

use super::wire::Shown;
use crate::{Shopify, operation::Operation};

pub(super) const READ: Operation =
    Operation::read("name.read", include_str!("../operations/names.graphql"), 1);

/// Where Shopify keeps what a category says.
pub(super) const CATEGORY: &str = "shopify";
/// The store takes no more ids at once.
const IDS_MAX: usize = 250;
/// So many entries are known at once.
const KNOWN_MAX: u64 = 20_000;
/// An entry may be called another thing by then.
const KNOWN_FOR: Duration = Duration::from_hours(1);

/// Names of entries by their ids. An entry that we may not see has an empty one.
pub(super) type Names = BTreeMap<String, String>;

/// The names that were read a while ago.
pub(super) fn memory() -> Cache<String, String> {
    Cache::builder().max_capacity(KNOWN_MAX).time_to_live(KNOWN_FOR).build()
}

/// The entries that a value refers to: a list of ids, or one.
pub(super) fn references(value: &str) -> Vec<String> {
    serde_json::from_str(value).unwrap_or_else(|_| vec![value.to_owned()])
}

impl Shopify {
    /// The names of everything that these products refer to, read where they are not known.
    pub(super) async fn names_in(&self, products: &[Shown]) -> Result<Names, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            nodes: Vec<Option<Entry>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[derive(Default)]
        struct Entry {
            id: String,
            display_name: String,
        }

        let known = &self.reading.names;
        let (mut names, mut unknown) = (Names::new(), Vec::new());
        let fields = products.iter().flat_map(|product| &product.metafields.nodes);
        let of_category = fields.filter(|field| field.namespace == CATEGORY);
        for id in of_category.flat_map(|field| references(&field.value)) {
            if !id.starts_with("gid://shopify/Metaobject/") || names.contains_key(&id) {
                continue;
            }
            let name = known.get(&id);
            if name.is_none() {
                unknown.push(id.clone());
            }
            names.insert(id, name.unwrap_or_default());
        }
        for ids in unknown.chunks(IDS_MAX) {
            let entries = match self.client.run::<Answer>(&READ, &json!({ "ids": ids })).await {
                Ok(answer) => answer.nodes,
                Err(ConnectorError::Denied { hint }) => {
                    debug!(hint, "what categories say is denied");
                    Vec::new()
                }
                Err(error) => return Err(error),
            };
            for Entry { id, display_name } in entries.into_iter().flatten() {
                names.insert(id, display_name);
            }
            for id in ids {
                known.insert(id.clone(), names.get(id).cloned().unwrap_or_default());
            }
        }
        Ok(names)
    }
}
