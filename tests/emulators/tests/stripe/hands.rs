//! The same hands for a test in another process.

use std::sync::Arc;

use axum::body::Body;
use emulators::stripe::Hands;
use http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bench::{HELD, PREVIEW, Reply, paying, send};

const CREATE: &str = "/v1/payment_intents";

fn hands() -> Hands {
    let start: Timestamp = "2026-11-23T18:00:00Z".parse().unwrap();
    Hands::new(Arc::new(move || start), 7)
}

async fn ask(hands: &Hands, what: &str, ask: &Value) -> Reply {
    let request = Request::post(format!("/_emulator/{what}")).body(Body::from(ask.to_string()));
    send(hands.router(), request.unwrap()).await
}

async fn call(hands: &Hands, path: &str, body: String) -> Reply {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {}", hands.stripe().secret_key()))
        .header("stripe-version", PREVIEW)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body));
    send(hands.router(), request.unwrap()).await
}

#[tokio::test]
async fn a_purchase_by_requests_alone() {
    let hands = hands();
    let granted = json!({
        "payment_method": "pm_card_authenticationRequired", "amount": 9000, "currency": "usd",
    });
    let token = ask(&hands, "grant", &granted).await.id();
    let id = call(&hands, CREATE, HELD.to_owned()).await.id();
    let waiting = call(&hands, &format!("{CREATE}/{id}/confirm"), paying(&token)).await;
    assert_eq!(waiting.body["status"], "requires_action");
    let proved = ask(&hands, "authenticate", &json!({ "id": id, "proved": true })).await;
    assert_eq!(proved.body["status"], "requires_capture");
    let books = ask(&hands, "ledger", &json!({})).await.body;
    assert_eq!(books["payments"][0]["held"], 5000);
    ask(&hands, "clock", &json!({ "ahead": 7 * 24 * 3600 })).await;
    let books = ask(&hands, "ledger", &json!({})).await.body;
    assert_eq!(books["payments"][0]["status"], "canceled");
    let journal = ask(&hands, "journal", &json!({})).await.body;
    assert_eq!(journal[0]["path"], CREATE);
}

#[tokio::test]
async fn faults_and_mishaps_are_planned() {
    let hands = hands();
    let plan =
        |kind: &str| json!({ "method": "POST", "path": CREATE, "kind": kind, "status": 502 });
    ask(&hands, "fault", &plan("html")).await;
    ask(&hands, "mishap", &plan("broken")).await;
    let page = call(&hands, CREATE, HELD.to_owned()).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert_eq!(call(&hands, CREATE, HELD.to_owned()).await.status, 500);
    assert_eq!(call(&hands, CREATE, HELD.to_owned()).await.status, 200);
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let hands = hands();
    for (what, asked, words) in [
        ("dance", json!({}), "there is nothing called dance"),
        ("authenticate", json!({}), "id must be text"),
        ("authenticate", json!({ "id": "pi_none", "proved": true }), "nothing to do"),
        ("clock", json!({ "ahead": "soon" }), "ahead must be an integer"),
        (
            "fault",
            json!({ "method": "GET", "path": "/", "kind": "flood" }),
            "there is no fault called flood",
        ),
    ] {
        let refused = ask(&hands, what, &asked).await;
        assert_eq!((refused.status, &refused.body["error"]), (400, &json!(words)));
    }
}
