//! The catalog behind the feed: what happens to it while a store fails, loses products, or is slow.

use std::time::Duration;

use emulators::faults::Fault;

use crate::stage::{Stage, Upstreams};

const PRODUCTS: &str = "/wp-json/wc/v3/products";

async fn feed(stage: &Stage) -> (String, u64) {
    let answer = stage.agent().get(stage.feed_url.strip_prefix(&stage.url).unwrap()).await;
    assert_eq!(answer.status, 200);
    let age = answer.header("age").unwrap().parse().unwrap();
    (String::from_utf8(answer.bytes.to_vec()).unwrap(), age)
}

/// Waits until this holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(15), waiting).await;
    assert!(seen.is_ok(), "never: {what}");
}

#[tokio::test]
async fn a_store_that_fails_keeps_its_last_catalog_and_its_age_shows() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_millis(20);
    config.stores[0].catalog_refresh = Duration::from_millis(50);
    let stage = Stage::with(upstreams, config).await;
    let (before, _) = feed(&stage).await;
    stage.upstreams.store_faults.always("GET", PRODUCTS, Fault::Status(500));
    until("the catalog grows old", async || feed(&stage).await.1 >= 2).await;
    assert_eq!(feed(&stage).await.0, before);
    let ready = stage.agent().get("/readyz").await;
    assert_eq!(ready.status, 200, "it was read once");
    assert!(ready.body["catalogs"][0]["age_s"].as_u64().unwrap() >= 2, "{}", ready.body);
    stage.upstreams.store_faults.clear();
    until("it is young again", async || feed(&stage).await.1 < 2).await;
}

#[tokio::test]
async fn a_first_reading_that_breaks_goes_on_where_it_broke() {
    let upstreams = Upstreams::start().await;
    let first = upstreams.store.add_products(500);
    // The second stretch fails, and so does the question whether the store answers at all.
    for nth in 2..=5 {
        upstreams.store_faults.nth("GET", PRODUCTS, nth, Fault::Status(500));
    }
    let config = upstreams.config();
    let stage = Stage::with(upstreams, config).await;
    let (feed, _) = feed(&stage).await;
    assert!(feed.contains(&format!("\"item_id\":\"{}\"", first + 499)));
    let calls = stage.upstreams.store.calls();
    let whole = |call: &&String| call.contains("/products?") && call.contains("description");
    let beginnings = calls.iter().filter(whole).filter(|call| call.contains("offset=0&")).count();
    assert_eq!(beginnings, 1, "{calls:#?}");
}

#[tokio::test]
async fn what_is_gone_from_the_store_is_found_by_its_ids() {
    let upstreams = Upstreams::start().await;
    upstreams.store.add_products(300);
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_hours(1);
    config.stores[0].catalog_refresh = Duration::from_millis(20);
    let stage = Stage::with(upstreams, config).await;
    let is_fed = async |id: &str| feed(&stage).await.0.contains(&format!("\"item_id\":\"{id}\""));
    assert!(is_fed("20").await && is_fed("35").await);
    let added = stage.upstreams.store.add_products(1).to_string();
    stage.upstreams.store.delete(20);
    stage.upstreams.store.delete(35);
    until("a product is gone", async || !is_fed("20").await).await;
    until("a variation is gone", async || !is_fed("35").await).await;
    until("another is there", async || is_fed(&added).await).await;
    assert!(is_fed("34").await, "its siblings stay");
    let calls = stage.upstreams.store.calls();
    assert!(calls.iter().any(|call| call.contains("_fields=id,variations")));
}
