//! What stops a push: a feed that is suddenly very different from the one before.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::report::Finding;
use crate::profile::Profile;

const DAY: Duration = Duration::from_hours(24);

/// A feed in short: what the next one is compared with. Small enough to keep beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many rows it has.
    pub rows: u64,
    /// Hash of the id of each row that the reader refuses for want of a value, among them those that
    /// were left out.
    pub incomplete: Vec<u64>,
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
        self.incomplete.extend(part.incomplete);
        self.in_stock += part.in_stock;
        self.unknown += part.unknown;
        self.items.extend(part.items);
    }
}

/// How much a feed may differ from the one that is there before its push is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardBounds {
    /// Of the rows that are there, in percent, how many may be gone (F10).
    pub lost_percent_max: u8,
    /// Of the rows that are there, in percent, how many may lack a value that they had; of all rows,
    /// where none is there yet (F11).
    pub incomplete_percent_max: u8,
    /// Of the rows that are there, in percent, how many may have another id (F14).
    pub renamed_percent_max: u8,
    /// Of the rows that are there, in percent, how many prices may have changed by half or more
    /// (F15).
    pub repriced_percent_max: u8,
    /// How old the catalog may be, in hours (F17).
    pub catalog_age_h_max: u32,
}

impl Default for GuardBounds {
    fn default() -> Self {
        Self {
            lost_percent_max: 20,
            incomplete_percent_max: 5,
            renamed_percent_max: 10,
            repriced_percent_max: 10,
            catalog_age_h_max: 24,
        }
    }
}

impl GuardBounds {
    /// What is wrong with them, if something is.
    pub fn check(self) -> Result<(), String> {
        let percents = [
            ("lost_percent_max", self.lost_percent_max),
            ("incomplete_percent_max", self.incomplete_percent_max),
            ("renamed_percent_max", self.renamed_percent_max),
            ("repriced_percent_max", self.repriced_percent_max),
        ];
        match percents.into_iter().find(|(_, percent)| *percent > 100) {
            Some((key, percent)) => {
                Err(format!("guard.{key}: {percent} is not 0 to 100, where 100 stops nothing"))
            }
            None => Ok(()),
        }
    }
}

/// Compares a feed with the one that is there, and tells what should stop the push.
///
/// Once a feed has been put there in spite of a guard, it is what the next one is compared with, so
/// the next one passes. `age` is how old the catalog is that the feed was made of, where that is
/// known.
pub fn guard(
    profile: Profile,
    previous: Option<&Summary>,
    next: &Summary,
    age: Option<Duration>,
    bounds: GuardBounds,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut stop = |id, reason: String| found.push(Finding::new(id, profile, reason));
    if next.rows == 0 {
        stop("F09", "the feed has no rows".to_owned());
    }
    if let Some(reason) = incomplete(previous, next, bounds.incomplete_percent_max) {
        stop("F11", reason);
    }
    if next.rows > 0 && next.unknown == next.rows {
        stop("F16", "no item's availability is known".to_owned());
    }
    if let Some(previous) = previous {
        compare(previous, next, bounds, &mut stop);
    }
    match age {
        Some(age) if age > 13 * DAY => {
            stop("F17f", format!("the catalog is {} days old", age.as_secs() / DAY.as_secs()));
        }
        Some(age) if age > Duration::from_hours(u64::from(bounds.catalog_age_h_max)) => {
            stop("F17", format!("the catalog is {} hours old", age.as_secs() / 3600));
        }
        _ => {}
    }
    found
}

/// Why so many rows without a value should stop the push. What was not there before is not missed.
fn incomplete(previous: Option<&Summary>, next: &Summary, percent: u8) -> Option<String> {
    let (lacking, of, which) = if let Some(previous) = previous {
        let there: HashSet<u64> = previous.items.iter().map(|(id, _, _)| *id).collect();
        let lacking = next.incomplete.iter().filter(|id| there.contains(id)).count();
        (lacking as u64, previous.rows, "rows that are there")
    } else {
        let lacking = next.incomplete.len() as u64;
        (lacking, next.rows + lacking, "rows")
    };
    (next.rows > 0 && exceeds(lacking, of, percent))
        .then(|| format!("{lacking} of {of} {which} lack a value the reader wants"))
}

fn compare(
    previous: &Summary,
    next: &Summary,
    bounds: GuardBounds,
    stop: &mut dyn FnMut(&'static str, String),
) {
    let lost = previous.rows.saturating_sub(next.rows);
    if exceeds(lost, previous.rows, bounds.lost_percent_max) {
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
    if exceeds(renamed, previous.rows, bounds.renamed_percent_max) {
        stop("F14", format!("{renamed} of {} items have another id", previous.rows));
    }
    if exceeds(jumped, kept, bounds.repriced_percent_max) {
        stop("F15", format!("{jumped} of {kept} prices have changed by half or more"));
    }
    // From most of the items to less than half of what it was.
    let was_most = previous.in_stock * 2 >= previous.rows && previous.rows > 0;
    if was_most && next.in_stock * 2 * previous.rows < previous.in_stock * next.rows {
        stop("F16", format!("{} of {} items are in stock", next.in_stock, next.rows));
    }
}

/// Whether a part is more than so many percent of a whole.
fn exceeds(part: u64, whole: u64, percent: u8) -> bool {
    part.saturating_mul(100) > whole.saturating_mul(u64::from(percent))
}
