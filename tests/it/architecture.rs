//! Who may know whom, proved over the real dependency graph.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// Each of our crates, and which of our crates it may depend on.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("acp", &[]),
    ("catalog", &["commerce"]),
    ("commerce", &[]),
    ("upstream", &[]),
    ("payments", &["commerce", "upstream"]),
    ("shopify", &["commerce", "upstream"]),
    ("woocommerce", &["commerce", "upstream"]),
    ("emulators", &[]),
    ("feed", &["commerce"]),
    ("sftp", &[]),
    (
        "storebridge",
        &[
            "acp",
            "catalog",
            "commerce",
            "emulators",
            "feed",
            "payments",
            "sftp",
            "shopify",
            "upstream",
            "woocommerce",
        ],
    ),
];

/// Crates that only some of ours may depend on.
const RESERVED: &[(&str, &[&str])] = &[
    ("reqwest", &["upstream"]),
    ("axum", &["storebridge", "emulators"]),
    ("async-stripe-client-core", &["payments"]),
    ("anyhow", &["storebridge"]),
    ("russh", &["sftp"]),
];

fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|p| (p["name"].as_str().unwrap().to_owned(), p.clone())).collect()
}

/// What a package needs to run; tests may use more.
fn needs(package: &Value) -> Vec<&str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|d| d["kind"].is_null()).map(|d| d["name"].as_str().unwrap()).collect()
}

#[test]
fn every_crate_knows_only_whom_it_may() {
    let packages = packages();
    let ours: Vec<&str> = MAY_KNOW.iter().map(|(name, _)| *name).collect();
    assert_eq!(packages.len(), ours.len(), "every crate has its line here");
    for (name, allowed) in MAY_KNOW {
        let known = needs(&packages[*name]);
        for other in known.iter().filter(|dependency| ours.contains(dependency)) {
            assert!(allowed.contains(other), "{name} may not know {other}");
        }
    }
}

#[test]
fn some_crates_are_reserved() {
    let packages = packages();
    for (name, package) in &packages {
        for (reserved, owners) in RESERVED {
            let uses = needs(package).contains(reserved);
            assert!(!uses || owners.contains(&name.as_str()), "{name} may not use {reserved}");
        }
    }
}

#[test]
fn protocol_and_feeds_know_neither_network_nor_time() {
    let packages = packages();
    for forbidden in ["tokio", "http", "reqwest", "axum", "rand"] {
        assert!(!needs(&packages["acp"]).contains(&forbidden), "acp may not use {forbidden}");
        assert!(!needs(&packages["feed"]).contains(&forbidden), "feed may not use {forbidden}");
    }
    // Feeds write days; `Timestamp::now` is disallowed everywhere.
    assert!(!needs(&packages["acp"]).contains(&"jiff"), "acp may not use jiff");
}

#[test]
fn only_the_demo_knows_the_emulators() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    for (path, text) in rust_files(source.as_ref()) {
        let demo = path.contains("/demo/") || path.ends_with("/demo.rs");
        assert!(demo || !text.contains("emulators::"), "{path} knows the emulators");
    }
}

fn rust_files(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((path.display().to_string(), text));
        }
    }
    files
}
