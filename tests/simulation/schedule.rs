//! One schedule: a stormy while, then a calm one in which everything that is left over must come to
//! its end, then the ledgers.

use std::{fmt, future::Future, time::Duration};

use futures_util::future::join_all;
use rand::Rng;

use crate::{
    buyer::{self, Story},
    defects::Defect,
    ledger, post, seller,
    store::Platform,
    world::World,
};

/// What came of one schedule.
pub(crate) struct Told {
    /// Every promise that was broken, in words.
    pub(crate) broken: Vec<String>,
    /// Units that a buyer paid for beyond what there was.
    pub(crate) oversold: u64,
    /// Buyers who were told that somebody else was faster.
    pub(crate) sold_out: u64,
    /// Sessions that ended with an order.
    pub(crate) bought: u64,
    /// All calls, where they were kept.
    pub(crate) lines: Vec<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for broken in &self.broken {
            writeln!(f, "BROKEN: {broken}")?;
        }
        write!(f, "bought {}, sold out {}, oversold {}", self.bought, self.sold_out, self.oversold)
    }
}

/// Runs the schedule of a seed, with a planted defect if one is wanted.
pub(crate) fn run(platform: Platform, seed: u64, defect: Option<Defect>) -> Told {
    play(platform, seed, defect, false)
}

/// The same without a defect, keeping every call.
pub(crate) fn replay(platform: Platform, seed: u64) -> Told {
    play(platform, seed, None, true)
}

/// Every other store is a Shopify store.
pub(crate) const fn platform_of(seed: u64) -> Platform {
    if seed.is_multiple_of(2) { Platform::Shopify } else { Platform::WooCommerce }
}

fn play(platform: Platform, seed: u64, defect: Option<Defect>, keeps_lines: bool) -> Told {
    on_paused_clock(async {
        let world = World::new(platform, seed, keeps_lines, defect);
        let buyers = if world.is_run { 5 } else { world.weather.dice().random_range(1..=3) };
        let shopping = async {
            let stories = join_all((0..buyers).map(|name| buyer::buy(&world, name))).await;
            if world.weather.light().await {
                seller::sell_elsewhere(&world);
            }
            world.weather.clear();
            stories
        };
        let (mut stories, ()) = tokio::join!(shopping, post::deliver_while_stormy(&world));
        calm_down(&world, &mut stories, true).await;
        ledger::judge(&world, &stories)
    })
}

/// Runs something whose waits cost no time.
pub(crate) fn on_paused_clock<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime needs nothing");
    runtime.block_on(work)
}

/// Agents that have not given up ask again, timers fire, the seller gives money back on either side,
/// and what is left over is brought to an end.
pub(crate) async fn calm_down(world: &World, stories: &mut [Story], gives_back: bool) {
    world.weather.clear();
    tokio::time::sleep(Duration::from_secs(45)).await;
    for story in stories.iter_mut().filter(|story| !story.is_gone) {
        buyer::retry(world, story).await;
    }
    for (wait, is_last) in [(2, false), (20, false), (20, true)] {
        tokio::time::sleep(Duration::from_mins(wait)).await;
        if gives_back && !is_last {
            seller::give_back(world).await;
        }
        post::deliver(world).await;
        join_all(world.all_replicas().iter().map(|replica| replica.app.reconcile())).await;
    }
    for story in stories.iter_mut().filter(|story| !story.is_gone) {
        buyer::look(world, story).await;
    }
}
