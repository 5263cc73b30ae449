//! Carries a validated document out against the shop, whatever it asks for.
//!
//! The shop answers JSON: a member for each field. Two members are promises: `{"@ref": gid}`
//! is looked up when somebody asks for it, `{"@page": [..]}` is cut to the page that is asked for.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::ask::{Ask, check_sizes, check_window, understood};
use super::problem::Problem;
use super::schema;
use super::shop::Shop;
use super::variables::literal;

/// A thing to be looked up.
pub(super) fn link(gid: impl Into<String>) -> Value {
    json!({ "@ref": gid.into() })
}

/// A list that is read page by page.
pub(super) fn pages(items: Vec<Value>) -> Value {
    Value::Object(Map::from_iter([("@page".to_owned(), Value::Array(items))]))
}

/// One operation on its way.
pub(super) struct Run<'a> {
    pub(super) shop: &'a mut Shop,
    pub(super) document: &'a ExecutableDocument,
    pub(super) variables: &'a Map<String, Value>,
    pub(super) scopes: &'a [String],
    pub(super) problems: Vec<Problem>,
    /// `extensions.search`.
    pub(super) search: Vec<Value>,
    /// In a bulk operation: the lines below the root, with their parents.
    pub(super) lines: Option<Lines>,
}

/// What a bulk operation collects.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) written: Vec<Value>,
    pub(super) roots: u64,
    parents: Vec<String>,
    /// How deep each line is.
    depths: Vec<usize>,
}

impl Lines {
    /// Shopify promises only that children come after their parents: all of them do, at the end.
    pub(super) fn scatter(&mut self) {
        let mut order: Vec<usize> = (0..self.written.len()).collect();
        order.sort_by_key(|at| self.depths.get(*at));
        self.written = order.into_iter().map(|at| self.written[at].take()).collect();
    }
}

impl<'a> Run<'a> {
    /// Every list in the input that is too long; then nothing runs at all.
    pub(super) fn oversized(&self, operation: &'a Operation) -> Vec<Problem> {
        let roots = operation.selection_set.root_fields(self.document);
        let checked = roots.filter_map(|field| {
            let problem = check_sizes(&self.ask(field)).err()?;
            let problem = problem.at(self.place(field));
            Some(problem.on(&[json!(field.response_key().as_str())]))
        });
        checked.collect()
    }

    /// The whole operation's `data`.
    pub(super) fn operation(&mut self, operation: &'a Operation) -> Value {
        let root = if operation.is_mutation() { "Mutation" } else { "QueryRoot" };
        let empty = Map::new().into();
        let done = self.object(root, &empty, &[&operation.selection_set], &mut Vec::new());
        done.unwrap_or_default()
    }

    /// An object's selected fields; `None` where a null must not stand.
    fn object(
        &mut self,
        ty: &str,
        view: &Value,
        sets: &[&'a SelectionSet],
        path: &mut Vec<Value>,
    ) -> Option<Value> {
        let mut collected: Vec<(&'a str, Vec<&'a Field>)> = Vec::new();
        for set in sets {
            self.collect(ty, set, &mut collected);
        }
        // A field that fails does not keep the others from being asked.
        let (mut answer, mut fine) = (Map::new(), true);
        for (key, fields) in collected {
            path.push(json!(key));
            let value = self.field(ty, view, &fields, path);
            path.pop();
            match value {
                Some(Value::Object(gone)) if gone.contains_key("@gone") => {}
                Some(value) => {
                    answer.insert(key.to_owned(), value);
                }
                None => fine = false,
            }
        }
        fine.then(|| answer.into())
    }

    fn collect(&self, ty: &str, set: &'a SelectionSet, into: &mut Vec<(&'a str, Vec<&'a Field>)>) {
        for selection in &set.selections {
            if self.skipped(selection) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().as_str();
                    match into.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => into.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let fits =
                        fragment.type_condition.as_ref().is_none_or(|on| schema::is_a(ty, on));
                    if fits {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && schema::is_a(ty, &fragment.selection_set.ty)
                    {
                        self.collect(ty, &fragment.selection_set, into);
                    }
                }
            }
        }
    }

    fn skipped(&self, selection: &Selection) -> bool {
        let yes = |name: &str| {
            let directive = selection.directives().get(name)?;
            let value = directive.specified_argument_by_name("if")?;
            literal(value, self.variables).as_bool()
        };
        yes("skip") == Some(true) || yes("include") == Some(false)
    }

    /// A field's value; `None` where a null must not stand.
    fn field(
        &mut self,
        ty: &str,
        view: &Value,
        fields: &[&'a Field],
        path: &mut Vec<Value>,
    ) -> Option<Value> {
        let field = fields[0];
        if field.name == "__typename" {
            return Some(json!(ty));
        }
        let resolved = self.resolve(ty, view, field);
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        match resolved {
            Ok(value) => self.complete(field, field.ty(), value, &sets, path),
            Err(problem) => {
                self.report(field, problem, path);
                if field.ty().is_non_null() { None } else { Some(Value::Null) }
            }
        }
    }

    fn report(&mut self, field: &Field, mut problem: Problem, path: &[Value]) {
        if problem.locations.is_empty() {
            problem = problem.at(self.place(field));
        }
        self.problems.push(problem.on(path));
    }

    /// The place of a field is that of its alias, if it has one.
    fn place(&self, field: &Field) -> Option<(usize, usize)> {
        let name = field.alias.as_ref().unwrap_or(&field.name);
        let at = name.location()?.line_column(&self.document.sources)?;
        Some((at.line, at.column))
    }

    fn resolve(&mut self, ty: &str, view: &Value, field: &'a Field) -> Result<Value, Problem> {
        let name = field.name.as_str();
        if let Some(access) = schema::field_access(ty, name)
            && !access.granted(self.scopes)
        {
            return Err(Problem::denied(name, &access.text));
        }
        let ask = self.ask(field);
        let inner = field.ty().inner_named_type().as_str();
        let below = if schema::is_connection(field.ty()) {
            inner.trim_end_matches("Connection")
        } else {
            inner
        };
        if let Some(access) = schema::type_access(below)
            && !access.granted(self.scopes)
        {
            return Err(Problem::denied(name, &access.text));
        }
        if schema::is_connection(field.ty()) && self.lines.is_none() {
            check_window(&ask)?;
        }
        if let Some(unknown) = ask.sent.iter().find(|sent| !understood(ty, &ask, sent)) {
            return Err(Problem::not_here(&format!("{ty}.{name}({unknown})")));
        }
        self.shop.may_see(ty, name)?;
        match ty {
            "Mutation" => self.shop.mutation(&ask),
            "QueryRoot" => {
                let found = self.shop.query(&ask)?;
                if let Some(mut warning) = found.warning {
                    warning["path"] = json!([field.response_key().as_str()]);
                    self.search.push(warning);
                }
                Ok(found.value)
            }
            _ => match self.shop.detail(ty, view, &ask) {
                Some(found) => found,
                None => match view.get(name) {
                    Some(value) => Ok(value.clone()),
                    None => Err(Problem::not_here(&format!("{ty}.{name}"))),
                },
            },
        }
    }

    fn ask(&self, field: &'a Field) -> Ask<'a> {
        let mut args = Map::new();
        let mut sent = Vec::new();
        for definition in &field.definition.arguments {
            let given = field.specified_argument_by_name(&definition.name);
            let absent = |value: &apollo_compiler::ast::Value| {
                value.as_variable().is_some_and(|name| !self.variables.contains_key(name.as_str()))
            };
            let value = match (given, &definition.default_value) {
                (Some(value), _) if !absent(value) => {
                    sent.push(definition.name.to_string());
                    literal(value, self.variables)
                }
                (_, Some(default)) => literal(default, self.variables),
                _ => continue,
            };
            args.insert(definition.name.to_string(), value);
        }
        let key = field.directives.get("idempotent");
        let key = key.and_then(|directive| directive.specified_argument_by_name("key"));
        let idempotency =
            key.and_then(|key| literal(key, self.variables).as_str().map(str::to_owned));
        Ask { field: field.name.as_str(), args, sent, idempotency, scopes: self.scopes }
    }

    fn complete(
        &mut self,
        field: &'a Field,
        ty: &Type,
        value: Value,
        sets: &[&'a SelectionSet],
        path: &mut Vec<Value>,
    ) -> Option<Value> {
        if value.is_null() {
            if ty.is_non_null() {
                let name = format!("{} where null must not stand", field.name);
                self.report(field, Problem::not_here(&name), path);
                return None;
            }
            return Some(Value::Null);
        }
        if ty.is_list() {
            let Value::Array(items) = value else {
                self.report(field, Problem::not_here(&format!("the list {}", field.name)), path);
                return None;
            };
            let mut done = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                path.push(json!(at));
                let item = self.complete(field, ty.item_type(), item, sets, path);
                path.pop();
                done.push(item?);
            }
            return Some(done.into());
        }
        let name = ty.inner_named_type().as_str();
        if schema::is_leaf(name) {
            if schema::is_value_of(&value, name) {
                return Some(value);
            }
            let what = format!("the {name} {value} of {}", field.name);
            self.report(field, Problem::not_here(&what), path);
            return if ty.is_non_null() { None } else { Some(Value::Null) };
        }
        if let Some(items) = value.get("@page") {
            let items = items.as_array().cloned().unwrap_or_default();
            if self.lines.is_some() {
                self.bulk(field, items, path);
                return Some(json!({ "@gone": true }));
            }
            let page = self.page(name, items, field);
            return self.object(name, &page, sets, path);
        }
        let view = match value.get("@ref").and_then(Value::as_str) {
            Some(gid) => match self.shop.view(gid) {
                Some(view) => view,
                None if ty.is_non_null() => {
                    self.report(field, Problem::not_here(gid), path);
                    return None;
                }
                None => return Some(Value::Null),
            },
            None => value,
        };
        let concrete = view.get("__typename").and_then(Value::as_str).unwrap_or(name).to_owned();
        // Behind an interface there may be what nobody has granted.
        if let Some(access) = schema::type_access(&concrete).filter(|_| concrete != name)
            && !access.granted(self.scopes)
        {
            self.report(field, Problem::denied(&field.name, &access.text), path);
            return if ty.is_non_null() { None } else { Some(Value::Null) };
        }
        self.object(&concrete, &view, sets, path)
    }

    /// One page of a list, as a connection.
    fn page(&mut self, ty: &str, mut items: Vec<Value>, field: &'a Field) -> Value {
        let args = self.ask(field).args;
        if args.get("reverse").and_then(Value::as_bool) == Some(true) {
            items.reverse();
        }
        let mut start = 0;
        let mut end = items.len();
        let position = |cursor: &Value| {
            let cursor = cursor.as_str()?;
            items.iter().position(|item| cursor_of(item) == cursor)
        };
        if let Some(at) = args.get("after").and_then(position) {
            start = at + 1;
        }
        if let Some(at) = args.get("before").and_then(position) {
            end = at.max(start);
        }
        let size =
            |name| args.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        if let Some(first) = size("first") {
            end = end.min(start + first);
        }
        if let Some(last) = size("last") {
            start = start.max(end.saturating_sub(last));
        }
        let page = &items[start..end];
        let edge = ty.trim_end_matches("Connection");
        let edges: Vec<Value> = page
            .iter()
            .map(|item| json!({ "__typename": format!("{edge}Edge"), "cursor": cursor_of(item), "node": item }))
            .collect();
        json!({
            "nodes": page,
            "edges": edges,
            "pageInfo": {
                "hasNextPage": end < items.len(),
                "hasPreviousPage": start > 0,
                "startCursor": page.first().map(cursor_of),
                "endCursor": page.last().map(cursor_of),
            },
            "totalCount": items.len(),
        })
    }

    /// A connection inside a bulk operation: a line for each node, each with its parent.
    fn bulk(&mut self, field: &'a Field, items: Vec<Value>, path: &mut Vec<Value>) {
        let mut sets = Vec::new();
        for edges in
            field.selection_set.root_fields(self.document).filter(|part| part.name == "edges")
        {
            for node in
                edges.selection_set.root_fields(self.document).filter(|part| part.name == "node")
            {
                sets.push((node, &node.selection_set));
            }
        }
        let Some((node, _)) = sets.first().copied() else { return };
        let parent = self.lines.as_ref().and_then(|lines| lines.parents.last().cloned());
        for item in items {
            let id = item["@ref"]
                .as_str()
                .or_else(|| item["id"].as_str())
                .unwrap_or_default()
                .to_owned();
            let at = self.lines.as_ref().map_or(0, |lines| lines.written.len());
            if let Some(lines) = &mut self.lines {
                lines.depths.push(lines.parents.len());
                lines.parents.push(id);
                lines.written.push(Value::Null);
                lines.roots += u64::from(parent.is_none());
            }
            let only: Vec<&SelectionSet> = sets.iter().map(|(_, set)| *set).collect();
            let done = self.complete(node, node.ty(), item, &only, path).unwrap_or_default();
            let Some(lines) = &mut self.lines else { return };
            lines.parents.pop();
            let mut line = done;
            if let (Some(parent), Some(line)) = (&parent, line.as_object_mut()) {
                line.insert("__parentId".to_owned(), json!(parent));
            }
            lines.written[at] = line;
        }
    }
}

/// Where an item stands in its list, in Shopify's way.
fn cursor_of(item: &Value) -> String {
    let id = item["@ref"].as_str().or_else(|| item["id"].as_str()).unwrap_or_default();
    let tail = id.rsplit('/').next().unwrap_or_default();
    STANDARD.encode(format!("{{\"last_id\":{tail},\"last_value\":{tail}}}"))
}
