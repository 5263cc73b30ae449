//! Every assertion of the protocol is named by a test or listed with a reason, and not both.

use std::{collections::BTreeSet, path::Path};

/// How many assertions the protocol makes, by our count.
const ASSERTIONS: u16 = 184;

#[test]
fn every_assertion_is_tested_or_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tested = BTreeSet::new();
    for folder in ["tests/it", "tests/it/stage", "acp/tests/it"] {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                tested.extend(named(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    let page = std::fs::read_to_string(root.join("docs/conformance.md")).unwrap();
    let (_, list) = page.split_once("## Listed").unwrap();
    let listed: BTreeSet<u16> =
        list.lines().filter(|line| line.starts_with("| A")).flat_map(named).collect();
    let both: Vec<_> = tested.intersection(&listed).collect();
    assert!(both.is_empty(), "tested and listed: {both:?}");
    let neither: Vec<_> =
        (1..=ASSERTIONS).filter(|one| !tested.contains(one) && !listed.contains(one)).collect();
    assert!(neither.is_empty(), "neither tested nor listed: {neither:?}");
    let said = format!("{} tested, {} listed", tested.len(), listed.len());
    assert!(page.contains(&said), "docs/conformance.md should say: {said}");
}

/// One by its number, or a range of them: first, `to`, last.
fn named(text: &str) -> BTreeSet<u16> {
    let number = |word: &str| -> Option<u16> {
        let digits = word.trim_start_matches(['(', '`']).strip_prefix('A')?.get(..3)?;
        digits.parse().ok()
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let Some(first) = number(word) else { continue };
        let last = match words.get(at + 1..at + 3) {
            Some(["to", last]) => number(last).unwrap_or(first),
            _ => first,
        };
        found.extend(first..=last);
    }
    found
}
