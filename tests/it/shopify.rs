//! The whole service before a Shopify store: bought once, whatever is lost, on one replica and two.

use std::time::Duration;

use emulators::{
    faults::{Fault, Faults},
    serve::Running,
    shopify::Store,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use storebridge::config::{self, Platform, Shopify};
use tokio::net::TcpListener;
use url::Url;

use crate::stage::{Stage, TOKEN, Upstreams, agent::Agent};

/// A stage before an emulated Shopify store. Its other store has no part in it.
struct Shop {
    stage: Stage,
    store: Store,
    faults: Faults,
    _server: Running,
}

impl Shop {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, with something else in its configuration.
    async fn with(change: impl FnOnce(&mut config::Store)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let store = Store::demo(&url, emulators::system_clock(), 7);
        let faults = Faults::new();
        let server = emulators::serve::start_on(listener, store.faulty(&faults));
        let upstreams = Upstreams::start().await;
        let mut config = upstreams.config();
        let (client_id, client_secret) = store.client();
        config.stores[0].platform = Platform::Shopify(Shopify {
            url: Url::parse(&url).unwrap(),
            access: shopify::Access::ClientCredentials {
                client_id: SecretString::from(client_id),
                client_secret: SecretString::from(client_secret),
            },
            version: shopify::ApiVersion::default(),
            webhook_secrets: Vec::new(),
            points_wait_max: Duration::from_secs(5),
            catalog: shopify::CatalogSettings {
                export_poll: Duration::from_millis(20),
                ..shopify::CatalogSettings::default()
            },
            limits: crate::stage::limits(),
        });
        change(&mut config.stores[0]);
        let stage = Stage::with(upstreams, config).await;
        Self { stage, store, faults, _server: server }
    }

    fn item(&self, sku: &str) -> String {
        let gid = self.store.variant(sku).unwrap();
        gid.rsplit('/').next().unwrap().to_owned()
    }

    /// Has the store tell the service of changes.
    async fn install_hooks(&self) {
        let public = "https://bridge.example";
        let mut config = self.stage.config.clone();
        config.server.public_url = Url::parse(public).unwrap();
        self.store.route_hooks(public, &self.stage.url);
        let mut out = Vec::new();
        let repair = storebridge::hooks::Action::Repair;
        assert!(storebridge::hooks::run(&config, repair, &mut out).await.unwrap());
        let words = String::from_utf8(out).unwrap();
        assert!(words.contains("made") && words.contains("/hooks/shop/shopify"), "{words}");
    }

    /// Waits until the feed says that.
    async fn until_fed(&self, wanted: &str) {
        let path = self.stage.feed_url.strip_prefix(&self.stage.url).unwrap().to_owned();
        let agent = self.stage.agent();
        let fed = async {
            while !String::from_utf8_lossy(&agent.get(&path).await.bytes).contains(wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_mins(1), fed).await.is_ok(), "{wanted}");
    }

    /// Paid orders, as the store keeps them.
    fn orders(&self) -> Vec<Value> {
        let ledger = self.store.ledger();
        ledger["orders"].as_array().unwrap().clone()
    }

    /// One charge, one paid order, and they know each other.
    fn assert_bought_once(&self, what: &str) {
        let (captured, orders) = (self.stage.upstreams.stripe.captured(), self.orders());
        assert_eq!((captured.len(), orders.len()), (1, 1), "{what}: {captured:?} {orders:#?}");
        let (payment, amount) = &captured[0];
        assert_eq!(orders[0]["paid"], true, "{what}");
        assert_eq!((&orders[0]["total"], &orders[0]["received"]), (&json!(amount), &json!(amount)));
        let attributes = orders[0]["attributes"].to_string();
        assert!(attributes.contains(payment.as_str()), "{what}: {attributes}");
    }
}

#[tokio::test]
async fn a_purchase_and_its_repeats() {
    let shop = Shop::start().await;
    let agent = shop.stage.agent();
    let session = agent.ready(&shop.item("BEANIE-1"), 2).await;
    let token = shop.stage.token();
    let done = agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    let (url, _stop) = shop.stage.replica_of(&shop.stage.config).await;
    let elsewhere = Agent::new(&url, TOKEN);
    let again = elsewhere.complete_with(session.id(), &token, "pay").await;
    assert_eq!(again.body["order"], done.body["order"], "{}", again.body);
    let read = elsewhere.retrieve(session.id()).await;
    assert_eq!(read.body["order"]["id"], done.body["order"]["id"]);
    shop.assert_bought_once("repeated");
    agent.cancel(session.id()).await.assert_refused(405, "not_cancelable");
}

#[tokio::test]
async fn every_lost_answer_of_a_completion_still_buys_once() {
    for operation in ["draftOrderUpdate", "draftOrderComplete"] {
        for fault in [Fault::DropBefore, Fault::DropAfter, Fault::Status(502), Fault::HalfJson] {
            let what = format!("{operation} {fault:?}");
            let shop = Shop::start().await;
            let agent = shop.stage.agent();
            let session = agent.ready(&shop.item("BEANIE-1"), 1).await;
            shop.faults.next("POST", &format!("graphql.json/{operation}"), fault);
            let token = shop.stage.token();
            let done = agent.complete_until_done(session.id(), &token).await;
            assert_eq!(done.body["status"], "completed", "{what}: {}", done.body);
            assert_eq!(shop.faults.pending(), 0, "{what} has happened");
            shop.assert_bought_once(&what);
        }
    }
}

#[tokio::test]
async fn two_replicas_race_on_one_completion() {
    let shop = Shop::start().await;
    let here = shop.stage.agent();
    let session = here.ready(&shop.item("BEANIE-1"), 1).await;
    let (url, _stop) = shop.stage.replica_of(&shop.stage.config).await;
    let there = Agent::new(&url, TOKEN);
    let token = shop.stage.token();
    let (one, two) = tokio::join!(
        here.complete_with(session.id(), &token, "pay"),
        there.complete_with(session.id(), &token, "pay"),
    );
    let one = if one.body["status"] == "completed" {
        one
    } else {
        here.complete_until_done(session.id(), &token).await
    };
    let read = there.retrieve(session.id()).await;
    let what = format!("{} {} {}", one.body, two.body, read.body);
    assert_eq!(one.body["order"]["id"], read.body["order"]["id"], "{what}");
    shop.assert_bought_once(&what);
}

#[tokio::test]
async fn what_costs_nothing_is_ordered_without_a_payment() {
    let shop = Shop::start().await;
    let agent = shop.stage.agent();
    let item = shop.store.variant("GUIDE-PDF").unwrap_or_else(|| panic!("a digital product"));
    shop.store.set_price(&item, 0);
    let session = agent.ready(item.rsplit('/').next().unwrap(), 1).await;
    assert_eq!(session.total("total"), Some(0), "{}", session.body);
    for _ in 0..2 {
        let done = agent.complete_with(session.id(), "spt_unused", "take").await;
        assert_eq!(done.body["status"], "completed", "{}", done.body);
    }
    assert_eq!(shop.orders().len(), 1);
    assert_eq!(shop.stage.upstreams.stripe.captured(), []);
}

/// The store tells of a change, and the feed has it.
#[tokio::test]
async fn a_hook_brings_the_catalog_up_to_date() {
    let shop = Shop::start().await;
    shop.install_hooks().await;
    shop.store.set_price(&shop.store.variant("BEANIE-1").unwrap(), 7_770);
    assert!(shop.store.deliver_hooks().await > 0);
    shop.until_fed("77.70 USD").await;
}

/// A market's prices are no product's change: only the store tells of them, and all is read again.
#[tokio::test]
async fn a_hook_about_the_store_has_all_of_it_read_again() {
    let shop = Shop::with(|store| {
        store.changes_refresh = Duration::from_millis(20);
        let Platform::Shopify(shopify) = &mut store.platform else { unreachable!("it is one") };
        shopify.catalog.country = Some("US".to_owned());
    })
    .await;
    shop.install_hooks().await;
    shop.until_fed("20.00 USD").await;
    shop.store.set_market("us", 333);
    assert!(shop.store.deliver_hooks().await > 0);
    shop.until_fed("66.60 USD").await;
}
