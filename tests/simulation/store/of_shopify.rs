//! A Shopify store.

use emulators::{
    Now,
    faults::Fault,
    shopify::{self, Store},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use storebridge::config;

use super::{Item, Order, SCARCE_UNITS, Stage, Step, value_of};

/// What `FIVEOFF` takes away.
const CHEAP: i64 = 500;

pub(super) fn open(url: &str, now: Now, seed: u64) -> Store {
    let store = Store::demo(url, now, seed);
    store.set_stock(&variant(&store, Item::Scarce), SCARCE_UNITS);
    store.set_price(&variant(&store, Item::Cheap), CHEAP);
    store
}

pub(super) fn unlock(store: &Store, platform: &mut config::Shopify) {
    let (client_id, client_secret) = store.client();
    platform.access = ::shopify::Access::ClientCredentials {
        client_id: SecretString::from(client_id),
        client_secret: SecretString::from(client_secret),
    };
}

pub(super) fn item(store: &Store, item: Item) -> String {
    tail(&json!(variant(store, item)))
}

pub(super) fn lower_price(store: &Store) {
    store.set_price(&variant(store, Item::Plain), 1_750);
}

pub(super) fn sell_scarce(store: &Store) -> i64 {
    let scarce = variant(store, Item::Scarce);
    // Whatever was reserved until now is on the shelf again.
    store.ledger();
    let left = store.stock(&scarce).unwrap_or_default().max(0);
    if left > 0 {
        store.set_stock(&scarce, 0);
    }
    left
}

pub(super) fn orders(store: &Store) -> Vec<Order> {
    let ledger = store.ledger();
    let list = |name: &str| ledger[name].as_array().cloned().unwrap_or_default();
    let drafts = list("drafts").into_iter().map(|draft| of_draft(&draft));
    list("orders").into_iter().map(|order| of_order(&order)).chain(drafts).collect()
}

pub(super) fn step(store: &Store, body: &Value) -> Option<Step> {
    let (query, variables) = (body["query"].as_str()?, &body["variables"]);
    let draft = |gid: &Value| {
        let ledger = store.ledger();
        let mut drafts = ledger["drafts"].as_array()?.iter();
        drafts.find(|draft| draft["id"] == *gid).map(of_draft)
    };
    if query.contains("draftOrderComplete(") {
        return draft(&variables["id"]).map(|draft| Step::Pay(draft.tied));
    }
    if query.contains("draftOrderDelete(") {
        return draft(&variables["input"]["id"]).map(Step::End);
    }
    let is_end = value_of(&variables["input"]["customAttributes"], "acp_ended").is_some();
    if is_end && query.contains("draftOrderUpdate(") {
        return draft(&variables["id"]).map(Step::End);
    }
    None
}

/// Shopify answers 200 where its points are spent or it stumbles.
pub(super) fn refusal(status: u16) -> Option<(u16, Value)> {
    let fault = match status {
        429 => shopify::throttled(),
        500 => shopify::internal_error(false),
        _ => return None,
    };
    if let Fault::Json(status, body) = fault { Some((status, body)) } else { None }
}

/// In the store's own pages.
pub(super) fn book(store: &Store, order: &Order, amount: i64) {
    let gid = format!("gid://shopify/Order/{}", order.id);
    let ledger = store.ledger();
    let mut orders = ledger["orders"].as_array().into_iter().flatten();
    let sold = orders.find(|sold| sold["id"] == gid.as_str()).expect("there is such an order");
    let input = json!({
        "orderId": gid,
        "note": "damaged",
        "transactions": [{
            "orderId": gid,
            "kind": "REFUND",
            "gateway": "manual",
            "parentId": sold["transactions"][0]["id"],
            "amount": format!("{}.{:02}", amount / 100, amount % 100),
        }],
    });
    let told = store.admin(
        "mutation Refund($input: RefundInput!, $key: String!) {
           refundCreate(input: $input) @idempotent(key: $key) {
             refund { id } userErrors { message }
           }
         }",
        &json!({ "input": input, "key": format!("by hand {gid} {amount}") }),
    );
    assert!(told["data"]["refundCreate"]["refund"]["id"].is_string(), "may refund: {told}");
}

fn of_order(order: &Value) -> Order {
    let scarce = scarce(&order["lines"]);
    let is_canceled = !order["cancelled"].is_null();
    Order {
        stage: if is_canceled { Stage::Dead } else { Stage::Committed },
        is_paid: order["paid"] == true,
        paid_by: tie(&order["attributes"]),
        total: order["total"].as_i64().unwrap_or_default(),
        refunded: order["refunded"].as_i64().unwrap_or_default(),
        refunds: order["refunds"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0),
        is_refunded: order["status"] == "REFUNDED",
        scarce,
        held: scarce,
        ..of_draft(order)
    }
}

/// What it costs is what it would cost if it were written now.
fn of_draft(draft: &Value) -> Order {
    let attributes = &draft["attributes"];
    let tied = value_of(attributes, "acp_payment");
    Order {
        id: tail(&draft["id"]),
        stage: match &tied {
            _ if value_of(attributes, "acp_ended").is_some() => Stage::Dead,
            Some(_) => Stage::Committed,
            None => Stage::Open,
        },
        is_paid: false,
        session: value_of(attributes, "acp_session").unwrap_or_default(),
        tied: tie(attributes),
        paid_by: String::new(),
        total: draft["total"].as_i64().unwrap_or_default(),
        refunded: 0,
        refunds: 0,
        is_refunded: false,
        scarce: scarce(&draft["lines"]),
        held: scarce(&draft["held"]),
        says_oversold: attributes.to_string().contains("oversold"),
        words: draft.to_string(),
    }
}

/// How many of what may sell out are in these rows.
fn scarce(rows: &Value) -> i64 {
    let rows = rows.as_array().into_iter().flatten();
    let scarce = rows.filter(|row| row["sku"] == sku(Item::Scarce));
    let count = |row: &Value, name: &str| row[name].as_i64().unwrap_or_default();
    scarce.map(|row| count(row, "quantity") - count(row, "removed")).sum()
}

/// The payment; empty where there is nothing to pay.
fn tie(attributes: &Value) -> String {
    value_of(attributes, "acp_payment").filter(|payment| payment != "none").unwrap_or_default()
}

fn variant(store: &Store, item: Item) -> String {
    store.variant(sku(item)).expect("the store sells it")
}

const fn sku(item: Item) -> &'static str {
    match item {
        Item::Plain => "BEANIE-1",
        Item::Scarce => "LAST-1",
        Item::Other => "OIL-500",
        Item::Cheap => "GUIDE-PDF",
        Item::Gone => "OUT-1",
    }
}

/// The number in a global id.
fn tail(gid: &Value) -> String {
    gid.as_str().and_then(|gid| gid.rsplit('/').next()).unwrap_or_default().to_owned()
}
