//! Cart steps and the batch.

use serde_json::{Value, json};

use crate::bench::{Bench, ada, billed, like};

#[tokio::test]
async fn a_cart_from_nothing_to_three_lines() {
    let mut bench = Bench::new();
    like("store/cart-empty-first-get", &bench.shop("GET", "cart", Value::Null).await);
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 21, "quantity": 2 })).await;
    like("store/cart-add-item-simple", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "4562");
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 34, "quantity": 1 })).await;
    like("store/accepted-add-variation-with-open-attribute", &reply);
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 34, "quantity": 1 })).await;
    like("store/cart-add-variation-by-id", &reply);
    let variation = json!([
        { "attribute": "pa_color", "value": "blue" }, { "attribute": "Logo", "value": "Yes" },
    ]);
    let body = json!({ "id": 18, "quantity": 1, "variation": variation });
    like("store/cart-add-variable-by-attributes", &bench.shop("POST", "cart/add-item", body).await);
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-three-lines-no-address", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "18575");
    assert_eq!(reply.body["totals"]["total_items_tax"], "1424");
    let (first, last) =
        (reply.body["items"][1]["key"].clone(), reply.body["items"][2]["key"].clone());
    let reply =
        bench.shop("POST", "cart/update-item", json!({ "key": first, "quantity": 3 })).await;
    like("store/cart-update-item", &reply);
    like(
        "store/cart-remove-item",
        &bench.shop("POST", "cart/remove-item", json!({ "key": last })).await,
    );
    let reply =
        bench.shop("POST", "cart/update-item", json!({ "key": "nope", "quantity": 3 })).await;
    like("errors/store-update-item-bad-key", &reply);
    let first = first.as_str().unwrap();
    let reply = bench.shop("DELETE", &format!("cart/items/{first}"), Value::Null).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
}

#[tokio::test]
async fn addresses_rates_and_coupons() {
    let mut bench = Bench::new();
    bench.cart(&[(21, 2)]).await;
    let rate = |id: &str| json!({ "package_id": 0, "rate_id": id });
    let reply = bench.shop("POST", "cart/select-shipping-rate", rate("flat_rate:1")).await;
    like("store/accepted-select-rate-before-address", &reply);
    let reply =
        bench.shop("POST", "cart/update-customer", json!({ "shipping_address": ada() })).await;
    like("store/cart-update-customer", &reply);
    let state =
        json!({ "country": "US", "state": "California", "postcode": "94131", "city": "SF" });
    let reply =
        bench.shop("POST", "cart/update-customer", json!({ "shipping_address": state })).await;
    like("store/cart-update-customer-state-by-name", &reply);
    assert_eq!(reply.body["shipping_address"]["state"], "CA");
    assert_eq!(reply.body["shipping_address"]["first_name"], "Ada");
    for (name, rate) in [("unknown", "flat_rate:99"), ("unknown-package", "flat_rate:2")] {
        let package = if name == "unknown" { 0 } else { 7 };
        let body = json!({ "package_id": package, "rate_id": rate });
        let reply = bench.shop("POST", "cart/select-shipping-rate", body).await;
        like(&format!("store/accepted-select-rate-{name}"), &reply);
        assert_eq!(reply.body["totals"]["total_shipping"], "599");
    }
    like(
        "store/cart-select-shipping-rate",
        &bench.shop("POST", "cart/select-shipping-rate", rate("flat_rate:2")).await,
    );
    let reply = bench.address().await;
    assert_eq!(reply.body["totals"]["total_shipping"], "1499", "a choice survives in one zone");
    let reply = bench.shop("POST", "cart/select-shipping-rate", rate("flat_rate:99")).await;
    assert_eq!(reply.body["totals"]["total_shipping"], "599", "an unknown one resets it");
    let mut mail = billed();
    mail["email"] = json!("not an email");
    let reply =
        bench.shop("POST", "cart/update-customer", json!({ "billing_address": mail })).await;
    like("store/accepted-update-customer-bad-email", &reply);
    assert_eq!(reply.body["billing_address"]["email"], "");
    like("store/cart-update-customer-both", &bench.address().await);
    let reply = bench.shop("POST", "cart/apply-coupon", json!({ "code": "SAVE10" })).await;
    like("store/cart-apply-coupon-save10", &reply);
    assert_eq!(reply.body["totals"]["total_discount_tax"], "31");
    assert_eq!(reply.body["items"][0]["totals"]["line_total_tax"], "279");
    let reply = bench.shop("POST", "cart/apply-coupon", json!({ "code": "FIVEOFF" })).await;
    like("store/cart-apply-coupon-fiveoff", &reply);
    let price = bench.shop("GET", "cart", Value::Null).await.body["totals"]["total_price"].clone();
    assert_eq!(price, "3627");
    let refused = [
        ("expired", "EXPIRED"),
        ("min100", "MIN100"),
        ("nope", "NOPE"),
        ("save10-again", "save10"),
    ];
    for (name, code) in refused {
        let reply = bench.shop("POST", "cart/apply-coupon", json!({ "code": code })).await;
        like(&format!("errors/store-apply-coupon-{name}"), &reply);
    }
    let reply = bench.shop("POST", "cart/remove-coupon", json!({ "code": "NOPE" })).await;
    like("errors/store-remove-coupon-not-applied", &reply);
    let reply = bench.shop("POST", "cart/remove-coupon", json!({ "code": "FIVEOFF" })).await;
    like("store/cart-remove-coupon", &reply);
}

#[tokio::test]
async fn places_and_their_taxes() {
    let mut bench = Bench::new();
    bench.cart(&[(21, 1)]).await;
    let mut texas = billed();
    for (name, value) in [("city", "Austin"), ("state", "TX"), ("postcode", "73301")] {
        texas[name] = json!(value);
    }
    let body = json!({ "shipping_address": texas, "billing_address": texas });
    bench.shop("POST", "cart/update-customer", body).await;
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-texas", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "2548");
    let body = json!({ "package_id": 0, "rate_id": "local_pickup:4" });
    let reply = bench.shop("POST", "cart/select-shipping-rate", body).await;
    like("store/cart-texas-local-pickup", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "1955");
    assert_eq!(reply.body["shipping_rates"][0]["shipping_rates"][0]["taxes"], "52");

    bench.cart(&[(21, 3)]).await;
    let uk = json!({ "country": "GB", "state": "", "postcode": "SW1A 1AA", "city": "London" });
    bench.shop("POST", "cart/update-customer", json!({ "shipping_address": uk })).await;
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-uk", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "9660");
    bench.cart(&[(21, 2)]).await;
    let japan =
        json!({ "country": "JP", "state": "JP13", "postcode": "100-0001", "city": "Tokyo" });
    let reply =
        bench.shop("POST", "cart/update-customer", json!({ "shipping_address": japan })).await;
    like("store/cart-update-customer-country-without-zone", &reply);
    assert_eq!(reply.body["shipping_rates"][0]["shipping_rates"], json!([]));
}

#[tokio::test]
async fn currencies_decimals_and_prices_with_tax() {
    let cases = [
        ("usd-4-decimals", "USD", 4, "260591"),
        ("jpy-0-decimals", "JPY", 0, "27"),
        ("kwd-3-decimals", "KWD", 3, "26060"),
    ];
    for (name, currency, decimals, price) in cases {
        let mut bench = Bench::new();
        bench.store.set_currency(currency, decimals);
        bench.cart(&[(21, 1)]).await;
        let reply = bench.address().await;
        like(&format!("store/cart-{name}"), &reply);
        assert_eq!(reply.body["totals"]["total_price"], price, "{name}");
    }
    let mut bench = Bench::new();
    bench.store.set_prices_include_tax(true);
    bench.cart(&[(21, 2)]).await;
    let reply = bench.address().await;
    like("store/cart-prices-include-tax", &reply);
    assert_eq!(reply.body["items"][0]["totals"]["line_total"], "3314");
    assert_eq!(reply.body["totals"]["total_price"], "4251");
    assert_eq!(reply.body["items"][0]["prices"]["price"], "1800");
    let oregon = json!({ "state": "OR", "postcode": "97035" });
    let reply =
        bench.shop("POST", "cart/update-customer", json!({ "shipping_address": oregon })).await;
    assert_eq!(reply.body["items"][0]["prices"]["price"], "1657", "untaxed there");
    assert_eq!(reply.body["items"][0]["totals"]["line_total"], "3314");
}

#[tokio::test]
async fn free_shipping_comes_and_goes() {
    let mut bench = Bench::new();
    bench.cart(&[(21, 5)]).await;
    bench.address().await;
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-free-shipping-reached", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "10427");
    bench.cart(&[(19, 1), (25, 1)]).await;
    bench.address().await;
    let reply = bench.shop("POST", "cart/apply-coupon", json!({ "code": "SAVE10" })).await;
    like("store/cart-free-shipping-lost-to-coupon", &reply);
    assert_eq!(reply.body["totals"]["total_price"], "8472");
}

#[tokio::test]
async fn what_a_cart_refuses() {
    let mut bench = Bench::new();
    let open = json!([{ "attribute": "pa_size", "value": "xxl" }]);
    bench.cart(&[(21, 1)]).await;
    let refused = [
        ("external", json!({ "id": 40, "quantity": 1 })),
        ("grouped", json!({ "id": 39, "quantity": 1 })),
        ("more-than-stock", json!({ "id": 3495, "quantity": 2 })),
        ("negative", json!({ "id": 21, "quantity": -1 })),
        ("zero", json!({ "id": 21, "quantity": 0 })),
        ("nonnumeric", json!({ "id": "abc", "quantity": 1 })),
        ("unknown", json!({ "id": 999_999, "quantity": 1 })),
        ("variable-parent-without-variation", json!({ "id": 18, "quantity": 1 })),
        ("variation-any-attribute-missing", json!({ "id": 72, "quantity": 1 })),
        (
            "variation-any-attribute-bad-value",
            json!({ "id": 72, "quantity": 1, "variation": open }),
        ),
    ];
    for (name, body) in refused {
        let reply = bench.shop("POST", "cart/add-item", body).await;
        like(&format!("errors/store-add-{name}"), &reply);
    }
    let given = json!([{ "attribute": "pa_size", "value": "m" }]);
    bench.cart(&[]).await;
    let body = json!({ "id": 72, "quantity": 1, "variation": given });
    let reply = bench.shop("POST", "cart/add-item", body).await;
    like("store/cart-add-variation-any-attribute-given", &reply);
    let places =
        [("country", "XX", "country"), ("postcode", "ABC", "postcode"), ("state", "ZZ", "state")];
    for (name, value, word) in places {
        let mut address = ada();
        address[name] = json!(value);
        let body = json!({ "shipping_address": address });
        let reply = bench.shop("POST", "cart/update-customer", body).await;
        like(&format!("errors/store-update-customer-bad-{word}"), &reply);
    }
}

#[tokio::test]
async fn stock_and_catalog_change_under_a_cart() {
    let mut bench = Bench::new();
    let reply = bench.cart(&[(3495, 1)]).await;
    let key = reply.body["items"][0]["key"].clone();
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 3495, "quantity": 1 })).await;
    like("errors/store-add-second-of-last-unit", &reply);
    let reply = bench.shop("POST", "cart/update-item", json!({ "key": key, "quantity": 2 })).await;
    like("errors/store-update-item-over-stock", &reply);
    bench.address().await;
    bench.store.set_stock(3495, 0);
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-with-item-gone-out-of-stock", &reply);
    bench.store.set_stock(3495, 1);
    bench.store.unpublish(3495);
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("store/cart-item-unpublished", &reply);
    let reply = bench.shop("GET", "cart", Value::Null).await;
    assert_eq!(reply.body["errors"], json!([]), "said once");
}

#[tokio::test]
async fn dead_tokens_read_an_empty_cart_and_write_nothing() {
    let mut bench = Bench::new();
    bench.cart(&[(21, 1)]).await;
    let token = bench.token.clone();
    bench.wait(48 * 3600 + 1);
    let reply = bench.shop("GET", "cart", Value::Null).await;
    like("errors/store-expired-token-get-cart-gives-new-empty-cart", &reply);
    bench.token.clone_from(&token);
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 21, "quantity": 1 })).await;
    like("errors/store-expired-token-post", &reply);
    bench.token = Some("aa.bb.cc".to_owned());
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 21, "quantity": 1 })).await;
    like("errors/store-add-item-bad-token", &reply);
    bench.token = None;
    let reply = bench.shop("POST", "cart/add-item", json!({ "id": 21, "quantity": 1 })).await;
    like("errors/store-add-item-no-nonce-no-token", &reply);
    bench.cart(&[(21, 1)]).await;
    assert_eq!(bench.store.cart_lines(), 2);
    bench.store.expire_carts();
    let reply = bench.shop("GET", "cart", Value::Null).await;
    assert_eq!(reply.body["items_count"], 0);
}

#[tokio::test]
async fn batches() {
    let mut bench = Bench::new();
    bench.cart(&[]).await;
    let token = bench.token.clone().unwrap();
    let part = |path: &str, body: Value, token: Option<&str>| {
        let path = format!("/wc/store/v1/{path}");
        let headers = token.map_or(json!({}), |token| json!({ "Cart-Token": token }));
        json!({ "method": "POST", "path": path, "body": body, "headers": headers })
    };
    let add = |id: u64, token| part("cart/add-item", json!({ "id": id, "quantity": 1 }), token);
    let address = json!({ "shipping_address": ada(), "billing_address": billed() });
    let rate = json!({ "package_id": 0, "rate_id": "flat_rate:2" });
    let inside = Some(token.as_str());
    let requests = json!([
        add(20, inside),
        add(34, inside),
        part("cart/update-customer", address, inside),
        part("cart/select-shipping-rate", rate, inside),
    ]);
    let reply = bench.shop("POST", "batch", json!({ "requests": requests })).await;
    like("store/batch-add-add-address-rate", &reply);
    let reply = bench.shop("POST", "batch", json!({ "requests": [add(20, None)] })).await;
    like("store/batch-token-only-outside", &reply);
    let many: Vec<_> = (0..26).map(|_| add(20, inside)).collect();
    let reply = bench.shop("POST", "batch", json!({ "requests": many })).await;
    like("errors/store-batch-26", &reply);
    bench.token = None;
    let reply = bench.shop("POST", "batch", json!({ "requests": [add(20, None)] })).await;
    like("errors/store-batch-no-token", &reply);
    bench.token = None;
    let reply = bench.shop("POST", "batch", json!({ "requests": [add(20, inside)] })).await;
    assert_eq!(reply.status, 500);
    like("errors/store-batch-token-only-in-parts", &reply);
    let read = json!([{ "method": "GET", "path": "/wc/store/v1/cart" }]);
    assert_eq!(bench.shop("POST", "batch", json!({ "requests": read })).await.status, 400);
    let calls = bench.store.calls();
    assert!(calls.iter().any(|c| c == "  POST /wc/store/v1/cart/add-item -> 201"), "{calls:?}");
}
