//! The seller, who gives money back: in the store or in the processor's dashboard, all or a part.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::World;

/// Gives something back of some orders that were never touched, on one side.
pub(crate) async fn give_back(world: &World) {
    for order in world.store.orders() {
        let is_untouched = order["refunds"].as_array().is_some_and(Vec::is_empty);
        let is_sold = !order["date_paid"].is_null() && order["status"] != "refunded";
        if !is_sold || !is_untouched || !world.weather.happens(20) {
            continue;
        }
        let total = order["total"].as_str().unwrap_or_default();
        let payment = order["transaction_id"].as_str().unwrap_or_default();
        let is_all = world.weather.happens(50);
        if world.weather.happens(50) {
            book(world, &order["id"], if is_all { total } else { "1.00" }).await;
        } else {
            world.stripe.refund_by_hand(payment, if is_all { None } else { Some(100) });
        }
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
