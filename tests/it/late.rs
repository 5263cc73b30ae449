//! What the store carries out long after its caller has given up: nobody is charged for what he was
//! not shown, and what has ended stays ended.

use std::sync::{Arc, Mutex, OnceLock};

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use bytes::Bytes;
use emulators::faults::{Dropped, Fault};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::in_process::{World, world_behind};

const LAMP: u64 = 3495;

/// A store that is slow with one call: its caller gives up, and it is carried out all the same.
#[derive(Default)]
struct Late {
    store: OnceLock<Router>,
    /// What the path and the body of the next such call hold.
    wanted: Mutex<Option<(&'static str, &'static str)>>,
    /// What happens while it waits.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    waiting: Mutex<Option<http::Request<Bytes>>>,
}

impl Late {
    /// The next call like this waits, and something happens meanwhile.
    fn keep(
        &self,
        path: &'static str,
        body: &'static str,
        meanwhile: impl FnOnce() + Send + 'static,
    ) {
        *self.wanted.lock().unwrap() = Some((path, body));
        *self.meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
    }

    /// The store carries it out.
    async fn carry_out(&self) {
        let call = self.waiting.lock().unwrap().take().expect("a call waits");
        let store = self.store.get().unwrap().clone();
        store.oneshot(call.map(Body::from)).await.unwrap();
    }

    async fn pass(&self, request: Request, next: Next) -> Response {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let is_wanted = |(path, part): &mut (&str, &str)| {
            head.uri.path().contains(*path) && String::from_utf8_lossy(&body).contains(*part)
        };
        if self.wanted.lock().unwrap().take_if(is_wanted).is_some() {
            *self.waiting.lock().unwrap() = Some(http::Request::from_parts(head, body));
            let meanwhile = self.meanwhile.lock().unwrap().take().expect("it was told");
            meanwhile();
            let mut nothing = Response::new(Body::empty());
            nothing.extensions_mut().insert(Dropped);
            return nothing;
        }
        next.run(Request::from_parts(head, Body::from(body))).await
    }
}

/// A world whose store is late when it is told to be.
async fn world(seed: u64) -> (World, Arc<Late>) {
    let late = Arc::new(Late::default());
    let between = |store: Router| {
        late.store.set(store.clone()).expect("there is one store");
        let late = Arc::clone(&late);
        store.layer(from_fn(move |request: Request, next: Next| {
            let late = Arc::clone(&late);
            async move { late.pass(request, next).await }
        }))
    };
    let world = world_behind(seed, between, |_| {}).await;
    (world, late)
}

fn token(world: &World) -> String {
    world.stripe.mint("pm_card_visa", 1_000_000, "usd")
}

/// A change whose answer was lost is sent again, and shown; then the first one puts its item into the
/// cart a second time.
#[tokio::test(start_paused = true)]
async fn an_item_that_comes_into_the_cart_late_is_shown_before_it_is_charged() {
    for defers in [false, true] {
        let (world, late) = world(21).await;
        world.store.defer_orders(defers);
        let session = world.agent.ready("29", 1).await;
        let change = json!({"line_items": [{"id": "20", "quantity": 2}]});
        late.keep("/wc/store/v1/batch", "add-item", || ());
        assert_eq!(world.agent.update(session.id(), &change).await.status, 503);
        let shown = world.agent.update(session.id(), &change).await;
        late.carry_out().await;

        let answer = world.agent.complete(session.id(), &token(&world)).await;
        assert_eq!(answer.body["status"], "ready_for_payment", "{}", answer.body);
        assert!(answer.total("total") > shown.total("total"), "{}", answer.body);
        assert_eq!(world.stripe.captured(), [], "nobody was shown this price");

        let bought = world.agent.complete(session.id(), &token(&world)).await;
        assert_eq!(bought.body["status"], "completed", "{}", bought.body);
        let captured: Vec<_> = world.stripe.captured().into_iter().map(|(_, sum)| sum).collect();
        assert_eq!(captured, [answer.total("total").unwrap()]);
    }
}

/// Somebody else was faster while the goods were to be held: the order is canceled, and then the store
/// puts it on hold after all.
async fn canceled_and_back(seed: u64, before: impl FnOnce(&World)) -> (World, String) {
    let (world, late) = world(seed).await;
    world.store.set_stock(LAMP, 1);
    let session = world.agent.ready(&LAMP.to_string(), 1).await;
    let store = world.store.clone();
    late.keep("/wc/v3/orders/", "on-hold", move || store.set_stock(LAMP, 0));
    before(&world);
    let answer = world.agent.complete(session.id(), &token(&world)).await;
    assert_eq!(answer.body["status"], "canceled", "{}", answer.body);
    late.carry_out().await;
    assert_eq!(world.store.orders()[0]["status"], "on-hold", "it came back");
    (world, session.id().to_owned())
}

fn assert_ended(world: &World) {
    assert_eq!(world.store.orders()[0]["status"], "cancelled");
    assert_eq!(world.stripe.intents()[0]["status"], "canceled");
    assert_eq!(world.stripe.captured(), []);
}

/// Whoever looks at it ends it again, and the agent is told what it was told before.
#[tokio::test(start_paused = true)]
async fn an_order_that_came_back_is_canceled_again() {
    let (world, session) = canceled_and_back(22, |_| {}).await;
    let again = world.agent.complete(&session, &token(&world)).await;
    again.assert_refused(409, "conflict");
    assert_ended(&world);
    assert_eq!(world.store.stock(LAMP), Some(0), "it keeps nothing off the shelf");
    let read = world.agent.retrieve(&session).await;
    assert_eq!(read.body["status"], "canceled", "{}", read.body);
}

/// The timer finds it where nobody asks.
#[tokio::test(start_paused = true)]
async fn an_order_that_came_back_is_found_by_the_timer() {
    let (world, _) = canceled_and_back(23, |_| {}).await;
    world.app.reconcile().await;
    assert_ended(&world);
    assert_eq!(world.store.stock(LAMP), Some(0));
}

/// Its money could not be let go when it was canceled, and its goods are there again: nobody takes
/// money for a purchase that was called off.
#[tokio::test(start_paused = true)]
async fn an_order_that_came_back_takes_no_money() {
    let cancel = "/v1/payment_intents/{}/cancel";
    let fails = |world: &World| world.stripe_faults.always("POST", cancel, Fault::Status(500));
    let (world, session) = canceled_and_back(24, fails).await;
    world.stripe_faults.clear();
    world.store.set_stock(LAMP, 5);
    world.agent.complete(&session, &token(&world)).await.assert_refused(409, "conflict");
    world.app.reconcile().await;
    assert_ended(&world);
}

/// Somebody has called it off in the processor's dashboard: whoever asks again is told that it has ended,
/// and not that it goes on.
#[tokio::test(start_paused = true)]
async fn a_payment_that_was_called_off_ends_its_session() {
    let (world, _) = world(25).await;
    let session = world.agent.ready("20", 1).await;
    let token = token(&world);
    let capture = "/v1/payment_intents/{}/capture";
    world.stripe_faults.always("POST", capture, Fault::DropBefore);
    let answer = world.agent.complete(session.id(), &token).await;
    assert_eq!(answer.body["status"], "complete_in_progress", "{}", answer.body);
    world.stripe_faults.clear();
    let payment = world.stripe.intents()[0]["id"].as_str().unwrap().to_owned();
    let call_off = Request::post(format!("/v1/payment_intents/{payment}/cancel"))
        .header("authorization", format!("Bearer {}", world.stripe.secret_key()))
        .header("stripe-version", payments::API_VERSION)
        .body(Body::empty())
        .unwrap();
    assert_eq!(world.stripe.router().oneshot(call_off).await.unwrap().status(), 200);

    let again = world.agent.complete(session.id(), &token).await;
    assert_eq!(again.body["status"], "canceled", "{}", again.body);
    assert_ended(&world);
}
