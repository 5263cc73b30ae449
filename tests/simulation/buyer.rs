//! A buyer and the agent that buys for him: it retries, polls, hangs up, changes its mind, asks two
//! replicas at once, and sometimes never comes back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use rand::Rng;
use serde_json::{Value, json};

use crate::{
    store::Item,
    world::{Replica, World, request},
};

/// How often an agent asks again, at most.
const PATIENCE: u32 = 12;

/// What one buyer has been through.
#[derive(Default)]
pub(crate) struct Story {
    /// The session, as soon as there was one.
    pub(crate) session: Option<String>,
    /// Every total that was shown before a completion was sent.
    pub(crate) shown: Vec<i64>,
    /// Every answer to a completion that was an end, by key.
    pub(crate) ends: Vec<(String, String)>,
    /// Whether a completion was sent under a second key before the first was answered, or after nobody
    /// had answered what became of it.
    pub(crate) takes_any_price: bool,
    /// Whether the agent gave up and never asked again.
    pub(crate) is_gone: bool,
    /// The last completion: its key, its payment token, and whether that is good for the purchase.
    pub(crate) tried: Option<Tried>,
    /// Whether that was still going on, though all had been calm when it was sent again.
    pub(crate) never_ends: bool,
    /// What the session said in the end.
    pub(crate) last: Value,
}

impl Story {
    /// The address of the session, or of something one can do with it.
    fn path(&self, step: &str) -> String {
        format!("/api/checkout_sessions/{}{step}", self.session.as_deref().unwrap_or_default())
    }
}

/// One completion.
#[derive(Clone)]
pub(crate) struct Tried {
    key: String,
    token: String,
}

/// An answer, where one came.
struct Told {
    status: u16,
    body: Value,
}

impl Told {
    fn state(&self) -> &str {
        self.body["status"].as_str().unwrap_or_default()
    }

    /// Whether asking again would change nothing.
    fn is_an_end(&self) -> bool {
        let comes_back = self.status >= 500 || matches!(self.status, 409 | 429);
        !comes_back && self.state() != "complete_in_progress"
    }

    fn is_over(&self) -> bool {
        matches!(self.state(), "completed" | "canceled" | "expired")
    }

    fn total(&self) -> Option<i64> {
        let totals = self.body["totals"].as_array()?;
        totals.iter().find(|total| total["type"] == "total")?["amount"].as_i64()
    }
}

/// Buys one thing, or tries to, with all that may come between.
pub(crate) async fn buy(world: &World, name: usize) -> Story {
    let mut story = Story::default();
    pause(world, if world.is_run { 300 } else { 5_000 }).await;
    let item = item(world);
    if !open(world, &item, &format!("create-{name}"), &mut story).await {
        return story;
    }
    if world.weather.happens(25) {
        let (body, key) = (any_change(world), format!("change-{name}"));
        if !change(world, &body, &key, &mut story).await {
            // Nobody buys what may cost anything.
            story.is_gone = true;
            return story;
        }
    }
    if world.weather.happens(5) {
        world.store.lower_price();
    }
    for tries in 0..3 {
        pause(world, if world.is_run { 100 } else { 3_000 }).await;
        if world.weather.happens(8) {
            story.is_gone = true;
            return story;
        }
        let token = token(world, story.shown.first().copied().unwrap_or(1_000_000));
        if complete(world, &token, &format!("pay-{name}-{tries}"), &mut story).await {
            break;
        }
        if world.weather.happens(10) {
            cancel(world, &format!("stop-{name}"), &mut story).await;
        }
        let shown = story.shown.len();
        read(world, &mut story).await;
        // Whoever goes on without having heard what it costs now takes any price.
        story.takes_any_price |= story.shown.len() == shown;
    }
    story
}

/// Creates a session for one thing; says whether there is one.
pub(crate) async fn open(world: &World, item: &str, key: &str, story: &mut Story) -> bool {
    let body = json!({
        "currency": "usd",
        "capabilities": {"interventions": {"supported": []}},
        "line_items": [{"id": item, "quantity": 1}],
        "buyer": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"},
        "fulfillment_details": {"name": "Ada Lovelace", "address": {
            "name": "Ada Lovelace", "line_one": "1234 Chat Road", "city": "San Francisco",
            "state": "CA", "country": "US", "postal_code": "94131",
        }},
    });
    let told = ask(world, "POST", "/api/checkout_sessions", &body, key).await;
    let Some(told) = told.filter(|told| told.status == 201) else { return false };
    story.session = told.body["id"].as_str().map(str::to_owned);
    story.shown.extend(told.total());
    true
}

/// What an agent may change its mind about.
fn any_change(world: &World) -> Value {
    match world.weather.dice().random_range(0..4) {
        // It takes away all of a small price.
        3 => json!({"discounts": {"codes": ["fiveoff"]}}),
        0 => json!({"line_items": [{"id": world.store.item(Item::Plain), "quantity": 2}]}),
        1 => json!({"discounts": {"codes": ["save10"]}}),
        _ => json!({"fulfillment_details": {"address": {
            "name": "Ada Lovelace", "line_one": "1 Main Street", "city": "Austin",
            "state": "TX", "country": "US", "postal_code": "73301",
        }}}),
    }
}

/// Changes the session; says whether the agent knows what it costs now.
pub(crate) async fn change(world: &World, body: &Value, key: &str, story: &mut Story) -> bool {
    let told = ask(world, "POST", &story.path(""), body, key).await;
    let total = told.and_then(|told| told.total());
    story.shown.extend(total);
    total.is_some()
}

/// Cancels the session, if it still can be.
pub(crate) async fn cancel(world: &World, key: &str, story: &mut Story) {
    ask(world, "POST", &story.path("/cancel"), &json!({}), key).await;
}

/// Completes, and asks until it is told how that ended or runs out of patience; says whether the
/// session has ended by it.
pub(crate) async fn complete(world: &World, token: &str, key: &str, story: &mut Story) -> bool {
    story.tried = Some(Tried { key: key.to_owned(), token: token.to_owned() });
    let (body, path) = (payment(token), story.path("/complete"));
    let call = |key: &str| request("POST", &path, Some(key), &body);
    for _ in 0..PATIENCE {
        let replica = world.any_replica();
        let told = if world.weather.happens(10) {
            // A second one at the same time, perhaps elsewhere and under another name.
            let other = world.any_replica();
            let second =
                if world.weather.happens(50) { key.to_owned() } else { format!("{key}-b") };
            story.takes_any_price |= second != key;
            let (first, other) =
                tokio::join!(send(world, &replica, call(key)), send(world, &other, call(&second)));
            note(story, key, first.as_ref());
            first.or(other)
        } else {
            send(world, &replica, call(key)).await
        };
        note(story, key, told.as_ref());
        if let Some(told) = told.filter(Told::is_an_end) {
            if !told.is_over() {
                story.shown.extend(told.total());
            }
            return told.is_over();
        }
        pause(world, 20_000).await;
        if world.weather.happens(30) && read(world, story).await {
            return true;
        }
    }
    false
}

/// Reads the session; says whether it has ended.
async fn read(world: &World, story: &mut Story) -> bool {
    let Some(told) = ask(world, "GET", &story.path(""), &Value::Null, "").await else {
        return false;
    };
    story.shown.extend(told.total());
    told.is_over()
}

fn item(world: &World) -> String {
    let wanted = match world.weather.dice().random_range(0..7) {
        _ if world.is_run => Item::Scarce,
        0 | 1 => Item::Scarce,
        2 => Item::Other,
        3 => Item::Cheap,
        _ => Item::Plain,
    };
    world.store.item(wanted)
}

/// Sends the last completion again when all is calm: whatever has died before, now it ends.
pub(crate) async fn retry(world: &World, story: &mut Story) {
    let Some(Tried { key, token }) = story.tried.clone() else { return };
    let path = story.path("/complete");
    if let Some(told) = ask(world, "POST", &path, &payment(&token), &key).await {
        story.never_ends = told.state() == "complete_in_progress";
        note(story, &key, Some(&told));
    }
}

/// Asks once more when all is calm, as an agent does that wants to know.
pub(crate) async fn look(world: &World, story: &mut Story) {
    if story.session.is_none() {
        return;
    }
    if let Some(told) = ask(world, "GET", &story.path(""), &Value::Null, "").await {
        story.last = told.body;
    }
}

fn token(world: &World, total: i64) -> String {
    let (method, limit) = match world.weather.dice().random_range(0..20) {
        0 | 1 => ("pm_card_chargeDeclined", 1_000_000),
        2 => ("pm_card_authenticationRequired", 1_000_000),
        3 => ("pm_card_visa", (total / 2).max(1)),
        _ => ("pm_card_visa", 1_000_000),
    };
    world.stripe.mint(method, limit, "usd")
}

fn payment(token: &str) -> Value {
    json!({"payment_data": {
        "handler_id": "card_tokenized",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
    }})
}

fn note(story: &mut Story, key: &str, told: Option<&Told>) {
    if let Some(told) = told.filter(|told| told.is_over()) {
        story.ends.push((key.to_owned(), told.state().to_owned()));
    }
}

/// Asks whichever replica, again and again under the same key, until an answer is final.
async fn ask(world: &World, method: &str, path: &str, body: &Value, key: &str) -> Option<Told> {
    let key = (method == "POST").then_some(key);
    for _ in 0..PATIENCE {
        let told = send(world, &world.any_replica(), request(method, path, key, body)).await;
        match told {
            Some(told) if told.status < 500 && told.status != 429 && told.status != 409 => {
                return Some(told);
            }
            _ => pause(world, 4_000).await,
        }
    }
    None
}

/// One call over a network that loses some, from an agent that sometimes hangs up.
async fn send(world: &World, replica: &Arc<Replica>, request: Request<Bytes>) -> Option<Told> {
    let is_stormy = world.weather.is_stormy();
    let line = format!("agent {} {}", request.method(), request.uri());
    if is_stormy && world.weather.happens(2) {
        return None;
    }
    let patience = if is_stormy && world.weather.happens(5) { 300 } else { 60_000 };
    let answering = replica.answer(request);
    let answer = tokio::time::timeout(Duration::from_millis(patience), answering).await.ok()??;
    let body = serde_json::from_slice(answer.body()).unwrap_or_default();
    let told = Told { status: answer.status().as_u16(), body };
    world.weather.say(|| {
        format!(
            "{line} -> {} {} {} {}",
            told.status,
            told.state(),
            told.body["code"],
            told.body["messages"]
        )
    });
    let is_lost = is_stormy && world.weather.happens(2);
    (!is_lost).then_some(told)
}

async fn pause(world: &World, millis_max: u64) {
    let millis = world.weather.dice().random_range(0..millis_max);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
