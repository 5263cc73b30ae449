//! The hosted feed and readiness.

use emulators::faults::Fault;
use serde_json::Value;

use crate::stage::{Answer, Stage, Upstreams};

fn rows(answer: &Answer) -> Vec<Value> {
    let text = std::str::from_utf8(&answer.bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn feed(stage: &Stage) -> Vec<Value> {
    let answer = stage.agent().get(stage.feed_url.strip_prefix(&stage.url).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/jsonl"));
    rows(&answer)
}

fn row<'a>(rows: &'a [Value], id: &str) -> &'a Value {
    rows.iter().find(|row| row["item_id"] == id).unwrap_or_else(|| panic!("no row {id}"))
}

#[tokio::test]
async fn rows_hold_what_the_store_knows() {
    let stage = Stage::start().await;
    let rows = feed(&stage).await;

    let shirt = row(&rows, "20");
    assert_eq!(shirt["title"], "T-Shirt");
    assert_eq!(shirt["price"], "18.00 USD");
    assert_eq!(shirt["availability"], "in_stock");
    assert_eq!(shirt["seller_name"], "The Shop");
    assert!(shirt["url"].as_str().unwrap().starts_with("http"));
    assert!(shirt["image_url"].as_str().unwrap().starts_with("http"));
    assert!(!shirt["description"].as_str().unwrap().contains('<'), "plain text");
    assert_eq!(shirt.get("sale_price"), None);

    let beanie = row(&rows, "21");
    assert_eq!(
        (&beanie["price"], &beanie["sale_price"]),
        (&"20.00 USD".into(), &"18.00 USD".into())
    );

    let hoodie = rows.iter().find(|row| row["group_id"] == "18").expect("a variant of the hoodie");
    assert_eq!(hoodie["listing_has_variations"], true);
    assert!(hoodie["variant_dict"].as_object().is_some_and(|dict| !dict.is_empty()));
    assert_ne!(hoodie["item_id"], "18", "the variant is what is bought");
}

#[tokio::test]
async fn what_cannot_be_bought_is_not_offered() {
    let stage = Stage::start().await;
    let rows = feed(&stage).await;
    assert!(rows.iter().all(|row| row["item_id"] != "40"), "an external product");
    assert!(rows.iter().any(|row| row["availability"] == "out_of_stock"));
    assert!(rows.iter().any(|row| row["availability"] == "backorder"));
    let ids: std::collections::BTreeSet<_> =
        rows.iter().map(|row| row["item_id"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "ids are unique");
}

#[tokio::test]
async fn the_address_is_stable_and_unguessable() {
    let stage = Stage::start().await;
    let path = stage.feed_url.strip_prefix(&stage.url).unwrap();
    let secret = path.split('/').nth(2).unwrap();
    assert!(secret.len() >= 32, "{secret}");
    let guessed = format!("_{}", &secret[1..]);
    let other = stage.agent().get(&path.replace(secret, &guessed)).await;
    other.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_store_that_is_down_at_start_is_waited_for() {
    let upstreams = Upstreams::start().await;
    upstreams.store_faults.always("GET", "/wp-json/wc/v3/products", Fault::Status(503));
    let config = upstreams.config();
    let stage = Stage::unready(upstreams, config).await;
    let agent = stage.agent();
    assert_eq!(agent.get("/livez").await.status, 200);
    let ready = agent.get("/readyz").await;
    assert_eq!((ready.status, &ready.body["waiting_for"][0]), (503, &"shop".into()));
    let path = stage.feed_url.strip_prefix(&stage.url).unwrap();
    agent.get(path).await.assert_refused(503, "not_ready");

    stage.upstreams.store_faults.clear();
    let recovered = async {
        while agent.get("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(15), recovered).await.unwrap();
    assert!(!feed(&stage).await.is_empty());
}
