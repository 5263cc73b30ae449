//! What a feed costs, against the bare serializer and the bare compressor in the same run.
//!
//! `cargo bench -p feed --bench feed` prints times of one thread and ratios; nothing is
//! asserted but that both sides write the same bytes. `FEED_PRODUCTS=10000` makes it smaller.
//!
//! The aim is 1 GB/s and 1.2 times the bare serializer; `docs/feed.md` has what was measured.
//!
//! The bare serializer is serde's derived code over rows that are ready, structs of 81 optional
//! owned values, written by `serde_json` into the same buffer. Ours begins with products: it finds
//! each value, cleans and checks it, and writes it. Both read what was copied just before, as the
//! service unpacks a product just before it writes it. Their rounds alternate, and a ratio is the
//! median of those of the rounds: on a busy machine times grow by half, ratios by a tenth.

use std::{
    collections::BTreeSet,
    fs, hint,
    io::{self, Write},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use commerce::{Product, ProductId};
use feed::{Feed, Format, Packing, Plan, Profile, Writer};
use flate2::{Compression, write::GzEncoder};

mod catalog;
mod row;

use catalog::{Dice, plan, product};
use row::Row;

const ROUNDS: usize = 9;
/// So many products are near at once.
const FEW: usize = 50;
/// Rows are written into a buffer of about this size, as for sending.
const PIECE: usize = 128 * 1024;
/// The level that feeds are packed with.
const LEVEL: u32 = 2;

fn main() -> io::Result<()> {
    let count = products_wanted();
    let products: Vec<Product> = (0..count).map(|id| product(id, 8_900)).collect();
    let plan = plan();
    let mut out = io::stdout();
    writeln!(
        out,
        "{count} distinct products x 81 columns, time of one thread, median of {ROUNDS}"
    )?;
    serialize(&mut out, &plan, &products)?;
    pack(&mut out, &plan, &products)?;
    change(&mut out, &plan, &products)
}

/// Ours from products, serde's from rows that are ready: the same bytes.
fn serialize(out: &mut impl Write, plan: &Arc<Plan>, products: &[Product]) -> io::Result<()> {
    let writer = writer(plan, Format::Jsonl);
    let rows: Vec<Row> = products
        .iter()
        .map(|product| serde_json::from_slice(&writer.segment(product).bytes))
        .collect::<Result<_, _>>()?;
    let mut same = Vec::new();
    for (product, row) in products.iter().zip(&rows) {
        same.clear();
        serde_json::to_writer(&mut same, row)?;
        same.push(b'\n');
        assert_eq!(same, writer.segment(product).bytes, "both sides write the same");
    }
    let bytes = written(&writer, products, &mut Vec::new());
    writeln!(out, "{} bytes a row", bytes / products.len() as u64)?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(near(products, |products, buffer| written(&writer, products, buffer)));
        bare.push(near(&rows, bare_written));
    }
    line(out, "JSON Lines, bare serde_json", bytes, median(bare.clone()))?;
    line(out, "JSON Lines, from products", bytes, median(ours.clone()))?;
    let ratios = ours.iter().zip(&bare).map(|(ours, bare)| hundredths(*ours, *bare)).collect();
    writeln!(out, "  ratio                           {}", decimal(median(ratios)))?;
    drop(rows);
    for format in [Format::Csv, Format::Xml] {
        let writer = self::writer(plan, format);
        let bytes = written(&writer, products, &mut Vec::new());
        let times = (0..ROUNDS)
            .map(|_| near(products, |products, buffer| written(&writer, products, buffer)))
            .collect();
        line(out, &format!("{format}, from products"), bytes, median(times))?;
    }
    Ok(())
}

fn pack(out: &mut impl Write, plan: &Arc<Plan>, products: &[Product]) -> io::Result<()> {
    let writer = writer(plan, Format::Jsonl);
    let raw: Vec<u8> = products.iter().flat_map(|product| writer.segment(product).bytes).collect();
    let bytes = raw.len() as u64;
    let mut size = 0;
    let bare = timed(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        // Writing into memory does not fail.
        let _written = encoder.write_all(&raw);
        size = encoder.finish().map_or(0, |packed| packed.len());
    });
    drop(raw);
    line(out, &format!("gzip, bare, one stream, {} MB", size / 1_000_000), bytes, bare)?;
    for packing in [Packing::Gzip, Packing::Zstd] {
        let mut size = 0;
        let full = timed(|| size = build(&writer, packing, products).length());
        let name = format!("{packing:?} feed from products, {} MB", size / 1_000_000);
        line(out, &name, bytes, full)?;
        if packing == Packing::Gzip {
            writeln!(out, "  ratio to bare gzip              {}", ratio(full, bare))?;
        }
    }
    Ok(())
}

/// One product in a hundred has another price: neighbors, or anywhere.
fn change(out: &mut impl Write, plan: &Arc<Plan>, products: &[Product]) -> io::Result<()> {
    let writer = writer(plan, Format::Jsonl);
    let count = products.len() as u64;
    let mut dice = Dice::new(7);
    let runs = (0..10).flat_map(|_| {
        let start = dice.below(count);
        (start..start + count / 1_000).map(move |id| id % count)
    });
    let clustered: BTreeSet<u64> = runs.collect();
    let mut spread = BTreeSet::new();
    while (spread.len() as u64) < count / 100 {
        spread.insert(dice.below(count));
    }
    for packing in [Packing::Gzip, Packing::Zstd] {
        let mut feed = None;
        let full = timed(|| feed = Some(build(&writer, packing, products)));
        let Some(mut feed) = feed else { return Ok(()) };
        let blocks = feed.block_count();
        for (name, ids, price) in [("neighbors", &clustered, 8_800), ("anywhere", &spread, 8_700)] {
            let changed: Vec<Product> = ids.iter().map(|id| product(*id, price)).collect();
            let mut packed = 0;
            let took = timed(|| {
                let segments =
                    changed.iter().map(|one| (one.id.clone(), Some(writer.segment(one))));
                let segments: Vec<(ProductId, _)> = segments.collect();
                packed = feed.update(segments);
            });
            writeln!(
                out,
                "{packing:?} 1% changed, {name:<10} {:>7} ms, {packed} of {blocks} blocks, {} of a full build",
                took.as_millis(),
                ratio(took, full),
            )?;
        }
    }
    Ok(())
}

/// How long it takes to write them a few at a time, each few copied just before, as the service
/// unpacks a product just before it writes it. By the clock: the system counts a thread's time in
/// larger steps.
fn near<T: Clone>(all: &[T], write: impl Fn(&[T], &mut Vec<u8>) -> u64) -> Duration {
    let (mut took, mut buffer) = (Duration::ZERO, Vec::with_capacity(PIECE * 2));
    for few in all.chunks(FEW) {
        let few = few.to_vec();
        let started = Instant::now();
        hint::black_box(write(&few, &mut buffer));
        took += started.elapsed();
    }
    took
}

fn writer(plan: &Arc<Plan>, format: Format) -> Writer {
    Writer::new(plan.clone(), Profile::OpenAiExtended, format).expect("a format of the profile")
}

fn build(writer: &Writer, packing: Packing, products: &[Product]) -> Feed {
    Feed::build(writer, packing, products.iter().map(|product| writer.segment(product)))
}

fn written(writer: &Writer, products: &[Product], buffer: &mut Vec<u8>) -> u64 {
    let (mut left_out, mut bytes) = (Vec::new(), 0);
    buffer.clear();
    for product in products {
        writer.write(product, buffer, &mut left_out);
        if buffer.len() >= PIECE {
            bytes += hint::black_box(&*buffer).len() as u64;
            buffer.clear();
        }
    }
    assert!(left_out.is_empty(), "every product has a row");
    bytes + buffer.len() as u64
}

fn bare_written(rows: &[Row], buffer: &mut Vec<u8>) -> u64 {
    let mut bytes = 0;
    buffer.clear();
    for row in rows {
        serde_json::to_writer(&mut *buffer, row).expect("memory");
        buffer.push(b'\n');
        if buffer.len() >= PIECE {
            bytes += hint::black_box(&*buffer).len() as u64;
            buffer.clear();
        }
    }
    bytes + buffer.len() as u64
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the benchmark says how large it is")]
fn products_wanted() -> u64 {
    std::env::var("FEED_PRODUCTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

fn line(out: &mut impl Write, name: &str, bytes: u64, took: Duration) -> io::Result<()> {
    let speed = u128::from(bytes) * 1_000 / took.as_nanos().max(1);
    writeln!(out, "{name:<42} {:>6} ms {speed:>6} MB/s", took.as_millis())
}

fn ratio(one: Duration, other: Duration) -> String {
    decimal(hundredths(one, other))
}

fn hundredths(one: Duration, other: Duration) -> u128 {
    one.as_nanos() * 100 / other.as_nanos().max(1)
}

fn decimal(hundredths: u128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn median<T: Ord + Copy>(mut all: Vec<T>) -> T {
    all.sort();
    all[all.len() / 2]
}

/// CPU time of this thread where the system tells it, wall time elsewhere.
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let (start, wall) = (cpu_time(), Instant::now());
    hint::black_box(work());
    match (start, cpu_time()) {
        (Some(start), Some(end)) => end.saturating_sub(start),
        _ => wall.elapsed(),
    }
}

fn cpu_time() -> Option<Duration> {
    // The system adds up what a thread has had when it looks after it: at a tick, or here.
    thread::yield_now();
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
