//! A top-level error, as Shopify words it.

use serde_json::{Map, Value, json};

/// One entry of `errors`.
#[derive(Clone, Debug, Default)]
pub(super) struct Problem {
    pub(super) message: String,
    /// Empty where there is no place in the document.
    pub(super) locations: Vec<(usize, usize)>,
    /// Absent where the error is about no field.
    pub(super) path: Option<Vec<Value>>,
    /// What comes after the field's own path.
    pub(super) below: Vec<Value>,
    pub(super) extensions: Map<String, Value>,
}

impl Problem {
    /// An error with a code and nothing else to say.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with(message, &[("code", json!(code))])
    }

    /// An error with these extensions, in this order.
    pub(super) fn with(message: impl Into<String>, extensions: &[(&str, Value)]) -> Self {
        let extensions =
            extensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self { message: message.into(), extensions, ..Self::default() }
    }

    /// The same error at a place of the document.
    pub(super) fn at(mut self, location: Option<(usize, usize)>) -> Self {
        self.locations.extend(location);
        self
    }

    /// The same error about the field with this path.
    pub(super) fn on(mut self, path: &[Value]) -> Self {
        self.path = Some(path.iter().chain(&self.below).cloned().collect());
        self
    }

    /// An id of another kind of thing.
    pub(super) fn invalid_id(id: &str) -> Self {
        Self::new("RESOURCE_NOT_FOUND", format!("Invalid id: {id}"))
    }

    /// More entries in a list than may be sent.
    pub(super) fn too_many(count: usize, most: usize, below: &[&str]) -> Self {
        let message = format!(
            "The input array size of {count} is greater than the maximum allowed of {most}."
        );
        let below = below.iter().map(|part| json!(part)).collect();
        Self { below, ..Self::new("MAX_INPUT_SIZE_EXCEEDED", message) }
    }

    /// A field the app was not granted.
    pub(super) fn denied(field: &str, required: &str) -> Self {
        let message = if required.is_empty() {
            format!("Access denied for {field} field.")
        } else {
            format!("Access denied for {field} field. Required access: {required}")
        };
        let mut extensions = vec![
            ("code", json!("ACCESS_DENIED")),
            ("documentation", json!("https://shopify.dev/api/usage/access-scopes")),
        ];
        if !required.is_empty() {
            extensions.push(("requiredAccess", json!(required)));
        }
        Self::with(message, &extensions)
    }

    /// A part of Shopify that this emulator does not have. Loud, so that nobody builds on `null`.
    pub(super) fn not_here(what: &str) -> Self {
        let message = format!("The emulator does not know {what}; teach it before you rely on it.");
        Self::new("NOT_EMULATED", message)
    }

    /// Something broke inside Shopify.
    pub(super) fn internal(request_id: &str) -> Self {
        let message = format!(
            "Internal error. Looks like something went wrong on our end.\nRequest ID: {request_id} \
             (include this in support requests)."
        );
        let extensions =
            [("code", json!("INTERNAL_SERVER_ERROR")), ("requestId", json!(request_id))];
        Self::with(message, &extensions)
    }

    /// The entry of `errors`.
    pub(super) fn json(&self) -> Value {
        let mut json = Map::new();
        json.insert("message".to_owned(), json!(self.message));
        if !self.locations.is_empty() {
            let places = self.locations.iter();
            let places = places.map(|(line, column)| json!({ "line": line, "column": column }));
            json.insert("locations".to_owned(), places.collect());
        }
        if let Some(path) = &self.path {
            json.insert("path".to_owned(), json!(path));
        }
        if !self.extensions.is_empty() {
            json.insert("extensions".to_owned(), Value::Object(self.extensions.clone()));
        }
        Value::Object(json)
    }
}
