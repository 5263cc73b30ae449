//! What is wrong with a document before it runs, in Shopify's words.
//!
//! apollo-compiler validates by the specification; this walk runs before it and says the errors
//! a client meets in practice as Shopify says them. What only apollo finds is passed on as it is.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Argument, Definition, Document, Field, InputValueDefinition, OperationDefinition, Selection,
    Type, Value as Literal,
};
use apollo_compiler::collections::IndexMap;
use serde_json::{Value, json};

use super::lint_words::{Holder, below, fits, incompatible, unaccepted};
use super::problem::Problem;
use super::schema;

/// Walks a document and notes what Shopify refuses.
pub(super) struct Lint<'a> {
    document: &'a Document,
    fragments: HashMap<&'a str, &'a [Selection]>,
    /// Whether deprecated fields and arguments are taken for removed ones.
    strict: bool,
    pub(super) problems: Vec<Problem>,
    /// Deprecated parts in use: `Type.field`, `Type.field(argument)`, `Input.member`.
    pub(super) deprecated: BTreeSet<String>,
    variables: HashMap<&'a str, &'a Type>,
    used: BTreeSet<&'a str>,
}

impl<'a> Lint<'a> {
    /// Everything that is wrong with a document.
    pub(super) fn of(document: &'a Document, strict: bool) -> Self {
        let fragments = document.definitions.iter().filter_map(|definition| match definition {
            Definition::FragmentDefinition(fragment) => {
                Some((fragment.name.as_str(), &*fragment.selection_set))
            }
            _ => None,
        });
        let mut lint = Self {
            document,
            fragments: fragments.collect(),
            strict,
            problems: Vec::new(),
            deprecated: BTreeSet::new(),
            variables: HashMap::new(),
            used: BTreeSet::new(),
        };
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => lint.operation(operation),
                Definition::FragmentDefinition(fragment) => {
                    let path = [json!(format!("fragment {}", fragment.name))];
                    let ty = fragment.type_condition.as_str();
                    if schema::definition(ty).is_none() {
                        lint.no_such_type(ty, place(document, fragment), &path);
                    } else {
                        lint.selections(ty, &fragment.selection_set, &path, true);
                    }
                }
                _ => {}
            }
        }
        lint
    }

    fn operation(&mut self, operation: &'a Node<OperationDefinition>) {
        let kind = operation.operation_type.name();
        let name =
            operation.name.as_ref().map_or_else(|| kind.to_owned(), |n| format!("{kind} {n}"));
        let root = if kind == "mutation" { "Mutation" } else { "QueryRoot" };
        self.variables = operation.variables.iter().map(|v| (v.name.as_str(), &*v.ty)).collect();
        self.used.clear();
        let path = [json!(name)];
        self.selections(root, &operation.selection_set, &path, true);
        let spoken = operation
            .name
            .as_ref()
            .map_or_else(|| format!("anonymous {kind}"), ToString::to_string);
        for variable in &operation.variables {
            let name = variable.name.as_str();
            if !self.used.contains(name) {
                let message = format!("Variable ${name} is declared by {spoken} but not used");
                let extensions =
                    [("code", json!("variableNotUsed")), ("variableName", json!(name))];
                let problem = Problem::with(message, &extensions);
                self.problems.push(problem.at(place(self.document, operation)).on(&path));
            }
        }
    }

    /// `loud` is off where a fragment is walked again only for the variables in it.
    fn selections(&mut self, ty: &str, set: &'a [Selection], path: &[Value], loud: bool) {
        for selection in set {
            match selection {
                Selection::Field(field) => self.field(ty, field, path, loud),
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(ty, |condition| condition);
                    let path = below(path, &json!(format!("... on {on}")));
                    if schema::definition(on).is_none() {
                        if loud {
                            self.no_such_type(on, place(self.document, fragment), &path);
                        }
                    } else {
                        self.selections(on, &fragment.selection_set, &path, loud);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if path.len() < 40
                        && let Some(set) = self.fragments.get(spread.fragment_name.as_str())
                    {
                        let found = self.document.definitions.iter().find_map(|definition| {
                            let fragment = definition.as_fragment_definition()?;
                            (fragment.name == spread.fragment_name)
                                .then(|| fragment.type_condition.to_string())
                        });
                        let set = *set;
                        let path = below(path, &json!("..."));
                        self.selections(&found.unwrap_or_default(), set, &path, false);
                    }
                }
            }
        }
    }

    fn field(&mut self, ty: &str, field: &'a Node<Field>, path: &[Value], loud: bool) {
        let name = field.name.as_str();
        let key = field.alias.as_ref().map_or(name, |alias| alias.as_str());
        if name.starts_with("__") {
            return;
        }
        let here = place(self.document, field);
        let definition = schema::field(ty, name);
        let gone = definition.is_some_and(|known| known.directives.has("deprecated"));
        if gone {
            self.deprecated.insert(format!("{ty}.{name}"));
        }
        let Some(definition) = definition.filter(|_| !(gone && self.strict)) else {
            if loud {
                let message = format!("Field '{name}' doesn't exist on type '{ty}'");
                let extensions = [
                    ("code", json!("undefinedField")),
                    ("typeName", json!(ty)),
                    ("fieldName", json!(name)),
                ];
                let problem = Problem::with(message, &extensions).at(here);
                self.problems.push(problem.on(&below(path, &json!(name))));
            }
            return;
        };
        let path = below(path, &json!(key));
        self.arguments(&format!("{ty}.{name}"), name, &definition.arguments, field, &path, loud);
        let inner = definition.ty.inner_named_type().as_str();
        if loud && schema::is_leaf(inner) != field.selection_set.is_empty() {
            self.mismatch(name, inner, field, here, &path);
        } else {
            self.selections(inner, &field.selection_set, &path, loud);
        }
    }

    fn mismatch(
        &mut self,
        name: &str,
        ty: &str,
        field: &Field,
        here: Option<(usize, usize)>,
        path: &[Value],
    ) {
        let message = if field.selection_set.is_empty() {
            format!(
                "Field must have selections (field '{name}' returns {ty} but has no selections. \
                 Did you mean '{name} {{ ... }}'?)"
            )
        } else {
            format!(
                "Selections can't be made on scalars (field '{name}' returns {ty} but has selections)"
            )
        };
        let extensions = [
            ("code", json!("selectionMismatch")),
            ("nodeName", json!(format!("field '{name}'"))),
            ("typeName", json!(ty)),
        ];
        self.problems.push(Problem::with(message, &extensions).at(here).on(path));
    }

    fn arguments(
        &mut self,
        owner: &str,
        name: &str,
        known: &[Node<InputValueDefinition>],
        field: &'a Node<Field>,
        path: &[Value],
        loud: bool,
    ) {
        let here = place(self.document, field);
        let mut found = Vec::new();
        for argument in &field.arguments {
            let definition = known.iter().find(|known| known.name == argument.name);
            let gone = definition.is_some_and(|known| known.directives.has("deprecated"));
            if gone {
                self.deprecated.insert(format!("{owner}({})", argument.name));
            }
            match definition.filter(|_| !(gone && self.strict)) {
                Some(definition) => {
                    let holder = Holder { kind: "Field", name, here };
                    self.value(&holder, definition, argument, path, &mut found);
                }
                None => found.push(unaccepted(
                    "Field",
                    name,
                    &argument.name,
                    place(self.document, argument),
                    path,
                )),
            }
        }
        let missing: Vec<&str> = known
            .iter()
            .filter(|known| known.is_required())
            .filter(|known| field.arguments.iter().all(|given| given.name != known.name))
            .map(|known| known.name.as_str())
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("Field '{name}' is missing required arguments: {missing}");
            let extensions = [
                ("code", json!("missingRequiredArguments")),
                ("className", json!("Field")),
                ("name", json!(name)),
                ("arguments", json!(missing)),
            ];
            found.push(Problem::with(message, &extensions).at(here).on(path));
        }
        for directive in &field.directives.0 {
            for argument in &directive.arguments {
                self.uses(&argument.value);
            }
        }
        if loud {
            self.problems.append(&mut found);
        }
    }

    /// An argument's value where it is written into the document.
    fn value(
        &mut self,
        holder: &Holder<'_>,
        definition: &InputValueDefinition,
        argument: &'a Node<Argument>,
        path: &[Value],
        found: &mut Vec<Problem>,
    ) {
        let path = below(path, &json!(argument.name.as_str()));
        self.literal(holder, &definition.name, &definition.ty, &argument.value, &path, found);
    }

    fn literal(
        &mut self,
        holder: &Holder<'_>,
        name: &str,
        ty: &Type,
        value: &'a Node<Literal>,
        path: &[Value],
        found: &mut Vec<Problem>,
    ) {
        let here = place(self.document, value);
        match &**value {
            Literal::Variable(variable) => self.variable(name, ty, variable, here, path, found),
            Literal::Null if ty.is_non_null() => {
                found.push(incompatible(holder, name, ty, value, path));
            }
            Literal::Null => {}
            Literal::List(items) if ty.is_list() => {
                for item in items {
                    self.literal(holder, name, ty.item_type(), item, path, found);
                }
            }
            _ if ty.is_list() => self.literal(holder, name, ty.item_type(), value, path, found),
            Literal::Object(members) if schema::input(ty.inner_named_type()).is_some() => {
                self.members(ty, members, here, path, found);
            }
            Literal::String(text)
                if ty.inner_named_type() == "ID" && !text.starts_with("gid://") =>
            {
                let message = format!("Invalid global id '{text}'");
                let extensions = [
                    ("code", json!("argumentLiteralsIncompatible")),
                    ("typeName", json!("CoercionError")),
                ];
                found.push(Problem::with(message, &extensions).at(holder.here).on(path));
            }
            literal if fits(literal, ty.inner_named_type()) => {}
            _ => found.push(incompatible(holder, name, ty, value, path)),
        }
    }

    fn members(
        &mut self,
        ty: &Type,
        members: &'a [(apollo_compiler::Name, Node<Literal>)],
        here: Option<(usize, usize)>,
        path: &[Value],
        found: &mut Vec<Problem>,
    ) {
        let name = ty.inner_named_type().as_str();
        let Some(input) = schema::input(name) else { return };
        for (member, value) in members {
            let definition = input.fields.get(member);
            let gone = definition.is_some_and(|known| known.directives.has("deprecated"));
            if gone {
                self.deprecated.insert(format!("{name}.{member}"));
            }
            let Some(definition) = definition.filter(|_| !(gone && self.strict)) else {
                let at =
                    member.location().and_then(|span| span.line_column(&self.document.sources));
                let at = at.map(|at| (at.line, at.column));
                found.push(unaccepted("InputObject", name, member, at, path));
                continue;
            };
            let holder = Holder { kind: "InputObject", name, here };
            let path = below(path, &json!(member.as_str()));
            self.literal(&holder, member, &definition.ty, value, &path, found);
        }
        for (missing, definition) in &input.fields {
            if !definition.is_required() || members.iter().any(|(given, _)| given == missing) {
                continue;
            }
            let ty = &definition.ty;
            let message = format!(
                "Argument '{missing}' on InputObject '{name}' is required. Expected type {ty}"
            );
            let extensions = [
                ("code", json!("missingRequiredInputObjectAttribute")),
                ("argumentName", json!(missing.as_str())),
                ("argumentType", json!(ty.to_string())),
                ("inputObjectType", json!(name)),
            ];
            let path = below(path, &json!(missing.as_str()));
            found.push(Problem::with(message, &extensions).at(here).on(&path));
        }
    }

    fn variable(
        &mut self,
        name: &str,
        wanted: &Type,
        variable: &'a str,
        here: Option<(usize, usize)>,
        path: &[Value],
        found: &mut Vec<Problem>,
    ) {
        self.used.insert(variable);
        // Without an operation around it a fragment's variables are not judged.
        if self.variables.is_empty()
            && path.first().is_some_and(|p| p.as_str().is_some_and(|p| p.starts_with("fragment")))
        {
            return;
        }
        let Some(has) = self.variables.get(variable) else {
            let operation = path.first().and_then(Value::as_str).unwrap_or_default();
            let operation = operation.split_once(' ').map_or(operation, |(_, name)| name);
            let message = format!("Variable ${variable} is used by {operation} but not declared");
            let extensions =
                [("code", json!("variableNotDefined")), ("variableName", json!(variable))];
            found.push(Problem::with(message, &extensions).at(here).on(path));
            return;
        };
        if has.inner_named_type() != wanted.inner_named_type()
            || has.is_list() != wanted.is_list() && !wanted.is_list()
        {
            let message = format!(
                "Type mismatch on variable ${variable} and argument {name} ({has} / {wanted})"
            );
            let extensions = [
                ("code", json!("variableMismatch")),
                ("variableName", json!(variable)),
                ("typeName", json!(has.to_string())),
                ("argumentName", json!(name)),
                ("errorMessage", json!("Type mismatch")),
            ];
            let up = path.len().saturating_sub(1);
            found.push(Problem::with(message, &extensions).at(here).on(&path[..up]));
        }
    }

    fn uses(&mut self, value: &'a Literal) {
        match value {
            Literal::Variable(variable) => {
                self.used.insert(variable);
            }
            Literal::List(items) => items.iter().for_each(|item| self.uses(item)),
            Literal::Object(members) => members.iter().for_each(|(_, value)| self.uses(value)),
            _ => {}
        }
    }

    fn no_such_type(&mut self, ty: &str, here: Option<(usize, usize)>, path: &[Value]) {
        let message = format!("No such type {ty}, so it can't be a fragment condition");
        let extensions = [("code", json!("undefinedType")), ("typeName", json!(ty))];
        self.problems.push(Problem::with(message, &extensions).at(here).on(path));
    }
}

/// Deprecated members in the value of a variable, which the document alone does not show.
pub(super) fn deprecated_members(ty: &Type, value: &Value, found: &mut BTreeSet<String>) {
    let name = ty.inner_named_type().as_str();
    let Some(input) = schema::input(name) else { return };
    for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
        for (member, value) in value.as_object().into_iter().flatten() {
            let Some(definition) = input.fields.get(member.as_str()) else { continue };
            if definition.directives.has("deprecated") {
                found.insert(format!("{name}.{member}"));
            }
            deprecated_members(&definition.ty, value, found);
        }
    }
}

/// Where something stands.
pub(super) fn place<T>(document: &Document, node: &Node<T>) -> Option<(usize, usize)> {
    let at = node.location()?.line_column(&document.sources)?;
    Some((at.line, at.column))
}

/// All operations of a document by name.
pub(super) fn operations(
    document: &Document,
) -> IndexMap<Option<String>, &Node<OperationDefinition>> {
    let all = document.definitions.iter().filter_map(Definition::as_operation_definition);
    all.map(|operation| (operation.name.as_ref().map(ToString::to_string), operation)).collect()
}
