//! What a call costs, and the bucket it is paid from.
//!
//! Scalars and money cost nothing, an object 1, a page of a list 2 and its nodes by the
//! logarithm of their number, a mutation 10 with the thing it answers for nothing.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::schema;
use super::variables::literal;

/// The dearest call that is let in.
pub(super) const MOST: u64 = 1000;

/// What a call may cost at most.
pub(super) fn requested(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &Map<String, Value>,
) -> u64 {
    let count = Count { document, variables, data: false };
    count.roots(operation, &Value::Null)
}

/// What it did cost, by what came back.
pub(super) fn actual(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &Map<String, Value>,
    data: &Value,
) -> u64 {
    let count = Count { document, variables, data: true };
    count.roots(operation, data)
}

struct Count<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Map<String, Value>,
    /// Whether there is data to count by.
    data: bool,
}

impl Count<'_> {
    fn roots(&self, operation: &Operation, data: &Value) -> u64 {
        let mutation = operation.is_mutation();
        let fields = operation.selection_set.root_fields(self.document);
        let costs = fields.map(|field| {
            let value = &data[field.response_key().as_str()];
            if mutation {
                // Those that move money cost twice as much.
                let dear = matches!(
                    field.name.as_str(),
                    "refundCreate" | "orderCapture" | "transactionVoid"
                );
                return if dear { 20 } else { 10 } + self.payload(&field.selection_set, value);
            }
            let name = field.name.as_str();
            if name.ends_with("Count") && field.ty().inner_named_type() == "Count" {
                return 10;
            }
            self.field(field, value)
        });
        costs.sum()
    }

    /// What a mutation answers is free, what hangs on that is not.
    fn payload(&self, set: &SelectionSet, data: &Value) -> u64 {
        let fields = set.root_fields(self.document);
        let costs = fields.filter(|field| field.name != "userErrors").map(|field| {
            let value = &data[field.response_key().as_str()];
            if schema::is_connection(field.ty()) {
                self.field(field, value)
            } else {
                self.inside(field, value)
            }
        });
        costs.sum()
    }

    /// The objects in a field's value, without themselves.
    fn inside(&self, field: &Field, data: &Value) -> u64 {
        match data {
            Value::Array(items) if self.data => {
                items.iter().map(|item| self.set(&field.selection_set, item)).max().unwrap_or(0)
            }
            Value::Null if self.data => 0,
            _ => self.set(&field.selection_set, data),
        }
    }

    fn set(&self, set: &SelectionSet, data: &Value) -> u64 {
        let (mut sum, mut most) = (0, 0);
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    sum += self.field(field, &data[field.response_key().as_str()]);
                }
                Selection::InlineFragment(fragment) => {
                    let cost = self.set(&fragment.selection_set, data);
                    let other = fragment.type_condition.as_ref().is_some_and(|on| *on != set.ty);
                    if other { most = most.max(cost) } else { sum += cost }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document) {
                        let cost = self.set(&fragment.selection_set, data);
                        if fragment.selection_set.ty == set.ty {
                            sum += cost;
                        } else {
                            most = most.max(cost);
                        }
                    }
                }
            }
        }
        sum + most
    }

    fn field(&self, field: &Field, data: &Value) -> u64 {
        let ty = field.ty();
        let name = ty.inner_named_type().as_str();
        if schema::is_leaf(name) || matches!(name, "MoneyBag" | "MoneyV2" | "PageInfo") {
            return 0;
        }
        if schema::is_connection(ty) {
            return self.page(field, data);
        }
        if self.data && !ty.is_list() && data.is_null() {
            return 1;
        }
        let one = match data {
            Value::Array(items) if self.data && items.is_empty() => 0,
            _ => 1,
        };
        one + self.inside(field, data)
    }

    /// A connection: 2, and each node by the logarithm of how many may come.
    fn page(&self, field: &Field, data: &Value) -> u64 {
        let asked = self.asked(field).unwrap_or(0);
        let mut node = 0;
        let mut got = 0;
        for part in field.selection_set.root_fields(self.document) {
            let value = &data[part.response_key().as_str()];
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            got = got.max(items.len() as u64);
            match part.name.as_str() {
                "nodes" => node = node.max(1 + self.inside(part, value)),
                "edges" => {
                    for inner in part.selection_set.root_fields(self.document) {
                        if inner.name != "node" {
                            continue;
                        }
                        let key = inner.response_key().as_str();
                        let nodes: Value = items.iter().map(|edge| edge[key].clone()).collect();
                        let value = if self.data { &nodes } else { &Value::Null };
                        node = node.max(1 + self.inside(inner, value));
                    }
                }
                _ => {}
            }
        }
        let whole = times(asked);
        if self.data && got == 0 {
            // What was not looked into is not given back, what would have hung on it is.
            return 2 + if node == 0 { 0 } else { whole };
        }
        // A page that is not full costs its part.
        let part = if self.data { (whole * got).div_ceil(asked.max(1)) } else { whole };
        2 + part.min(whole) * node
    }

    /// How many were asked for.
    fn asked(&self, field: &Field) -> Option<u64> {
        let given = |name| field.specified_argument_by_name(name);
        let value = given("first").or_else(|| given("last"))?;
        literal(value, self.variables).as_u64()
    }
}

/// `floor(2 ln n)` and at least 1; 0 for none. The steps are where it grows.
fn times(count: u64) -> u64 {
    const STEPS: [u64; 12] = [1, 3, 5, 8, 13, 21, 34, 55, 91, 149, 245, 404];
    STEPS.iter().filter(|step| count >= **step).count() as u64
}

/// The app's bucket in this store.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    most: u64,
    rate: u64,
    /// Thousandths of a point, so that time can be counted in milliseconds.
    left: u64,
    since: Timestamp,
}

impl Bucket {
    pub(super) fn new(most: u64, rate: u64, now: Timestamp) -> Self {
        Self { most, rate, left: most * 1000, since: now }
    }

    /// Another plan; the bucket is full.
    pub(super) fn resize(&mut self, most: u64, rate: u64) {
        *self = Self::new(most, rate, self.since);
    }

    /// Leaves this many points in it.
    pub(super) fn drain_to(&mut self, points: u64, now: Timestamp) {
        self.restore(now);
        self.left = points.min(self.most) * 1000;
    }

    /// Takes points, if they are there.
    pub(super) fn take(&mut self, points: u64, now: Timestamp) -> bool {
        self.restore(now);
        let wanted = points * 1000;
        let fits = wanted <= self.left;
        if fits {
            self.left -= wanted;
        }
        fits
    }

    /// Gives back what was taken and not needed.
    pub(super) fn give_back(&mut self, points: u64) {
        self.left = (self.left + points * 1000).min(self.most * 1000);
    }

    /// `throttleStatus`.
    pub(super) fn status(&self) -> Value {
        json!({
            "maximumAvailable": self.most,
            "currentlyAvailable": self.left / 1000,
            "restoreRate": self.rate,
        })
    }

    fn restore(&mut self, now: Timestamp) {
        let passed = now.as_millisecond().saturating_sub(self.since.as_millisecond());
        let passed = u64::try_from(passed).unwrap_or(0);
        self.left = (self.left + passed * self.rate).min(self.most * 1000);
        self.since = now;
    }
}
