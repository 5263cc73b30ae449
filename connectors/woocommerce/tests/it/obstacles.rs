//! What stands between us and a store: caches, firewalls, web servers that know no routes.

use commerce::{Change, Connector, ConnectorError};
use emulators::faults::Fault;

use crate::stage::{Stage, commitment, connector, line, told};

fn hint(error: &ConnectorError) -> &str {
    let ConnectorError::Denied { hint } = error else { panic!("{error:?}") };
    hint
}

/// The store's routes are found behind the query, keyed and signed calls among them.
#[tokio::test]
async fn without_permalinks_routes_are_found_in_the_query() {
    for https in [true, false] {
        let stage = Stage::start().await;
        stage.store.plain_permalinks(true);
        stage.store.https(https);
        let draft = stage.ready("20", 1).await;
        let commitment = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        stage.connector.place(&draft.id, &commitment).await.unwrap();
        let page = stage.connector.products(None).await.unwrap();
        assert!(!page.products.is_empty());
        let calls = stage.store.calls();
        let lost = calls.iter().filter(|call| call.ends_with("404")).count();
        assert_eq!(lost, 1, "learned at the first call: {calls:#?}");
    }
}

/// Neither way leads to a store.
#[tokio::test]
async fn what_is_no_store_is_told_with_what_to_do() {
    let stage = Stage::start().await;
    for path in ["/wp-json/wc/store/v1/cart", "/wp-json/wc/v3/products"] {
        stage.faults.always("GET", path, Fault::Html(404));
    }
    let change = Change { lines: Some(vec![line("20", 1)]), ..told() };
    let refused = stage.connector.open(&change).await.unwrap_err();
    assert!(hint(&refused).contains("permalinks"));
    let refused = stage.connector.products(None).await.unwrap_err();
    assert!(hint(&refused).contains("permalinks"));
}

/// A cache gives everybody the first cart that it has seen. Nobody gets another buyer's.
#[tokio::test]
async fn a_cached_cart_is_nobodys() {
    let stage = Stage::start().await;
    stage.store.cache_carts(true);
    let first = stage.ready("20", 1).await;
    let change = Change { lines: Some(vec![line("21", 1)]), ..told() };
    let refused = stage.connector.open(&change).await.unwrap_err();
    assert!(hint(&refused).contains("cache"), "{refused:?}");

    // A filled cart in the cache is shown to whoever reads one.
    stage.store.cache_carts(false);
    let second = stage.ready("22", 1).await;
    stage.store.cache_carts(true);
    stage.connector.load(&second.id).await.unwrap();
    let refused = stage.connector.load(&first.id).await.unwrap_err();
    assert!(hint(&refused).contains("cache"), "{refused:?}");
}

#[tokio::test]
async fn a_security_plugin_and_a_captcha_are_told_apart_from_the_store() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    stage.faults.always("GET", "/wp-json/wc/v3/orders/{}", Fault::Html(403));
    let refused = stage.connector.load(&draft.id).await.unwrap_err();
    assert!(hint(&refused).contains("security plugin"), "{refused:?}");
    stage.faults.clear();
    stage.faults.always("GET", "/wp-json/wc/v3/orders/{}", Fault::Html(200));
    let refused = stage.connector.load(&draft.id).await.unwrap_err();
    let ConnectorError::Unreadable { source, .. } = &refused else { panic!("{refused:?}") };
    assert!(source.to_string().contains("security plugin"), "{source}");
}

/// Signatures are over the address that the store gives itself, which is asked for once.
#[tokio::test]
async fn a_store_with_another_name_gets_its_name_signed() {
    let stage = Stage::start().await;
    stage.store.https(false);
    stage.store.set_home("http://shop.example");
    stage.ready("20", 1).await;
    stage.connector.products(None).await.unwrap();
    let calls = stage.store.calls();
    let refused = calls.iter().filter(|call| call.ends_with("401")).count();
    assert_eq!(refused, 1, "{calls:#?}");
}

#[tokio::test]
async fn a_store_that_moved_says_where() {
    let stage = Stage::start().await;
    stage.faults.always(
        "GET",
        "/wp-json/wc/v3/products",
        Fault::Redirect("https://www.shop.example/wp-json/x?y"),
    );
    let refused = stage.connector.products(None).await.unwrap_err();
    assert!(hint(&refused).contains("to https://www.shop.example: "), "{}", hint(&refused));
    assert!(!hint(&refused).contains("wp-json"));
}

/// The 429 of a proxy and the 400 of the store's own limit are the same: later.
#[tokio::test]
async fn limits_say_when_to_come_back() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    stage.faults.always("GET", "/wp-json/wc/v3/orders/{}", Fault::StatusWithRetryAfter(429, 7));
    let refused = stage.connector.load(&draft.id).await.unwrap_err();
    let ConnectorError::Unavailable { retry_after, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(retry_after.unwrap().as_secs(), 7);
}

/// The buyer's account, where the owner wants it so.
#[tokio::test]
async fn an_order_belongs_to_its_customer_where_the_owner_wants_it() {
    for (link, expected) in [(true, 71), (false, 0)] {
        let stage = Stage::start().await;
        let keys = (stage.store.consumer_key(), stage.store.consumer_secret());
        let connector = crate::stage::connector_with(&stage.url, keys, link);
        let change = Change { lines: Some(vec![line("20", 1)]), ..told() };
        let draft = connector.open(&change).await.unwrap();
        let commitment = commitment(&draft, "pi_1");
        connector.commit(&draft.id, &commitment).await.unwrap();
        connector.place(&draft.id, &commitment).await.unwrap();
        let order = stage.store.last_order().unwrap();
        assert_eq!(order["customer_id"], expected);
        let looked = stage.store.calls().iter().any(|call| call.contains("/customers?"));
        assert_eq!(looked, link);
    }
}

/// A customer that cannot be looked up stops no purchase.
#[tokio::test]
async fn an_order_without_its_customer_is_as_good() {
    let stage = Stage::start().await;
    stage.faults.always("GET", "/wp-json/wc/v3/customers", Fault::Status(500));
    let keys = (stage.store.consumer_key(), stage.store.consumer_secret());
    let connector = crate::stage::connector_with(&stage.url, keys, true);
    let change = Change { lines: Some(vec![line("20", 1)]), ..told() };
    let draft = connector.open(&change).await.unwrap();
    connector.commit(&draft.id, &commitment(&draft, "pi_1")).await.unwrap();
}

/// A header that is taken away is noticed, and the key goes where it gets through.
#[tokio::test]
async fn a_key_that_is_taken_away_is_shown_in_another_way() {
    let stage = Stage::start().await;
    stage.store.strip_authorization(true);
    let refused = connector(&stage.url, stage.store.consumer_key(), stage.store.consumer_secret())
        .products(None)
        .await
        .unwrap_err();
    assert!(hint(&refused).contains("TLS"), "never in the query over plain HTTP: {refused:?}");
}
