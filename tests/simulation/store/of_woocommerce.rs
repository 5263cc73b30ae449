//! A WooCommerce store.

use base64::{Engine, engine::general_purpose::STANDARD};
use emulators::{Now, woocommerce::Store};
use http::Request;
use secrecy::SecretString;
use serde_json::{Value, json};
use storebridge::config;
use tower::ServiceExt;

use super::{Item, Order, SCARCE_UNITS, Stage, Step, value_of};

pub(super) fn open(url: &str, now: Now, seed: u64) -> Store {
    let store = Store::demo(url, now, seed);
    store.set_stock(item(Item::Scarce), SCARCE_UNITS);
    store
}

pub(super) fn unlock(store: &Store, platform: &mut config::WooCommerce) {
    platform.consumer_key = SecretString::from(store.consumer_key());
    platform.consumer_secret = SecretString::from(store.consumer_secret());
}

pub(super) const fn item(item: Item) -> u64 {
    match item {
        Item::Plain => 20,
        Item::Scarce => 3495,
        Item::Other => 29,
        Item::Cheap => 30,
        Item::Gone => 3501,
    }
}

pub(super) fn lower_price(store: &Store) {
    store.set_price(item(Item::Plain), "17.50");
}

pub(super) fn sell_scarce(store: &Store) -> i64 {
    let left = store.stock(item(Item::Scarce)).unwrap_or_default().max(0);
    if left > 0 {
        store.set_stock(item(Item::Scarce), 0);
    }
    left
}

pub(super) fn orders(store: &Store) -> Vec<Order> {
    store.orders().iter().map(|order| read(store, order)).collect()
}

pub(super) fn step(store: &Store, path: &str, body: &Value) -> Option<Step> {
    let (_, id) = path.split_once("/wc/v3/orders/")?;
    if body["status"] == "cancelled" {
        return Some(Step::End(read(store, &store.order(id.parse().ok()?)?)));
    }
    let payment = body["transaction_id"].as_str().filter(|_| body["set_paid"] == true)?;
    Some(Step::Pay(payment.to_owned()))
}

/// In the store's own pages.
pub(super) async fn book(store: &Store, order: &Order, amount: i64) {
    let pair = format!("{}:{}", store.consumer_key(), store.consumer_secret());
    let amount = format!("{}.{:02}", amount / 100, amount % 100);
    let body = json!({"amount": amount, "reason": "damaged", "api_refund": false});
    let request = Request::post(format!("/wp-json/wc/v3/orders/{}/refunds", order.id))
        .header("authorization", format!("Basic {}", STANDARD.encode(pair)))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()))
        .expect("a request");
    let Ok(answer) = store.router().oneshot(request).await;
    assert_eq!(answer.status(), 201, "the seller may refund");
}

fn read(store: &Store, order: &Value) -> Order {
    let list = |name: &str| order[name].as_array().cloned().unwrap_or_default();
    let meta = |key: &str| value_of(&order["meta_data"], key).unwrap_or_default();
    let is_scarce = |line: &&Value| line["product_id"] == item(Item::Scarce);
    let log = store.order_log(order["id"].as_u64().unwrap_or_default());
    let refunds = list("refunds");
    let lines = list("line_items");
    let scarce = lines.iter().filter(is_scarce).filter_map(|line| line["quantity"].as_i64()).sum();
    // The other states take nothing off the shelf.
    let is_held = matches!(order["status"].as_str(), Some("on-hold" | "processing" | "completed"));
    Order {
        id: order["id"].to_string(),
        stage: match order["status"].as_str() {
            Some("cancelled" | "trash") => Stage::Dead,
            Some("checkout-draft") => Stage::Open,
            _ => Stage::Committed,
        },
        is_paid: !order["date_paid"].is_null(),
        session: meta("_acp_session"),
        tied: meta("_acp_payment"),
        paid_by: order["transaction_id"].as_str().unwrap_or_default().to_owned(),
        total: minor(&order["total"]),
        refunded: -refunds.iter().map(|refund| minor(&refund["total"])).sum::<i64>(),
        refunds: refunds.len(),
        is_refunded: order["status"] == "refunded",
        scarce,
        held: if is_held { scarce } else { 0 },
        says_oversold: log.iter().any(|entry| entry.ends_with("[oversold]")),
        words: order.to_string(),
    }
}

/// Decimal text in minor units.
fn minor(decimal: &Value) -> i64 {
    let digits = decimal.as_str().unwrap_or_default().replace('.', "");
    digits.parse().unwrap_or_default()
}
