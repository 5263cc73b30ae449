//! A store that tells of its changes by itself, and what happens where it does not.

use std::{io::Write, time::Duration};

use http::{Method, Request};
use serde_json::{Value, json};
use upstream::{Https, Transport};

use crate::{
    crash::command,
    stage::{Stage, Upstreams, agent::Agent},
};

/// What `storebridge hooks` says, with the address of a running service.
async fn hooks(stage: &Stage, action: &str) -> (bool, String) {
    let upstreams = &stage.upstreams;
    let (url, action) = (stage.url.clone(), action.to_owned());
    let mut command = command(upstreams, &["hooks", &action], &url);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text + &String::from_utf8_lossy(&output.stderr))
}

/// A stage whose catalog is asked for changes only when a hook says so.
async fn stage() -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_hours(1);
    Stage::with(upstreams, config).await
}

/// Reads the feed until this is in it.
async fn until_fed(stage: &Stage, wanted: &str) {
    let path = stage.feed_url.strip_prefix(&stage.url).unwrap().to_owned();
    let agent = stage.agent();
    let reading = async {
        loop {
            let feed = agent.get(&path).await;
            if String::from_utf8_lossy(&feed.bytes).contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let fed = tokio::time::timeout(Duration::from_secs(5), reading).await;
    assert!(fed.is_ok(), "{wanted} is not in the feed");
}

async fn seller(stage: &Stage, method: Method, path: &str, body: &Value) -> Value {
    let store = &stage.upstreams.store;
    let uri = format!(
        "{}/wp-json/wc/v3{path}?consumer_key={}&consumer_secret={}",
        stage.upstreams.store_server.url,
        store.consumer_key(),
        store.consumer_secret(),
    );
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap();
    let network = Https::new(Duration::from_secs(2)).unwrap();
    let response = network.send(request, 1024 * 1024).await.unwrap();
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_hook_brings_the_catalog_up_to_date() {
    let stage = stage().await;
    let (is_well, text) = hooks(&stage, "list").await;
    assert!(!is_well && text.contains("MISSING") && text.contains("hooks install"), "{text}");
    let (is_well, text) = hooks(&stage, "install").await;
    assert!(is_well && text.contains("made"), "{text}");
    let (is_well, text) = hooks(&stage, "list").await;
    assert!(is_well && !text.contains("MISSING"), "{text}");

    stage.upstreams.store.set_price(20, "77.70");
    assert!(stage.upstreams.store.deliver_hooks().await > 0);
    let delivered = std::time::Instant::now();
    until_fed(&stage, "77.70 USD").await;
    let took = delivered.elapsed().as_millis();
    let words = format!("the feed was fresh {took} ms after the hook came\n");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    // A variation tells of itself, and it is its product that is read.
    stage.upstreams.store.set_price(26, "88.80");
    stage.upstreams.store.deliver_hooks().await;
    until_fed(&stage, "88.80 USD").await;

    let (is_well, text) = hooks(&stage, "remove").await;
    assert!(is_well && text.contains("6 removed"), "{text}");
}

#[tokio::test]
async fn disabled_hooks_are_found_and_mended() {
    let stage = stage().await;
    hooks(&stage, "install").await;
    let all = seller(&stage, Method::GET, "/webhooks", &Value::Null).await;
    let path = format!("/webhooks/{}", all[0]["id"]);
    seller(&stage, Method::PUT, &path, &json!({"status": "disabled"})).await;
    let (is_well, text) = hooks(&stage, "list").await;
    assert!(!is_well && text.contains("OFF"), "{text}");
    let (_, text) = hooks(&stage, "repair").await;
    assert!(text.contains("mended"), "{text}");
    assert!(hooks(&stage, "list").await.0);
}

/// What hooks miss is asked for.
#[tokio::test]
async fn a_store_without_hooks_is_asked() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_millis(20);
    let stage = Stage::with(upstreams, config).await;
    stage.upstreams.store.set_price(20, "66.60");
    until_fed(&stage, "66.60 USD").await;
}

#[tokio::test]
async fn forged_hooks_are_refused_and_pings_are_not() {
    let stage = stage().await;
    let network = Https::new(Duration::from_secs(2)).unwrap();
    let send = async |path: &str, body: &'static str, signature: Option<&str>| {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", stage.url))
            .header("x-wc-webhook-resource", "product");
        if let Some(signature) = signature {
            request = request.header("x-wc-webhook-signature", signature);
        }
        network.send(request.body(body.into()).unwrap(), 65_536).await.unwrap().status().as_u16()
    };
    let path = "/hooks/shop/woocommerce";
    assert_eq!(send(path, "webhook_id=1", None).await, 200);
    assert_eq!(send(path, r#"{"id":20}"#, None).await, 401);
    assert_eq!(send(path, r#"{"id":20}"#, Some("bm90IG91cnM=")).await, 401);
    assert_eq!(send("/hooks/nowhere/woocommerce", "webhook_id=1", None).await, 404);
    let agent: Agent = stage.agent();
    agent.get("/livez").await;
}

/// A hook that the store has switched off is mended by whoever serves.
#[tokio::test]
async fn silent_hooks_are_mended_while_serving() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_millis(10);
    config.stores[0].catalog_refresh = Duration::from_millis(10);
    let stage = Stage::with(upstreams, config).await;
    hooks(&stage, "install").await;
    let all = seller(&stage, Method::GET, "/webhooks", &Value::Null).await;
    let path = format!("/webhooks/{}", all[0]["id"]);
    seller(&stage, Method::PUT, &path, &json!({"status": "disabled"})).await;
    let mending = async {
        while seller(&stage, Method::GET, &path, &Value::Null).await["status"] != "active" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mended = tokio::time::timeout(Duration::from_secs(10), mending).await;
    assert!(mended.is_ok(), "it is still off");
}

/// Late, unordered, merged, of drafts that nobody bought, of things that are gone: every delivery is
/// answered well, so that none is switched off, and changes nothing that is not so.
#[tokio::test]
async fn deliveries_that_mean_nothing_are_harmless() {
    let stage = stage().await;
    hooks(&stage, "install").await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    agent.ready("21", 1).await;
    for price in ["30.00", "31.00", "32.10"] {
        stage.upstreams.store.set_price(20, price);
    }
    let order = stage.upstreams.store.last_order().unwrap();
    let path = format!("/orders/{}", order["id"]);
    let store = &stage.upstreams.store;
    let uri = format!(
        "{}/wp-json/wc/v3{path}?force=true&consumer_key={}&consumer_secret={}",
        stage.upstreams.store_server.url,
        store.consumer_key(),
        store.consumer_secret(),
    );
    let delete = Request::builder().method(Method::DELETE).uri(uri).body("".into()).unwrap();
    Https::new(Duration::from_secs(2)).unwrap().send(delete, 65_536).await.unwrap();
    for _ in 0..8 {
        stage.upstreams.store.deliver_hooks().await;
    }
    until_fed(&stage, "32.10 USD").await;
    let (is_well, text) = hooks(&stage, "list").await;
    assert!(is_well, "no delivery was refused: {text}");
    assert_eq!(agent.retrieve(session.id()).await.status, 200);
}
