//! How the key is shown, and what is learned where it is not taken.

use commerce::{Connector, ConnectorError, Level};
use emulators::faults::Fault;

use crate::stage::{Stage, commitment, connector};

/// PHP sees plain HTTP: every call is signed, and a repeat is signed anew.
#[tokio::test]
async fn over_plain_http_calls_are_signed() {
    let stage = Stage::start().await;
    stage.store.https(false);
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.faults.next("PUT", "/wp-json/wc/v3/orders/{}", Fault::DropAfter);
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let page = stage.connector.products(None).await.unwrap();
    assert!(!page.products.is_empty(), "a query with commas is signed right");
    let strangers = stage.store.calls().iter().filter(|call| call.contains("401")).count();
    assert_eq!(strangers, 0, "{:#?}", stage.store.calls());
}

/// PHP believes in TLS, as behind a proxy of the store's own: the header works, and that is
/// learned once.
#[tokio::test]
async fn a_store_that_believes_in_tls_gets_the_header() {
    let stage = Stage::start().await;
    stage.ready("20", 1).await;
    stage.ready("20", 1).await;
    let calls = stage.store.calls();
    let strangers = calls.iter().filter(|call| call.contains("401")).count();
    assert!(strangers <= 1, "learned at the first call: {calls:#?}");
}

#[tokio::test]
async fn a_wrong_key_is_told_with_what_to_do() {
    let stage = Stage::start().await;
    for https in [true, false] {
        stage.store.https(https);
        let (key, secret) = (stage.store.consumer_key(), stage.store.consumer_secret());
        for (key, secret) in [("ck_wrong", secret), (key, "cs_wrong")] {
            let wrong = connector(&stage.url, key, secret);
            let refused = wrong.products(None).await.unwrap_err();
            let ConnectorError::Denied { hint } = &refused else { panic!("{refused:?}") };
            assert!(hint.contains("key"), "{hint}");
            let findings = wrong.check().await;
            assert!(findings.iter().any(|found| found.level == Level::Failure), "{findings:?}");
        }
    }
}
