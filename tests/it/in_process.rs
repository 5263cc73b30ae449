//! The whole service without a socket: emulators in place of the network, time held by the test,
//! chance from a seed. The same seed gives the same run.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use emulators::{
    faults::{Dropped, Fault, Faults},
    stripe::Stripe,
    woocommerce::Store,
};
use http::{Request, Response};
use http_body_util::BodyExt;
use jiff::Timestamp;
use storebridge::{
    App, Seams,
    clock::Clock,
    config::{Config, Platform, Profile},
};
use tokio::time::Instant;
use tower::ServiceExt;
use upstream::{Chance, Seeded, Transport, TransportError};

use crate::stage::{self, agent::Agent};

const START: i64 = 1_795_457_250;

/// A clock that moves when it is told to.
pub(crate) struct HeldClock(AtomicI64);

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Routers by host name, in place of the network.
struct Network(Vec<(&'static str, Router)>);

#[async_trait]
impl Transport for Network {
    async fn send(
        &self,
        request: Request<Bytes>,
        body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let host = request.uri().host().unwrap_or_default();
        let (_, router) = self.0.iter().find(|(name, _)| *name == host).unwrap();
        let request = request.map(Body::from);
        let response = router.clone().oneshot(request).await.unwrap();
        if response.extensions().get::<Dropped>().is_some() {
            return Err(TransportError::Lost("dropped".into()));
        }
        let (head, body) = response.into_parts();
        let lost = |error: axum::Error| TransportError::Lost(error.into());
        let body = body.collect().await.map_err(lost)?.to_bytes();
        if body.len() > body_max {
            return Err(TransportError::TooLarge(body_max));
        }
        Ok(Response::from_parts(head, body))
    }
}

pub(crate) struct World {
    pub(crate) clock: Arc<HeldClock>,
    pub(crate) store: Store,
    pub(crate) store_faults: Faults,
    pub(crate) stripe: Stripe,
    pub(crate) stripe_faults: Faults,
    pub(crate) app: Arc<App>,
    pub(crate) agent: Agent,
}

/// Everything from one seed.
pub(crate) async fn world(seed: u64) -> World {
    world_where(seed, |_| {}).await
}

/// The same with something changed in the configuration.
async fn world_where(seed: u64, adapt: impl FnOnce(&mut Config)) -> World {
    world_behind(seed, |store| store, adapt).await
}

/// The same with something between the bridge and its store.
pub(crate) async fn world_behind(
    seed: u64,
    between: impl FnOnce(Router) -> Router,
    adapt: impl FnOnce(&mut Config),
) -> World {
    let clock = Arc::new(HeldClock(AtomicI64::new(START)));
    let held = Arc::clone(&clock);
    let now: emulators::Now = Arc::new(move || held.now());
    let store = Store::demo("http://store.test", Arc::clone(&now), seed);
    let stripe = Stripe::new(now, seed);
    let (store_faults, stripe_faults) = (Faults::new(), Faults::new());
    let outside: Arc<dyn Transport> = Arc::new(Network(vec![
        ("store.test", between(store_faults.around(store.router()))),
        ("stripe.test", stripe_faults.around(stripe.router())),
    ]));
    let keys = (store.consumer_key(), store.consumer_secret());
    let mut config =
        stage::config("http://store.test", keys, "http://stripe.test", stripe.secret_key());
    adapt(&mut config);
    let chance: Arc<dyn Chance> = Arc::new(Seeded::new(seed));
    let seams = Seams { clock: Arc::clone(&clock) as Arc<dyn Clock>, chance, transport: outside };
    let app = App::new(&config, seams);
    app.start();
    app.ready().await;
    let bridge = Router::new().fallback_service(storebridge::http::front(&app));
    let inside = Arc::new(Network(vec![("bridge.test", bridge)]));
    let agent = Agent::over(inside, "http://bridge.test", stage::TOKEN);
    World { clock, store, store_faults, stripe, stripe_faults, app, agent }
}

/// What one purchase looked like from outside and inside.
async fn purchase(seed: u64) -> (Bytes, Vec<String>) {
    let world = world(seed).await;
    let session = world.agent.ready("20", 1).await;
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    let key = format!("pay-{seed}");
    let completed = world.agent.complete_with(session.id(), &token, &key).await;
    assert_eq!(completed.body["status"], "completed", "{}", completed.body);
    let calls = [world.store.calls(), world.stripe.calls()].concat();
    (completed.bytes, calls)
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    let first = purchase(11).await;
    assert_eq!(purchase(11).await, first);
    assert_ne!(purchase(12).await.0, first.0);
}

/// A069.
#[tokio::test(start_paused = true)]
async fn a_session_lives_as_long_as_it_says() {
    let world = world(3).await;
    let session = world.agent.ready("20", 1).await;
    let expires_at: Timestamp = session.body["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires_at.as_second(), START + 6 * 3600);
    world.clock.0.store(expires_at.as_second() + 1, Ordering::Relaxed);
    let read = world.agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "expired", "{}", read.body);
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    world.agent.complete(session.id(), &token).await.assert_refused(409, "conflict");
    assert_eq!(world.stripe.captured(), []);
}

/// A quote that does not add up is never shown, and the log has all that is needed to find out why.
#[tokio::test(start_paused = true)]
async fn sums_that_do_not_add_up_are_logged_and_not_shown() {
    use axum::{middleware::map_response, response::Response};

    let said: Arc<Mutex<Vec<u8>>> = Arc::default();
    let log = Arc::clone(&said);
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || Log(Arc::clone(&log)))
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    // A plugin of the store that adds a cent to the total and to nothing else.
    let greedy = async |response: Response| {
        let (head, body) = response.into_parts();
        let text = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let mut parts = text.split(r#""total_price":""#);
        let first = parts.next().unwrap_or_default().to_owned();
        let more = parts.map(|part| {
            let (total, rest) = part.split_once('"').unwrap();
            format!(r#""total_price":"{}"{rest}"#, total.parse::<i64>().unwrap() + 1)
        });
        let wrong: String = [first].into_iter().chain(more).collect();
        let mut response = Response::new(Body::from(wrong));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        response.headers_mut().remove("content-length");
        response
    };
    let world = world_behind(6, |store| store.layer(map_response(greedy)), |_| {}).await;
    let shirt = serde_json::json!({
        "currency": "usd", "capabilities": {}, "buyer": stage::agent::ada(),
        "line_items": [{"id": "20"}], "fulfillment_details": stage::agent::san_francisco(),
    });
    let refused = world.agent.post("/api/checkout_sessions", &shirt).await;
    refused.assert_refused(502, "platform_unreadable");
    assert!(!refused.body.to_string().contains("1800"), "{}", refused.body);
    let said = String::from_utf8(said.lock().unwrap().clone()).unwrap();
    let line = said.lines().find(|line| line.contains("do not add up")).expect("it is logged");
    for number in ["ERROR", "ItemsBaseAmount 1800", "1 × 20 has", "is not"] {
        assert!(line.contains(number), "{number} in {line}");
    }
}

/// A log in memory.
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A113.
#[tokio::test(start_paused = true)]
async fn a_key_is_remembered_for_a_day() {
    let world = world(4).await;
    let body = serde_json::json!({
        "currency": "usd", "capabilities": {}, "line_items": [{"id": "20"}],
    });
    let path = "/api/checkout_sessions";
    let first = world.agent.post_with(path, &body, "k").await;
    world.clock.0.store(START + 23 * 3600, Ordering::Relaxed);
    assert_eq!(world.agent.post_with(path, &body, "k").await.bytes, first.bytes);
    world.clock.0.store(START + 25 * 3600, Ordering::Relaxed);
    let fresh = world.agent.post_with(path, &body, "k").await;
    assert_ne!(fresh.id(), first.id());
}

/// A150: a cart that is changed lives on, as far as the platform goes along.
#[tokio::test(start_paused = true)]
async fn a_cart_that_is_changed_lives_on() {
    let world = world(8).await;
    let body = serde_json::json!({"line_items": [{"id": "20"}]});
    let cart = world.agent.post("/api/carts", &body).await;
    let expires = |answer: &stage::Answer| -> Timestamp {
        answer.body["expires_at"].as_str().unwrap().parse().unwrap()
    };
    world.clock.0.store(START + 3600, Ordering::Relaxed);
    let path = format!("/api/carts/{}", cart.id());
    let changed = world.agent.put(&path, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert!(expires(&changed) > expires(&cart));
    world.clock.0.store(START + 48 * 3600, Ordering::Relaxed);
    world.agent.get(&path).await.assert_refused(404, "cart_not_found");
}

/// The bank's yes would come after everybody has given up: by then nothing can be held any more.
#[tokio::test(start_paused = true)]
async fn a_purchase_that_stands_still_is_called_off() {
    let world = world(6).await;
    let session = world.agent.ready("20", 1).await;
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    world.stripe_faults.always("POST", "/v1/payment_intents/{}/confirm", Fault::DropBefore);
    world.stripe_faults.always("GET", "/v1/payment_intents/{}", Fault::DropBefore);
    let answer = world.agent.complete_with(session.id(), &token, "one").await;
    assert_eq!(answer.body["status"], "complete_in_progress", "{}", answer.body);
    world.stripe_faults.clear();

    world.clock.0.store(START + 200, Ordering::Relaxed);
    let read = world.agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "complete_in_progress", "somebody may be at it: {}", read.body);
    world.clock.0.store(START + 600, Ordering::Relaxed);
    let read = world.agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "canceled", "{}", read.body);
    assert_eq!(world.stripe.intents()[0]["status"], "canceled");

    let intent = world.stripe.intents()[0]["id"].as_str().unwrap().to_owned();
    let late = Request::post(format!("/v1/payment_intents/{intent}/confirm"))
        .header("authorization", format!("Bearer {}", world.stripe.secret_key()))
        .header("stripe-version", payments::TOKEN_API_VERSION)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!(
            "payment_method_data[shared_payment_granted_token]={token}&error_on_requires_action=true"
        )))
        .unwrap();
    let late = world.stripe.router().oneshot(late).await.unwrap();
    assert_eq!(late.status(), 400, "it holds nothing any more");
    let refused = world.agent.complete_with(session.id(), &token, "two").await;
    refused.assert_refused(409, "conflict");
    assert_eq!(world.stripe.captured(), []);
}

/// Over TLS the key may stand in the query, where a server takes the header away; it is in no log.
#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_header_away_gets_the_key_in_the_query() {
    let world = world_where(10, |config| {
        let Platform::WooCommerce(store) = &mut config.stores[0].platform else { panic!() };
        store.url = "https://store.test".parse().unwrap();
    })
    .await;
    world.store.strip_authorization(true);
    let session = world.agent.ready("20", 1).await;
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    let done = world.agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
}

/// Stripe waits four seconds and no longer, however slow the store is.
#[tokio::test(start_paused = true)]
async fn stripe_as_the_caller_is_answered_in_time() {
    let world = world_where(9, |config| config.stores[0].agents[0].profile = Profile::Stripe).await;
    let session = world.agent.ready("20", 1).await;
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    for method in ["GET", "POST", "PUT", "DELETE"] {
        world.store_faults.always(method, "", Fault::Delay(Duration::from_millis(1_900)));
    }
    let begun = Instant::now();
    let answer = world.agent.complete_with(session.id(), &token, "pay").await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(answer.body["status"], "complete_in_progress", "{}", answer.body);
    let begun = Instant::now();
    world.agent.create("20", 1).await.assert_refused(504, "timeout");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    world.store_faults.clear();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let done = world.agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert_eq!(world.stripe.captured().len(), 1);
}

/// A hanging upstream costs no real time: the deadline passes on the paused clock.
#[tokio::test(start_paused = true)]
async fn deadlines_pass_on_a_held_clock() {
    let world = world(5).await;
    let session = world.agent.ready("20", 1).await;
    let forever = Fault::Delay(Duration::from_hours(1));
    world.stripe_faults.always("POST", "/v1/payment_intents/{}/capture", forever);
    let forever = Fault::Delay(Duration::from_hours(1));
    world.stripe_faults.always("GET", "/v1/payment_intents/{}", forever);
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    let answer = world.agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!(answer.body["status"], "complete_in_progress", "{}", answer.body);

    world.stripe_faults.clear();
    world.store_faults.clear();
    // The purchase behind the answer ends within its own deadlines.
    tokio::time::sleep(Duration::from_mins(1)).await;
    let read = world.agent.retrieve(session.id()).await;
    assert_eq!(read.body["status"], "completed", "{}", read.body);
    assert_eq!(world.stripe.captured().len(), 1);
    world.app.stop().await;
}
