//! What stops a push.

use std::time::Duration;

use feed::{Format, GuardBounds, Packing, Profile, Severity, Summary, guard, validate};

use crate::golden::whole;

fn summary(rows: u64) -> Summary {
    Summary {
        rows,
        incomplete: Vec::new(),
        in_stock: rows,
        unknown: 0,
        items: (0..rows).map(|at| (at, 1_000_000 + at, 1_000)).collect(),
    }
}

fn stops(previous: Option<&Summary>, next: &Summary, age: Option<Duration>) -> Vec<&'static str> {
    let found = guard(Profile::OpenAi, previous, next, age, GuardBounds::default());
    found.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_feed_like_the_last_one_is_pushed() {
    assert_eq!(stops(None, &summary(100), None), Vec::<&str>::new());
    assert_eq!(stops(Some(&summary(100)), &summary(85), None), Vec::<&str>::new());
    assert_eq!(stops(Some(&summary(10)), &summary(1_000), None), Vec::<&str>::new());
}

#[test]
fn each_guard_stops_what_it_is_for() {
    let last = summary(100);
    assert_eq!(stops(Some(&last), &summary(0), None), ["F09", "F10"]);
    assert_eq!(stops(Some(&last), &summary(79), None), ["F10"]);
    let incomplete = Summary { incomplete: (0..6).collect(), ..summary(100) };
    assert_eq!(stops(Some(&last), &incomplete, None), ["F11"]);
    assert_eq!(stops(None, &incomplete, None), ["F11"], "6 of 106");
    let mut renamed = summary(100);
    renamed.items.iter_mut().take(11).for_each(|(id, _, _)| *id += 5_000);
    assert_eq!(stops(Some(&last), &renamed, None), ["F14"]);
    let mut jumped = summary(100);
    jumped.items.iter_mut().take(11).for_each(|(_, _, price)| *price *= 100);
    assert_eq!(stops(Some(&last), &jumped, None), ["F15"]);
    let sold_out = Summary { in_stock: 30, ..summary(100) };
    assert_eq!(stops(Some(&last), &sold_out, None), ["F16"]);
    let unknown = Summary { in_stock: 0, unknown: 100, ..summary(100) };
    assert_eq!(stops(None, &unknown, None), ["F16"]);
    assert_eq!(stops(Some(&last), &summary(100), Some(Duration::from_hours(25))), ["F17"]);
    assert_eq!(stops(Some(&last), &summary(100), Some(Duration::from_hours(14 * 24))), ["F17f"]);
}

#[test]
fn a_summary_is_kept_between_pushes() {
    let report = validate(&whole(Profile::OpenAi, Format::Jsonl, Packing::Gzip), Profile::OpenAi);
    let kept = serde_json::to_string(&report.summary).unwrap();
    let read: Summary = serde_json::from_str(&kept).unwrap();
    assert_eq!(read, report.summary);
    assert_eq!(read.rows, report.rows_accepted);
    assert!(
        guard(Profile::OpenAi, Some(&read), &read, None, GuardBounds::default())
            .iter()
            .all(|f| f.severity < Severity::Fatal)
    );
}

/// Items 0 to 9 lack a value, and are not there.
fn with_gaps() -> Summary {
    let mut summary = summary(100);
    summary.items.drain(..10);
    Summary { rows: 90, in_stock: 90, incomplete: (0..10).collect(), ..summary }
}

/// Whoever has forced a push is not stopped again by the same gaps, only by new ones.
#[test]
fn gaps_that_are_there_already_stop_nothing() {
    assert_eq!(stops(None, &with_gaps(), None), ["F11"]);
    assert_eq!(stops(Some(&summary(100)), &with_gaps(), None), ["F11"]);
    assert_eq!(stops(Some(&with_gaps()), &with_gaps(), None), Vec::<&str>::new());
    let worse = Summary { incomplete: (0..16).collect(), ..with_gaps() };
    assert_eq!(stops(Some(&with_gaps()), &worse, None), ["F11"]);
}

#[test]
fn each_bound_lets_through_what_it_says() {
    let last = summary(100);
    let mut renamed = summary(100);
    renamed.items.iter_mut().take(11).for_each(|(id, _, _)| *id += 5_000);
    let mut jumped = summary(100);
    jumped.items.iter_mut().take(11).for_each(|(_, _, price)| *price *= 100);
    let incomplete = Summary { incomplete: (0..6).collect(), ..summary(100) };
    let wide = GuardBounds {
        lost_percent_max: 21,
        incomplete_percent_max: 6,
        renamed_percent_max: 11,
        repriced_percent_max: 11,
        catalog_age_h_max: 25,
    };
    let day = Duration::from_hours(25);
    for next in [summary(79), renamed, jumped, incomplete] {
        let found = |bounds| guard(Profile::OpenAi, Some(&last), &next, Some(day), bounds);
        assert_eq!(found(GuardBounds::default()).len(), 2, "and the catalog's age");
        assert_eq!(found(wide), []);
    }
    let nothing = GuardBounds { lost_percent_max: 100, ..wide };
    assert_eq!(guard(Profile::OpenAi, Some(&last), &summary(0), None, nothing).len(), 1, "F09");
}
