//! Create, update, retrieve and cancel, as the protocol describes them.

use emulators::faults::Fault;
use serde_json::{Value, json};

use crate::stage::{Stage, Upstreams, agent};

/// A040.
#[tokio::test]
async fn a_session_reads_back_as_it_was_made() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.ready("20", 3).await;
    let read = agent.retrieve(created.id()).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.body, created.body);
    assert_eq!(read.body["buyer"]["email"], "ada@example.com");
    assert_eq!(read.body["fulfillment_details"]["address"]["postal_code"], "94131");
    assert_eq!(read.body["line_items"][0]["quantity"], 3);
    assert_eq!(read.body["line_items"][0]["item"]["id"], "20");
    assert_eq!(read.body["protocol"]["version"], "2026-04-17");
    let handlers = &read.body["capabilities"]["payment"]["handlers"];
    assert_eq!(handlers[0]["config"]["merchant_id"], "profile_test_123");
}

/// A041, A042.
#[tokio::test]
async fn items_replace_and_absent_parts_stay() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.ready("20", 1).await;
    let items = json!({"line_items": [{"id": "21", "quantity": 2}, {"id": "34"}]});
    let updated = agent.update(created.id(), &items).await;
    let ids: Vec<&Value> = updated.body["line_items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["item"]["id"])
        .collect();
    assert_eq!(ids, [&json!("21"), &json!("34")]);
    assert_eq!(updated.body["buyer"], created.body["buyer"]);
    assert_eq!(updated.body["fulfillment_details"], created.body["fulfillment_details"]);
    assert_eq!(updated.body["status"], "ready_for_payment");

    let fewer = agent.update(created.id(), &json!({"line_items": [{"id": "34"}]})).await;
    assert_eq!(fewer.body["line_items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_older_name_for_items_is_understood() {
    let stage = Stage::start().await;
    let created = stage
        .agent()
        .post(
            "/api/checkout_sessions",
            &json!({
                "currency": "usd", "capabilities": {}, "items": [{"id": "20", "quantity": 2}],
                "something_new": true,
            }),
        )
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["line_items"][0]["quantity"], 2);
}

#[tokio::test]
async fn another_currency_is_told_and_not_converted() {
    let stage = Stage::start().await;
    let created = stage
        .agent()
        .post(
            "/api/checkout_sessions",
            &json!({
                "currency": "eur", "capabilities": {}, "line_items": [{"id": "20"}],
            }),
        )
        .await;
    assert_eq!(created.body["currency"], "usd");
    assert_eq!(created.total("items_base_amount"), Some(1800));
    assert_eq!(created.body["messages"][0]["type"], "info", "{}", created.body);
}

/// A046.
#[tokio::test]
async fn an_unknown_option_keeps_the_earlier_choice() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.ready("20", 1).await;
    let choose = |option: &str| {
        json!({"selected_fulfillment_options": [
            {"type": "shipping", "option_id": option, "item_ids": []},
        ]})
    };
    let chosen = agent.update(created.id(), &choose("flat_rate:2")).await;
    assert_eq!(chosen.body["selected_fulfillment_options"][0]["option_id"], "flat_rate:2");
    let refused = agent.update(created.id(), &choose("flat_rate:99")).await;
    assert_eq!(refused.status, 200);
    assert!(refused.message("invalid").is_some(), "{}", refused.body);
    assert_eq!(refused.body["selected_fulfillment_options"][0]["option_id"], "flat_rate:2");
}

#[tokio::test]
async fn a_place_without_delivery_is_a_message() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.ready("20", 1).await;
    let mut far_away = agent::san_francisco();
    far_away["address"]["country"] = json!("JP");
    far_away["address"]["state"] = json!("JP13");
    far_away["address"]["postal_code"] = json!("100-0001");
    let updated = agent.update(created.id(), &json!({"fulfillment_details": far_away})).await;
    assert_eq!(updated.status, 200);
    assert_eq!(updated.body["status"], "not_ready_for_payment", "{}", updated.body);
    assert!(updated.message("region_restricted").is_some(), "{}", updated.body);
}

/// A090, A091.
#[tokio::test]
async fn cancel_ends_a_session_for_good() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.ready("20", 1).await;
    let canceled = agent.cancel(created.id()).await;
    assert_eq!((canceled.status, &canceled.body["status"]), (200, &json!("canceled")));
    assert_eq!(agent.retrieve(created.id()).await.body["status"], "canceled");
    let again = agent.cancel(created.id()).await;
    again.assert_refused(405, "not_cancelable");
    assert!(again.header("allow").is_some());
    agent
        .update(created.id(), &json!({"line_items": [{"id": "21"}]}))
        .await
        .assert_refused(409, "conflict");
    agent.complete(created.id(), &stage.token()).await.assert_refused(409, "conflict");
    stage.upstreams.assert_nothing_bought();
}

/// A092.
#[tokio::test]
async fn cancel_takes_an_absent_body_and_a_reason() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    for body in ["", "{}", r#"{"intent_trace": {"reason_code": "because"}}"#] {
        let created = agent.create("20", 1).await;
        let path = format!("/api/checkout_sessions/{}/cancel", created.id());
        let canceled = agent.post_bytes(&path, body, &agent::Agent::key()).await;
        assert_eq!(canceled.status, 200, "{body:?}: {}", canceled.body);
    }
}

#[tokio::test]
async fn a_session_that_began_empty_can_be_filled_and_bought() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.create("3501", 1).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(created.message("out_of_stock").is_some(), "{}", created.body);
    let change = json!({
        "line_items": [{"id": "20"}],
        "buyer": agent::ada(),
        "fulfillment_details": agent::san_francisco(),
    });
    let filled = agent.update(created.id(), &change).await;
    assert_eq!(filled.body["status"], "ready_for_payment", "{}", filled.body);
    let completed = agent.complete(created.id(), &stage.token()).await;
    assert_eq!(completed.body["status"], "completed", "{}", completed.body);
    let read = agent.retrieve(created.id()).await;
    assert_eq!(read.body["order"]["id"], completed.body["order"]["id"], "{}", read.body);
    stage.upstreams.assert_bought_once();
}

/// Its cart outlives the purchase where nobody could empty it; the session does not buy it again.
#[tokio::test]
async fn a_session_that_began_empty_buys_once_whatever_becomes_of_its_cart() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent.create("3501", 1).await;
    let change = json!({
        "line_items": [{"id": "20"}],
        "buyer": agent::ada(),
        "fulfillment_details": agent::san_francisco(),
    });
    agent.update(created.id(), &change).await;
    let faults = &stage.upstreams.store_faults;
    faults.always("DELETE", "/wp-json/wc/store/v1/cart/items", Fault::Status(503));
    let first = agent.complete_with(created.id(), &stage.token(), "one").await;
    assert_eq!(first.body["status"], "completed", "{}", first.body);
    assert_eq!(stage.upstreams.store.cart_lines(), 1, "it could not be emptied");
    faults.clear();
    let (url, _stop) = stage.replica().await;
    let elsewhere = agent::Agent::new(&url, crate::stage::TOKEN);
    let second = elsewhere.complete_with(created.id(), &stage.token(), "two").await;
    second.assert_refused(409, "conflict");
    let read = elsewhere.retrieve(created.id()).await;
    assert_eq!(read.body["order"]["id"], first.body["order"]["id"], "{}", read.body);
    stage.upstreams.assert_bought_once();
}

/// A028.
#[tokio::test]
async fn a_session_belongs_to_the_agent_that_made_it() {
    let stage = Stage::start().await;
    let created = stage.agent().ready("20", 1).await;
    let calls_before = stage.upstreams.store.calls().len();
    let other = stage.other_agent();
    other.retrieve(created.id()).await.assert_refused(404, "session_not_found");
    other.cancel(created.id()).await.assert_refused(404, "session_not_found");
    other.complete(created.id(), &stage.token()).await.assert_refused(404, "session_not_found");
    assert_eq!(stage.upstreams.store.calls().len(), calls_before, "no call for a foreign id");
}

#[tokio::test]
async fn a_bearer_token_finds_its_store() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    let mut second = config.stores[0].clone();
    second.id = "second".to_owned();
    second.name = "The Second Shop".to_owned();
    second.agents.truncate(1);
    second.agents[0].token = "token-for-the-second-shop".into();
    config.stores.push(second);
    let stage = Stage::with(upstreams, config).await;

    let created = stage.agent().ready("20", 1).await;
    let second = agent::Agent::new(&stage.url, "token-for-the-second-shop");
    let theirs = second.ready("20", 1).await;
    let seller = |answer: &agent::Answer| {
        let handlers = &answer.body["capabilities"]["payment"]["handlers"];
        handlers[0]["config"]["merchant_display_name"].clone()
    };
    assert_eq!(seller(&created), "The Shop");
    assert_eq!(seller(&theirs), "The Second Shop");
    second.retrieve(created.id()).await.assert_refused(404, "session_not_found");
    stage.agent().retrieve(theirs.id()).await.assert_refused(404, "session_not_found");
}

#[tokio::test]
async fn any_replica_serves_any_session() {
    let stage = Stage::start().await;
    let created = stage.agent().ready("20", 1).await;
    let (url, _stop) = stage.replica().await;
    let elsewhere = agent::Agent::new(&url, crate::stage::TOKEN);
    let mut read = elsewhere.retrieve(created.id()).await;
    read.body["links"] = created.body["links"].clone();
    assert_eq!(read.body, created.body);
    let completed = elsewhere.complete(created.id(), &stage.token()).await;
    assert_eq!(completed.body["status"], "completed");
    let (url, _stop) = stage.replica().await;
    let third = agent::Agent::new(&url, crate::stage::TOKEN);
    assert_eq!(third.retrieve(created.id()).await.body["status"], "completed");
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn the_carts_token_is_never_visible() {
    let stage = Stage::start().await;
    let created = stage.agent().ready("20", 1).await;
    let completed = stage.agent().complete(created.id(), &stage.token()).await;
    for text in [created.body.to_string(), completed.body.to_string()] {
        assert!(!text.contains("eyJ"), "no JWT in {text}");
    }
}
