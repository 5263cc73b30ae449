//! Every recording of a kind that we read is read, and nothing of its money is lost.

use std::{io::Write, path::Path};

use commerce::{ConnectorError, DraftState, Effect, Money, ProblemKind, Subject};
use http::StatusCode;
use serde_json::Value;
use upstream::Answer;

use crate::{
    cart::Cart,
    error::{Refusal, refuse},
    order::StoreOrder,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures/woocommerce");

struct Recording {
    name: String,
    status: u16,
    body: Value,
}

/// All recordings of a folder; none, said aloud, where it is not there.
fn recordings(folder: &str) -> Vec<Recording> {
    let path = Path::new(FOLDER).join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        // The test runner swallows what macros print, and a skip must be seen.
        let words = format!("SKIPPED: {} is absent\n", path.display());
        std::io::stderr().write_all(words.as_bytes()).unwrap();
        return Vec::new();
    };
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let recording: Value = serde_json::from_str(&text).unwrap();
            Recording {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                status: u16::try_from(recording["response"]["status"].as_u64().unwrap_or(0))
                    .unwrap(),
                body: recording["response"]["body"].clone(),
            }
        })
        .collect()
}

/// Carts by themselves, inside checkouts, and as parts of batches.
fn carts() -> Vec<(String, Value)> {
    let mut carts = Vec::new();
    for Recording { name, body, .. } in recordings("store") {
        let parts = body["responses"].as_array().into_iter().flatten();
        let parts = parts.map(|part| part["body"].clone());
        for body in parts.chain([body["__experimentalCart"].clone(), body.clone()]) {
            if body["items"].is_array() && body["shipping_rates"].is_array() {
                carts.push((name.clone(), body));
            }
        }
    }
    carts
}

#[test]
fn carts_are_read_to_the_last_cent() {
    for (name, body) in carts() {
        let cart: Cart = serde_json::from_value(body.clone()).unwrap_or_else(|error| {
            panic!("{name}: {error}");
        });
        let quote = cart.quote(None, Vec::new()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let totals = &quote.totals;
        let digits =
            u32::try_from(body["totals"]["currency_minor_unit"].as_u64().unwrap()).unwrap();
        let shown = body["totals"]["total_price"].as_str().unwrap();
        assert_eq!(
            totals.total,
            Money::round_minor(shown, digits, quote.currency).unwrap(),
            "{name}"
        );
        let added = totals.items_base.minor() - totals.items_discount.minor()
            + totals.shipping.minor()
            + totals.fees.minor()
            + totals.tax.minor();
        assert_eq!(added, totals.total.minor(), "{name}: the sums add up");
        assert_eq!(quote.lines.len(), body["items"].as_array().unwrap().len(), "{name}");
        let lines: i64 = quote.lines.iter().map(|line| line.base.minor()).sum();
        assert_eq!(lines, totals.items_base.minor(), "{name}");
    }
}

#[test]
fn orders_are_read_to_the_last_cent() {
    for Recording { name, body, .. } in recordings("rest") {
        if !body["order_key"].is_string() {
            continue;
        }
        let order: StoreOrder = serde_json::from_value(body.clone()).unwrap_or_else(|error| {
            panic!("{name}: {error}");
        });
        let quote = order.quote(None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(quote.totals.total.to_major(), body["total"].as_str().unwrap(), "{name}");
        order.state("https://shop.example").unwrap();
    }
}

#[test]
fn an_order_that_is_not_ours_is_never_ours() {
    for Recording { name, body, .. } in recordings("rest") {
        let Ok(order) = serde_json::from_value::<StoreOrder>(body) else { continue };
        let state = order.state("https://shop.example").unwrap();
        assert!(!matches!(state, DraftState::Committed { .. }), "{name}");
    }
}

/// What an error recording becomes when adding an item.
fn item_problem(name: &str, kind: ProblemKind) {
    let all = recordings("errors");
    let Some(recording) = all.iter().find(|recording| recording.name == name) else {
        assert!(all.is_empty(), "{name} is missing");
        return;
    };
    let refusal: Refusal = serde_json::from_value(recording.body.clone()).unwrap();
    let problem = refusal.about_item(&commerce::ItemId::new("1"));
    assert_eq!(problem.kind, kind, "{name}");
    assert!(!problem.text.contains('&') && !problem.text.contains('<'), "{}", problem.text);
}

#[test]
fn refused_items_are_told_apart() {
    item_problem("store-add-unknown", ProblemKind::UnknownItem);
    item_problem("store-add-external", ProblemKind::NotPurchasable);
    item_problem("store-add-grouped", ProblemKind::NotPurchasable);
    item_problem("store-add-more-than-stock", ProblemKind::QuantityExceeded);
    item_problem("store-update-item-over-stock", ProblemKind::QuantityExceeded);
    item_problem("store-add-variable-parent-without-variation", ProblemKind::NotPurchasable);
    item_problem("store-add-variation-any-attribute-missing", ProblemKind::NotPurchasable);
}

#[test]
fn refused_addresses_name_their_part() {
    for recording in recordings("errors") {
        let part = match recording.name.as_str() {
            "store-update-customer-bad-country" => "country",
            "store-update-customer-bad-state" => "state",
            "store-update-customer-bad-postcode" => "postal_code",
            _ => continue,
        };
        let refusal: Refusal = serde_json::from_value(recording.body).unwrap();
        let problem = refusal.about_address();
        assert_eq!(problem.subject, Subject::Address(Some(part)), "{}", recording.name);
        assert!(problem.text.len() < 100, "no list of all countries: {}", problem.text);
    }
}

#[test]
fn every_recorded_error_says_who_can_act() {
    for Recording { name, status, body } in recordings("errors") {
        if status < 400 {
            continue;
        }
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: http::HeaderMap::new(),
            body: body.to_string().into(),
        };
        let error = refuse("test", &answer, Effect::None);
        let expected = match name.as_str() {
            "rest-no-auth" | "rest-bad-key" | "rest-bad-secret" | "rest-read-only-key-writes" => {
                matches!(error, ConnectorError::Denied { .. })
            }
            "rest-no-route" => matches!(error, ConnectorError::Denied { .. }),
            "rest-order-404" => matches!(error, ConnectorError::NotFound { what: "order" }),
            "store-expired-token-post" => {
                matches!(error, ConnectorError::NotFound { what: "cart" })
            }
            "store-checkout-rate-limited" => {
                matches!(error, ConnectorError::Unavailable { retry_after: Some(_), .. })
            }
            _ => true,
        };
        assert!(expected, "{name}: {error:?}");
        assert!(!error.to_string().contains("/var/www"), "{name}: {error}");
    }
}
