//! How the goods of a draft travel: what is offered, and how long that holds.

use serde_json::{Value, json};

use crate::{
    bench::{Bench, ada, like, operation, recording},
    drafts::{CREATE, SUMS, amount, open},
};

#[tokio::test]
async fn rates_and_handles_as_recorded() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let Some(rates) = recording("orders/draftOrderCalculate-validation-and-shipping-rates") else {
        return;
    };
    let mut variables = rates["variables"].clone();
    for input in variables.as_object_mut().unwrap().values_mut() {
        for line in input["lineItems"].as_array_mut().into_iter().flatten() {
            if line.get("variantId").is_some() {
                line["variantId"] = json!(bench.sku("BEANIE-1"));
            }
        }
    }
    // This shop delivers to Ontario, so somewhere else is out of its way.
    variables["availableShippingRatesNoMatch"]["shippingAddress"]["provinceCode"] = json!("AB");
    let query = rates["document"].as_str().unwrap();
    let mut theirs = rates["calculate"]["response"].clone();
    if theirs.get("payload").is_some() {
        theirs = theirs["payload"].clone();
    }
    let ours = bench.ask(query, variables.clone()).await;
    like("calculate", &ours, &theirs);
    let offered = &ours["data"]["availableShippingRatesMatching"]["calculatedDraftOrder"]["availableShippingRates"];
    let mut input = variables["availableShippingRatesMatching"].clone();
    input["shippingLine"] = json!({ "shippingRateHandle": offered[0]["handle"] });
    let create = rates["createWithRate"]["document"].as_str().unwrap();
    let ours = bench.ask(create, json!({ "input": input })).await;
    like("create with a rate", &ours, &rates["createWithRate"]["response"]);
    let id = &ours["data"]["draftOrderCreate"]["draftOrder"]["id"];
    let update = rates["updateWithRate"]["document"].as_str().unwrap();
    let input = json!({ "shippingLine": { "shippingRateHandle": offered[1]["handle"] } });
    let ours = bench.ask(update, json!({ "id": id, "input": input })).await;
    like("update with a rate", &ours, &rates["updateWithRate"]["response"]);
    let line = &ours["data"]["draftOrderUpdate"]["draftOrder"]["shippingLine"];
    assert_eq!(line["shippingRateHandle"], offered[1]["handle"], "echoed as it was");
}

#[tokio::test]
async fn handles_go_stale() {
    let bench = Bench::new();
    let rows = [("BEANIE-1", 1)];
    let rate = bench.rate(&rows, ada()).await;
    let query = format!("{CREATE} {SUMS}");
    let with = |handle: &Value, to: Value| json!({ "input": { "lineItems": bench.lines(&rows), "shippingAddress": to, "shippingLine": { "shippingRateHandle": handle } } });
    let refused = async |variables: Value| {
        bench.data(&query, variables).await["draftOrderCreate"]["userErrors"][0].clone()
    };
    assert_eq!(refused(with(&rate["handle"], ada())).await, Value::Null);
    assert_ne!(
        refused(with(&json!("eyJhbGciOiJIUzI1NiJ9.e30.x"), ada())).await,
        Value::Null,
        "forged"
    );
    let elsewhere = json!({ "address1": "1 Elsewhere", "city": "Portland", "provinceCode": "OR", "countryCode": "US", "zip": "97209" });
    assert_ne!(refused(with(&rate["handle"], elsewhere)).await, Value::Null, "for another address");
    bench.store.set_rate("US", "Standard", 799);
    assert_ne!(refused(with(&rate["handle"], ada())).await, Value::Null, "the price has changed");
    bench.store.quirks(|quirks| quirks.stale_handles_keep_their_price = true);
    let draft = bench.done(&query, with(&rate["handle"], ada())).await["draftOrder"].clone();
    assert_eq!(amount(&draft, "totalShippingPriceSet"), "5.99", "or keeps its old price");
}

#[tokio::test]
async fn nothing_to_choose_without_a_whole_address_or_for_what_is_not_sent() {
    let bench = Bench::new();
    let options = async |rows: &[(&str, i64)], to: Value, pickups: Option<i64>| {
        let input = json!({ "lineItems": bench.lines(rows), "shippingAddress": to });
        let variables = json!({ "input": input, "pickups": pickups });
        bench.data(&operation("03_delivery_options"), variables).await["draftOrderAvailableDeliveryOptions"].clone()
    };
    let none = async |rows: &[(&str, i64)], to: Value| {
        assert_eq!(options(rows, to, None).await["availableShippingRates"], json!([]));
    };
    let mut half = ada();
    half["zip"] = Value::Null;
    none(&[("BEANIE-1", 1)], half).await;
    let mut wrong = ada();
    wrong["provinceCode"] = json!("ON");
    none(&[("BEANIE-1", 1)], wrong).await;
    none(&[("GUIDE-PDF", 1)], ada()).await;
    let found = options(&[("BEANIE-1", 1)], ada(), None).await;
    assert_eq!(found["availableLocalPickupOptions"], json!([]), "only as many as were asked for");
    let found = options(&[("BEANIE-1", 1)], ada(), Some(5)).await;
    let place = &found["availableLocalPickupOptions"][0];
    assert_eq!(place["title"], "Market Street Store");
    let seattle = json!({ "address1": "1 Pike", "city": "Seattle", "provinceCode": "WA", "countryCode": "US", "zip": "98101" });
    let found = options(&[("BEANIE-1", 1)], seattle.clone(), Some(5)).await;
    let place = &found["availableLocalPickupOptions"][0];
    let draft = open(
        &bench,
        json!({
            "lineItems": bench.lines(&[("BEANIE-1", 1)]), "shippingAddress": seattle,
            "shippingLine": { "shippingRateHandle": place["handle"] },
        }),
    )
    .await;
    assert_eq!(amount(&draft, "totalShippingPriceSet"), "0.0");
    assert_eq!(
        draft["lineItems"]["nodes"][0]["taxLines"][0]["title"], "California State Tax",
        "taxed where it is fetched"
    );
    assert_eq!(
        options(&[("LAST-1", 1)], ada(), Some(5)).await["availableLocalPickupOptions"],
        json!([]),
        "not there"
    );
}
