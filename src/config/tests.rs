use super::{Config, ConfigError};

/// The least that works; secrets come from a file that every checkout has.
fn minimal() -> String {
    let secret = format!("file:{}/LICENSE", env!("CARGO_MANIFEST_DIR"));
    format!(
        r#"
[server]
public_url = "https://acp.shop.example"
session_key = "{secret}"

[[store]]
id = "shop"
name = "The Shop"
platform = "woocommerce"
url = "https://shop.example"

[store.woocommerce]
consumer_key = "{secret}"
consumer_secret = "{secret}"

[store.stripe]
secret_key = "{secret}"
merchant_id = "profile_123"

[[store.agent]]
id = "chatgpt"
token = "{secret}"
"#
    )
}

/// Replaces one line and expects an error that names this key and the line it stands in.
fn check(line: &str, replacement: &str, key: &str) -> ConfigError {
    let text = minimal().replacen(line, replacement, 1);
    assert_ne!(text, minimal(), "{line:?} stands in the minimal file");
    let error = Config::parse(&text).unwrap_err();
    assert_eq!(error.key, key, "{error}");
    assert!(!error.fix.is_empty());
    if !replacement.is_empty() {
        let at = text.lines().position(|found| found.contains(replacement)).unwrap() + 1;
        assert_eq!(error.line, at, "{error}");
    }
    error
}

#[test]
fn the_minimal_file_is_enough() {
    let config = Config::parse(&minimal()).unwrap();
    assert_eq!(config.stores.len(), 1);
    assert_eq!(config.stores[0].session_lifetime.as_secs(), 6 * 3600);
    assert_eq!(config.server.listen.port(), 8080);
}

#[test]
fn feeds_take_what_is_said_of_the_seller_elsewhere() {
    let text = minimal()
        + "\n[store.links]\nterms_of_use = \"https://shop.example/terms\"\n[store.feed.meta]\n\
           material = [\"_material\"]\n";
    let config = Config::parse(&text).unwrap();
    let store = &config.stores[0];
    let said = |field: &str| store.feed.settings.defaults[field].as_str().unwrap().to_owned();
    assert_eq!(said("seller_name"), "The Shop");
    assert_eq!(said("seller_url"), "https://shop.example");
    assert_eq!(said("seller_tos"), "https://shop.example/terms");
    let super::Platform::WooCommerce(woocommerce) = &store.platform else { panic!() };
    assert_eq!(woocommerce.meta_keys.others, ["_material"], "the store is asked for it");
}

#[test]
fn a_field_that_cannot_be_meant_is_named() {
    let line = "merchant_id = \"profile_123\"";
    let table = "merchant_id = \"profile_123\"\n[store.feed.defaults]\ncolour = \"red\"";
    let text = minimal().replacen(line, table, 1);
    let error = Config::parse(&text).unwrap_err();
    assert_eq!(error.key, "store[0].feed");
    assert!(error.message.contains("colour") && error.fix.contains("feed.md"), "{error}");
}

#[test]
fn a_guard_takes_percents_and_hours() {
    let with = |line: &str| Config::parse(&format!("{}\n[store.feed.guard]\n{line}\n", minimal()));
    let guard = with("incomplete_percent_max = 100").unwrap().stores[0].feed.guard;
    assert_eq!((guard.incomplete_percent_max, guard.lost_percent_max), (100, 20));
    let error = with("lost_percent_max = 101").unwrap_err();
    assert_eq!(error.key, "store[0].feed");
    assert!(error.message.contains("guard.lost_percent_max"), "{error}");
    assert!(with("catalog_age_s = 1").is_err());
}

#[test]
fn where_feeds_are_brought_is_checked() {
    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    let secret = format!("file:{}/LICENSE", env!("CARGO_MANIFEST_DIR"));
    let with = |table: &str| Config::parse(&format!("{}\n{table}\n", minimal()));
    let sftp = |host_key: &str, rest: &str| {
        with(&format!(
            "[[store.feed.sftp]]\nhost = \"sftp.example\"\nuser = \"shop\"\n\
             host_key = \"{host_key}\"\n{rest}"
        ))
    };
    let password = format!("password = \"{secret}\"");
    let put = &sftp(KEY, &password).unwrap().stores[0].feed.sftp[0];
    assert_eq!((put.target.port, put.every.as_secs()), (22, 12 * 3600));
    assert_eq!(
        format!("{}.{}{}", put.profile, put.format, put.packing.suffix()),
        "openai.jsonl.gz"
    );
    for (host_key, rest, key) in [
        ("ssh-rsa AAAA", password.as_str(), "host_key"),
        (KEY, "", ""),
        (KEY, &format!("{password}\nkey = \"{secret}\""), ""),
        (KEY, &format!("key = \"{secret}\""), "key"),
        (KEY, &format!("{password}\nprofile = \"meta\""), "profile"),
        (KEY, &format!("{password}\nformat = \"doc\""), "format"),
        (KEY, &format!("{password}\nprofile = \"stripe\""), "format"),
        (KEY, &format!("{password}\nprofile = \"acp\""), "format"),
        (KEY, &format!("{password}\ntarget_country = \"usa\""), "target_country"),
    ] {
        let error = sftp(host_key, rest).unwrap_err();
        let place = ["store[0].feed.sftp[0]", key].join(if key.is_empty() { "" } else { "." });
        assert!(error.key == place && !error.fix.is_empty(), "{rest}: {error}");
    }
    let api = with(&format!(
        "[[store.feed.api]]\nurl = \"https://agent.example/acp\"\ntoken = \"{secret}\""
    ));
    let api = &api.unwrap().stores[0].feed.api[0];
    assert_eq!((api.batch_products_max, api.gather.as_millis()), (100, 200));
    assert_eq!(api.limits.deadline.as_secs(), 60);
}

/// An example file, whose secrets are some text.
fn example(name: &str) -> Config {
    let folder = env!("CARGO_MANIFEST_DIR");
    let secret = format!("\"file:{folder}/LICENSE\"");
    let text: String = std::fs::read_to_string(format!("{folder}/config/{name}"))
        .unwrap()
        .lines()
        .map(|line| match line.split_once("\"env:") {
            Some((key, _)) => format!("{key}{secret}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    Config::parse(&text).unwrap()
}

#[test]
fn the_example_of_shopify_holds_every_default() {
    let of = |config: &Config| match &config.stores[0].platform {
        super::Platform::Shopify(store) => store.clone(),
        super::Platform::WooCommerce(_) => panic!(),
    };
    let secret = format!("\"file:{}/LICENSE\"", env!("CARGO_MANIFEST_DIR"));
    let table = format!("[store.shopify]\nclient_id = {secret}\nclient_secret = {secret}\n");
    let minimal = shopify(&table).unwrap();
    let (example, minimal) = (of(&example("shopify.example.toml")), of(&minimal));
    assert_eq!(example.version, minimal.version);
    assert_eq!(example.limits, minimal.limits);
    assert_eq!(example.points_wait_max, minimal.points_wait_max);
    assert_eq!(example.catalog.export_poll, minimal.catalog.export_poll);
    assert_eq!(example.catalog.export_stall_max, minimal.catalog.export_stall_max);
}

/// The least configuration with these tables in place of WooCommerce's.
fn shopify(tables: &str) -> Result<Config, ConfigError> {
    let text = minimal().replace("platform = \"woocommerce\"", "platform = \"shopify\"");
    let start = text.find("[store.woocommerce]").unwrap();
    let end = start + text[start..].find("[store.stripe]").unwrap();
    Config::parse(&format!("{}{tables}\n{}", &text[..start], &text[end..]))
}

#[test]
fn a_shopify_store_lets_us_in_in_one_way() {
    let secret = format!("\"file:{}/LICENSE\"", env!("CARGO_MANIFEST_DIR"));
    let app = format!("client_id = {secret}\nclient_secret = {secret}");
    for (table, key) in [
        (String::new(), "store[0].shopify"),
        ("[store.shopify]".to_owned(), "store[0].shopify"),
        (format!("[store.shopify]\nclient_id = {secret}"), "store[0].shopify"),
        (format!("[store.shopify]\n{app}\nadmin_token = {secret}"), "store[0].shopify"),
        (
            format!("[store.shopify]\n{app}\napi_version = \"2026-01\""),
            "store[0].shopify.api_version",
        ),
        (
            format!("[store.shopify]\n{app}\n[store.shopify.catalog]\ncountry = \"usa\""),
            "store[0].shopify.catalog.country",
        ),
    ] {
        let error = shopify(&table).unwrap_err();
        assert!(error.key == key && !error.fix.is_empty(), "{table}: {error}");
    }
    assert!(shopify(&format!("[store.shopify]\nadmin_token = {secret}")).is_ok());
}

#[test]
fn the_example_file_holds_every_default() {
    let example = example("storebridge.example.toml");
    let minimal = Config::parse(&minimal()).unwrap();
    assert_eq!(example.server.bounds, minimal.server.bounds);
    assert_eq!(example.stores[0].stripe.limits, minimal.stores[0].stripe.limits);
    assert_eq!(example.stores[0].stripe.api_version, minimal.stores[0].stripe.api_version);
    assert_eq!(example.stores[0].catalog_refresh, minimal.stores[0].catalog_refresh);
    let (of_example, of_minimal) = (&example.stores[0].agents[0], &minimal.stores[0].agents[0]);
    assert_eq!(of_example.calls_per_minute, of_minimal.calls_per_minute);
    assert_eq!(of_example.wrong_codes_per_minute, of_minimal.wrong_codes_per_minute);
    assert_eq!(of_example.events.as_ref().unwrap().version, acp::latest::Version::LATEST);
}

#[test]
fn what_agents_and_buyers_are_told_is_checked() {
    let asked = |channel: &str| {
        let policy = "https://shop.example/privacy";
        format!(
            "\n[[store.marketing]]\nchannel = {channel:?}\ntext = \"News\"\nprivacy_policy = {policy:?}\n"
        )
    };
    let with = |more: &str| Config::parse(&(minimal() + more));
    let both = with(&(asked("email") + &asked("sms"))).unwrap();
    assert_eq!(both.stores[0].marketing.len(), 2);
    let error = with(&asked("pigeon")).unwrap_err();
    assert_eq!(error.key, "store[0].marketing[0].channel", "{error}");
    let error = with(&(asked("email") + &asked("email"))).unwrap_err();
    assert_eq!(error.key, "store[0].marketing[1].channel", "{error}");
    let error = with("wrong_codes_per_minute = 0\n").unwrap_err();
    assert_eq!(error.key, "store[0].agent[0].wrong_codes_per_minute", "{error}");
    let secret = format!("file:{}/LICENSE", env!("CARGO_MANIFEST_DIR"));
    let events = format!(
        "\n[store.agent.events]\nurl = \"https://a.example\"\nsecret = {secret:?}\nversion = \"2024\"\n"
    );
    let error = with(&events).unwrap_err();
    assert_eq!(error.key, "store[0].agent[0].events.version", "{error}");
}

#[test]
fn errors_name_key_line_and_fix() {
    check("public_url = \"https://acp.shop.example\"", "public_url = \"acp\"", "server.public_url");
    check("id = \"shop\"", "id = \"My Shop\"", "store[0].id");
    check("platform = \"woocommerce\"", "platform = \"magento\"", "store[0].platform");
    check("merchant_id = \"profile_123\"", "merchant_id = \"\"", "store[0].stripe.merchant_id");
    let error = check("name = \"The Shop\"", "nmae = \"The Shop\"", "nmae");
    assert!(error.message.contains("unknown field"), "{error}");
    let error = check("name = \"The Shop\"", "name = 7", "name");
    assert!(error.message.contains("string"), "{error}");
}

#[test]
fn secrets_are_references() {
    let plain = "merchant_id = \"profile_123\"\n\n[[store.agent]]\nid = \"chatgpt\"\ntoken = \"";
    let text =
        minimal().replacen(plain, &plain.replace("token = \"", "token = \"in-the-clear\" #"), 1);
    let error = Config::parse(&text).unwrap_err();
    assert_eq!(error.key, "store[0].agent[0].token");
    assert!(!error.to_string().contains("in-the-clear"), "a secret is not repeated");

    let text =
        minimal().replace("session_key = \"file:", "session_key = \"env:NOT_SET_ANYWHERE\" #");
    let error = Config::parse(&text).unwrap_err();
    assert_eq!(error.key, "server.session_key");
    assert!(error.message.contains("NOT_SET_ANYWHERE"), "{error}");
}

#[test]
fn what_cannot_work_is_refused() {
    assert_eq!(Config::parse("").unwrap_err().line, 1);
    let text = minimal().replace("[[store.agent]]", "[[store.agents]]");
    assert!(Config::parse(&text).is_err());
    let one = minimal();
    let (_, store) = one.split_once("[[store]]").unwrap();
    let error = Config::parse(&format!("{one}[[store]]{store}")).unwrap_err();
    assert_eq!(error.key, "store[1].id", "{error}");
    let other = store.replace("id = \"shop\"", "id = \"other\"");
    let error = Config::parse(&format!("{one}[[store]]{other}")).unwrap_err();
    assert!(error.message.contains("share a token"), "{error}");
}
