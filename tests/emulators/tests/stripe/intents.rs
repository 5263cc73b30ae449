//! Payments: their states, declines, captures, refunds, lists.

use std::slice;

use emulators::stripe::Quirks;
use serde_json::{Value, json};

use crate::bench::{Bench, HELD, Reply, paying};

const CREATE: &str = "/v1/payment_intents";
const UNEXPECTED: &str = "payment_intent_unexpected_state";
const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_payment_is_the_whole_object() {
    let bench = Bench::new();
    let body = format!("{HELD}&metadata[session]=s1&description=Order");
    let made = bench.post(CREATE, &body).await.body;
    assert_eq!(made.as_object().unwrap().len(), 42);
    assert_eq!(made["object"], "payment_intent");
    assert_eq!(made["status"], "requires_payment_method");
    assert_eq!(made["metadata"], json!({ "session": "s1" }));
    assert_eq!(made["description"], "Order");
    assert_eq!(made["payment_method"], Value::Null);
    let automatic = json!({ "allow_redirects": "never", "enabled": true });
    assert_eq!(made["automatic_payment_methods"], automatic);
    let id = made["id"].as_str().unwrap();
    assert_eq!(bench.get(&format!("{CREATE}/{id}")).await.body, made);
    bench.get(&format!("{CREATE}/pi_none")).await.assert_refused(404, "resource_missing");
}

#[tokio::test]
async fn money_is_held_then_taken() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    let held = bench.stripe.intent(&id).unwrap();
    assert_eq!((&held["amount_capturable"], &held["amount_received"]), (&json!(5000), &json!(0)));
    assert_eq!(bench.stripe.captured(), []);

    let charge = bench.get(&format!("{CREATE}/{id}?expand[]=latest_charge")).await.body;
    let charge = &charge["latest_charge"];
    assert_eq!(charge["captured"], false);
    let before = bench.now() + 7 * DAY;
    assert_eq!(charge["payment_method_details"]["card"]["capture_before"], before);

    let capture = format!("{CREATE}/{id}/capture");
    let too_much = bench.post(&capture, "amount_to_capture=5001").await;
    too_much.assert_refused(400, "amount_too_large");
    let taken = bench.post(&capture, "amount_to_capture=4000&metadata[order]=7").await.body;
    assert_eq!(taken["status"], "succeeded");
    assert_eq!((&taken["amount_capturable"], &taken["amount_received"]), (&json!(0), &json!(4000)));
    assert_eq!(taken["metadata"]["order"], "7");
    assert_eq!(bench.stripe.captured(), [(id.clone(), 4000)]);
    bench.post(&capture, "").await.assert_refused(400, UNEXPECTED);
    assert_eq!(bench.stripe.captured(), [(id, 4000)]);
}

#[tokio::test]
async fn automatic_capture_takes_at_once() {
    let bench = Bench::new();
    let body = HELD.replace("capture_method=manual", "capture_method=automatic");
    let id = bench.post(CREATE, &body).await.id();
    let token = bench.stripe.mint("pm_card_mastercard", 5000, "usd");
    let paid = bench.confirm(&id, &token).await.body;
    assert_eq!((&paid["status"], &paid["amount_received"]), (&json!("succeeded"), &json!(5000)));
    let charge = paid["latest_charge"].as_str().unwrap();
    let charge = bench.get(&format!("/v1/charges/{charge}")).await.body;
    assert_eq!(charge["captured"], true);
    assert_eq!(charge["payment_method_details"]["card"]["capture_before"], Value::Null);
}

#[tokio::test]
async fn states_admit_only_their_steps() {
    let bench = Bench::new();
    let token = || bench.stripe.mint("pm_card_visa", 9000, "usd");
    let open = bench.open().await;
    bench.post(&format!("{CREATE}/{open}/capture"), "").await.assert_refused(400, UNEXPECTED);
    bench.post(&format!("{CREATE}/{open}/confirm"), "").await.assert_refused(400, UNEXPECTED);

    let (held, _) = bench.authorized().await;
    let again = bench.confirm(&held, &token()).await;
    again.assert_refused(400, UNEXPECTED);
    assert_eq!(again.body["error"]["payment_intent"], bench.stripe.intent(&held).unwrap());
    let amount = bench.post(&format!("{CREATE}/{held}"), "amount=6000").await;
    amount.assert_refused(400, UNEXPECTED);
    let note = bench.post(&format!("{CREATE}/{held}"), "metadata[a]=b").await;
    assert_eq!(note.body["metadata"]["a"], "b");

    let cancel = format!("{CREATE}/{held}/cancel");
    let canceled = bench.post(&cancel, "cancellation_reason=abandoned").await.body;
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(canceled["cancellation_reason"], "abandoned");
    assert_eq!(canceled["canceled_at"], bench.now());
    assert_eq!(canceled["amount_capturable"], 0);
    bench.post(&cancel, "").await.assert_refused(400, UNEXPECTED);
    bench.post(&format!("{CREATE}/{held}/capture"), "").await.assert_refused(400, UNEXPECTED);
    bench.confirm(&held, &token()).await.assert_refused(400, UNEXPECTED);

    let (paid, _) = bench.authorized().await;
    bench.post(&format!("{CREATE}/{paid}/capture"), "").await;
    bench.post(&format!("{CREATE}/{paid}/cancel"), "").await.assert_refused(400, UNEXPECTED);
    assert_eq!(bench.stripe.captured(), [(paid, 5000)]);
}

#[tokio::test]
async fn an_open_payment_may_change() {
    let bench = Bench::new();
    let id = bench.open().await;
    let path = format!("{CREATE}/{id}");
    let body = "amount=6000&metadata[a]=1&metadata[b]=2&description=New";
    let changed = bench.post(&path, body).await.body;
    assert_eq!((&changed["amount"], &changed["description"]), (&json!(6000), &json!("New")));
    let unset = bench.post(&path, "metadata[a]=").await.body;
    assert_eq!(unset["metadata"], json!({ "b": "2" }));
    let long = format!("metadata[a]={}", "x".repeat(501));
    bench.post(&path, &long).await.assert_refused(400, "");
    let method = bench.post(&path, "payment_method=pm_card_visa").await.body;
    assert_eq!(method["status"], "requires_confirmation");
    let paid = bench.post(&format!("{path}/confirm"), "").await.body;
    assert_eq!(paid["status"], "requires_capture");
}

#[tokio::test]
async fn a_decline_leaves_the_payment_open() {
    for (card, code, reason) in [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ] {
        let bench = Bench::new();
        let (id, token) = (bench.open().await, bench.stripe.mint(card, 9000, "usd"));
        let declined = bench.confirm(&id, &token).await;
        declined.assert_refused(402, code);
        let error = &declined.body["error"];
        assert_eq!(
            (&error["type"], &error["decline_code"]),
            (&json!("card_error"), &json!(reason))
        );
        let now = bench.stripe.intent(&id).unwrap();
        assert_eq!(error["payment_intent"], now);
        assert_eq!(now["status"], "requires_payment_method");
        assert_eq!(now["last_payment_error"]["decline_code"], reason);
        let charge = bench.get(&format!("/v1/charges/{}", error["charge"].as_str().unwrap())).await;
        assert_eq!(
            (&charge.body["status"], &charge.body["paid"]),
            (&json!("failed"), &json!(false))
        );
        assert_eq!(bench.stripe.authorizations(), 0);

        let good = bench.stripe.mint("pm_card_visa", 9000, "usd");
        let paid = bench.confirm(&id, &good).await.body;
        assert_eq!(paid["status"], "requires_capture");
        assert_eq!(paid["last_payment_error"], Value::Null);
    }
}

#[tokio::test]
async fn a_buyer_may_have_to_authenticate() {
    let bench = Bench::new();
    let token = || bench.stripe.mint("pm_card_authenticationRequired", 9000, "usd");
    let id = bench.open().await;
    let strict = format!("{}&error_on_requires_action=true", paying(&token()));
    let refused = bench.post(&format!("{CREATE}/{id}/confirm"), &strict).await;
    refused.assert_refused(402, "authentication_required");
    assert_eq!(refused.body["error"]["payment_intent"]["status"], "requires_payment_method");

    let waiting = bench.confirm(&id, &token()).await.body;
    assert_eq!(waiting["status"], "requires_action");
    assert_eq!(waiting["next_action"]["type"], "use_stripe_sdk");
    assert_eq!(bench.stripe.authorizations(), 0);
    let failed = bench.stripe.authenticate(&id, false).unwrap();
    assert_eq!(failed["status"], "requires_payment_method");
    bench.confirm(&id, &token()).await;
    assert_eq!(bench.stripe.authenticate(&id, true).unwrap()["status"], "requires_capture");
    assert_eq!(bench.stripe.authenticate(&id, true), None);
    assert_eq!(bench.stripe.authorizations(), 1);
}

#[tokio::test]
async fn a_bank_holds_money_for_a_week() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    bench.wait(7 * DAY - 1);
    assert_eq!(bench.stripe.intent(&id).unwrap()["status"], "requires_capture");
    bench.wait(1);
    let over = bench.stripe.intent(&id).unwrap();
    assert_eq!(
        (&over["status"], &over["cancellation_reason"]),
        (&json!("canceled"), &json!("automatic"))
    );
    bench.post(&format!("{CREATE}/{id}/capture"), "").await.assert_refused(400, UNEXPECTED);
}

#[tokio::test]
async fn redirects_need_somewhere_to_return_to() {
    let bench = Bench::new();
    let id = bench.post(CREATE, "amount=5000&currency=usd&capture_method=manual").await.id();
    let token = bench.stripe.mint("pm_card_visa", 9000, "usd");
    bench.confirm(&id, &token).await.assert_refused(400, "");
    let body = format!("{}&return_url=https://shop.example/back", paying(&token));
    let paid = bench.post(&format!("{CREATE}/{id}/confirm"), &body).await;
    assert_eq!(paid.body["status"], "requires_capture", "{}", paid.body);
}

#[tokio::test]
async fn no_more_is_refunded_than_was_taken() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    let refund = |amount: i64| format!("payment_intent={id}&amount={amount}&metadata[why]=back");
    bench.post("/v1/refunds", &refund(1)).await.assert_refused(400, UNEXPECTED);
    bench.post(&format!("{CREATE}/{id}/capture"), "amount_to_capture=4000").await;
    bench.post("/v1/refunds", &refund(4001)).await.assert_refused(400, "");
    let first = bench.post("/v1/refunds", &refund(1500)).await;
    assert_eq!((&first.body["status"], &first.body["amount"]), (&json!("succeeded"), &json!(1500)));
    assert_eq!(bench.get(&format!("/v1/refunds/{}", first.id())).await.body, first.body);
    bench.post("/v1/refunds", &refund(2501)).await.assert_refused(400, "");
    let rest = bench.post("/v1/refunds", &format!("payment_intent={id}")).await;
    assert_eq!(rest.body["amount"], 2500);
    let more = bench.post("/v1/refunds", &refund(1)).await;
    more.assert_refused(400, "charge_already_refunded");
    let charge = first.body["charge"].as_str().unwrap();
    let charge = bench.get(&format!("/v1/charges/{charge}")).await.body;
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(4000), &json!(true)));
}

#[tokio::test]
async fn lists_miss_nothing() {
    let bench = Bench::new();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.open().await);
        bench.wait(10);
    }
    let listed = |body: &Value| -> Vec<String> {
        let data = body["data"].as_array().unwrap();
        data.iter().map(|intent| intent["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = bench.get(CREATE).await.body;
    assert_eq!(listed(&all), [ids[2].as_str(), &ids[1], &ids[0]], "newest first");
    assert_eq!(all["has_more"], false);
    let page = bench.get(&format!("{CREATE}?limit=2")).await.body;
    assert_eq!((listed(&page).len(), &page["has_more"]), (2, &json!(true)));
    let next = bench.get(&format!("{CREATE}?limit=2&starting_after={}", ids[1])).await.body;
    assert_eq!((listed(&next), &next["has_more"]), (vec![ids[0].clone()], &json!(false)));
    let recent = bench.get(&format!("{CREATE}?created[gte]={}", bench.now() - 20)).await.body;
    assert_eq!(listed(&recent), [ids[2].as_str(), &ids[1]]);
    let back = bench.get(&format!("{CREATE}?limit=1&ending_before={}", ids[0])).await.body;
    assert_eq!((listed(&back), &back["has_more"]), (vec![ids[1].clone()], &json!(true)));
    let old = format!("created[lte]={}&starting_after={}", bench.now() - 20, ids[2]);
    let old = bench.get(&format!("{CREATE}?{old}")).await.body;
    assert_eq!(listed(&old), [ids[1].as_str(), &ids[0]], "what the page begins after may be newer");
    bench
        .get(&format!("{CREATE}?limit=101"))
        .await
        .assert_refused(400, "parameter_invalid_integer");
}

async fn search(bench: &Bench, query: &str, more: &str) -> Reply {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    bench.get(&format!("{CREATE}/search?query={query}{more}")).await
}

/// What a query finds, as ids and statuses.
async fn found(bench: &Bench, query: &str) -> Vec<(String, String)> {
    let body = search(bench, query, "").await.body;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let data = body["data"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
    data.map(|intent| (text(&intent["id"]), text(&intent["status"]))).collect()
}

#[tokio::test]
async fn search_lags_behind() {
    let bench = Bench::new();
    let id = bench.post(CREATE, &format!("{HELD}&metadata[shop]=one")).await.id();
    let query = "metadata['shop']:'one'";
    assert_eq!(found(&bench, query).await, []);
    bench.wait(60);
    let open = (id.clone(), "requires_payment_method".to_owned());
    assert_eq!(found(&bench, query).await, slice::from_ref(&open));

    bench.post(&format!("{CREATE}/{id}/cancel"), "").await;
    assert_eq!(found(&bench, query).await, slice::from_ref(&open), "it shows what was");
    let listed = bench.get(CREATE).await.body;
    assert_eq!(listed["data"][0]["status"], "canceled", "a list shows what is");
    bench.stripe.set_quirks(Quirks { search_lag: 3600, ..Quirks::default() });
    bench.wait(3599);
    assert_eq!(found(&bench, query).await, [open], "an hour behind");
    bench.wait(1);
    assert_eq!(found(&bench, query).await, [(id, "canceled".to_owned())]);
}

#[tokio::test]
async fn search_has_a_language() {
    let bench = Bench::new();
    bench.stripe.set_quirks(Quirks { search_lag: 0, ..Quirks::default() });
    let one = bench.post(CREATE, &format!("{HELD}&metadata[shop]=one")).await.id();
    bench.wait(10);
    let two = bench.post(CREATE, &HELD.replace("5000", "7000")).await.id();
    let since = bench.now();
    for (query, ids) in [
        ("status:'requires_payment_method'".to_owned(), vec![&two, &one]),
        ("status:\"requires_payment_method\" AND metadata['shop']:'one'".to_owned(), vec![&one]),
        ("metadata['shop']:null".to_owned(), vec![&two]),
        ("-metadata['shop']:'one'".to_owned(), vec![&two]),
        ("metadata['shop']:'one' OR amount:7000".to_owned(), vec![&two, &one]),
        ("amount>5000".to_owned(), vec![&two]),
        (format!("created<{since} AND currency:'usd'"), vec![&one]),
    ] {
        let found = found(&bench, &query).await;
        let found: Vec<_> = found.iter().map(|(id, _)| id).collect();
        assert_eq!(found, ids, "{query}");
    }
    for query in
        ["anything", "status:open", "colour:'red'", "amount:'a'", "a:'b' AND c:'d' OR e:'f'"]
    {
        search(&bench, query, "").await.assert_refused(400, "");
    }
    let first = search(&bench, "amount>1", "&limit=1").await.body;
    let page = format!("&limit=1&page={}", first["next_page"].as_str().unwrap());
    let next = search(&bench, "amount>1", &page).await.body;
    assert_eq!((&next["data"][0]["id"], &next["next_page"]), (&json!(one), &Value::Null));
}
