//! A catalog that is exported as a whole, whatever becomes of the export.

use std::{collections::BTreeSet, time::Duration};

use commerce::{Connector, Cursor};
use emulators::faults::Fault;
use serde_json::json;
use shopify::CatalogSettings;

use crate::{
    catalog::{all, check_every_kind, ids, names, quick, reading},
    stage::Stage,
};

#[tokio::test]
async fn an_export_that_breaks_is_made_again_and_then_read_page_by_page() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.next_bulk_breaks_after = Some(7));
    let (products, _) = all(&stage.connector).await;
    assert_eq!(products.len(), 12);
    check_every_kind(&stage, &products);
    let exports = names(&stage).iter().filter(|name| *name == "bulkOperationRunQuery").count();
    assert_eq!(exports, 2);

    // Both break: the second one is broken as soon as it has begun.
    stage.store.quirks(|quirks| quirks.next_bulk_breaks_after = Some(0));
    let mut from: Option<Cursor> = None;
    let mut products = Vec::new();
    loop {
        let page = stage.connector.products(from.as_ref()).await.unwrap();
        stage.store.quirks(|quirks| quirks.next_bulk_breaks_after = Some(3));
        products.extend(page.products);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(ids(&products).len(), 12, "not one is missing");
    assert!(names(&stage).contains(&"products".to_owned()), "by pages at last");
}

#[tokio::test]
async fn an_export_that_stands_still_is_called_off() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.bulk_stands_still = true);
    let connector =
        reading(&stage, CatalogSettings { export_stall_max: Duration::from_millis(60), ..quick() });
    let (products, _) = all(&connector).await;
    assert_eq!(products.len(), 12);
    let calls = names(&stage);
    assert!(calls.contains(&"bulkOperationCancel".to_owned()));
    assert!(calls.contains(&"products".to_owned()));
}

/// A process that begins anew finds the export of the one before it.
#[tokio::test]
async fn an_export_under_way_is_taken_over() {
    let stage = Stage::start().await;
    let first = stage.connector.products(None).await.unwrap().next.unwrap();
    let other = reading(&stage, quick());
    let second = other.products(None).await.unwrap().next.unwrap();
    assert_eq!(first, second, "the store makes one at a time, and it is the same");

    // Another document is somebody else's export.
    let third = reading(&stage, CatalogSettings { country: Some("CA".to_owned()), ..quick() });
    let place = third.products(None).await.unwrap().next.unwrap();
    assert_eq!(place, Cursor::new("page:0"));
}

#[tokio::test]
async fn a_lost_part_is_fetched_again_where_it_was_lost() {
    let stage = Stage::start().await;
    let begun = stage.connector.products(None).await.unwrap().next;
    // One try and one repeat.
    stage.faults.next("GET", "/bulk-results/{}", Fault::Status(503));
    stage.faults.next("GET", "/bulk-results/{}", Fault::Status(503));
    assert!(stage.connector.products(begun.as_ref()).await.is_err());
    let page = stage.connector.products(begun.as_ref()).await.unwrap();
    assert_eq!((page.products.len(), page.total), (12, Some(12)));
}

#[tokio::test]
async fn storage_that_knows_no_parts_does_too() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.results_only_whole = true);
    let (products, _) = all(&stage.connector).await;
    check_every_kind(&stage, &products);
}

#[tokio::test]
async fn an_empty_export_is_believed_only_where_nothing_is_there() {
    let stage = Stage::start().await;
    let nothing = json!({ "data": { "bulkOperation": {
        "id": "gid://shopify/BulkOperation/1", "status": "COMPLETED", "errorCode": null,
        "objectCount": "0", "rootObjectCount": "0", "url": null, "query": "",
    } } });
    stage.faults.always("POST", "graphql.json/bulkOperation", Fault::Json(200, nothing));
    let (products, _) = all(&stage.connector).await;
    assert_eq!(products.len(), 12, "the store counts 12");
}

#[tokio::test]
async fn ten_thousand_variants_in_little_memory() {
    const PRODUCTS: usize = 100;

    let stage = Stage::start().await;
    stage.store.import(PRODUCTS, 100);
    stage.wait(4);
    let mut from = stage.connector.products(None).await.unwrap().next;
    // The emulator takes its time for so many.
    stage.store.finish_bulk();
    let (mut seen, mut variants, mut most) = (BTreeSet::new(), 0, 0);
    loop {
        let page = stage.connector.products(from.as_ref()).await.unwrap();
        most = most.max(page.products.iter().map(|product| product.variants.len()).sum());
        for product in page.products {
            variants += product.variants.len();
            assert!(seen.insert(product.id), "each once");
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), variants), (PRODUCTS + 12, PRODUCTS * 100 + 16));
    assert!(most < 2_000, "{most} variants at once");
    let spent: u64 = stage.store.journal().iter().filter_map(|call| call["actual"].as_u64()).sum();
    assert!(spent < 100, "{spent} points");
}

/// A result can be fetched for a week.
#[tokio::test]
async fn an_export_that_has_run_out_is_made_again() {
    let stage = Stage::start().await;
    let begun = stage.connector.products(None).await.unwrap().next;
    stage.store.finish_bulk();
    stage.wait(8 * 24 * 3600);
    let page = stage.connector.products(begun.as_ref()).await.unwrap();
    assert!(page.products.is_empty() && page.next.is_some() && page.next != begun);
    let next = stage.connector.products(page.next.as_ref()).await.unwrap();
    assert_eq!((next.products.len(), next.next), (12, None));
}
