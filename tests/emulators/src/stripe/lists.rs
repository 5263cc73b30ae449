//! Lists, which miss nothing.

use serde_json::{Value, json};

use super::{errors::Refusal, form::Form};

/// What every list can be asked for.
pub(super) struct Page {
    limit: usize,
    after: Option<String>,
    before: Option<String>,
    created: Bounds,
}

impl Page {
    pub(super) fn read(form: &mut Form) -> Result<Self, Refusal> {
        let limit = limit(form)?;
        let (after, before) = (form.text("starting_after")?, form.text("ending_before")?);
        if after.is_some() && before.is_some() {
            let words = "You may only specify one of these parameters: starting_after, \
                         ending_before.";
            return Err(Refusal::parameter(words, "ending_before"));
        }
        Ok(Self { limit, after, before, created: Bounds::read(form)? })
    }

    /// The page of what is wanted, newest first. `place` is a thing's id and when it was made.
    pub(super) fn list<'a, T: 'a>(
        self,
        kind: &str,
        url: &str,
        newest: impl Iterator<Item = &'a T>,
        place: impl Fn(&'a T) -> (&'a String, i64),
        view: impl Fn(&T) -> Value,
    ) -> Result<Value, Refusal> {
        let mut found: Vec<_> = newest.collect();
        let at = |id: &str, param: &str| {
            let at = found.iter().position(|thing| place(thing).0 == id);
            at.ok_or_else(|| Refusal::no_such(400, kind, id, param))
        };
        let start = match &self.after {
            Some(after) => at(after, "starting_after")? + 1,
            None => 0,
        };
        let end = match &self.before {
            Some(before) => at(before, "ending_before")?,
            None => found.len(),
        };
        found.truncate(end);
        found.drain(..start);
        found.retain(|thing| self.created.hold(place(thing).1));
        let has_more = found.len() > self.limit;
        if self.before.is_some() {
            found.drain(..found.len().saturating_sub(self.limit));
        }
        let data: Vec<_> = found.into_iter().take(self.limit).map(view).collect();
        Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
    }
}

pub(super) fn limit(form: &mut Form) -> Result<usize, Refusal> {
    let limit = form.positive("limit")?.unwrap_or(10);
    let within = usize::try_from(limit).ok().filter(|limit| *limit <= 100);
    let words = "Limit cannot exceed 100";
    within.ok_or_else(|| Refusal::parameter(words, "limit").code("parameter_invalid_integer"))
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
