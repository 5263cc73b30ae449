//! Getting in: tokens, versions, scopes, and a store that answers otherwise.

use commerce::{Connector, ConnectorError, Effect, RateKind};
use emulators::{faults::Fault, shopify as emulated};
use serde_json::Value;
use shopify::{Access, ApiVersion, Settings, Shopify};

use crate::stage::{Stage, connector, settings, upstream};

const GRAPHQL: &str = "graphql.json/draftOrder";

fn hint(error: ConnectorError) -> String {
    match error {
        ConnectorError::Denied { hint } => hint,
        other => panic!("{other:?}"),
    }
}

impl Stage {
    /// Everything but these is granted.
    fn without(&self, missing: &[&str]) {
        const ALL: [&str; 8] = [
            "read_products",
            "read_locations",
            "read_publications",
            "write_draft_orders",
            "read_draft_orders",
            "write_orders",
            "read_orders",
            "read_inventory",
        ];
        let granted: Vec<&str> = ALL.into_iter().filter(|scope| !missing.contains(scope)).collect();
        self.store.grant_scopes(&granted);
    }

    fn refusals(&self) -> usize {
        self.store.journal().iter().filter(|call: &&Value| call["status"] == 401).count()
    }
}

#[tokio::test]
async fn a_token_of_before_opens_the_store_too() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let old = connector(&stage.url, Access::AdminToken(stage.store.admin_token().into()));
    assert_eq!(old.load(&draft.id).await.unwrap().quote.totals, draft.quote.totals);
    let wrong = connector(&stage.url, Access::AdminToken("shpat_wrong".to_owned().into()));
    let hint = hint(wrong.load(&draft.id).await.unwrap_err());
    assert!(hint.contains("token"), "{hint}");
    assert_eq!(stage.refusals(), 1, "it will not get better: {hint}");
}

#[tokio::test]
async fn a_token_that_died_early_is_replaced() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.store.expire_tokens();
    let (one, two) =
        tokio::join!(stage.connector.load(&draft.id), stage.connector.load(&draft.id),);
    one.and(two).unwrap();
    let grants = stage.store.journal();
    let grants = grants.iter().filter(|call| call["call"] == "access_token").count();
    assert_eq!(grants, 2, "one at first, and one for both");
    let tie = crate::stage::commitment(&draft, "pi_1");
    stage.store.expire_tokens();
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.store.expire_tokens();
    stage.connector.place(&draft.id, &tie).await.unwrap();
}

#[tokio::test]
async fn what_the_owner_must_do_is_said() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.store.rotate_secret();
    stage.store.expire_tokens();
    let rotated = hint(stage.connector.load(&draft.id).await.unwrap_err());
    assert!(rotated.contains("secret") && rotated.contains("Dev Dashboard"), "{rotated}");
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.store.uninstall();
    let gone = hint(stage.connector.load(&draft.id).await.unwrap_err());
    assert!(gone.contains("install"), "{gone}");
    for (status, word) in
        [(402, "frozen"), (423, "locked"), (404, "myshopify.com"), (403, "scopes")]
    {
        let stage = Stage::start().await;
        let draft = stage.ready("BEANIE-1", 1).await;
        stage.faults.next("POST", GRAPHQL, Fault::Status(status));
        let words = hint(stage.connector.load(&draft.id).await.unwrap_err());
        assert!(words.contains(word), "{status}: {words}");
    }
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.faults.next("POST", GRAPHQL, Fault::Redirect("https://shop.example/"));
    let words = hint(stage.connector.load(&draft.id).await.unwrap_err());
    assert!(words.contains("myshopify.com"), "{words}");
}

#[tokio::test]
async fn a_missing_scope_takes_away_its_part_and_no_more() {
    let stage = Stage::start().await;
    stage.without(&["read_locations", "read_inventory"]);
    let draft = stage.ready("BEANIE-1", 1).await;
    let is_pickup = |kind: &RateKind| matches!(kind, RateKind::Pickup(_));
    assert!(!draft.quote.rates.iter().any(|rate| is_pickup(&rate.kind)), "nobody knows where to");
    assert!(!draft.quote.rates.is_empty());
    stage.buy(&draft).await;
}

#[tokio::test]
async fn without_its_scope_a_purchase_names_it() {
    let stage = Stage::start().await;
    stage.without(&["write_draft_orders", "read_draft_orders"]);
    let change =
        commerce::Change { lines: Some(vec![stage.line("BEANIE-1", 1)]), ..crate::stage::told() };
    let words = hint(stage.connector.open(&change).await.unwrap_err());
    assert!(words.contains("draft_orders"), "{words}");
}

#[tokio::test]
async fn every_version_that_is_not_too_old_sells() {
    for version in ["2026-04", "2026-07", "2026-10"] {
        let stage = Stage::start().await;
        let version: ApiVersion = version.parse().unwrap();
        let access = crate::stage::granted(&stage.store);
        let settings = Settings { version, ..settings(access) };
        let connector = Shopify::new(upstream(&stage.url), settings);
        let lines = Some(vec![stage.line("BEANIE-1", 1)]);
        let change = commerce::Change { lines, ..crate::stage::told() };
        let draft = connector.open(&change).await.unwrap();
        assert_eq!(draft.quote.problems, [], "{version}");
        let asked = stage.store.journal().last().unwrap()["version"].clone();
        assert_eq!(asked, version.to_string().as_str());
    }
}

#[tokio::test]
async fn a_bad_day_of_the_store_is_borne_or_told() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    for fault in [
        emulated::throttled(),
        emulated::internal_error(false),
        Fault::Status(503),
        Fault::DropBefore,
        Fault::StatusWithRetryAfter(429, 0),
    ] {
        stage.faults.next("POST", GRAPHQL, fault.clone());
        let loaded = stage.connector.load(&draft.id).await;
        assert!(loaded.is_ok(), "{fault:?}: {loaded:?}");
        assert_eq!(stage.faults.pending(), 0);
    }
    for fault in [emulated::internal_error(false), Fault::Html(502), Fault::DropAfter] {
        stage.faults.always("POST", GRAPHQL, fault.clone());
        let failed = stage.connector.load(&draft.id).await.unwrap_err();
        assert!(failed.had_no_effect(), "a read has none: {failed:?}");
        stage.faults.clear();
    }
    // A write that may have happened says so.
    stage.faults.always("POST", "graphql.json/draftOrderUpdate", emulated::internal_error(true));
    let note = commerce::Change {
        note: commerce::Patch::Set("Ring twice".to_owned()),
        ..commerce::Change::default()
    };
    let failed = stage.connector.revise(&draft.id, &note).await.unwrap_err();
    assert!(matches!(failed, ConnectorError::Unavailable { effect: Effect::Unknown, .. }));
    stage.faults.clear();
    // So does one that may have happened and was certainly refused the second time.
    let update = "graphql.json/draftOrderUpdate";
    stage.faults.next("POST", update, emulated::internal_error(true));
    stage.faults.next("POST", update, Fault::Status(429));
    stage.faults.next("POST", update, Fault::Status(429));
    let failed = stage.connector.revise(&draft.id, &note).await.unwrap_err();
    assert!(!failed.had_no_effect(), "{failed:?}");
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.note.as_deref(), Some("Ring twice"));
}
