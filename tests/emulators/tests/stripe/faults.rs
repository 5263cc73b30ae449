//! Faults and the server, which serve every emulator.

use std::time::Duration;

use emulators::{
    faults::{Dropped, Fault, Faults},
    serve,
};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tower::ServiceExt;

use crate::bench::{self, Bench, HELD, Reply};

const CREATE: &str = "/v1/payment_intents";

async fn post(bench: &Bench, faults: &Faults) -> Reply {
    let request = bench.request("POST", CREATE, HELD, &[]);
    bench::send(faults.around(bench.stripe.router()), request).await
}

#[tokio::test]
async fn a_fault_strikes_its_call_once() {
    let (bench, faults) = (Bench::new(), Faults::new());
    faults.nth("POST", CREATE, 2, Fault::Status(503));
    faults.next("POST", CREATE, Fault::StatusWithRetryAfter(429, 7));
    faults.next("POST", CREATE, Fault::PhpFatal);
    faults.next("GET", CREATE, Fault::Status(500));
    faults.next("POST", "/v1/payment_intents/{}", Fault::Status(500));
    assert_eq!(faults.pending(), 5);
    let first = post(&bench, &faults).await;
    assert_eq!((first.status, first.header("retry-after")), (429, Some("7")));
    assert_eq!(post(&bench, &faults).await.status, 503);
    assert_eq!(post(&bench, &faults).await.body["code"], "internal_server_error");
    assert_eq!(bench.stripe.intents().len(), 0, "none was carried out");
    assert_eq!(post(&bench, &faults).await.status, 200);
    assert_eq!(faults.pending(), 2);
    faults.clear();
    assert_eq!(faults.pending(), 0);
}

#[tokio::test]
async fn a_fault_may_stay() {
    let (bench, faults) = (Bench::new(), Faults::new());
    faults.always("POST", "payment_intents", Fault::Html(502));
    for _ in 0..3 {
        let reply = post(&bench, &faults).await;
        assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html")));
    }
    assert_eq!(faults.pending(), 0);
}

#[tokio::test]
async fn answers_may_be_unreadable() {
    let (bench, faults) = (Bench::new(), Faults::new());
    for (made, fault) in [(1, Fault::HalfJson), (2, Fault::NotJson)] {
        faults.next("POST", CREATE, fault);
        let reply = post(&bench, &faults).await;
        assert_eq!((reply.status, reply.body.is_null()), (200, true));
        assert_eq!(bench.stripe.intents().len(), made, "it was carried out");
    }
}

#[tokio::test]
async fn a_proxy_may_lose_the_answer() {
    let (bench, faults) = (Bench::new(), Faults::new());
    faults.next("POST", CREATE, Fault::HtmlAfter(504));
    let reply = post(&bench, &faults).await;
    assert_eq!((reply.status, reply.header("content-type")), (504, Some("text/html")));
    assert_eq!(bench.stripe.intents().len(), 1, "it was carried out");
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_trickle() {
    let (bench, faults) = (Bench::new(), Faults::new());
    faults.next("POST", CREATE, Fault::Trickle(Duration::from_secs(1)));
    let began = tokio::time::Instant::now();
    let reply = post(&bench, &faults).await;
    assert_eq!(reply.body["object"], "payment_intent", "all of it came");
    assert_eq!(began.elapsed(), Duration::from_secs(16));
}

#[tokio::test]
async fn a_dropped_call_says_so() {
    let (bench, faults) = (Bench::new(), Faults::new());
    for (made, fault) in [(0, Fault::DropBefore), (1, Fault::DropAfter)] {
        faults.next("POST", CREATE, fault);
        let request = bench.request("POST", CREATE, HELD, &[]);
        let response = faults.around(bench.stripe.router()).oneshot(request).await.unwrap();
        assert!(response.extensions().get::<Dropped>().is_some());
        assert_eq!(bench.stripe.intents().len(), made);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_or_after_the_deed() {
    for (made, fault) in
        [(0, Fault::Delay(Duration::from_secs(9))), (1, Fault::DelayAfter(Duration::from_secs(9)))]
    {
        let (bench, faults) = (Bench::new(), Faults::new());
        faults.next("POST", CREATE, fault);
        let began = tokio::time::Instant::now();
        let call = async {
            assert_eq!(post(&bench, &faults).await.status, 200);
            assert_eq!(began.elapsed(), Duration::from_secs(9));
        };
        let look = async {
            while faults.pending() > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(bench.stripe.intents().len(), made);
        };
        tokio::join!(call, look);
        assert_eq!(bench.stripe.intents().len(), 1);
    }
}

#[tokio::test]
async fn a_truncated_answer_breaks_in_process_too() {
    let (bench, faults) = (Bench::new(), Faults::new());
    faults.next("POST", CREATE, Fault::Truncated);
    let request = bench.request("POST", CREATE, HELD, &[]);
    let response = faults.around(bench.stripe.router()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
}

/// Posts over a socket and reads until the connection ends.
async fn over_a_socket(bench: &Bench, fault: Fault) -> String {
    let faults = Faults::new();
    faults.next("POST", CREATE, fault);
    let running = serve::start(faults.around(bench.stripe.router())).await;
    let address = running.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{HELD}",
        bench.stripe.secret_key(),
        HELD.len(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), reading).await.expect("it ends").unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_socket_closes_without_an_answer() {
    let bench = Bench::new();
    assert_eq!(over_a_socket(&bench, Fault::DropAfter).await, "");
    assert_eq!(bench.stripe.intents().len(), 1);
    assert_eq!(over_a_socket(&bench, Fault::DropBefore).await, "");
    assert_eq!(bench.stripe.intents().len(), 1);
}

#[tokio::test]
async fn a_socket_closes_in_the_middle() {
    let bench = Bench::new();
    let answer = over_a_socket(&bench, Fault::Truncated).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(length.parse::<usize>().unwrap() / 2, body.len());
    assert!(body.starts_with('{'));
    assert_eq!(bench.stripe.intents().len(), 1);
}
