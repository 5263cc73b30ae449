//! Products, settings and access.

use emulators::woocommerce::Store;
use serde_json::{Value, json};

use crate::bench::{Bench, like};

#[tokio::test]
async fn products_as_rest_shows_them() {
    let bench = Bench::new();
    let get = async |path: &str| bench.rest("GET", path, Value::Null).await;
    like("rest/product-simple", &get("products?sku=woo-beanie").await);
    like("rest/product-variable", &get("products?sku=woo-hoodie").await);
    like("rest/product-variations", &get("products/18/variations?per_page=100").await);
    like("rest/product-virtual-downloadable", &get("products?sku=woo-album").await);
    like("rest/product-external", &get("products?sku=wp-pennant").await);
    like("rest/product-grouped", &get("products?sku=logo-collection").await);
    like("rest/variation-fetched-as-product", &get("products/34").await);
    like("rest/products-page-past-end", &get("products?per_page=100&page=500").await);
    let fields = "id,sku,name,price,regular_price,sale_price,stock_status,stock_quantity,\
                  permalink,type,date_modified_gmt";
    let path = format!("products?per_page=2&_fields={fields}&orderby=id&order=asc");
    let reply = get(&path).await;
    like("rest/products-fields", &reply);
    assert_eq!(reply.body[0]["id"], 17);
    let all = get("variations?per_page=100").await;
    assert_eq!(all.body.as_array().unwrap().len(), 11);
    assert_eq!(all.headers["x-wp-total"], "11");
    assert_eq!(
        get("products?modified_after=2026-11-23T18:00:00&dates_are_gmt=true").await.body,
        json!([])
    );
    bench.wait(5);
    bench.store.set_price(34, "39.5");
    let changed =
        get("products?modified_after=2026-11-23T18:00:00&dates_are_gmt=true&_fields=id").await;
    assert_eq!(changed.body, json!([{ "id": 18 }]), "a variation's change shows on its parent");
    assert_eq!(get("products/34").await.body["price"], "39.5");
    bench.store.variations_route(false);
    assert_eq!(get("variations").await.status, 404);
}

#[tokio::test]
async fn products_as_the_store_api_shows_them() {
    let mut bench = Bench::new();
    for (name, path) in [
        ("product-simple", "products/21"),
        ("product-variable", "products/18"),
        ("product-variation", "products/34"),
        ("product-special-characters", "products/3739"),
        ("products-by-sku", "products?sku=woo-beanie"),
    ] {
        like(&format!("store/{name}"), &bench.shop("GET", path, Value::Null).await);
    }
    for (name, path) in [("404", "products/999999"), ("by-slug", "products/woo-beanie")] {
        let reply = bench.shop("GET", path, Value::Null).await;
        like(&format!("errors/store-product-{name}"), &reply);
    }
    let reply = bench.shop("POST", "checkout_sessions", json!({})).await;
    like("errors/store-native-acp-create-unauthorised", &reply);
}

#[tokio::test]
async fn the_shop_about_itself() {
    let bench = Bench::new();
    for (name, path) in [
        ("taxes", "taxes"),
        ("shipping-zones", "shipping/zones"),
        ("currency-current", "data/currencies/current"),
        ("brands", "products/brands?per_page=3"),
        ("coupons", "coupons"),
    ] {
        like(&format!("rest/{name}"), &bench.rest("GET", path, Value::Null).await);
    }
    let methods = bench.rest("GET", "shipping/zones/1/methods", Value::Null).await;
    assert_eq!(methods.body[2]["settings"]["min_amount"]["value"], "75");
    let settings = bench.rest("GET", "settings/general", Value::Null).await;
    let decimals = settings.body.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&decimals["id"], &decimals["value"]),
        (&json!("woocommerce_price_num_decimals"), &json!("2"))
    );
    let gateways = bench.rest("GET", "payment_gateways?_fields=id", Value::Null).await;
    assert_eq!(gateways.body, json!([{ "id": "bacs" }, { "id": "cheque" }, { "id": "cod" }]));
    let status = bench.rest("GET", "system_status?_fields=environment,settings", Value::Null).await;
    assert_eq!(status.body["settings"]["number_of_decimals"], 2);
}

#[tokio::test]
async fn who_may_call() {
    let bench = Bench::new();
    let (key, secret) = (bench.store.consumer_key(), bench.store.consumer_secret());
    let pair = format!("{key}:{secret}");
    let products = async |pair: &str| bench.rest_as(pair, "GET", "products", Value::Null).await;
    like("errors/rest-bad-key", &products("ck_wrong:cs_wrong").await);
    like("errors/rest-bad-secret", &products(&format!("{key}:cs_wrong")).await);
    let (reader, its_secret) = bench.store.read_only_key();
    let reader = format!("{reader}:{its_secret}");
    assert_eq!(products(&reader).await.status, 200);
    let reply = bench.rest_as(&reader, "POST", "orders", json!({ "status": "pending" })).await;
    like("errors/rest-read-only-key-writes", &reply);
    let path = format!("products?consumer_key={key}&consumer_secret={secret}");
    assert_eq!(bench.rest_as("", "GET", &path, Value::Null).await.status, 200);
    bench.store.https(false);
    like("errors/rest-basic-auth-over-plain-http", &products(&pair).await);
    bench.store.https(true);
    like("errors/rest-no-route", &bench.rest("GET", "nope", Value::Null).await);
    like("errors/rest-product-404", &bench.rest("GET", "products/999999", Value::Null).await);
    like(
        "errors/rest-per-page-101",
        &bench.rest("GET", "products?per_page=101", Value::Null).await,
    );
    let path = format!("/wp-json/wc/v3/orders?consumer_key={key}&consumer_secret={secret}");
    let request = http::Request::post(path).header("content-type", "application/json");
    let broken = bench.send(request.body(axum::body::Body::from("{\"status\":")).unwrap()).await;
    like("errors/rest-bad-json", &broken);
}

#[tokio::test]
async fn pages_pictures_and_notices() {
    let bench = Bench::new();
    let get = async |path: &str| {
        let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        bench.send(request).await
    };
    assert!(get("/product/hoodie/").await.text.contains("<h1>Hoodie</h1>"));
    assert_eq!(get("/product/nothing/").await.status, 404);
    let picture = get("/wp-content/uploads/2026/11/beanie-2-300x300.png").await;
    assert_eq!(picture.headers["content-type"], "image/png");
    assert!(picture.text.contains("PNG"));
    assert!(
        get("/wp-json/").await.body["namespaces"].as_array().unwrap().contains(&json!("wc/v3"))
    );
    assert_eq!(get("/wp-json/wc/store/v1").await.body["namespace"], "wc/store/v1");
    bench.store.php_notice_before_json(true);
    assert!(get("/wp-json/").await.text.starts_with("<br />\n<b>Notice</b>"));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_shop() {
    let now: emulators::Now = std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH);
    let shop = |seed| Store::demo("http://shop.test", now.clone(), seed);
    assert_eq!(shop(1).consumer_key(), shop(1).consumer_key());
    assert_ne!(shop(1).consumer_key(), shop(2).consumer_key());
}
