//! A stage for tests: bridge, store and Stripe on loopback, and an agent that speaks to them.

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use commerce::AgentId;
use emulators::{faults::Faults, serve::Running, stripe::Stripe, woocommerce::Store};
use secrecy::SecretString;
use storebridge::{
    App,
    config::{
        self, Agent as ConfiguredAgent, Config, EdgeBounds, Platform, Profile, Server, Signature,
    },
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use upstream::{GateLimits, Limits};
use url::Url;

pub(crate) mod agent;
pub(crate) mod listener;
pub(crate) mod schema;
mod sums;

pub(crate) use agent::{Agent, Answer};

/// The bearer tokens of the two agents that every stage knows.
pub(crate) const TOKEN: &str = "token-of-the-first-agent";
pub(crate) const OTHER_TOKEN: &str = "token-of-the-second-agent";

/// Emulated upstreams with their faults.
pub(crate) struct Upstreams {
    pub(crate) store: Store,
    pub(crate) store_faults: Faults,
    pub(crate) store_server: Running,
    pub(crate) stripe: Stripe,
    pub(crate) stripe_faults: Faults,
    pub(crate) stripe_server: Running,
}

impl Upstreams {
    pub(crate) async fn start() -> Self {
        let now = emulators::system_clock();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store_url = format!("http://{}", listener.local_addr().unwrap());
        let store = Store::demo(&store_url, Arc::clone(&now), 7);
        let stripe = Stripe::new(now, 7);
        let (store_faults, stripe_faults) = (Faults::new(), Faults::new());
        let store_server =
            emulators::serve::start_on(listener, store_faults.around(store.router()));
        let stripe_server = emulators::serve::start(stripe_faults.around(stripe.router())).await;
        Self { store, store_faults, store_server, stripe, stripe_faults, stripe_server }
    }

    pub(crate) fn config(&self) -> Config {
        config(
            &self.store_server.url,
            (self.store.consumer_key(), self.store.consumer_secret()),
            &self.stripe_server.url,
            self.stripe.secret_key(),
        )
    }

    /// Orders that are paid, however they came about.
    pub(crate) fn paid_orders(&self) -> Vec<serde_json::Value> {
        let orders = self.store.orders();
        orders.into_iter().filter(|order| !order["date_paid"].is_null()).collect()
    }

    /// One charge, one order, and they know each other: the promise in one line.
    pub(crate) fn assert_bought_once(&self) {
        let (captured, orders) = (self.stripe.captured(), self.paid_orders());
        assert_eq!(captured.len(), 1, "charges: {captured:?}\n{}", self.journal());
        assert_eq!(orders.len(), 1, "paid orders\n{}", self.journal());
        let (payment, amount) = &captured[0];
        assert_eq!(orders[0]["transaction_id"], payment.as_str());
        let total = orders[0]["total"].as_str().unwrap().replace('.', "");
        assert_eq!(total, amount.to_string(), "the order's total is what was charged");
    }

    pub(crate) fn assert_nothing_bought(&self) {
        assert_eq!(self.stripe.captured(), [], "{}", self.journal());
        assert_eq!(self.paid_orders().len(), 0, "{}", self.journal());
    }

    /// Every call to store and Stripe, for a test that fails.
    pub(crate) fn journal(&self) -> String {
        let calls = [self.store.calls(), self.stripe.calls()].concat();
        format!("upstream calls:\n  {}", calls.join("\n  "))
    }
}

/// A running service in front of emulated upstreams.
pub(crate) struct Stage {
    pub(crate) upstreams: Upstreams,
    pub(crate) url: String,
    pub(crate) feed_url: String,
    pub(crate) config: Config,
    stop: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let upstreams = Upstreams::start().await;
        let config = upstreams.config();
        Self::with(upstreams, config).await
    }

    /// Starts with a configuration of the test's own.
    pub(crate) async fn with(upstreams: Upstreams, config: Config) -> Self {
        let stage = Self::unready(upstreams, config).await;
        let deadline = Duration::from_secs(10);
        let ready = async {
            while stage.agent().get("/readyz").await.status != 200 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(deadline, ready).await.expect("the catalog is read in time");
        stage
    }

    /// Starts without waiting for the catalog.
    pub(crate) async fn unready(upstreams: Upstreams, mut config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        config.server.public_url = Url::parse(&url).unwrap();
        let app = App::new(&config, storebridge::real_world().unwrap());
        app.start();
        let feed_url = app.feed_url(0).unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::task::spawn(async move {
            storebridge::run(listener, &app, stopped).await;
        });
        Self { upstreams, url, feed_url, config, stop, serving: Some(serving) }
    }

    /// A second service with the same configuration, that shares nothing but the upstreams.
    pub(crate) async fn replica(&self) -> (String, CancellationToken) {
        self.replica_of(&self.upstreams.config()).await
    }

    /// The same with another configuration.
    pub(crate) async fn replica_of(&self, config: &Config) -> (String, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = App::new(config, storebridge::real_world().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::task::spawn(async move { storebridge::run(listener, &app, stopped).await });
        (url, stop)
    }

    /// The first agent.
    pub(crate) fn agent(&self) -> Agent {
        Agent::new(&self.url, TOKEN)
    }

    /// The second agent, of the same store.
    pub(crate) fn other_agent(&self) -> Agent {
        Agent::new(&self.url, OTHER_TOKEN)
    }

    /// A token that pays for anything in the store.
    pub(crate) fn token(&self) -> String {
        self.upstreams.stripe.mint("pm_card_visa", 1_000_000, "usd")
    }

    /// Stops like a SIGTERM and waits for the end.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A configuration for tests: two agents, short waits.
pub(crate) fn config(
    store_url: &str,
    (key, secret): (&str, &str),
    stripe_url: &str,
    stripe_key: &str,
) -> Config {
    let agent = |id: &str, token: &str| ConfiguredAgent {
        id: AgentId::new(id),
        token: SecretString::from(token),
        calls_per_minute: NonZeroU32::new(60_000).unwrap(),
        wrong_codes_per_minute: NonZeroU32::new(60_000).unwrap(),
        profile: Profile::Standard,
        signature: Signature::Off,
        events: None,
    };
    let link = |path: &str| Url::parse(&format!("{store_url}/{path}")).unwrap();
    Config {
        server: Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: Url::parse("http://bridge.test").unwrap(),
            metrics_listen: None,
            session_key: SecretString::from("0123456789abcdef0123456789abcdef"),
            bounds: EdgeBounds { request_timeout: Duration::from_secs(5), ..EdgeBounds::default() },
        },
        stores: vec![config::Store {
            id: "shop".to_owned(),
            name: "The Shop".to_owned(),
            platform: Platform::WooCommerce(config::WooCommerce {
                url: Url::parse(store_url).unwrap(),
                consumer_key: SecretString::from(key),
                consumer_secret: SecretString::from(secret),
                payment_title: "Card, through an AI agent".to_owned(),
                catalog_calls: 2,
                meta_keys: woocommerce::MetaKeys::default(),
                link_customers: false,
                limits: limits(),
            }),
            stripe: config::Stripe {
                url: Url::parse(stripe_url).unwrap(),
                secret_key: SecretString::from(stripe_key),
                merchant_id: "profile_test_123".to_owned(),
                api_version: payments::API_VERSION.to_owned(),
                token_api_version: payments::TOKEN_API_VERSION.to_owned(),
                token_parameter: payments::TokenParameter::PaymentMethodData,
                sca: payments::Sca::FailFast,
                webhook_secrets: Vec::new(),
                acquirer: None,
                limits: limits(),
            },
            agents: vec![agent("first", TOKEN), agent("second", OTHER_TOKEN)],
            marketing: Vec::new(),
            links: BTreeMap::from([
                ("terms_of_use".to_owned(), link("terms")),
                ("privacy_policy".to_owned(), link("privacy")),
            ]),
            catalog_refresh: Duration::from_mins(15),
            changes_refresh: Duration::from_mins(1),
            session_lifetime: Duration::from_hours(6),
            completion_patience: Duration::from_mins(5),
            reconcile_interval: Duration::from_mins(5),
            refunds: config::Refunds {
                from_store: config::Mirror::Mirror,
                from_processor: config::Mirror::Mirror,
                amount_max: None,
            },
            attempts: storebridge::attempts::Bounds {
                per_session_max: 5,
                per_token_max: 3,
                per_agent_max: 100,
                first_delay: Duration::ZERO,
            },
            feed: feed(store_url),
        }],
    }
}

/// What the feeds say that the demo store does not.
fn feed(store_url: &str) -> config::Feed {
    let mut feed = config::Feed::default();
    let defaults = &mut feed.settings.defaults;
    for (field, value) in [
        ("seller_name", "The Shop"),
        ("brand", "Own"),
        ("seller_privacy_policy", &format!("{store_url}/privacy")),
        ("seller_tos", &format!("{store_url}/terms")),
    ] {
        defaults.insert(field.to_owned(), value.into());
    }
    defaults.insert("is_eligible_checkout".to_owned(), true.into());
    feed
}

pub(crate) const fn limits() -> Limits {
    Limits {
        deadline: Duration::from_secs(2),
        body_max: 8 * 1024 * 1024,
        retries_max: 1,
        retry_delay: Duration::from_millis(1),
        gate: GateLimits {
            in_flight_max: 8,
            queue_max: 64,
            queue_wait_max: Duration::from_secs(1),
        },
    }
}
