//! Planted defects: each a way in which a bridge can be wrong about money, put around the parts of a
//! service that is otherwise ours. A simulation that does not find them proves nothing.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use storebridge::{App, Parts, Seams, config::Config};
use upstream::Transport;

use crate::{enumerated, schedule, store::Platform};

mod careless_network;
mod careless_platform;
mod careless_processor;

use careless_network::CarelessNetwork;
use careless_platform::CarelessPlatform;
use careless_processor::{CarelessProcessor, Drafts};

/// Schedules that a defect is looked for in, at most.
const SCHEDULES_MAX: u64 = 3_000;

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A payment for another total is made without looking for the one that is there.
    NoLookupBeforeCreate,
    /// The key of a payment does not follow from its session.
    KeyWithoutSession,
    /// The payment is called off before its draft is dead.
    VoidBeforeKill,
    /// The money is taken before the order waits for it.
    CaptureBeforeCommit,
    /// The order is paid before the money is taken.
    PlaceBeforeCapture,
    /// A failure that was kept under a key is taken for the end.
    ReplayOfStoredFailure,
    /// A capture whose end is unknown is taken for a failure, and the order canceled.
    UnknownCaptureIsFailure,
    /// The agent hears of the order before it is one.
    EventBeforeOrder,
    /// Another price than the one that was shown is charged.
    PriceNotChecked,
    /// What is scarce is not held.
    NothingHeld,
    /// Not all of the money is taken.
    PartOfTheMoney,
    /// What is held is not let go.
    HoldForgotten,
    /// A refund that came from the store is taken for one of the processor's.
    RefundsUnmarked,
}

const ALL: [Defect; 13] = [
    Defect::NoLookupBeforeCreate,
    Defect::KeyWithoutSession,
    Defect::VoidBeforeKill,
    Defect::CaptureBeforeCommit,
    Defect::PlaceBeforeCapture,
    Defect::ReplayOfStoredFailure,
    Defect::UnknownCaptureIsFailure,
    Defect::EventBeforeOrder,
    Defect::PriceNotChecked,
    Defect::NothingHeld,
    Defect::PartOfTheMoney,
    Defect::HoldForgotten,
    Defect::RefundsUnmarked,
];

/// Those that a few schedules are enough for.
const SOON_FOUND: [Defect; 3] =
    [Defect::CaptureBeforeCommit, Defect::PlaceBeforeCapture, Defect::PartOfTheMoney];

impl Defect {
    /// A service that has it.
    pub(crate) fn app(self, config: &Config, seams: Seams) -> Arc<App> {
        let (inner, chance) = (Arc::clone(&seams.transport), Arc::clone(&seams.chance));
        let transport: Arc<dyn Transport> =
            Arc::new(CarelessNetwork { inner, chance, defect: self });
        let seams = Seams { transport: Arc::clone(&transport), ..seams };
        let drafts = Drafts::default();
        App::with(config, seams, &move |Parts { connector, processor }| Parts {
            connector: Arc::new(CarelessPlatform {
                inner: Arc::clone(&connector),
                processor: Arc::clone(&processor),
                transport: Arc::clone(&transport),
                drafts: Arc::clone(&drafts),
                defect: self,
            }),
            processor: Arc::new(CarelessProcessor {
                inner: processor,
                connector,
                drafts: Arc::clone(&drafts),
                defect: self,
            }),
        })
    }
}

/// Whether each is found, and after how many schedules; of a sample, whether the first few are.
pub(crate) fn find_all(all: bool, out: &mut impl Write) -> io::Result<bool> {
    let defects = if all { &ALL[..] } else { &SOON_FOUND[..] };
    let on = |platform| defects.iter().map(move |defect| (platform, *defect));
    let wanted: Vec<_> = on(Platform::WooCommerce).chain(on(Platform::Shopify)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut lines = Vec::new();
        while let Some(&(platform, defect)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            lines.push(find(platform, defect));
        }
        lines
    };
    let found: Vec<_> = crate::on_all_cores(work).into_iter().flatten().collect();
    for (line, _) in &found {
        writeln!(out, "  {line}")?;
    }
    Ok(found.iter().all(|(_, is_found)| *is_found))
}

fn find(platform: Platform, defect: Defect) -> (String, bool) {
    let name = format!("{platform:?}, {defect:?}");
    // What keeps a purchase from ever ending shows where all but one call succeeds.
    if defect == Defect::ReplayOfStoredFailure {
        return match enumerated::find(platform, defect) {
            Some(broken) => (format!("{name}: found ({broken:.70})"), true),
            None => (format!("{name}: NOT FOUND by one failing call"), false),
        };
    }
    let found = (1..=SCHEDULES_MAX).find_map(|seed| {
        let broken = schedule::run(platform, seed, Some(defect)).broken;
        broken.into_iter().next().map(|broken| (seed, broken))
    });
    match found {
        Some((seed, broken)) => {
            (format!("{name}: found after {seed} schedules ({broken:.70})"), true)
        }
        None => (format!("{name}: NOT FOUND in {SCHEDULES_MAX} schedules"), false),
    }
}
