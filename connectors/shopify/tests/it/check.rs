//! What the owner is told of a store that is well, and of one that is not.

use std::fmt::Write;

use commerce::{Connector, Finding, HookTarget, Level};
use emulators::shopify::Plan;
use serde_json::json;
use shopify::{Access, CatalogSettings, Settings, Shopify};

use crate::stage::{Stage, granted, settings, upstream};

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

fn others(settings: Settings, stage: &Stage) -> Shopify {
    Shopify::new(upstream(&stage.url), settings)
}

#[tokio::test]
async fn a_store_that_is_well() {
    let stage = Stage::start().await;
    let url = "https://bridge.example/hooks/demo/shopify".to_owned();
    stage.connector.repair_hooks(&HookTarget { url, secret: String::new() }).await.unwrap();
    let before = stage.store.ledger();
    let hooks = stage.store.subscriptions().len();
    assert_eq!(
        report(&stage.connector.check().await),
        "\
warning: Address: in the clear: whoever is on the way reads the token; use https
ok: Store: Demo Store (demo-store.myshopify.com, Grow)
ok: App: Agentic checkout, listed nowhere: right, for only a store's own app may take orders past Shopify's checkout
ok: API version: 2026-10
warning: Scopes: read_metaobjects is not granted, so colors, sizes and the like of a product's category are not known: add it to the app's scopes and install it again
ok: Personal data: nothing was sent anywhere yet; the plan Grow shows it
ok: Products: 12 active, 91 % of those looked at are on its pages
ok: Feed: of 12 looked at 100 % have a vendor other than the store, 8 % a barcode, 91 % a picture
ok: Publication: none is set: what the store's own pages show is sold
ok: Currency: USD, plus tax; shown in USD, CAD, EUR, JPY; markets: United States USD, Canada CAD, Europe EUR, Japan JPY
ok: Places: Warehouse, Market Street Store send out what is ordered online
ok: Delivery: 4 zones, 4 countries
ok: Policies: privacy, terms and refunds are written
ok: Hooks: the store tells of 26 kinds of change
"
    );
    assert_eq!((stage.store.ledger(), stage.store.subscriptions().len()), (before, hooks));
}

#[tokio::test]
async fn a_store_with_much_wrong() {
    let stage = Stage::start().await;
    let store = &stage.store;
    store.set_plan(Plan::Basic);
    store.drop_rates("JP");
    store.grant_scopes(&["read_products", "read_draft_orders", "read_shipping", "read_markets"]);
    let catalog = CatalogSettings {
        publication: Some(7),
        country: Some("BR".to_owned()),
        ..CatalogSettings::default()
    };
    let access = Access::AdminToken(store.admin_token().into());
    let connector = others(Settings { catalog, ..settings(access) }, &stage);
    assert_eq!(
        report(&connector.check().await),
        "\
warning: Address: in the clear: whoever is on the way reads the token; use https
ok: Store: Demo Store (demo-store.myshopify.com, Basic)
ok: App: Agentic checkout, listed nowhere: right, for only a store's own app may take orders past Shopify's checkout
ok: API version: 2026-10
FAILED: Scopes: write_draft_orders is not granted, so no session can be opened: add it to the app's scopes and install it again
FAILED: Scopes: write_orders is not granted, so orders cannot be told of, and refunds not be booked: add it to the app's scopes and install it again
warning: Scopes: read_metaobjects is not granted, so colors, sizes and the like of a product's category are not known: add it to the app's scopes and install it again
warning: Scopes: read_inventory is not granted, so changes of stock are found only when the catalog is read anew: add it to the app's scopes and install it again
warning: Scopes: read_locations is not granted, so buyers cannot choose to pick up: add it to the app's scopes and install it again
warning: Scopes: read_fulfillments is not granted, so agents are told of parcels later: add it to the app's scopes and install it again
warning: Scopes: read_legal_policies is not granted, so links to the policies have to be in the configuration: add it to the app's scopes and install it again
warning: Scopes: read_publications is not granted, so nobody can see whether the publication that is set exists: add it to the app's scopes and install it again
FAILED: Personal data: on the plan Basic the store hides names and addresses from its owner's own apps, so nothing can be shipped: change to Grow or a higher plan
ok: Products: 12 active, 91 % of those looked at are on its pages
ok: Feed: of 12 looked at 100 % have a vendor other than the store, 8 % a barcode, 91 % a picture
warning: Publication: not looked at: a scope is missing, see above
warning: Currency: prices are read for BR, to which the store ships nothing: set `country` to one of US, CA, DE, JP
warning: Places: not looked at: a scope is missing, see above
warning: Delivery: nothing is delivered to Japan: add a rate there
warning: Policies: not looked at: a scope is missing, see above
warning: Hooks: without the app's secret nothing the store tells can be believed: set `webhook_secrets` to the one that its admin shows
"
    );
}

fn found<'a>(findings: &'a [Finding], what: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.what == what).unwrap()
}

#[tokio::test]
async fn hidden_addresses_are_noticed_by_what_is_hidden() {
    let stage = Stage::start().await;
    let draft = "mutation D($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } userErrors { message } } }";
    let input = json!({
        "lineItems": [{ "variantId": stage.store.variant("BEANIE-1").unwrap(), "quantity": 1 }],
        "shippingAddress": { "address1": "1 Road", "city": "San Francisco", "provinceCode": "CA", "countryCode": "US", "zip": "94131" },
    });
    stage.store.admin(draft, &json!({ "input": input }));
    stage.wait(4);
    let findings = stage.connector.check().await;
    let shown = found(&findings, "Personal data");
    assert_eq!(
        (shown.level, &*shown.detail),
        (Level::Ok, "addresses are shown as they were written")
    );
    stage.store.set_plan(Plan::Basic);
    assert_eq!(found(&stage.connector.check().await, "Personal data").level, Level::Failure);
}

#[tokio::test]
async fn a_version_that_the_store_does_not_know_is_said() {
    let stage = Stage::start().await;
    for (version, level) in [("2026-07", Level::Ok), ("2027-01", Level::Failure)] {
        let version = version.parse().unwrap();
        let connector = others(Settings { version, ..settings(granted(&stage.store)) }, &stage);
        let findings = connector.check().await;
        let judged = found(&findings, "API version");
        assert_eq!(judged.level, level, "{judged:?}");
    }
}

#[tokio::test]
async fn a_store_that_lets_nobody_in_says_what_to_do() {
    let stage = Stage::start().await;
    stage.store.uninstall();
    let findings = stage.connector.check().await;
    let access = found(&findings, "Access");
    assert_eq!(access.level, Level::Failure);
    assert!(access.detail.contains("install"), "{}", access.detail);
}
