//! Every way of buying, every call that it takes, every way in which that call can fail: on one
//! replica, and on two that share nothing. Then the agent asks again, timers fire, and the ledgers
//! are read.

use std::{
    io::{self, Write},
    time::Duration,
};

use crate::{
    buyer::{self, Story},
    ledger,
    network::Mishap,
    schedule::{self, Told},
    world::{SCARCE, World},
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
    /// The agent cancels.
    Canceled,
    /// The seller books a refund in the store.
    RefundedInStore,
    /// The seller gives money back at the processor.
    RefundedAtProcessor,
}

const FLOWS: [Flow; 8] = [
    Flow::Plain,
    Flow::Deferred,
    Flow::Scarce,
    Flow::Changed,
    Flow::Declined,
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

/// Runs them all and prints how many there were.
pub(crate) fn run_all(out: &mut impl Write) -> io::Result<bool> {
    let (mut cases, mut failed) = (0, 0);
    for flow in FLOWS {
        for replicas in 1..=2 {
            let (fine, calls) = play(flow, replicas, None);
            assert!(fine.broken.is_empty(), "{flow:?} without a mishap: {:?}", fine.broken);
            for at in 1..=calls {
                for mishap in MISHAPS {
                    cases += 1;
                    let (told, _) = play(flow, replicas, Some((at, mishap)));
                    if let Some(broken) = told.broken.first() {
                        failed += 1;
                        writeln!(
                            out,
                            "  {flow:?}, {replicas} replicas, call {at}, {mishap:?}: {broken}"
                        )?;
                    }
                }
            }
        }
    }
    writeln!(out, "cases {cases}, promises broken {failed}")?;
    Ok(failed == 0)
}

/// Plays a flow with a mishap at one call, and says how many calls it took.
fn play(flow: Flow, replicas: usize, mishap: Option<(usize, Mishap)>) -> (Told, usize) {
    schedule::on_paused_clock(async {
        let world = World::scripted(replicas, mishap);
        world.store.defer_orders(flow == Flow::Deferred);
        let mut stories = [shop(&world, flow).await];
        let calls = world.weather.calls();
        schedule::calm_down(&world, &mut stories, false).await;
        (ledger::judge(&world, &stories), calls)
    })
}

/// What the agent does, and what the seller does afterwards.
async fn shop(world: &World, flow: Flow) -> Story {
    let mut story = Story::default();
    let scarce = SCARCE.to_string();
    let item = if flow == Flow::Scarce { scarce.as_str() } else { "20" };
    if !buyer::open(world, item, "create", &mut story).await {
        return story;
    }
    if flow == Flow::Changed {
        buyer::change(world, "change", &mut story).await;
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
