//! A bank that wants to know the buyer, where the seller can have it asked.

use serde_json::{Value, json};
use storebridge::config::Acquirer;

use crate::{
    repair::{listening, tell},
    stage::{
        Agent, Answer, Stage, Upstreams,
        agent::{ada, payment, san_francisco},
    },
};

const SESSIONS: &str = "/api/checkout_sessions";

async fn stage() -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].stripe.sca = payments::Sca::AcpDelegate;
    config.stores[0].stripe.acquirer = Some(Acquirer {
        bin: "412345".to_owned(),
        country: "US".to_owned(),
        merchant_id: "000123456".to_owned(),
        merchant_name: "The Shop".to_owned(),
        requestor_id: None,
    });
    Stage::with(upstreams, config).await
}

/// A session of an agent that can show what the bank asks.
async fn able(agent: &Agent) -> Answer {
    create(agent, json!({"interventions": {"supported": ["biometric", "3ds"]}})).await
}

async fn create(agent: &Agent, capabilities: Value) -> Answer {
    let body = json!({
        "currency": "usd", "capabilities": capabilities, "line_items": [{"id": "20"}],
        "buyer": ada(), "fulfillment_details": san_francisco(),
    });
    let session = agent.post(SESSIONS, &body).await;
    assert_eq!(session.body["status"], "ready_for_payment", "{}", session.body);
    session
}

fn careful_card(stage: &Stage) -> String {
    stage.upstreams.stripe.mint("pm_card_authenticationRequired", 1_000_000, "usd")
}

fn proof() -> Value {
    json!({
        "outcome": "authenticated",
        "outcome_details": {
            "three_ds_cryptogram": "AAIBBYNoEwAAACcKhAJkdQAAAAA=",
            "electronic_commerce_indicator": "05",
            "transaction_id": "c4e59ceb-a382-4d6a-bc87-385d591fa09d",
            "version": "2.2.0",
        },
    })
}

async fn complete(agent: &Agent, id: &str, token: &str, result: Option<Value>) -> Answer {
    let mut body = payment(token);
    if let Some(result) = result {
        body["authentication_result"] = result;
    }
    agent.post(&format!("{SESSIONS}/{id}/complete"), &body).await
}

/// A082, A083, A123.
#[tokio::test]
async fn the_bank_asks_the_agent_answers_and_the_money_moves_once() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = able(&agent).await;
    let interventions = &session.body["capabilities"]["interventions"];
    assert_eq!(interventions["supported"], json!(["3ds"]), "what both can do");
    let (id, token) = (session.id(), careful_card(&stage));

    let asked = complete(&agent, id, &token, None).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(asked.body["status"], "authentication_required", "{}", asked.body);
    let metadata = &asked.body["authentication_metadata"];
    assert_eq!(metadata["directory_server"], "visa");
    assert_eq!(metadata["acquirer_details"]["acquirer_bin"], "412345");
    stage.upstreams.assert_nothing_bought();

    // It is the store that remembers: another replica asks the same.
    let (replica, _stop) = stage.replica_of(&stage.config).await;
    let elsewhere = Agent::new(&replica, crate::stage::TOKEN);
    let read = elsewhere.get(&format!("{SESSIONS}/{id}")).await;
    assert_eq!(read.body, asked.body);

    let missing = complete(&elsewhere, id, &token, None).await;
    missing.assert_refused(400, "requires_3ds");
    assert_eq!(missing.body["param"], "$.authentication_result");

    let done = complete(&elsewhere, id, &token, Some(proof())).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    stage.upstreams.assert_bought_once();
}

/// A no is the end of this card, not of the session.
#[tokio::test]
async fn a_bank_that_says_no_leaves_the_session_open() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = able(&agent).await;
    complete(&agent, session.id(), &careful_card(&stage), None).await;
    let denied = json!({"outcome": "denied"});
    let refused = complete(&agent, session.id(), &careful_card(&stage), Some(denied)).await;
    assert_eq!(refused.body["status"], "ready_for_payment", "{}", refused.body);
    assert!(refused.message("payment_declined").is_some());
    stage.upstreams.assert_nothing_bought();
    let done = complete(&agent, session.id(), &stage.token(), None).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn a_bank_that_knows_the_buyer_may_still_decline() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = able(&agent).await;
    let poor = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds";
    let token = stage.upstreams.stripe.mint(poor, 1_000_000, "usd");
    complete(&agent, session.id(), &token, None).await;
    let refused = complete(&agent, session.id(), &token, Some(proof())).await;
    assert_eq!(refused.body["status"], "ready_for_payment", "{}", refused.body);
    assert!(refused.message("payment_declined").is_some(), "{}", refused.body);
    stage.upstreams.assert_nothing_bought();
}

/// What the bank was asked is bound to what the session cost then.
#[tokio::test]
async fn another_total_makes_the_question_void() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = able(&agent).await;
    let (id, token) = (session.id(), careful_card(&stage));
    complete(&agent, id, &token, None).await;
    let more = json!({"line_items": [{"id": "20", "quantity": 2}]});
    let more = agent.post(&format!("{SESSIONS}/{id}"), &more).await;
    assert_eq!(more.body["status"], "ready_for_payment", "{}", more.body);
    let asked = complete(&agent, id, &token, Some(proof())).await;
    assert_eq!(asked.body["status"], "authentication_required", "the proof was for less");
    stage.upstreams.assert_nothing_bought();
}

#[tokio::test]
async fn a_proof_that_stripe_would_refuse_is_refused_before() {
    let stage = stage().await;
    let agent = stage.agent();
    let session = able(&agent).await;
    complete(&agent, session.id(), &careful_card(&stage), None).await;
    let mut wrong = proof();
    wrong["outcome_details"]["version"] = json!("9");
    let refused = complete(&agent, session.id(), &careful_card(&stage), Some(wrong)).await;
    refused.assert_refused(400, "invalid");
    assert_eq!(refused.body["param"], "$.authentication_result.outcome_details.version");
}

/// An agent that cannot, or a version that has not the words: another card.
#[tokio::test]
async fn nobody_is_asked_for_what_he_cannot_do() {
    let stage = stage().await;
    let agent = stage.agent();
    let unable = create(&agent, json!({})).await;
    let supported = &unable.body["capabilities"]["interventions"]["supported"];
    assert_eq!(*supported, json!([]));
    let refused = complete(&agent, unable.id(), &careful_card(&stage), None).await;
    assert_eq!(refused.body["status"], "ready_for_payment");
    assert!(refused.message("requires_3ds").is_some());

    let session = able(&agent).await;
    complete(&agent, session.id(), &careful_card(&stage), None).await;
    for version in ["2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30"] {
        let older = agent.speaking(version).get(&format!("{SESSIONS}/{}", session.id())).await;
        assert_eq!(older.body["status"], "not_ready_for_payment", "{version}");
        assert!(older.message("requires_3ds").is_some(), "{version}: {}", older.body);
    }
    stage.upstreams.assert_nothing_bought();
}

/// The processor asks the buyer itself, through the agent: the purchase waits, and goes on by what the
/// processor tells or by a read.
#[tokio::test]
async fn a_purchase_waits_while_the_processor_asks_the_buyer() {
    for (vouches, is_told) in [(true, true), (true, false), (false, false)] {
        let stage = listening(&["payment_intent.amount_capturable_updated"], |config| {
            config.stores[0].stripe.sca = payments::Sca::SptNative;
        })
        .await;
        let agent = stage.agent();
        let session = agent.ready("20", 1).await;
        let token = careful_card(&stage);
        let waits = agent.complete_with(session.id(), &token, "pay").await;
        assert_eq!(waits.body["status"], "complete_in_progress", "{}", waits.body);
        let read = agent.retrieve(session.id()).await;
        assert_eq!(read.body["status"], "complete_in_progress", "{}", read.body);
        stage.upstreams.assert_nothing_bought();

        let payment = stage.upstreams.stripe.intents().pop().unwrap();
        let asked = stage.upstreams.stripe.authenticate(payment["id"].as_str().unwrap(), vouches);
        assert!(asked.is_some(), "{payment}");
        if is_told {
            let delivery = stage.upstreams.stripe.take_deliveries().pop().unwrap();
            let told = tell(&stage, &delivery, &delivery.letter.body).await;
            assert_eq!(told, http::StatusCode::OK);
            stage.upstreams.assert_bought_once();
        }
        let again = agent.complete_with(session.id(), &token, "pay").await;
        if vouches {
            assert_eq!(again.body["status"], "completed", "{}", again.body);
            stage.upstreams.assert_bought_once();
        } else {
            assert!(again.message("payment_declined").is_some(), "{}", again.body);
            stage.upstreams.assert_nothing_bought();
        }
    }
}
