//! Discount codes: what counts, what does not and why, and who guesses.

use std::num::NonZeroU32;

use serde_json::json;

use crate::{
    extras::create_with,
    stage::{Answer, Stage, Upstreams},
};

/// A118, A128 to A136: applied with allocations, refused with a reason, replaced and cleared.
#[tokio::test]
async fn codes_are_applied_refused_replaced_and_cleared() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(
        &agent,
        json!({
            "capabilities": {"extensions": ["discount@2026-01-27", "unknown"]},
            // A132: the newer name wins.
            "coupons": ["ignored"],
            "discounts": {"codes": ["SAVE10", "nonsense"]},
        }),
    )
    .await;
    assert_eq!(session.status, 201, "{}", session.body);
    assert_eq!(session.body["capabilities"]["extensions"][0]["name"], "discount");
    let discounts = &session.body["discounts"];
    let applied = &discounts["applied"][0];
    // A131: as the store spells it.
    assert_eq!(applied["code"], "save10");
    let parts: i64 = applied["allocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(parts, applied["amount"].as_i64().unwrap());
    assert_eq!(session.total("items_discount"), applied["amount"].as_i64());
    assert_eq!(discounts["rejected"][0]["code"], "nonsense");
    assert_eq!(discounts["rejected"][0]["reason"], "discount_code_invalid");
    let warning = session.message("discount_code_invalid").unwrap();
    assert_eq!(warning["param"], "$.discounts.codes[1]");
    assert_eq!(discounts["codes"][1], "nonsense", "the path leads to the code");
    assert_eq!(session.body["status"], "ready_for_payment", "a refused code stops nothing");

    // A130.
    let cleared = agent.update(session.id(), &json!({"discounts": {"codes": []}})).await;
    assert_eq!(cleared.body["discounts"]["codes"], json!([]), "{}", cleared.body);
    assert_eq!(cleared.total("items_discount"), None);
}

/// A137: codes are not found out by trying; a purchase without codes goes on.
#[tokio::test]
async fn who_guesses_codes_has_to_wait() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].agents[0].wrong_codes_per_minute = NonZeroU32::new(3).unwrap();
    let stage = Stage::with(upstreams, config).await;
    let agent = stage.agent();
    let codes = |codes: &[&str]| json!({"discounts": {"codes": codes}});
    // What counts, or has counted once, is no guess.
    let session = create_with(&agent, codes(&["SAVE10", "expired"])).await;
    agent.update(session.id(), &codes(&["a1", "a2"])).await;
    let last = agent.update(session.id(), &codes(&["a3"])).await;
    assert_eq!(last.status, 200, "{}", last.body);
    let refused = agent.post_with(&path_of(&session), &codes(&["SAVE10"]), "again").await;
    refused.assert_refused(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    create_with(&agent, codes(&["a4"])).await.assert_refused(429, "rate_limited");
    let without = agent.update(session.id(), &codes(&[])).await;
    assert_eq!(without.body["status"], "ready_for_payment", "{}", without.body);
    let other = create_with(&stage.other_agent(), codes(&["a5"])).await;
    assert_eq!(other.status, 201, "another agent's guesses are its own");
}

fn path_of(session: &Answer) -> String {
    format!("/api/checkout_sessions/{}", session.id())
}

/// A129: who does not know the extension sees right sums and no extension.
#[tokio::test]
async fn who_knows_no_discounts_sees_none() {
    let stage = Stage::start().await;
    let session = create_with(&stage.agent(), json!({})).await;
    assert!(session.body.get("discounts").is_none());
    assert!(session.body["capabilities"].get("extensions").is_none());
}
