//! What it costs to bring a feed up to date after one product in a hundred has changed, against making
//! the whole feed, in the same run of the executable.
//!
//! `cargo bench --bench fresh` prints CPU time of all threads of the process, from the request for the
//! feed to its answer; nothing is asserted but that the feed has changed. Reading the changes from the
//! store comes before, and is not in it. The products differ in their names, so blocks pack better
//! than those of a real shop.

use std::{
    fs,
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use emulators::{stripe::Stripe, woocommerce::Store};
use http::{Method, Request, Response, StatusCode, header};
use upstream::{Https, Transport};

#[path = "common/bridge.rs"]
mod bridge;

use bridge::Bridge;

const PRODUCTS: u64 = 20_000;
/// Neighbors stand in so many places.
const PLACES: u64 = 10;
/// Longer than the bridge needs to hear of the changes and to read them.
const SETTLED: Duration = Duration::from_secs(6);
/// Only heads are asked for, but they tell how long a feed is.
const BYTES_MAX: usize = 1 << 30;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let now = emulators::system_clock();
    let stripe = Stripe::new(now.clone(), 1);
    let processor = emulators::serve::start(stripe.router()).await;
    let store = Store::demo("https://shop.example", now, 1);
    let first = store.add_products(PRODUCTS);
    let shop = emulators::serve::start(store.router()).await;
    let (bridge, feed) = Bridge::start(&shop.url, &store, &processor.url, &stripe)?;
    let network = Https::new(Duration::from_mins(1))?;
    let ready = format!("{}/readyz", bridge.url);
    while ask(&network, &Method::GET, &ready).await?.status() != StatusCode::OK {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut out = io::stdout();
    writeln!(out, "{PRODUCTS} products; CPU time of the process")?;
    let clustered = (0..PRODUCTS / 100).map(|nth| {
        let run = PRODUCTS / 100 / PLACES;
        first + nth / run * (PRODUCTS / PLACES) + nth % run
    });
    let spread = (0..PRODUCTS / 100).map(|nth| first + nth * 7_919 % PRODUCTS);
    let changes = [("neighbors", clustered.collect::<Vec<_>>()), ("anywhere", spread.collect())];
    for suffix in ["", ".gz", ".zst"] {
        let address = format!("{}{feed}{suffix}", bridge.url);
        let (whole, mut etag) = make(&network, &bridge, &address).await?;
        writeln!(out, "jsonl{suffix:<5} made whole              {:>8} us", whole.as_micros())?;
        for (nth, (name, ids)) in changes.iter().enumerate() {
            for id in ids {
                store.set_price(*id, &format!("{}.{:02}", 10 + nth + suffix.len(), id % 100));
            }
            tokio::time::sleep(SETTLED).await;
            let (took, next) = make(&network, &bridge, &address).await?;
            anyhow::ensure!(next != etag, "the feed has not changed");
            etag = next;
            let percent = took.as_nanos() * 1_000 / whole.as_nanos().max(1);
            writeln!(
                out,
                "jsonl{suffix:<5} 1% changed, {name:<11} {:>8} us, {}.{}% of it",
                took.as_micros(),
                percent / 10,
                percent % 10
            )?;
        }
    }
    Ok(())
}

/// Has the feed made or brought up to date. Answers what that cost, and how it is now called.
async fn make(network: &Https, bridge: &Bridge, feed: &str) -> anyhow::Result<(Duration, Bytes)> {
    let before = cpu_time(bridge.child.id())?;
    let answer = ask(network, &Method::HEAD, feed).await?;
    let spent = cpu_time(bridge.child.id())?.saturating_sub(before);
    let etag = answer.headers().get(header::ETAG).context("a feed has a tag")?;
    Ok((spent, Bytes::copy_from_slice(etag.as_bytes())))
}

async fn ask(network: &Https, method: &Method, url: &str) -> anyhow::Result<Response<Bytes>> {
    let request = Request::builder().method(method).uri(url).body(Bytes::new())?;
    Ok(network.send(request, BYTES_MAX).await?)
}

/// Of all threads of a process that run, as the system counts it.
fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanos = stat.split_whitespace().next().context("a thread's time")?.parse()?;
        total += Duration::from_nanos(nanos);
    }
    Ok(total)
}
