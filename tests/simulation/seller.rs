//! The seller, who gives money back: in the store or in the processor's dashboard, all or a part.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::World;

/// Gives something back of some orders that were never touched, on one side.
pub(crate) async fn give_back(world: &World) {
    for order in untouched(world) {
        if world.weather.happens(20) {
            let amount = (!world.weather.happens(50)).then_some("1.00");
            give(world, &order, amount, world.weather.happens(50)).await;
        }
    }
}

/// Gives back all of every order, in the store or at the processor.
pub(crate) async fn refund(world: &World, in_store: bool) {
    for order in untouched(world) {
        give(world, &order, None, in_store).await;
    }
}

/// Orders that are paid, and of which nothing has gone back.
fn untouched(world: &World) -> Vec<Value> {
    let is_untouched = |order: &Value| order["refunds"].as_array().is_some_and(Vec::is_empty);
    // What cost nothing gives nothing back.
    let is_sold = |order: &Value| {
        !order["date_paid"].is_null() && order["status"] != "refunded" && order["total"] != "0.00"
    };
    let orders = world.store.orders().into_iter();
    orders.filter(|order| is_sold(order) && is_untouched(order)).collect()
}

/// All of an order, or so much of it.
async fn give(world: &World, order: &Value, amount: Option<&str>, in_store: bool) {
    if in_store {
        let total = order["total"].as_str().unwrap_or_default();
        book(world, &order["id"], amount.unwrap_or(total)).await;
    } else {
        let payment = order["transaction_id"].as_str().unwrap_or_default();
        let minor = amount.and_then(|amount| amount.replace('.', "").parse().ok());
        world.stripe.refund_by_hand(payment, minor);
    }
}

/// In the store's own pages, which leaves the money where it is.
async fn book(world: &World, order: &Value, amount: &str) {
    let pair = format!("{}:{}", world.store.consumer_key(), world.store.consumer_secret());
    let body = json!({"amount": amount, "reason": "damaged", "api_refund": false});
    let request = Request::post(format!("/wp-json/wc/v3/orders/{order}/refunds"))
        .header("authorization", format!("Basic {}", STANDARD.encode(pair)))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()))
        .expect("a request");
    let Ok(answer) = world.store.router().oneshot(request).await;
    assert_eq!(answer.status(), 201, "the seller may refund");
}
