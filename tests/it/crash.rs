//! The real process, killed: what it began is finished by whoever is asked next.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use emulators::faults::Fault;
use http::Method;
use serde_json::Value;

use crate::stage::{
    TOKEN, Upstreams,
    agent::{Agent, payment},
};

/// An address that nobody asks for.
const NOWHERE: &str = "http://bridge.test";

/// The executable, serving with a configuration file like an owner's.
pub(crate) struct Process {
    child: Child,
    url: String,
    log: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts on a free port, which its log tells.
    fn start(upstreams: &Upstreams) -> Self {
        Self::logging(upstreams, "info")
    }

    /// Starts with a log of this level.
    pub(crate) fn logging(upstreams: &Upstreams, level: &str) -> Self {
        let mut serve = command(upstreams, &["serve"], NOWHERE);
        let mut child = serve.env("RUST_LOG", level).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .by_ref()
            .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
            .find(|line| line["message"] == "serving")
            .expect("it says where it listens");
        // The rest of its log is read too, or it would wait for a reader.
        let rest =
            std::thread::spawn(move || log.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
        let url = format!("http://{}", address["listen"].as_str().unwrap());
        Self { child, url, log: Some(rest) }
    }

    /// Ends it well and reads what it has said.
    pub(crate) fn log(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }

    pub(crate) fn agent(&self) -> Agent {
        Agent::new(&self.url, TOKEN)
    }

    pub(crate) async fn ready(&self) {
        let agent = self.agent();
        let ready = async {
            loop {
                let request = agent.request(Method::GET, "/readyz", None, "".into());
                match agent.try_send(request).await {
                    Ok(answer) if answer.status == 200 => return,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ready).await.expect("it starts in time");
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be dead already, which is as good.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The executable with a configuration file like an owner's.
pub(crate) fn command(upstreams: &Upstreams, words: &[&str], public_url: &str) -> Command {
    let store = &upstreams.store_server.url;
    let name = format!("storebridge-{}.toml", store.rsplit(':').next().unwrap());
    let config = std::env::temp_dir().join(name);
    std::fs::write(&config, toml(upstreams, public_url)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_storebridge"));
    command
        .args(words)
        .arg("--config")
        .arg(&config)
        .env_remove("RUST_LOG")
        .env("TEST_SESSION_KEY", "0123456789abcdef0123456789abcdef")
        .env("TEST_KEY", upstreams.store.consumer_key())
        .env("TEST_SECRET", upstreams.store.consumer_secret())
        .env("TEST_STRIPE", upstreams.stripe.secret_key())
        .env("TEST_TOKEN", TOKEN);
    command
}

fn toml(upstreams: &Upstreams, public_url: &str) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
public_url = "{public_url}"
metrics_listen = "127.0.0.1:0"
session_key = "env:TEST_SESSION_KEY"

[[store]]
id = "shop"
name = "The Shop"
platform = "woocommerce"
url = "{store}"
[store.attempts]
first_delay_s = 0
[store.woocommerce]
consumer_key = "env:TEST_KEY"
consumer_secret = "env:TEST_SECRET"
[store.stripe]
url = "{stripe}"
secret_key = "env:TEST_STRIPE"
merchant_id = "profile_test_123"
[[store.agent]]
id = "first"
token = "env:TEST_TOKEN"
"#,
        store = upstreams.store_server.url,
        stripe = upstreams.stripe_server.url,
    )
}

/// Kills the process while the nth such call hangs, starts it again, and retries.
async fn killed_at(stripe: bool, method: &str, path: &str, nth: usize) {
    let upstreams = Upstreams::start().await;
    let mut process = Process::start(&upstreams);
    process.ready().await;
    let agent = process.agent();
    let session = agent.ready("20", 1).await;
    let token = upstreams.stripe.mint("pm_card_visa", 1_000_000, "usd");

    // The effect happens, the answer hangs, the process dies.
    let faults = if stripe { &upstreams.stripe_faults } else { &upstreams.store_faults };
    faults.nth(method, path, nth, Fault::DelayAfter(Duration::from_mins(10)));
    let url = format!("/api/checkout_sessions/{}/complete", session.id());
    let body = payment(&token).to_string().into_bytes().into();
    let dying = tokio::task::spawn({
        let agent = agent.clone();
        let request = agent.request(Method::POST, &url, Some("pay"), body);
        async move { agent.try_send(request).await }
    });
    let hangs = async {
        while faults.pending() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), hangs).await.expect("the call is made");
    process.kill();
    assert!(dying.await.unwrap().is_err(), "the process died with the call");

    let process = Process::start(&upstreams);
    process.ready().await;
    let retried = process.agent().complete_with(session.id(), &token, "pay").await;
    assert_eq!(
        retried.body["status"],
        "completed",
        "killed at {method} {path}: {}\n{}",
        retried.body,
        upstreams.journal(),
    );
    upstreams.assert_bought_once();
}

#[tokio::test]
async fn killed_after_the_payment_was_opened() {
    killed_at(true, "POST", "/v1/payment_intents", 1).await;
}

#[tokio::test]
async fn killed_after_the_draft_was_committed() {
    killed_at(false, "PUT", "/wp-json/wc/v3/orders/{}", 1).await;
}

#[tokio::test]
async fn killed_after_the_money_was_held() {
    killed_at(true, "POST", "/v1/payment_intents/{}/confirm", 1).await;
}

#[tokio::test]
async fn killed_after_the_charge() {
    killed_at(true, "POST", "/v1/payment_intents/{}/capture", 1).await;
}

#[tokio::test]
async fn killed_after_the_order_was_placed() {
    killed_at(false, "PUT", "/wp-json/wc/v3/orders/{}", 2).await;
}

#[tokio::test]
async fn sigterm_drains_and_ends_well() {
    let upstreams = Upstreams::start().await;
    let mut process = Process::start(&upstreams);
    process.ready().await;
    let pid = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test]
async fn a_check_reports_and_its_exit_code_says_it() {
    let upstreams = Upstreams::start().await;
    let check = async |stripe_key: &str| {
        let mut command = command(&upstreams, &["check"], NOWHERE);
        command.env("TEST_STRIPE", stripe_key);
        // The emulators answer on this thread's runtime.
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = run.await.unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, report) = check(upstreams.stripe.secret_key()).await;
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("ok       Products"), "{report}");
    let (code, report) = check("sk_test_wrong").await;
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("FAILED") && report.contains("secret key"), "{report}");
    assert_eq!(upstreams.store.orders().len(), 0, "it changes nothing");

    let mut write = command(&upstreams, &["check", "--write"], NOWHERE);
    let output = tokio::task::spawn_blocking(move || write.output().unwrap()).await.unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("ok       Rehearsal") && report.contains("total"), "{report}");
    let orders = upstreams.store.orders();
    assert_eq!(orders.len(), 1, "{orders:#?}");
    assert_eq!(orders[0]["status"], "cancelled", "it is taken back");
}

#[tokio::test]
async fn the_demo_serves_a_script() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_storebridge"))
        .args(["demo", "--json", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let demo: Value = serde_json::from_str(&line).unwrap();
    let agent = Agent::new(demo["base_url"].as_str().unwrap(), demo["token"].as_str().unwrap());
    let item = demo["items"].as_array().unwrap().iter().find(|item| item["kind"] == "simple");
    let session = agent.ready(item.unwrap()["id"].as_str().unwrap(), 1).await;
    let token = demo["payment_tokens"]["ok"][0].as_str().unwrap();
    let completed = agent.complete(session.id(), token).await;
    assert_eq!(completed.body["status"], "completed", "{}", completed.body);
    child.kill().unwrap();
    child.wait().unwrap();
}
