//! What a store still sells while far too many ask: a store of 20 places that take 200 ms each,
//! which is 100 calls a second, asked as often as it can take, 10 and 100 times as often. The same
//! store called without the gate is the baseline of the same run.
//!
//! `cargo bench --bench overload` prints good answers per second, those refused and the ratio to
//! what the store can do; nothing is asserted. An answer is good that comes within eight seconds,
//! and the store works on for callers who have left, as PHP does.

#![expect(clippy::disallowed_methods, reason = "what a benchmark spawns ends with it")]

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use http::Method;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time::Instant};
use upstream::{
    Call, CallError, GateLimits, Https, Kind, Limits, Priority, SystemChance, Upstream,
};

const PLACES: usize = 20;
const WORK: Duration = Duration::from_millis(200);
/// What the store can do in a second.
const CAPACITY: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(8);
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Counts {
    good: AtomicU64,
    refused: AtomicU64,
    late: AtomicU64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "a store of {CAPACITY}/s; {} s each after {} s of warming up",
        MEASURED.as_secs(),
        WARM_UP.as_secs()
    )?;
    writeln!(out, "   offered  gate     good/s  refused/s  too late/s  of what it can")?;
    // Without a gate a hundred times as many are more than one machine's ports.
    for (times, with_gate) in [(1, false), (1, true), (10, false), (10, true), (100, true)] {
        let store = start().await?;
        let upstream = upstream(&store, with_gate)?;
        let rate = CAPACITY * times;
        let counts = offer(&upstream, rate).await;
        let [good, refused, late] = [&counts.good, &counts.refused, &counts.late]
            .map(|count| count.load(Ordering::Relaxed) / MEASURED.as_secs());
        let gate = if with_gate { "yes" } else { "no" };
        let percent = good * 100 / CAPACITY;
        writeln!(
            out,
            "{rate:>8}/s  {gate:<6} {good:>8}  {refused:>9}  {late:>10}  {percent:>13} %"
        )?;
    }
    Ok(())
}

/// The store: whoever comes waits for a place, and has its work done even after leaving.
async fn start() -> anyhow::Result<String> {
    async fn work(State(places): State<Arc<Semaphore>>) -> &'static str {
        let working = tokio::spawn(async move {
            let _place = places.acquire_owned().await;
            tokio::time::sleep(WORK).await;
        });
        // A store that dies answers nothing.
        working.await.map_or("", |()| "done")
    }

    let places = Arc::new(Semaphore::new(PLACES));
    let app = Router::new().route("/", get(work)).with_state(places);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

fn upstream(url: &str, with_gate: bool) -> anyhow::Result<Upstream> {
    let open = GateLimits { in_flight_max: 1_000_000, queue_max: 1, queue_wait_max: PATIENCE };
    let gate = GateLimits {
        in_flight_max: PLACES,
        queue_max: PLACES,
        queue_wait_max: Duration::from_millis(300),
    };
    let limits = Limits {
        deadline: PATIENCE,
        body_max: 1_024,
        retries_max: 0,
        retry_delay: Duration::from_millis(100),
        gate: if with_gate { gate } else { open },
    };
    let network = Arc::new(Https::new(PATIENCE)?);
    Ok(Upstream::new("store", url.parse()?, network, Arc::new(SystemChance), limits))
}

/// Asks so often, whatever becomes of it, and counts what comes back while it is measured.
async fn offer(upstream: &Upstream, rate: u64) -> Arc<Counts> {
    let counts = Arc::new(Counts::default());
    let begun = Instant::now();
    let (from, until) = (begun + WARM_UP, begun + WARM_UP + MEASURED);
    let mut tasks = JoinSet::new();
    let mut ticks = tokio::time::interval(TICK);
    let mut asked = 0;
    while Instant::now() < until {
        ticks.tick().await;
        let due = begun.elapsed().as_millis() * u128::from(rate) / 1_000;
        while asked < due {
            asked += 1;
            let (upstream, counts) = (upstream.clone(), Arc::clone(&counts));
            tasks.spawn(async move {
                let call = Call::new("overload", Method::GET, "/", Kind::Once);
                let answer = Priority::Create.around(upstream.send(call)).await;
                let now = Instant::now();
                if now < from || now >= until {
                    return;
                }
                let count = match answer {
                    Ok(answer) if answer.status.is_success() => &counts.good,
                    Err(CallError::Busy { .. }) => &counts.refused,
                    Ok(_) | Err(_) => &counts.late,
                };
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
        while tasks.try_join_next().is_some() {}
    }
    tasks.abort_all();
    counts
}
