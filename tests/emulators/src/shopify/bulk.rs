//! Bulk operations: a whole catalog as lines of JSON, fetched from an address of its own.

use std::fmt::Write;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Definition;
use apollo_compiler::executable::SelectionSet;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::execute::{Lines, Run, pages};
use super::judge::judged;
use super::problem::Problem;
use super::schema;
use super::shop::{Shop, coded_error, gid, number, stamp, user_error};

/// How long a result can be fetched.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// An inner query may be this long.
const LONGEST: usize = 65_535;

/// One bulk operation.
#[derive(Clone, Debug)]
pub(super) struct Bulk {
    id: u64,
    query: String,
    /// Whether children follow their parent directly.
    grouped: bool,
    status: &'static str,
    created: Timestamp,
    completed: Option<Timestamp>,
    error: Option<&'static str>,
    lines: String,
    objects: u64,
    roots: u64,
    token: String,
    /// Whether the lines end early.
    partial: bool,
}

impl Bulk {
    fn runs(&self) -> bool {
        matches!(self.status, "CREATED" | "RUNNING" | "CANCELING")
    }
}

impl Shop {
    /// `bulkOperationRunQuery`.
    pub(super) fn start_bulk(&mut self, ask: &Ask<'_>) -> Value {
        let query = ask.text("query").unwrap_or_default();
        let errors = self.check_bulk(query);
        if !errors.is_empty() {
            return json!({ "bulkOperation": null, "userErrors": errors });
        }
        let running = self.bulks.iter().filter(|bulk| bulk.runs());
        let running: Vec<String> = running.map(|bulk| gid("BulkOperation", bulk.id)).collect();
        if running.len() >= self.settings.quirks.bulk_operations_at_once {
            let message = format!(
                "A bulk query operation for this app and shop is already in progress: {}.",
                running.join(", ")
            );
            let error = coded_error(&[], &message, "OPERATION_IN_PROGRESS");
            return json!({ "bulkOperation": null, "userErrors": [error] });
        }
        let bulk = Bulk {
            id: self.id(),
            query: query.to_owned(),
            grouped: *ask.value("groupObjects") == true,
            status: "CREATED",
            created: self.now(),
            completed: None,
            error: None,
            lines: String::new(),
            objects: 0,
            roots: 0,
            token: self.hex(40),
            partial: false,
        };
        let view = self.one_bulk(&bulk);
        self.bulks.push(bulk);
        json!({ "bulkOperation": view, "userErrors": [] })
    }

    /// `bulkOperationCancel`.
    pub(super) fn cancel_bulk(&mut self, own: &str) -> Result<Value, Problem> {
        let id = number(own, "BulkOperation")?;
        let Some(bulk) = self.bulks.iter_mut().find(|bulk| bulk.id == id) else {
            return Ok(Self::missing("bulkOperation", "Bulk operation does not exist"));
        };
        if !bulk.runs() {
            let message = format!(
                "A bulk operation cannot be canceled when it is {}",
                bulk.status.to_lowercase()
            );
            let view = bulk.clone();
            return Ok(
                json!({ "bulkOperation": self.one_bulk(&view), "userErrors": [user_error(&[], &message)] }),
            );
        }
        bulk.status = "CANCELING";
        let view = bulk.clone();
        Ok(json!({ "bulkOperation": self.one_bulk(&view), "userErrors": [] }))
    }

    /// One step for each look: created, running, done.
    pub(super) fn poll_bulk(&mut self, own: &str) {
        let at = self.bulks.iter().position(|bulk| gid("BulkOperation", bulk.id) == own);
        if let Some(at) = at {
            self.advance(at);
        }
    }

    /// Runs every bulk operation to its end, but for those that stand still.
    pub(super) fn finish_bulks(&mut self) {
        let stuck = self.settings.quirks.bulk_stands_still;
        for at in 0..self.bulks.len() {
            while self.bulks[at].runs() && !(stuck && self.bulks[at].status == "RUNNING") {
                self.advance(at);
            }
        }
    }

    fn advance(&mut self, at: usize) {
        let now = self.now();
        match self.bulks[at].status {
            "CREATED" => self.bulks[at].status = "RUNNING",
            "CANCELING" => {
                self.bulks[at].status = "CANCELED";
                self.bulks[at].completed = Some(now);
                self.tell_bulk(at);
            }
            "RUNNING" if self.settings.quirks.bulk_stands_still => {}
            "RUNNING" => {
                let (query, grouped) = (self.bulks[at].query.clone(), self.bulks[at].grouped);
                let (lines, roots, denied) = self.run_bulk(&query, grouped);
                let breaks = self.settings.quirks.next_bulk_breaks_after.take();
                let bulk = &mut self.bulks[at];
                let kept = breaks.unwrap_or(lines.len()).min(lines.len());
                for line in &lines[..kept] {
                    // Writing to a string cannot fail.
                    let _fine = writeln!(bulk.lines, "{line}");
                }
                (bulk.objects, bulk.roots) = (kept as u64, roots);
                bulk.completed = Some(now);
                bulk.error = match (denied, breaks) {
                    (true, _) => Some("ACCESS_DENIED"),
                    (false, Some(_)) => Some("INTERNAL_SERVER_ERROR"),
                    _ => None,
                };
                bulk.partial = bulk.error.is_some() && !bulk.lines.is_empty();
                bulk.status = if bulk.error.is_some() { "FAILED" } else { "COMPLETED" };
                self.tell_bulk(at);
            }
            _ => {}
        }
    }

    fn run_bulk(&mut self, query: &str, grouped: bool) -> (Vec<Value>, u64, bool) {
        let strict = !self.settings.quirks.deprecated_still_works;
        let Ok(judged) = judged(query, strict) else { return (Vec::new(), 0, true) };
        let Ok(document) = &judged.executable else { return (Vec::new(), 0, true) };
        let Ok(operation) = document.operations.get(None) else { return (Vec::new(), 0, true) };
        let scopes = self.app.scopes.clone();
        let variables = Map::new();
        let mut run = Run {
            shop: self,
            document,
            variables: &variables,
            scopes: &scopes,
            problems: Vec::new(),
            search: Vec::new(),
            lines: Some(Lines::default()),
        };
        let _data = run.operation(operation);
        let failed = !run.problems.is_empty();
        let mut lines = run.lines.unwrap_or_default();
        if !grouped {
            lines.scatter();
        }
        if failed { (Vec::new(), 0, true) } else { (lines.written, lines.roots, false) }
    }

    fn tell_bulk(&mut self, at: usize) {
        let bulk = &self.bulks[at];
        let own = gid("BulkOperation", bulk.id);
        let body = json!({
            "admin_graphql_api_id": own,
            "completed_at": bulk.completed.map(stamp),
            "created_at": stamp(bulk.created),
            "error_code": bulk.error.map(str::to_lowercase),
            "status": bulk.status.to_lowercase(),
            "type": "query",
        });
        self.announce("bulk_operations/finish", &body);
    }

    /// The lines behind an address, if it is still good; `Err` is a status.
    pub(super) fn bulk_lines(&self, token: &str) -> Result<String, u16> {
        let bulk = self.bulks.iter().find(|bulk| bulk.token == token).ok_or(404_u16)?;
        let over = bulk.completed.is_none_or(|completed| completed + KEPT <= self.now());
        if over { Err(403) } else { Ok(bulk.lines.clone()) }
    }

    /// `BulkOperation` by its id.
    pub(super) fn bulk_json(&self, own: &str) -> Value {
        let found = self.bulks.iter().find(|bulk| gid("BulkOperation", bulk.id) == own);
        found.map(|bulk| self.one_bulk(bulk)).into()
    }

    /// `bulkOperations`.
    pub(super) fn bulks_list(&mut self) -> Value {
        for at in 0..self.bulks.len() {
            self.advance(at);
        }
        pages(self.bulks.iter().map(|bulk| self.one_bulk(bulk)).collect())
    }

    /// `currentBulkOperation`.
    pub(super) fn current_bulk(&mut self, kind: &str) -> Value {
        let last =
            self.bulks.last().filter(|_| kind == "QUERY").map(|bulk| gid("BulkOperation", bulk.id));
        last.map(|own| {
            self.poll_bulk(&own);
            self.bulk_json(&own)
        })
        .into()
    }

    fn one_bulk(&self, bulk: &Bulk) -> Value {
        let over = bulk.completed.is_some_and(|completed| completed + KEPT <= self.now());
        let url =
            format!("{}/bulk-results/{}?signature={}", self.base, bulk.token, &bulk.token[..12]);
        let done = bulk.status == "COMPLETED" && !bulk.lines.is_empty() && !over;
        json!({
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", bulk.id),
            "status": if over && bulk.status == "COMPLETED" { "EXPIRED" } else { bulk.status },
            "type": "QUERY",
            "errorCode": bulk.error,
            "createdAt": stamp(bulk.created),
            "completedAt": bulk.completed.map(stamp),
            "objectCount": bulk.objects.to_string(),
            "rootObjectCount": bulk.roots.to_string(),
            "fileSize": done.then(|| bulk.lines.len().to_string()),
            "url": done.then_some(&url),
            "partialDataUrl": (bulk.partial && !over).then_some(&url),
            "query": bulk.query,
        })
    }

    /// What is wrong with an inner query.
    fn check_bulk(&self, query: &str) -> Vec<Value> {
        let refuse = |message: &str| coded_error(&["query"], message, "INVALID");
        if query.trim().is_empty() {
            return vec![refuse("Invalid bulk query: syntax error, unexpected end of file")];
        }
        if query.len() > LONGEST {
            return vec![refuse("Query is too long (maximum is 65535 characters)")];
        }
        let strict = !self.settings.quirks.deprecated_still_works;
        let judged = match judged(query, strict) {
            Ok(judged) => judged,
            Err(problem) => {
                return vec![refuse(&format!("Invalid bulk query: {}", problem.message))];
            }
        };
        let mut all =
            judged.document.definitions.iter().filter_map(Definition::as_operation_definition);
        if all.any(|operation| !operation.operation_type.is_query()) {
            return vec![refuse("Invalid operation type. Only `query` operations are supported.")];
        }
        let document = match &judged.executable {
            Ok(document) => document,
            Err(problems) => {
                let first = problems.first().map_or("", |problem| &problem.message);
                return vec![refuse(&format!("Invalid bulk query: {first}"))];
            }
        };
        let Ok(operation) = document.operations.get(None) else {
            return vec![refuse("Invalid bulk query: exactly one operation is needed")];
        };
        let mut found = Look::default();
        found.set(document, &operation.selection_set, &Above::default());
        let mut errors = Vec::new();
        let roots = operation.selection_set.root_fields(document);
        let names: Vec<&str> = roots.map(|field| field.name.as_str()).collect();
        if let Some(name) = names.iter().find(|name| matches!(**name, "node" | "nodes")) {
            errors
                .push(refuse(&format!("Bulk queries cannot contain a top level `{name}` field.")));
        }
        if names.len() > 1 {
            errors.push(refuse("Bulk queries cannot contain more than one top level field."));
        }
        if found.connections == 0 {
            errors.push(refuse("Bulk queries must contain at least one connection."));
        }
        if found.connections > 5 {
            errors.push(refuse("Bulk queries cannot contain more than 5 connections."));
        }
        if found.deepest > 3 {
            errors.push(refuse(
                "Bulk queries cannot contain connections with a nesting depth greater than 2.",
            ));
        }
        if let Some(first) = found.by_nodes.first() {
            errors.push(refuse(&format!(
                "All connection fields in a bulk query must select their contents using 'edges' > 'node', \
                 e.g: '{first} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. Invalid \
                 connection fields: '{}'.",
                found.by_nodes.join("', '")
            )));
        }
        if !found.without_id.is_empty() {
            errors.push(refuse(&format!(
                "The parent 'node' field for a nested connection must select the 'id' field without an \
                 alias and must be of 'ID' return type. Connection fields without 'id': {}.",
                found.without_id.join(", ")
            )));
        }
        if found.in_list {
            errors.push(refuse("Queries that contain a connection field within a list field are not currently supported."));
        }
        errors
    }
}

/// What a walk through an inner query finds.
#[derive(Default)]
struct Look {
    connections: usize,
    deepest: usize,
    by_nodes: Vec<String>,
    without_id: Vec<String>,
    in_list: bool,
}

/// What is above a field.
#[derive(Clone, Default)]
struct Above {
    depth: usize,
    list: bool,
}

impl Look {
    fn set(&mut self, document: &ExecutableDocument, set: &SelectionSet, above: &Above) {
        for field in set.root_fields(document) {
            let connection = schema::is_connection(field.ty());
            let list = field.ty().is_list() && !schema::is_leaf(field.ty().inner_named_type());
            if !connection {
                let below =
                    Above { list: above.list || list && field.name != "edges", ..above.clone() };
                self.set(document, &field.selection_set, &below);
                continue;
            }
            self.connections += 1;
            self.in_list |= above.list;
            let below = Above { depth: above.depth + 1, list: false };
            self.deepest = self.deepest.max(below.depth);
            for part in field.selection_set.root_fields(document) {
                if part.name == "nodes" {
                    self.by_nodes.push(field.name.to_string());
                }
                for node in
                    part.selection_set.root_fields(document).filter(|node| node.name == "node")
                {
                    let mut inner = node.selection_set.root_fields(document);
                    let has_id = inner.any(|field| field.name == "id" && field.alias.is_none());
                    let mut all = node.selection_set.all_fields(document);
                    if !has_id && all.any(|field| schema::is_connection(field.ty())) {
                        self.without_id.push(field.name.to_string());
                    }
                    self.set(document, &node.selection_set, &below);
                }
            }
        }
    }
}

/// The first line of apollo's words.
pub(super) fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("Error: ").to_owned()
}
