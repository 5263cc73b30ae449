//! What stops a push.

use std::time::Duration;

use feed::{Format, Packing, Profile, Severity, Summary, guard, validate};

use crate::golden::whole;

fn summary(rows: u64) -> Summary {
    Summary {
        rows,
        incomplete: 0,
        in_stock: rows,
        unknown: 0,
        items: (0..rows).map(|at| (at, 1_000_000 + at, 1_000)).collect(),
    }
}

fn stops(previous: Option<&Summary>, next: &Summary, age: Option<Duration>) -> Vec<&'static str> {
    let found = guard(Profile::OpenAi, previous, next, age);
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
    let incomplete = Summary { incomplete: 6, ..summary(100) };
    assert_eq!(stops(Some(&last), &incomplete, None), ["F11"]);
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
        guard(Profile::OpenAi, Some(&read), &read, None)
            .iter()
            .all(|f| f.severity < Severity::Fatal)
    );
}
