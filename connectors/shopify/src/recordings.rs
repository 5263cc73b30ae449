//! Every recording of a real store that holds something we read is read, and nothing of it is lost.

use std::{io::Write, path::Path};

use commerce::{ConnectorError, Currency, Decimal, Effect, Money};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    attributes::Attribute,
    budget::Cost,
    error::{Problem, UserError, failed},
    head::Head,
    id::tail,
    shown::{Bag, Mailing, Shown, Tax},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures/shopify");

/// All recordings; none, said aloud, where they are not there.
fn recordings() -> Vec<(String, Value)> {
    let Ok(folders) = std::fs::read_dir(FOLDER) else {
        // The test runner swallows what macros print, and a skip must be seen.
        let words = format!("SKIPPED: {} is absent\n", Path::new(FOLDER).display());
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return Vec::new();
    };
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect()
}

/// Every object in a recording, with the name it stands under.
fn objects<'a>(
    name: &'a str,
    value: &'a Value,
    found: &mut Vec<(&'a str, &'a Map<String, Value>)>,
) {
    match value {
        Value::Object(members) => {
            found.push((name, members));
            for (name, member) in members {
                objects(name, member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| objects(name, item, found)),
        _ => {}
    }
}

/// Calls `check` for every object in every recording; answers how often it had something to say.
pub(crate) fn each(check: impl Fn(&str, &Map<String, Value>) -> bool) -> usize {
    let mut count = 0;
    for (recording, value) in recordings() {
        let mut found = Vec::new();
        objects("", &value, &mut found);
        for (name, object) in found {
            let told =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(name, object)));
            let told = told.unwrap_or_else(|_| panic!("in {recording}: {name}: {object:?}"));
            count += usize::from(told);
        }
    }
    count
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(object: &Map<String, Value>) -> T {
    serde_json::from_value(Value::Object(object.clone())).unwrap()
}

/// That there was something, where there are recordings at all.
pub(crate) fn assert_some(count: usize, least: usize) {
    assert!(count >= least || !Path::new(FOLDER).exists(), "{count}");
}

#[test]
fn money_is_read_to_the_last_digit() {
    let count = each(|_, object| {
        let Some(seen) = object.get("presentmentMoney").and_then(Value::as_object) else {
            return false;
        };
        if !seen.contains_key("currencyCode") || !seen.contains_key("amount") {
            return false;
        }
        let text = seen["amount"].as_str().unwrap();
        let money = read::<Bag>(object).money().unwrap();
        assert_eq!(money.currency().code(), seen["currencyCode"].as_str().unwrap());
        let (kept, shown) = (Decimal::from_str_exact(&money.to_major()), text.parse::<Decimal>());
        assert_eq!(kept.unwrap(), shown.unwrap());
        true
    });
    assert_some(count, 100);
}

#[test]
fn what_is_wrong_is_read_with_its_place() {
    let count = each(|name, object| {
        if !name.to_ascii_lowercase().ends_with("usererrors") || !object.contains_key("message") {
            return false;
        }
        let error: UserError = read(object);
        assert_eq!(error.message, object["message"].as_str().unwrap());
        assert_eq!(json!(error.field), object["field"]);
        true
    });
    assert_some(count, 300);
}

/// No recorded error of a document is taken for something that happened, or for a reason to wait.
#[test]
fn errors_of_documents_have_their_meaning() {
    let count = each(|name, object| {
        if name != "errors" || !object.contains_key("message") {
            return false;
        }
        let problem: Problem = read(object);
        let code = object.get("extensions").and_then(|it| it.get("code")).and_then(Value::as_str);
        assert_eq!(problem.code(), code.unwrap_or_default());
        let error = failed("recorded", std::slice::from_ref(&problem), Effect::Unknown);
        assert!(error.had_no_effect(), "{error:?}");
        match (code, &error) {
            (Some("ACCESS_DENIED"), ConnectorError::Denied { hint }) => {
                let wanted = object["extensions"]["requiredAccess"].as_str();
                assert!(wanted.is_none_or(|wanted| hint.contains(wanted)), "{hint}");
            }
            (Some("RESOURCE_NOT_FOUND"), ConnectorError::NotFound { .. }) => {}
            (Some("ACCESS_DENIED" | "RESOURCE_NOT_FOUND"), other) => panic!("{other:?}"),
            (_, error) => assert!(matches!(error, ConnectorError::Unreadable { .. }), "{error:?}"),
        }
        true
    });
    assert_some(count, 150);
}

#[test]
fn costs_ids_and_parts_are_read() {
    let costs = each(|name, object| {
        let is_cost = name == "cost" && object.contains_key("throttleStatus");
        is_cost && {
            let cost: Cost = read(object);
            assert!(cost.is_complete(), "{object:?}");
            true
        }
    });
    assert_some(costs, 200);
    let ids = each(|_, object| {
        let gid = object.get("id").and_then(Value::as_str).unwrap_or_default();
        let last = gid.strip_prefix("gid://shopify/").and_then(|path| path.rsplit('/').next());
        let number = last.and_then(|last| last.parse::<u64>().ok()).filter(|number| *number > 0);
        number.is_some_and(|number| {
            assert_eq!(tail(gid), Some(number));
            true
        })
    });
    assert_some(ids, 500);
    let attributes = each(|name, object| {
        let is_one = name == "customAttributes" && object.contains_key("key");
        is_one && {
            let attribute: Attribute = read(object);
            assert_eq!(serde_json::to_value(attribute).unwrap(), Value::Object(object.clone()));
            true
        }
    });
    assert_some(attributes, 1);
    let places = each(|name, object| {
        let is_place = matches!(name, "shippingAddress" | "billingAddress");
        is_place && {
            let place: Mailing = read(object);
            let city = object.get("city").and_then(Value::as_str);
            assert_eq!(place.city.as_deref(), city);
            true
        }
    });
    assert_some(places, 1);
    each(|name, object| {
        let price = object.get("priceSet").and_then(|price| price.get("presentmentMoney"));
        let is_tax = name == "taxLines" && price.is_some();
        is_tax && {
            let tax: Tax = read(object);
            tax.line().unwrap();
            true
        }
    });
}

/// A draft with everything that we ask for: recorded ones were asked for less.
fn draft() -> Value {
    let nothing = json!({ "presentmentMoney": { "amount": "0.0", "currencyCode": "CAD" } });
    json!({
        "id": "gid://shopify/DraftOrder/1", "status": "OPEN", "ready": true,
        "updatedAt": "2026-06-22T15:48:06Z",
        "reserveInventoryUntil": null, "email": null, "phone": null, "note2": null,
        "taxesIncluded": false, "shippingAddress": null, "billingAddress": null,
        "shippingLine": null, "order": null, "totalTaxSet": nothing, "totalPriceSet": nothing,
        "lineItems": { "nodes": [], "pageInfo": { "hasNextPage": false } },
    })
}

fn order() -> Value {
    json!({
        "id": "gid://shopify/Order/1", "name": "#1", "statusPageUrl": "https://x.example/1",
        "cancelledAt": null, "displayFinancialStatus": null,
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": { "presentmentMoney": { "amount": "0.0", "currencyCode": "CAD" } },
    })
}

/// What was recorded, in place of what it was not asked for. Amounts that were recorded without the
/// buyer's own stay out.
fn over(mut whole: Value, recorded: &Map<String, Value>) -> Value {
    for (name, value) in recorded {
        let is_whole = match value {
            Value::Object(bag) if name.ends_with("Set") => bag.contains_key("presentmentMoney"),
            Value::Object(_) => !matches!(name.as_str(), "lineItems" | "order" | "shippingLine"),
            Value::Array(_) => {
                matches!(name.as_str(), "tags" | "discountCodes" | "customAttributes")
            }
            _ => true,
        };
        let is_asked_for = whole.get(name).is_some() || matches!(value, Value::Array(_));
        if is_whole && is_asked_for {
            whole[name] = value.clone();
        }
    }
    whole
}

#[test]
fn drafts_and_orders_are_read() {
    let is_kind = |object: &Map<String, Value>, kind: &str| {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        id.starts_with(&format!("gid://shopify/{kind}/")) && object.len() > 2
    };
    let drafts = each(|_, object| {
        is_kind(object, "DraftOrder") && {
            let shown: Shown = serde_json::from_value(over(draft(), object)).unwrap();
            let status = object.get("status").and_then(Value::as_str).unwrap_or("OPEN");
            assert_eq!(shown.status, status);
            shown.total().unwrap();
            true
        }
    });
    assert_some(drafts, 10);
    let orders = each(|_, object| {
        is_kind(object, "Order") && {
            let head: Head = serde_json::from_value(over(order(), object)).unwrap();
            let order = head.order(&crate::attributes::Kept::default()).unwrap();
            let name = object.get("name").and_then(Value::as_str).unwrap_or("#1");
            assert_eq!(format!("#{}", order.number), name);
            let status = object.get("displayFinancialStatus").and_then(Value::as_str);
            assert_eq!(
                head.is_paid(),
                matches!(status, Some("PAID" | "PARTIALLY_REFUNDED" | "REFUNDED"))
            );
            let total = object.get("totalPriceSet").and_then(|set| set.get("presentmentMoney"));
            if let Some(total) = total.filter(|total| total.get("currencyCode").is_some()) {
                let currency =
                    Currency::from_code(total["currencyCode"].as_str().unwrap()).unwrap();
                let shown = Money::parse_major(total["amount"].as_str().unwrap(), currency);
                assert_eq!(order.total, shown.unwrap());
            }
            true
        }
    });
    assert_some(orders, 50);
}
