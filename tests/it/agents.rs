//! What agents do differently: profiles and signatures.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use storebridge::config::{Profile, Signature, SigningKey};

use crate::stage::{Answer, Stage, Upstreams, agent::Agent};

const SESSIONS: &str = "/api/checkout_sessions";
const SECRET: &str = "shared between two";

async fn stage_with(profile: Profile, signature: Signature) -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].agents[0].profile = profile;
    config.stores[0].agents[0].signature = signature;
    Stage::with(upstreams, config).await
}

fn creation() -> Value {
    json!({"currency": "usd", "capabilities": {}, "line_items": [{"id": "20"}]})
}

/// A075, A103.
#[tokio::test]
async fn the_openai_profile_answers_as_its_guide_wants() {
    let stage = stage_with(Profile::OpenAi, Signature::Off).await;
    let agent = stage.agent();
    let session = agent.ready("20", 1).await;
    let declined = stage.upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    let refused = agent.complete(session.id(), &declined).await;
    assert_eq!(refused.status, 200, "nothing was made: {}", refused.body);
    let token = stage.token();
    let done = agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!((done.status, &done.body["status"]), (201, &json!("completed")));
    let again = agent.complete_with(session.id(), &token, "pay").await;
    assert_eq!((again.status, again.bytes), (201, done.bytes), "a replay is the same answer");

    agent.post_with(SESSIONS, &creation(), "one").await;
    let other = json!({"currency": "usd", "capabilities": {}, "line_items": [{"id": "21"}]});
    agent.post_with(SESSIONS, &other, "one").await.assert_refused(409, "idempotency_conflict");
    let standard = stage.other_agent();
    standard.post_with(SESSIONS, &creation(), "one").await;
    standard.post_with(SESSIONS, &other, "one").await.assert_refused(422, "idempotency_conflict");
}

/// A015, A016: right, wrong, missing, old.
#[tokio::test]
async fn signatures_are_verified_where_they_are_agreed_on() {
    let key = || SigningKey { secret: SecretString::from(SECRET), skew: Duration::from_mins(5) };
    // The order of members does not matter: what is signed is the canonical form.
    let body = r#"{"line_items": [{"id": "20"}], "currency": "usd", "capabilities": {}}"#;
    let canonical = r#"{"capabilities":{},"currency":"usd","line_items":[{"id":"20"}]}"#;
    let now = Timestamp::now();
    let old = now.checked_sub(SignedDuration::from_mins(6)).unwrap();
    let right = sign(canonical);

    for (rule, unsigned) in [(Signature::Optional(key()), 201), (Signature::Required(key()), 401)] {
        let stage = stage_with(Profile::Standard, rule).await;
        let agent = stage.agent();
        let send = async |signature: Option<&str>, time: Timestamp| {
            signed(&agent, body, signature, time).await
        };
        assert_eq!(send(Some(&right), now).await.status, 201);
        assert_eq!(send(None, now).await.status, unsigned);
        let wrong = sign("something else");
        send(Some(&wrong), now).await.assert_refused(401, "invalid_signature");
        send(Some("%%%"), now).await.assert_refused(401, "invalid_signature");
        send(Some(&right), old).await.assert_refused(401, "invalid_signature");
    }
    let stage = stage_with(Profile::Standard, Signature::Off).await;
    let ignored = signed(&stage.agent(), body, Some("%%%"), old).await;
    assert_eq!(ignored.status, 201, "nobody looks");
}

fn sign(text: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    URL_SAFE_NO_PAD.encode(mac.chain_update(text).finalize().into_bytes())
}

async fn signed(agent: &Agent, body: &str, signature: Option<&str>, time: Timestamp) -> Answer {
    let key = Agent::key();
    let mut request = agent.request(Method::POST, SESSIONS, Some(&key), body.to_owned().into());
    let headers = request.headers_mut();
    headers.insert("timestamp", time.to_string().parse().unwrap());
    if let Some(signature) = signature {
        headers.insert("signature", signature.parse().unwrap());
    }
    agent.send(request).await
}
