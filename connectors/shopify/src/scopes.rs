//! What the store has to grant, and what is missing without it.
//!
//! The least that our documents and hooks take; a test works it out of them and of the schema. A scope
//! to write is one to read as well.
//!
//! <https://shopify.dev/docs/api/usage/access-scopes>

use std::collections::BTreeSet;

use commerce::ConnectorError;
use serde::Deserialize;
use serde_json::json;

use crate::{Shopify, operation::Operation};

pub(crate) const READ: Operation =
    Operation::read("scopes.read", include_str!("operations/granted_scopes.graphql"), 2);

/// One scope.
pub(crate) struct Scope {
    /// As the store calls it.
    pub(crate) name: &'static str,
    /// Whether nothing can be bought without it.
    pub(crate) is_needed: bool,
    /// What is missing without it.
    pub(crate) without: &'static str,
}

const fn needed(name: &'static str, without: &'static str) -> Scope {
    Scope { name, is_needed: true, without }
}

const fn useful(name: &'static str, without: &'static str) -> Scope {
    Scope { name, is_needed: false, without }
}

/// Everything that is asked for.
pub(crate) const SCOPES: [Scope; 11] = [
    needed("read_products", "there is no catalog, and nothing can be bought"),
    needed("write_draft_orders", "no session can be opened"),
    needed("write_orders", "orders cannot be told of, and refunds not be booked"),
    useful("read_metaobjects", "colors, sizes and the like of a product's category are not known"),
    useful("read_inventory", "changes of stock are found only when the catalog is read anew"),
    useful("read_locations", "buyers cannot choose to pick up"),
    useful("read_fulfillments", "agents are told of parcels later"),
    useful("read_legal_policies", "links to the policies have to be in the configuration"),
    useful("read_publications", "nobody can see whether the publication that is set exists"),
    useful("read_markets", "nobody can see which markets the store has"),
    useful("read_shipping", "nobody can see whether every zone has a rate"),
];

/// What a store has granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granted(BTreeSet<String>);

impl Granted {
    /// Whether a scope is among them.
    pub(crate) fn hold(&self, scope: &str) -> bool {
        let writes = scope.strip_prefix("read_").map(|what| format!("write_{what}"));
        self.0.contains(scope) || writes.is_some_and(|scope| self.0.contains(&scope))
    }
}

impl Shopify {
    /// What the store grants now.
    pub(crate) async fn scopes(&self) -> Result<Granted, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            current_app_installation: Installation,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Installation {
            access_scopes: Vec<Named>,
        }
        #[derive(Deserialize)]
        struct Named {
            handle: String,
        }

        let answer: Answer = self.client.run(&READ, &json!({})).await?;
        let scopes = answer.current_app_installation.access_scopes;
        Ok(Granted(scopes.into_iter().map(|scope| scope.handle).collect()))
    }
}

#[cfg(test)]
mod tests;
