//! Documents: what is let in, what is refused and with which words, and what it costs.

use emulators::shopify::weigh;
use serde_json::{Value, json};

use crate::bench::{calls, recordings};
use crate::bench::{Bench, operations};

/// Codes of errors that are found before anything runs.
const BEFORE: [&str; 10] = [
    "undefinedField",
    "undefinedType",
    "argumentNotAccepted",
    "missingRequiredArguments",
    "missingRequiredInputObjectAttribute",
    "argumentLiteralsIncompatible",
    "variableNotUsed",
    "variableMismatch",
    "selectionMismatch",
    "INVALID_VARIABLE",
];

#[tokio::test]
async fn cost_fit() {
    let (mut all, mut most_ok, mut real_ok, mut near) = (0, 0, 0, 0);
    let mut worst = Vec::new();
    for (name, recording) in recordings() {
        for (query, variables, theirs) in calls(&recording) {
            let cost = &theirs["extensions"]["cost"];
            let (Some(most), Some(real)) = (cost["requestedQueryCost"].as_u64(), cost["actualQueryCost"].as_u64()) else { continue };
            let Some((ours, actual)) = weigh(&query, &variables, &theirs["data"]) else { continue };
            all += 1;
            most_ok += u32::from(ours == most);
            real_ok += u32::from(actual == real);
            near += u32::from(actual.abs_diff(real) * 10 <= real);
            if ours != most || actual != real { worst.push(format!("{name}: {ours}/{most} {actual}/{real} Q {} D {}", query.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(700).collect::<String>(), theirs["data"].to_string().chars().take(1800).collect::<String>())); }
        }
    }
    println!("{all}: requested {most_ok}, actual {real_ok}, near {near}");
    for line in worst { println!("{line}"); }
}

#[tokio::test]
async fn every_operation_is_taken() {
    let bench = Bench::new();
    for (name, text) in operations().into_iter().filter(|(name, _)| name != "33_bulk_catalogue_inner") {
        bench.wait(60);
        let answer = bench.ask(&text, json!({})).await;
        let found = answer["errors"].as_array().into_iter().flatten();
        // Variables are missing on purpose; nothing else may be wrong.
        for error in found {
            assert_eq!(error["extensions"]["code"], "INVALID_VARIABLE", "{name}: {error}");
        }
        println!("{name}: {:?}", weigh(&text, &json!({"lines":25,"ids":[],"first":10}), &Value::Null));
    }
}

#[tokio::test]
async fn recorded_documents_are_judged_alike() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let mut judged = 0;
    for (name, recording) in recordings() {
        for (query, variables, theirs) in calls(&recording) {
            if !theirs.is_object() { continue; }
            bench.wait(600);
            judged += 1;
            let ours = bench.ask(&query, variables).await;
            let (a, b) = (early(&ours), early(&theirs));
            if a != b { println!("!! {name}\n   ours {a:?}\n theirs {b:?}"); }
        }
    }
    println!("{judged} judged");
}

/// The errors that came before anything ran, without what depends on the order of members.
fn early(answer: &Value) -> Vec<Value> {
    let errors = answer["errors"].as_array().into_iter().flatten();
    let early = errors.filter(|error| BEFORE.iter().any(|code| error["extensions"]["code"] == *code));
    let mut early: Vec<Value> = early.cloned().collect();
    for error in &mut early {
        let message = error["message"].as_str().unwrap();
        let mut message = message.split("one of: ").next().unwrap().to_owned();
        if let Some((head, _)) = message.split_once(" for ") {
            message = head.to_owned();
        }
        error["message"] = json!(message);
        if let Some(problems) = error["extensions"]["problems"].as_array_mut() {
            for problem in problems.iter_mut() {
                let text = problem["explanation"].as_str().unwrap();
                problem["explanation"] = json!(text.split("one of: ").next());
            }
            problems.sort_by_key(Value::to_string);
        }
    }
    early.sort_by_key(Value::to_string);
    early
}
