//! A store, a connector in front of it, and the sentences that tests are made of.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use commerce::{
    Address, AgentId, Buyer, Change, Commitment, Connector, Destination, Draft, Facts, ItemId,
    Line, Patch, PaymentId, ProblemKind, SessionId,
};
use emulators::{faults::Faults, serve::Running, shopify::Store};
use jiff::SignedDuration;
use shopify::{Access, ApiVersion, CatalogSettings, Now, Settings, Shopify};
use tokio::net::TcpListener;
use upstream::{GateLimits, Https, Limits, Seeded, Upstream};

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) connector: Shopify,
    pub(crate) url: String,
    /// Seconds that have been waited in no time.
    ahead: Arc<AtomicI64>,
    _server: Running,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ahead = Arc::new(AtomicI64::new(0));
        let store = Store::demo(&url, clock(&ahead), 5);
        let faults = Faults::new();
        let server = emulators::serve::start_on(listener, store.faulty(&faults));
        let settings = Settings { now: Now(clock(&ahead)), ..settings(granted(&store)) };
        let connector = Shopify::new(upstream(&url), settings);
        Self { store, faults, connector, url, ahead, _server: server }
    }

    /// Time passes for the shop and the connector.
    pub(crate) fn wait(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Another connector for the same store, which shares nothing with the first but the shop.
    pub(crate) fn replica(&self) -> Shopify {
        let settings = Settings { now: Now(clock(&self.ahead)), ..settings(granted(&self.store)) };
        Shopify::new(upstream(&self.url), settings)
    }

    /// The id of the variant with this SKU, as an agent orders it.
    pub(crate) fn item(&self, sku: &str) -> ItemId {
        let gid = self.store.variant(sku).unwrap();
        ItemId::new(gid.rsplit('/').next().unwrap())
    }

    pub(crate) fn line(&self, sku: &str, quantity: u32) -> Line {
        line(self.item(sku).as_str(), quantity)
    }

    /// A draft of one line that is ready to be paid.
    pub(crate) async fn ready(&self, sku: &str, quantity: u32) -> Draft {
        let draft = self.open(&[(sku, quantity)]).await;
        assert_eq!(draft.quote.problems, [], "ready");
        draft
    }

    /// A draft opened with these lines, ready but for them.
    pub(crate) async fn open(&self, lines: &[(&str, u32)]) -> Draft {
        let lines = lines.iter().map(|(sku, quantity)| self.line(sku, *quantity)).collect();
        self.connector.open(&Change { lines: Some(lines), ..told() }).await.unwrap()
    }

    pub(crate) async fn revise(&self, draft: &Draft, change: Change) -> Draft {
        self.connector.revise(&draft.id, &change).await.unwrap()
    }
}

/// The system's clock, and what was waited in no time.
fn clock(ahead: &Arc<AtomicI64>) -> emulators::Now {
    let (now, ahead) = (emulators::system_clock(), Arc::clone(ahead));
    Arc::new(move || now() + SignedDuration::from_secs(ahead.load(Ordering::Relaxed)))
}

/// The app's own client credentials.
pub(crate) fn granted(store: &Store) -> Access {
    let (client_id, client_secret) = store.client();
    Access::ClientCredentials { client_id: client_id.into(), client_secret: client_secret.into() }
}

pub(crate) fn connector(url: &str, access: Access) -> Shopify {
    Shopify::new(upstream(url), settings(access))
}

pub(crate) fn settings(access: Access) -> Settings {
    Settings {
        access,
        version: ApiVersion::default(),
        points_wait_max: Duration::from_secs(8),
        catalog: CatalogSettings {
            export_poll: Duration::from_millis(5),
            ..CatalogSettings::default()
        },
        hook_secrets: Vec::new(),
        now: Now(emulators::system_clock()),
    }
}

pub(crate) fn upstream(url: &str) -> Upstream {
    let network = Arc::new(Https::new(Duration::from_secs(1)).unwrap());
    let chance = Arc::new(Seeded::new(5));
    Upstream::new("store", url.parse().unwrap(), network, chance, limits())
}

pub(crate) const fn limits() -> Limits {
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
