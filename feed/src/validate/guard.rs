//! What stops a push: a feed that is suddenly very different from the one before.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::report::Finding;
use crate::profile::Profile;

const DAY: Duration = Duration::from_hours(24);

/// A feed in short: what the next one is compared with. Small enough to keep beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many rows it has.
    pub rows: u64,
    /// How many rows the reader refuses for want of a value, among them those that were left out.
    pub incomplete: u64,
    /// How many items are in stock.
    pub in_stock: u64,
    /// How many items' availability nobody knows.
    pub unknown: u64,
    /// Hash of the id, hash of GTIN or page, and price in minor units, of each row.
    pub items: Vec<(u64, u64, i64)>,
}

impl Summary {
    /// Takes another part of the same feed in.
    pub fn add(&mut self, part: Self) {
        self.rows += part.rows;
        self.incomplete += part.incomplete;
        self.in_stock += part.in_stock;
        self.unknown += part.unknown;
        self.items.extend(part.items);
    }
}

/// Compares a feed with the one pushed before it, and tells what should stop the push.
///
/// `age` is how old the catalog is that the feed was made of, where that is known.
pub fn guard(
    profile: Profile,
    previous: Option<&Summary>,
    next: &Summary,
    age: Option<Duration>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut stop = |id, reason: String| found.push(Finding::new(id, profile, reason));
    if next.rows == 0 {
        stop("F09", "the feed has no rows".to_owned());
    }
    let wanted = next.rows + next.incomplete;
    if next.rows > 0 && exceeds(next.incomplete, wanted, 5) {
        stop("F11", format!("{} of {wanted} rows lack a value the reader wants", next.incomplete));
    }
    if next.rows > 0 && next.unknown == next.rows {
        stop("F16", "no item's availability is known".to_owned());
    }
    if let Some(previous) = previous {
        compare(previous, next, &mut stop);
    }
    match age {
        Some(age) if age > 13 * DAY => {
            stop("F17f", format!("the catalog is {} days old", age.as_secs() / DAY.as_secs()));
        }
        Some(age) if age > DAY => {
            stop("F17", format!("the catalog is {} hours old", age.as_secs() / 3600));
        }
        _ => {}
    }
    found
}

fn compare(previous: &Summary, next: &Summary, stop: &mut dyn FnMut(&'static str, String)) {
    let lost = previous.rows.saturating_sub(next.rows);
    if exceeds(lost, previous.rows, 20) {
        stop("F10", format!("it had {} rows and now has {}", previous.rows, next.rows));
    }
    let prices: BTreeMap<u64, i64> =
        next.items.iter().map(|(id, _, price)| (*id, *price)).collect();
    let keys: BTreeMap<u64, u64> = next.items.iter().map(|(id, key, _)| (*key, *id)).collect();
    let (mut renamed, mut kept, mut jumped) = (0, 0, 0);
    for (id, key, before) in &previous.items {
        match prices.get(id) {
            Some(now) => {
                kept += 1;
                jumped += u64::from((now - before).abs().saturating_mul(2) >= *before);
            }
            None => renamed += u64::from(keys.contains_key(key)),
        }
    }
    if exceeds(renamed, previous.rows, 10) {
        stop("F14", format!("{renamed} of {} items have another id", previous.rows));
    }
    if exceeds(jumped, kept, 10) {
        stop("F15", format!("{jumped} of {kept} prices have changed by half or more"));
    }
    // From most of the items to less than half of what it was.
    let was_most = previous.in_stock * 2 >= previous.rows && previous.rows > 0;
    if was_most && next.in_stock * 2 * previous.rows < previous.in_stock * next.rows {
        stop("F16", format!("{} of {} items are in stock", next.in_stock, next.rows));
    }
}

/// Whether a part is more than so many percent of a whole.
fn exceeds(part: u64, whole: u64, percent: u64) -> bool {
    part.saturating_mul(100) > whole.saturating_mul(percent)
}
