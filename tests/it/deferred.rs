//! The whole service in front of a store that makes no order before it is placed (WooCommerce 10.9
//! and later): nothing is different for an agent.

use emulators::faults::Fault;
use serde_json::json;

use crate::stage::{Agent, Stage, TOKEN};

async fn stage() -> Stage {
    let stage = Stage::start().await;
    stage.upstreams.store.defer_orders(true);
    stage
}

#[tokio::test]
async fn a_decline_a_change_and_a_purchase() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let declined = stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    let refused = agent.complete(session.id(), &declined).await;
    assert_eq!(refused.body["status"], "ready_for_payment", "{}", refused.body);
    let change = json!({
        "line_items": [{"id": "20", "quantity": 2}, {"id": "26"}],
        "selected_fulfillment_options": [
            {"type": "shipping", "option_id": "flat_rate:2", "item_ids": []},
        ],
    });
    let changed = agent.update(session.id(), &change).await;
    assert_eq!(changed.body["status"], "ready_for_payment", "{}", changed.body);
    let done = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert_eq!(done.total("total"), changed.total("total"));
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn a_price_that_moved_is_shown_and_not_charged() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    stage.upstreams.store.set_price(20, "25.00");
    let token = stage.token();
    let moved = agent.complete(session.id(), &token).await;
    assert_eq!(moved.body["status"], "ready_for_payment", "{}", moved.body);
    assert!(moved.message("price_change").is_some(), "{}", moved.body);
    stage.upstreams.assert_nothing_bought();
    let done = agent.complete(session.id(), &token).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert_eq!(done.total("total"), moved.total("total"));
    stage.upstreams.assert_bought_once();
}

/// A lost answer at each write of the completion, and another process that goes on.
#[tokio::test]
async fn whoever_comes_next_goes_on() {
    for nth in 1..=2 {
        let stage = stage().await;
        let session = stage.agent().ready("20", 1).await;
        let token = stage.token();
        let faults = &stage.upstreams.store_faults;
        faults.nth("PUT", "/wp-json/wc/v3/orders/{}", nth, Fault::DropAfter);
        stage.agent().complete_with(session.id(), &token, "pay").await;
        let (url, _stop) = stage.replica().await;
        let elsewhere = Agent::new(&url, TOKEN);
        let done = elsewhere.complete_with(session.id(), &token, "pay").await;
        assert_eq!(done.body["status"], "completed", "{nth}: {}", done.body);
        stage.upstreams.assert_bought_once();
    }
}
