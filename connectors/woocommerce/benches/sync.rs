//! A catalog of 100,000 variations read whole: memory that it takes on the way, and our own time.
//!
//! `cargo bench -p woocommerce --bench sync` reads a store that is made up page by page, through the
//! connector and into the catalog, and beside it into a `Vec<Arc<Product>>`, each in a process of
//! its own, and prints both and their ratios. Nothing is asserted. The store takes no time, so the
//! rate is what we could do with a store that is infinitely fast; a real one of two cores lists
//! about 700 variations a second.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write},
    process::Command,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use catalog::Catalog;
use commerce::{Connector, Product};
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use upstream::{GateLimits, Limits, Seeded, Transport, TransportError, Upstream};
use woocommerce::{MetaKeys, Now, Settings, WooCommerce};

const PRODUCTS: u64 = 20_000;
const VARIATIONS: u64 = 5;

fn main() -> io::Result<()> {
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("run") => run(words.get(1).is_some_and(|layout| layout == "plain")),
        _ => compare(),
    }
}

fn compare() -> io::Result<()> {
    let mut out = io::stdout();
    let all = PRODUCTS * VARIATIONS;
    writeln!(out, "{PRODUCTS} products with {VARIATIONS} variations each")?;
    let (plain, compact) = (child("plain")?, child("compact")?);
    for (name, [held, peak, nanos, calls]) in [("Vec<Arc<Product>>", plain), ("Catalog", compact)] {
        writeln!(
            out,
            "  {name:<18} held {:>5} bytes a variation, peak {:>5} ({} MB); {:>6} variations/s of \
             our own time; {calls} calls",
            held / all,
            peak / all,
            peak / 1_000_000,
            all * 1_000_000_000 / nanos.max(1),
        )?;
    }
    let hundredths = |a: u64, b: u64| a * 100 / b.max(1);
    let (held, peak) = (hundredths(compact[0], plain[0]), hundredths(compact[1], plain[1]));
    writeln!(
        out,
        "  ratio: held {}.{:02}, peak {}.{:02}",
        held / 100,
        held % 100,
        peak / 100,
        peak % 100
    )
}

/// What a process of its own held, held at most, worked and asked.
fn child(layout: &str) -> io::Result<[u64; 4]> {
    let output = Command::new(env::current_exe()?).args(["run", layout]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or(0));
    Ok([0; 4].map(|_: u64| numbers.next().unwrap_or(0)))
}

fn run(is_plain: bool) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let paper = Arc::new(Paper);
    let connector = connector(Arc::clone(&paper) as _);
    let (before, started) = (status("VmRSS:"), cpu_nanos());
    let (mut plain, catalog) = (Vec::new(), Catalog::new());
    catalog.begin(Timestamp::UNIX_EPOCH);
    let calls = runtime.block_on(async {
        let (mut from, mut pages) = (None, 0_u64);
        loop {
            let Ok(page) = connector.products(from.as_ref()).await else { return pages };
            if is_plain {
                plain.extend(page.products.into_iter().map(Arc::<Product>::new));
            } else {
                catalog.add(&page.products);
            }
            pages += 1;
            from = page.next;
            if from.is_none() {
                return pages;
            }
        }
    });
    catalog.finish(true);
    let worked = cpu_nanos() - started;
    let products = plain.len().max(catalog.snapshot().map_or(0, |snapshot| snapshot.len()));
    if products as u64 != PRODUCTS {
        return Err(io::Error::other(format!("{products} products were read")));
    }
    writeln!(
        io::stdout(),
        "{} {} {worked} {calls}",
        status("VmRSS:").saturating_sub(before),
        status("VmHWM:").saturating_sub(before)
    )
}

fn connector(network: Arc<dyn Transport>) -> WooCommerce {
    let limits = Limits {
        deadline: Duration::from_mins(1),
        body_max: 8 * 1024 * 1024,
        retries_max: 0,
        retry_delay: Duration::from_millis(1),
        gate: GateLimits {
            in_flight_max: 4,
            queue_max: 16,
            queue_wait_max: Duration::from_mins(1),
        },
    };
    let url = "https://shop.example".parse().expect("an address");
    let upstream = Upstream::new("store", url, network, Arc::new(Seeded::new(1)), limits);
    let settings = Settings {
        consumer_key: "ck_x".into(),
        consumer_secret: "cs_x".into(),
        payment_title: String::new(),
        catalog_calls: 2,
        link_customers: false,
        meta_keys: MetaKeys::default(),
        now: Now(Arc::new(|| Timestamp::UNIX_EPOCH)),
    };
    WooCommerce::new(upstream, settings)
}

/// A store that is made up as it is asked.
struct Paper;

#[async_trait]
impl Transport for Paper {
    async fn send(
        &self,
        request: Request<Bytes>,
        _: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let number = |name: &str| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let body: Value = match request.uri().path() {
            "/wp-json/wc/v3/products" => {
                let first = number("offset") + 1;
                (first..(first + number("per_page")).min(PRODUCTS + 1)).map(product).collect()
            }
            "/wp-json/wc/v3/variations" => {
                let ids = query.get("include").map(String::as_str).unwrap_or_default();
                ids.split(',').filter_map(|id| id.parse().ok()).map(variation).collect()
            }
            "/wp-json/wc/v3/data/currencies/current" => json!({"code": "EUR"}),
            _ => json!([]),
        };
        let answer = Response::builder().header("x-wp-total", PRODUCTS.to_string());
        answer.body(body.to_string().into()).map_err(|error| TransportError::Lost(error.into()))
    }
}

fn product(id: u64) -> Value {
    let first = 1_000_000 + id * VARIATIONS;
    json!({
        "id": id, "name": words(id, 4), "permalink": format!("https://shop.example/product/{id}/"),
        "type": "variable", "status": "publish", "catalog_visibility": "visible",
        "description": format!("<p>{}</p>\n<p>{}</p>", words(id * 3, 60), words(id * 5, 60)),
        "short_description": format!("<p>{}</p>", words(id * 7, 12)),
        "sku": format!("P-{id}"), "price": "19.99", "regular_price": "", "sale_price": "",
        "date_created_gmt": "2026-11-23T18:03:45", "date_modified_gmt": "2026-11-23T18:04:01",
        "purchasable": true, "stock_status": "instock", "manage_stock": false, "weight": "1.5",
        "dimensions": {"length": "10", "width": "8", "height": "3"}, "average_rating": "0.00",
        "categories": [{"id": id % 40, "name": format!("Kind {}", id % 40), "slug": "kind"}],
        "brands": [{"id": 1, "name": format!("Brand {}", id % 100)}],
        "tags": [{"id": 2, "name": words(id * 11, 1)}],
        "images": (0..4).map(|nth| json!({"id": nth, "alt": "",
            "src": format!("https://shop.example/wp-content/uploads/2026/11/p-{id}-{nth}.jpg")}))
            .collect::<Vec<_>>(),
        "attributes": [{"id": 1, "name": "Size", "slug": "pa_size", "variation": true,
            "visible": true, "options": ["0", "1", "2", "3", "4"]}],
        "variations": (first..first + VARIATIONS).collect::<Vec<_>>(), "parent_id": 0,
    })
}

fn variation(id: u64) -> Value {
    let (parent, nth) = ((id - 1_000_000) / VARIATIONS, id % VARIATIONS);
    let price = 10 + id % 90;
    json!({
        "id": id, "parent_id": parent, "status": "publish", "description": "",
        "permalink": format!("https://shop.example/product/{parent}/?attribute_pa_size={nth}"),
        "sku": format!("P-{parent}-{nth}"), "global_unique_id": format!("40063{id:08}"),
        "price": format!("{price}.95"), "regular_price": format!("{price}.95"), "sale_price": "",
        "on_sale": false, "purchasable": true, "manage_stock": true, "stock_quantity": id % 50,
        "stock_status": "instock", "weight": "1.5",
        "dimensions": {"length": "10", "width": "8", "height": "3"},
        "image": {"id": 3, "alt": "",
            "src": format!("https://shop.example/wp-content/uploads/2026/11/p-{parent}-{nth}.jpg")},
        "attributes": [{"id": 1, "name": "Size", "slug": "pa_size", "option": nth.to_string()}],
    })
}

/// Made-up words that no two products share in this order.
fn words(seed: u64, count: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    for _ in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = (state >> 20) % 60 * ((state >> 40) % 60);
        text.push_str(["lum", "ver", "con", "ba", "tri", "sel", "no"][(word % 7) as usize]);
        text.push_str(["ing", "a", "or", "um", "is"][(word % 5) as usize]);
        text.push_str(&word.to_string());
        text.push(' ');
    }
    text
}

/// A line of what the kernel says of this process, in bytes.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// Time that this thread was on a processor.
fn cpu_nanos() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}
