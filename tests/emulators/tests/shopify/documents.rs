//! Documents: what is let in, what is refused and with which words, and what it costs.

use std::io::{Read, Write};
use std::path::Path;

use apollo_compiler::Schema;
use emulators::shopify::{Plan, weigh};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::bench::{Bench, calls, operations, recordings, schema};

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

/// Recordings that cannot be repeated word for word, and why.
const OTHERWISE: [(&str, &str); 6] = [
    ("fulfillment-order-hold-multi-line", "asks for a field that 2026-10 has no more"),
    ("fulfillment-order-move-multi-line", "asks for a field that 2026-10 has no more"),
    ("orderInvoiceSend-email-validation", "is recorded without its variables"),
    ("orderUpdate-localization-and-staff", "is recorded with another document than was sent"),
    ("return-shipping-fee-recorded", "is recorded with another document than was sent"),
    ("webhook-subscription-metafield-namespaces-resolution", "lacks a field that 2026-10 has"),
];

#[test]
fn the_schema_is_whole_and_shopifys() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/shopify");
    let packed = std::fs::read(folder.join("admin_2026-10.graphql.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    Schema::parse_and_validate(&text, "admin_2026-10.graphql").unwrap();
    assert!(std::fs::read_to_string(folder.join("LICENSE")).unwrap().contains("Shopify"));
    if let Some(shared) = schema() {
        assert_eq!(text.trim_end(), shared.trim_end());
    }
}

#[tokio::test]
async fn every_operation_is_taken() {
    let bench = Bench::new();
    for (name, text) in
        operations().into_iter().filter(|(name, _)| name != "33_bulk_catalogue_inner")
    {
        bench.wait(60);
        let answer = bench.ask(&text, json!({})).await;
        for error in answer["errors"].as_array().into_iter().flatten() {
            // The variables are missing on purpose, and an order made from nothing is not here.
            let code = error["extensions"]["code"].as_str().unwrap();
            assert_eq!(code, "INVALID_VARIABLE", "{name}: {error}");
        }
        let (most, _) = weigh(&text, &json!({ "lines": 25 }), &Value::Null).unwrap();
        assert!(most <= 500, "{name} costs {most}");
    }
}

#[tokio::test]
async fn recorded_documents_are_judged_alike() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let mut judged = 0;
    for (name, recording) in recordings() {
        for (query, variables, theirs) in calls(&recording) {
            if !theirs.is_object() || OTHERWISE.iter().any(|(known, _)| *known == name) {
                continue;
            }
            bench.wait(600);
            judged += 1;
            let ours = bench.ask(&query, variables).await;
            assert_eq!(early(&ours), early(&theirs), "{name}: {query}");
        }
    }
    say(&format!("{judged} recorded documents judged\n"));
}

#[tokio::test]
async fn recorded_costs_are_met() {
    let (mut all, mut most_met, mut real_met, mut near) = (0_u32, 0_u32, 0_u32, 0_u32);
    for (_, recording) in recordings() {
        for (query, variables, theirs) in calls(&recording) {
            let cost = &theirs["extensions"]["cost"];
            let recorded =
                cost["requestedQueryCost"].as_u64().zip(cost["actualQueryCost"].as_u64());
            let ours = weigh(&query, &variables, &theirs["data"]);
            let (Some((most, real)), Some((ours_most, ours_real))) = (recorded, ours) else {
                continue;
            };
            all += 1;
            most_met += u32::from(ours_most == most);
            real_met += u32::from(ours_real == real);
            near += u32::from(ours_real.abs_diff(real) * 10 <= real);
        }
    }
    say(&format!(
        "{all} recorded costs: {most_met} asked for, {real_met} (within a tenth {near}) taken\n"
    ));
    assert!(most_met * 100 >= all * 97, "the most a call may cost");
    assert!(near * 100 >= all * 80, "what a call did cost");
}

#[tokio::test]
async fn words_for_mistakes() {
    let bench = Bench::new();
    let code = async |query: &str| {
        let answer = bench.ask(query, json!({})).await;
        assert!(answer.get("data").is_none() && answer.get("extensions").is_none(), "{answer}");
        answer["errors"][0].clone()
    };
    let error = code("{ shop { nonsense } }").await;
    assert_eq!(error["message"], "Field 'nonsense' doesn't exist on type 'Shop'");
    assert_eq!(error["path"], json!(["query", "shop", "nonsense"]));
    assert_eq!(error["extensions"]["code"], "undefinedField");
    assert_eq!(code("{ shop }").await["extensions"]["code"], "selectionMismatch");
    assert_eq!(
        code("query Q($x: ID!) { shop { id } }").await["extensions"]["code"],
        "variableNotUsed"
    );
    assert_eq!(
        code("query Q { order(id: $x) { id } }").await["extensions"]["code"],
        "variableNotDefined"
    );
    let error = code("query Q($x: String!) { order(id: $x) { id } }").await;
    assert_eq!(error["extensions"]["code"], "variableMismatch");
    assert_eq!(code("{ shop { id }").await["extensions"]["code"], "PARSE_ERROR");
    assert_eq!(code("{ shop { ...Nothing } }").await["extensions"]["code"], "INVALID_DOCUMENT");
    let answer = bench.ask("{ order(id: \"gid://shopify/Product/1\") { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RESOURCE_NOT_FOUND");
    assert_eq!(answer["data"]["order"], Value::Null);
    let answer = bench
        .ask(
            "{ orders(first: 5) { nodes { id } } shopifyFunctions(first: 1) { nodes { id } } }",
            json!({}),
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_EMULATED", "never silently null");
}

#[tokio::test]
async fn what_is_deprecated_is_gone() {
    let bench = Bench::new();
    let id = bench.draft(&[("BEANIE-1", 1)], json!({})).await;
    let query = "mutation M($id: ID!) { draftOrderComplete(id: $id, paymentPending: true) { draftOrder { order { id displayFinancialStatus } } userErrors { message } } }";
    let answer = bench.ask(query, json!({ "id": id })).await;
    assert_eq!(
        answer["errors"][0]["message"],
        "Field 'draftOrderComplete' doesn't accept argument 'paymentPending'"
    );
    let input = json!({ "lineItems": [{ "title": "Wrapping", "quantity": 1, "originalUnitPrice": "1.00" }] });
    let create = "mutation M($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } userErrors { message } } }";
    let answer = bench.ask(create, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_VARIABLE");

    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let payload = bench.done(query, json!({ "id": id })).await;
    assert_eq!(payload["draftOrder"]["order"]["displayFinancialStatus"], "PENDING");
    bench.done(create, json!({ "input": input })).await;
    let journal = bench.store.journal();
    let used: Vec<&Value> =
        journal.iter().map(|call| &call["deprecated"]).filter(|used| **used != json!([])).collect();
    assert!(used.contains(&&json!(["Mutation.draftOrderComplete(paymentPending)"])), "{used:?}");
    assert!(used.contains(&&json!(["DraftOrderLineItemInput.originalUnitPrice"])), "{used:?}");
}

#[tokio::test]
async fn the_bucket_empties_and_fills() {
    let bench = Bench::new();
    let page =
        "{ products(first: 100) { nodes { id title variants(first: 5) { nodes { id } } } } }";
    let cost = |answer: &Value| answer["extensions"]["cost"].clone();
    let first = cost(&bench.ask(page, json!({})).await);
    assert_eq!(first["requestedQueryCost"], 56);
    let actual = first["actualQueryCost"].as_u64().unwrap();
    assert!(actual < 56);
    let left = first["throttleStatus"]["currentlyAvailable"].as_u64().unwrap();
    assert_eq!(left, 2000 - actual, "what was not needed is given back");
    assert_eq!(first["throttleStatus"]["restoreRate"], 100);
    bench.store.drain(40);
    let answer = bench.ask(page, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "THROTTLED");
    assert_eq!(cost(&answer)["actualQueryCost"], Value::Null);
    assert_eq!(cost(&answer)["throttleStatus"]["currentlyAvailable"], 40);
    bench.wait(1);
    assert_eq!(bench.ask(page, json!({})).await["errors"], Value::Null, "100 points a second");
    let dear = "{ products(first: 250) { nodes { id variants(first: 250) { nodes { id metafields(first: 250) { nodes { id } } } } } } }";
    let answer = bench.ask(dear, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "MAX_COST_EXCEEDED");
    bench.store.set_plan(Plan::Plus);
    let status = cost(&bench.ask(page, json!({})).await)["throttleStatus"].clone();
    assert_eq!(
        (&status["maximumAvailable"], &status["restoreRate"]),
        (&json!(20_000), &json!(1000))
    );
}

#[tokio::test]
async fn pages_need_a_size_from_one_end() {
    let bench = Bench::new();
    let why = async |args: &str| {
        let answer =
            bench.ask(&format!("{{ products{args} {{ nodes {{ id }} }} }}"), json!({})).await;
        answer["errors"][0]["message"].as_str().unwrap_or("fine").to_owned()
    };
    assert_eq!(why("").await, "you must provide one of first or last");
    assert_eq!(why("(first: 1, last: 1)").await, "providing both first and last is not supported");
    assert_ne!(why("(first: 251)").await, "fine");
    assert_eq!(why("(first: 250)").await, "fine");
    let page = "query P($after: String) { products(first: 6, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }";
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let data = bench.data(page, json!({ "after": after })).await;
        let edges = data["products"]["edges"].as_array().unwrap();
        seen.extend(edges.iter().map(|edge| edge["node"]["id"].to_string()));
        if data["products"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = data["products"]["pageInfo"]["endCursor"].clone();
    }
    let many = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((many, seen.len()), (15, 15));
}

/// The errors that came before anything ran, without what depends on the order of members.
fn early(answer: &Value) -> Vec<Value> {
    let errors = answer["errors"].as_array().into_iter().flatten();
    let early =
        errors.filter(|error| BEFORE.iter().any(|code| error["extensions"]["code"] == *code));
    let mut early: Vec<Value> = early.cloned().collect();
    for error in &mut early {
        let message = error["message"].as_str().unwrap();
        error["message"] = json!(message.split(" for ").next());
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

/// The test runner swallows what macros print, and these figures are meant to be seen.
fn say(words: &str) {
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}
