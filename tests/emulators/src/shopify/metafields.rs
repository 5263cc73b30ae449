//! Values that apps keep with things.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::execute::link;
use super::problem::Problem;
use super::shop::{Metafield, Shop, gid, number, stamp};

/// As many as one call may set.
const MOST: usize = 25;

impl Shop {
    /// `metafieldsSet`: all or none.
    pub(super) fn set_metafields(&mut self, rows: &Value) -> Value {
        let rows = rows.as_array().cloned().unwrap_or_default();
        let refused = |error: Value| json!({ "metafields": null, "userErrors": [error] });
        if rows.len() > MOST {
            let message = "Exceeded the maximum metafields input limit of 25.";
            return refused(error(&["metafields"], message, "LESS_THAN_OR_EQUAL_TO", None));
        }
        for (at, row) in rows.iter().enumerate() {
            if let Err(error) = self.check_metafield(row, at) {
                return refused(error);
            }
        }
        let ids: Vec<u64> = rows.iter().map(|row| self.write_metafield(row)).collect();
        let links: Vec<Value> = ids.into_iter().map(|id| link(gid("Metafield", id))).collect();
        for row in &rows {
            self.touch_owner(row["ownerId"].as_str().unwrap_or_default());
        }
        json!({ "metafields": links, "userErrors": [] })
    }

    fn check_metafield(&self, row: &Value, at: usize) -> Result<(), Value> {
        let nth = at.to_string();
        let owner = row["ownerId"].as_str().unwrap_or_default();
        if self.view(owner).is_none() {
            let message = "Owner does not exist.";
            return Err(error(&["metafields", &nth, "ownerId"], message, "INVALID", Some(at)));
        }
        let known = self.metafield(owner, &row["namespace"], &row["key"]);
        let own = row["namespace"].as_str().unwrap_or_default().to_owned()
            + "."
            + row["key"].as_str().unwrap_or_default();
        let definition = self.definitions.iter().find(|known| known["@key"] == own.as_str());
        if known.is_none() && definition.is_none() && row["type"].is_null() {
            let message = "Type can't be blank";
            return Err(error(&["metafields", &nth, "type"], message, "BLANK", Some(at)));
        }
        if row["value"].as_str().is_none_or(str::is_empty) {
            let message = "Value can't be blank.";
            return Err(error(&["metafields", &nth, "value"], message, "BLANK", Some(at)));
        }
        // A digest, or `null` for a value that must not be there yet.
        if let Some(expected) = row.get("compareDigest") {
            let digest = known.map(|known| digest(&known.value));
            if digest.as_deref() != expected.as_str() {
                let message = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.";
                let field = ["metafields", &nth, "compareDigest"];
                return Err(error(&field, message, "STALE_OBJECT", Some(at)));
            }
        }
        let unique = definition
            .is_some_and(|known| known["capabilities"]["uniqueValues"]["enabled"] == true);
        let taken = self.metafields.iter().any(|other| {
            other.owner != owner
                && format!("{}.{}", other.namespace, other.key) == own
                && row["value"] == other.value.as_str()
        });
        if unique && taken {
            let message = "Value must be unique amongst all metafields with the same definition.";
            return Err(error(&["metafields", &nth, "value"], message, "TAKEN", Some(at)));
        }
        Ok(())
    }

    fn write_metafield(&mut self, row: &Value) -> u64 {
        let now = self.now();
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let (owner, namespace, key) = (text("ownerId"), text("namespace"), text("key"));
        let same = |known: &&mut Metafield| {
            known.owner == owner && known.namespace == namespace && known.key == key
        };
        if let Some(known) = self.metafields.iter_mut().find(same) {
            known.value = text("value");
            known.updated = now;
            return known.id;
        }
        let id = self.id();
        let (kind, value) = (text("type"), text("value"));
        self.metafields.push(Metafield {
            id,
            owner,
            namespace,
            key,
            kind,
            value,
            created: now,
            updated: now,
        });
        id
    }

    fn touch_owner(&mut self, owner: &str) {
        if let Ok(id) = number(owner, "Order") {
            self.order_changed(id, &[]);
        } else if let Ok(id) = number(owner, "Product") {
            self.product_changed(id, "products/update");
        } else if let Ok(id) = number(owner, "DraftOrder") {
            self.draft_changed(id, "draft_orders/update");
        }
    }

    /// The `metafields` member of another input.
    pub(super) fn keep_metafields(&mut self, owner: &str, rows: &Value) {
        for row in rows.as_array().into_iter().flatten() {
            let mut row = row.clone();
            row["ownerId"] = json!(owner);
            self.write_metafield(&row);
        }
    }

    /// All of a thing.
    pub(super) fn metafields_of(&self, owner: &str) -> Vec<Value> {
        let own = self.metafields.iter().filter(|known| known.owner == owner);
        own.map(|known| link(gid("Metafield", known.id))).collect()
    }

    /// One of a thing; one without a namespace is the app's own.
    pub(super) fn metafield(
        &self,
        owner: &str,
        namespace: &Value,
        key: &Value,
    ) -> Option<&Metafield> {
        let namespace = namespace.as_str().unwrap_or_default();
        let key = key.as_str()?;
        self.metafields
            .iter()
            .find(|known| known.owner == owner && known.key == key && known.namespace == namespace)
    }

    /// `metafieldDefinitionCreate`.
    pub(super) fn define_metafield(&mut self, input: &Value) -> Value {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let key = format!("{}.{}", text("namespace"), text("key"));
        if self
            .definitions
            .iter()
            .any(|known| known["@key"] == key.as_str() && known["ownerType"] == input["ownerType"])
        {
            let message = format!(
                "Key is in use for {} metafields on the '{}' namespace.",
                text("ownerType"),
                text("namespace")
            );
            let mut refused = error(&["definition", "key"], &message, "TAKEN", None);
            refused.as_object_mut().map(|members| members.remove("elementIndex"));
            return json!({ "createdDefinition": null, "userErrors": [refused] });
        }
        let id = self.id();
        let unique = input["capabilities"]["uniqueValues"]["enabled"] == true;
        let definition = json!({
            "__typename": "MetafieldDefinition",
            "@key": key,
            "id": gid("MetafieldDefinition", id),
            "name": input["name"],
            "namespace": input["namespace"],
            "key": input["key"],
            "description": input["description"],
            "ownerType": input["ownerType"],
            "type": { "name": input["type"], "category": "ID" },
            "capabilities": {
                "uniqueValues": { "enabled": unique, "eligible": true },
                "adminFilterable": { "enabled": false, "eligible": true, "status": "NOT_FILTERABLE" },
                "smartCollectionCondition": { "enabled": false, "eligible": false },
            },
        });
        self.definitions.push(definition.clone());
        json!({ "createdDefinition": definition, "userErrors": [] })
    }

    /// `orderByIdentifier`: read at once, without the search.
    pub(super) fn order_by_identifier(&self, identifier: &Value) -> Result<Value, Problem> {
        if let Some(id) = identifier["id"].as_str() {
            number(id, "Order")?;
            return Ok(link(id));
        }
        let own = &identifier["customId"];
        let found = self.metafields.iter().find(|known| {
            known.owner.starts_with("gid://shopify/Order/")
                && own["namespace"] == known.namespace.as_str()
                && own["key"] == known.key.as_str()
                && own["value"] == known.value.as_str()
        });
        let unique = self.definitions.iter().any(|known| {
            known["namespace"] == own["namespace"]
                && known["key"] == own["key"]
                && known["capabilities"]["uniqueValues"]["enabled"] == true
        });
        if !unique {
            // The code is the schema's, the words are not known.
            let message = "Metafield definition of type 'id' is required when using custom ids.";
            return Err(Problem::new("NOT_FOUND", message));
        }
        Ok(found.map_or(Value::Null, |known| link(known.owner.clone())))
    }
}

/// `Metafield`.
pub(super) fn view(field: &Metafield) -> Value {
    let kind = field.owner.rsplit('/').nth(1).unwrap_or_default();
    json!({
        "__typename": "Metafield",
        "id": gid("Metafield", field.id),
        "legacyResourceId": field.id.to_string(),
        "namespace": field.namespace,
        "key": field.key,
        "type": field.kind,
        "value": field.value,
        "jsonValue": serde_json::from_str::<Value>(&field.value).unwrap_or_else(|_| json!(field.value)),
        "compareDigest": digest(&field.value),
        "sizeInBytes": field.value.len(),
        "ownerType": if kind == "ProductVariant" { "PRODUCTVARIANT".to_owned() } else { kind.to_uppercase() },
        "owner": link(field.owner.clone()),
        "definition": null,
        "description": null,
        "reference": null,
        "references": null,
        "createdAt": stamp(field.created),
        "updatedAt": stamp(field.updated),
    })
}

fn digest(value: &str) -> String {
    let bytes = Sha256::digest(value);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn error(field: &[&str], message: &str, code: &str, index: Option<usize>) -> Value {
    json!({ "field": field, "message": message, "code": code, "elementIndex": index })
}

/// `Metaobject`, as far as it names something.
pub(super) fn metaobject(id: u64, kind: &str, name: &str) -> Value {
    json!({
        "__typename": "Metaobject",
        "id": gid("Metaobject", id),
        "type": kind,
        "handle": name.to_lowercase().replace(' ', "-"),
        "displayName": name,
    })
}
