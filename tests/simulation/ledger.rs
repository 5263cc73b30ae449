//! What the ledgers of store and processor say in the end, and what that adds up to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{PoisonError, atomic::Ordering},
};

use serde_json::Value;

use crate::{
    buyer::Story,
    schedule::Told,
    store::{Order, SCARCE_UNITS},
    world::World,
};

/// What many schedules add up to.
#[derive(Default)]
pub(crate) struct Tally {
    schedules: u64,
    bought: u64,
    sold_out: u64,
    oversold: u64,
    double_charges: u64,
    lost_orders: u64,
    stuck_holds: u64,
    pub(crate) failures: Vec<(u64, String)>,
}

impl Tally {
    pub(crate) fn add(&mut self, seed: u64, told: &Told) {
        self.schedules += 1;
        self.bought += told.bought;
        self.sold_out += told.sold_out;
        self.oversold += told.oversold;
        for broken in &told.broken {
            self.double_charges += u64::from(broken.starts_with("charged"));
            self.lost_orders += u64::from(broken.starts_with("lost"));
            self.stuck_holds += u64::from(broken.starts_with("stuck"));
        }
        if let Some(broken) = told.broken.first() {
            self.failures.push((seed, broken.clone()));
        }
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.schedules += other.schedules;
        self.bought += other.bought;
        self.sold_out += other.sold_out;
        self.oversold += other.oversold;
        self.double_charges += other.double_charges;
        self.lost_orders += other.lost_orders;
        self.stuck_holds += other.stuck_holds;
        self.failures.extend(other.failures);
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "schedules {}, bought {}, double charges {}, lost orders {}, stuck holds {}, \
             told of a last one gone {}, oversold and said so {}, other promises broken {}",
            self.schedules,
            self.bought,
            self.double_charges,
            self.lost_orders,
            self.stuck_holds,
            self.sold_out,
            self.oversold,
            self.failures.len(),
        )
    }
}

/// Reads the ledgers against what was promised.
pub(crate) fn judge(world: &World, stories: &[Story]) -> Told {
    let mut broken = world.weather.wrong_steps();
    let (intents, orders) = (world.stripe.intents(), world.store.orders());
    for order in &orders {
        world.weather.say(|| format!("order {}", order.words));
    }
    for intent in &intents {
        world.weather.say(|| format!("payment {intent}"));
    }
    let paid: Vec<&Order> = orders.iter().filter(|order| order.is_paid).collect();
    let mut by_session: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for intent in &intents {
        let session = intent["metadata"]["acp_session"].as_str().unwrap_or_default();
        by_session.entry(session.to_owned()).or_default().push(intent);
    }
    for (session, intents) in &by_session {
        let live = intents.iter().filter(|intent| is_live(intent)).count();
        if live > 1 {
            broken.push(format!("charged twice: session {session} has {live} live payments"));
        }
        if intents.len() > 1 {
            broken.push(format!("more than one payment of {session}: {}", intents.len()));
        }
        for intent in intents {
            judge_payment(intent, session, &paid, stories, &mut broken);
        }
    }
    for order in &paid {
        judge_order(order, &intents, &mut broken);
    }
    let mut seen = BTreeSet::new();
    for order in &paid {
        if !seen.insert(&order.session) {
            broken.push(format!("charged for two orders: session {}", order.session));
        }
    }
    for story in stories {
        judge_story(story, &paid, &mut broken);
    }
    judge_refunds(world, &paid, &mut broken);
    judge_events(world, &paid, &mut broken);
    let here: i64 = paid.iter().map(|order| order.scarce).sum();
    let sold = here + world.sold_elsewhere.load(Ordering::Relaxed);
    let oversold = u64::try_from(sold - SCARCE_UNITS).unwrap_or(0);
    if oversold > 0 && !paid.iter().any(|order| order.says_oversold) {
        broken.push(format!("oversold and not said: {sold} of {SCARCE_UNITS}"));
    }
    let sold_out = stories.iter().filter(|story| story.last.to_string().contains("out_of_stock"));
    Told {
        broken,
        oversold,
        sold_out: sold_out.count() as u64,
        bought: paid.len() as u64,
        lines: world.weather.lines(),
    }
}

/// I1, I3, I5.
fn judge_payment(
    intent: &Value,
    session: &str,
    paid: &[&Order],
    stories: &[Story],
    broken: &mut Vec<String>,
) {
    let id = intent["id"].as_str().unwrap_or_default();
    let captured = intent["amount_received"].as_i64().unwrap_or(0);
    match intent["status"].as_str().unwrap_or_default() {
        "requires_capture" => broken.push(format!("stuck hold: {id} of session {session}")),
        "succeeded" => {
            let orders = paid.iter().filter(|order| order.paid_by == id).count();
            if orders != 1 {
                broken.push(format!("lost order: {id} was captured and has {orders} paid orders"));
            }
            let story = stories.iter().find(|story| story.session.as_deref() == Some(session));
            // An agent that completes under a second key before it has read what became of the first
            // takes whatever it costs now.
            let is_unheard =
                |story: &&Story| !story.takes_any_price && !story.shown.contains(&captured);
            if let Some(story) = story.filter(is_unheard) {
                broken.push(format!("charged {captured}, shown {:?}: {id}", story.shown));
            }
        }
        _ => {}
    }
}

/// I4.
fn judge_order(order: &Order, intents: &[Value], broken: &mut Vec<String>) {
    let Order { id, total, paid_by, .. } = order;
    let paid = intents.iter().find(|intent| intent["id"] == paid_by.as_str());
    let captured = paid.map_or(0, |intent| intent["amount_received"].as_i64().unwrap_or(0));
    if captured != *total {
        broken.push(format!("unpaid order: {id} says {total}, captured {captured} by {paid_by}"));
    }
}

/// What went back is the same on both sides, and never more than was taken.
fn judge_refunds(world: &World, paid: &[&Order], broken: &mut Vec<String>) {
    for balance in world.stripe.ledger().payments {
        let order = paid.iter().find(|order| order.paid_by == balance.id);
        let booked = order.map_or(0, |order| order.refunded);
        if booked != balance.refunded {
            broken.push(format!("paid back {}, booked {booked}: {}", balance.refunded, balance.id));
        }
    }
}

/// I6, and that the agent was told the truth.
fn judge_story(story: &Story, paid: &[&Order], broken: &mut Vec<String>) {
    let Some(session) = &story.session else { return };
    let is_bought = paid.iter().any(|order| order.session == *session);
    let mut ends: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, end) in &story.ends {
        if *ends.entry(key).or_insert(end) != end {
            broken.push(format!("two ends under the key {key} of {session}"));
        }
        if (end == "completed") != is_bought {
            broken.push(format!("told {end}, bought {is_bought}: {session}"));
        }
    }
    let last = story.last["status"].as_str().unwrap_or_default();
    if (last == "completed") != is_bought && !story.is_gone && !last.is_empty() {
        broken.push(format!("says {last} in the end, bought {is_bought}: {session}"));
    }
    if last == "complete_in_progress" || story.never_ends {
        broken.push(format!("never ends: {session}"));
    }
}

/// Each order is told of, and none before it is paid.
fn judge_events(world: &World, paid: &[&Order], broken: &mut Vec<String>) {
    let heard = world.heard.lock().unwrap_or_else(PoisonError::into_inner);
    for order in paid {
        if !heard.iter().any(|event| event.order == order.id) {
            broken.push(format!("untold order: {}", order.id));
        }
    }
    for event in heard.iter().filter(|event| !event.was_paid) {
        broken.push(format!("told of order {} before it was paid", event.order));
    }
}

fn is_live(intent: &Value) -> bool {
    matches!(intent["status"].as_str(), Some("requires_capture" | "succeeded"))
}
