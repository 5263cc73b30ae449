//! Feeds that are brought: to an agent by the protocol's Feed API, and onto an SFTP server.

use std::{io::Write, sync::Arc, time::Duration};

use emulators::{
    faults::{Fault, Faults},
    feeds::Feeds,
    serve::{self, Running},
    stripe::Stripe,
    woocommerce::Store,
};
use secrecy::SecretString;
use serde_json::Value;
use storebridge::config::{ApiPush, Config};
use tokio::net::TcpListener;
use url::Url;

use crate::{
    crash::command,
    feed_command::{run, with_tables},
    stage::{Stage, Upstreams, limits},
};

/// A store whose products have addresses in the world, as readers want them.
pub(crate) async fn public_store() -> Upstreams {
    let now = emulators::system_clock();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = Store::demo("https://shop.example", Arc::clone(&now), 7);
    let stripe = Stripe::new(now, 7);
    let (store_faults, stripe_faults) = (Faults::new(), Faults::new());
    let store_server = serve::start_on(listener, store_faults.around(store.router()));
    let stripe_server = serve::start(stripe_faults.around(stripe.router())).await;
    Upstreams { store, store_faults, store_server, stripe, stripe_faults, stripe_server }
}

/// An agent that takes feeds in.
struct Reader {
    feeds: Feeds,
    faults: Faults,
    server: Running,
}

impl Reader {
    async fn start() -> Self {
        let (feeds, faults) = (Feeds::new(emulators::system_clock()), Faults::new());
        let server = serve::start(faults.around(feeds.router())).await;
        Self { feeds, faults, server }
    }

    fn push(&self, feed: Option<&str>) -> ApiPush {
        ApiPush {
            url: Url::parse(&format!("{}/agent", self.server.url)).unwrap(),
            token: SecretString::from(self.feeds.token()),
            version: "2026-04-17".to_owned(),
            feed_id: feed.map(str::to_owned),
            target_country: Some("US".to_owned()),
            batch_products_max: 10,
            gather: Duration::from_millis(20),
            compare: Duration::from_hours(1),
            limits: limits(),
        }
    }

    fn config(&self, upstreams: &Upstreams, feed: Option<&str>) -> Config {
        let mut config = upstreams.config();
        config.stores[0].changes_refresh = Duration::from_millis(20);
        config.stores[0].catalog_refresh = Duration::from_millis(20);
        config.stores[0].feed.api.push(self.push(feed));
        config
    }

    fn upserts(&self) -> usize {
        self.feeds.calls().iter().filter(|call| call.starts_with("PATCH")).count()
    }

    fn price(&self, feed: &str, product: &str) -> Option<Value> {
        let products = self.feeds.products(feed);
        Some(products.get(product)?["variants"][0]["price"]["amount"].clone())
    }
}

pub(crate) async fn push(config: &Config, force: bool) -> (u8, String) {
    let mut out = Vec::new();
    let code = storebridge::feeds::push::run(config, None, force, &mut out).await.unwrap();
    (code, String::from_utf8(out).unwrap())
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(15), waiting).await.is_ok(), "never: {what}");
}

/// A181, A182: the agent takes nothing else.
#[tokio::test]
async fn a_feed_is_made_filled_and_read_back() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    let config = reader.config(&upstreams, None);
    let (code, text) = push(&config, false).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("feed_id = \"feed_000001\""), "{text}");
    let products = reader.feeds.products("feed_000001");
    assert!(products.len() > 20, "{}", products.len());
    let price = &products["20"]["variants"][0]["price"];
    assert_eq!(*price, serde_json::json!({ "amount": 1800, "currency": "USD" }));
    let variants = products.values().flat_map(|product| product["variants"].as_array().unwrap());
    let ids: Vec<&str> = variants.map(|variant| variant["id"].as_str().unwrap()).collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    assert!(reader.upserts() >= 3, "in batches: {:?}", reader.feeds.calls());

    // What is there already is not sent again, and a second feed is not made by a repeat.
    let (_, text) = push(&config, false).await;
    assert_eq!(reader.feeds.ids(), ["feed_000001"], "{text}");
    let before = reader.upserts();
    let (code, text) = push(&reader.config(&upstreams, Some("feed_000001")), false).await;
    assert!(code == 0 && text.contains(" 0 changed"), "{text}");
    assert_eq!(reader.upserts(), before);

    // What is gone from the store is told to be no longer sold.
    upstreams.store.delete(20);
    let (code, _) = push(&reader.config(&upstreams, Some("feed_000001")), false).await;
    let ended = &reader.feeds.products("feed_000001")["20"]["variants"][0];
    assert_eq!((code, &ended["availability"]["status"]), (0, &"discontinued".into()));
    let (_, text) = push(&reader.config(&upstreams, Some("feed_000001")), false).await;
    assert!(text.contains(" 0 changed"), "{text}");
}

#[tokio::test]
async fn a_change_is_there_within_moments_and_changes_at_once_go_together() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    push(&reader.config(&upstreams, None), false).await;
    let config = reader.config(&upstreams, Some("feed_000001"));
    let stage = Stage::with(upstreams, config).await;
    until("compared", async || {
        reader.feeds.calls().iter().filter(|call| call.starts_with("GET")).count() >= 3
    })
    .await;
    let before = reader.upserts();
    let started = std::time::Instant::now();
    for (product, price) in [(20, "11.11"), (21, "12.12"), (22, "13.13")] {
        stage.upstreams.store.set_price(product, price);
    }
    stage.upstreams.store.delete(23);
    until("the prices are there", async || {
        let price = |product| reader.price("feed_000001", product);
        let ended = reader.feeds.products("feed_000001")["23"]["variants"][0].clone();
        price("20") == Some(1111.into())
            && price("22") == Some(1313.into())
            && ended["availability"]["status"] == "discontinued"
    })
    .await;
    let took = started.elapsed();
    assert!(reader.upserts() - before <= 4, "{:?}", reader.feeds.calls());
    assert!(took < Duration::from_secs(5), "{took:?}");

    // An agent that is away for a while has it all afterwards.
    for nth in 1..=3 {
        let path = "/agent/feeds/feed_000001/products";
        reader.faults.nth("PATCH", path, nth, Fault::Status(503));
    }
    stage.upstreams.store.set_price(20, "14.14");
    until("it was tried", async || reader.faults.pending() == 0).await;
    until("it is there", async || reader.price("feed_000001", "20") == Some(1414.into())).await;
}

#[tokio::test]
async fn a_hook_reaches_the_agent_within_a_second() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    push(&reader.config(&upstreams, None), false).await;
    let mut config = reader.config(&upstreams, Some("feed_000001"));
    config.stores[0].changes_refresh = Duration::from_hours(1);
    config.stores[0].catalog_refresh = Duration::from_hours(1);
    config.stores[0].feed.api[0].gather = Duration::from_millis(200);
    let stage = Stage::with(upstreams, config).await;
    let installed = command(&stage.upstreams, &["hooks", "install"], &stage.url);
    assert!(run(installed).await.status.success());
    stage.upstreams.store.set_price(20, "77.70");
    assert!(stage.upstreams.store.deliver_hooks().await > 0);
    let delivered = std::time::Instant::now();
    until("the price is there", async || reader.price("feed_000001", "20") == Some(7770.into()))
        .await;
    let took = delivered.elapsed();
    let words = format!("the agent's feed was fresh {} ms after the hook came\n", took.as_millis());
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    // A second on a machine with nothing else to do.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn guards_stop_what_would_empty_an_agents_catalog() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    push(&reader.config(&upstreams, None), false).await;
    let config = reader.config(&upstreams, Some("feed_000001"));
    let before = reader.feeds.products("feed_000001");
    for id in 17..=34 {
        upstreams.store.delete(id);
    }
    let (code, text) = push(&config, false).await;
    assert!(code == 3 && text.contains("STOPPED") && text.contains("F10"), "{text}");
    assert_eq!(reader.feeds.products("feed_000001"), before, "nothing was sent");
    let (code, text) = push(&config, true).await;
    assert_eq!(code, 0, "{text}");
    assert_ne!(reader.feeds.products("feed_000001"), before);
}

#[tokio::test]
async fn what_an_agent_refuses_or_loses_is_said() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    let config = reader.config(&upstreams, None);
    reader.feeds.refuse_next(1);
    let (code, text) = push(&config, false).await;
    assert!(code == 1 && text.contains("not accepted 10 products"), "{text}");
    reader.feeds.lose("21");
    let config = reader.config(&upstreams, Some("feed_000001"));
    let (code, text) = push(&config, false).await;
    assert!(code == 1 && text.contains("not at the agent as they were sent, such as 21"), "{text}");

    let mut wrong = config.clone();
    wrong.stores[0].feed.api[0].token = SecretString::from("another");
    let (code, text) = push(&wrong, false).await;
    assert!(code == 1 && text.contains("Compare token"), "{text}");
    let mut wrong = config.clone();
    wrong.stores[0].feed.api[0].feed_id = Some("feed_999999".to_owned());
    let (code, text) = push(&wrong, false).await;
    assert!(code == 1 && text.contains("feed_not_found"), "{text}");
}

#[tokio::test]
async fn a_check_says_how_fresh_the_agents_feed_is() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    push(&reader.config(&upstreams, None), false).await;
    let check = async |feed: Option<&str>| {
        let tables = format!(
            "\n[[store.feed.api]]\nurl = \"{}/agent\"\ntoken = \"env:TEST_FEED\"\n{}",
            reader.server.url,
            feed.map(|id| format!("feed_id = \"{id}\"\n")).unwrap_or_default(),
        );
        let mut command = with_tables(&upstreams, &["check"], &tables);
        command.env("TEST_FEED", reader.feeds.token());
        String::from_utf8(run(command).await.stdout).unwrap()
    };
    let text = check(Some("feed_000001")).await;
    assert!(text.contains("feed_000001 was last changed 0 min ago"), "{text}");
    assert!(check(None).await.contains("run `storebridge feed push`"));
    assert!(check(Some("feed_7")).await.contains("FAILED   Feed at"));
}

/// Without a terminal there is no bar: lines that a program can read, and few of them however much
/// there is to bring.
#[tokio::test]
async fn without_a_terminal_there_are_few_plain_lines() {
    let (upstreams, reader) = (public_store().await, Reader::start().await);
    upstreams.store.add_products(500);
    let tables = format!(
        "\n[[store.feed.api]]\nurl = \"{}/agent\"\ntoken = \"env:TEST_FEED\"\n\
         batch_products_max = 5\n",
        reader.server.url
    );
    for words in [&["feed", "push"][..], &["reconcile"]] {
        let mut command = with_tables(&upstreams, words, &tables);
        command.env("TEST_FEED", reader.feeds.token());
        let output = run(command).await;
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{log}");
        assert!(!log.contains(['\r', '\u{1b}', '█']), "{log}");
        assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
        assert!(log.lines().count() <= 12, "{log}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert!((2..=4).contains(&told.lines().count()), "{told}");
    }
    assert!(reader.upserts() >= 100, "{}", reader.upserts());
}
