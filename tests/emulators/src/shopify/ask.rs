//! One field being asked for, and whether it is asked for rightly.

use serde_json::{Map, Value};

use super::problem::Problem;

/// One field being resolved.
pub(super) struct Ask<'a> {
    pub(super) field: &'a str,
    /// Arguments as they were sent, with defaults.
    pub(super) args: Map<String, Value>,
    /// Those that were sent, be it as null.
    pub(super) sent: Vec<String>,
    /// The key of `@idempotent`.
    pub(super) idempotency: Option<String>,
    pub(super) scopes: &'a [String],
}

impl Ask<'_> {
    /// An argument as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.args.get(name).and_then(Value::as_str)
    }

    /// An argument as JSON.
    pub(super) fn value(&self, name: &str) -> &Value {
        self.args.get(name).unwrap_or(&Value::Null)
    }
}

/// Whether an argument has an effect here; one that has none would be passed over in silence.
pub(super) fn understood(ty: &str, ask: &Ask<'_>, sent: &str) -> bool {
    let page = ["first", "last", "after", "before", "reverse"];
    let sort = || {
        let keys = ["ID", "UPDATED_AT", "CREATED_AT", "PROCESSED_AT", "TITLE", "POSITION"];
        keys.contains(&ask.text("sortKey").unwrap_or("ID"))
    };
    match (ty, ask.field) {
        _ if page.contains(&sent) || ask.value(sent).is_null() => true,
        ("QueryRoot", "orders" | "draftOrders" | "products") => {
            sent == "query" || sent == "sortKey" && sort()
        }
        ("QueryRoot", "locations") => matches!(sent, "includeInactive" | "includeLegacy"),
        ("QueryRoot", "webhookSubscriptions") => matches!(sent, "topics" | "uri"),
        (
            "QueryRoot",
            "productVariants" | "markets" | "publications" | "bulkOperations" | "deliveryProfiles",
        ) => false,
        ("QueryRoot" | "Mutation", _) | ("Order", "statusPageUrl") | ("Image", "url") => true,
        (_, "metafields") => matches!(sent, "namespace" | "keys"),
        (_, "metafield") => matches!(sent, "namespace" | "key"),
        (_, "resourcePublications") => sent == "onlyPublished",
        (_, "publishedOnPublication") => sent == "publicationId",
        (_, "contextualPricing") => sent == "context",
        (_, "quantities") => sent == "names",
        (_, "inventoryLevel") => sent == "locationId",
        (_, "variants" | "media") => sent == "sortKey" && sort(),
        _ => false,
    }
}

/// Lists in the input have an end.
pub(super) fn check_sizes(ask: &Ask<'_>) -> Result<(), Problem> {
    fn walk(value: &Value, path: &mut Vec<String>) -> Result<(), Problem> {
        match value {
            Value::Array(items) => {
                let most =
                    if path.last().is_some_and(|last| last == "lineItems") { 499 } else { 250 };
                if items.len() > most {
                    let below: Vec<&str> = path.iter().map(String::as_str).collect();
                    return Err(Problem::too_many(items.len(), most, &below));
                }
                items.iter().try_for_each(|item| walk(item, path))
            }
            Value::Object(members) => members.iter().try_for_each(|(name, value)| {
                path.push(name.clone());
                let fine = walk(value, path);
                path.pop();
                fine
            }),
            _ => Ok(()),
        }
    }
    ask.args.iter().try_for_each(|(name, value)| walk(value, &mut vec![name.clone()]))
}

/// A page needs a size, and only from one end.
pub(super) fn check_window(ask: &Ask<'_>) -> Result<(), Problem> {
    let size = |name: &str| ask.args.get(name).filter(|value| !value.is_null());
    let message = match (size("first"), size("last")) {
        (None, None) => "you must provide one of first or last",
        (Some(_), Some(_)) => "providing both first and last is not supported",
        (Some(size), None) | (None, Some(size)) => match size.as_i64() {
            Some(0..=250) => return Ok(()),
            // The limit is documented, its words are not.
            _ => "the page size must be between 0 and 250",
        },
    };
    Err(Problem::new("BAD_REQUEST", message))
}
