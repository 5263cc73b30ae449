//! Answers that an honest Stripe seldom gives, and what they must lead to.

use commerce::{AgentId, Currency, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use payments::{
    API_VERSION, BadToken, Opening, Origin, PaymentError, PaymentState, PaymentToken, Processor,
    RefundRequest, TOKEN_API_VERSION,
};
use serde_json::{Value, json};

use crate::script::{Line, Script};

const CREATE: &str = "POST /v1/payment_intents";
const FETCH: &str = "GET /v1/payment_intents/pi_1?expand[0]=latest_charge";
const AMEND: &str = "POST /v1/payment_intents/pi_1";
const CONFIRM: &str = "POST /v1/payment_intents/pi_1/confirm";
const CAPTURE: &str = "POST /v1/payment_intents/pi_1/capture";
const CANCEL: &str = "POST /v1/payment_intents/pi_1/cancel";
const TOKEN: &str = "GET /v1/shared_payment/granted_tokens/spt_1";
const LIST: &str = "GET /v1/payment_intents?limit=100&created[gte]=700";

fn says(call: &'static str, status: u16, body: &Value) -> Line {
    Line { call, status, replayed: false, body: body.to_string() }
}

fn repeats(call: &'static str, status: u16, body: &Value) -> Line {
    Line { replayed: true, ..says(call, status, body) }
}

fn payment(status: &str, amount: i64) -> Value {
    let held = if status == "requires_capture" { amount } else { 0 };
    let taken = if status == "succeeded" { amount } else { 0 };
    json!({
        "id": "pi_1", "amount": amount, "amount_capturable": held, "amount_received": taken,
        "currency": "usd", "status": status, "created": 900, "metadata": {"acp_session": "s1"},
    })
}

fn refusal(kind: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "message": message}})
}

fn agent() -> AgentId {
    AgentId::new("agent")
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn id() -> PaymentId {
    PaymentId::new("pi_1")
}

fn token() -> PaymentToken {
    PaymentToken::new("spt_1")
}

fn opening<'a>(session: &'a SessionId, agent: &'a AgentId, minor: i64) -> Opening<'a> {
    Opening {
        session,
        store: "shop",
        agent,
        order: None,
        total: usd(minor),
        session_opened_at: Timestamp::from_second(1_000).unwrap(),
        description: "A purchase",
    }
}

#[tokio::test]
async fn only_calls_with_a_token_speak_the_preview() {
    let limits = json!({"usage_limits": {"currency": "usd", "max_amount": 900}});
    let script = Script::new([
        says(TOKEN, 200, &limits),
        says(CREATE, 200, &payment("requires_payment_method", 500)),
        says(CONFIRM, 200, &payment("requires_capture", 500)),
        says(CAPTURE, 200, &payment("succeeded", 500)),
    ]);
    let stripe = script.stripe();
    let session = SessionId::new("s1");
    stripe.inspect(&token()).await.unwrap();
    stripe.open(&opening(&session, &agent(), 500)).await.unwrap();
    stripe.authorize(&id(), &token(), None, 0).await.unwrap();
    stripe.capture(&id(), usd(500), &OrderId::new("42")).await.unwrap();

    let versions = [TOKEN_API_VERSION, API_VERSION, TOKEN_API_VERSION, API_VERSION];
    assert_eq!(script.header("stripe-version"), versions);
    let keys = script.header("idempotency-key");
    assert_eq!(keys[0], "", "a read needs none");
    assert!(keys[1..].iter().all(|key| key.starts_with("storebridge-")), "{keys:?}");
    assert_eq!(script.header("authorization")[0], "Bearer sk_test_scripted");
    assert!(script.hides_the_key());
    script.assert_played();
}

#[tokio::test]
async fn a_repeated_answer_is_the_past() {
    let script = Script::new([
        repeats(CREATE, 200, &payment("requires_payment_method", 500)),
        says(FETCH, 200, &payment("succeeded", 500)),
        repeats(CONFIRM, 200, &payment("requires_capture", 500)),
        says(FETCH, 200, &payment("canceled", 500)),
        repeats(CONFIRM, 402, &refusal("card_error", "No.")),
        says(FETCH, 200, &payment("requires_capture", 500)),
        repeats(CONFIRM, 402, &refusal("card_error", "No.")),
        says(FETCH, 200, &payment("requires_payment_method", 500)),
    ]);
    let stripe = script.stripe();
    let session = SessionId::new("s1");
    let opened = stripe.open(&opening(&session, &agent(), 500)).await.unwrap();
    assert_eq!(opened.state, PaymentState::Captured);
    let voided = stripe.authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(voided, PaymentError::Rejected { .. }), "{voided:?}");
    let held = stripe.authorize(&id(), &token(), None, 0).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized, "with another token since");
    let declined = stripe.authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(declined, PaymentError::Declined(_)), "{declined:?}");
    script.assert_played();
}

#[tokio::test]
async fn a_server_error_that_only_repeats_gets_a_new_key() {
    let broken = refusal("api_error", "Sorry.");
    let script = Script::new([
        says(CAPTURE, 500, &broken),
        repeats(CAPTURE, 500, &broken),
        says(FETCH, 200, &payment("requires_capture", 500)),
        says(CAPTURE, 200, &payment("succeeded", 500)),
    ]);
    let stripe = script.stripe();
    let order = OrderId::new("42");
    let doubt = stripe.capture(&id(), usd(500), &order).await.unwrap_err();
    assert!(matches!(doubt, PaymentError::OutcomeUnknown { .. }), "{doubt:?}");
    let captured = stripe.capture(&id(), usd(500), &order).await.unwrap();
    assert_eq!(captured.state, PaymentState::Captured);
    let keys = script.header("idempotency-key");
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[3]);
    script.assert_played();
}

#[tokio::test]
async fn an_opening_whose_error_repeats_is_searched_before_it_is_made_again() {
    let broken = refusal("api_error", "Sorry.");
    let mut other = payment("succeeded", 900);
    other["metadata"] = json!({"acp_session": "s2"});
    other["id"] = json!("pi_9");
    let first_page = json!({"data": [other], "has_more": true});
    let second_page = json!({"data": [], "has_more": false});
    let next = "GET /v1/payment_intents?limit=100&created[gte]=700&starting_after=pi_9";
    let script = Script::new([
        repeats(CREATE, 500, &broken),
        says(LIST, 200, &first_page),
        says(next, 200, &second_page),
        says(CREATE, 200, &payment("requires_payment_method", 500)),
    ]);
    let session = SessionId::new("s1");
    let opened = script.stripe().open(&opening(&session, &agent(), 500)).await.unwrap();
    assert_eq!(opened.state, PaymentState::Open);
    script.assert_played();
}

#[tokio::test]
async fn a_key_that_keeps_the_failure_of_another_price_is_replaced_after_a_look() {
    let reused = refusal("idempotency_error", "Keys can only be used with the same parameters.");
    let script = Script::new([
        says(CREATE, 400, &reused),
        says(LIST, 200, &json!({"data": [], "has_more": false})),
        says(CREATE, 200, &payment("requires_payment_method", 500)),
        says(CAPTURE, 400, &reused),
        says(FETCH, 200, &payment("requires_capture", 500)),
        says(CAPTURE, 200, &payment("succeeded", 500)),
    ]);
    let (stripe, session) = (script.stripe(), SessionId::new("s1"));
    stripe.open(&opening(&session, &agent(), 500)).await.unwrap();
    let taken = stripe.capture(&id(), usd(500), &OrderId::new("42")).await.unwrap();
    assert_eq!(taken.state, PaymentState::Captured);
    let keys = script.header("idempotency-key");
    assert!(keys[0] != keys[2] && keys[3] != keys[5], "{keys:?}");
    script.assert_played();
}

#[tokio::test]
async fn nothing_is_given_back_while_not_every_refund_is_seen() {
    let list = "GET /v1/refunds?payment_intent=pi_1&limit=100";
    let script = Script::new([says(list, 200, &json!({"data": [], "has_more": true}))]);
    let origin = Origin::Store("7".to_owned());
    let (payment, amount) = (&id(), usd(500));
    let request = RefundRequest { payment, amount, reason: "", origin: &origin };
    let error = script.stripe().refund(&request).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
    script.assert_played();
}

/// A void that came while the payment could not be voided must not fail for a whole day.
#[tokio::test]
async fn a_refusal_of_the_past_does_not_bind_the_present() {
    let state = json!({"error": {"type": "invalid_request_error",
        "code": "payment_intent_unexpected_state", "message": "It is processing."}});
    let script = Script::new([
        says(CANCEL, 400, &state),
        says(FETCH, 200, &payment("processing", 500)),
        repeats(CANCEL, 400, &state),
        says(FETCH, 200, &payment("requires_capture", 500)),
        says(CANCEL, 200, &payment("canceled", 500)),
        repeats(CAPTURE, 400, &state),
        says(FETCH, 200, &payment("canceled", 500)),
    ]);
    let stripe = script.stripe();
    let error = stripe.void(&id()).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
    assert_eq!(stripe.void(&id()).await.unwrap().state, PaymentState::Voided);
    let error = stripe.capture(&id(), usd(500), &OrderId::new("42")).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "it is over: {error:?}");
    script.assert_played();
}

#[tokio::test]
async fn what_is_unsettled_is_searched_page_by_page_and_read_afresh() {
    const SEARCH: &str = "GET /v1/payment_intents/search?query=metadata%5B'acp_bridge'%5D:'shop'\
        +AND+created%3C1000+AND+-status:'succeeded'+AND+-status:'canceled'&limit=100";
    const NEXT: &str = "GET /v1/payment_intents/search?query=metadata%5B'acp_bridge'%5D:'shop'\
        +AND+created%3C1000+AND+-status:'succeeded'+AND+-status:'canceled'&limit=100&page=p2";
    let hit = payment("requires_capture", 500);
    let script = Script::new([
        says(SEARCH, 200, &json!({"data": [hit], "has_more": true, "next_page": "p2"})),
        says(FETCH, 200, &payment("succeeded", 500)),
        says(NEXT, 200, &json!({"data": [hit], "has_more": false, "next_page": null})),
        says(FETCH, 200, &payment("requires_capture", 500)),
    ]);
    let before = Timestamp::from_second(1_000).unwrap();
    let unsettled = script.stripe().unsettled("shop", before).await.unwrap();
    assert_eq!(unsettled.len(), 1, "the other one was settled meanwhile");
    script.assert_played();
}

#[tokio::test]
async fn a_price_that_came_back_is_really_set() {
    let script = Script::new([
        repeats(CREATE, 200, &payment("requires_payment_method", 500)),
        says(FETCH, 200, &payment("requires_payment_method", 700)),
        repeats(AMEND, 200, &payment("requires_payment_method", 500)),
        says(FETCH, 200, &payment("requires_payment_method", 700)),
        says(AMEND, 200, &payment("requires_payment_method", 500)),
    ]);
    let session = SessionId::new("s1");
    let opened = script.stripe().open(&opening(&session, &agent(), 500)).await.unwrap();
    assert_eq!(opened.total, usd(500));
    script.assert_played();
}

#[tokio::test]
async fn another_amount_held_is_let_go() {
    let mut partly = payment("requires_capture", 500);
    partly["amount_capturable"] = json!(300);
    let script =
        Script::new([says(CONFIRM, 200, &partly), says(CANCEL, 200, &payment("canceled", 500))]);
    let error = script.stripe().authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(&error, PaymentError::Rejected { code, .. } if code == "amount_mismatch"));
    script.assert_played();
}

#[tokio::test]
async fn a_token_that_paid_this_very_payment_is_no_error() {
    let spent = refusal("invalid_request_error", "The token is deactivated.");
    let script = Script::new([
        says(CONFIRM, 400, &spent),
        says(FETCH, 200, &payment("requires_capture", 500)),
    ]);
    let held = script.stripe().authorize(&id(), &token(), None, 1).await.unwrap();
    assert_eq!(held.state, PaymentState::Authorized);
    script.assert_played();
}

#[tokio::test]
async fn words_are_the_last_hint_about_a_token() {
    let open = payment("requires_payment_method", 500);
    let fine = json!({"usage_limits": {"currency": "usd", "max_amount": 900}});
    let small = refusal("invalid_request_error", "It exceeds the remaining capturable amount.");
    let odd = refusal("invalid_request_error", "The moon is full.");
    let script = Script::new([
        says(CONFIRM, 400, &small),
        says(FETCH, 200, &open),
        says(TOKEN, 200, &fine),
        // A restricted key may charge tokens and not read them.
        says(CONFIRM, 400, &small),
        says(FETCH, 200, &open),
        says(TOKEN, 403, &refusal("invalid_request_error", "Not permitted.")),
        says(CONFIRM, 400, &odd),
        says(FETCH, 200, &open),
        says(TOKEN, 200, &fine),
    ]);
    let stripe = script.stripe();
    let error = stripe.authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(error, PaymentError::BadToken(BadToken::LimitTooSmall)), "{error:?}");
    let error = stripe.authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(error, PaymentError::BadToken(BadToken::LimitTooSmall)), "{error:?}");
    let error = stripe.authorize(&id(), &token(), None, 0).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
    script.assert_played();
}

#[tokio::test]
async fn an_answer_cut_short_leaves_a_doubt_only_where_something_was_asked_for() {
    let cut = |call| Line { call, status: 200, replayed: false, body: "{\"id\":".to_owned() };
    let script = Script::new([cut(CAPTURE), cut(FETCH)]);
    let stripe = script.stripe();
    let error = stripe.capture(&id(), usd(500), &OrderId::new("42")).await.unwrap_err();
    assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
    let error = stripe.fetch(&id()).await.unwrap_err();
    assert!(matches!(error, PaymentError::Unreadable { .. }), "{error:?}");
    script.assert_played();
}

#[tokio::test]
async fn an_id_cannot_lead_elsewhere() {
    let stripe = Script::new([]).stripe();
    let error = stripe.inspect(&PaymentToken::new("../../account")).await.unwrap_err();
    assert!(matches!(error, PaymentError::BadToken(BadToken::Unknown)), "{error:?}");
    let error = stripe.fetch(&PaymentId::new("pi_1/confirm")).await.unwrap_err();
    assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
}
