//! Search, which lags behind: it finds, and shows, things as they were a while ago.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};

use super::{account::Account, errors::Refusal, form::Form, intents::Intent, lists::limit};

const INVALID: &str = "We were unable to parse your search query.";

/// What search knows.
#[derive(Default)]
pub(super) struct Index {
    known: BTreeMap<String, Arc<Intent>>,
    /// Changes not seen yet, oldest first.
    coming: VecDeque<Arc<Intent>>,
}

impl Index {
    pub(super) fn hear(&mut self, intent: Arc<Intent>) {
        self.coming.push_back(intent);
    }

    /// Takes in everything that happened by then.
    fn catch_up(&mut self, then: i64) {
        while let Some(intent) = self.coming.pop_front_if(|intent| intent.changed <= then) {
            self.known.insert(intent.id.clone(), intent);
        }
    }
}

impl Account {
    /// Answers `GET /v1/payment_intents/search`, newest first.
    pub(super) fn search_intents(&mut self, mut form: Form) -> Result<Value, Refusal> {
        let query = form.text("query")?.ok_or_else(|| form.missing("query"))?;
        let limit = limit(&mut form)?;
        let skip = match form.text("page")? {
            Some(page) => page.parse().map_err(|_| Refusal::parameter("Invalid page", "page"))?,
            None => 0,
        };
        form.end()?;
        let query = Query::read(&query).ok_or_else(|| Refusal::parameter(INVALID, "query"))?;
        self.index.catch_up(self.now() - self.quirks.search_lag);
        let mut found: Vec<_> =
            self.index.known.values().filter(|intent| query.finds(intent)).collect();
        found.sort_by_key(|intent| Reverse(intent.made));
        let has_more = found.len() > skip + limit;
        let data: Vec<_> =
            found.iter().skip(skip).take(limit).map(|intent| intent.view()).collect();
        Ok(json!({
            "object": "search_result",
            "data": data,
            "has_more": has_more,
            "next_page": has_more.then(|| (skip + limit).to_string()),
            "url": "/v1/payment_intents/search",
        }))
    }
}

/// Clauses joined by `AND`, or by `OR`, never by both.
struct Query {
    clauses: Vec<Clause>,
    any: bool,
}

/// `status:'x'`, `-metadata['k']:'v'`, `amount>1000`.
struct Clause {
    negated: bool,
    field: Field,
}

enum Field {
    Text(&'static str, String),
    /// An empty value: `null`, which is a key that is not set.
    Metadata(String, Option<String>),
    Number(&'static str, char, i64),
}

impl Query {
    fn read(text: &str) -> Option<Self> {
        let (both, either) = (text.contains(" AND "), text.contains(" OR "));
        if both && either {
            return None;
        }
        let clauses = text.split(if either { " OR " } else { " AND " });
        let clauses = clauses.map(Clause::read).collect::<Option<Vec<_>>>()?;
        (clauses.len() <= 10).then_some(Self { clauses, any: either })
    }

    fn finds(&self, intent: &Intent) -> bool {
        let mut held = self.clauses.iter().map(|clause| clause.holds(intent));
        if self.any { held.any(|held| held) } else { held.all(|held| held) }
    }
}

impl Clause {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negated, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        for name in ["amount", "created"] {
            let Some(rest) = text.strip_prefix(name) else { continue };
            let sign = rest.chars().next().filter(|sign| ":<>".contains(*sign))?;
            let number = &rest[1..];
            let number = unquoted(number).unwrap_or(number).parse().ok()?;
            return Some(Self { negated, field: Field::Number(name, sign, number) });
        }
        let (name, value) = text.split_once(':')?;
        if let Some(name) = ["currency", "status"].into_iter().find(|known| *known == name) {
            let value = unquoted(value)?.to_owned();
            return Some(Self { negated, field: Field::Text(name, value) });
        }
        let key = unquoted(name.strip_prefix("metadata[")?.strip_suffix(']')?)?.to_owned();
        let value = if value == "null" { None } else { Some(unquoted(value)?.to_owned()) };
        Some(Self { negated, field: Field::Metadata(key, value) })
    }

    fn holds(&self, intent: &Intent) -> bool {
        let holds = match &self.field {
            Field::Text("currency", value) => intent.currency == *value,
            Field::Text(_, value) => intent.status.name() == value,
            Field::Metadata(key, value) => intent.metadata.get(key) == value.as_ref(),
            Field::Number(name, sign, wanted) => {
                let number = if *name == "amount" { intent.amount } else { intent.created };
                match sign {
                    '<' => number < *wanted,
                    '>' => number > *wanted,
                    _ => number == *wanted,
                }
            }
        };
        holds != self.negated
    }
}

fn unquoted(text: &str) -> Option<&str> {
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted('\'').or_else(|| quoted('"'))
}
