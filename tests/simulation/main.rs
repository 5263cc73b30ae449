//! A simulation: buyers, agents that retry, replicas that die, clocks that are wrong and a network
//! on its worst day, all from a seed and on a paused clock. The service is the real one; so are the
//! emulators of store and processor, whose own ledgers say in the end whether the promise held: one
//! charge and one order, or neither.
//!
//! `cargo test --test simulation` runs a sample. All of it is
//! `cargo test --config profile.dev.opt-level=2 --test simulation -- --full`, and a million schedules
//! are `… -- --schedules 1000000 schedules`. A schedule that fails prints its seed, and
//! `-- --replay SEED` runs it again and shows every call.

#![expect(clippy::disallowed_methods, reason = "what is on its way outlives whoever has sent it")]

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use clap::Parser;

mod buyer;
mod defects;
mod enumerated;
mod ledger;
mod network;
mod post;
mod schedule;
mod seller;
mod steps;
mod store;
mod world;

use ledger::Tally;
use store::Platform;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `cargo test` passes to every test program stands beside what is our own.
#[expect(clippy::struct_excessive_bools, reason = "these are the switches of a command line")]
#[derive(Parser)]
struct Arguments {
    /// How many schedules to run.
    #[arg(long, default_value_t = 100)]
    schedules: u64,
    /// Every call, every schedule and every defect, and not only a sample: 10,000 schedules where no
    /// other number is given.
    #[arg(long)]
    full: bool,
    /// The seed of the first; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run the schedule of this seed alone, and print all that happens.
    #[arg(long)]
    replay: Option<u64>,
    /// Run schedules at stores of this platform alone; otherwise every other one.
    #[arg(long, value_enum)]
    platform: Option<Platform>,
    /// Only say what there is to run.
    #[arg(long)]
    list: bool,
    #[arg(long, hide = true)]
    format: Option<String>,
    #[arg(long, hide = true)]
    exact: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    nocapture: bool,
    /// Run only what has this in its name.
    filter: Option<String>,
}

impl Arguments {
    fn platform(&self, seed: u64) -> Platform {
        self.platform.unwrap_or(schedule::platform_of(seed))
    }
}

/// What can be run, by the name that a test runner shows.
const RUNS: [&str; 3] =
    ["every_call_may_fail", "schedules_keep_the_promise", "planted_defects_are_found"];

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::stdout();
    let told = if arguments.list { list(&arguments, &mut out) } else { run(&arguments, &mut out) };
    // Whoever read our words has gone: that is no failure of the schedules.
    if told.unwrap_or(true) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn list(arguments: &Arguments, out: &mut impl Write) -> io::Result<bool> {
    if !arguments.ignored {
        for name in RUNS {
            writeln!(out, "{name}: test")?;
        }
    }
    Ok(true)
}

fn run(arguments: &Arguments, out: &mut impl Write) -> io::Result<bool> {
    if arguments.ignored {
        return Ok(true);
    }
    if let Some(seed) = arguments.replay {
        let told = schedule::replay(arguments.platform(seed), seed);
        writeln!(out, "{told}")?;
        return Ok(told.broken.is_empty());
    }
    let is_wanted = |name: &str| arguments.filter.as_deref().is_none_or(|part| name.contains(part));
    let mut kept = true;
    let mut passed = 0;
    for name in RUNS.into_iter().filter(|name| is_wanted(name)) {
        let fine = match name {
            "every_call_may_fail" => enumerated::run_all(arguments.full, out)?,
            "planted_defects_are_found" => defects::find_all(arguments.full, out)?,
            _ => schedules(arguments, out)?,
        };
        passed += u32::from(fine);
        kept &= fine;
        writeln!(out, "test {name} ... {}", if fine { "ok" } else { "FAILED" })?;
    }
    let verdict = if kept { "ok" } else { "FAILED" };
    writeln!(out, "\ntest result: {verdict}. {passed} passed; {} failed", u32::from(!kept))?;
    Ok(kept)
}

/// Runs them on all cores and prints what came of it.
fn schedules(arguments: &Arguments, out: &mut impl Write) -> io::Result<bool> {
    let begun = Instant::now();
    let next = AtomicU64::new(arguments.seed);
    let is_default = arguments.full && arguments.schedules == 100;
    let count = if is_default { 10_000 } else { arguments.schedules };
    let end = arguments.seed.saturating_add(count);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end || tally.failures.len() > 5 {
                return tally;
            }
            tally.add(seed, &schedule::run(arguments.platform(seed), seed, None));
        }
    };
    let tally = on_all_cores(work).into_iter().fold(Tally::default(), Tally::and);
    writeln!(out, "{tally}")?;
    writeln!(out, "{} s", begun.elapsed().as_secs())?;
    for (seed, broken) in tally.failures.iter().take(5) {
        writeln!(
            out,
            "seed {seed}: {broken}\n  again: cargo test --test simulation -- --replay {seed}"
        )?;
    }
    Ok(tally.failures.is_empty())
}

/// Runs the same work on every core until each says that there is no more.
fn on_all_cores<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends")).collect()
    })
}
