//! Documents and what is wrong with them, judged once for each process and text.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::{Definition, Document, OperationDefinition, Selection};
use apollo_compiler::validation::Valid;

use super::bulk::one_line;
use super::lint::{Lint, operations};
use super::problem::Problem;
use super::schema;

/// Texts that are kept; validation against the whole schema takes longer than most answers.
const KEPT: usize = 512;

/// By text, and by how strictly it was read.
type Kept = HashMap<(String, bool), Arc<Judged>>;

static JUDGED: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// A document that parses.
pub(super) struct Judged {
    pub(super) document: Document,
    /// The document ready to be carried out, or everything that is wrong with it.
    pub(super) executable: Result<Valid<ExecutableDocument>, Vec<Problem>>,
    /// Deprecated parts in it.
    pub(super) deprecated: BTreeSet<String>,
}

/// Judges a text; `strict` takes what is deprecated for removed. Fails if it does not parse.
pub(super) fn judged(text: &str, strict: bool) -> Result<Arc<Judged>, Problem> {
    let key = (text.to_owned(), strict);
    let mut kept = JUDGED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(&key) {
        return Ok(known.clone());
    }
    let document = parsed(text)?;
    let lint = Lint::of(&document, strict);
    let (problems, deprecated) = (lint.problems, lint.deprecated);
    let executable = if problems.is_empty() {
        document.to_executable_validate(schema::schema()).map_err(|broken| {
            let found = broken.errors.iter().map(|found| found.to_json().message);
            found.map(|message| Problem::new("INVALID_DOCUMENT", message)).collect()
        })
    } else {
        Err(problems)
    };
    let judged = Arc::new(Judged { document, executable, deprecated });
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, judged.clone());
    Ok(judged)
}

fn parsed(text: &str) -> Result<Document, Problem> {
    let syntax = |what: &str| Problem::new("PARSE_ERROR", format!("syntax error, {what}"));
    match Document::parse(text, "query.graphql") {
        Ok(document) if document.definitions.is_empty() => Err(syntax("unexpected end of file")),
        Ok(document) => Ok(document),
        Err(broken) => Err(syntax(&one_line(&broken.errors.to_string()))),
    }
}

impl Judged {
    /// The operation that is meant.
    pub(super) fn operation(&self, name: Option<&str>) -> Result<&OperationDefinition, Problem> {
        let all = operations(&self.document);
        let found = match name {
            Some(name) => all.get(&Some(name.to_owned())),
            None if all.len() == 1 => all.first().map(|(_, operation)| operation),
            None => None,
        };
        let message = || match name {
            Some(name) => format!("No operation named \"{name}\""),
            None => "An operation name is required".to_owned(),
        };
        let problem = || Problem::new("BAD_REQUEST", message());
        found.map(|operation| &***operation).ok_or_else(problem)
    }
}

/// Operation and root fields of a text, for planned faults and the journal.
pub(super) fn names(text: &str) -> Vec<String> {
    let kept = judged(text, false);
    let Ok(judged) = kept else { return Vec::new() };
    let mut names = BTreeSet::new();
    for definition in &judged.document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        names.extend(operation.name.as_ref().map(ToString::to_string));
        let fields = operation.selection_set.iter().filter_map(Selection::as_field);
        names.extend(fields.map(|field| field.name.to_string()));
    }
    names.into_iter().collect()
}
