//! The edge against callers that stretch things, and under a rush.

use std::time::Duration;

use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, Upstreams, agent::Agent};

async fn quick() -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.server.bounds.head_timeout = Duration::from_millis(300);
    config.server.bounds.body_timeout = Duration::from_millis(300);
    config.server.bounds.idle_timeout = Duration::from_millis(600);
    Stage::with(upstreams, config).await
}

async fn connect(stage: &Stage) -> TcpStream {
    TcpStream::connect(stage.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Reads until the other side ends; fails if it does not end in time.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    // A reset is an end too.
    let _ended = tokio::time::timeout(Duration::from_secs(5), read).await.expect("it is cut off");
    text
}

#[tokio::test]
async fn half_a_head_is_cut_off() {
    let stage = quick().await;
    let mut stream = connect(&stage).await;
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    rest(stream).await;
}

/// Something moves all the time, so only the time for a head can end it.
#[tokio::test]
async fn a_head_that_drips_is_cut_off_on_a_connection_that_has_served_already() {
    let stage = quick().await;
    let (mut reading, mut writing) = connect(&stage).await.into_split();
    for _request in 0..3 {
        writing.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        let read = reading.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let dripping = async {
        for drop in b"GET /livez HTTP/1.1\r\nhost: ".iter().chain(std::iter::repeat(&b'x')) {
            // The other side has closed once this fails.
            let Ok(()) = writing.write_all(&[*drop]).await else { break };
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let ended = async {
        // A reset is an end too.
        while let Ok(1..) = reading.read(&mut [0; 1024]).await {}
    };
    let cut_off = async {
        tokio::select! { () = dripping => {} () = ended => {} }
    };
    tokio::time::timeout(Duration::from_secs(5), cut_off).await.expect("it is cut off");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_refused() {
    let stage = quick().await;
    let mut stream = connect(&stage).await;
    let head = format!(
        "POST /api/checkout_sessions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         api-version: 2026-04-17\r\nidempotency-key: k\r\ncontent-length: 100\r\n\r\n{{",
        crate::stage::TOKEN,
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let text = rest(stream).await;
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
}

#[tokio::test]
async fn silence_is_cut_off() {
    let stage = quick().await;
    rest(connect(&stage).await).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let stage = quick().await;
    let mut stream = connect(&stage).await;
    let head = format!("GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    // The other side may close before all is written.
    let _sent = stream.write_all(head.as_bytes()).await;
    let text = rest(stream).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 431"), "{text}");
}

/// A144: discovery has no limit of its own; what holds for all calls says when to come back.
#[tokio::test]
async fn more_requests_than_allowed_are_shed() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.server.bounds.requests_max = 1;
    let stage = Stage::unready(upstreams, config).await;
    let hold = emulators::faults::Fault::Delay(Duration::from_millis(500));
    stage.upstreams.store_faults.always("GET", "/wp-json/wc/store/v1/cart", hold);
    let agent = stage.agent();
    let slow = tokio::task::spawn({
        let agent = agent.clone();
        async move { agent.create("20", 1).await.status }
    });
    let shed = async {
        loop {
            let answer = agent.get("/.well-known/acp.json").await;
            if answer.status == 503 {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), shed).await.unwrap();
    answer.assert_refused(503, "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
    slow.await.unwrap();
}

#[tokio::test]
async fn an_agent_over_its_rate_is_told_when_to_come_back() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].agents[0].calls_per_minute = std::num::NonZeroU32::MIN;
    let stage = Stage::with(upstreams, config).await;
    let agent = stage.agent();
    let get =
        |agent: &Agent| agent.request(Method::GET, "/api/checkout_sessions/cs_x", None, "".into());
    assert_eq!(agent.send(get(&agent)).await.status, 404);
    let answer = agent.send(get(&agent)).await;
    answer.assert_refused(429, "rate_limited");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_stop_lets_running_calls_end() {
    let mut stage = Stage::start().await;
    let hold = emulators::faults::Fault::Delay(Duration::from_millis(300));
    stage.upstreams.store_faults.next("GET", "/wp-json/wc/store/v1/cart", hold);
    let agent = stage.agent();
    let running = tokio::task::spawn(async move { agent.create("20", 1).await.status });
    while stage.upstreams.store_faults.pending() > 0 {
        tokio::task::yield_now().await;
    }
    stage.stop().await;
    assert_eq!(running.await.unwrap(), 201);
}
