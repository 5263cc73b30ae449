//! A store, a connector in front of it, and the sentences that tests are made of.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{
    Address, AgentId, Buyer, Change, Commitment, Connector, ConnectorError, Destination, Draft,
    Facts, ItemId, Line, Patch, PaymentId, ProblemKind, SessionId,
};
use emulators::{faults::Faults, serve::Running, woocommerce::Store};
use http::{Method, header::AUTHORIZATION};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use upstream::{Call, GateLimits, Https, Kind, Limits, Seeded, Transport, Upstream};
use woocommerce::{Settings, WooCommerce};

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) connector: WooCommerce,
    pub(crate) url: String,
    _server: Running,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let store = Store::demo(&url, emulators::system_clock(), 5);
        let faults = Faults::new();
        let server = emulators::serve::start_on(listener, faults.around(store.router()));
        let connector = connector(&url, store.consumer_key(), store.consumer_secret());
        Self { store, faults, connector, url, _server: server }
    }

    /// A draft of one line that is ready to be paid.
    pub(crate) async fn ready(&self, item: &str, quantity: u32) -> Draft {
        let change = Change { lines: Some(vec![line(item, quantity)]), ..told() };
        let draft = self.connector.open(&change).await.unwrap();
        assert_eq!(draft.quote.problems, [], "ready");
        draft
    }

    /// A draft opened with these lines, ready but for them.
    pub(crate) async fn open(&self, lines: &[(&str, u32)]) -> Draft {
        let lines = lines.iter().map(|(item, quantity)| line(item, *quantity)).collect();
        self.connector.open(&Change { lines: Some(lines), ..told() }).await.unwrap()
    }

    pub(crate) async fn revise(&self, draft: &Draft, change: Change) -> Draft {
        self.connector.revise(&draft.id, &change).await.unwrap()
    }

    pub(crate) async fn revise_error(&self, draft: &Draft) -> ConnectorError {
        let change = Change { lines: Some(vec![line("20", 5)]), ..Change::default() };
        self.connector.revise(&draft.id, &change).await.unwrap_err()
    }

    /// The seller gives the draft's order another status, in the store's own pages.
    pub(crate) async fn seller_sets_status(&self, draft: &Draft, status: &str) {
        let path = format!("/wp-json/wc/v3/orders/{}", draft.order);
        let call = Call::new("seller", Method::PUT, path, Kind::Once);
        self.as_seller(call.json(&json!({ "status": status }))).await;
    }

    /// What the seller sees there.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.as_seller(Call::new("seller", Method::GET, path.to_owned(), Kind::Once)).await
    }

    async fn as_seller(&self, call: Call) -> Value {
        let pair = format!("{}:{}", self.store.consumer_key(), self.store.consumer_secret());
        let call = call.secret_header(AUTHORIZATION, &format!("Basic {}", STANDARD.encode(pair)));
        let answer = upstream(&self.url).send(call).await.unwrap();
        assert_eq!(answer.status, 200);
        answer.json().unwrap()
    }
}

pub(crate) fn connector(url: &str, key: &str, secret: &str) -> WooCommerce {
    connector_with(url, (key, secret), false)
}

/// With another setting about customers' accounts.
pub(crate) fn connector_with(
    url: &str,
    (key, secret): (&str, &str),
    link_customers: bool,
) -> WooCommerce {
    let settings = Settings { link_customers, ..settings(key, secret) };
    WooCommerce::new(upstream(url), settings)
}

/// A connector whose calls go to something else than the network.
pub(crate) fn connector_over(network: Arc<dyn Transport>) -> WooCommerce {
    let url = "https://shop.example".parse().unwrap();
    let chance = Arc::new(Seeded::new(5));
    let upstream = Upstream::new("store", url, network, chance, limits());
    WooCommerce::new(upstream, settings("ck_x", "cs_x"))
}

fn settings(key: &str, secret: &str) -> Settings {
    Settings {
        consumer_key: key.into(),
        consumer_secret: secret.into(),
        payment_title: "Card, through an AI agent".to_owned(),
        catalog_calls: 2,
        meta_keys: woocommerce::MetaKeys::default(),
        link_customers: false,
        now: woocommerce::Now(emulators::system_clock()),
    }
}

fn upstream(url: &str) -> Upstream {
    let network = Arc::new(Https::new(Duration::from_secs(1)).unwrap());
    let chance = Arc::new(Seeded::new(5));
    Upstream::new("store", url.parse().unwrap(), network, chance, limits())
}

const fn limits() -> Limits {
    Limits {
        deadline: Duration::from_secs(2),
        body_max: 8 * 1024 * 1024,
        retries_max: 1,
        retry_delay: Duration::from_millis(1),
        gate: GateLimits {
            in_flight_max: 4,
            queue_max: 16,
            queue_wait_max: Duration::from_secs(1),
        },
    }
}

pub(crate) fn line(item: &str, quantity: u32) -> Line {
    Line { item: ItemId::new(item), quantity: NonZeroU32::new(quantity).unwrap() }
}

pub(crate) fn san_francisco() -> Destination {
    Destination {
        name: "Ada Lovelace".to_owned(),
        phone: "15552003434".to_owned(),
        email: String::new(),
        address: Some(Address {
            name: "Ada Lovelace".to_owned(),
            company: String::new(),
            line_one: "1234 Chat Road".to_owned(),
            line_two: "Apt 101".to_owned(),
            city: "San Francisco".to_owned(),
            state: "CA".to_owned(),
            postal_code: "94131".to_owned(),
            country: "US".to_owned(),
        }),
    }
}

pub(crate) fn ada() -> Buyer {
    Buyer {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        phone: "15552003434".to_owned(),
        company: String::new(),
    }
}

/// Buyer and destination, and nothing else.
pub(crate) fn told() -> Change {
    Change {
        buyer: Patch::Set(ada()),
        destination: Patch::Set(san_francisco()),
        ..Change::default()
    }
}

pub(crate) fn commitment(draft: &Draft, payment: &str) -> Commitment {
    Commitment {
        payment: Some(PaymentId::new(payment)),
        total: draft.quote.totals.total,
        session: SessionId::new("cs_test"),
        agent: AgentId::new("tester"),
        memo: "a memo".to_owned(),
        facts: Facts::new(),
    }
}

pub(crate) fn kinds(draft: &Draft) -> Vec<ProblemKind> {
    draft.quote.problems.iter().map(|problem| problem.kind).collect()
}
