//! What the owner is told of a store that is well, and of one that is not.

use std::fmt::Write;

use commerce::{Connector, Finding, Level};
use emulators::faults::Fault;

use crate::stage::{Stage, connector};

fn report(findings: &[Finding]) -> String {
    let mut report = String::new();
    for finding in findings {
        let mark = match finding.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Failure => "FAILED",
        };
        writeln!(report, "{mark}: {}: {}", finding.what, finding.detail).unwrap();
    }
    report
}

#[tokio::test]
async fn a_store_that_is_well() {
    let stage = Stage::start().await;
    assert_eq!(
        report(&stage.connector.check().await),
        "\
warning: Address: in the clear, and the store takes it for TLS: use https, or keep the way between the two private
ok: WooCommerce: 10.7.0
ok: Products: readable, 28 in all
warning: Feed: of 28 looked at 14 % have a brand, 3 % a GTIN, 92 % a picture: agents rank such products low; fill them in (brands under Products > Brands, or as an attribute named Brand), or say in brand_meta and the feed's settings where they stand
ok: Orders: the key may read and write them
ok: Currency: USD
ok: Taxes: on
ok: Carts: the Store API hands out carts
ok: Delivery: to 2 zones
ok: Payment methods: bacs, cheque, cod are the store's own; agents pay through Stripe
"
    );
    assert_eq!(stage.store.orders().len(), 0, "nothing was changed");
}

#[tokio::test]
async fn a_store_with_everything_wrong() {
    let stage = Stage::start().await;
    let store = &stage.store;
    store.https(false);
    store.plain_permalinks(true);
    store.set_version("7.9.1");
    store.set_currency("JPY", 2);
    store.empty_zone(2);
    store.forget_brands();
    store.cache_carts(true);
    let (key, secret) = store.read_only_key();
    let findings = connector(&stage.url, key, secret).check().await;
    assert_eq!(
        report(&findings),
        "\
warning: Address: in the clear: the key is never shown, but anybody on the way reads what buyers tell; use https
warning: Permalinks: /wp-json leads nowhere, so the store is called through ?rest_route=: set permalinks to anything but \"Plain\" (Settings > Permalinks), and have the web server pass /wp-json on to WordPress
warning: WooCommerce: 7.9.1 is older than anything this was tried with: update it
ok: Products: readable, 28 in all
warning: Feed: of 28 looked at 0 % have a brand, 3 % a GTIN, 92 % a picture: agents rank such products low; fill them in (brands under Products > Brands, or as an attribute named Brand), or say in brand_meta and the feed's settings where they stand
FAILED: Orders: the key may only read: make one with permission Read/Write (WooCommerce > Settings > Advanced > REST API)
warning: Currency: JPY, and prices have 2 decimals where it has 0: totals are rounded before they are charged; set the number of decimals to 0
ok: Taxes: on
ok: Carts: the Store API hands out carts
warning: Delivery: nothing is delivered to UK + DE + FR: add a shipping method there
ok: Payment methods: bacs, cheque, cod are the store's own; agents pay through Stripe
"
    );
    assert_eq!(store.orders().len(), 0, "nothing was changed");
}

#[tokio::test]
async fn a_key_that_is_wrong_and_a_store_that_is_away() {
    let stage = Stage::start().await;
    let findings = connector(&stage.url, "ck_wrong", "cs_wrong").check().await;
    let products = findings.iter().find(|finding| finding.what == "Products").unwrap();
    assert_eq!(products.level, Level::Failure);
    assert!(products.detail.contains("X-Forwarded-Proto"), "{}", products.detail);

    stage.store.set_home("https://other.example");
    let findings = stage.connector.check().await;
    let address = findings.iter().find(|it| it.what == "Address" && it.detail.contains("calls"));
    assert!(address.unwrap().detail.contains("https://other.example"));

    let away = connector("http://127.0.0.1:9", "ck_a", "cs_b").check().await;
    let products = away.iter().find(|finding| finding.what == "Products").unwrap();
    assert!(products.detail.contains("does not answer"), "{}", products.detail);
}

#[tokio::test]
async fn a_rehearsal_leaves_a_canceled_order_and_no_cart() {
    let stage = Stage::start().await;
    let findings = stage.connector.rehearse().await;
    assert!(findings.iter().all(|finding| finding.level == Level::Ok), "{}", report(&findings));
    let order = stage.store.last_order().unwrap();
    assert_eq!(order["status"], "cancelled");
    assert_eq!(stage.store.cart_lines(), 0);
}

#[tokio::test]
async fn a_store_without_rest_api_is_told_from_a_broken_one() {
    let stage = Stage::start().await;
    stage.faults.always("GET", "/wp-json/wc/v3/products", Fault::Html(404));
    let findings = stage.connector.check().await;
    let products = findings.iter().find(|finding| finding.what == "Products").unwrap();
    assert_eq!(products.level, Level::Failure);
    assert!(products.detail.contains("permalinks"), "{findings:#?}");
}
