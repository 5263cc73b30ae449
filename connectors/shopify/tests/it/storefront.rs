//! What holds for everything the store sells.

use commerce::{Connector, PickupMethod};

use crate::stage::Stage;

#[tokio::test]
async fn the_store_says_where_it_is_and_what_it_promises() {
    let stage = Stage::start().await;
    let front = stage.connector.storefront().await.unwrap();
    assert_eq!(front.name.as_deref(), Some("Demo Store"));
    assert_eq!(front.url.as_deref(), Some("https://demo-store.myshopify.com/"));
    assert_eq!((front.country.as_deref(), front.prices_include_tax), (Some("US"), Some(false)));
    assert_eq!(front.countries, ["US", "CA", "DE", "JP"]);
    for (url, path) in [
        (&front.privacy_url, "privacy-policy"),
        (&front.terms_url, "terms-of-service"),
        (&front.returns_url, "refund-policy"),
    ] {
        assert!(url.as_ref().unwrap().ends_with(path), "{url:?}");
    }
    let pickup = front.pickup.unwrap();
    assert_eq!(
        (pickup.method, pickup.ready_in.as_deref()),
        (PickupMethod::InStore, Some("1 hour"))
    );
}

#[tokio::test]
async fn a_missing_scope_hides_what_it_is_about() {
    let stage = Stage::start().await;
    stage.store.grant_scopes(&["read_products"]);
    let front = stage.connector.storefront().await.unwrap();
    assert_eq!(front.name.as_deref(), Some("Demo Store"));
    assert_eq!((front.privacy_url, front.returns_url, front.pickup), (None, None, None));
}
