//! Purchases that died on the way, brought to their end by whoever looks.

use emulators::{faults::Fault, stripe::Delivery};
use http::{Method, Request, StatusCode};
use secrecy::SecretString;
use storebridge::config::Config;
use upstream::{Https, Transport};

use crate::{
    crash::command,
    stage::{Stage, Upstreams},
};

/// Money is held, and then nobody can capture it.
async fn stuck(stage: &Stage) {
    let session = stage.agent().ready("20", 1).await;
    let faults = &stage.upstreams.stripe_faults;
    faults.always("POST", "/v1/payment_intents/{}/capture", Fault::DropBefore);
    let answer = stage.agent().complete_with(session.id(), &stage.token(), "pay").await;
    assert_eq!(answer.body["status"], "complete_in_progress", "{}", answer.body);
    faults.clear();
}

/// A stage that the processor tells of such things.
pub(crate) async fn listening(kinds: &[&str], change: impl FnOnce(&mut Config)) -> Stage {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    let secret = upstreams.stripe.webhook_secret();
    config.stores[0].stripe.webhook_secrets = vec![SecretString::from(secret)];
    upstreams.stripe.listen("http://bridge.test", kinds);
    change(&mut config);
    Stage::with(upstreams, config).await
}

/// What the processor has to tell, in its words and with its signature.
pub(crate) async fn tell(stage: &Stage, delivery: &Delivery, body: &[u8]) -> StatusCode {
    let url = format!("{}/hooks/shop/stripe", stage.url);
    let mut request = Request::builder().method(Method::POST).uri(url);
    for (name, value) in &delivery.letter.headers {
        request = request.header(*name, value);
    }
    let network = Https::new(std::time::Duration::from_secs(2)).unwrap();
    let request = request.body(body.to_vec().into()).unwrap();
    network.send(request, 1_024).await.unwrap().status()
}

#[tokio::test]
async fn what_the_processor_tells_ends_a_purchase() {
    let stage = listening(&["payment_intent.amount_capturable_updated"], |_| {}).await;
    stuck(&stage).await;
    let delivery = stage.upstreams.stripe.take_deliveries().pop().unwrap();
    assert_eq!(tell(&stage, &delivery, b"{}").await, StatusCode::BAD_REQUEST, "it is not signed");
    stage.upstreams.assert_nothing_bought();
    for _ in 0..2 {
        assert_eq!(tell(&stage, &delivery, &delivery.letter.body).await, StatusCode::OK);
        stage.upstreams.assert_bought_once();
    }
}

/// While it cannot be ended the processor is told to come again: its queue is ours.
#[tokio::test]
async fn the_processor_keeps_what_cannot_be_ended_yet() {
    let stage = listening(&["payment_intent.amount_capturable_updated"], |_| {}).await;
    stuck(&stage).await;
    let delivery = stage.upstreams.stripe.take_deliveries().pop().unwrap();
    let faults = &stage.upstreams.stripe_faults;
    faults.always("POST", "/v1/payment_intents/{}/capture", Fault::Status(503));
    let told = tell(&stage, &delivery, &delivery.letter.body).await;
    assert_eq!(told, StatusCode::SERVICE_UNAVAILABLE);
    faults.clear();
    assert_eq!(tell(&stage, &delivery, &delivery.letter.body).await, StatusCode::OK);
    stage.upstreams.assert_bought_once();
}

#[tokio::test]
async fn a_command_ends_what_has_died() {
    let stage = Stage::start().await;
    stuck(&stage).await;
    let reconcile = async |words: &[&str]| {
        let mut command = command(&stage.upstreams, words, "http://bridge.test");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    // The session was sealed by a service with the same key, which a command can open.
    let (is_well, report) = reconcile(&["reconcile", "--dry-run"]).await;
    assert!(is_well && report.contains("to finish"), "{report}");
    stage.upstreams.assert_nothing_bought();
    let (is_well, report) = reconcile(&["reconcile"]).await;
    assert!(is_well && report.contains("finished"), "{report}");
    stage.upstreams.assert_bought_once();
    let (_, report) = reconcile(&["reconcile"]).await;
    assert!(report.contains("0 finished"), "{report}");
}
