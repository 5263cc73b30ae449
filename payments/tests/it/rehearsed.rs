//! `check --stripe` against every Stripe that there may be.

use commerce::{Finding, Level};
use emulators::stripe::{ConsumeOn, Quirks, TokenParam};
use payments::Processor;

use crate::stage::Stage;

/// What was found under a name.
fn found<'a>(findings: &'a [Finding], what: &str) -> &'a str {
    let named: Vec<_> = findings.iter().filter(|finding| finding.what == what).collect();
    let [one] = named.as_slice() else { panic!("one {what} in {findings:#?}") };
    &one.detail
}

fn advice(findings: &[Finding]) -> Vec<&str> {
    let lines = findings.iter().filter(|finding| finding.what == "[store.stripe]");
    lines.map(|finding| finding.detail.as_str()).collect()
}

async fn rehearse(quirks: Quirks) -> (Stage, Vec<Finding>) {
    let stage = Stage::start().await;
    stage.emulator.set_quirks(quirks);
    let findings = stage.stripe.rehearse().await;
    (stage, findings)
}

#[tokio::test]
async fn the_strictest_stripe_confirms_what_is_configured() {
    let (stage, findings) = rehearse(Quirks::default()).await;
    assert!(findings.iter().all(|finding| finding.level == Level::Ok), "{findings:#?}");
    let manual = found(&findings, "Stripe manual capture");
    assert_eq!(manual, "Held: consumed. Captured: consumed, and given back. Canceled: consumed");
    assert_eq!(found(&findings, "Stripe released version"), "2026-10-28.endive knows no tokens");
    for no in ["wrong currency", "small limit", "revoked token", "unknown token"] {
        let said = found(&findings, &format!("Stripe on a {no}"));
        assert!(said.starts_with("status 40") && said.ends_with("(understood)"), "{no}: {said}");
    }
    assert_eq!(
        advice(&findings),
        [
            "token_parameter = \"payment_method_data\"",
            "token_api_version = \"2026-04-22.preview\"",
            "sca = \"acp_delegate\" (imported proofs were not tried)",
        ]
    );
    stage.assert_nothing_is_left();
}

#[tokio::test]
async fn every_unknown_of_stripe_is_told() {
    let quirks = Quirks {
        consume_on: ConsumeOn::Capture,
        revive_on_cancel: true,
        ga_accepts_token_field: true,
        token_param: TokenParam::TopLevel,
        missing_token_status: 400,
        ..Quirks::default()
    };
    let (stage, findings) = rehearse(quirks).await;
    assert_eq!(advice(&findings)[0], "token_parameter = \"top_level\"");
    let is_new = |finding: &&Finding| finding.level == Level::Warning;
    assert_eq!(findings.iter().filter(is_new).count(), 1, "one line to write: {findings:#?}");
    let manual = found(&findings, "Stripe manual capture");
    assert!(manual.starts_with("Held: alive for 100.00 more. Captured: consumed"), "{manual}");
    assert!(manual.ends_with("Canceled: alive for 100.00 more"), "{manual}");
    let released = found(&findings, "Stripe released version");
    assert!(released.contains("by luck"), "{released}");
    let authentication = found(&findings, "Stripe authentication");
    assert!(authentication.ends_with("spt_native: ActionRequired"), "{authentication}");
    stage.assert_nothing_is_left();
}

#[tokio::test]
async fn a_live_key_is_refused_before_the_first_call() {
    let stage = Stage::start().await;
    let findings = stage.stripe_with("sk_live_51abc").rehearse().await;
    let [refused] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(refused.level, Level::Failure);
    assert!(refused.detail.starts_with("Refused"), "{}", refused.detail);
    assert_eq!(stage.emulator.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn an_account_without_tokens_is_told_so() {
    let stage = Stage::start().await;
    let findings = stage.stripe_with("sk_test_wrong").rehearse().await;
    let worst = findings.iter().max_by_key(|finding| finding.level).unwrap();
    assert_eq!(worst.level, Level::Failure);
    assert!(worst.detail.contains("Copy it again"), "{}", worst.detail);
}
