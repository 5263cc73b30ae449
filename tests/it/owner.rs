//! What stands between us and a store: the agent gets the right answer, and the owner one line that
//! says what to do.

use emulators::faults::Fault;
use serde_json::Value;

use crate::{
    crash::{Process, command},
    stage::{Upstreams, agent::Agent},
};

/// One obstacle: how it comes about, what the agent is told, and what the owner should read.
struct Obstacle {
    name: &'static str,
    arrange: fn(&Upstreams),
    status: u16,
    code: &'static str,
    advice: &'static str,
}

fn always(upstreams: &Upstreams, method: &str, path: &str, fault: Fault) {
    upstreams.store_faults.always(method, path, fault);
}

const CART: &str = "/wp-json/wc/store/v1/cart";
const BATCH: &str = "/wp-json/wc/store/v1/batch";

const OBSTACLES: [Obstacle; 8] = [
    Obstacle {
        name: "a security plugin",
        arrange: |upstreams| always(upstreams, "POST", BATCH, Fault::Html(403)),
        status: 502,
        code: "platform_denied",
        advice: "allow this machine in the security plugin or firewall",
    },
    Obstacle {
        name: "a captcha in place of data",
        arrange: |upstreams| always(upstreams, "POST", BATCH, Fault::Html(200)),
        status: 502,
        code: "platform_unreadable",
        advice: "a page came in place of data",
    },
    Obstacle {
        name: "a cache that gives out carts",
        arrange: |upstreams| upstreams.store.cache_carts(true),
        status: 502,
        code: "platform_denied",
        advice: "a cache answers in the store's place",
    },
    Obstacle {
        name: "no route to the store",
        arrange: |upstreams| always(upstreams, "GET", CART, Fault::Html(404)),
        status: 502,
        code: "platform_denied",
        advice: "set permalinks to anything but",
    },
    Obstacle {
        name: "another address",
        arrange: |upstreams| {
            let to = Fault::Redirect("https://www.shop.example/wp-json/");
            always(upstreams, "GET", CART, to);
        },
        status: 502,
        code: "platform_denied",
        advice: "set `url` to the address that the store gives itself",
    },
    Obstacle {
        name: "the store's own limit, which is a 400",
        arrange: |upstreams| always(upstreams, "POST", BATCH, Fault::RateLimited(42)),
        status: 503,
        code: "platform_unavailable",
        advice: "the store limits how often it is called",
    },
    Obstacle {
        name: "a proxy's limit",
        arrange: |upstreams| always(upstreams, "POST", BATCH, Fault::StatusWithRetryAfter(429, 7)),
        status: 503,
        code: "platform_unavailable",
        advice: "the store limits how often it is called",
    },
    Obstacle {
        name: "PHP that died",
        arrange: |upstreams| always(upstreams, "POST", BATCH, Fault::PhpFatal),
        status: 503,
        code: "platform_unavailable",
        advice: "look at the store's own error log",
    },
];

/// Each obstacle, at a service of its own that has worked before.
#[tokio::test]
async fn the_agent_is_told_what_it_can_do_and_the_owner_what_he_can() {
    for obstacle in OBSTACLES {
        let upstreams = Upstreams::start().await;
        let process = Process::logging(&upstreams, "info");
        process.ready().await;
        let agent: Agent = process.agent();
        (obstacle.arrange)(&upstreams);
        // A cache gives the first cart to everybody; it is the second who would get somebody's.
        if obstacle.name.contains("cache") {
            agent.create("20", 1).await;
        }
        let answer = agent.create("20", 1).await;
        let told = (answer.status, answer.body["code"].as_str());
        assert_eq!(told, (obstacle.status, Some(obstacle.code)), "{}", obstacle.name);
        if obstacle.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{}", obstacle.name);
        }
        let text = answer.body.to_string();
        assert!(!text.contains('<') && !text.contains("/var/"), "{}: {text}", obstacle.name);

        let log = process.log();
        let warns = |line: &&str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let level = line["level"].as_str().unwrap_or_default();
            matches!(level, "WARN" | "ERROR") && line.to_string().contains(obstacle.advice)
        };
        let lines = log.lines().filter(warns).count();
        assert_eq!(lines, 1, "{}: {:?} in\n{log}", obstacle.name, obstacle.advice);
        let batches = upstreams.store.calls();
        let batches = batches.iter().filter(|call| call.contains("/batch")).count();
        assert!(batches <= 1, "a write is not repeated blindly: {}", obstacle.name);
    }
}

/// `storebridge check`, as an owner runs it.
async fn check(upstreams: &Upstreams, more: &[&str]) -> (bool, String) {
    let arguments: Vec<&str> = ["check"].iter().chain(more).copied().collect();
    let mut command = command(upstreams, &arguments, "http://bridge.test");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Everything but what differs from run to run.
fn steady(report: &str) -> String {
    report
        .lines()
        .map(|line| {
            let milliseconds = line.rfind(", in ").filter(|_| line.ends_with(" ms"));
            milliseconds.map_or(line, |at| &line[..at]).to_owned() + "\n"
        })
        .filter(|line| !line.contains("Stripe") || line.contains("Payment methods"))
        .collect()
}

#[tokio::test]
async fn a_check_of_a_store_that_is_well() {
    let upstreams = Upstreams::start().await;
    let (is_well, report) = check(&upstreams, &["--write"]).await;
    assert!(is_well, "{report}");
    assert_eq!(
        steady(&report),
        "\
The Shop (shop)
  warning  Address: in the clear, and the store takes it for TLS: use https, or keep the way between the two private
  ok       WooCommerce: 10.7.0
  ok       Products: readable, 28 in all
  warning  Feed: of 28 looked at 14 % have a brand, 3 % a GTIN, 92 % a picture: agents rank such products low; fill them in (brands under Products > Brands, or as an attribute named Brand), or say in brand_meta and the feed's settings where they stand
  ok       Orders: the key may read and write them
  ok       Currency: USD
  ok       Taxes: on
  ok       Carts: the Store API hands out carts
  ok       Delivery: to 2 zones
  ok       Payment methods: bacs, cheque, cod are the store's own; agents pay through Stripe
  ok       Catalog: of 28 products; agents see 25 with 33 variants; not shown: grouped 1, external 1, hidden 1; 4 variants leave a choice open (\"any\"): agents see them and cannot buy them before they are told; make one variation for each value
  warning  Hooks: the store does not tell of all its changes, so it is asked for them: run `storebridge hooks install`
  warning  Feed openai: of 33 rows readers refuse 33: T08 x26, a brand is there: set the brand in the store, or defaults.brand where all is of one brand; L04 x14, an address can be reached by everybody: use the public address of the store; L07 x2, a picture is there, and not the platform's placeholder: add a picture in the store
  ok       Rehearsal: \"Hoodie\" to the store's own address: 3 ways to get it, total 52.13 USD
  ok       Rehearsal: the order was canceled again
It works; see what could be better above.
"
    );
    let order = upstreams.store.last_order().unwrap();
    assert_eq!(order["status"], "cancelled");
    assert_eq!(upstreams.store.cart_lines(), 0);
}

#[tokio::test]
async fn a_check_of_a_store_that_is_not() {
    let upstreams = Upstreams::start().await;
    let store = &upstreams.store;
    store.plain_permalinks(true);
    store.set_version("7.9.1");
    store.set_currency("USD", 4);
    store.empty_zone(1);
    store.forget_brands();
    always(&upstreams, "PUT", "/wp-json/wc/v3/orders/{}", Fault::Html(403));
    let (is_well, report) = check(&upstreams, &[]).await;
    assert!(!is_well);
    assert_eq!(
        steady(&report),
        "\
The Shop (shop)
  warning  Address: in the clear, and the store takes it for TLS: use https, or keep the way between the two private
  warning  Permalinks: /wp-json leads nowhere, so the store is called through ?rest_route=: set permalinks to anything but \"Plain\" (Settings > Permalinks), and have the web server pass /wp-json on to WordPress
  warning  WooCommerce: 7.9.1 is older than anything this was tried with: update it
  ok       Products: readable, 28 in all
  warning  Feed: of 28 looked at 0 % have a brand, 3 % a GTIN, 92 % a picture: agents rank such products low; fill them in (brands under Products > Brands, or as an attribute named Brand), or say in brand_meta and the feed's settings where they stand
  FAILED   Orders: the key may only read: make one with permission Read/Write (WooCommerce > Settings > Advanced > REST API)
  warning  Currency: USD, and prices have 4 decimals where it has 2: totals are rounded before they are charged; set the number of decimals to 2
  ok       Taxes: on
  ok       Carts: the Store API hands out carts
  warning  Delivery: nothing is delivered to United States: add a shipping method there
  ok       Payment methods: bacs, cheque, cod are the store's own; agents pay through Stripe
  warning  Hooks: the store does not tell of all its changes, so it is asked for them: run `storebridge hooks install`
Something does not work; see what to do above.
"
    );
    assert_eq!(store.orders().len(), 0, "nothing was changed");
    let writes = |call: &&String| !call.starts_with("GET ") && !call.contains("/orders/0");
    assert_eq!(store.calls().iter().find(writes), None);
}
