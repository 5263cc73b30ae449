//! Shopify's own schema, and who may read what: parsed once for each process.

use std::collections::HashMap;
use std::io::Read;
use std::sync::LazyLock;

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputObjectType};
use apollo_compiler::validation::Valid;
use flate2::read::GzDecoder;
use serde_json::Value;

/// The version whose schema this is.
pub(super) const VERSION: &str = "2026-10";

static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    let text = unpacked(include_bytes!("../../assets/shopify/admin_2026-10.graphql.gz"));
    let schema = Schema::parse(text, "admin_2026-10.graphql").expect("Shopify's schema parses");
    // It was validated when it was made, and is again by a test; here it would cost each process.
    Valid::assume_valid(schema)
});

static ACCESS: LazyLock<HashMap<String, Access>> = LazyLock::new(|| {
    let text = unpacked(include_bytes!("../../assets/shopify/access_2026-10.tsv.gz"));
    text.lines().filter_map(Access::row).collect()
});

/// What an app must be granted for a type or a field.
pub(super) struct Access {
    /// One of these is enough; the right to write includes the right to read.
    scopes: Vec<String>,
    /// As Shopify says it in an error.
    pub(super) text: String,
}

impl Access {
    fn row(line: &str) -> Option<(String, Self)> {
        let mut cells = line.split('\t');
        let (name, scopes) = (cells.next()?, cells.next()?);
        let scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
        let text = cells.next().unwrap_or_default().to_owned();
        Some((name.to_owned(), Self { scopes, text }))
    }

    /// Whether these scopes are enough.
    pub(super) fn granted(&self, scopes: &[String]) -> bool {
        let grants = |wanted: &str, has: &str| {
            has == wanted
                || (wanted.strip_prefix("read_"))
                    .is_some_and(|what| has.strip_prefix("write_") == Some(what))
        };
        let has = |wanted: &String| scopes.iter().any(|has| grants(wanted, has));
        self.scopes.is_empty() || self.scopes.iter().any(has)
    }
}

/// The schema.
pub(super) fn schema() -> &'static Valid<Schema> {
    &SCHEMA
}

/// What a field of a type asks for.
pub(super) fn field_access(ty: &str, field: &str) -> Option<&'static Access> {
    // The table has no row for these, the documentation has.
    static ORDERS: LazyLock<Access> = LazyLock::new(|| Access {
        scopes: vec!["write_orders".to_owned()],
        text: "`write_orders` access scope.".to_owned(),
    });
    static SHIPPING: LazyLock<Access> = LazyLock::new(|| Access {
        scopes: vec!["read_shipping".to_owned()],
        text: "`read_shipping` access scope.".to_owned(),
    });
    let known = ACCESS.get(&format!("{ty}.{field}"));
    known.or_else(|| match (ty, field) {
        ("Mutation", "refundCreate") => Some(&*ORDERS),
        ("QueryRoot", "deliveryProfiles") => Some(&*SHIPPING),
        _ => None,
    })
}

/// What a type asks for.
pub(super) fn type_access(ty: &str) -> Option<&'static Access> {
    ACCESS.get(ty)
}

/// A field's definition, by the type's and the field's name.
pub(super) fn field(ty: &str, field: &str) -> Option<&'static FieldDefinition> {
    let fields = match SCHEMA.types.get(ty)? {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return None,
    };
    fields.get(field).map(|component| &***component)
}

/// An input object's definition.
pub(super) fn input(ty: &str) -> Option<&'static InputObjectType> {
    match SCHEMA.types.get(ty)? {
        ExtendedType::InputObject(input) => Some(input),
        _ => None,
    }
}

/// The type's definition.
pub(super) fn definition(ty: &str) -> Option<&'static ExtendedType> {
    SCHEMA.types.get(ty)
}

/// Whether values of the type have no fields.
pub(super) fn is_leaf(ty: &str) -> bool {
    matches!(definition(ty), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)) | None)
}

/// Whether a value may be answered for a scalar or an enumeration.
pub(super) fn is_value_of(value: &Value, ty: &str) -> bool {
    if let Some(ExtendedType::Enum(words)) = definition(ty) {
        return value.as_str().is_some_and(|word| words.values.contains_key(word));
    }
    match ty {
        "Int" => value.is_i64(),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "JSON" => true,
        _ => value.is_string(),
    }
}

/// Whether an object of type `object` may stand where `condition` is asked for.
pub(super) fn is_a(object: &str, condition: &str) -> bool {
    object == condition || SCHEMA.is_subtype(condition, object)
}

/// Whether the type is a page of a list.
pub(super) fn is_connection(ty: &Type) -> bool {
    ty.inner_named_type().as_str().ends_with("Connection")
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).expect("the asset is whole");
    text
}
