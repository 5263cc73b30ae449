//! Lists, which miss nothing, and search, which lags behind.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{account::Account, errors::Refusal, form::Form, intents::Intent};

/// How long a change stays hidden from search.
const SEARCH_LAG: SignedDuration = SignedDuration::from_mins(1);

impl Account {
    /// Answers `GET /v1/payment_intents`, newest first.
    pub(super) fn list_intents(&self, mut form: Form) -> Result<Value, Refusal> {
        let limit = limit(&mut form)?;
        let after = form.text("starting_after")?;
        let created = Bounds::read(&mut form)?;
        form.end()?;
        let mut newest = self.intents.iter().rev();
        if let Some(after) = after
            && !newest.any(|intent| intent.id == after)
        {
            return Err(Refusal::no_such(400, "payment_intent", &after, "starting_after"));
        }
        let found = newest.filter(|intent| created.hold(intent.created));
        let (data, has_more) = page(found, limit);
        let url = "/v1/payment_intents";
        Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
    }

    /// Answers `GET /v1/payment_intents/search` for terms joined by `AND`, of `status` and
    /// `metadata['…']`.
    pub(super) fn search_intents(&self, mut form: Form) -> Result<Value, Refusal> {
        let query = form.text("query")?.ok_or_else(|| form.missing("query"))?;
        let limit = limit(&mut form)?;
        form.end()?;
        let terms = query.split(" AND ").map(Term::read).collect::<Option<Vec<_>>>();
        let invalid = || Refusal::parameter("We were unable to parse your search query.", "query");
        let terms = terms.ok_or_else(invalid)?;
        let seen = self.now() - SEARCH_LAG.as_secs();
        let found =
            self.intents.iter().rev().filter(|intent| {
                intent.changed <= seen && terms.iter().all(|term| term.holds(intent))
            });
        let (data, has_more) = page(found, limit);
        let url = "/v1/payment_intents/search";
        Ok(json!({
            "object": "search_result", "data": data, "has_more": has_more, "next_page": null,
            "url": url,
        }))
    }
}

/// When something may have been created, in seconds, both included.
struct Bounds {
    first: i64,
    last: i64,
}

impl Bounds {
    fn read(form: &mut Form) -> Result<Self, Refusal> {
        let mut bounds = Self { first: i64::MIN, last: i64::MAX };
        let Some(mut hash) = form.hash("created")? else { return Ok(bounds) };
        if let Some(second) = hash.integer("gte")? {
            bounds.first = second;
        }
        if let Some(second) = hash.integer("gt")? {
            bounds.first = bounds.first.max(second.saturating_add(1));
        }
        if let Some(second) = hash.integer("lte")? {
            bounds.last = second;
        }
        if let Some(second) = hash.integer("lt")? {
            bounds.last = bounds.last.min(second.saturating_sub(1));
        }
        hash.end()?;
        Ok(bounds)
    }

    fn hold(&self, second: i64) -> bool {
        (self.first..=self.last).contains(&second)
    }
}

/// One condition of a search.
enum Term {
    Status(String),
    Metadata(String, String),
}

impl Term {
    /// Reads `status:'x'` or `metadata['k']:'v'`.
    fn read(text: &str) -> Option<Self> {
        let (field, value) = text.trim().split_once(':')?;
        let value = unquoted(value)?.to_owned();
        if field == "status" {
            return Some(Self::Status(value));
        }
        let key = field.strip_prefix("metadata[")?.strip_suffix(']')?;
        Some(Self::Metadata(unquoted(key)?.to_owned(), value))
    }

    fn holds(&self, intent: &Intent) -> bool {
        match self {
            Self::Status(status) => intent.status.name() == status,
            Self::Metadata(key, value) => intent.metadata.get(key) == Some(value),
        }
    }
}

fn unquoted(text: &str) -> Option<&str> {
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted('\'').or_else(|| quoted('"'))
}

fn limit(form: &mut Form) -> Result<usize, Refusal> {
    let limit = form.positive("limit")?.unwrap_or(10);
    let within = usize::try_from(limit).ok().filter(|limit| *limit <= 100);
    let words = "Limit cannot exceed 100";
    within.ok_or_else(|| Refusal::parameter(words, "limit").code("parameter_invalid_integer"))
}

fn page<'a>(mut found: impl Iterator<Item = &'a Intent>, limit: usize) -> (Vec<Value>, bool) {
    let data = found.by_ref().take(limit).map(Intent::view).collect();
    (data, found.next().is_some())
}
