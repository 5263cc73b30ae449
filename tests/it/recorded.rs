//! The same purchase in every version, recorded under `docs/purchases` and compared with a fresh
//! run: a recording that is out of date fails, and says where the new one lies.

use std::{fmt::Write, path::Path};

use serde_json::{Value, json};

use crate::{
    in_process::world,
    stage::{Answer, agent::Agent},
    versions::{VERSIONS, choice, completion, creation},
};

#[tokio::test(start_paused = true)]
async fn the_recorded_purchases_are_those_of_today() {
    let mut stale = Vec::new();
    for version in VERSIONS {
        let today = purchase(version).await;
        let name = format!("docs/purchases/{version}.md");
        let recorded = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        if recorded.ok().as_ref() != Some(&today) {
            let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{version}.md"));
            std::fs::write(&fresh, today).unwrap();
            stale.push(format!("cp {} {name}", fresh.display()));
        }
    }
    assert!(stale.is_empty(), "recordings are out of date:\n{}", stale.join("\n"));
}

/// Create, choose, pay: what is said and what is answered.
async fn purchase(version: &'static str) -> String {
    let world = world(1).await;
    let agent = world.agent.speaking(version);
    let mut page = format!("# One purchase in {version}\n\nTwo caps, sent by express.\n");
    let sessions = "/api/checkout_sessions";
    let created = step(&agent, &mut page, sessions, &creation(version), "create").await;
    let path = format!("{sessions}/{}", created.id());
    let express = choice(version, "flat_rate:2");
    step(&agent, &mut page, &path, &express, "update").await;
    let token = world.stripe.mint("pm_card_visa", 1_000_000, "usd");
    let payment = completion(version, &token);
    let done = step(&agent, &mut page, &format!("{path}/complete"), &payment, "complete").await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    page
}

async fn step(agent: &Agent, page: &mut String, path: &str, body: &Value, key: &str) -> Answer {
    let answer = agent.post_with(path, body, key).await;
    let short = path.split('/').map(|part| if part.len() > 40 { "{id}" } else { part });
    let short = short.collect::<Vec<_>>().join("/");
    let mut shown = answer.body.clone();
    shown["id"] = json!("{id}");
    let shown = shown.to_string().replace(answer.id(), "{id}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    write!(
        page,
        "\n## POST {short}\n\n```json\n{body:#}\n```\n\n{}\n\n```json\n{shown:#}\n```\n",
        answer.status,
    )
    .unwrap();
    answer
}
