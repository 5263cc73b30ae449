//! Hosted feeds as files: profiles, formats, packings, conditions, ranges, filters, parts.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use emulators::faults::Fault;
use http::Method;
use storebridge::App;
use tokio::net::TcpListener;

use crate::stage::{Agent, Answer, Stage, TOKEN, Upstreams, schema};

/// Where a feed of this name is served.
fn path(stage: &Stage, name: &str) -> String {
    let path = stage.feed_url.strip_prefix(&stage.url).unwrap();
    path.replace("openai.jsonl", name)
}

async fn get(stage: &Stage, name: &str, headers: &[(&'static str, &str)]) -> Answer {
    ask(stage, Method::GET, name, headers).await
}

async fn ask(
    stage: &Stage,
    method: Method,
    name: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    let agent = stage.agent();
    let mut request = agent.request(method, &path(stage, name), None, Bytes::new());
    for (header, value) in headers {
        request.headers_mut().insert(*header, value.parse().unwrap());
    }
    agent.send(request).await
}

/// A stage that looks for changes all the time.
async fn attentive() -> Stage {
    let upstreams = Upstreams::start().await;
    upstreams.store.add_products(100);
    let mut config = upstreams.config();
    config.stores[0].changes_refresh = Duration::from_millis(20);
    config.stores[0].catalog_refresh = Duration::from_millis(20);
    Stage::with(upstreams, config).await
}

/// Waits until this holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(15), waiting).await;
    assert!(seen.is_ok(), "never: {what}");
}

fn rows(answer: &Answer) -> usize {
    std::str::from_utf8(&answer.bytes).unwrap().lines().count()
}

#[tokio::test]
async fn every_profile_is_served_in_every_format_its_readers_take() {
    let stage = Stage::start().await;
    for profile in feed::PROFILES {
        for format in feed::FORMATS {
            for packing in feed::PACKINGS {
                let name = format!("{profile}.{format}{}", packing.suffix());
                let answer = get(&stage, &name, &[]).await;
                if !profile.takes(format) {
                    answer.assert_refused(404, "not_found");
                    continue;
                }
                assert_eq!(answer.status, 200, "{name}");
                assert_eq!(answer.header("content-encoding"), None, "it is a file");
                let length: usize = answer.header("content-length").unwrap().parse().unwrap();
                assert_eq!(length, answer.bytes.len());
                let report = feed::validate(&answer.bytes, profile);
                assert_eq!((report.format, report.packing), (Some(format), Some(packing)));
                assert!(report.rows_read > 10 || !profile.has_flags(), "{name}\n{report}");
                // The demo store is on this machine, where no reader finds it.
                let wrong =
                    report.findings.iter().filter(|one| !["L04", "F09"].contains(&one.rule));
                let wrong = wrong.filter(|one| one.severity >= feed::Severity::Error).count();
                assert_eq!(wrong, 0, "{name}\n{report}");
            }
        }
    }
    get(&stage, "openai.doc", &[]).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn a_reader_that_has_the_bytes_is_told_so() {
    let stage = attentive().await;
    let first = get(&stage, "openai.jsonl.gz", &[]).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"') && first.header("last-modified").is_some());
    let again = get(&stage, "openai.jsonl.gz", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, Some(&*tag)));
    assert!(again.header("cache-control").is_some());
    let others = format!("\"other\", W/{tag}");
    assert_eq!(get(&stage, "openai.jsonl.gz", &[("if-none-match", &others)]).await.status, 304);
    // The same rows packed otherwise are other bytes.
    assert_eq!(get(&stage, "openai.jsonl.zst", &[("if-none-match", &tag)]).await.status, 200);
    let since = first.header("last-modified").unwrap();
    let seen = get(&stage, "openai.jsonl.gz", &[("if-modified-since", since)]).await;
    assert_eq!(seen.status, 304);

    let head = ask(&stage, Method::HEAD, "openai.jsonl.gz", &[]).await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!(head.header("content-length"), first.header("content-length"));
    assert_eq!(head.header("etag"), Some(&*tag));

    stage.upstreams.store.set_price(20, "19.19");
    until("the bytes are others", async || {
        get(&stage, "openai.jsonl.gz", &[("if-none-match", &tag)]).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_range_is_a_part_of_the_same_bytes() {
    let upstreams = Upstreams::start().await;
    upstreams.store.add_products(200);
    let config = upstreams.config();
    let stage = Stage::with(upstreams, config).await;
    let whole = get(&stage, "openai.csv.gz", &[]).await;
    let (tag, length) = (whole.header("etag").unwrap(), whole.bytes.len());
    let middle = format!("bytes=100-{}", length - 100);
    let part = get(&stage, "openai.csv.gz", &[("range", &middle)]).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.bytes, whole.bytes[100..=length - 100]);
    let told = format!("bytes 100-{}/{length}", length - 100);
    assert_eq!(part.header("content-range"), Some(&*told));
    let rest = [("range", "bytes=-10"), ("if-range", tag)];
    assert_eq!(get(&stage, "openai.csv.gz", &rest).await.bytes, whole.bytes[length - 10..]);
    let other = [("range", "bytes=-10"), ("if-range", "\"other\"")];
    let other = get(&stage, "openai.csv.gz", &other).await;
    assert_eq!((other.status, other.bytes.len()), (200, length));
    let beyond = get(&stage, "openai.csv.gz", &[("range", "bytes=99999999-")]).await;
    assert_eq!((beyond.status, beyond.bytes.len()), (416, 0));
    assert_eq!(beyond.header("content-range"), Some(&*format!("bytes */{length}")));
}

#[tokio::test]
async fn a_feed_is_narrowed_by_brand_category_and_market() {
    let stage = Stage::start().await;
    let all = rows(&get(&stage, "openai.jsonl", &[]).await);
    let count = async |query: &str| {
        let answer = get(&stage, &format!("openai.jsonl?{query}"), &[]).await;
        assert_eq!(answer.status, 200, "{query}");
        rows(&answer)
    };
    let (own, hoodies) = (count("brand=own").await, count("category=Hoodies").await);
    assert!(own > 0 && own < all, "{own} of {all}");
    assert!(hoodies > 0 && hoodies < all, "{hoodies} of {all}");
    assert_eq!(count("category=clothing%20%3E%20HOODIES").await, hoodies);
    assert_eq!(count("market=US").await, all);
    assert_eq!(count("market=JP").await, 0);
    assert_eq!(count("brand=nobody").await, 0);
    for wrong in ["color=red", "brand=a&brand=b", &format!("brand={}", "x".repeat(257))] {
        let answer = get(&stage, &format!("openai.jsonl?{wrong}"), &[]).await;
        answer.assert_refused(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_feed_that_is_too_large_has_parts_that_hold_it_all() {
    let upstreams = Upstreams::start().await;
    upstreams.store.add_products(100);
    let mut config = upstreams.config();
    config.stores[0].feed.shard_max.rows = 50;
    let stage = Stage::with(upstreams, config).await;
    let whole = get(&stage, "openai.jsonl", &[]).await;
    let parts = whole.header("link").unwrap().matches("rel=\"item\"").count();
    assert!((3..8).contains(&parts), "{:?}", whole.header("link"));
    let mut lines = Vec::new();
    for nth in 1..=parts {
        let part = get(&stage, &format!("openai.{nth}-of-{parts}.jsonl"), &[]).await;
        assert!((1..=50).contains(&rows(&part)));
        assert_eq!(part.header("link"), None);
        lines.extend(String::from_utf8(part.bytes.to_vec()).unwrap().lines().map(str::to_owned));
    }
    let mut expected: Vec<&str> = std::str::from_utf8(&whole.bytes).unwrap().lines().collect();
    expected.sort_unstable();
    lines.sort_unstable();
    assert_eq!(lines, expected);
    for wrong in [format!("1-of-{}", parts + 1), format!("{}-of-{parts}", parts + 1)] {
        let answer = get(&stage, &format!("openai.{wrong}.jsonl"), &[]).await;
        answer.assert_refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_change_reaches_every_feed_and_leaves_the_bytes_of_one_made_anew() {
    let stage = attentive().await;
    let names = ["openai.jsonl", "openai-extended.csv.gz", "acp.json", "stripe.csv.zst"];
    for name in names {
        assert_eq!(get(&stage, name, &[]).await.status, 200);
    }
    stage.upstreams.store.set_price(20, "43.21");
    stage.upstreams.store.delete(21);
    let added = stage.upstreams.store.add_products(1).to_string();
    until("the catalog knows", async || {
        let feed = get(&stage, "openai.jsonl", &[]).await;
        let feed = String::from_utf8(feed.bytes.to_vec()).unwrap();
        let has = |id: &str| feed.contains(&format!("\"item_id\":\"{id}\""));
        feed.contains("43.21 USD") && !has("21") && has(&added)
    })
    .await;
    let app = App::new(&stage.config, storebridge::real_world().unwrap());
    app.start();
    app.ready().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = format!("http://{}", listener.local_addr().unwrap());
    let serving = Arc::clone(&app);
    tokio::spawn(async move {
        storebridge::run(listener, &serving, std::future::pending()).await;
    });
    for name in names {
        let updated = get(&stage, name, &[]).await;
        let anew = Agent::new(&other, TOKEN).get(&path(&stage, name)).await;
        assert_eq!(anew.status, 200);
        assert!(updated.bytes == anew.bytes, "{name} differs");
        assert_eq!(updated.header("etag"), anew.header("etag"));
    }
}

#[tokio::test]
async fn a_store_whose_settings_cannot_be_read_is_fed_all_the_same() {
    let upstreams = Upstreams::start().await;
    upstreams.store_faults.always("GET", "/wp-json/wc/v3/settings/tax", Fault::Status(500));
    let config = upstreams.config();
    let stage = Stage::with(upstreams, config).await;
    let answer = get(&stage, "openai.jsonl", &[]).await;
    assert!(rows(&answer) > 10);
}

/// The day a schema has a word for feeds, this fails, and they are to be announced.
#[tokio::test]
async fn feeds_are_announced_where_the_schema_has_a_word_for_them_which_is_nowhere() {
    let stage = Stage::start().await;
    let document = stage.agent().get("/.well-known/acp.json").await.body;
    schema::check_discovery(&document);
    assert!(!document.to_string().contains(&stage.feed_url), "an address is one seller's");
    let announced = document["capabilities"]["services"].as_array().unwrap();
    assert!(!announced.contains(&"feeds".into()), "{document:#}");
    for version in ["2026-04-17", "unreleased"] {
        // Where the schemas are absent, the line above has said so.
        let Some(services) = schema::services(version) else { continue };
        assert!(!services.iter().any(|service| service.contains("feed")), "{version}");
    }
}
