//! Money that goes back on one side goes back on the other, once; a dispute is noted and no more.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use storebridge::config::Mirror;

use crate::{
    events::seller,
    repair::{listening, tell},
    stage::{Stage, Upstreams},
};

/// One cap is bought; its order as the store keeps it.
async fn buy(stage: &Stage) -> Value {
    let session = stage.agent().ready("20", 1).await;
    let bought = stage.agent().complete(session.id(), &stage.token()).await;
    assert_eq!(bought.body["status"], "completed", "{}", bought.body);
    stage.upstreams.paid_orders().pop().unwrap()
}

/// The seller books so much as refunded, in the store's own pages.
async fn book(stage: &Stage, order: &Value, amount: &str) {
    let path = format!("/orders/{}/refunds", order["id"]);
    let body = json!({"amount": amount, "reason": "damaged", "api_refund": false});
    seller(stage, Method::POST, &path, &body).await;
}

/// A store that is looked at all the time.
async fn looked_after(from_store: Mirror, amount_max: Option<i64>) -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].refunds.from_store = from_store;
    config.stores[0].refunds.amount_max = amount_max;
    config.stores[0].changes_refresh = Duration::from_millis(20);
    Stage::with(upstreams, config).await
}

fn paid_back(stage: &Stage) -> i64 {
    stage.upstreams.stripe.ledger().payments.iter().map(|payment| payment.refunded).sum()
}

fn booked(stage: &Stage) -> Vec<Value> {
    let orders = stage.upstreams.paid_orders().into_iter();
    orders.flat_map(|order| order["refunds"].as_array().cloned().unwrap_or_default()).collect()
}

fn log(stage: &Stage, order: &Value) -> Vec<String> {
    stage.upstreams.store.order_log(order["id"].as_u64().unwrap())
}

async fn until(what: &str, stage: &Stage, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let result = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(result.is_ok(), "{what}\n{}", stage.upstreams.journal());
}

#[tokio::test]
async fn what_the_seller_books_reaches_the_buyer_once() {
    let stage = looked_after(Mirror::Mirror, None).await;
    let order = buy(&stage).await;
    book(&stage, &order, "5.00").await;
    until("the buyer gets it", &stage, || paid_back(&stage) == 500).await;
    book(&stage, &order, "1.50").await;
    until("the buyer gets the next", &stage, || paid_back(&stage) == 650).await;
    assert_eq!(booked(&stage).len(), 2, "none comes back to the store");
}

#[tokio::test]
async fn a_seller_who_has_not_agreed_is_told() {
    let stage = looked_after(Mirror::Warn, None).await;
    let order = buy(&stage).await;
    book(&stage, &order, "5.00").await;
    let is_told =
        || log(&stage, &order).iter().any(|entry| entry.contains("has not got the money"));
    until("the seller is told", &stage, is_told).await;
    assert_eq!(paid_back(&stage), 0);
}

#[tokio::test]
async fn more_than_the_most_is_not_sent() {
    let stage = looked_after(Mirror::Mirror, Some(400)).await;
    let order = buy(&stage).await;
    book(&stage, &order, "5.00").await;
    let is_told =
        || log(&stage, &order).iter().any(|entry| entry.contains("has not got the money"));
    until("the seller is told", &stage, is_told).await;
    book(&stage, &order, "4.00").await;
    until("what is within it is sent", &stage, || paid_back(&stage) == 400).await;
}

#[tokio::test]
async fn what_goes_back_at_the_processor_is_booked_once() {
    let stage = listening(&["charge.refunded"], |_| {}).await;
    let order = buy(&stage).await;
    let item = order["line_items"][0]["product_id"].as_u64().unwrap();
    let stock = stage.upstreams.store.stock(item);
    let payment = order["transaction_id"].as_str().unwrap();
    stage.upstreams.stripe.refund_by_hand(payment, None).unwrap();
    let delivery = stage.upstreams.stripe.take_deliveries().pop().unwrap();
    for _ in 0..2 {
        assert_eq!(tell(&stage, &delivery, &delivery.letter.body).await, StatusCode::OK);
    }
    let refunds = booked(&stage);
    assert_eq!(refunds.len(), 1, "{refunds:?}");
    assert_eq!(refunds[0]["total"], format!("-{}", order["total"].as_str().unwrap()));
    let now = stage.upstreams.store.order(order["id"].as_u64().unwrap()).unwrap();
    assert_eq!(now["status"], "refunded");
    let back = stock.map(|left| left + 1);
    assert_eq!(stage.upstreams.store.stock(item), back, "all of it went back on the shelf");
    let taken = order["total"].as_str().unwrap().replace('.', "");
    assert_eq!(paid_back(&stage).to_string(), taken, "no more than was taken");
}

#[tokio::test]
async fn a_part_that_goes_back_at_the_processor_is_a_part_in_the_store() {
    let stage = listening(&["charge.refunded"], |_| {}).await;
    let order = buy(&stage).await;
    let payment = order["transaction_id"].as_str().unwrap();
    for _ in 0..2 {
        stage.upstreams.stripe.refund_by_hand(payment, Some(100)).unwrap();
    }
    for delivery in stage.upstreams.stripe.take_deliveries() {
        assert_eq!(tell(&stage, &delivery, &delivery.letter.body).await, StatusCode::OK);
    }
    let totals: Vec<Value> = booked(&stage).into_iter().map(|it| it["total"].clone()).collect();
    assert_eq!(totals, ["-1.00", "-1.00"], "two that look alike are two");
    assert_eq!(paid_back(&stage), 200);
}

#[tokio::test]
async fn a_dispute_is_noted_and_nothing_is_paid_back() {
    let kinds = ["charge.dispute.created", "charge.dispute.closed"];
    let stage = listening(&kinds, |_| {}).await;
    let order = buy(&stage).await;
    let payment = order["transaction_id"].as_str().unwrap();
    let dispute = stage.upstreams.stripe.dispute(payment, "fraudulent").unwrap();
    let hear = async || {
        let delivery = stage.upstreams.stripe.take_deliveries().pop().unwrap();
        for _ in 0..2 {
            assert_eq!(tell(&stage, &delivery, &delivery.letter.body).await, StatusCode::OK);
        }
    };
    hear().await;
    stage.upstreams.stripe.decide_dispute(&dispute, false);
    hear().await;
    let log = log(&stage, &order);
    let about = |words: &str| log.iter().filter(|entry| entry.contains(words)).count();
    assert_eq!((about("The buyer disputes"), about("is lost")), (1, 1), "{log:#?}");
    assert_eq!((paid_back(&stage), booked(&stage).len()), (0, 0));
}
