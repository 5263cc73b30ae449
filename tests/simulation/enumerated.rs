//! Every way of buying, every call that it takes, every way in which that call can fail: on one
//! replica, and on two that share nothing. Then the agent asks again, timers fire, and the ledgers
//! are read.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::json;

use crate::{
    buyer::{self, Story},
    defects::Defect,
    ledger,
    network::Mishap,
    schedule::{self, Told},
    store::{Item, Platform},
    world::World,
};

/// One way of buying, and what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// A session is created and completed.
    Plain,
    /// The same at a store that makes no order before it is placed.
    Deferred,
    /// What is bought may sell out.
    Scarce,
    /// The session is changed before it is completed.
    Changed,
    /// The first card is declined.
    Declined,
    /// Nothing that was wanted first could be had.
    BeganEmpty,
    /// A code takes the whole price away.
    Free,
    /// The agent cancels.
    Canceled,
    /// The seller books a refund in the store.
    RefundedInStore,
    /// The seller gives money back at the processor.
    RefundedAtProcessor,
}

const FLOWS: [Flow; 10] = [
    Flow::Plain,
    Flow::Deferred,
    Flow::Scarce,
    Flow::Changed,
    Flow::Declined,
    Flow::BeganEmpty,
    Flow::Free,
    Flow::Canceled,
    Flow::RefundedInStore,
    Flow::RefundedAtProcessor,
];

const MISHAPS: [Mishap; 12] = [
    Mishap::DropBefore,
    Mishap::DropAfter,
    Mishap::Refused(429),
    Mishap::Refused(503),
    Mishap::BadGateway,
    Mishap::Truncated,
    Mishap::Slow(Duration::from_secs(30)),
    Mishap::SlowAnswer(Duration::from_secs(30)),
    Mishap::Stored,
    Mishap::StoredAfter,
    Mishap::KillBefore,
    Mishap::KillAfter,
];

/// Of a sample, one in so many.
const SAMPLE: usize = 37;

/// One flow with one mishap.
#[derive(Clone, Copy)]
struct Case {
    platform: Platform,
    flow: Flow,
    replicas: usize,
    call: usize,
    mishap: Mishap,
}

impl Case {
    /// The first promise that is broken, by a service that may have a defect.
    fn broken(self, defect: Option<Defect>) -> Option<String> {
        let Self { platform, flow, replicas, call, mishap } = self;
        let (told, _) = play(platform, flow, replicas, Some((call, mishap)), defect);
        let words = told.broken.first()?;
        Some(format!(
            "{platform:?}, {flow:?}, {replicas} replicas, call {call}, {mishap:?}: {words}"
        ))
    }
}

/// The first case of the plain flow in which a planted defect shows.
pub(crate) fn find(platform: Platform, defect: Defect) -> Option<String> {
    let cases = every_case(platform, &[Flow::Plain]);
    cases.into_iter().find_map(|case| case.broken(Some(defect)))
}

/// Runs them all, or a sample, on all cores and prints how many there were.
pub(crate) fn run_all(all: bool, out: &mut impl Write) -> io::Result<bool> {
    let mut cases = every_case(Platform::WooCommerce, &FLOWS);
    let here = cases.len();
    cases.extend(every_case(Platform::Shopify, &FLOWS));
    let total = cases.len();
    if !all {
        cases = cases.into_iter().step_by(SAMPLE).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut broken = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            broken.extend(case.broken(None));
        }
        broken
    };
    let broken: Vec<String> = crate::on_all_cores(work).into_iter().flatten().collect();
    for words in &broken {
        writeln!(out, "  {words}")?;
    }
    let there = total - here;
    writeln!(out, "WooCommerce {here}, Shopify {there}")?;
    writeln!(out, "cases {} of {total}, promises broken {}", cases.len(), broken.len())?;
    Ok(broken.is_empty())
}

fn every_case(platform: Platform, flows: &[Flow]) -> Vec<Case> {
    let mut cases = Vec::new();
    // Only one platform has the choice.
    let has = |flow: &&Flow| **flow != Flow::Deferred || platform == Platform::WooCommerce;
    for &flow in flows.iter().filter(has) {
        for replicas in 1..=2 {
            let (fine, calls) = play(platform, flow, replicas, None, None);
            assert!(
                fine.broken.is_empty(),
                "{platform:?}, {flow:?} without a mishap: {:?}",
                fine.broken
            );
            for call in 1..=calls {
                cases.extend(MISHAPS.map(|mishap| Case { platform, flow, replicas, call, mishap }));
            }
        }
    }
    cases
}

/// Plays a flow with a mishap at one call, and says how many calls it took.
fn play(
    platform: Platform,
    flow: Flow,
    replicas: usize,
    mishap: Option<(usize, Mishap)>,
    defect: Option<Defect>,
) -> (Told, usize) {
    schedule::on_paused_clock(async {
        let world = World::scripted(platform, replicas, mishap, defect);
        world.store.defer_orders(flow == Flow::Deferred);
        let mut stories = [shop(&world, flow).await];
        let calls = world.weather.calls();
        schedule::calm_down(&world, &mut stories, false).await;
        let mut told = ledger::judge(&world, &stories);
        // One call that fails keeps nobody from buying who asks again.
        let has_session = stories.iter().any(|story| story.session.is_some());
        if flow != Flow::Canceled && has_session && told.bought == 0 {
            told.broken.push("not bought, though one call failed and no more".to_owned());
        }
        (told, calls)
    })
}

/// What the agent does, and what the seller does afterwards.
async fn shop(world: &World, flow: Flow) -> Story {
    let mut story = Story::default();
    let plain = world.store.item(Item::Plain);
    let item = world.store.item(match flow {
        Flow::Scarce => Item::Scarce,
        Flow::BeganEmpty => Item::Gone,
        Flow::Free => Item::Cheap,
        _ => Item::Plain,
    });
    if !buyer::open(world, &item, "create", &mut story).await {
        return story;
    }
    let change = match flow {
        Flow::Changed => Some(json!({"line_items": [{"id": plain, "quantity": 2}]})),
        Flow::BeganEmpty => Some(json!({"line_items": [{"id": plain}]})),
        Flow::Free => Some(json!({"discounts": {"codes": ["fiveoff"]}})),
        _ => None,
    };
    if let Some(change) = change
        && !buyer::change(world, &change, "change", &mut story).await
    {
        return story;
    }
    if flow == Flow::Canceled {
        buyer::cancel(world, "cancel", &mut story).await;
        return story;
    }
    if flow == Flow::Declined {
        let token = world.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
        buyer::complete(world, &token, "declined", &mut story).await;
    }
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    buyer::complete(world, &token, "pay", &mut story).await;
    match flow {
        Flow::RefundedInStore => crate::seller::refund(world, true).await,
        Flow::RefundedAtProcessor => crate::seller::refund(world, false).await,
        _ => return story,
    }
    for replica in world.all_replicas() {
        replica.app.reconcile().await;
    }
    story
}
