//! Webhooks: who may subscribe, how deliveries are signed, repeated, given up.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use emulators::shopify::Delivery;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;

use crate::bench::{Bench, like, recording};

const SUBSCRIBE: &str = "mutation S($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) { webhookSubscription { id topic format includeFields metafieldNamespaces filter createdAt updatedAt endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } } userErrors { field message } } }";
const BRIDGE: &str = "https://bridge.example/hooks/shopify";

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
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = JoinSet::new();
    server.spawn(IntoFuture::into_future(axum::serve(listener, app)));
    (url, letters, server)
}

async fn subscribe(bench: &Bench, topic: &str, more: Value) -> Value {
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let mut subscription = json!({ "uri": BRIDGE, "format": "JSON" });
    subscription.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    bench.data(SUBSCRIBE, json!({ "topic": topic, "webhookSubscription": subscription })).await["webhookSubscriptionCreate"].clone()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

fn header<'a>(delivery: &'a Delivery, name: &str) -> &'a str {
    let found = delivery.headers.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

#[tokio::test]
async fn subscriptions_as_recorded() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let Some(recorded) = recording("webhooks/webhook-subscription-conformance") else { return };
    let case = |group: &str, name: &str| recorded[group][name].clone();
    let theirs = |case: &Value| case["response"]["payload"].clone();
    let made = case("lifecycle", "create");
    let ours = bench.ask(SUBSCRIBE, made["variables"].clone()).await;
    like("create", &ours, &theirs(&made));
    let id = ours["data"]["webhookSubscriptionCreate"]["webhookSubscription"]["id"].clone();
    let update = "mutation U($id: ID!, $webhookSubscription: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhookSubscription) { webhookSubscription { id topic format includeFields metafieldNamespaces filter createdAt updatedAt endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } } userErrors { field message } } }";
    for (group, name) in [
        ("lifecycle", "update"),
        ("updateValidation", "updateBlankUri"),
        ("updateValidation", "updateHttpUri"),
    ] {
        let case = case(group, name);
        let mut variables = case["variables"].clone();
        variables["id"] = id.clone();
        like(name, &bench.ask(update, variables).await, &theirs(&case));
    }
    for (group, name) in
        [("filterDefault", "createWithoutFilter"), ("filterDefault", "createWithEmptyFilter")]
    {
        let case = case(group, name);
        like(name, &bench.ask(SUBSCRIBE, case["variables"].clone()).await, &theirs(&case));
    }
    let bogus = case("filterValidation", "createInvalidFilter");
    like("a filter", &bench.ask(SUBSCRIBE, bogus["variables"].clone()).await, &theirs(&bogus));
    let read = "query R($id: ID!) { webhookSubscription(id: $id) { id topic format includeFields metafieldNamespaces filter createdAt updatedAt endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } } }";
    like(
        "read",
        &bench.ask(read, json!({ "id": id })).await,
        &theirs(&case("lifecycle", "detailAfterUpdate")),
    );
    let delete = "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }";
    like(
        "delete",
        &bench.ask(delete, json!({ "id": id })).await,
        &theirs(&case("lifecycle", "delete")),
    );
    like(
        "gone",
        &bench.ask(read, json!({ "id": id })).await,
        &theirs(&case("lifecycle", "postDeleteDetail")),
    );
    let again = bench.data(delete, json!({ "id": id })).await;
    assert_eq!(
        again["webhookSubscriptionDelete"]["userErrors"][0]["message"],
        "Webhook subscription does not exist"
    );
    let recorded = recording("webhooks/webhook-subscription-scheme-allowlist").unwrap();
    for (name, case) in recorded["cases"].as_object().unwrap() {
        let uri = case["variables"]["webhookSubscription"]["uri"].as_str().unwrap_or_default();
        if name.starts_with("create") && (uri.starts_with("ftp") || uri.starts_with("ws")) {
            like(name, &bench.ask(SUBSCRIBE, case["variables"].clone()).await, &theirs(case));
        }
    }
}

#[tokio::test]
async fn addresses_and_topics_that_are_refused() {
    let bench = Bench::new();
    let why = async |topic: &str, uri: &str| {
        let payload = subscribe(&bench, topic, json!({ "uri": uri })).await;
        payload["userErrors"][0]["message"].as_str().unwrap_or("fine").to_owned()
    };
    for uri in [
        "https://localhost/h",
        "https://127.0.0.1/h",
        "https://demo.myshopify.com/h",
        "https://shop.shopify.com",
    ] {
        assert_eq!(
            why("ORDERS_CREATE", uri).await,
            "Address cannot be a Shopify or an internal domain",
            "{uri}"
        );
    }
    assert_eq!(
        why("ORDERS_CREATE", "http://127.0.0.1:1/h").await,
        "Address protocol http:// is not supported"
    );
    assert_eq!(why("ORDERS_CREATE", BRIDGE).await, "fine");
    assert_eq!(why("ORDERS_CREATE", BRIDGE).await, "Address for this topic has already been taken");
    bench.store.grant_scopes(&["read_products"]);
    assert!(why("ORDERS_PAID", BRIDGE).await.contains("do not have permission"));
    assert_eq!(why("PRODUCTS_UPDATE", BRIDGE).await, "fine");
    assert_eq!(why("APP_UNINSTALLED", BRIDGE).await, "fine");
}

#[tokio::test]
async fn deliveries_as_data_are_signed_and_whole() {
    let bench = Bench::new();
    let (_, secret) = bench.store.client();
    for topic in [
        "ORDERS_CREATE",
        "ORDERS_PAID",
        "ORDERS_UPDATED",
        "REFUNDS_CREATE",
        "INVENTORY_LEVELS_UPDATE",
        "DRAFT_ORDERS_UPDATE",
        "PRODUCTS_UPDATE",
        "PRODUCTS_DELETE",
        "BULK_OPERATIONS_FINISH",
        "APP_UNINSTALLED",
        "ORDERS_CANCELLED",
        "FULFILLMENTS_CREATE",
    ] {
        assert_eq!(subscribe(&bench, topic, json!({})).await["userErrors"], json!([]), "{topic}");
    }
    let order = bench.order(&[("BEANIE-1", 1)], json!({ "tags": ["acp"] })).await;
    let due = bench.store.hooks();
    let mut topics: Vec<&str> = due.iter().map(|delivery| delivery.topic.as_str()).collect();
    topics.sort_unstable();
    assert_eq!(
        topics,
        [
            "draft_orders/update",
            "inventory_levels/update",
            "orders/create",
            "orders/paid",
            "orders/updated"
        ]
    );
    for delivery in &due {
        assert_eq!(header(delivery, "x-shopify-hmac-sha256"), signature(&secret, &delivery.body));
        assert_eq!(header(delivery, "x-shopify-shop-domain"), "demo-store.myshopify.com");
        assert_eq!(header(delivery, "x-shopify-api-version"), "2026-10");
        assert_eq!(header(delivery, "x-shopify-topic"), delivery.topic);
        for name in ["x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"] {
            assert!(!header(delivery, name).is_empty(), "{name}");
        }
    }
    let made = due.iter().find(|delivery| delivery.topic == "orders/create").unwrap();
    let body: Value = serde_json::from_slice(&made.body).unwrap();
    assert_eq!(
        (&body["admin_graphql_api_id"], &body["tags"], &body["financial_status"]),
        (&json!(order), &json!("acp"), &json!("paid"))
    );
    assert!(body["id"].as_u64().unwrap() > 1 << 53, "no id fits a floating-point number");
    assert_eq!(bench.store.hooks().len(), 0, "delivered once");
    bench.store.set_price(&bench.sku("BEANIE-1"), 2100);
    bench.store.delete_product(&bench.sku("OLD-1"));
    bench.store.uninstall();
    let topics: Vec<String> =
        bench.store.hooks().into_iter().map(|delivery| delivery.topic).collect();
    assert_eq!(topics.len(), 3);
    assert!(
        topics.contains(&"app/uninstalled".to_owned())
            && topics.contains(&"products/delete".to_owned())
    );
}

/// What the seller does to drafts and to the store itself.
#[tokio::test]
async fn what_the_seller_changes_is_told_to_whoever_may_see_it() {
    let bench = Bench::new();
    let (_, secret) = bench.store.client();
    let topics = [
        ("DRAFT_ORDERS_UPDATE", "read_draft_orders"),
        ("DRAFT_ORDERS_DELETE", "read_draft_orders"),
        ("LOCATIONS_UPDATE", "read_locations"),
        ("LOCATIONS_DEACTIVATE", "read_locations"),
        ("MARKETS_UPDATE", "read_markets"),
    ];
    bench.store.grant_scopes(&["read_products"]);
    for (topic, scope) in topics {
        let refused = subscribe(&bench, topic, json!({})).await["userErrors"].to_string();
        assert!(refused.contains(scope), "{topic}: {refused}");
    }
    bench.store.grant_scopes(&["write_draft_orders", "read_locations", "read_markets"]);
    for (topic, _) in topics.into_iter().chain([("SHOP_UPDATE", "")]) {
        assert_eq!(subscribe(&bench, topic, json!({})).await["userErrors"], json!([]), "{topic}");
    }
    let made = bench.store.admin(
        "mutation C($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } } }",
        &json!({ "input": { "lineItems": [{ "variantId": bench.sku("BEANIE-1"), "quantity": 1 }] } }),
    );
    let id = made["data"]["draftOrderCreate"]["draftOrder"]["id"].clone();
    bench.wait(5);
    bench.store.admin(
        "mutation U($id: ID!) { draftOrderUpdate(id: $id, input: { note: \"soon\" }) { userErrors { message } } }",
        &json!({ "id": id }),
    );
    let edit = bench.store.hooks().remove(0);
    let body: Value = serde_json::from_slice(&edit.body).unwrap();
    let read = "query R($id: ID!) { draftOrder(id: $id) { updatedAt } }";
    let now = bench.store.admin(read, &json!({ "id": id }));
    assert_eq!(body["updated_at"], now["data"]["draftOrder"]["updatedAt"]);
    assert_eq!(body["admin_graphql_api_id"], id);
    bench.store.admin(
        "mutation D($input: DraftOrderDeleteInput!) { draftOrderDelete(input: $input) { deletedId } }",
        &json!({ "input": { "id": id } }),
    );
    bench.store.rename("Other Store");
    bench.store.rename_place("Warehouse", "Depot");
    bench.store.open_place("Depot", false);
    bench.store.set_market("ca", 120);
    let due = bench.store.hooks();
    let mut topics: Vec<&str> = due.iter().map(|delivery| delivery.topic.as_str()).collect();
    topics.sort_unstable();
    let all = [
        "draft_orders/delete",
        "locations/deactivate",
        "locations/update",
        "markets/update",
        "shop/update",
    ];
    assert_eq!(topics, all);
    for delivery in &due {
        assert_eq!(header(delivery, "x-shopify-hmac-sha256"), signature(&secret, &delivery.body));
    }
}

#[tokio::test]
async fn filters_and_fields_cut_what_is_sent() {
    let bench = Bench::new();
    subscribe(
        &bench,
        "ORDERS_UPDATED",
        json!({ "filter": "tags:acp", "includeFields": ["id", "updated_at"] }),
    )
    .await;
    bench.order(&[("BEANIE-1", 1)], json!({})).await;
    assert_eq!(bench.store.hooks().len(), 0);
    bench.order(&[("BEANIE-1", 1)], json!({ "tags": ["acp"] })).await;
    let due = bench.store.hooks();
    let body: Value = serde_json::from_slice(&due[0].body).unwrap();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "updated_at"]);
}

#[tokio::test]
async fn failures_are_tried_again_until_the_subscription_is_gone() {
    let bench = Bench::new();
    let (url, letters, _server) = receiver(StatusCode::SERVICE_UNAVAILABLE).await;
    bench.store.route_hooks("https://bridge.example", &url);
    subscribe(&bench, "ORDERS_CREATE", json!({})).await;
    bench.order(&[("BEANIE-1", 1)], json!({})).await;
    assert_eq!(bench.store.deliver_hooks().await, 1);
    assert_eq!(bench.store.deliver_hooks().await, 0, "not before its time");
    for _ in 0..7 {
        assert_eq!(bench.store.subscriptions().len(), 1);
        bench.wait(90 * 60);
        assert_eq!(bench.store.deliver_hooks().await, 1);
    }
    assert_eq!(bench.store.subscriptions().len(), 0, "eight in a row");
    let letters = letters.lock().unwrap();
    let ids: Vec<&[u8]> =
        letters.iter().map(|(headers, _)| headers["x-shopify-webhook-id"].as_bytes()).collect();
    assert_eq!(ids.len(), 8);
    assert!(ids.iter().all(|id| *id == ids[0]), "the same delivery, tried again");
}

#[tokio::test]
async fn deliveries_come_twice_and_in_no_order() {
    let bench = Bench::new();
    let (url, letters, _server) = receiver(StatusCode::OK).await;
    bench.store.route_hooks("https://bridge.example", &url);
    bench.store.deliver_twice(true);
    for topic in ["ORDERS_CREATE", "ORDERS_UPDATED"] {
        subscribe(&bench, topic, json!({})).await;
    }
    bench.order(&[("BEANIE-1", 1)], json!({})).await;
    assert_eq!(bench.store.deliver_hooks().await, 4);
    let letters = letters.lock().unwrap();
    let mut ids: Vec<&[u8]> =
        letters.iter().map(|(headers, _)| headers["x-shopify-webhook-id"].as_bytes()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((letters.len(), ids.len()), (4, 2));
    let (headers, body) = &letters[0];
    assert_eq!(headers["x-shopify-hmac-sha256"], signature(&bench.store.client().1, body));
}

#[tokio::test]
async fn compliance_goes_where_the_configuration_says() {
    let bench = Bench::new();
    bench.store.comply("customers/redact", &json!({ "shop_id": 1 }));
    assert_eq!(bench.store.hooks().len(), 0, "nowhere to send it");
    bench.store.set_compliance_url(BRIDGE);
    bench.store.comply("customers/redact", &json!({ "shop_id": 1, "customer": { "id": 2 } }));
    let old = bench.store.client().1;
    let new = bench.store.rotate_secret();
    let due = bench.store.hooks();
    assert_eq!((due.len(), due[0].topic.as_str()), (1, "customers/redact"));
    let signed = header(&due[0], "x-shopify-hmac-sha256");
    assert!(signed == signature(&new, &due[0].body) && signed != signature(&old, &due[0].body));
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let refused = bench
        .ask(
            SUBSCRIBE,
            json!({ "topic": "CUSTOMERS_REDACT", "webhookSubscription": { "uri": BRIDGE } }),
        )
        .await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "INVALID_VARIABLE",
        "no topic of the API"
    );
}
