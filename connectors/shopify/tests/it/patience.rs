//! Points and tokens over minutes and hours, on a paused clock and without a socket.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use commerce::{Connector, ConnectorError, Draft, Hold};
use emulators::shopify::{Plan, Store};
use http::{Request, Response};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shopify::{Now, Settings, Shopify};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;
use upstream::{Seeded, Transport, TransportError, Upstream};

use crate::stage::{commitment, granted, limits, line, settings, told};

const URL: &str = "https://demo-store.myshopify.com";
/// How long a call takes.
const WAY: Duration = Duration::from_millis(40);

/// The shop in place of the network.
struct Network(Router);

#[async_trait]
impl Transport for Network {
    async fn send(
        &self,
        request: Request<Bytes>,
        _body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        sleep(WAY).await;
        let response = self.0.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

/// A shop whose clock is the test's.
struct World {
    store: Store,
    now: emulators::Now,
}

impl World {
    fn new() -> Self {
        let (start, begun) = (Timestamp::from_second(1_795_457_250).unwrap(), Instant::now());
        let now: emulators::Now =
            Arc::new(move || start + SignedDuration::try_from(begun.elapsed()).unwrap());
        Self { store: Store::demo(URL, Arc::clone(&now), 5), now }
    }

    fn connector(&self) -> Shopify {
        let network = Arc::new(Network(self.store.router()));
        let chance = Arc::new(Seeded::new(5));
        let upstream = Upstream::new("store", URL.parse().unwrap(), network, chance, limits());
        let settings =
            Settings { now: Now(Arc::clone(&self.now)), ..settings(granted(&self.store)) };
        Shopify::new(upstream, settings)
    }

    async fn open(&self, connector: &Shopify) -> Result<Draft, ConnectorError> {
        let item = self.store.variant("BOOTS-1").unwrap();
        let lines = Some(vec![line(item.rsplit('/').next().unwrap(), 1)]);
        connector.open(&commerce::Change { lines, ..told() }).await
    }

    /// A whole purchase, with two changes on the way.
    async fn buy(&self, connector: &Shopify, nth: usize) -> Result<(), ConnectorError> {
        let draft = self.open(connector).await?;
        connector.revise(&draft.id, &commerce::Change::default()).await?;
        let draft = connector.revise(&draft.id, &commerce::Change::default()).await?;
        let draft = connector.load(&draft.id).await?;
        let tie = commitment(&draft, &format!("pi_{nth}"));
        connector.commit(&draft.id, &tie).await?;
        assert_eq!(connector.hold(&draft.id).await?, Hold::Held);
        connector.place(&draft.id, &tie).await?;
        connector.load(&draft.id).await?;
        Ok(())
    }

    fn refused(&self) -> usize {
        let throttled = |call: &Value| call["errors"].to_string().contains("THROTTLED");
        self.store.journal().iter().filter(|call| throttled(call)).count()
    }

    fn grants(&self) -> usize {
        self.store.journal().iter().filter(|call| call["call"] == "access_token").count()
    }
}

/// Thirteen purchases a minute, for three minutes, while everything else is read without a pause.
#[tokio::test(start_paused = true)]
async fn reading_never_starves_a_purchase() {
    let world = World::new();
    let connector = world.connector();
    for nth in 0..30 {
        world.buy(&connector, nth).await.unwrap();
        sleep(Duration::from_secs(3)).await;
    }
    let is_over = AtomicBool::new(false);
    let (read, told_later) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // A whole catalog by an export, all changes page by page, and all orders.
    let reading = async |nth: usize| {
        let mut from = None;
        while !is_over.load(Ordering::Relaxed) {
            let page = match nth {
                0 => connector.products(from.as_ref()).await,
                1 => connector.changes(Timestamp::UNIX_EPOCH, from.as_ref()).await,
                _ => connector.sales_since(Timestamp::UNIX_EPOCH).await.map(|sales| {
                    read.fetch_add(sales.len(), Ordering::Relaxed);
                    commerce::ProductPage { products: Vec::new(), next: None, total: None }
                }),
            };
            match page {
                Ok(page) => {
                    read.fetch_add(page.products.len(), Ordering::Relaxed);
                    from = page.next;
                }
                Err(ConnectorError::Unavailable { retry_after: Some(wait), .. }) => {
                    sleep(wait).await;
                    told_later.fetch_add(1, Ordering::Relaxed);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    let buying = async {
        let (mut longest, mut purchases) = (Duration::ZERO, Vec::new());
        for nth in 0..39 {
            let due = sleep(Duration::from_mins(1) / 13);
            let begun = Instant::now();
            world.buy(&connector, 100 + nth).await.unwrap();
            longest = longest.max(begun.elapsed());
            purchases.push(begun.elapsed());
            due.await;
        }
        is_over.store(true, Ordering::Relaxed);
        longest
    };
    let (longest, (), (), ()) = tokio::join!(buying, reading(0), reading(1), reading(2));
    assert!(longest < Duration::from_secs(3), "the slowest purchase took {longest:?}");
    let read = read.into_inner();
    assert!(read > 100, "reading goes on: {read}");
    assert_eq!(world.refused(), 0, "nobody asks for what is not there");
    println!("slowest purchase {longest:?}, {read} things read, {told_later:?} told to come later");
}

/// More than the store can bear: whoever is served is served whole, the others hear when to come.
#[tokio::test(start_paused = true)]
async fn whoever_cannot_be_served_hears_when_to_come() {
    let world = World::new();
    let connector = world.connector();
    world.open(&connector).await.unwrap();
    world.store.drain(100);
    // The next answer says so.
    let _noticed = world.open(&connector).await;
    let begun = Instant::now();
    let openings = (0..40).map(|_| world.open(&connector));
    let opened = futures_util::future::join_all(openings).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let served = opened.iter().filter(|draft| draft.is_ok()).count();
    assert!(served > 5, "{served}");
    for refused in opened.iter().filter_map(|draft| draft.as_ref().err()) {
        let ConnectorError::Unavailable { retry_after: Some(wait), effect, .. } = refused else {
            panic!("{refused:?}")
        };
        assert!(*wait >= Duration::from_secs(1) && *wait < Duration::from_mins(2), "{wait:?}");
        assert_eq!(*effect, commerce::Effect::None);
    }
}

/// Another replica takes from the same bucket: what it has taken shows in every answer.
#[tokio::test(start_paused = true)]
async fn replicas_share_what_the_store_grants() {
    let world = World::new();
    let (one, two) = (world.connector(), world.connector());
    let run = async |connector: &Shopify, first: usize| {
        let mut done = 0;
        for nth in first..first + 20 {
            match world.buy(connector, nth).await {
                Ok(()) => done += 1,
                Err(ConnectorError::Unavailable { retry_after: Some(wait), .. }) => {
                    sleep(wait).await;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        done
    };
    let (first, second) = tokio::join!(run(&one, 0), run(&two, 100));
    assert!(first + second >= 36, "{first} and {second} of 40");
    println!("{first} and {second} of 40, refused {} times", world.refused());
}

#[tokio::test(start_paused = true)]
async fn a_larger_plan_is_learned() {
    let world = World::new();
    world.store.set_plan(Plan::Plus);
    let connector = world.connector();
    let begun = Instant::now();
    for nth in 0..40 {
        world.buy(&connector, nth).await.unwrap();
    }
    let in_all = begun.elapsed();
    assert!(in_all < Duration::from_secs(40), "nobody waits for points: {in_all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_once_and_renewed_before_it_ends() {
    let world = World::new();
    let connector = world.connector();
    let draft = world.open(&connector).await.unwrap();
    let glances = async || {
        sleep(Duration::from_secs(3)).await;
        let looks = (0..4).map(|_| connector.load(&draft.id));
        for look in futures_util::future::join_all(looks).await {
            look.unwrap();
        }
    };
    glances().await;
    assert_eq!(world.grants(), 1, "whoever needs one waits for the first");
    sleep(Duration::from_hours(18)).await;
    glances().await;
    assert_eq!(world.grants(), 1);
    sleep(Duration::from_hours(2)).await;
    glances().await;
    assert_eq!(world.grants(), 2, "at four fifths of a day");
    sleep(Duration::from_hours(20)).await;
    glances().await;
    assert_eq!(world.grants(), 3);
    let unauthorized = world.store.journal().iter().filter(|call| call["status"] == 401).count();
    assert_eq!(unauthorized, 0, "no call was made with a dead token");
}
