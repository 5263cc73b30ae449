//! One store, one account at the processor, and the replicas in front of them.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use emulators::stripe::Stripe;
use http::{Request, Response};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use secrecy::SecretString;
use serde_json::Value;
use storebridge::{App, Seams, clock::Clock, config::Config};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use upstream::Seeded;

use crate::{
    defects::Defect,
    network::{Mishap, Network, STORE, STRIPE, Weather},
    store::{Order, Platform, Store},
};

const START: i64 = 1_795_457_250;
const TOKEN: &str = "token-of-the-agent";

/// Everything outside the replicas, and the replicas.
pub(crate) struct World {
    pub(crate) weather: Arc<Weather>,
    pub(crate) store: Store,
    pub(crate) stripe: Stripe,
    /// What the agent was told of orders, in order.
    pub(crate) heard: Arc<Mutex<Vec<Heard>>>,
    /// Whether all buyers come at once for what is scarce.
    pub(crate) is_run: bool,
    /// How many of what is scarce were sold in the store's own shop.
    pub(crate) sold_elsewhere: AtomicI64,
    began: Instant,
    defect: Option<Defect>,
    replicas: Vec<Mutex<Arc<Replica>>>,
    born: AtomicU64,
    turns: AtomicUsize,
    seed: u64,
}

/// An order event, and whether the order was paid when it came.
pub(crate) struct Heard {
    pub(crate) order: String,
    pub(crate) was_paid: bool,
}

/// A process of ours, until it dies.
pub(crate) struct Replica {
    pub(crate) app: Arc<App>,
    router: Router,
    died: CancellationToken,
    weather: Arc<Weather>,
}

/// Time passes as the simulation has it, and every replica's clock is a little wrong.
struct SkewedClock {
    began: Instant,
    skew: SignedDuration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        moment(self.began) + self.skew
    }
}

fn moment(began: Instant) -> Timestamp {
    let elapsed = SignedDuration::try_from(began.elapsed()).expect("a simulation is short");
    Timestamp::from_second(START).expect("a time") + elapsed
}

impl World {
    /// A world of a seed.
    pub(crate) fn new(
        platform: Platform,
        seed: u64,
        keeps_lines: bool,
        defect: Option<Defect>,
    ) -> Self {
        let weather = Weather::new(seed, keeps_lines).with_power_cuts(seed);
        let replicas = weather.dice().random_range(1..=2);
        let (defers, is_run) = (weather.happens(50), weather.happens(10));
        let world = Self::with(platform, weather, seed, defect, replicas);
        world.store.defer_orders(defers);
        Self { is_run, ..world }
    }

    /// A world in which one call goes wrong.
    pub(crate) fn scripted(
        platform: Platform,
        replicas: usize,
        mishap: Option<(usize, Mishap)>,
        defect: Option<Defect>,
    ) -> Self {
        Self::with(platform, Weather::scripted(mishap), 1, defect, replicas)
    }

    fn with(
        platform: Platform,
        weather: Weather,
        seed: u64,
        defect: Option<Defect>,
        replicas: usize,
    ) -> Self {
        let began = Instant::now();
        let weather = Arc::new(weather);
        let now: emulators::Now = Arc::new(move || moment(began));
        let store = Store::new(platform, STORE, Arc::clone(&now), seed);
        let stripe = Stripe::new(now, seed);
        stripe.listen("http://bridge.test/hooks/shop/stripe", &["*"]);
        let heard = Arc::default();
        let mut world = Self {
            weather,
            store,
            stripe,
            heard,
            is_run: false,
            sold_elsewhere: AtomicI64::new(0),
            began,
            defect,
            replicas: Vec::new(),
            born: AtomicU64::new(0),
            turns: AtomicUsize::new(0),
            seed,
        };
        world.replicas = (0..replicas).map(|at| Mutex::new(Arc::new(world.replica(at)))).collect();
        world
    }

    /// Whichever replica a load balancer picks; one that has died is started again.
    pub(crate) fn any_replica(&self) -> Arc<Replica> {
        let at = if self.weather.is_scripted() {
            self.turns.fetch_add(1, Ordering::Relaxed) % self.replicas.len()
        } else {
            self.weather.dice().random_range(0..self.replicas.len())
        };
        self.living(at)
    }

    /// All of them, started again where they have died.
    pub(crate) fn all_replicas(&self) -> Vec<Arc<Replica>> {
        (0..self.replicas.len()).map(|at| self.living(at)).collect()
    }

    fn living(&self, at: usize) -> Arc<Replica> {
        let mut slot = self.replicas[at].lock().unwrap_or_else(PoisonError::into_inner);
        if slot.died.is_cancelled() {
            *slot = Arc::new(self.replica(at));
        }
        Arc::clone(&slot)
    }

    fn replica(&self, name: usize) -> Replica {
        let died = CancellationToken::new();
        let routes = vec![
            (STORE, self.store.router()),
            (STRIPE, self.stripe.router()),
            ("http://agent.test", self.ears()),
        ];
        let network = Network {
            weather: Arc::clone(&self.weather),
            store: self.store.clone(),
            stripe: self.stripe.clone(),
            routes,
            died: died.clone(),
            name,
        };
        let born = self.born.fetch_add(1, Ordering::Relaxed);
        let skew = self.weather.dice().random_range(-60..=60);
        let skew = SignedDuration::from_secs(skew);
        let seams = Seams {
            clock: Arc::new(SkewedClock { began: self.began, skew }),
            chance: Arc::new(Seeded::new(self.seed.wrapping_mul(1_000) + born)),
            transport: Arc::new(network),
        };
        let app = match self.defect {
            None => App::new(&self.config(), seams),
            Some(defect) => defect.app(&self.config(), seams),
        };
        let front = storebridge::http::front(&app);
        let weather = Arc::clone(&self.weather);
        Replica { app, router: Router::new().fallback_service(front), died, weather }
    }

    /// The agent's own server for order events.
    fn ears(&self) -> Router {
        let (heard, store) = (Arc::clone(&self.heard), self.store.clone());
        Router::new().fallback(move |body: Bytes| {
            let (heard, store) = (Arc::clone(&heard), store.clone());
            async move {
                let event: Value = serde_json::from_slice(&body).unwrap_or_default();
                let order = event["data"]["id"].as_str().unwrap_or_default().to_owned();
                let is_it = |kept: &Order| kept.id == order && kept.is_paid;
                let was_paid = store.orders().iter().any(is_it);
                heard
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Heard { order, was_paid });
            }
        })
    }

    fn config(&self) -> Config {
        let mut config = template(self.store.platform()).clone();
        let store = &mut config.stores[0];
        self.store.unlock(&mut store.platform);
        store.stripe.secret_key = SecretString::from(self.stripe.secret_key());
        store.stripe.webhook_secrets = vec![SecretString::from(self.stripe.webhook_secret())];
        store.agents[0].token = SecretString::from(TOKEN);
        config
    }
}

/// A configuration like an owner's, with secrets that every world puts its own in place of.
fn template(platform: Platform) -> &'static Config {
    static TEMPLATES: OnceLock<[Config; 2]> = OnceLock::new();
    let templates = TEMPLATES.get_or_init(|| {
        let secret = std::env::temp_dir().join(format!("storebridge-{}", std::process::id()));
        std::fs::write(&secret, "0123456789abcdef0123456789abcdef").expect("a file can be written");
        let configs = [WOOCOMMERCE, SHOPIFY].map(|platform| {
            let text = TOML.replace("PLATFORM", platform);
            let text = text.replace("SECRET", &format!("file:{}", secret.display()));
            Config::parse(&text).expect("it is a configuration")
        });
        std::fs::remove_file(secret).expect("it was there");
        configs
    });
    match platform {
        Platform::WooCommerce => &templates[0],
        Platform::Shopify => &templates[1],
    }
}

const TOML: &str = r#"
[server]
public_url = "http://bridge.test"
session_key = "SECRET"
[[store]]
id = "shop"
name = "The Shop"
url = "http://store.test"
PLATFORM
[store.refunds]
from_store = "mirror"
[store.stripe]
url = "http://stripe.test"
secret_key = "SECRET"
merchant_id = "profile_test_123"
webhook_secrets = ["SECRET"]
[[store.agent]]
id = "agent"
token = "SECRET"
calls_per_minute = 60000
[store.agent.events]
url = "http://agent.test/events"
secret = "SECRET"
attempts_max = 4
"#;

const WOOCOMMERCE: &str = r#"
platform = "woocommerce"
[store.woocommerce]
consumer_key = "SECRET"
consumer_secret = "SECRET"
"#;

const SHOPIFY: &str = r#"
platform = "shopify"
[store.shopify]
client_id = "SECRET"
client_secret = "SECRET"
"#;

impl Replica {
    /// Sends a call and waits for its answer; `None` if the replica dies first, or has no power.
    pub(crate) async fn answer(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        if self.weather.is_dark() {
            self.died.cancel();
            return None;
        }
        let answering = self.router.clone().oneshot(request.map(Body::from));
        let Ok(response) = tokio::select! {
            biased;
            () = self.died.cancelled() => return None,
            response = answering => response,
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(head, body))
    }
}

/// A call of the agent's.
pub(crate) fn request(method: &str, path: &str, key: Option<&str>, body: &Value) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .header("api-version", "2026-04-17");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    request.body(body).expect("a request")
}
