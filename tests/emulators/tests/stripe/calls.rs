//! Keys, versions, parameters and the journal: what holds for every call.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::bench::{Bench, GA, HELD, PREVIEW};

const CREATE: &str = "/v1/payment_intents";

#[tokio::test]
async fn only_the_right_key_opens() {
    let bench = Bench::new();
    let with = |value: &str| {
        let mut request = bench.request("GET", "/v1/account", "", &[]);
        request.headers_mut().insert("authorization", value.parse().unwrap());
        request
    };
    assert_eq!(bench.get("/v1/account").await.body["charges_enabled"], true);
    let basic = STANDARD.encode(format!("{}:", bench.stripe.secret_key()));
    assert_eq!(bench.send(with(&format!("Basic {basic}"))).await.status, 200);

    let wrong = bench.send(with("Bearer sk_test_wrong_key_1234")).await;
    wrong.assert_refused(401, "");
    assert_eq!(wrong.message(), "Invalid API Key provided: sk_test_**********1234");
    let mut none = bench.request("GET", "/v1/account", "", &[]);
    none.headers_mut().remove("authorization");
    bench.send(none).await.assert_refused(401, "");
}

#[tokio::test]
async fn a_key_acts_for_its_own_account_only() {
    let bench = Bench::new();
    let own = bench.get("/v1/account").await.id();
    for (account, status) in [(own.as_str(), 200), ("acct_other", 403)] {
        let request = bench.request("GET", "/v1/account", "", &[("stripe-account", account)]);
        assert_eq!(bench.send(request).await.status, status);
    }
}

#[tokio::test]
async fn ids_may_be_expanded() {
    let bench = Bench::new();
    let (id, _) = bench.authorized().await;
    let list = bench.get(&format!("{CREATE}?expand[]=data.latest_charge")).await.body;
    let charge = &list["data"][0]["latest_charge"];
    assert_eq!(charge["object"], "charge");
    let path = format!("/v1/charges/{}", charge["id"].as_str().unwrap());
    let read = bench.get(&format!("{path}?expand[]=payment_intent")).await.body;
    assert_eq!(read["payment_intent"]["id"], id);
    bench.get(&format!("{path}?expand[]=customer")).await.assert_refused(400, "");
}

#[tokio::test]
async fn parameters_are_checked() {
    let bench = Bench::new();
    for (body, code, param) in [
        ("currency=usd", "parameter_missing", "amount"),
        ("amount=5000", "parameter_missing", "currency"),
        ("amount=50.00&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=0&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=&currency=usd", "parameter_invalid_empty", "amount"),
        ("amount=49&currency=usd", "amount_too_small", "amount"),
        ("amount=100000000&currency=usd", "amount_too_large", "amount"),
        ("amount=5000&currency=USD", "", "currency"),
        ("amount=5000&currency=usd&capture_method=later", "", "capture_method"),
        ("amount=5000&currency=usd&confirm=yes", "", "confirm"),
        ("amount=5000&currency=usd&colour=red", "parameter_unknown", "colour"),
        ("amount=5000&currency=usd&metadata=x", "", "metadata"),
        ("amount=5000&currency=usd&metadata=x&metadata[a]=b", "", "metadata[a]"),
        (
            "amount=5000&currency=usd&automatic_payment_methods[enabled]=true\
             &automatic_payment_methods[redirects]=never",
            "parameter_unknown",
            "automatic_payment_methods[redirects]",
        ),
        ("amount=5000&currency=usd&error_on_requires_action=true", "", "error_on_requires_action"),
    ] {
        let reply = bench.post(CREATE, body).await;
        reply.assert_refused(400, code);
        assert_eq!(reply.body["error"]["param"], param, "{body}: {}", reply.body);
    }
    assert_eq!(bench.stripe.intents().len(), 0, "nothing was made");
}

#[tokio::test]
async fn json_is_not_spoken() {
    let bench = Bench::new();
    let mut request = bench.request("POST", CREATE, r#"{"amount":5000}"#, &[]);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    bench.send(request).await.assert_refused(400, "");
}

#[tokio::test]
async fn headers_tell_request_and_version() {
    let bench = Bench::new();
    let reply = bench.post_with(CREATE, HELD, &[("stripe-version", GA)]).await;
    assert!(reply.header("request-id").unwrap().starts_with("req_"));
    assert_eq!(reply.header("stripe-version"), Some(GA));
    let reply = bench.post_with(CREATE, HELD, &[("stripe-version", "latest")]).await;
    reply.assert_refused(400, "");
    bench.get("/v1/payment_methods").await.assert_refused(404, "");
    bench.get("/other").await.assert_refused(404, "");
}

#[tokio::test]
async fn the_journal_keeps_no_tokens() {
    let bench = Bench::new();
    let id = bench.keyed("k1", CREATE, HELD).await.id();
    let token = bench.stripe.mint("pm_card_visa", 9000, "usd");
    bench.token(&token).await;
    bench.confirm(&id, &token).await;
    let key = format!("key-{token}-1");
    bench.keyed(&key, &format!("{CREATE}/{id}/capture"), "").await;
    assert_eq!(
        bench.stripe.calls(),
        [
            format!("POST {CREATE} key=k1 version={PREVIEW} -> 200"),
            format!("GET /v1/shared_payment/granted_tokens/spt_*** key=- version={PREVIEW} -> 200"),
            format!("POST {CREATE}/{id}/confirm key=- version={PREVIEW} -> 200"),
            format!("POST {CREATE}/{id}/capture key=key-spt_***-1 version={PREVIEW} -> 200"),
        ]
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids() {
    let (one, two) = (Bench::new(), Bench::new());
    assert_eq!(one.stripe.secret_key(), two.stripe.secret_key());
    assert_eq!(one.open().await, two.open().await);
}
