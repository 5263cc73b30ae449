//! What is remembered, and dropped once the store tells that it has changed.

use commerce::{Change, Connector, ConnectorError, Currency, Draft, Heard, RateKind};
use emulators::{faults::Fault, shopify::Delivery};
use serde_json::json;

use crate::{
    hooks::{hear, target},
    stage::Stage,
};

fn gid(draft: &Draft) -> String {
    format!("gid://shopify/DraftOrder/{}", std::str::from_utf8(draft.id.as_bytes()).unwrap())
}

/// What the store tells now, in the order in which it happened.
fn told(stage: &Stage) -> Vec<Delivery> {
    let mut due = stage.store.hooks();
    let at = |delivery: &Delivery| {
        delivery.headers.iter().find(|(name, _)| name == "x-shopify-triggered-at").cloned()
    };
    due.sort_by_key(at);
    due
}

fn note_of(draft: &Draft) -> &str {
    draft.note.as_deref().unwrap_or_default()
}

/// As the seller does in the admin.
fn write_note(stage: &Stage, draft: &Draft, note: &str) {
    let edit = "mutation E($id: ID!, $input: DraftOrderInput!) { draftOrderUpdate(id: $id, input: $input) { userErrors { message } } }";
    let written = stage.store.admin(edit, &json!({ "id": gid(draft), "input": { "note": note } }));
    assert_eq!(written["data"]["draftOrderUpdate"]["userErrors"], json!([]), "{written}");
}

#[tokio::test]
async fn what_the_seller_changes_in_a_draft_is_seen_at_once() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.wait(5);
    let more = Change { lines: Some(vec![stage.line("BEANIE-1", 2)]), ..Change::default() };
    let draft = stage.revise(&draft, more).await;

    // Our own writes are told of too, and say nothing: nobody reads again what was just written.
    let own = told(&stage);
    assert!(own.iter().any(|delivery| delivery.topic == "draft_orders/update"));
    for delivery in &own {
        assert_eq!(hear(&stage.connector, delivery), Ok(Heard::Nothing), "{}", delivery.topic);
    }
    let calls = stage.store.journal().len();
    stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(stage.store.journal().len(), calls, "remembered");

    stage.wait(5);
    write_note(&stage, &draft, "call before you come");
    let edit = told(&stage).remove(0);
    assert_eq!(hear(&stage.connector, &edit), Ok(Heard::Nothing));
    let seen = stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(note_of(&seen), "call before you come");

    // Late, and under another delivery: it is older than what was read since.
    let mut late = edit;
    late.headers.retain(|(name, _)| name != "x-shopify-webhook-id");
    let calls = stage.store.journal().len();
    assert_eq!(hear(&stage.connector, &late), Ok(Heard::Nothing));
    stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(stage.store.journal().len(), calls, "remembered");
}

#[tokio::test]
async fn a_draft_that_the_seller_deletes_is_gone_at_once() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let draft = stage.ready("BEANIE-1", 1).await;
    told(&stage);
    let delete = "mutation D($input: DraftOrderDeleteInput!) { draftOrderDelete(input: $input) { deletedId } }";
    stage.store.admin(delete, &json!({ "input": { "id": gid(&draft) } }));
    for delivery in told(&stage) {
        assert_eq!(hear(&stage.connector, &delivery), Ok(Heard::Nothing));
    }
    let gone = stage.connector.glance(&draft.id).await;
    assert!(matches!(gone, Err(ConnectorError::NotFound { .. })), "{gone:?}");
}

/// The place where it may be fetched, as an agent is told.
fn place_of(draft: &Draft) -> Option<&str> {
    draft.quote.rates.iter().find_map(|rate| match &rate.kind {
        RateKind::Pickup(place) => Some(place.name.as_str()),
        RateKind::Shipping => None,
    })
}

#[tokio::test]
async fn what_holds_for_the_whole_store_is_read_again_once_it_has_changed() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let before = stage.ready("BEANIE-1", 1).await;
    assert_eq!(place_of(&before), Some("Market Street Store"));

    stage.store.rename_place("Market Street Store", "Corner Store");
    let unheard = stage.ready("BEANIE-1", 1).await;
    assert_eq!(place_of(&unheard), Some("Market Street Store"), "nobody has told of it yet");
    hear_of_store(&stage, "locations/update");
    assert_eq!(place_of(&stage.ready("BEANIE-1", 1).await), Some("Corner Store"));
    stage.store.open_place("Corner Store", false);
    hear_of_store(&stage, "locations/deactivate");
    assert_eq!(place_of(&stage.ready("BEANIE-1", 1).await), None);
    stage.store.open_place("Corner Store", true);
    hear_of_store(&stage, "locations/activate");
    assert_eq!(place_of(&stage.ready("BEANIE-1", 1).await), Some("Corner Store"));

    stage.store.set_currency("EUR");
    hear_of_store(&stage, "shop/update");
    let euros = stage.ready("BEANIE-1", 1).await;
    assert_eq!(euros.quote.currency, Currency::from_code("EUR").unwrap());
    let shop_reads = shop_reads(&stage);
    stage.store.set_market("ca", 120);
    hear_of_store(&stage, "markets/update");
    stage.ready("BEANIE-1", 1).await;
    assert_eq!(self::shop_reads(&stage), shop_reads + 1, "once, and not for each call");
    stage.ready("BEANIE-1", 1).await;
    assert_eq!(self::shop_reads(&stage), shop_reads + 1);
}

fn hear_of_store(stage: &Stage, topic: &str) {
    let due = told(stage);
    let mut about = due.iter().filter(|delivery| delivery.topic == topic);
    let first = about.next().unwrap_or_else(|| panic!("nobody tells of {topic}"));
    assert_eq!(hear(&stage.connector, first), Ok(Heard::Store), "{topic}");
}

fn shop_reads(stage: &Stage) -> usize {
    stage.store.journal().iter().filter(|call| call["names"][0] == "Shop").count()
}

#[tokio::test]
async fn a_store_that_cannot_say_what_holds_for_it_is_as_it_was() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    stage.ready("BEANIE-1", 1).await;
    stage.store.rename_place("Market Street Store", "Corner Store");
    hear_of_store(&stage, "locations/update");
    for _ in 0..4 {
        stage.faults.next("POST", "graphql.json/Places", Fault::Status(503));
    }
    let draft = stage.ready("BEANIE-1", 1).await;
    assert_eq!(place_of(&draft), Some("Market Street Store"), "and it is sold on");
}
