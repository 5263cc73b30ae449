//! What comes along with a purchase: claims of affiliates, reasons for leaving, facts of the agent,
//! another recipient, consents, a business, the store's own cart.

use serde_json::{Value, json};
use storebridge::config::{Channel, Marketing};
use url::Url;

use crate::stage::{
    Answer, Stage, Upstreams,
    agent::{Agent, ada, payment, san_francisco},
};

const SESSIONS: &str = "/api/checkout_sessions";

/// A session for one cap, ready to be paid, with more in its creation.
pub(crate) async fn create_with(agent: &Agent, more: Value) -> Answer {
    let mut body = json!({
        "currency": "usd",
        "capabilities": {},
        "line_items": [{"id": "20", "quantity": 2}],
        "buyer": ada(),
        "fulfillment_details": san_francisco(),
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agent.post(SESSIONS, &body).await
}

fn only_order(stage: &Stage) -> Value {
    let orders = stage.upstreams.store.orders();
    assert_eq!(orders.len(), 1);
    orders[0].clone()
}

/// A text that the bridge keeps with the order.
fn fact(order: &Value, name: &str) -> Option<Value> {
    let key = format!("_acp_fact_{name}");
    let meta = order["meta_data"].as_array().unwrap().iter().find(|meta| meta["key"] == key)?;
    serde_json::from_str(meta["value"].as_str().unwrap()).ok()
}

/// A119 to A122: nothing is possible here, so the intersection is empty and nothing is echoed.
#[tokio::test]
async fn interventions_are_what_both_sides_can_do() {
    let stage = Stage::start().await;
    let claims = json!({"capabilities": {"interventions": {
        "supported": ["3ds", "biometric", "telepathy"], "display_context": "native",
        "max_redirects": 3,
    }}});
    let session = create_with(&stage.agent(), claims).await;
    let expected = json!({"supported": [], "required": [], "enforcement": "conditional"});
    assert_eq!(session.body["capabilities"]["interventions"], expected);
}

/// A152, A156: first and last claim reach the seller's order, and nobody else.
#[tokio::test]
async fn claims_of_affiliates_are_kept_and_never_shown() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let first = json!({"provider": "impact.com", "token": "atp_secret", "metadata": {"n": 1}});
    let session = create_with(&agent, json!({"affiliate_attribution": first})).await;
    assert_eq!(session.status, 201, "{}", session.body);
    let mut body = payment(&stage.token());
    body["affiliate_attribution"] = json!({"provider": "other", "publisher_id": "pub_9"});
    let done = agent.post(&format!("{SESSIONS}/{}/complete", session.id()), &body).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    for answer in [&session, &done, &agent.retrieve(session.id()).await] {
        assert!(!answer.body.to_string().contains("atp_secret"));
        assert!(!answer.body.to_string().contains("affiliate"));
    }
    let order = only_order(&stage);
    assert_eq!(fact(&order, "affiliate_first").unwrap()["token"], "atp_secret");
    assert_eq!(fact(&order, "affiliate_last").unwrap()["publisher_id"], "pub_9");
}

/// A153, A154, A155.
#[tokio::test]
async fn claims_that_nobody_could_use_are_refused() {
    let stage = Stage::start().await;
    for (claim, code) in [
        (json!({"token": "t"}), "missing_required_field"),
        (json!({"provider": "p"}), "missing_required_field"),
        (json!({"provider": "p", "token": "t", "metadata": {"a": {}}}), "invalid_type"),
        (json!({"provider": "p", "token": "t", "sub_id": "ada@example.com"}), "pii_not_allowed"),
        (
            json!({"provider": "p", "token": "t", "metadata": {"a": "+1 555 200 3434"}}),
            "pii_not_allowed",
        ),
    ] {
        let refused = create_with(&stage.agent(), json!({"affiliate_attribution": claim})).await;
        refused.assert_refused(400, code);
        let param = refused.body["param"].as_str().unwrap();
        assert!(param.starts_with("$.affiliate_attribution"), "{param}");
    }
    assert_eq!(stage.upstreams.store.orders().len(), 0);
}

/// A092 to A095.
#[tokio::test]
async fn reasons_for_leaving_are_kept_and_never_shown() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({})).await;
    let path = format!("{SESSIONS}/{}/cancel", session.id());
    let nested = json!({"intent_trace": {"reason_code": "other", "metadata": {"a": {"b": 1}}}});
    agent.post(&path, &nested).await.assert_refused(400, "invalid_type");
    let trace = json!({"intent_trace": {
        "reason_code": "aliens", "trace_summary": "They came", "metadata": {"count": 3},
    }});
    let canceled = agent.post(&path, &trace).await;
    assert_eq!(canceled.body["status"], "canceled", "an unknown reason is a reason");
    assert!(!canceled.body.to_string().contains("aliens"));
    // A096: nothing is left behind that could still be bought.
    assert_eq!(only_order(&stage)["status"], "cancelled");
    assert_eq!(stage.upstreams.store.cart_lines(), 0);
    assert_eq!(fact(&only_order(&stage), "intent_trace").unwrap()["metadata"]["count"], 3);
}

/// What the buyer was shown is compared with what the store asks, and never an error.
#[tokio::test]
async fn a_price_that_the_buyer_was_not_shown_is_told() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let shown = |amount: i64| {
        json!({"line_items": [
            {"id": "21"},
            {"id": "20", "suggested_price": {"amount": amount, "observed_at": "2026-11-23"}},
        ]})
    };
    let other = create_with(&agent, shown(1500)).await;
    let warning = other.message("price_change").unwrap();
    let lines = other.body["line_items"].as_array().unwrap();
    let at = lines.iter().position(|line| line["item"]["id"] == "20").unwrap();
    assert_eq!(warning["param"], format!("$.line_items[{at}].unit_amount"), "{}", other.body);
    assert_eq!(lines[at]["unit_amount"], 1800, "the store's price counts");
    assert_eq!(other.body["status"], "ready_for_payment", "it stops nothing");
    let same = agent.update(other.id(), &shown(1800)).await;
    assert!(same.message("price_change").is_none(), "{}", same.body);
    let older = json!({"line_items": [{"id": "20", "unit_amount": 1}]});
    assert!(agent.update(other.id(), &older).await.message("price_change").is_some());
    for strange in
        [json!({"id": "20", "unit_amount": "x"}), json!({"id": "20", "suggested_price": []})]
    {
        let fine = agent.update(other.id(), &json!({"line_items": [strange]})).await;
        assert_eq!(fine.status, 200, "{}", fine.body);
    }
}

/// The agent's own facts come back in every answer, on any replica, until the end.
#[tokio::test]
async fn metadata_is_remembered_with_the_session() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let metadata = json!({"chat": "c_1", "nested": {"a": [1, 2]}});
    let session = create_with(&agent, json!({"metadata": metadata})).await;
    assert_eq!(session.body["metadata"], metadata, "{}", session.body);
    let note = json!({"order_notes": "Ring twice"});
    assert_eq!(agent.update(session.id(), &note).await.body["metadata"], metadata);
    let (elsewhere, _stop) = stage.replica().await;
    let elsewhere = Agent::new(&elsewhere, crate::stage::TOKEN);
    assert_eq!(elsewhere.retrieve(session.id()).await.body["metadata"], metadata);
    let done = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(done.body["metadata"], metadata);
    // A097.
    assert_eq!(done.body["order"]["confirmation"]["order_notes"], "Ring twice");
    assert_eq!(only_order(&stage)["customer_note"], "Ring twice");
    let long = json!({"metadata": {"text": "x".repeat(5000)}});
    create_with(&agent, long).await.assert_refused(400, "invalid");
}

/// A087, A088: another recipient is fine, another place is not.
#[tokio::test]
async fn a_completion_may_change_the_contact_and_not_the_place() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({})).await;
    let path = format!("{SESSIONS}/{}/complete", session.id());
    let mut body = payment(&stage.token());
    body["fulfillment_details"] = san_francisco();
    body["fulfillment_details"]["address"]["line_one"] = json!("Elsewhere 1");
    agent.post(&path, &body).await.assert_refused(409, "address_change_not_allowed");
    stage.upstreams.assert_nothing_bought();
    body["fulfillment_details"] = san_francisco();
    body["fulfillment_details"]["phone_number"] = json!("15559998888");
    let done = agent.post(&path, &body).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert_eq!(only_order(&stage)["shipping"]["phone"], "15559998888");
    stage.upstreams.assert_bought_once();
}

/// A084: a proof that is none is refused before anything happens.
#[tokio::test]
async fn an_outcome_that_vouches_needs_its_proof() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({})).await;
    let path = format!("{SESSIONS}/{}/complete", session.id());
    let mut body = payment(&stage.token());
    body["authentication_result"] = json!({"outcome": "authenticated"});
    let refused = agent.post(&path, &body).await;
    refused.assert_refused(400, "missing_required_field");
    assert_eq!(refused.body["param"], "$.authentication_result.outcome_details");
    body["authentication_result"] = json!({"outcome": "denied", "outcome_details": {}});
    assert_eq!(agent.post(&path, &body).await.body["status"], "completed");
}

/// A157, A158: no channel is offered, so nobody's subscription changes.
#[tokio::test]
async fn consents_that_were_not_asked_for_change_nothing() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({})).await;
    assert!(session.body.get("marketing_consent_options").is_none());
    let mut body = payment(&stage.token());
    body["marketing_consents"] = json!([{"channel": "email", "opted_in": true}]);
    let done = agent.post(&format!("{SESSIONS}/{}/complete", session.id()), &body).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    assert!(!only_order(&stage).to_string().contains("opted_in"));
}

/// A159: what the buyer says is with the order, and how to reach them; who cannot be reached, or
/// was not asked, has said nothing.
#[tokio::test]
async fn consents_that_were_asked_for_are_kept() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    let asked = |channel| Marketing {
        channel,
        text: "News and offers".to_owned(),
        privacy_policy: Url::parse("https://shop.example/privacy").unwrap(),
    };
    config.stores[0].marketing = vec![asked(Channel::Email), asked(Channel::Sms)];
    let stage = Stage::with(upstreams, config).await;
    let agent = stage.agent();
    // Nobody has told a number of who pays; the recipient's e-mail does not count beside the payer's.
    let mut to = san_francisco();
    to["email"] = json!("friend@example.com");
    let mut buyer = ada();
    buyer.as_object_mut().unwrap().remove("phone_number");
    let session = create_with(&agent, json!({"fulfillment_details": to, "buyer": buyer})).await;
    let options = &session.body["marketing_consent_options"];
    assert_eq!(options[0]["channel"], "email", "{}", session.body);
    assert_eq!(options[1]["privacy_policy_url"], "https://shop.example/privacy");
    let older = agent.speaking("2026-01-30").retrieve(session.id()).await;
    assert!(older.body.get("marketing_consent_options").is_none());

    let mut body = payment(&stage.token());
    body["marketing_consents"] = json!([
        {"channel": "email", "opted_in": true},
        {"channel": "sms", "opted_in": false},
        {"channel": "whatsapp", "opted_in": true},
    ]);
    let done = agent.post(&format!("{SESSIONS}/{}/complete", session.id()), &body).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    let kept = fact(&only_order(&stage), "marketing_consents").unwrap();
    let email = json!({"channel": "email", "opted_in": true, "contact": "ada@example.com"});
    assert_eq!(kept, json!([email]));
}

/// The buyer may always go on by hand, with the same things in the store's own cart.
#[tokio::test]
async fn an_open_session_leads_to_a_filled_cart_of_the_store() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let store = stage.upstreams.store_server.url.clone();
    let one = create_with(&agent, json!({})).await;
    assert_eq!(one.body["continue_url"], format!("{store}/?add-to-cart=20&quantity=2"));
    let items = json!({"line_items": [{"id": "20"}, {"id": "21", "quantity": 3}]});
    let two = agent.update(one.id(), &items).await;
    assert_eq!(two.body["continue_url"], format!("{store}/checkout-link/?products=20:1,21:3"));
    let canceled = agent.cancel(one.id()).await;
    assert!(canceled.body.get("continue_url").is_none());
}

/// A070: what only the store's own pages can sell goes on there.
#[tokio::test]
async fn what_cannot_be_bought_here_leads_to_the_store() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let store = stage.upstreams.store_server.url.clone();
    // A choice is left open that no call can make.
    let open = create_with(&agent, json!({"line_items": [{"id": "31"}]})).await;
    assert_eq!(open.body["status"], "not_ready_for_payment", "{}", open.body);
    assert!(open.message("unsupported").is_some(), "{}", open.body);
    let page = open.body["continue_url"].as_str().unwrap();
    assert!(page.starts_with(&store) && page.contains("v-neck"), "{page}");
    // Beside something that can be bought it is an obstacle, which the agent can take away.
    let both = json!({"line_items": [{"id": "31"}, {"id": "20"}]});
    let both = create_with(&agent, both).await;
    assert_eq!(both.body["status"], "not_ready_for_payment", "{}", both.body);
    assert!(both.message("unsupported").is_some(), "{}", both.body);
}

/// A063, A124, A125, A126, A127: one handler that works, the same in every answer.
#[tokio::test]
async fn handlers_and_links_are_the_sellers() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({})).await;
    let handlers = session.body["capabilities"]["payment"]["handlers"].as_array().unwrap();
    assert_eq!(handlers.len(), 1);
    let handler = &handlers[0];
    assert_eq!(handler["config"]["merchant_id"], "profile_test_123");
    assert_eq!(handler["config"]["psp"], handler["psp"]);
    assert_eq!(handler["version"].as_str().unwrap().len(), "2026-01-22".len());
    let read = agent.retrieve(session.id()).await;
    assert_eq!(read.body["capabilities"], session.body["capabilities"]);
    let links = session.body["links"].as_array().unwrap();
    for kind in ["terms_of_use", "privacy_policy"] {
        assert!(links.iter().any(|link| link["type"] == kind), "{kind}");
    }
    // A118: also after the end.
    let canceled = agent.cancel(session.id()).await;
    assert_eq!(canceled.body["capabilities"], session.body["capabilities"]);
}

/// A043, A045, A047, A048.
#[tokio::test]
async fn a_choice_is_one_of_what_is_offered() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let session = create_with(&agent, json!({"order_notes": "Ring twice"})).await;
    for item in ["li_20", "20"] {
        let choice = json!({"selected_fulfillment_options": [
            {"type": "shipping", "option_id": "flat_rate:2", "item_ids": [item]},
        ]});
        let chosen = agent.update(session.id(), &choice).await;
        let selected = &chosen.body["selected_fulfillment_options"][0];
        assert_eq!(selected["option_id"], "flat_rate:2", "{item}");
        let offered = chosen.body["fulfillment_options"].as_array().unwrap();
        let option = offered.iter().find(|option| option["id"] == selected["option_id"]).unwrap();
        assert_eq!(option["type"], selected["type"]);
    }
    let cleared = agent.update(session.id(), &json!({"order_notes": null})).await;
    assert_eq!(cleared.status, 200);
    let done = agent.complete(session.id(), &stage.token()).await;
    assert!(done.body["order"]["confirmation"].get("order_notes").is_none(), "{}", done.body);
}

/// A054, A057: what the store refuses is a message with a path, never silence.
#[tokio::test]
async fn what_the_store_refuses_is_told() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let mut nowhere = san_francisco();
    nowhere["address"]["country"] = json!("Atlantis");
    let session = create_with(&agent, json!({"fulfillment_details": nowhere})).await;
    assert_eq!(session.status, 201, "{}", session.body);
    let refused = session.message("invalid").unwrap();
    assert!(refused["param"].as_str().unwrap().starts_with("$.fulfillment_details.address"));
    stage.upstreams.store.set_stock(20, 0);
    let sold_out = create_with(&agent, json!({})).await;
    assert_eq!(sold_out.body["status"], "not_ready_for_payment");
    assert!(sold_out.message("out_of_stock").is_some(), "{}", sold_out.body);
}

/// What a business tells of itself is with the order, and comes back in the session.
#[tokio::test]
async fn a_company_buys() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let mut buyer = ada();
    buyer["customer_id"] = json!("cust_7");
    buyer["account_type"] = json!("business");
    buyer["company"] = json!({"name": "Engines Ltd", "tax_id": "GB123", "cost_center": "CC-9"});
    buyer["tax_exemption"] = json!({
        "certificate_id": "cert_1", "certificate_type": "resale", "expires_at": "next year",
    });
    let mut strange = ada();
    strange["account_type"] = json!("imperial");
    let strange = create_with(&agent, json!({"buyer": strange})).await;
    assert_eq!(strange.body["buyer"], ada(), "an unknown word is ignored: {}", strange.body);
    agent.cancel(strange.id()).await;
    let session = create_with(&agent, json!({"buyer": buyer})).await;
    // What is no time is not shown as one.
    buyer["tax_exemption"].as_object_mut().unwrap().remove("expires_at");
    assert_eq!(session.body["buyer"], buyer, "{}", session.body);
    let done = agent.complete(session.id(), &stage.token()).await;
    assert_eq!(done.body["buyer"]["company"], buyer["company"], "{}", done.body);
    let order = stage.upstreams.paid_orders().remove(0);
    assert_eq!(order["billing"]["company"], "Engines Ltd");
    for told in ["GB123", "cust_7", "cert_1"] {
        assert!(order["meta_data"].to_string().contains(told), "{}", order["meta_data"]);
    }
}
