//! `storebridge feed` as an owner meets it.

use std::{
    fs::OpenOptions,
    io::Write,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{crash::command, stage::Upstreams};

const DEFAULTS: &str = "
[store.feed.defaults]
brand = \"Own\"
condition = \"new\"
";

/// The command with a configuration that says this too.
pub(crate) fn with_tables(upstreams: &Upstreams, words: &[&str], tables: &str) -> Command {
    let command = command(upstreams, words, "http://bridge.test");
    let config = command.get_args().last().unwrap().to_owned();
    OpenOptions::new().append(true).open(config).unwrap().write_all(tables.as_bytes()).unwrap();
    command
}

pub(crate) async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn feed(upstreams: &Upstreams, words: &[&str]) -> (i32, String, String) {
    let output = run(with_tables(upstreams, &[&["feed"], words].concat(), DEFAULTS)).await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn alone(words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_storebridge")).args(words).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_store_is_validated_with_what_was_left_out() {
    let upstreams = Upstreams::start().await;
    let (code, text, log) = feed(&upstreams, &["validate", "--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["subject"], &report["profile"]), (&"shop".into(), &"openai".into()));
    assert!(report["rows_read"].as_u64().unwrap() > 20, "{text}");
    // A store on this machine has addresses that no reader finds.
    assert_eq!(code, 3, "{text}\n{log}");
    let rules: Vec<&str> =
        report["rules"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(rules.contains(&"L04") && !rules.contains(&"T08"), "{rules:?}");
    assert!(log.contains("catalog refreshed"), "lines tell how far it is: {log}");

    let google = ["validate", "--profile", "google"];
    let (_, text, _) = feed(&upstreams, &google).await;
    assert!(text.contains("error G05") && text.contains("identifier_exists"), "{text}");

    let other = ["validate", "--store", "other"];
    let (code, _, error) = feed(&upstreams, &other).await;
    assert!(code == 1 && error.contains("there are: shop"), "{error}");
}

/// Readers refuse rows without a brand: whoever looks is told how many those are and what to do.
#[tokio::test]
async fn a_missing_brand_is_said_with_what_to_do() {
    let upstreams = crate::feed_push::public_store().await;
    let said = async |words: &[&str], tables: &str| {
        let output = run(with_tables(&upstreams, words, tables)).await;
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let (validate, check) = (["feed", "validate"], ["check"]);
    let text = said(&validate, "").await;
    assert!(text.contains("error T08 x") && text.contains("defaults.brand"), "{text}");
    let text = said(&check, "").await;
    let line = text.lines().find(|line| line.contains("Feed openai")).unwrap();
    assert!(line.contains("warning") && line.contains("readers refuse"), "{line}");
    assert!(line.contains("a brand is there") && line.contains("defaults.brand"), "{line}");

    let text = said(&validate, DEFAULTS).await;
    assert!(!text.contains("T08 "), "{text}");
    assert!(!said(&check, DEFAULTS).await.contains("a brand is there"));
}

#[tokio::test]
async fn files_and_addresses_are_validated_as_readers_would() {
    let path = std::env::temp_dir().join("storebridge-feed-command.csv");
    let path = path.to_str().unwrap();
    let row = "1,Lamp,A lamp.,https://s.example/1,https://s.example/1.jpg,in_stock,9.50 USD,Own,\
               Shop,US,US,true,false\n";
    let header = "item_id,title,description,url,image_url,availability,price,brand,seller_name,\
                  target_countries,store_country,is_eligible_search,is_eligible_checkout\n";
    std::fs::write(path, format!("{header}{row}")).unwrap();
    let (code, text) = alone(&["feed", "validate", "--file", path]);
    assert!(code == 0 && text.contains("1 accepted, 0 rejected"), "{text}");
    std::fs::write(path, format!("{header}{}", row.replace("9.50 USD", "9,50"))).unwrap();
    assert_eq!(alone(&["feed", "validate", "--file", path]).0, 3, "a cell too many, and no row");
    let (code, text) = alone(&["feed", "validate"]);
    assert!(code == 1 && text.contains("--config"), "{text}");
    assert_eq!(alone(&["feed", "validate", "--file", "nowhere.csv"]).0, 1);
    let (code, text) = alone(&["feed", "validate", "--url", "http://127.0.0.1:9/feed.csv"]);
    assert!(code == 1 && text.contains("cannot read http://127.0.0.1:9"), "{text}");
}

#[tokio::test]
async fn a_product_is_explained_field_by_field() {
    let upstreams = Upstreams::start().await;
    let (code, text, log) = feed(&upstreams, &["explain", "20"]).await;
    assert_eq!(code, 0, "{log}");
    for line in [
        "product 20 for openai",
        "shown  yes",
        "T-Shirt  (the platform: variant.title)",
        "brand                     Own  (the configuration's default)",
        "set defaults.material",
    ] {
        assert!(text.contains(line), "{line:?} is missing in:\n{text}");
    }
    let (_, text, _) = feed(&upstreams, &["explain", "20", "--profile", "acp", "--json"]).await;
    let explained: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(explained["items"][0]["item_id"], "20");
    // Asked for a variation, its product is explained.
    assert!(feed(&upstreams, &["explain", "26"]).await.1.contains("item 26"));
    let (code, _, error) = feed(&upstreams, &["explain", "99999"]).await;
    assert!(code == 1 && error.contains("no product or variant"), "{error}");
}

#[tokio::test]
async fn a_preview_is_a_small_feed() {
    let upstreams = Upstreams::start().await;
    upstreams.store.add_products(300);
    let (code, text, aside) = feed(&upstreams, &["preview"]).await;
    assert_eq!((code, text.lines().count()), (0, 100), "{aside}");
    assert!(aside.contains("100 rows of openai as jsonl"), "{aside}");
    let csv = ["preview", "--rows", "3", "--format", "csv", "--profile", "openai-extended"];
    let (_, text, _) = feed(&upstreams, &csv).await;
    assert!((4..8).contains(&text.lines().count()), "{text}");
    let (code, _, error) =
        feed(&upstreams, &["preview", "--profile", "stripe", "--format", "xml"]).await;
    assert!(code == 1 && error.contains("choose csv"), "{error}");
}

#[test]
fn fields_are_listed_with_what_each_profile_calls_them() {
    let (code, text) = alone(&["feed", "fields"]);
    assert_eq!(code, 0);
    assert!(text.contains("openai R, openai-extended R, openai-2025 R id"), "{text}");
    let (_, text) = alone(&["feed", "fields", "--json"]);
    let fields: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(fields.len(), feed::CONCEPTS.len());
}
