//! Being told of changes: what the store is asked to tell, and what is believed of it.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State};
use commerce::{Connector, Forged, Heard, HookState, HookTarget, OrderId, ProductId};
use emulators::{faults::Fault, shopify::Delivery};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shopify::{Access, Settings, Shopify};
use tokio::net::TcpListener;

use crate::stage::{Stage, granted, settings, upstream};

const BRIDGE: &str = "https://bridge.example/hooks/demo/shopify";

pub(crate) fn target() -> HookTarget {
    HookTarget { url: BRIDGE.to_owned(), secret: "ours, which the store never sees".to_owned() }
}

pub(crate) fn hear(connector: &Shopify, delivery: &Delivery) -> Result<Heard, Forged> {
    let header = |name: &str| {
        let found = delivery.headers.iter().find(|(known, _)| known == name)?;
        Some(found.1.clone())
    };
    connector.hear(&header, &delivery.body, "ours")
}

fn number(gid: &str) -> String {
    gid.rsplit('/').next().unwrap().to_owned()
}

async fn states(stage: &Stage) -> Vec<HookState> {
    let hooks = stage.connector.hooks(&target()).await.unwrap();
    hooks.into_iter().map(|hook| hook.state).collect()
}

#[tokio::test]
async fn hooks_are_made_mended_and_removed() {
    let stage = Stage::start().await;
    assert!(states(&stage).await.iter().all(|state| *state == HookState::Missing));
    let before = stage.connector.repair_hooks(&target()).await.unwrap();
    assert!(before.iter().all(|hook| hook.state == HookState::Missing));
    assert!(states(&stage).await.iter().all(|state| *state == HookState::Active));
    let made = stage.store.subscriptions().len();
    assert_eq!(made, before.len());

    // Again: nothing is made twice.
    stage.connector.repair_hooks(&target()).await.unwrap();
    assert_eq!(stage.store.subscriptions().len(), made);

    // Somebody cut one short, and took another one away.
    let all = stage.store.subscriptions();
    let of = |topic: &str| all.iter().find(|hook| hook["topic"] == topic).unwrap()["id"].clone();
    let cut = "mutation C($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: { includeFields: [\"title\"], filter: \"vendor:X\" }) { userErrors { message } } }";
    stage.store.admin(cut, &json!({ "id": of("PRODUCTS_UPDATE") }));
    let gone =
        "mutation G($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }";
    stage.store.admin(gone, &json!({ "id": of("ORDERS_UPDATED") }));
    // And one that nobody here asks for comes to our address.
    let unasked = "mutation S { webhookSubscriptionCreate(topic: THEMES_PUBLISH, webhookSubscription: { uri: \"https://bridge.example/hooks/demo/shopify\" }) { userErrors { message } } }";
    stage.store.admin(unasked, &Value::Null);
    let now = states(&stage).await;
    let count = |wanted: HookState| now.iter().filter(|state| **state == wanted).count();
    assert_eq!((count(HookState::Off), count(HookState::Missing)), (1, 1));
    stage.connector.repair_hooks(&target()).await.unwrap();
    assert!(states(&stage).await.iter().all(|state| *state == HookState::Active));
    assert_eq!(stage.store.subscriptions().len(), made, "the stale one is gone");

    assert_eq!(stage.connector.remove_hooks(&target()).await.unwrap(), made);
    assert_eq!(stage.connector.remove_hooks(&target()).await.unwrap(), 0);
    assert!(stage.store.subscriptions().is_empty());
}

#[tokio::test]
async fn other_peoples_hooks_are_left_alone() {
    let stage = Stage::start().await;
    let other = "mutation O { webhookSubscriptionCreate(topic: ORDERS_UPDATED, webhookSubscription: { uri: \"https://other.example/hook\" }) { userErrors { message } } }";
    stage.store.admin(other, &Value::Null);
    stage.connector.repair_hooks(&target()).await.unwrap();
    stage.connector.remove_hooks(&target()).await.unwrap();
    assert_eq!(stage.store.subscriptions().len(), 1);
}

#[tokio::test]
async fn a_missing_scope_takes_its_topics_and_no_more() {
    let stage = Stage::start().await;
    stage.store.grant_scopes(&["read_products", "write_draft_orders", "write_orders"]);
    let hooks = stage.connector.repair_hooks(&target()).await.unwrap();
    let topics: Vec<&str> = hooks.iter().map(|hook| hook.topic.as_str()).collect();
    assert!(topics.contains(&"products/update") && topics.contains(&"orders/updated"));
    let without = ["inventory", "ful", "markets", "locations"];
    assert!(!topics.iter().any(|topic| without.iter().any(|start| topic.starts_with(start))));
    assert!(topics.contains(&"draft_orders/update") && topics.contains(&"shop/update"));
    assert!(states(&stage).await.iter().all(|state| *state == HookState::Active), "all that may");
}

#[tokio::test]
async fn an_address_that_the_store_does_not_call_is_said() {
    let stage = Stage::start().await;
    for url in ["http://bridge.example/h", "https://127.0.0.1/h", "https://localhost/h"] {
        let target = HookTarget { url: url.to_owned(), secret: String::new() };
        let error = stage.connector.repair_hooks(&target).await.unwrap_err().to_string();
        assert!(error.contains("public_url") && error.contains(url), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_nothing_twice() {
    let stage = Stage::start().await;
    stage.faults.next("POST", "graphql.json/webhookSubscriptionCreate", Fault::DropAfter);
    stage.connector.repair_hooks(&target()).await.unwrap();
    let all = stage.store.subscriptions();
    let mut topics: Vec<&str> = all.iter().map(|hook| hook["topic"].as_str().unwrap()).collect();
    topics.sort_unstable();
    let count = topics.len();
    topics.dedup();
    assert_eq!(topics.len(), count);
}

#[tokio::test]
async fn what_is_told_is_a_hint_at_what_has_changed() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let (store, beanie) = (&stage.store, stage.store.variant("BEANIE-1").unwrap());
    let product = ProductId::new(number(&store.product_of(&beanie).unwrap()));
    let only = |stage: &Stage| -> Vec<Heard> {
        let due = stage.store.hooks();
        due.iter().map(|delivery| hear(&stage.connector, delivery).unwrap()).collect()
    };

    store.set_price(&beanie, 2100);
    assert_eq!(only(&stage), [Heard::Product(product.clone())]);
    store.set_stock(&beanie, 3);
    let stock = only(&stage);
    let Some(Heard::Product(hint)) = stock.first() else { panic!("{stock:?}") };
    let read = stage.connector.product(hint).await.unwrap().unwrap();
    assert_eq!((&read.id, read.variants[0].quantity), (&product, Some(3)), "whose stock it is");
    store.delete_product(&beanie);
    assert_eq!(only(&stage), [Heard::Product(product.clone())]);
    assert!(stage.connector.product(&product).await.unwrap().is_none());

    let draft = "mutation D($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } } }";
    let lamp = store.variant("LAST-1").unwrap();
    let input =
        json!({ "lineItems": [{ "variantId": lamp, "quantity": 1 }], "email": "ada@example.com" });
    let opened = store.admin(draft, &json!({ "input": input }));
    let id = opened["data"]["draftOrderCreate"]["draftOrder"]["id"].clone();
    assert_eq!(only(&stage), [], "a draft is nothing to tell of");
    let complete =
        "mutation C($id: ID!) { draftOrderComplete(id: $id) { draftOrder { order { id } } } }";
    let done = store.admin(complete, &json!({ "id": id }));
    let order = done["data"]["draftOrderComplete"]["draftOrder"]["order"]["id"].clone();
    let order = order.as_str().unwrap();
    let known = Heard::Order(OrderId::new(number(order)));
    assert!(only(&stage).contains(&known));
    store.fulfill(order, None);
    let heard = only(&stage);
    assert!(heard.iter().filter(|heard| **heard == known).count() >= 2, "{heard:?}");

    store.uninstall();
    assert_eq!(only(&stage), [Heard::Uninstalled]);
}

#[tokio::test]
async fn only_what_one_of_the_secrets_has_signed_is_heard() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let (_, old) = stage.store.client();
    let beanie = stage.store.variant("BEANIE-1").unwrap();
    let change = |price| {
        stage.store.set_price(&beanie, price);
        stage.store.hooks().remove(0)
    };
    let first = change(2100);
    let mut forged = first.clone();
    forged.body.push(b' ');
    assert_eq!(hear(&stage.connector, &forged), Err(Forged), "a byte more");
    let mut bare = first.clone();
    bare.headers.retain(|(name, _)| name != "x-shopify-hmac-sha256");
    assert_eq!(hear(&stage.connector, &bare), Err(Forged), "no signature");
    let mut nonsense = first.clone();
    for (name, value) in &mut nonsense.headers {
        if name == "x-shopify-hmac-sha256" {
            *value = "not base64!".to_owned();
        }
    }
    assert_eq!(hear(&stage.connector, &nonsense), Err(Forged));
    assert!(matches!(hear(&stage.connector, &first), Ok(Heard::Product(_))), "after all that");
    assert_eq!(hear(&stage.connector, &first), Ok(Heard::Nothing), "the same delivery once more");

    // The secret is rotated: for an hour either may have signed.
    let new = stage.store.rotate_secret();
    let second = change(2200);
    assert_eq!(hear(&stage.connector, &second), Err(Forged), "a secret nobody has told");
    let both = Settings {
        hook_secrets: vec![new.as_str().into()],
        ..settings(granted_with(&stage, &old))
    };
    let both = Shopify::new(upstream(&stage.url), both);
    assert!(matches!(hear(&both, &second), Ok(Heard::Product(_))));
    assert!(matches!(hear(&both, &first), Ok(Heard::Product(_))), "the old one");

    // A token made by hand has no secret of its own.
    let token = || Access::AdminToken(stage.store.admin_token().into());
    let deaf = Shopify::new(upstream(&stage.url), settings(token()));
    assert_eq!(hear(&deaf, &second), Err(Forged));
    let told = Settings { hook_secrets: vec![new.as_str().into()], ..settings(token()) };
    assert!(hear(&Shopify::new(upstream(&stage.url), told), &second).is_ok());
}

fn granted_with(stage: &Stage, secret: &str) -> Access {
    match granted(&stage.store) {
        Access::ClientCredentials { client_id, .. } => {
            Access::ClientCredentials { client_id, client_secret: secret.into() }
        }
        token @ Access::AdminToken(_) => token,
    }
}

#[tokio::test]
async fn requests_about_people_are_heard_and_name_nobody() {
    let stage = Stage::start().await;
    stage.store.set_compliance_url(BRIDGE);
    let about = json!({
        "shop_id": 1, "shop_domain": "demo-store.myshopify.com",
        "customer": { "id": 9_107_199_254_740_993_u64, "email": "ada@example.com", "phone": "555" },
        "orders_requested": [7, 8], "data_request": { "id": 9 },
    });
    let gone = json!({ "shop_id": 1, "customer": { "id": 5, "email": "ada@example.com" }, "orders_to_redact": [7] });
    for (topic, body, whom) in [
        ("customers/data_request", about, "customer 9107199254740993, order 7, order 8"),
        ("customers/redact", gone, "customer 5, order 7"),
        ("shop/redact", json!({ "shop_id": 1 }), "the store"),
    ] {
        stage.store.comply(topic, &body);
        let due = stage.store.hooks();
        let heard = hear(&stage.connector, &due[0]).unwrap();
        let Heard::Privacy { request, about } = &heard else { panic!("{heard:?}") };
        assert_eq!((request.as_str(), about.as_str()), (topic, whom));
        assert!(!format!("{heard:?}").contains("ada@"));
    }
}

#[tokio::test]
async fn the_end_of_an_export_is_told() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let begun = stage.connector.products(None).await.unwrap().next;
    let due = stage.store.hooks();
    assert_eq!(due[0].topic, "bulk_operations/finish");
    assert_eq!(hear(&stage.connector, &due[0]), Ok(Heard::Nothing));
    assert_eq!(stage.connector.products(begun.as_ref()).await.unwrap().products.len(), 12);
}

type Letters = Arc<Mutex<Vec<Heard>>>;

async fn take(
    State((connector, letters)): State<(Arc<Shopify>, Letters)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    match connector.hear(&header, &body, "ours") {
        Ok(heard) => {
            letters.lock().unwrap().push(heard);
            StatusCode::OK
        }
        Err(Forged) => StatusCode::UNAUTHORIZED,
    }
}

/// Over HTTP, every delivery twice and in no order: each is heard once.
#[tokio::test]
async fn deliveries_that_come_twice_are_heard_once() {
    let stage = Stage::start().await;
    stage.connector.repair_hooks(&target()).await.unwrap();
    let other = Arc::new(Shopify::new(upstream(&stage.url), settings(granted(&stage.store))));
    let letters = Letters::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state((other, Arc::clone(&letters)));
    let _server = emulators::serve::start_on(listener, router);
    stage.store.route_hooks("https://bridge.example", &url);
    stage.store.deliver_twice(true);
    for sku in ["BEANIE-1", "LAST-1", "HOODIE-ZIP"] {
        stage.store.set_price(&stage.store.variant(sku).unwrap(), 1234);
    }
    assert_eq!(stage.store.deliver_hooks().await, 6);
    let heard = letters.lock().unwrap().clone();
    let told = heard.iter().filter(|heard| matches!(heard, Heard::Product(_))).count();
    assert_eq!((heard.len(), told), (6, 3));
    assert_eq!(stage.store.deliver_hooks().await, 0, "all were taken");
}
