//! Shared Payment Tokens.

use emulators::stripe::{Audience, ConsumeOn, Grant, Quirks, TokenParam};
use serde_json::json;

use crate::bench::{Bench, GA, HELD, PREVIEW, paying};

const CREATE: &str = "/v1/payment_intents";
const MINT: &str = "/v1/test_helpers/shared_payment/granted_tokens";

#[tokio::test]
async fn a_token_is_minted_and_read() {
    let bench = Bench::new();
    let expires_at = bench.now() + 600;
    let body = format!(
        "payment_method=pm_card_visa&usage_limits[currency]=usd&usage_limits[max_amount]=5000\
         &usage_limits[expires_at]={expires_at}&shared_metadata[session]=s1"
    );
    let minted = bench.post(MINT, &body).await;
    let read = bench.token(&minted.id()).await;
    assert_eq!(read, minted.body);
    assert_eq!(read["object"], "shared_payment.granted_token");
    assert_eq!(read["livemode"], false);
    let limits = json!({ "currency": "usd", "expires_at": expires_at, "max_amount": 5000 });
    assert_eq!(read["usage_limits"], limits);
    assert_eq!(read["usage_details"]["amount_captured"], json!({ "currency": "usd", "value": 0 }));
    assert_eq!(read["shared_metadata"]["session"], "s1");
    assert_eq!(read["payment_method_details"]["card"]["last4"], "4242");
    assert_eq!(read["deactivated_at"], json!(null));
    let missing = bench.post(MINT, "payment_method=pm_card_visa&usage_limits[currency]=usd").await;
    missing.assert_refused(400, "parameter_missing");
    assert_eq!(missing.body["error"]["param"], "usage_limits[max_amount]");
}

#[tokio::test]
async fn holding_money_uses_a_token_up() {
    let bench = Bench::new();
    let (_, token) = bench.authorized().await;
    assert_eq!(bench.token(&token).await["deactivated_reason"], "consumed");
    let refused = bench.confirm(&bench.open().await, &token).await;
    refused.assert_refused(400, "");
    assert!(refused.message().contains("deactivated state"), "{}", refused.body);
    assert_eq!(bench.stripe.authorizations(), 1);
}

#[tokio::test]
async fn a_token_has_its_limits() {
    let bench = Bench::new();
    let id = bench.open().await;
    let small = bench.stripe.mint("pm_card_visa", 4999, "usd");
    let refused = bench.confirm(&id, &small).await;
    refused.assert_refused(400, "");
    assert!(refused.message().contains("remaining amount capturable"), "{}", refused.body);

    let foreign = bench.stripe.mint("pm_card_visa", 9000, "eur");
    let refused = bench.confirm(&id, &foreign).await;
    refused.assert_refused(400, "");
    assert!(refused.message().contains("currency"));

    bench.confirm(&id, "spt_unknown").await.assert_refused(404, "resource_missing");
    let as_method = format!("payment_method={small}");
    let refused = bench.post(&format!("{CREATE}/{id}/confirm"), &as_method).await;
    refused.assert_refused(400, "resource_missing");

    let future = format!("{}&setup_future_usage=off_session", paying(&small));
    let id = bench.post(CREATE, &HELD.replace("5000", "4000")).await.id();
    bench.post(&format!("{CREATE}/{id}/confirm"), &future).await.assert_refused(400, "");
    assert_eq!(bench.stripe.authorizations(), 0);
    assert_eq!(bench.token(&small).await["deactivated_reason"], json!(null));
}

#[tokio::test]
async fn expiry_matters_only_to_a_confirmation() {
    let bench = Bench::new();
    let (held, _) = bench.authorized().await;
    let late = bench.stripe.mint("pm_card_visa", 9000, "usd");
    bench.wait(24 * 3600);
    let refused = bench.confirm(&bench.open().await, &late).await;
    refused.assert_refused(400, "");
    assert!(refused.message().contains("deactivated state"));
    assert_eq!(bench.token(&late).await["deactivated_reason"], "expired");
    let captured = bench.post(&format!("{CREATE}/{held}/capture"), "").await;
    assert_eq!(captured.body["status"], "succeeded");
}

#[tokio::test]
async fn a_revoked_token_is_dead() {
    let bench = Bench::new();
    let token = bench.stripe.mint("pm_card_visa", 9000, "usd");
    let revoked = bench.post(&format!("{MINT}/{token}/revoke"), "").await;
    assert_eq!(revoked.body["deactivated_reason"], "revoked");
    bench.confirm(&bench.open().await, &token).await.assert_refused(400, "");
}

#[tokio::test]
async fn only_previews_know_tokens() {
    let bench = Bench::new();
    let (id, token) = (bench.open().await, bench.stripe.mint("pm_card_visa", 9000, "usd"));
    let confirm = format!("{CREATE}/{id}/confirm");
    for version in [GA, "2026-03-25.preview"] {
        let headers = [("stripe-version", version)];
        let refused = bench.post_with(&confirm, &paying(&token), &headers).await;
        refused.assert_refused(400, "parameter_unknown");
        let param = "payment_method_data[shared_payment_granted_token]";
        assert_eq!(refused.body["error"]["param"], param);
    }
    let path = format!("/v1/shared_payment/granted_tokens/{token}");
    let read = bench.request("GET", &path, "", &[("stripe-version", GA)]);
    bench.send(read).await.assert_refused(404, "");
    let top_level = format!("shared_payment_granted_token={token}");
    bench.post(&confirm, &top_level).await.assert_refused(400, "parameter_unknown");

    bench.stripe.set_quirks(Quirks { ga_accepts_token_field: true, ..Quirks::default() });
    let paid = bench.post_with(&confirm, &paying(&token), &[("stripe-version", GA)]).await;
    assert_eq!(paid.status, 200, "{}", paid.body);
}

#[tokio::test]
async fn early_previews_had_the_token_elsewhere() {
    let bench = Bench::new();
    bench.stripe.set_quirks(Quirks { token_param: TokenParam::TopLevel, ..Quirks::default() });
    let (id, token) = (bench.open().await, bench.stripe.mint("pm_card_visa", 9000, "usd"));
    bench.confirm(&id, &token).await.assert_refused(400, "parameter_unknown");
    let body = format!("shared_payment_granted_token={token}");
    let paid = bench.post(&format!("{CREATE}/{id}/confirm"), &body).await;
    assert_eq!(paid.body["status"], "requires_capture", "{}", paid.body);
}

#[tokio::test]
async fn what_uses_a_token_up_and_revives_it_is_a_quirk() {
    for (consume_on, held, revive_on_cancel, canceled) in [
        (ConsumeOn::Authorize, json!("consumed"), false, json!("consumed")),
        (ConsumeOn::Authorize, json!("consumed"), true, json!(null)),
        (ConsumeOn::Capture, json!(null), true, json!(null)),
        (ConsumeOn::Capture, json!(null), false, json!("consumed")),
    ] {
        let bench = Bench::new();
        bench.stripe.set_quirks(Quirks { consume_on, revive_on_cancel, ..Quirks::default() });
        let (id, token) = bench.authorized().await;
        assert_eq!(bench.token(&token).await["deactivated_reason"], held);
        bench.post(&format!("{CREATE}/{id}/cancel"), "").await;
        assert_eq!(bench.token(&token).await["deactivated_reason"], canceled);
    }
}

#[tokio::test]
async fn what_is_held_counts_against_the_limit() {
    let bench = Bench::new();
    bench.stripe.set_quirks(Quirks { consume_on: ConsumeOn::Capture, ..Quirks::default() });
    let (first, token) = bench.authorized().await;
    let second = bench.open().await;
    bench.confirm(&second, &token).await.assert_refused(400, "");
    bench.post(&format!("{CREATE}/{first}/capture"), "amount_to_capture=3000").await;
    let seen = bench.token(&token).await;
    assert_eq!(seen["usage_details"]["amount_captured"]["value"], 3000);
    assert_eq!(seen["deactivated_reason"], "consumed");
}

#[tokio::test]
async fn one_call_may_create_and_confirm() {
    let bench = Bench::new();
    let token = bench.stripe.mint("pm_card_visa", 5000, "usd");
    let body = format!("{HELD}&confirm=true&{}", paying(&token));
    let headers = [("stripe-version", PREVIEW)];
    let made = bench.post_with(CREATE, &body, &headers).await;
    assert_eq!(made.body["status"], "requires_capture", "{}", made.body);
}

#[tokio::test]
async fn tokens_of_others_do_not_exist_here() {
    for (audience, words) in [
        (Audience::OtherSeller, "No such shared_payment.granted_token: '"),
        (Audience::LiveMode, "a similar object exists in live mode"),
    ] {
        for status in [404, 400] {
            let bench = Bench::new();
            let quirks = Quirks { missing_token_status: status, ..Quirks::default() };
            bench.stripe.set_quirks(quirks);
            let token = bench.stripe.grant(Grant {
                payment_method: "pm_card_visa".to_owned(),
                currency: "usd".to_owned(),
                max_amount: 9000,
                expires_at: None,
                metadata: Vec::new(),
                audience,
            });
            for refused in [
                bench.confirm(&bench.open().await, &token).await,
                bench.get(&format!("/v1/shared_payment/granted_tokens/{token}")).await,
                bench.post(&format!("{MINT}/{token}/revoke"), "").await,
            ] {
                refused.assert_refused(status, "resource_missing");
                assert!(refused.message().contains(words), "{}", refused.body);
            }
            assert_eq!(bench.stripe.authorizations(), 0);
        }
    }
}

#[tokio::test]
async fn a_token_that_lives_again_may_be_too_old() {
    let bench = Bench::new();
    bench.stripe.set_quirks(Quirks { revive_on_cancel: true, ..Quirks::default() });
    let (id, token) = bench.authorized().await;
    bench.wait(24 * 3600);
    bench.post(&format!("{CREATE}/{id}/cancel"), "").await;
    assert_eq!(bench.token(&token).await["deactivated_reason"], "expired");
}
