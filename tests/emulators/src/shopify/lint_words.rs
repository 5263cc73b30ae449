//! The words of [`lint`](super::lint), and what fits a scalar.

use apollo_compiler::ast::{Type, Value as Literal};
use serde_json::{Value, json};

use super::problem::Problem;
use super::schema;

/// What an argument is on.
pub(super) struct Holder<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) here: Option<(usize, usize)>,
}

pub(super) fn below(path: &[Value], part: &Value) -> Vec<Value> {
    path.iter().chain([part]).cloned().collect()
}

pub(super) fn unaccepted(
    kind: &str,
    name: &str,
    argument: &str,
    here: Option<(usize, usize)>,
    path: &[Value],
) -> Problem {
    let message = format!("{kind} '{name}' doesn't accept argument '{argument}'");
    let extensions = [
        ("code", json!("argumentNotAccepted")),
        ("name", json!(name)),
        ("typeName", json!(kind)),
        ("argumentName", json!(argument)),
    ];
    Problem::with(message, &extensions).at(here).on(&below(path, &json!(argument)))
}

pub(super) fn incompatible(
    holder: &Holder<'_>,
    name: &str,
    ty: &Type,
    value: &Literal,
    path: &[Value],
) -> Problem {
    let text = match value {
        Literal::String(text) => format!("\"{text}\""),
        other => other.serialize().no_indent().to_string(),
    };
    let message = format!(
        "Argument '{name}' on {} '{}' has an invalid value ({text}). Expected type '{ty}'.",
        holder.kind, holder.name
    );
    let extensions = [
        ("code", json!("argumentLiteralsIncompatible")),
        ("typeName", json!(holder.kind)),
        ("argumentName", json!(name)),
    ];
    Problem::with(message, &extensions).at(holder.here).on(path)
}

/// Whether a literal may stand for a scalar or an enumeration.
pub(super) fn fits(literal: &Literal, ty: &str) -> bool {
    use apollo_compiler::schema::ExtendedType;
    if let Some(ExtendedType::Enum(words)) = schema::definition(ty) {
        return matches!(literal, Literal::Enum(word) if words.values.contains_key(word));
    }
    match (ty, literal) {
        ("Int", literal) => matches!(literal, Literal::Int(_)),
        ("Float", literal) => matches!(literal, Literal::Int(_) | Literal::Float(_)),
        ("Boolean", literal) => matches!(literal, Literal::Boolean(_)),
        ("JSON", _) | ("Decimal" | "Money", Literal::Int(_) | Literal::Float(_)) => true,
        (_, literal) => matches!(literal, Literal::String(_)),
    }
}
