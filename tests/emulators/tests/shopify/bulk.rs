//! Bulk operations: lines with their parents, one at a time, from an address of their own.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::bench::{Bench, calls, like, operation, operations, recording};

const START: &str = "mutation Start($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) { bulkOperation { id status createdAt } userErrors { field message code } } }";
const POLL: &str = "query Poll($id: ID!) { bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt } }";
const ALL: &str = "{ products { edges { node { id title variants { edges { node { id sku price } } } media { edges { node { id } } } } } } }";

async fn start(bench: &Bench, query: &str) -> String {
    let payload = bench.done(START, json!({ "query": query })).await;
    assert_eq!(payload["bulkOperation"]["status"], "CREATED");
    payload["bulkOperation"]["id"].as_str().unwrap().to_owned()
}

async fn poll(bench: &Bench, id: &str) -> Value {
    bench.data(POLL, json!({ "id": id })).await["bulkOperation"].clone()
}

async fn fetch(bench: &Bench, url: &str, token: bool) -> (u16, Vec<Value>) {
    let path = url.strip_prefix("http://127.0.0.1:8092").unwrap();
    let mut request = Request::get(path);
    if token {
        request = request.header("x-shopify-access-token", bench.store.admin_token());
    }
    let reply = bench.send(request.body(Body::empty()).unwrap()).await;
    let lines = reply.text.lines().map(|line| serde_json::from_str(line).unwrap_or_default());
    (reply.status, lines.collect())
}

#[tokio::test]
async fn a_catalog_as_lines() {
    let bench = Bench::new();
    let id = start(&bench, ALL).await;
    assert_eq!(poll(&bench, &id).await["status"], "RUNNING");
    let done = poll(&bench, &id).await;
    assert_eq!((&done["status"], &done["rootObjectCount"]), (&json!("COMPLETED"), &json!("15")));
    let url = done["url"].as_str().unwrap();
    assert_eq!(fetch(&bench, url, true).await.0, 400, "a token shown there is a token given away");
    let (status, lines) = fetch(&bench, url, false).await;
    assert_eq!(
        (status, lines.len().to_string()),
        (200, done["objectCount"].as_str().unwrap().to_owned())
    );
    let parents: Vec<&str> = lines
        .iter()
        .filter(|line| line.get("__parentId").is_none())
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    assert_eq!(parents.len(), 15);
    let tees =
        lines.iter().filter(|line| line["sku"].as_str().is_some_and(|sku| sku.starts_with("TEE-")));
    let tees: Vec<&Value> = tees.collect();
    assert_eq!(tees.len(), 4);
    assert!(tees.iter().all(|tee| tee["__parentId"] == tees[0]["__parentId"]));
    assert!(
        lines.iter().all(|line| line.get("variants").is_none()),
        "children are lines of their own"
    );
    bench.wait(7 * 24 * 3600 + 1);
    assert_eq!(fetch(&bench, url, false).await.0, 403);
    assert_eq!(poll(&bench, &id).await["url"], Value::Null);
}

#[tokio::test]
async fn the_whole_catalog_query_runs() {
    let bench = Bench::new();
    if operations().is_empty() {
        return;
    }
    let id = start(&bench, &operation("33_bulk_catalogue_inner")).await;
    bench.store.finish_bulk();
    let done = poll(&bench, &id).await;
    assert_eq!((&done["status"], &done["errorCode"]), (&json!("COMPLETED"), &Value::Null));
    let (_, lines) = fetch(&bench, done["url"].as_str().unwrap(), false).await;
    let kinds = |kind: &str| {
        lines.iter().filter(|line| line["id"].as_str().is_some_and(|id| id.contains(kind))).count()
    };
    // The search knows "active"; drafts, archived and unlisted products are not in it.
    assert_eq!((kinds("/Product/"), kinds("/ProductVariant/")), (12, 16));
    assert!(
        lines.iter().any(|line| line["publication"]["id"].is_string()),
        "a line without an id of its own"
    );
}

#[tokio::test]
async fn one_at_a_time_cancelled_and_broken() {
    let bench = Bench::new();
    let first = start(&bench, ALL).await;
    let refused = bench.data(START, json!({ "query": ALL })).await["bulkOperationRunQuery"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "OPERATION_IN_PROGRESS");
    assert_eq!(
        refused["userErrors"][0]["message"],
        format!("A bulk query operation for this app and shop is already in progress: {first}.")
    );
    let cancel = "mutation Stop($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } } }";
    let payload = bench.done(cancel, json!({ "id": first })).await;
    assert_eq!(payload["bulkOperation"]["status"], "CANCELING");
    assert_eq!(poll(&bench, &first).await["status"], "CANCELED");
    bench.store.quirks(|quirks| quirks.next_bulk_breaks_after = Some(5));
    let broken = start(&bench, ALL).await;
    bench.store.finish_bulk();
    let failed = poll(&bench, &broken).await;
    assert_eq!(
        (&failed["status"], &failed["errorCode"], &failed["url"]),
        (&json!("FAILED"), &json!("INTERNAL_SERVER_ERROR"), &Value::Null)
    );
    assert_eq!(fetch(&bench, failed["partialDataUrl"].as_str().unwrap(), false).await.1.len(), 5);
    let empty =
        start(&bench, "{ products(query: \"sku:NOTHING\") { edges { node { id } } } }").await;
    bench.store.finish_bulk();
    let done = poll(&bench, &empty).await;
    assert_eq!(
        (&done["status"], &done["url"]),
        (&json!("COMPLETED"), &Value::Null),
        "nothing found, nothing to fetch"
    );
    bench.store.grant_scopes(&["read_orders"]);
    let denied = start(&bench, ALL).await;
    bench.store.finish_bulk();
    assert_eq!(poll(&bench, &denied).await["errorCode"], "ACCESS_DENIED");
}

#[tokio::test]
async fn inner_queries_are_refused_in_the_recorded_words() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| {
        (quirks.deprecated_still_works, quirks.bulk_operations_at_once) = (true, 5);
    });
    for name in ["bulk-operation-run-query-validators", "bulk-operation-run-query-user-error-codes"]
    {
        let Some(recorded) = recording(&format!("bulk-operations/{name}")) else { return };
        for (case, content) in recorded["validations"].as_object().unwrap() {
            let outer = calls(content)
                .into_iter()
                .find(|(query, ..)| query.contains("bulkOperationRunQuery"));
            let Some((query, variables, theirs)) = outer else { continue };
            like(case, &bench.ask(&query, variables).await, &theirs);
        }
    }
    let recorded = recording("bulk-operations/bulk-operation-run-query-concurrency-limit").unwrap();
    for _ in 0..5 {
        start(&bench, "{ products { edges { node { id } } } }").await;
    }
    let (query, variables, theirs) = calls(&recorded["sixthRun"]).remove(0);
    let ours = bench.ask(&query, variables).await;
    let error = &ours["data"]["bulkOperationRunQuery"]["userErrors"][0];
    let wanted = &theirs["data"]["bulkOperationRunQuery"]["userErrors"][0];
    assert_eq!(error["code"], wanted["code"]);
    let head = |text: &Value| text.as_str().unwrap().split(": ").next().unwrap().to_owned();
    assert_eq!(head(&error["message"]), head(&wanted["message"]));
}

#[tokio::test]
async fn children_follow_their_parents_only_where_that_was_asked_for() {
    let bench = Bench::new();
    let grouped = START.replace("groupObjects: false", "groupObjects: true");
    for (document, together) in [(START, false), (grouped.as_str(), true)] {
        let payload = bench.done(document, json!({ "query": ALL })).await;
        let id = payload["bulkOperation"]["id"].as_str().unwrap().to_owned();
        bench.store.finish_bulk();
        let done = poll(&bench, &id).await;
        let (_, lines) = fetch(&bench, done["url"].as_str().unwrap(), false).await;
        let roots = lines.iter().take_while(|line| line.get("__parentId").is_none()).count();
        assert_eq!(roots == 1, together);
        assert_eq!(roots == 15, !together, "all of them first");
    }
}

#[tokio::test]
async fn a_result_in_parts() {
    let bench = Bench::new();
    let id = start(&bench, ALL).await;
    bench.store.finish_bulk();
    let url = poll(&bench, &id).await["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://127.0.0.1:8092").unwrap().to_owned();
    let part = async |range: &str| {
        let request = Request::get(&path).header("range", range);
        bench.send(request.body(Body::empty()).unwrap()).await
    };
    let whole = bench.send(Request::get(&path).body(Body::empty()).unwrap()).await.text;
    let (first, rest) = (part("bytes=0-99").await, part("bytes=100-").await);
    assert_eq!((first.status, rest.status), (206, 206));
    assert_eq!(first.headers["content-range"], format!("bytes 0-99/{}", whole.len()));
    assert_eq!(format!("{}{}", first.text, rest.text), whole);
    assert_eq!(part(&format!("bytes={}-", whole.len())).await.status, 416);
    bench.store.quirks(|quirks| quirks.results_only_whole = true);
    let all = part("bytes=0-99").await;
    assert_eq!((all.status, all.text == whole), (200, true));
}

#[tokio::test]
async fn what_stands_still_can_be_cancelled() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.bulk_stands_still = true);
    let id = start(&bench, ALL).await;
    for _ in 0..5 {
        poll(&bench, &id).await;
    }
    bench.store.finish_bulk();
    assert_eq!(poll(&bench, &id).await["status"], "RUNNING");
    let stop = "mutation Stop($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id } userErrors { field message } } }";
    bench.done(stop, json!({ "id": id })).await;
    assert_eq!(poll(&bench, &id).await["status"], "CANCELED");
}

#[tokio::test]
async fn products_are_counted_and_paged_by_their_ids() {
    let bench = Bench::new();
    bench.store.import(3, 2);
    bench.wait(5);
    let count = "query Count($query: String) { productsCount(query: $query) { count } }";
    let counted = async |query: Value| {
        bench.data(count, json!({ "query": query })).await["productsCount"]["count"].clone()
    };
    assert_eq!(counted(Value::Null).await, 18);
    assert_eq!(counted(json!("status:active")).await, 15);
    assert_eq!(counted(json!("tag:imported")).await, 3);
    let list = "query Page($query: String!) { products(first: 250, query: $query, sortKey: ID) { nodes { id } } }";
    let all = bench.data(list, json!({ "query": "" })).await["products"]["nodes"].clone();
    let all: Vec<String> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect();
    let number = all[9].rsplit('/').next().unwrap();
    let after = bench.data(list, json!({ "query": format!("id:>{number}") })).await;
    assert_eq!(after["products"]["nodes"].as_array().unwrap().len(), all.len() - 10);
}
