//! Whole feeds on an SFTP server, OpenSSH's own.

use std::{fs, time::Duration};

use feed::{Format, Packing, Profile};
use storebridge::{
    check::Extent,
    config::{Config, SftpPush},
};

use crate::{
    feed_command::{run, with_tables},
    feed_push::{public_store, push},
    sshd::Server,
    stage::{Stage, Upstreams},
};

fn config(upstreams: &Upstreams, server: &Server) -> Config {
    let mut config = upstreams.config();
    config.stores[0].feed.sftp.push(SftpPush {
        target: server.target(),
        folder: server.files(),
        profile: Profile::OpenAi,
        format: Format::Jsonl,
        packing: Packing::Gzip,
        feed_id: None,
        target_country: None,
        every: Duration::from_hours(12),
    });
    config
}

/// Two of its products have no picture, which is not many.
async fn store() -> Upstreams {
    let upstreams = public_store().await;
    upstreams.store.add_products(30);
    upstreams
}

fn files(server: &Server) -> Vec<String> {
    let folder = fs::read_dir(server.files()).unwrap();
    let mut names: Vec<String> =
        folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(server: &Server, name: &str) -> Vec<u8> {
    fs::read(server.folder.join("files").join(name)).unwrap()
}

#[tokio::test]
async fn a_feed_is_put_there_and_guarded_by_what_is_there() {
    let Some(server) = Server::start("feed") else { return };
    let upstreams = store().await;
    let config = config(&upstreams, &server);
    let (code, text) = push(&config, false).await;
    assert_eq!(code, 0, "{text}");
    assert_eq!(files(&server), ["openai.jsonl.gz"]);
    let before = read(&server, "openai.jsonl.gz");
    let report = feed::validate(&before, Profile::OpenAi);
    assert!(report.rows_accepted > 20, "{report}");

    for id in 17..=34 {
        upstreams.store.delete(id);
    }
    let (code, text) = push(&config, false).await;
    assert!(code == 3 && text.contains("F10") && text.contains("--force"), "{text}");
    assert!(read(&server, "openai.jsonl.gz") == before, "the file is as it was");
    assert_eq!(push(&config, true).await.0, 0);
    assert!(read(&server, "openai.jsonl.gz") != before);
}

/// A guard stops the command and the service alike, says so, and stops nothing else. Once somebody
/// has let the feed through, it is what the next one is compared with.
#[tokio::test]
async fn a_feed_that_was_forced_once_goes_on_by_itself() {
    let Some(server) = Server::start("forced") else { return };
    let upstreams = store().await;
    let mut config = config(&upstreams, &server);
    config.stores[0].changes_refresh = Duration::from_millis(20);
    let feed = &mut config.stores[0].feed;
    feed.settings.defaults.remove("brand");
    feed.sftp[0].packing = Packing::None;
    feed.sftp[0].every = Duration::from_millis(50);
    let check = async |config: &Config| {
        let (mut out, extent) = (Vec::new(), Extent { write: false, stripe: false });
        storebridge::check::run(config, extent, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    };
    let forecast = "Push to 127.0.0.1: the next one would be stopped: F11";

    let (code, text) = push(&config, false).await;
    assert!(code == 3 && text.contains("F11"), "{text}");
    assert!(text.contains("--force") && text.contains("guard.incomplete_percent_max"), "{text}");
    let text = check(&config).await;
    assert!(text.contains(forecast), "{text}");
    let stage = Stage::with(upstreams, config.clone()).await;
    assert_eq!(stage.agent().get("/readyz").await.status, 200, "agents buy all the same");
    assert_eq!(files(&server), Vec::<String>::new());

    assert_eq!(push(&config, true).await.0, 0);
    let text = check(&config).await;
    assert!(!text.contains(forecast), "{text}");
    let (code, text) = push(&config, false).await;
    assert_eq!(code, 0, "{text}");
    let branded = "\"brand\":";
    let before = String::from_utf8(read(&server, "openai.jsonl")).unwrap();
    assert!(before.lines().count() > 5 && before.lines().all(|row| row.contains(branded)));
    stage.upstreams.store.set_price(3502, "77.70");
    let put = async {
        while !String::from_utf8_lossy(&read(&server, "openai.jsonl")).contains("77.70") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), put).await.unwrap();
}

/// It is read back from there like every other format.
#[cfg(feature = "parquet")]
#[tokio::test]
async fn parquet_is_put_there_and_compared_with() {
    let Some(server) = Server::start("parquet") else { return };
    let upstreams = store().await;
    let mut config = config(&upstreams, &server);
    let push_of = &mut config.stores[0].feed.sftp[0];
    (push_of.format, push_of.packing) = feed::parse_suffix("parquet").unwrap();
    assert_eq!(push(&config, false).await.0, 0);
    assert_eq!(files(&server), ["openai.parquet"]);
    let report = feed::validate(&read(&server, "openai.parquet"), Profile::OpenAi);
    assert!(report.rows_accepted > 20, "{report}");
    let stage = Stage::with(upstreams, config.clone()).await;
    let path = stage.feed_url.replace("openai.jsonl", "openai.parquet");
    let served = stage.agent().get(path.strip_prefix(&stage.url).unwrap()).await;
    assert_eq!(served.header("content-type"), Some("application/vnd.apache.parquet"));
    assert!(served.bytes == read(&server, "openai.parquet"), "what is served is what is put");
    for id in 17..=34 {
        stage.upstreams.store.delete(id);
    }
    let (code, text) = push(&config, false).await;
    assert!(code == 3 && text.contains("F10"), "{text}");
}

#[tokio::test]
async fn a_bound_lets_a_feed_through() {
    let Some(server) = Server::start("bound") else { return };
    let upstreams = store().await;
    let mut config = config(&upstreams, &server);
    config.stores[0].feed.settings.defaults.remove("brand");
    assert_eq!(push(&config, false).await.0, 3);
    config.stores[0].feed.guard.incomplete_percent_max = 100;
    let (code, text) = push(&config, false).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(" bytes sent") && !text.contains(" 0 bytes sent"), "{text}");
}

#[tokio::test]
async fn a_large_feed_goes_in_parts_and_takes_the_place_of_the_whole() {
    let Some(server) = Server::start("parts") else { return };
    let upstreams = store().await;
    let mut config = config(&upstreams, &server);
    assert_eq!(push(&config, false).await.0, 0);
    config.stores[0].feed.shard_max.rows = 25;
    let (code, text) = push(&config, false).await;
    assert_eq!(code, 0, "{text}");
    let parts = files(&server);
    assert!((3..=6).contains(&parts.len()), "{parts:?}");
    let part = |nth| format!("openai.{nth}-of-{}.jsonl.gz", parts.len());
    assert!((1..=parts.len()).map(part).eq(parts.iter().cloned()), "{parts:?}");
    config.stores[0].feed.shard_max.rows = 500_000;
    assert_eq!(push(&config, false).await.0, 0);
    assert_eq!(files(&server), ["openai.jsonl.gz"]);
}

/// A184.
#[tokio::test]
async fn a_full_replacement_is_metadata_and_products() {
    let Some(server) = Server::start("acp") else { return };
    let upstreams = store().await;
    let mut config = config(&upstreams, &server);
    let push_of = &mut config.stores[0].feed.sftp[0];
    (push_of.profile, push_of.packing) = (Profile::Acp, Packing::None);
    push_of.feed_id = Some("feed_1".to_owned());
    push_of.target_country = Some("US".to_owned());
    assert_eq!(push(&config, false).await.0, 0);
    assert_eq!(files(&server), ["metadata.json", "products.jsonl"]);
    let metadata: serde_json::Value =
        serde_json::from_slice(&read(&server, "metadata.json")).unwrap();
    assert_eq!(metadata["id"], "feed_1");
    assert_eq!(metadata["target_country"], "US");
    assert!(metadata["updated_at"].as_str().unwrap().ends_with('Z'));
    let products = read(&server, "products.jsonl");
    let lines = std::str::from_utf8(&products).unwrap().lines();
    for line in lines {
        let product: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(product["id"].is_string() && product["variants"].is_array(), "{line}");
    }
    let report = feed::validate(&products, Profile::Acp);
    assert!(report.rows_accepted > 20, "{report}");
}

#[tokio::test]
async fn while_serving_it_is_put_there_by_itself_and_a_check_says_how_old_it_is() {
    let Some(server) = Server::start("serve") else { return };
    let upstreams = store().await;
    let key = server.folder.join("user");
    let tables = format!(
        "\n[store.feed.defaults]\nbrand = \"Own\"\n[[store.feed.sftp]]\nhost = \"127.0.0.1\"\n\
         port = {}\nuser = \"{}\"\nkey = \"file:{}\"\nhost_key = \"{}\"\nfolder = \"{}\"\n",
        server.port,
        server.target().user,
        key.display(),
        server.text("host.pub").trim(),
        server.files(),
    );
    let check = async |tables: &str| {
        let output = run(with_tables(&upstreams, &["check"], tables)).await;
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let text = check(&tables).await;
    assert!(text.contains("warning  Feed on 127.0.0.1: nothing is there yet"), "{text}");
    let config = config(&upstreams, &server);
    let mut stage = Stage::with(upstreams, config).await;
    let put = async {
        while files(&server) != ["openai.jsonl.gz"] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), put).await.unwrap();
    stage.stop().await;
    let output = run(with_tables(&stage.upstreams, &["check"], &tables)).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("ok       Feed on 127.0.0.1: openai.jsonl.gz is 0 min old"), "{text}");
    let wrong = tables.replace(server.text("host.pub").trim(), server.text("other.pub").trim());
    let output = run(with_tables(&stage.upstreams, &["check"], &wrong)).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("FAILED   Feed on 127.0.0.1") && text.contains("another key"), "{text}");
}
