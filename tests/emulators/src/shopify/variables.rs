//! The values of variables and arguments, judged as Shopify judges them.

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Document, OperationDefinition, Type, Value as Literal, VariableDefinition,
};
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value, json};

use super::lint::place;
use super::problem::Problem;
use super::schema;

/// One thing that is wrong inside a value.
struct Fault {
    path: Vec<Value>,
    explanation: String,
}

/// The operation's variables from what was sent, or everything that is wrong with them.
///
/// `strict` takes deprecated members for removed ones.
pub(super) fn coerced(
    document: &Document,
    operation: &OperationDefinition,
    sent: &Map<String, Value>,
    strict: bool,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let (mut values, mut problems) = (Map::new(), Vec::new());
    for definition in &operation.variables {
        let name = definition.name.as_str();
        let mut faults = Vec::new();
        let value = match (sent.get(name), &definition.default_value) {
            (None, Some(default)) => Some(literal(default, &Map::new())),
            (None, None) if !definition.ty.is_non_null() => None,
            (None, None) => {
                faults.push(Fault { path: Vec::new(), explanation: NOT_NULL.to_owned() });
                None
            }
            (Some(value), _) => {
                Some(value_of(&definition.ty, value, strict, &mut Vec::new(), &mut faults))
            }
        };
        if faults.is_empty() {
            values.extend(value.map(|value| (name.to_owned(), value)));
        } else {
            problems.push(problem(document, definition, sent.get(name), faults));
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

const NOT_NULL: &str = "Expected value to not be null";

/// A literal's value, with variables filled in; a variable that was not sent is `null`.
pub(super) fn literal(literal_: &Literal, variables: &Map<String, Value>) -> Value {
    match literal_ {
        Literal::Null => Value::Null,
        Literal::Enum(word) => json!(word.as_str()),
        Literal::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or_default(),
        Literal::String(text) => json!(text),
        Literal::Float(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Literal::Int(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Literal::Boolean(yes) => json!(yes),
        Literal::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        Literal::Object(members) => {
            let sent = members.iter().filter(|(_, value)| match &**value {
                Literal::Variable(name) => variables.contains_key(name.as_str()),
                _ => true,
            });
            sent.map(|(name, value)| (name.to_string(), literal(value, variables))).collect()
        }
    }
}

fn problem(
    document: &Document,
    definition: &Node<VariableDefinition>,
    sent: Option<&Value>,
    faults: Vec<Fault>,
) -> Problem {
    let (name, ty) = (&definition.name, &definition.ty);
    let spoken: Vec<String> = faults
        .iter()
        .filter(|fault| !fault.path.is_empty())
        .map(|fault| {
            let path = fault.path.iter().map(|part| match part {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            format!("{} ({})", path.collect::<Vec<_>>().join("."), fault.explanation)
        })
        .collect();
    let tail =
        if spoken.is_empty() { String::new() } else { format!(" for {}", spoken.join(", ")) };
    let message = format!("Variable ${name} of type {ty} was provided invalid value{tail}");
    let listed = faults.into_iter().map(|fault| {
        let mut problem = json!({ "path": fault.path, "explanation": fault.explanation });
        if fault.explanation.starts_with("Invalid ") {
            problem["message"] = problem["explanation"].clone();
        }
        problem
    });
    let extensions = [
        ("code", json!("INVALID_VARIABLE")),
        ("value", sent.cloned().unwrap_or_default()),
        ("problems", listed.collect()),
    ];
    Problem::with(message, &extensions).at(place(document, definition))
}

fn value_of(
    ty: &Type,
    value: &Value,
    strict: bool,
    path: &mut Vec<Value>,
    faults: &mut Vec<Fault>,
) -> Value {
    if value.is_null() {
        if ty.is_non_null() {
            faults.push(Fault { path: path.clone(), explanation: NOT_NULL.to_owned() });
        }
        return Value::Null;
    }
    if ty.is_list() {
        let one = std::slice::from_ref(value);
        let items = value.as_array().map_or(one, Vec::as_slice);
        let indexed = items.iter().enumerate();
        return indexed
            .map(|(at, item)| {
                path.push(json!(at));
                let item = value_of(ty.item_type(), item, strict, path, faults);
                path.pop();
                item
            })
            .collect();
    }
    let name = ty.inner_named_type().as_str();
    match schema::definition(name) {
        Some(ExtendedType::InputObject(_)) => members(name, value, strict, path, faults),
        Some(ExtendedType::Enum(words)) => {
            let known = value.as_str().is_some_and(|word| words.values.contains_key(word));
            if !known {
                let spoken = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let listed: Vec<&str> =
                    words.values.keys().map(apollo_compiler::Name::as_str).collect();
                let explanation =
                    format!("Expected \"{spoken}\" to be one of: {}", listed.join(", "));
                faults.push(Fault { path: path.clone(), explanation });
            }
            value.clone()
        }
        _ => {
            if let Err(explanation) = scalar(name, value) {
                faults.push(Fault { path: path.clone(), explanation });
            }
            value.clone()
        }
    }
}

fn members(
    name: &str,
    value: &Value,
    strict: bool,
    path: &mut Vec<Value>,
    faults: &mut Vec<Fault>,
) -> Value {
    let (Some(input), Some(sent)) = (schema::input(name), value.as_object()) else {
        let explanation = format!(
            "Expected {value} to be a key-value object responding to `to_h` or `to_unsafe_h`."
        );
        faults.push(Fault { path: path.clone(), explanation });
        return Value::Null;
    };
    let mut members = Map::new();
    // Taken for removed where deprecated parts are.
    let known = |member: &&String| {
        let definition = input.fields.get(member.as_str());
        definition.is_some_and(|definition| !(strict && definition.directives.has("deprecated")))
    };
    for member in sent.keys().filter(|member| !known(member)) {
        let mut path = path.clone();
        path.push(json!(member));
        faults.push(Fault { path, explanation: format!("Field is not defined on {name}") });
    }
    for (member, definition) in &input.fields {
        path.push(json!(member.as_str()));
        match (sent.get(member.as_str()), &definition.default_value) {
            (Some(value), _) => {
                let value = value_of(&definition.ty, value, strict, path, faults);
                members.insert(member.to_string(), value);
            }
            (None, Some(default)) => {
                members.insert(member.to_string(), literal(default, &Map::new()));
            }
            (None, None) if definition.ty.is_non_null() => {
                faults.push(Fault { path: path.clone(), explanation: NOT_NULL.to_owned() });
            }
            (None, None) => {}
        }
        path.pop();
    }
    if input.directives.has("oneOf")
        && members.values().filter(|value| !value.is_null()).count() != 1
    {
        let explanation =
            format!("'{name}' requires exactly one argument, but {} were provided.", members.len());
        faults.push(Fault { path: path.clone(), explanation });
    }
    Value::Object(members)
}

/// Whether a value may stand for a scalar. Money is text: numbers lose digits.
fn scalar(name: &str, value: &Value) -> Result<(), String> {
    let could_not = || Err(format!("Could not coerce value {value} to {name}"));
    let fine = match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "JSON" => true,
        "ID" => match value.as_str() {
            Some(text) if is_gid(text) => true,
            Some(text) => return Err(format!("Invalid global id '{text}'")),
            None => false,
        },
        "Money" => value.as_str().is_some_and(is_decimal),
        "Decimal" => value.as_str().is_some_and(is_decimal) || value.is_number(),
        "DateTime" => {
            let time = value.as_str().map(str::parse::<jiff::Timestamp>);
            matches!(time, Some(Ok(_)))
        }
        "URL" => match value.as_str() {
            Some(text) if text.contains(':') => true,
            Some(text) => return Err(format!("Invalid url '{text}', missing scheme")),
            None => false,
        },
        _ => value.is_string() || value.is_number(),
    };
    if fine { Ok(()) } else { could_not() }
}

/// `gid://shopify/Product/1`.
fn is_gid(text: &str) -> bool {
    let parts = text.strip_prefix("gid://").map(|rest| rest.splitn(3, '/').collect::<Vec<_>>());
    parts.is_some_and(|parts| parts.len() == 3 && parts.iter().all(|part| !part.is_empty()))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let counted = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    counted(whole) && counted(rest)
}
