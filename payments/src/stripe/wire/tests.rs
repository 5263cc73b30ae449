//! Decoding what is there, and what is not.

use commerce::{AgentId, Currency, Money, SessionId};
use jiff::Timestamp;
use secrecy::SecretString;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::{Confirm, Create, GrantedToken, Intent, List};
use crate::{
    API_VERSION, Deactivation, Opening, Payment, PaymentState, PaymentToken, Proof, Sca, Settings,
    TOKEN_API_VERSION, TokenInfo, TokenParameter,
};

fn payment(json: &str) -> Result<Payment, String> {
    let intent: Intent = miniserde::json::from_str(json).map_err(|error| error.to_string())?;
    Payment::try_from(intent).map_err(|error| error.to_string())
}

fn token(json: &str) -> Result<TokenInfo, String> {
    let token: GrantedToken = miniserde::json::from_str(json).map_err(|error| error.to_string())?;
    TokenInfo::try_from(token).map_err(|error| error.to_string())
}

#[test]
fn a_payment_needs_only_what_decides() {
    let bare =
        payment(r#"{"id":"pi_1","amount":500,"currency":"usd","status":"canceled","created":7}"#);
    let bare = bare.unwrap();
    assert_eq!(bare.state, PaymentState::Voided);
    assert_eq!(bare.total, Money::new(500, Currency::USD));
    assert_eq!(bare.captured, Money::zero(Currency::USD));
    assert_eq!((bare.session, bare.order, bare.decline), (None, None, None));
}

#[test]
fn held_and_taken_amounts_are_never_guessed() {
    let held = payment(
        r#"{"id":"pi_1","amount":5,"currency":"usd","status":"requires_capture","created":7}"#,
    );
    assert_eq!(held.unwrap_err(), "amount_capturable is missing");
    let taken =
        payment(r#"{"id":"pi_1","amount":5,"currency":"usd","status":"succeeded","created":7}"#);
    assert_eq!(taken.unwrap_err(), "amount_received is missing");
    let strange =
        payment(r#"{"id":"pi_1","amount":5,"currency":"usd","status":"melted","created":7}"#);
    assert_eq!(strange.unwrap_err(), "status has an unknown value");
}

#[test]
fn members_that_are_null_or_new_do_no_harm() {
    let full = payment(
        r#"{"id":"pi_1","object":"payment_intent","amount":500,"amount_capturable":500,
        "amount_received":0,"currency":"jpy","created":7,"status":"requires_capture","new":{"a":[1,{}]},
        "metadata":{"acp_session":"s1","acp_order":"42","other":"x"},
        "last_payment_error":{"code":"card_declined","decline_code":null},"next_action":null}"#,
    )
    .unwrap();
    assert_eq!(full.capturable, Money::new(500, Currency::JPY));
    assert_eq!(full.session, Some(SessionId::new("s1")));
    assert_eq!(full.decline.unwrap().code.as_deref(), Some("card_declined"));
}

#[test]
fn a_token_allows_what_is_left_of_it() {
    let used = token(
        r#"{"livemode":false,"usage_limits":{"currency":"usd","max_amount":900,"expires_at":60},
        "usage_details":{"amount_captured":{"value":200,"currency":"usd"}},
        "deactivated_at":50,"deactivated_reason":"consumed"}"#,
    )
    .unwrap();
    assert_eq!(used.limit, Money::new(700, Currency::USD));
    assert_eq!(used.expires_at, Some(Timestamp::from_second(60).unwrap()));
    assert_eq!(used.deactivated, Some(Deactivation::Consumed));

    let fresh = token(r#"{"usage_limits":{"currency":"eur","max_amount":900}}"#).unwrap();
    assert_eq!((fresh.deactivated, fresh.expires_at), (None, None));
    let strange = r#"{"usage_limits":{"currency":"eur","max_amount":9},"deactivated_at":1}"#;
    assert_eq!(token(strange).unwrap().deactivated, Some(Deactivation::Other));
}

fn settings(token_parameter: TokenParameter) -> Settings {
    Settings {
        secret_key: SecretString::from("sk_test_1"),
        api_version: API_VERSION.to_owned(),
        token_api_version: TOKEN_API_VERSION.to_owned(),
        token_parameter,
        sca: Sca::FailFast,
        webhook_secrets: Vec::new(),
    }
}

#[test]
fn parameters_have_the_names_that_stripe_knows() {
    let form = |builder: RequestBuilder| builder.body.unwrap();
    let post = || RequestBuilder::new(StripeMethod::Post, "/");
    let session = SessionId::new("s1");
    let agent = AgentId::new("gpt");
    let create = Create::new(&Opening {
        session: &session,
        store: "shop",
        agent: &agent,
        order: None,
        total: Money::new(1_999, Currency::USD),
        session_opened_at: Timestamp::UNIX_EPOCH,
        description: "A & B",
    })
    .unwrap();
    assert_eq!(
        form(post().form(&create)),
        "amount=1999&currency=usd&capture_method=manual&automatic_payment_methods[enabled]=true\
         &automatic_payment_methods[allow_redirects]=never&description=A+%26+B\
         &metadata[acp_bridge]=shop&metadata[acp_session]=s1\
         &metadata[acp_agent]=gpt",
    );
    let token = PaymentToken::new("spt_1");
    assert_eq!(
        form(post().form(&Confirm::new(
            &token,
            None,
            &settings(TokenParameter::PaymentMethodData)
        ))),
        "expand[0]=latest_charge&error_on_requires_action=true&payment_method_data[shared_payment_granted_token]=spt_1",
    );
    assert_eq!(
        form(post().form(&Confirm::new(&token, None, &settings(TokenParameter::TopLevel)))),
        "expand[0]=latest_charge&error_on_requires_action=true&shared_payment_granted_token=spt_1",
    );
    let proof = Proof::new(&session, Money::new(500, Currency::USD), "YWI=", "05", "ds-1", "2.2.0")
        .unwrap();
    assert_eq!(
        form(post().form(&Confirm::new(&token, Some(&proof), &settings(TokenParameter::TopLevel)))),
        "expand[0]=latest_charge&error_on_requires_action=true\
         &payment_method_options[card][three_d_secure][cryptogram]=YWI%3D\
         &payment_method_options[card][three_d_secure][electronic_commerce_indicator]=05\
         &payment_method_options[card][three_d_secure][transaction_id]=ds-1\
         &payment_method_options[card][three_d_secure][version]=2.2.0\
         &shared_payment_granted_token=spt_1",
    );
    let query = RequestBuilder::new(StripeMethod::Get, "/").query(&List::since(7)).query.unwrap();
    assert_eq!(query, "limit=100&created[gte]=7");
}
