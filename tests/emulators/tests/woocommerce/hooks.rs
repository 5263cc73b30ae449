//! Webhooks, with a receiver on a real socket.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;

use crate::bench::{Bench, like, recording};

type Letters = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver that keeps what it gets and answers with this status, until it is dropped.
async fn receiver(status: StatusCode) -> (String, Letters, JoinSet<std::io::Result<()>>) {
    let letters = Letters::default();
    let kept = letters.clone();
    let app = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        kept.lock().unwrap().push((headers, body));
        status
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(IntoFuture::into_future(axum::serve(listener, app)));
    (url, letters, server)
}

#[tokio::test]
async fn deliveries_are_late_merged_and_signed() {
    let bench = Bench::new();
    let (url, letters, _server) = receiver(StatusCode::OK).await;
    let hook = |topic: &str| json!({ "name": topic, "topic": topic, "delivery_url": url, "secret": "hook-secret-1" });
    let reply = bench.rest("POST", "webhooks", hook("order.created")).await;
    like("rest/webhook-create", &reply);
    bench.rest("POST", "webhooks", hook("order.updated")).await;
    let (headers, ping) = letters.lock().unwrap()[0].clone();
    assert_eq!(&ping[..], b"webhook_id=1");
    assert!(!headers.contains_key("x-wc-webhook-signature"));

    let order = json!({ "line_items": [{ "product_id": 21, "quantity": 2 }] });
    let id = bench.rest("POST", "orders", order).await.body["id"].clone();
    let path = format!("orders/{id}");
    bench.rest("PUT", &path, json!({ "customer_note": "a" })).await;
    bench.rest("PUT", &path, json!({ "set_paid": true })).await;
    assert_eq!(letters.lock().unwrap().len(), 2, "nothing is sent at the event");
    assert_eq!(bench.store.deliver_hooks().await, 2);
    for (headers, body) in letters.lock().unwrap().iter().skip(2) {
        let mac = Hmac::<Sha256>::new_from_slice(b"hook-secret-1").unwrap().chain_update(body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(headers["x-wc-webhook-signature"], signature);
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["status"], "processing", "as it is now, not as it was");
        if let Some(recording) = recording("webhooks/order.created") {
            for (name, _) in recording["request"]["headers"].as_object().unwrap() {
                let transport =
                    ["Connection", "Accept-Encoding", "Accept", "Host", "Content-Length"];
                let known = headers.contains_key(name.to_lowercase().as_str());
                assert!(known || transport.contains(&name.as_str()), "{name}");
            }
        }
    }
    bench.rest("PUT", &path, json!({ "customer_note": "b" })).await;
    bench.rest("DELETE", &format!("{path}?force=true"), Value::Null).await;
    assert_eq!(bench.store.deliver_hooks().await, 1);
    let (_, gone) = letters.lock().unwrap().last().unwrap().clone();
    let gone: Value = serde_json::from_slice(&gone).unwrap();
    assert_eq!(gone["code"], "woocommerce_rest_shop_order_invalid_id");
}

#[tokio::test]
async fn failures_in_a_row_switch_a_webhook_off() {
    let bench = Bench::new();
    let (url, letters, _server) = receiver(StatusCode::INTERNAL_SERVER_ERROR).await;
    let hook = json!({ "topic": "order.created", "delivery_url": url, "secret": "s" });
    let id = bench.rest("POST", "webhooks", hook).await.body["id"].clone();
    for _ in 0..8 {
        bench.rest("POST", "orders", json!({})).await;
    }
    assert_eq!(bench.store.deliver_hooks().await, 8, "the whole run is sent");
    assert_eq!(letters.lock().unwrap().len(), 9);
    let path = format!("webhooks/{id}");
    assert_eq!(bench.rest("GET", &path, Value::Null).await.body["status"], "disabled");
    bench.rest("POST", "orders", json!({})).await;
    assert_eq!(bench.store.deliver_hooks().await, 0);
    let reply = bench.rest("PUT", &path, json!({ "status": "active" })).await;
    assert_eq!(reply.body["status"], "active");
    assert_eq!(bench.rest("DELETE", &format!("{path}?force=true"), Value::Null).await.status, 200);
}

#[tokio::test]
async fn webhooks_that_are_refused() {
    let bench = Bench::new();
    let hook = json!({ "topic": "nope.nope", "delivery_url": "http://127.0.0.1:9999/hooks" });
    like("errors/webhook-bad-topic", &bench.rest("POST", "webhooks", hook).await);
    let hook = json!({ "topic": "order.created", "delivery_url": "ftp://x/" });
    like("errors/webhook-bad-url", &bench.rest("POST", "webhooks", hook).await);
}
