//! What is read from memory, against axum's hello-world in the same run: a hosted feed at one hot
//! address and at 10,000 random ones, the discovery document, and a feed of many megabytes, which is
//! also held against as many bytes in one piece.
//!
//! `cargo bench --bench reads` prints CPU time of the serving thread for each request, the ratio to
//! hello-world (1.00 is as cheap), and how fast a large feed leaves; nothing is asserted. Both sides
//! have one thread and 64 kept-alive connections; whoever asks has another thread. Logs are off.

use std::{
    fs,
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, routing::get};
use bytes::Bytes;
use emulators::{stripe::Stripe, woocommerce::Store};
use storebridge::{App, config::Config};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime,
    task::JoinSet,
    time::Instant,
};

const CONNECTIONS: usize = 64;
const REQUESTS: usize = 16_000;
const ROUNDS: usize = 25;
const ADDRESSES: usize = 10_000;
/// Products of the large feed.
const PRODUCTS: u64 = 50_000;
/// So much is downloaded of it, in bytes.
const DOWNLOADED: usize = 600_000_000;

/// Somebody who serves, on a thread of its own.
struct Server {
    address: String,
    thread: String,
}

fn main() -> anyhow::Result<()> {
    let mut out = io::stdout();
    let asking = runtime::Builder::new_current_thread().enable_all().build()?;
    let hello = serve_hello()?;
    let (small, feed) = serve_bridge(0)?;
    let path = feed.clone() + "?category=accessories";
    let length = asking.block_on(download(&small.address, &path))?;
    writeln!(
        out,
        "CPU of the serving thread for a request, median of {ROUNDS} rounds; feed of {length} bytes"
    )?;
    let addresses: Vec<String> = addresses(&feed).take(ADDRESSES).collect();
    for address in &addresses {
        asking.block_on(download(&small.address, address))?;
    }
    let discovery = vec!["/.well-known/acp.json".to_owned()];
    for (name, paths) in [
        ("one feed", vec![path]),
        ("discovery document", discovery),
        ("10,000 feeds at random", addresses),
    ] {
        let (mut ratios, mut costs) = (Vec::new(), Vec::new());
        for _round in 0..ROUNDS {
            let bare = asking.block_on(cost(&hello, &["/".to_owned()]))?;
            let ours = asking.block_on(cost(&small, &paths))?;
            ratios.push(bare.as_nanos() * 100 / ours.as_nanos().max(1));
            costs.push((bare, ours));
        }
        ratios.sort_unstable();
        costs.sort_unstable_by_key(|(_, ours)| *ours);
        let (bare, ours) = costs[ROUNDS / 2];
        let ratio = ratios[ROUNDS / 2];
        writeln!(
            out,
            "{name:<24} {:>6} ns, hello-world {:>6} ns: {}.{:02} of hello-world",
            ours.as_nanos(),
            bare.as_nanos(),
            ratio / 100,
            ratio % 100
        )?;
    }
    let (large, feed) = serve_bridge(PRODUCTS)?;
    for packing in [".gz", ".zst", ""] {
        let path = format!("{feed}{packing}");
        let length = asking.block_on(download(&large.address, &path))?;
        let (took, cpu) = asking.block_on(cost_of_downloads(&large, &path, DOWNLOADED / length))?;
        let plain = serve_bytes(length)?;
        let (_, bare) = asking.block_on(cost_of_downloads(&plain, "/", DOWNLOADED / length))?;
        let bytes = (DOWNLOADED / length * length) as u128;
        let speed = |time: Duration| bytes * 1_000 / time.as_nanos().max(1);
        let ratio = bare.as_nanos() * 100 / cpu.as_nanos().max(1);
        writeln!(
            out,
            "feed{packing:<5} of {PRODUCTS} products, {} MB: {} MB/s, {} MB for a second of CPU, as \
             one piece of memory {}: {}.{:02} of it",
            length / 1_000_000,
            speed(took),
            speed(cpu),
            speed(bare),
            ratio / 100,
            ratio % 100
        )?;
    }
    Ok(())
}

/// Different addresses of the same rows: case does not matter to filters.
fn addresses(feed: &str) -> impl Iterator<Item = String> {
    (0..).map(move |nth: u32| {
        let cased = |text: &str, bits: u32| -> String {
            let letters = text.chars().enumerate();
            letters
                .map(|(at, c)| if bits >> at & 1 == 1 { c.to_ascii_uppercase() } else { c })
                .collect()
        };
        format!("{feed}?category={}&market={}", cased("accessories", nth), cased("us", nth >> 11))
    })
}

fn serve_hello() -> anyhow::Result<Server> {
    serve_plain(Router::new().route("/", get(|| async { "Hello, World!" })))
}

/// So many bytes in one piece, as bare as axum answers.
fn serve_bytes(length: usize) -> anyhow::Result<Server> {
    let bytes = Bytes::from(vec![b'x'; length]);
    serve_plain(Router::new().route("/", get(move || async move { bytes })))
}

fn serve_plain(router: Router) -> anyhow::Result<Server> {
    serve(move |listener, told| async move {
        told.send(String::new())?;
        axum_serve(listener, router).await;
        Ok(())
    })
    .map(|(server, _)| server)
}

/// The bridge before an emulated store with so many products more, and the path of its feed.
fn serve_bridge(products: u64) -> anyhow::Result<(Server, String)> {
    let (told, config) = mpsc::channel();
    // The store is served elsewhere, and costs the bridge nothing.
    thread::spawn(move || -> anyhow::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let now = emulators::system_clock();
            let store = Store::demo("https://shop.example", now.clone(), 1);
            store.add_products(products);
            let server = emulators::serve::start(store.router()).await;
            let stripe = Stripe::new(now, 1);
            told.send(configured(&server.url, &store, &stripe)?)?;
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    let config = config.recv()?;
    serve(move |listener, told| async move {
        let app = App::new(&config, storebridge::real_world()?);
        app.start();
        app.ready().await;
        let url = app.feed_url(0).context("a store is configured")?;
        told.send(url.replace("https://acp.shop.example", ""))?;
        storebridge::run(listener, &app, std::future::pending()).await;
        Ok(())
    })
}

fn configured(url: &str, store: &Store, stripe: &Stripe) -> anyhow::Result<Config> {
    let folder = std::env::temp_dir().join("storebridge-bench-reads");
    fs::create_dir_all(&folder)?;
    let secret = |name: &str, text: &str| -> anyhow::Result<String> {
        fs::write(folder.join(name), text)?;
        Ok(format!("file:{}", folder.join(name).display()))
    };
    let (key, consumer) = (secret("key", &"k".repeat(32))?, secret("ck", store.consumer_key())?);
    let (cs, stripe) = (secret("cs", store.consumer_secret())?, secret("sk", stripe.secret_key())?);
    let text = format!(
        "[server]\npublic_url = \"https://acp.shop.example\"\nsession_key = \"{key}\"\n\
         [[store]]\nid = \"shop\"\nname = \"The Shop\"\nplatform = \"woocommerce\"\n\
         url = \"{url}\"\n[store.feed.defaults]\nbrand = \"Own\"\n[store.woocommerce]\n\
         consumer_key = \"{consumer}\"\nconsumer_secret = \"{cs}\"\n[store.stripe]\n\
         secret_key = \"{stripe}\"\nmerchant_id = \"profile_123\"\n[[store.agent]]\n\
         id = \"chatgpt\"\ntoken = \"{key}\"\n"
    );
    Ok(Config::parse(&text)?)
}

/// Runs it on a thread of its own, and waits for what it tells when it is ready.
fn serve<F>(
    work: impl FnOnce(TcpListener, mpsc::Sender<String>) -> F + Send + 'static,
) -> anyhow::Result<(Server, String)>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let (told, ready) = mpsc::channel();
    let (listening, address): (_, Receiver<Server>) = mpsc::channel();
    thread::spawn(move || -> anyhow::Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?.to_string();
            let thread = fs::read_link("/proc/thread-self")?.display().to_string();
            listening.send(Server { address, thread })?;
            work(listener, told).await
        })
    });
    let server = address.recv()?;
    Ok((server, ready.recv().context("the server has not started")?))
}

async fn axum_serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let router = router.clone();
        connections.spawn(async move {
            let service = hyper_util::service::TowerToHyperService::new(router);
            let io = hyper_util::rt::TokioIo::new(stream);
            let builder =
                hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            // A connection that breaks is the other side's to notice.
            let _ended = builder.serve_connection(io, service).await.is_ok();
        });
    }
}

/// CPU time of the server for one of many requests.
async fn cost(server: &Server, paths: &[String]) -> anyhow::Result<Duration> {
    ask(server, paths, REQUESTS / 10).await?;
    let before = cpu_time(&server.thread)?;
    ask(server, paths, REQUESTS).await?;
    let spent = cpu_time(&server.thread)?.saturating_sub(before);
    Ok(spent / u32::try_from(REQUESTS)?)
}

async fn ask(server: &Server, paths: &[String], requests: usize) -> anyhow::Result<()> {
    let paths: Arc<[String]> = paths.into();
    let mut asking = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (address, paths) = (server.address.clone(), Arc::clone(&paths));
        asking.spawn(async move {
            let mut stream = TcpStream::connect(&address).await?;
            let mut at = connection * 7_919;
            let mut buffer = vec![0; 256 * 1024];
            for _request in 0..requests / CONNECTIONS {
                at = (at + 104_729) % paths.len().max(1);
                request(&mut stream, &paths[at], &mut buffer).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    Ok(())
}

/// Asks once, and reads the whole answer. Answers how many bytes it had.
async fn request(stream: &mut TcpStream, path: &str, buffer: &mut [u8]) -> anyhow::Result<usize> {
    let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut read = 0;
    let end = loop {
        read += stream.read(&mut buffer[read..]).await?;
        if let Some(end) = buffer[..read].windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        anyhow::ensure!(read > 0 && read < buffer.len(), "an answer has a head");
    };
    let head = std::str::from_utf8(&buffer[..end])?.to_ascii_lowercase();
    anyhow::ensure!(head.starts_with("http/1.1 200"), "{path}: {head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("an answer has a length")?.parse()?;
    let mut left = length.saturating_sub(read - end);
    while left > 0 {
        let most = buffer.len().min(left);
        let part = stream.read(&mut buffer[..most]).await?;
        anyhow::ensure!(part > 0, "the connection broke");
        left -= part;
    }
    Ok(length)
}

async fn download(address: &str, path: &str) -> anyhow::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    request(&mut stream, path, &mut vec![0; 1024 * 1024]).await
}

/// How long a number of downloads took, and what of it was CPU time of the server.
async fn cost_of_downloads(
    server: &Server,
    path: &str,
    times: usize,
) -> anyhow::Result<(Duration, Duration)> {
    let (started, before) = (Instant::now(), cpu_time(&server.thread)?);
    for _download in 0..times {
        download(&server.address, path).await?;
    }
    Ok((started.elapsed(), cpu_time(&server.thread)?.saturating_sub(before)))
}

/// Of one thread, as the system counts it.
fn cpu_time(thread: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{thread}/schedstat"))?;
    let nanos = stat.split_whitespace().next().context("a thread's time")?.parse()?;
    Ok(Duration::from_nanos(nanos))
}
