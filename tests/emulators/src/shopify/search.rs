//! Search, which learns of a change a moment late.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::catalog::{Product, Variant};
use super::draft::Draft;
use super::order::Order;
use super::problem::Problem;
use super::shop::Shop;

/// What can be searched for, by field.
type Doc = BTreeMap<&'static str, Vec<String>>;

/// What the search knows, and what it will know soon.
pub(super) struct Index {
    docs: BTreeMap<String, Vec<(Timestamp, Doc)>>,
    pub(super) lag: SignedDuration,
}

impl Default for Index {
    fn default() -> Self {
        Self { docs: BTreeMap::new(), lag: SignedDuration::from_secs(3) }
    }
}

impl Index {
    /// A thing changed; the search learns of it later.
    pub(super) fn note(&mut self, gid: &str, doc: Doc, now: Timestamp) {
        self.docs.entry(gid.to_owned()).or_default().push((now, doc));
    }

    /// A thing is gone.
    pub(super) fn forget(&mut self, gid: &str) {
        self.docs.remove(gid);
    }

    /// Drops what no search can see any more.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for versions in self.docs.values_mut() {
            let seen = versions.iter().filter(|(at, _)| *at + self.lag <= now).count();
            versions.drain(..seen.saturating_sub(1));
        }
    }

    /// What the search knows of a thing.
    fn known(&self, gid: &str, now: Timestamp) -> Option<&Doc> {
        let versions = self.docs.get(gid)?.iter();
        versions.filter(|(at, _)| *at + self.lag <= now).map(|(_, doc)| doc).next_back()
    }
}

/// A list that was searched.
pub(super) struct Found {
    pub(super) value: Value,
    /// One entry of `extensions.search`, without its path.
    pub(super) warning: Option<Value>,
}

impl From<Value> for Found {
    fn from(value: Value) -> Self {
        Self { value, warning: None }
    }
}

/// Fields that can be searched for at Shopify, and not here.
const ELSEWHERE: [&str; 26] = [
    "barcode",
    "bundles",
    "category_id",
    "channel",
    "collection_id",
    "customer_id",
    "delivery_method",
    "discount_code",
    "inventory_total",
    "is_price_reduced",
    "location_id",
    "metafields",
    "out_of_stock_somewhere",
    "payment_id",
    "price",
    "product_publication_status",
    "publishable_status",
    "published_at",
    "published_status",
    "return_status",
    "risk_level",
    "sales_channel",
    "source",
    "source_name",
    "test",
    "variant_id",
];

/// One condition.
#[derive(Debug)]
struct Term {
    field: String,
    /// `""`, `>`, `>=`, `<`, `<=`.
    compare: &'static str,
    value: String,
    negated: bool,
    /// Begins a new alternative.
    or: bool,
}

impl Term {
    fn compares<T: Ord>(&self, value: &T, wanted: &T) -> bool {
        match self.compare {
            ">" => value > wanted,
            ">=" => value >= wanted,
            "<" => value < wanted,
            "<=" => value <= wanted,
            _ => value == wanted,
        }
    }
}

impl Shop {
    /// All things of a kind the query finds, in the order of the key. Fields that Shopify knows
    /// and this shop does not are an error; fields that nobody knows are passed over.
    pub(super) fn search(
        &self,
        kind: &str,
        query: Option<&str>,
        sort: &str,
        fields: &[&str],
    ) -> Result<Found, Problem> {
        let now = self.now();
        let terms = query.map(terms).unwrap_or_default();
        let unknown: Vec<&Term> = terms
            .iter()
            .filter(|term| !term.field.is_empty() && !fields.contains(&term.field.as_str()))
            .collect();
        if let Some(term) = unknown.iter().find(|term| ELSEWHERE.contains(&term.field.as_str())) {
            return Err(Problem::not_here(&format!("the search field {}", term.field)));
        }
        let prefix = format!("gid://shopify/{kind}/");
        let mut hits: Vec<(Vec<String>, &String)> = Vec::new();
        for gid in self.index.docs.keys().filter(|gid| gid.starts_with(&prefix)) {
            let Some(doc) = self.index.known(gid, now) else { continue };
            if holds(&terms, doc, fields) {
                let key = match sort {
                    "UPDATED_AT" => "updated_at",
                    "CREATED_AT" | "PROCESSED_AT" => "created_at",
                    "TITLE" => "title",
                    _ => "id",
                };
                hits.push((doc.get(key).cloned().unwrap_or_default(), gid));
            }
        }
        hits.sort();
        let links = hits.into_iter().map(|(_, gid)| super::execute::link(gid.clone()));
        let value = super::execute::pages(links.collect());
        let warning = (!unknown.is_empty()).then(|| {
            let warnings: Vec<Value> = unknown
                .iter()
                .map(|term| {
                    json!({
                        "field": term.field,
                        "message": "Invalid search field for this query.",
                        "code": "invalid_field",
                    })
                })
                .collect();
            json!({ "path": [], "query": query, "parsed": parsed(&terms), "warnings": warnings })
        });
        Ok(Found { value, warning })
    }
}

fn parsed(terms: &[Term]) -> Value {
    let one = |term: &Term| {
        let name = match term.compare {
            ">" => "range_gt",
            ">=" => "range_gte",
            "<" => "range_lt",
            "<=" => "range_lte",
            _ => "match_all",
        };
        json!({ "field": term.field, name: term.value })
    };
    match terms {
        [term] => one(term),
        terms => json!({ "and": terms.iter().map(one).collect::<Vec<_>>() }),
    }
}

/// Reads a query. A time without quotes ends at its first colon, as it does at Shopify.
fn terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = query.trim();
    let mut or = false;
    while !rest.is_empty() {
        rest = rest.trim_start_matches(|letter: char| {
            letter.is_whitespace() || letter == '(' || letter == ')'
        });
        if let Some(after) = rest.strip_prefix("AND ") {
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("OR ") {
            (rest, or) = (after, true);
            continue;
        }
        if rest.is_empty() {
            break;
        }
        let (negated, after) = match rest.strip_prefix('-').or_else(|| rest.strip_prefix("NOT ")) {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let word = after.split([' ', ')']).next().unwrap_or_default();
        let quoted = after.starts_with(['\'', '"']);
        let (field, after) = match word.find(':').filter(|_| !quoted) {
            Some(at) => (after[..at].to_owned(), &after[at + 1..]),
            None => (String::new(), after),
        };
        let (compare, after) = [">=", "<=", ">", "<"]
            .into_iter()
            .find_map(|sign| after.strip_prefix(sign).map(|after| (sign, after)))
            .unwrap_or(("", after));
        let (value, after) = value(after);
        terms.push(Term { field, compare, value, negated, or });
        or = false;
        rest = after;
    }
    terms
}

fn value(text: &str) -> (String, &str) {
    if let Some(quote) = text.chars().next().filter(|letter| matches!(letter, '\'' | '"')) {
        let inner = &text[1..];
        let end = inner.find(quote).unwrap_or(inner.len());
        return (inner[..end].to_owned(), inner.get(end + 1..).unwrap_or_default());
    }
    let end = text.find([' ', ')', ':']).unwrap_or(text.len());
    let after = text[end..].strip_prefix(':').unwrap_or(&text[end..]);
    (text[..end].to_owned(), after)
}

/// Whether a thing is meant: unknown fields are passed over, as Shopify does.
fn holds(terms: &[Term], doc: &Doc, fields: &[&str]) -> bool {
    let mut groups: Vec<Vec<&Term>> = vec![Vec::new()];
    for term in terms {
        if term.or {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(term);
        }
    }
    groups.iter().any(|group| group.iter().all(|term| fits(term, doc, fields)))
}

fn fits(term: &Term, doc: &Doc, fields: &[&str]) -> bool {
    if !term.field.is_empty() && !fields.contains(&term.field.as_str()) {
        return true;
    }
    let id = |text: &str| text.parse::<u64>().ok().filter(|_| term.field == "id");
    let has = |values: &Vec<String>| {
        values.iter().any(|value| {
            if let Some((wanted, value)) = id(&term.value).zip(id(value)) {
                return term.compares(&value, &wanted);
            }
            match time(&term.value).zip(time(value)) {
                Some((wanted, value)) => term.compares(&value, &wanted),
                None => value.eq_ignore_ascii_case(&term.value) || term.value == "*",
            }
        })
    };
    let found = if term.field.is_empty() {
        doc.values().any(has)
    } else {
        doc.get(term.field.as_str()).is_some_and(has)
    };
    found != term.negated
}

/// A time, or a day by the shop's own clock, five hours behind.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
        jiff::tz::offset(-5).to_timestamp(day.at(0, 0, 0, 0)).ok()
    })
}

/// What the search keeps of a draft.
pub(super) fn draft(draft: &Draft) -> Doc {
    let status = if draft.completed.is_some() { "completed" } else { "open" };
    Doc::from([
        ("id", vec![draft.id.to_string()]),
        ("name", vec![format!("#D{}", draft.number)]),
        ("status", vec![status.to_owned()]),
        ("tag", draft.tags.clone()),
        ("email", draft.email.iter().cloned().collect()),
        ("created_at", vec![draft.created.to_string()]),
        ("updated_at", vec![draft.updated.to_string()]),
    ])
}

/// What the search keeps of an order.
pub(super) fn order(order: &Order) -> Doc {
    let status = match (&order.cancelled, order.closed) {
        (Some(_), _) => "cancelled",
        (None, Some(_)) => "closed",
        _ => "open",
    };
    Doc::from([
        ("id", vec![order.id.to_string()]),
        ("name", vec![format!("#{}", order.number), order.number.to_string()]),
        ("status", vec![status.to_owned()]),
        ("financial_status", order.financial().map(str::to_lowercase).into_iter().collect()),
        ("fulfillment_status", vec![order.fulfillment().to_lowercase()]),
        ("tag", order.draft.tags.clone()),
        ("email", order.draft.email.iter().cloned().collect()),
        ("created_at", vec![order.created.to_string()]),
        ("processed_at", vec![order.created.to_string()]),
        ("updated_at", vec![order.updated.to_string()]),
    ])
}

/// What the search keeps of a product.
pub(super) fn product(product: &Product, variants: &[&Variant]) -> Doc {
    Doc::from([
        ("id", vec![product.id.to_string()]),
        ("title", vec![product.title.clone()]),
        ("handle", vec![product.handle.clone()]),
        ("vendor", vec![product.vendor.to_owned()]),
        ("product_type", vec![product.kind.to_owned()]),
        ("status", vec![product.status.to_lowercase()]),
        ("gift_card", vec![product.gift_card.to_string()]),
        ("tag", product.tags.clone()),
        ("sku", variants.iter().filter_map(|v| v.sku).map(str::to_owned).collect()),
        ("created_at", vec![product.created.to_string()]),
        ("updated_at", vec![product.updated.to_string()]),
    ])
}
