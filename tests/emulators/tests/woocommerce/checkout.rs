//! Drafts and placed orders.

use serde_json::{Value, json};

use crate::bench::{Bench, ada, billed, like};

fn order(gateway: &str) -> Value {
    json!({ "billing_address": billed(), "shipping_address": ada(), "payment_method": gateway })
}

#[tokio::test]
async fn a_draft_follows_its_cart_until_it_is_paid() {
    let mut bench = Bench::new();
    bench.cart(&[(3495, 1)]).await;
    bench.address().await;
    let reply = bench.shop("GET", "checkout", Value::Null).await;
    like("store/checkout-get-draft", &reply);
    let id = reply.body["order_id"].as_u64().unwrap();
    assert_eq!(bench.store.stock(3495), Some(1), "a draft holds no stock");
    assert_eq!(bench.store.order(id).unwrap()["total"], "49.96");
    let body = json!({ "package_id": 0, "rate_id": "flat_rate:2" });
    bench.shop("POST", "cart/select-shipping-rate", body).await;
    assert_eq!(bench.store.order(id).unwrap()["shipping_total"], "14.99");
    let body = json!({ "package_id": 0, "rate_id": "flat_rate:1" });
    bench.shop("POST", "cart/select-shipping-rate", body).await;
    let reply = bench.shop("GET", "checkout", Value::Null).await;
    assert_eq!(reply.body["order_id"], id);

    let paid = json!({
        "set_paid": true, "transaction_id": "pi_11", "payment_method": "acp_delegate",
        "payment_method_title": "Agentic (card)", "billing": billed(), "shipping": ada(),
    });
    let path = format!("orders/{id}");
    let reply = bench.rest("PUT", &path, paid.clone()).await;
    like("rest/draft-order-put-set-paid", &reply);
    assert_eq!(reply.body["status"], "processing");
    assert_eq!(bench.store.stock(3495), Some(0));
    bench.rest("PUT", &path, paid).await;
    assert_eq!(bench.store.stock(3495), Some(0), "taken once");
    bench.rest("PUT", &path, json!({ "status": "pending" })).await;
    assert_eq!(bench.store.stock(3495), Some(1));
    let body = json!({ "set_paid": true, "transaction_id": "pi_11" });
    like("rest/draft-order-pending-then-set-paid", &bench.rest("PUT", &path, body).await);
    assert_eq!(bench.store.cart_lines(), 1, "the cart keeps its lines");
    bench.store.set_stock(3495, 5);
    let reply = bench.shop("GET", "checkout", Value::Null).await;
    assert_ne!(reply.body["order_id"], id, "a paid order is no draft any more");
    let reply = bench.shop("POST", "checkout", order("bacs")).await;
    like("store/checkout-after-draft-was-paid-by-rest", &reply);
}

#[tokio::test]
async fn placing_orders() {
    let mut bench = Bench::new();
    bench.cart(&[(21, 2)]).await;
    bench.address().await;
    bench.shop("POST", "cart/apply-coupon", json!({ "code": "SAVE10" })).await;
    let reply = bench
        .shop("PUT", "checkout", json!({ "payment_method": "bacs", "order_notes": "hello" }))
        .await;
    assert_eq!((reply.status, &reply.body["payment_method"]), (200, &json!("bacs")));
    assert_eq!(reply.body["payment_result"], Value::Null);
    assert_eq!(reply.body["__experimentalCart"]["items_count"], 2);
    let mut body = order("cod");
    body["customer_note"] = json!("Leave at the door");
    let reply = bench.shop("POST", "checkout", body).await;
    like("store/checkout-post", &reply);
    let (id, key) = (reply.body["order_id"].clone(), reply.body["order_key"].clone());
    let key = key.as_str().unwrap();
    like("store/cart-after-checkout", &bench.shop("GET", "cart", Value::Null).await);
    let reply = bench.shop("POST", "checkout", order("cod")).await;
    like("errors/store-checkout-repeat-after-success", &reply);
    like(
        "rest/order-from-store-checkout",
        &bench.rest("GET", &format!("orders/{id}"), Value::Null).await,
    );
    let path = format!("order/{id}?key={key}&billing_email=ada@example.com");
    like("store/order-get", &bench.shop("GET", &path, Value::Null).await);
    let path = format!("order/{id}?key=bad&billing_email=ada@example.com");
    like("errors/store-order-bad-key", &bench.shop("GET", &path, Value::Null).await);
    let path = format!("order/{id}?key={key}");
    like("errors/store-order-no-email", &bench.shop("GET", &path, Value::Null).await);

    bench.cart(&[(3495, 1)]).await;
    let reply = bench.shop("POST", "checkout", order("bacs")).await;
    like("store/checkout-bacs-on-hold", &reply);
    assert_eq!((&reply.body["status"], bench.store.stock(3495)), (&json!("on-hold"), Some(0)));
    let path = format!("orders/{}", reply.body["order_id"]);
    let body = json!({ "set_paid": true, "transaction_id": "pi_9" });
    let reply = bench.rest("PUT", &path, body).await;
    like("rest/order-on-hold-then-set-paid", &reply);
    assert_eq!(
        (&reply.body["status"], &reply.body["date_paid"]),
        (&json!("on-hold"), &Value::Null)
    );
    let body = json!({ "status": "processing", "payment_method": "acp_delegate" });
    let reply = bench.rest("PUT", &path, body).await;
    like("rest/order-on-hold-then-status-processing", &reply);

    bench.cart(&[(29, 1)]).await;
    let body = json!({ "billing_address": billed(), "payment_method": "cod" });
    let reply = bench.shop("POST", "checkout", body).await;
    like("store/checkout-virtual-only", &reply);
    assert_eq!(reply.body["status"], "on-hold");
}

#[tokio::test]
async fn what_checkout_refuses() {
    let mut bench = Bench::new();
    bench.cart(&[]).await;
    like("errors/store-checkout-get-empty-cart", &bench.shop("GET", "checkout", Value::Null).await);
    let token = bench.token.take();
    like("errors/store-checkout-get-no-token", &bench.shop("GET", "checkout", Value::Null).await);
    bench.token = token;
    bench.cart(&[(21, 1)]).await;
    let mut no_email = order("cod");
    no_email["billing_address"]["email"] = json!("");
    let mut no_postcode = order("cod");
    no_postcode["billing_address"]["postcode"] = json!("");
    let mut no_method = order("cod");
    no_method.as_object_mut().unwrap().remove("payment_method");
    let mut japan = order("cod");
    for name in ["billing_address", "shipping_address"] {
        japan[name]["country"] = json!("JP");
        japan[name]["state"] = json!("JP13");
        japan[name]["postcode"] = json!("100-0001");
    }
    for (name, body) in [
        ("no-addresses-body", json!({ "payment_method": "cod" })),
        ("unknown-payment-method", order("acp_delegate")),
        ("no-email", no_email),
        ("billing-no-postcode", no_postcode),
        ("no-payment-method", no_method),
        ("no-shipping-for-country", japan),
    ] {
        let reply = bench.shop("POST", "checkout", body).await;
        like(&format!("errors/store-checkout-{name}"), &reply);
    }
    bench.wait(49 * 3600);
    let reply = bench.shop("POST", "checkout", order("cod")).await;
    like("errors/store-expired-token-checkout", &reply);
}

#[tokio::test]
async fn the_last_unit_and_the_last_coupon() {
    let mut bench = Bench::new();
    bench.cart(&[(3495, 1)]).await;
    bench.address().await;
    bench.store.set_stock(3495, 0);
    let reply = bench.shop("POST", "checkout", order("cod")).await;
    like("errors/store-last-unit-second-buyer", &reply);
    bench.store.set_stock(3495, 1);
    bench.store.unpublish(3495);
    let reply = bench.shop("POST", "checkout", order("cod")).await;
    like("errors/store-checkout-item-unpublished", &reply);

    let mut other = bench.beside();
    for buyer in [&mut bench, &mut other] {
        buyer.cart(&[(21, 1)]).await;
        buyer.address().await;
        let reply = buyer.shop("POST", "cart/apply-coupon", json!({ "code": "ONCE" })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    assert_eq!(bench.shop("POST", "checkout", order("cod")).await.status, 200);
    let reply = other.shop("POST", "checkout", order("cod")).await;
    like("errors/store-checkout-coupon-used-up", &reply);
    let reply = bench.cart(&[(21, 1)]).await;
    assert_eq!(reply.status, 201);
    let reply = bench.shop("POST", "cart/apply-coupon", json!({ "code": "ONCE" })).await;
    like("errors/store-apply-coupon-used-up", &reply);
}

#[tokio::test]
async fn a_batch_buys_and_a_pending_order_is_paid() {
    let mut bench = Bench::new();
    bench.cart(&[]).await;
    let headers = json!({ "Cart-Token": bench.token });
    let part = |path: &str, body: Value| json!({ "method": "POST", "path": path, "body": body, "headers": headers });
    let requests = json!([
        part("/wc/store/v1/cart/add-item", json!({ "id": 20, "quantity": 1 })),
        part("/wc/store/v1/checkout", order("cod")),
    ]);
    let reply = bench.shop("POST", "batch", json!({ "requests": requests })).await;
    like("store/batch-with-checkout", &reply);
    assert_eq!(bench.store.cart_lines(), 0);

    let body = json!({
        "line_items": [{ "product_id": 21, "quantity": 1 }], "billing": billed(), "shipping": ada(),
    });
    let pending = bench.rest("POST", "orders", body).await.body;
    let mut body = order("cod");
    body["key"] = pending["order_key"].clone();
    body["billing_email"] = json!("ada@example.com");
    let path = format!("checkout/{}", pending["id"]);
    let token = bench.token.take();
    let reply = bench.shop("POST", &path, body.clone()).await;
    like("errors/store-pay-for-order-no-nonce", &reply);
    bench.token = token;
    like("store/pay-for-order", &bench.shop("POST", &path, body).await);
}

#[tokio::test]
async fn the_rate_limit_is_a_400() {
    let mut bench = Bench::new();
    bench.store.rate_limit_checkout(true);
    for _ in 0..3 {
        bench.cart(&[(21, 1)]).await;
        assert_eq!(bench.shop("POST", "checkout", order("cod")).await.status, 200);
    }
    bench.wait(1);
    bench.cart(&[(21, 1)]).await;
    like("errors/store-checkout-rate-limited", &bench.shop("POST", "checkout", order("cod")).await);
    bench.wait(60);
    assert_eq!(bench.shop("POST", "checkout", order("cod")).await.status, 200);
}
