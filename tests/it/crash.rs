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

/// One call of a completion, by where it goes and which of its kind it is.
#[derive(Clone, Copy, Debug)]
struct Step {
    name: &'static str,
    of_stripe: bool,
    method: &'static str,
    path: &'static str,
    nth: usize,
    /// Whether money is held once it has had its effect.
    holds_money: bool,
}

/// Every call of the purchase of something scarce, in order.
const STEPS: [Step; 9] = [
    Step::stripe("inspect", "GET", "/v1/shared_payment/granted_tokens/{}", false),
    Step::stripe("open", "POST", "/v1/payment_intents", false),
    Step::store("commit", "PUT", "/wp-json/wc/v3/orders/{}", 1, false),
    Step::stripe("authorize", "POST", "/v1/payment_intents/{}/confirm", true),
    Step::store("hold", "PUT", "/wp-json/wc/v3/orders/{}", 2, true),
    Step::store("look at the log", "GET", "/wp-json/wc/v3/orders/{}/notes", 1, true),
    Step::stripe("capture", "POST", "/v1/payment_intents/{}/capture", true),
    Step::store("pay", "PUT", "/wp-json/wc/v3/orders/{}", 3, true),
    Step::store("process", "PUT", "/wp-json/wc/v3/orders/{}", 4, true),
];

impl Step {
    const fn stripe(
        name: &'static str,
        method: &'static str,
        path: &'static str,
        holds_money: bool,
    ) -> Self {
        Self { name, of_stripe: true, method, path, nth: 1, holds_money }
    }

    const fn store(
        name: &'static str,
        method: &'static str,
        path: &'static str,
        nth: usize,
        holds_money: bool,
    ) -> Self {
        Self { name, of_stripe: false, method, path, nth, holds_money }
    }
}

/// Something of which so few are left that it is held.
const SCARCE: u64 = 3495;

/// A purchase whose process was killed while a step hung.
struct Killed {
    upstreams: Upstreams,
    session: String,
    token: String,
}

/// Kills the process at a step: before it has its effect, or after it and before its answer comes.
async fn killed_at(step: Step, is_after: bool) -> Killed {
    const NEVER: Duration = Duration::from_mins(10);

    let upstreams = Upstreams::start().await;
    upstreams.store.set_stock(SCARCE, 2);
    let mut process = Process::start(&upstreams);
    process.ready().await;
    let agent = process.agent();
    let session = agent.ready(&SCARCE.to_string(), 1).await;
    let token = upstreams.stripe.mint("pm_card_visa", 1_000_000, "usd");

    let faults = if step.of_stripe { &upstreams.stripe_faults } else { &upstreams.store_faults };
    let fault = if is_after { Fault::DelayAfter(NEVER) } else { Fault::Delay(NEVER) };
    faults.nth(step.method, step.path, step.nth, fault);
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
    let in_time = tokio::time::timeout(Duration::from_secs(10), hangs).await;
    assert!(in_time.is_ok(), "{} is never called\n{}", step.name, upstreams.journal());
    process.kill();
    assert!(dying.await.unwrap().is_err(), "the process died with the call");
    Killed { upstreams, session: session.id().to_owned(), token }
}

/// Kills it at every step; the agent asks a new process again, under the same key or another.
async fn a_retry_ends_what_was_killed(is_after: bool) {
    for (at, step) in STEPS.into_iter().enumerate() {
        let Killed { upstreams, session, token } = killed_at(step, is_after).await;
        let process = Process::start(&upstreams);
        process.ready().await;
        let key = if at % 2 == 0 { "pay" } else { "pay again" };
        let retried = process.agent().complete_with(&session, &token, key).await;
        let what = format!("killed at {:?}, {}\n{}", step, retried.body, upstreams.journal());
        assert_eq!(retried.body["status"], "completed", "{what}");
        upstreams.assert_bought_once();
        assert_eq!(upstreams.store.stock(SCARCE), Some(1), "taken once: {what}");
        assert_eq!(upstreams.store.cart_lines(), 0, "no cart can buy it again: {what}");
    }
}

#[tokio::test]
async fn killed_before_any_step_a_retry_buys_once() {
    a_retry_ends_what_was_killed(false).await;
}

#[tokio::test]
async fn killed_after_any_step_a_retry_buys_once() {
    a_retry_ends_what_was_killed(true).await;
}

/// Nobody asks again: from the moment money is held, whoever looks ends the purchase.
#[tokio::test]
async fn killed_with_money_held_a_look_buys_once() {
    let held = STEPS.into_iter().filter(|step| step.holds_money);
    for (step, is_after) in held.flat_map(|step| [(step, false), (step, true)]) {
        if step.name == "authorize" && !is_after {
            continue;
        }
        let Killed { upstreams, .. } = killed_at(step, is_after).await;
        let mut command = command(&upstreams, &["reconcile"], NOWHERE);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = run.await.unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        let what = format!("killed at {step:?}: {report}\n{}", upstreams.journal());
        assert!(output.status.success(), "{what}");
        upstreams.assert_bought_once();
        assert_eq!(upstreams.store.stock(SCARCE), Some(1), "taken once: {what}");
    }
}

/// Nobody asks again, and no money was held: after the time that a purchase may take, nothing is left
/// that could take any.
#[tokio::test]
async fn killed_before_money_was_held_nothing_is_left() {
    for step in STEPS.into_iter().filter(|step| !step.holds_money) {
        let Killed { upstreams, .. } = killed_at(step, true).await;
        let mut command = command(&upstreams, &["reconcile"], NOWHERE);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        assert!(run.await.unwrap().status.success());
        upstreams.assert_nothing_bought();
        assert_eq!(upstreams.stripe.ledger().holds().count(), 0, "{}", upstreams.journal());
        assert_eq!(upstreams.store.stock(SCARCE), Some(2), "{}", upstreams.journal());
    }
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
