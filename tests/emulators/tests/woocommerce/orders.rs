//! Orders by REST, refunds and notes.

use serde_json::{Value, json};

use crate::bench::{Bench, ada, billed, like};

fn lamp_and_hoodie() -> Value {
    json!({
        "payment_method": "acp_delegate",
        "payment_method_title": "Agentic checkout (card)",
        "set_paid": true,
        "transaction_id": "pi_test_123",
        "billing": billed(),
        "shipping": ada(),
        "currency": "USD",
        "line_items": [
            { "product_id": 3495, "quantity": 2 },
            { "product_id": 18, "variation_id": 34, "quantity": 1 },
        ],
        "shipping_lines": [{
            "method_id": "flat_rate", "method_title": "Standard", "instance_id": "1", "total": "5.99",
        }],
        "coupon_lines": [{ "code": "SAVE10" }],
        "customer_note": "Ring twice",
        "meta_data": [
            { "key": "_acp_session_id", "value": "cs_abc" },
            { "key": "acp_idempotency", "value": "key-1" },
        ],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = lamp_and_hoodie();
    body[name] = value;
    body
}

#[tokio::test]
async fn making_orders() {
    let bench = Bench::new();
    bench.store.set_stock(3495, 20);
    let post = async |body: Value| bench.rest("POST", "orders", body).await;
    let reply = post(lamp_and_hoodie()).await;
    like("rest/order-create-set-paid", &reply);
    assert_eq!((&reply.body["total"], bench.store.stock(3495)), (&json!("125.78"), Some(18)));
    assert_eq!(reply.body["discount_tax"], "1.05");
    assert_eq!(reply.body["line_items"][1]["price"].to_string(), "37.8");
    like("rest/order-create-repeat-makes-second", &post(lamp_and_hoodie()).await);
    let mut unpaid = with("set_paid", json!(false));
    unpaid["coupon_lines"] = json!([]);
    like("rest/order-create-pending", &post(unpaid).await);
    let pending = post(with("set_paid", json!(false))).await;
    let path = format!("orders/{}", pending.body["id"]);
    let body = json!({ "set_paid": true, "transaction_id": "pi_late" });
    assert_eq!(bench.rest("PUT", &path, body).await.body["status"], "processing");
    let reply = bench.rest("PUT", &path, json!({ "status": "cancelled" })).await;
    like("rest/order-cancel", &reply);
    let mut bare = lamp_and_hoodie();
    bare["coupon_lines"] = json!([]);
    let plain = |name: &str, value: Value| {
        let mut body = bare.clone();
        body[name] = value;
        body
    };
    let fee = json!([{ "name": "Gift wrap", "total": "4.00", "tax_status": "taxable" }]);
    let reply = post(plain("fee_lines", fee)).await;
    like("rest/order-create-with-fee", &reply);
    assert_eq!(reply.body["total"], "143.38");
    let own = json!([{ "product_id": 3495, "quantity": 1, "subtotal": "10.00", "total": "9.00" }]);
    let reply = post(plain("line_items", own)).await;
    like("rest/order-create-own-line-totals", &reply);
    assert_eq!(
        (&reply.body["total"], &reply.body["discount_tax"]),
        (&json!("16.29"), &json!("0.09"))
    );
    let parent = json!([{ "product_id": 18, "quantity": 1 }]);
    like("rest/order-create-variable-parent-accepted", &post(plain("line_items", parent)).await);
    let negative = json!([{ "product_id": 3495, "quantity": -2 }]);
    like("rest/order-negative-qty", &post(plain("line_items", negative)).await);
    like("rest/order-other-currency", &post(plain("currency", json!("EUR"))).await);
    let many = json!([{ "product_id": 3495, "quantity": 500 }]);
    like("rest/order-create-oversells", &post(plain("line_items", many)).await);
    assert!(bench.store.stock(3495).unwrap() < 0);
    let unknown = json!({ "line_items": [{ "product_id": 999_999, "quantity": 1 }] });
    like("rest/order-unknown-product-no-coupon", &post(unknown).await);
    like("rest/order-create-empty-body", &post(json!({ "set_paid": true })).await);
}

#[tokio::test]
async fn orders_that_are_refused() {
    let bench = Bench::new();
    let mut mail = billed();
    mail["email"] = json!("bad");
    let unknown = json!([{ "product_id": 999_999, "quantity": 1 }]);
    let zero = json!([{ "product_id": 3495, "quantity": 0 }]);
    for (name, body) in [
        ("bad-status", with("status", json!("nope"))),
        ("bad-currency", with("currency", json!("ZZZ"))),
        ("bad-email", with("billing", mail)),
        ("bad-customer", with("customer_id", json!(9999))),
        ("expired-coupon", with("coupon_lines", json!([{ "code": "EXPIRED" }]))),
        ("unknown-product", with("line_items", unknown)),
        ("zero-qty", with("line_items", zero)),
    ] {
        like(&format!("errors/rest-order-{name}"), &bench.rest("POST", "orders", body).await);
    }
    like("errors/rest-order-404", &bench.rest("GET", "orders/99999999", Value::Null).await);
    let drafts =
        bench.rest("GET", "orders?status=checkout-draft&_fields=id,status", Value::Null).await;
    like("rest/orders-list-status-checkout", &drafts);
    assert_eq!(drafts.body.as_array().unwrap().len(), 2, "a bad coupon leaves a draft behind");
}

#[tokio::test]
async fn finding_orders_and_reading_their_log() {
    let bench = Bench::new();
    bench.store.set_stock(3495, 20);
    let id = bench.rest("POST", "orders", lamp_and_hoodie()).await.body["id"].clone();
    bench.rest("POST", "orders", json!({})).await;
    let list = async |query: &str| bench.rest("GET", &format!("orders?{query}"), Value::Null).await;
    let ids = |body: &Value| body.as_array().unwrap().len();
    assert_eq!(ids(&list("meta_key=_acp_session_id&meta_value=cs_abc").await.body), 2);
    assert_eq!(list("search=pi_test_123&_fields=id").await.body, json!([{ "id": id }]));
    assert_eq!(ids(&list("search=ada@example.com&per_page=1").await.body), 1);
    let notes = format!("orders/{id}/notes");
    let body = json!({ "note": "ACP session cs_abc", "customer_note": false });
    like("rest/order-note-create", &bench.rest("POST", &notes, body).await);
    let reply = bench.rest("GET", &notes, Value::Null).await;
    like("rest/order-notes", &reply);
    assert_eq!(ids(&reply.body), 3);
    let rows = bench.store.order(id.as_u64().unwrap()).unwrap()["meta_data"].clone();
    let fee = json!({ "fee_lines": [{ "name": "Gift wrap", "total": "4.00" }] });
    let reply = bench.rest("PUT", &format!("orders/{id}"), fee).await;
    assert_eq!(reply.body["total"], "130.13", "125.78, and 4.00 with its tax");
    let meta = json!({ "meta_data": [{ "key": "acp_idempotency", "value": "key-2" }] });
    let path = format!("orders/{id}");
    let reply = bench.rest("PUT", &path, meta).await;
    assert_eq!(reply.body["meta_data"][1]["id"], rows[1]["id"]);
    assert_eq!(reply.body["meta_data"][1]["value"], "key-2");
    assert_eq!(bench.rest("DELETE", &path, Value::Null).await.body["status"], "processing");
    assert_eq!(ids(&list("").await.body), 1);
    assert_eq!(list("status=trash&_fields=id").await.body, json!([{ "id": id }]));
    bench.rest("DELETE", &format!("{path}?force=true"), Value::Null).await;
    assert_eq!(bench.rest("GET", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn refunds() {
    let bench = Bench::new();
    bench.store.set_stock(3495, 20);
    let order = bench.rest("POST", "orders", lamp_and_hoodie()).await.body;
    let (path, lamp) =
        (format!("orders/{}/refunds", order["id"]), order["line_items"][0]["id"].clone());
    let post = async |body: Value| bench.rest("POST", &path, body).await;
    let reply = post(json!({ "amount": "5.00", "reason": "partial by amount" })).await;
    like("errors/rest-refund-api-refund-default-true", &reply);
    let money = |amount: &str| json!({ "amount": amount, "api_refund": false });
    like("errors/rest-refund-too-much", &post(money("9999.00")).await);
    like("errors/rest-refund-negative", &post(money("-1")).await);
    like("errors/rest-refund-zero", &post(money("0")).await);
    like("rest/refund-amount-only", &post(money("5.00")).await);
    let line = json!({
        "id": lamp, "quantity": 1, "refund_total": 36.0,
        "refund_tax": [{ "id": 1, "refund_total": 3.11 }],
    });
    let body = json!({ "reason": "one lamp back", "api_refund": false, "line_items": [line] });
    let reply = post(body).await;
    like("rest/refund-line-item-restock", &reply);
    assert_eq!((&reply.body["amount"], bench.store.stock(3495)), (&json!("39.11"), Some(19)));
    let untaxed = json!({ "id": lamp, "quantity": 1, "refund_total": 1.0 });
    let body = json!({ "api_refund": false, "line_items": [untaxed], "api_restock": false });
    like("rest/refund-line-without-tax", &post(body).await);
    let shipping = json!({
        "id": order["shipping_lines"][0]["id"], "refund_total": 5.99,
        "refund_tax": [{ "id": 1, "refund_total": 0.52 }],
    });
    let body = json!({ "api_refund": false, "line_items": [shipping] });
    like("rest/refund-shipping-line", &post(body).await);
    let id = order["id"].as_u64().unwrap();
    let now = bench.store.order(id).unwrap();
    assert_eq!((&now["status"], &now["total"]), (&json!("processing"), &json!("125.78")));
    assert_eq!(now["refunds"][0]["total"], "-6.51");
    like("rest/refund-remaining", &post(money("74.16")).await);
    like("errors/rest-refund-after-full", &post(money("1.00")).await);
    like(
        "rest/order-after-full-refund",
        &bench.rest("GET", &format!("orders/{id}"), Value::Null).await,
    );

    let mut bare = lamp_and_hoodie();
    bare["coupon_lines"] = json!([]);
    let other = bench.rest("POST", "orders", bare).await.body["id"].clone();
    let path = format!("orders/{other}");
    let reply = bench.rest("PUT", &path, json!({ "status": "refunded" })).await;
    like("rest/order-put-status-refunded", &reply);
    assert_eq!(reply.body["refunds"][0]["total"], "-139.03");
}
