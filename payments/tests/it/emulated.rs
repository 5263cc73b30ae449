//! The whole way of a payment, and every way off it.

use commerce::{Level, OrderId};
use emulators::{faults::Fault, stripe::Mishap};
use jiff::Timestamp;
use payments::{
    BadToken, Deactivation, DisputeState, Network, Origin, PaymentError, PaymentState,
    PaymentToken, Processor, Proof, RefundRequest, RefundState, Sca,
};

use crate::stage::{Stage, TOTAL, usd};

const OPEN: &str = "/v1/payment_intents";
const CONFIRM: &str = "/v1/payment_intents/{}/confirm";
const CAPTURE: &str = "/v1/payment_intents/{}/capture";
const CANCEL: &str = "/v1/payment_intents/{}/cancel";

#[tokio::test]
async fn a_payment_is_opened_authorized_and_captured() {
    let stage = Stage::start().await;
    let token = stage.token("pm_card_visa");
    let info = stage.stripe.inspect(&token).await.unwrap();
    assert_eq!((info.limit, info.deactivated, info.livemode), (usd(100_000), None, false));

    let opened = stage.open(TOTAL).await.unwrap();
    assert_eq!((opened.state, opened.total), (PaymentState::Open, usd(TOTAL)));
    assert_eq!(opened.session.as_ref(), Some(&stage.session));

    let held = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap();
    assert_eq!((held.state, held.capturable), (PaymentState::Authorized, usd(TOTAL)));
    assert_eq!(stage.emulator.captured(), []);

    let paid = stage.capture(&held).await.unwrap();
    assert_eq!((paid.state, paid.captured), (PaymentState::Captured, usd(TOTAL)));
    assert_eq!(paid.order, Some(OrderId::new("42")));
    assert_eq!(stage.emulator.captured().len(), 1);
    assert_eq!(stage.stripe.fetch(&paid.id).await.unwrap(), paid);
}

#[tokio::test]
async fn everything_twice_has_its_effect_once() {
    let stage = Stage::start().await;
    let token = stage.token("pm_card_visa");
    let opened = stage.open(TOTAL).await.unwrap();
    assert_eq!(stage.open(TOTAL).await.unwrap(), opened);

    let held = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap();
    assert_eq!(stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap(), held);
    assert_eq!(stage.stripe.authorize(&opened.id, &token, None, 1).await.unwrap(), held);

    let paid = stage.capture(&held).await.unwrap();
    assert_eq!(stage.capture(&held).await.unwrap(), paid);
    assert_eq!(stage.open(TOTAL).await.unwrap().state, PaymentState::Captured);
    assert_eq!(stage.emulator.captured().len(), 1);
}

#[tokio::test]
async fn voiding_twice_is_fine_and_ends_the_payment() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    let voided = stage.stripe.void(&held.id).await.unwrap();
    assert_eq!(voided.state, PaymentState::Voided);
    assert_eq!(stage.stripe.void(&held.id).await.unwrap(), voided);

    let error = stage.capture(&held).await.unwrap_err();
    let PaymentError::Rejected { code, .. } = &error else { panic!("{error:?}") };
    assert_eq!(code, "payment_intent_unexpected_state");
    assert_eq!(stage.emulator.captured(), []);
}

#[tokio::test]
async fn what_was_captured_is_not_voided() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    stage.capture(&held).await.unwrap();
    let error = stage.stripe.void(&held.id).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
    assert_eq!(stage.stripe.fetch(&held.id).await.unwrap().state, PaymentState::Captured);
}

#[tokio::test]
async fn a_declined_card_leaves_the_payment_open_for_another() {
    let stage = Stage::start().await;
    let opened = stage.open(TOTAL).await.unwrap();
    let token = stage.token("pm_card_chargeDeclined");
    let error = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    let PaymentError::Declined(decline) = &error else { panic!("{error:?}") };
    assert!(decline.code.is_some() && !decline.text.is_empty());
    let again = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    assert!(matches!(again, PaymentError::Declined(_)), "the repeated answer: {again:?}");

    let failed = stage.stripe.fetch(&opened.id).await.unwrap();
    assert_eq!(failed.state, PaymentState::Open);
    assert_eq!(failed.decline.as_ref(), Some(decline));

    let good = stage.token("pm_card_visa");
    let held = stage.stripe.authorize(&opened.id, &good, None, 0).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized);
}

#[tokio::test]
async fn a_buyer_who_had_to_authenticate_is_an_error() {
    let stage = Stage::start().await;
    let opened = stage.open(TOTAL).await.unwrap();
    let token = stage.token("pm_card_authenticationRequired");
    let error = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    let visa = Some(Network::Visa);
    assert!(
        matches!(&error, PaymentError::AuthenticationRequired { network } if *network == visa),
        "{error:?}"
    );
    assert_eq!(stage.stripe.fetch(&opened.id).await.unwrap().state, PaymentState::Open);
    let proof = Proof::new(
        &stage.session,
        usd(TOTAL),
        "AAIBBYNoEwAAACcKhAJkdQAAAAA=",
        "05",
        "c4e59ceb",
        "2.2",
    )
    .unwrap();
    let held = stage.stripe.authorize(&opened.id, &token, Some(&proof), 0).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized);
}

#[tokio::test]
async fn a_card_that_must_be_authenticated_fails_fast_where_nobody_can_ask() {
    let stage = Stage::start().await;
    let stripe = stage.stripe_under(|settings| settings.sca = Sca::FailFast);
    let opened = stage.open(TOTAL).await.unwrap();
    let token = stage.token("pm_card_authenticationRequired");
    let error = stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    assert!(matches!(error, PaymentError::AuthenticationRequired { .. }), "{error:?}");
    let proof = proof(&stage);
    let error = stripe.authorize(&opened.id, &token, Some(&proof), 1).await.unwrap_err();
    assert!(matches!(&error, PaymentError::Rejected { code, .. } if code == "proof_unwanted"));
    assert_eq!(stripe.fetch(&opened.id).await.unwrap().state, PaymentState::Open);
}

#[tokio::test]
async fn a_payment_can_wait_for_the_buyer() {
    for (is_proved, ends) in [(true, PaymentState::Authorized), (false, PaymentState::Open)] {
        let stage = Stage::start().await;
        let stripe = stage.stripe_under(|settings| settings.sca = Sca::SptNative);
        let opened = stage.open(TOTAL).await.unwrap();
        let token = stage.token("pm_card_authenticationRequired");
        let waiting = stripe.authorize(&opened.id, &token, None, 0).await.unwrap();
        assert_eq!(waiting.state, PaymentState::ActionRequired);
        assert!(waiting.capturable.is_zero());
        stage.emulator.authenticate(opened.id.as_str(), is_proved).unwrap();
        assert_eq!(stripe.fetch(&opened.id).await.unwrap().state, ends);
    }
}

#[tokio::test]
async fn a_buyer_who_never_comes_back_is_let_go() {
    let stage = Stage::start().await;
    let stripe = stage.stripe_under(|settings| settings.sca = Sca::SptNative);
    let opened = stage.open(TOTAL).await.unwrap();
    let token = stage.token("pm_card_authenticationRequired");
    stripe.authorize(&opened.id, &token, None, 0).await.unwrap();
    assert_eq!(stripe.void(&opened.id).await.unwrap().state, PaymentState::Voided);
}

/// Whoever changes the settings between two tries meets the key of the first one.
#[tokio::test]
async fn a_key_that_was_used_under_other_settings_is_a_doubt_that_a_new_generation_ends() {
    let stage = Stage::start().await;
    let opened = stage.open(TOTAL).await.unwrap();
    let token = stage.token("pm_card_authenticationRequired");
    stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    let native = stage.stripe_under(|settings| settings.sca = Sca::SptNative);
    let error = native.authorize(&opened.id, &token, None, 0).await.unwrap_err();
    assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
    let waiting = native.authorize(&opened.id, &token, None, 1).await.unwrap();
    assert_eq!(waiting.state, PaymentState::ActionRequired);
}

#[tokio::test]
async fn held_money_tells_when_it_goes_back_by_itself() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    let until = held.held_until.unwrap();
    assert_eq!(until.as_second(), stage.now() + 7 * 24 * 3_600);
    stage.pass(8 * 24 * 3_600);
    assert_eq!(stage.stripe.fetch(&held.id).await.unwrap().state, PaymentState::Voided);
}

#[tokio::test]
async fn refunds_end_later_and_some_fail() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    stage.capture(&held).await.unwrap();
    let origin = Origin::Store("7".to_owned());
    let request =
        RefundRequest { payment: &held.id, amount: usd(TOTAL), reason: "broken", origin: &origin };
    let back = stage.stripe.refund(&request).await.unwrap();
    assert_eq!((back.state, back.reason.as_str()), (RefundState::Completed, "broken"));
    stage.emulator.fail_refund(&back.id).unwrap();
    let again = stage.stripe.refund(&request).await.unwrap();
    assert_eq!((&again.id, again.state), (&back.id, RefundState::Failed));
    assert!(stage.stripe.fetch(&held.id).await.unwrap().refunded.is_zero());
}

#[tokio::test]
async fn a_dispute_ends_one_way_or_the_other() {
    for (won, ends) in [(true, DisputeState::Won), (false, DisputeState::Lost)] {
        let stage = Stage::start().await;
        let held = stage.held().await;
        stage.capture(&held).await.unwrap();
        let id = stage.emulator.dispute(held.id.as_str(), "fraudulent").unwrap();
        let progress = async || stage.stripe.disputes(&held.id).await.unwrap()[0].state;
        assert_eq!(progress().await, DisputeState::Open);
        stage.emulator.decide_dispute(&id, won);
        assert_eq!(progress().await, ends);
    }
}

/// Another call is working on the same payment.
#[tokio::test]
async fn a_payment_that_is_locked_is_left_for_later() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    for _ in 1..=3 {
        stage.emulator.plan("POST", CAPTURE, 1, Mishap::Locked);
    }
    let error = stage.capture(&held).await.unwrap_err();
    assert!(matches!(error, PaymentError::NotExecuted { .. }), "{error:?}");
    assert_eq!(stage.capture(&held).await.unwrap().state, PaymentState::Captured);
}

fn proof(stage: &Stage) -> Proof {
    Proof::new(&stage.session, usd(TOTAL), "AAIBBYNoEwAAACcKhAJkdQAAAAA=", "05", "c4e59ceb", "2.2")
        .unwrap()
}

#[tokio::test]
async fn tokens_that_cannot_pay_are_told_apart() {
    let stage = Stage::start().await;
    let opened = stage.open(TOTAL).await.unwrap();
    let revoked = stage.emulator.mint("pm_card_visa", 100_000, "usd");
    stage.help(&format!("shared_payment/granted_tokens/{revoked}/revoke"), "").await;
    let form = format!(
        "payment_method=pm_card_visa&usage_limits[currency]=usd&usage_limits[max_amount]=100000\
         &usage_limits[expires_at]={}",
        stage.now() + 60,
    );
    let expired = stage.help("shared_payment/granted_tokens", &form).await;
    let expired = expired["id"].as_str().unwrap().to_owned();
    stage.pass(120);

    let cases = [
        (stage.token_over("pm_card_visa", TOTAL - 1, "usd"), BadToken::LimitTooSmall),
        (stage.token_over("pm_card_visa", 100_000, "eur"), BadToken::WrongCurrency),
        (PaymentToken::new("spt_neverissued"), BadToken::Unknown),
        (PaymentToken::new(&revoked), BadToken::Deactivated),
        (PaymentToken::new(&expired), BadToken::Expired),
    ];
    for (token, expected) in &cases {
        let error = stage.stripe.authorize(&opened.id, token, None, 0).await.unwrap_err();
        let PaymentError::BadToken(why) = &error else { panic!("{expected:?}: {error:?}") };
        assert_eq!(why, expected);
    }
    let info = stage.stripe.inspect(&PaymentToken::new(&revoked)).await.unwrap();
    assert_eq!(info.deactivated, Some(Deactivation::Revoked));
    let error = stage.stripe.inspect(&PaymentToken::new("spt_neverissued")).await.unwrap_err();
    assert!(matches!(error, PaymentError::BadToken(BadToken::Unknown)), "{error:?}");
    assert_eq!(stage.stripe.fetch(&opened.id).await.unwrap().state, PaymentState::Open);
}

#[tokio::test]
async fn another_price_meets_the_same_payment() {
    let stage = Stage::start().await;
    let first = stage.open(1_000).await.unwrap();
    for cents in [2_000, 1_000, 2_000, TOTAL] {
        let opened = stage.open(cents).await.unwrap();
        assert_eq!((&opened.id, opened.total), (&first.id, usd(cents)));
    }
    let held = stage.held().await;
    assert_eq!(held.capturable, usd(TOTAL));

    let too_late = stage.open(3_000).await.unwrap();
    assert_eq!((too_late.state, too_late.total), (PaymentState::Authorized, usd(TOTAL)));
}

#[tokio::test]
async fn a_payment_is_found_by_its_session_alone() {
    let stage = Stage::start().await;
    let since = Timestamp::from_second(stage.now()).unwrap();
    assert_eq!(stage.stripe.find(&stage.session, since).await.unwrap(), None);
    let opened = stage.open(TOTAL).await.unwrap();
    assert_eq!(stage.stripe.find(&stage.session, since).await.unwrap(), Some(opened));
    let later = Timestamp::from_second(stage.now() + 3_600).unwrap();
    assert_eq!(stage.stripe.find(&stage.session, later).await.unwrap(), None);
}

/// More answers are lost than one call tries for, so that the doubt reaches the caller.
#[tokio::test]
async fn after_a_lost_answer_the_same_call_again_has_one_effect() {
    let stage = Stage::start().await;
    let lose = |path| (1..=3).for_each(|_| stage.faults.next("POST", path, Fault::DropAfter));
    let assert_doubt = |error: PaymentError| {
        assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
    };
    let token = stage.token("pm_card_visa");

    lose(OPEN);
    assert_doubt(stage.open(TOTAL).await.unwrap_err());
    let opened = stage.open(TOTAL).await.unwrap();

    lose(CONFIRM);
    assert_doubt(stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err());
    let held = stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized);

    lose(CAPTURE);
    assert_doubt(stage.capture(&held).await.unwrap_err());
    assert_eq!(stage.capture(&held).await.unwrap().state, PaymentState::Captured);
    assert_eq!(stage.emulator.captured().len(), 1);
}

#[tokio::test]
async fn one_lost_answer_is_asked_for_again_at_once() {
    let stage = Stage::start().await;
    for path in [OPEN, CONFIRM, CAPTURE] {
        stage.faults.next("POST", path, Fault::DropAfter);
    }
    let held = stage.held().await;
    assert_eq!(stage.capture(&held).await.unwrap().captured, usd(TOTAL));
    assert_eq!(stage.emulator.captured().len(), 1);
}

#[tokio::test]
async fn a_lost_void_is_done_all_the_same() {
    let stage = Stage::start().await;
    let held = stage.held().await;
    (1..=3).for_each(|_| stage.faults.next("POST", CANCEL, Fault::DropAfter));
    let error = stage.stripe.void(&held.id).await.unwrap_err();
    assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
    assert_eq!(stage.stripe.void(&held.id).await.unwrap().state, PaymentState::Voided);
}

#[tokio::test]
async fn a_server_error_that_stripe_remembers_is_no_dead_end() {
    let stage = Stage::start().await;
    for path in ["/v1/payment_intents", "/v1/payment_intents/{}/confirm"] {
        stage.emulator.fail_next_stored("POST", path);
    }
    let assert_doubt = |error: PaymentError| {
        assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
    };
    assert_doubt(stage.open(TOTAL).await.unwrap_err());
    let opened = stage.open(TOTAL).await.unwrap();
    assert_eq!(stage.emulator.intents().len(), 1);

    stage.emulator.fail_next_stored("POST", "/v1/payment_intents/{}");
    assert_doubt(stage.open(1_000).await.unwrap_err());
    assert_eq!(stage.open(1_000).await.unwrap().total, usd(1_000));
    assert_eq!(stage.open(TOTAL).await.unwrap().total, usd(TOTAL));

    let token = stage.token("pm_card_visa");
    assert_doubt(stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err());
    assert_doubt(stage.stripe.authorize(&opened.id, &token, None, 0).await.unwrap_err());
    assert_eq!(stage.stripe.fetch(&opened.id).await.unwrap().state, PaymentState::Open);
    let held = stage.stripe.authorize(&opened.id, &token, None, 1).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized);

    stage.emulator.fail_next_stored("POST", "/v1/payment_intents/{}/capture");
    assert_doubt(stage.capture(&held).await.unwrap_err());
    assert_eq!(stage.capture(&held).await.unwrap().state, PaymentState::Captured);
    assert_eq!((stage.emulator.captured().len(), stage.emulator.authorizations()), (1, 1));
}

#[tokio::test]
async fn a_stripe_that_is_not_there_did_nothing() {
    let stage = Stage::start().await;
    let elsewhere = stage.stripe_at("http://127.0.0.1:9");
    let error = elsewhere.fetch(&stage.open(TOTAL).await.unwrap().id).await.unwrap_err();
    assert!(matches!(error, PaymentError::NotExecuted { .. }), "{error:?}");
}

#[tokio::test]
async fn a_wrong_key_is_the_operators_business() {
    let stage = Stage::start().await;
    let stranger = stage.stripe_with("sk_test_wrong");
    let error = stranger.inspect(&stage.token("pm_card_visa")).await.unwrap_err();
    assert!(matches!(error, PaymentError::Denied { .. }), "{error:?}");
    let findings = stranger.check().await;
    assert_eq!(findings.iter().map(|finding| finding.level).max(), Some(Level::Failure));
}

#[tokio::test]
async fn a_check_names_the_account_and_its_mode() {
    let stage = Stage::start().await;
    let findings = stage.stripe.check().await;
    let worst = findings.iter().map(|finding| finding.level).max();
    assert_eq!(worst, Some(Level::Warning), "test mode: {findings:?}");
    assert_eq!(findings.len(), 3, "{findings:?}");
}
