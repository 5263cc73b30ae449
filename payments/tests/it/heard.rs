//! What Stripe tells by itself: which deliveries are believed, and what they are about.

use std::collections::BTreeMap;

use commerce::{Forged, PaymentId};
use emulators::stripe::{Delivery, PostQuirks};
use jiff::{SignedDuration, Timestamp};
use payments::{Hint, Processor, Stripe};
use serde_json::{Value, json};

use crate::{
    bench::{Bench, Card},
    stage::{Stage, TOTAL, usd},
};

/// A stage whose endpoint hears of everything, and that endpoint.
async fn stage() -> (Stage, String) {
    let stage = Stage::start().await;
    let endpoint = stage.emulator.listen("https://shop.example/all", &["*"]);
    (stage, endpoint)
}

fn hear_at(stripe: &Stripe, letter: &Delivery, now: Timestamp) -> Result<Option<Hint>, Forged> {
    hear(stripe, &letter.letter.headers, &letter.letter.body, now)
}

fn hear(
    stripe: &Stripe,
    headers: &[(&'static str, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Hint>, Forged> {
    let headers: BTreeMap<_, _> = headers.iter().cloned().collect();
    stripe.hear(&|name| headers.get(name).cloned(), body, now)
}

/// One event of Stripe's, delivered.
fn emit(stage: &Stage, kind: &str, object: Value) -> Delivery {
    stage.emulator.take_deliveries();
    stage.emulator.emit(kind, object);
    stage.emulator.take_deliveries().pop().unwrap()
}

fn payment(id: &str, metadata: &Value) -> Value {
    json!({"id": id, "object": "payment_intent", "metadata": metadata})
}

fn ours() -> Value {
    json!({"acp_bridge": "shop"})
}

#[tokio::test]
async fn whatever_happens_to_a_payment_leads_to_it() {
    let (stage, _) = stage().await;
    let held = stage.held().await;
    stage.capture(&held).await.unwrap();
    stage.emulator.refund_by_hand(held.id.as_str(), Some(100)).unwrap();
    stage.emulator.dispute(held.id.as_str(), "duplicate").unwrap();
    let mut kinds = Vec::new();
    for delivery in stage.emulator.take_deliveries() {
        if let Some(hint) = hear_at(&stage.stripe, &delivery, Bench::now(&stage)).unwrap() {
            assert_eq!(hint.payment, held.id, "{}", delivery.kind);
            assert_eq!(hint.delivery, delivery.event);
            assert!(hint.store.is_none_or(|store| store == "shop"));
            kinds.push(delivery.kind);
        }
    }
    for kind in [
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "charge.refunded",
        "refund.created",
        "charge.dispute.created",
    ] {
        assert!(kinds.iter().any(|known| known == kind), "{kind} is missing in {kinds:?}");
    }
}

#[tokio::test]
async fn a_failed_authorization_and_a_waiting_one_are_told_too() {
    let (stage, _) = stage().await;
    let opened = stage.open(TOTAL).await.unwrap();
    let declined = Bench::token(&stage, Card::Declined, usd(TOTAL));
    stage.stripe.authorize(&opened.id, &declined, None, 0).await.unwrap_err();
    let heard = |delivery: &Delivery| {
        hear_at(&stage.stripe, delivery, Bench::now(&stage)).unwrap().map(|_| delivery.kind.clone())
    };
    let kinds: Vec<_> = stage.emulator.take_deliveries().iter().filter_map(heard).collect();
    assert_eq!(kinds, ["payment_intent.payment_failed"]);
}

#[tokio::test]
async fn what_is_not_ours_is_about_nothing() {
    let (stage, _) = stage().await;
    let nothing = [
        ("customer.created", json!({"id": "cus_1", "object": "customer"})),
        ("payment_intent.succeeded", payment("pi_1", &json!({}))),
        ("payment_intent.succeeded", payment("pi_1", &Value::Null)),
        ("payment_intent.created", payment("pi_1", &ours())),
        ("charge.refunded", json!({"id": "ch_1", "object": "charge", "payment_intent": null})),
        ("charge.refunded", json!("strange")),
        ("v2.core.event_destination.ping", Value::Null),
    ];
    for (kind, object) in nothing {
        let delivery = emit(&stage, kind, object);
        assert_eq!(hear_at(&stage.stripe, &delivery, Bench::now(&stage)), Ok(None), "{kind}");
    }
    let object = json!({"id": "pi_9", "object": "payment_intent", "metadata": ours(), "new": [{}]});
    let delivery = emit(&stage, "payment_intent.processing", object);
    let hint = hear_at(&stage.stripe, &delivery, Bench::now(&stage)).unwrap().unwrap();
    assert_eq!((hint.payment, hint.store.as_deref()), (PaymentId::new("pi_9"), Some("shop")));
}

#[tokio::test]
async fn deliveries_of_the_other_mode_and_of_connected_accounts_are_passed_over() {
    let (stage, _) = stage().await;
    let genuine = emit(&stage, "payment_intent.succeeded", payment("pi_1", &ours()));
    let body: Value = serde_json::from_slice(&genuine.letter.body).unwrap();
    let at = Bench::now(&stage).as_second();
    for (name, value) in [("livemode", json!(true)), ("account", json!("acct_2"))] {
        let mut other = body.clone();
        other[name] = value;
        let body = other.to_string().into_bytes();
        let signature = sign(&stage, at, &body);
        let heard =
            hear(&stage.stripe, &[("stripe-signature", signature)], &body, Bench::now(&stage));
        assert_eq!(heard, Ok(None), "{name}");
    }
}

#[tokio::test]
async fn the_time_of_a_delivery_counts_in_both_directions() {
    let (stage, _) = stage().await;
    let delivery = emit(&stage, "payment_intent.succeeded", payment("pi_1", &ours()));
    let now = Bench::now(&stage);
    for (seconds, is_heard) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
        let then = now + SignedDuration::from_secs(seconds);
        let heard = hear_at(&stage.stripe, &delivery, then);
        assert_eq!(heard.is_ok(), is_heard, "{seconds}");
    }
    stage.emulator.set_post_quirks(PostQuirks {
        skew: SignedDuration::from_secs(900),
        ..PostQuirks::default()
    });
    let skewed = emit(&stage, "payment_intent.succeeded", payment("pi_1", &ours()));
    assert_eq!(hear_at(&stage.stripe, &skewed, now), Err(Forged));
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_are_good() {
    let (stage, endpoint) = stage().await;
    let new = stage.emulator.roll_secret(&endpoint).unwrap();
    let delivery = emit(&stage, "customer.created", json!({"id": "cus_1"}));
    let now = Bench::now(&stage);
    let signature = &delivery.letter.headers.iter().find(|(name, _)| *name == "stripe-signature");
    assert_eq!(signature.unwrap().1.matches("v1=").count(), 2, "{signature:?}");
    assert!(hear_at(&stage.stripe, &delivery, now).is_ok(), "the old one");
    assert!(hear_at(&stage.stripe_hearing(&["whsec_other", &new]), &delivery, now).is_ok());
    assert_eq!(hear_at(&stage.stripe_hearing(&["whsec_other"]), &delivery, now), Err(Forged));
    assert_eq!(hear_at(&stage.stripe_hearing(&[]), &delivery, now), Err(Forged));
}

#[tokio::test]
async fn what_is_not_signed_as_it_stands_is_forged() {
    let (stage, _) = stage().await;
    let now = Bench::now(&stage);
    let genuine = emit(&stage, "payment_intent.succeeded", payment("pi_1", &ours()));
    let body = &genuine.letter.body;
    let (time, at) = (now.as_second(), sign(&stage, now.as_second(), body));
    let v1 = at.split_once("v1=").unwrap().1;
    let reordered = format!("v0=00, v1={v1}, t={time}");
    let signed =
        |header: &str| hear(&stage.stripe, &[("stripe-signature", header.to_owned())], body, now);
    assert!(signed(&at).is_ok() && signed(&reordered).is_ok());
    for header in [
        String::new(),
        "nonsense".to_owned(),
        format!("t={time}"),
        format!("v1={v1}"),
        format!("t={time},v0={v1}"),
        format!("t={time},v1={}", &v1[1..]),
        format!("t={time},v1={}", "é".repeat(32)),
        format!("t={},v1={v1}", time + 1),
        format!("t=99999999999999999999,v1={v1}"),
        format!("t=NaN,v1={v1}"),
    ] {
        assert_eq!(signed(&header), Err(Forged), "{header}");
    }
    let mut tampered = body.clone();
    tampered.push(b' ');
    let headers = [("stripe-signature", at)];
    assert_eq!(hear(&stage.stripe, &headers, &tampered, now), Err(Forged));
    assert_eq!(hear(&stage.stripe, &[], body, now), Err(Forged));

    let huge = vec![b' '; 1024 * 1024 + 1];
    let signature = sign(&stage, time, &huge);
    assert_eq!(hear(&stage.stripe, &[("stripe-signature", signature)], &huge, now), Err(Forged));
    let garbage = b"\xff\xfe{";
    let signature = sign(&stage, time, garbage);
    let heard = hear(&stage.stripe, &[("stripe-signature", signature)], garbage, now);
    assert_eq!(heard, Ok(None), "genuine, and about nothing");
}

/// Signs any body as the account would.
fn sign(stage: &Stage, time: i64, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let secret = stage.emulator.webhook_secret().as_bytes();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    let mac = mac.chain_update(format!("{time}.")).chain_update(body).finalize().into_bytes();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    format!("t={time},v1={hex}")
}
