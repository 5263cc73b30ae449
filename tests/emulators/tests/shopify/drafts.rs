//! Draft orders: what is refused, what it costs, what is held.

use serde_json::{Value, json};

use crate::bench::{Bench, ada, calls, like, operation, operations, recording, toronto};

const CREATE: &str = "mutation Open($input: DraftOrderInput!, $lines: Int = 25) { draftOrderCreate(input: $input) { draftOrder { ...Sums } userErrors { field message } } }";
const UPDATE: &str = "mutation Revise($id: ID!, $input: DraftOrderInput!, $lines: Int = 25) { draftOrderUpdate(id: $id, input: $input) { draftOrder { ...Sums } userErrors { field message } } }";
const SUMS: &str = "fragment Sums on DraftOrder {
  id status updatedAt presentmentCurrencyCode reserveInventoryUntil note2 tags discountCodes
  shippingLine { title shippingRateHandle originalPriceSet { presentmentMoney { amount } } discountedPriceSet { presentmentMoney { amount } } }
  lineItems(first: $lines) { nodes {
    quantity sku title
    originalUnitPriceSet { presentmentMoney { amount } shopMoney { amount } }
    discountedTotalSet { presentmentMoney { amount } }
    taxLines { title ratePercentage priceSet { presentmentMoney { amount } } }
  } }
  platformDiscounts { title code automaticDiscount totalAmountPriceSet { presentmentMoney { amount } } allocations { reductionAmountSet { presentmentMoney { amount } } target { __typename ... on DraftOrderLineItem { uuid } } } }
  totalLineItemsPriceSet { presentmentMoney { amount } }
  subtotalPriceSet { presentmentMoney { amount } }
  totalDiscountsSet { presentmentMoney { amount } }
  totalShippingPriceSet { presentmentMoney { amount } }
  totalTaxSet { presentmentMoney { amount } }
  totalPriceSet { presentmentMoney { amount currencyCode } shopMoney { amount currencyCode } }
  warnings { __typename errorCode field message ... on DraftOrderDiscountNotAppliedWarning { discountCode } }
}";

async fn open(bench: &Bench, input: Value) -> Value {
    let query = format!("{CREATE} {SUMS}");
    bench.done(&query, json!({ "input": input })).await["draftOrder"].clone()
}

fn amount(draft: &Value, member: &str) -> String {
    draft[member]["presentmentMoney"]["amount"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn mistakes_are_refused_in_the_recorded_words() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let Some(matrix) = recording("orders/draft-order-create-validation-matrix") else { return };
    let (query, variables, theirs) = calls(&matrix).remove(0);
    like("validation matrix", &bench.ask(&query, variables).await, &theirs);

    let most = recording("orders/draftOrder-line-items-max").unwrap();
    let (query, variables, theirs) = calls(&most).remove(0);
    let ours = bench.ask(&query, variables).await;
    assert_eq!(ours["errors"], theirs["errors"]);
    assert!(ours.get("data").is_none(), "nothing runs");
    assert_eq!(ours["extensions"]["cost"]["actualQueryCost"], Value::Null);

    let tags = recording("orders/draftOrder-tag-validation").unwrap();
    let query = "mutation M($input: DraftOrderInput!) {\n  draftOrderCreate(input: $input) { draftOrder { id tags } userErrors { field message } } }";
    let update = "mutation M($id: ID!, $input: DraftOrderInput!) {\n  draftOrderUpdate(id: $id, input: $input) { draftOrder { id tags } userErrors { field message } } }";
    let asked = |name: &str| tags[name]["variables"].clone();
    let made = bench.ask(query, asked("setupCreate")).await;
    like("tags", &made, &tags["setupCreate"]["response"]);
    like(
        "a long tag",
        &bench.ask(query, asked("createLongTag")).await,
        &tags["createLongTag"]["response"],
    );
    let ours = bench.ask(query, asked("createTooManyTags")).await;
    assert_eq!(ours["errors"], tags["createTooManyTags"]["response"]["errors"]);
    let mut long = asked("updateLongTag");
    long["id"] = made["data"]["draftOrderCreate"]["draftOrder"]["id"].clone();
    like("a long tag later", &bench.ask(update, long).await, &tags["updateLongTag"]["response"]);
}

#[tokio::test]
async fn discounts_by_the_writer_as_recorded() {
    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.deprecated_still_works = true);
    let Some(recorded) = recording("orders/draftOrder-applied-discount-validation") else { return };
    let create = "mutation M($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } userErrors { field message } } }";
    let theirs = &recorded["createValidation"]["response"]["data"];
    for (name, input) in recorded["createValidation"]["variables"].as_object().unwrap() {
        let mut input = input.clone();
        // Money is text here, though the recorded shop took numbers.
        if let Some(applied) = input["appliedDiscount"].as_object_mut() {
            applied.remove("amount");
        }
        for line in input["lineItems"].as_array_mut().unwrap() {
            if let Some(applied) = line["appliedDiscount"].as_object_mut() {
                applied.remove("amount");
            }
            if line["appliedDiscount"].is_null() {
                line.as_object_mut().unwrap().remove("appliedDiscount");
            }
        }
        if input["appliedDiscount"].is_null() {
            input.as_object_mut().unwrap().remove("appliedDiscount");
        }
        let ours = bench.data(create, json!({ "input": input })).await["draftOrderCreate"].clone();
        assert_eq!(ours["userErrors"], theirs[name]["userErrors"], "{name}");
        assert_eq!(ours["draftOrder"].is_null(), theirs[name]["draftOrder"].is_null(), "{name}");
    }
}

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
async fn sums_add_up() {
    let bench = Bench::new();
    let rows = [("BEANIE-1", 2), ("OIL-500", 1)];
    let rate = bench.rate(&rows, ada()).await;
    assert_eq!((&rate["title"], &rate["price"]["amount"]), (&json!("Standard"), &json!("5.99")));
    let draft = open(&bench, json!({
        "lineItems": bench.lines(&rows), "shippingAddress": ada(), "discountCodes": ["save10", "NOPE", "EXPIRED", "MIN100"],
        "shippingLine": { "shippingRateHandle": rate["handle"] }, "acceptAutomaticDiscounts": true,
    }))
    .await;
    assert_eq!(amount(&draft, "totalLineItemsPriceSet"), "58.49");
    assert_eq!(amount(&draft, "totalDiscountsSet"), "5.85");
    assert_eq!(amount(&draft, "subtotalPriceSet"), "52.64");
    assert_eq!(amount(&draft, "totalShippingPriceSet"), "5.99");
    // 36.00 of taxable goods at 7.25 and 1.375 percent; shipping is not taxed in California.
    assert_eq!(amount(&draft, "totalTaxSet"), "3.11");
    assert_eq!(amount(&draft, "totalPriceSet"), "61.74");
    let refused: Vec<&Value> =
        draft["warnings"].as_array().unwrap().iter().map(|w| &w["discountCode"]).collect();
    assert_eq!(refused, [&json!("NOPE"), &json!("EXPIRED"), &json!("MIN100")]);
    assert_eq!(draft["platformDiscounts"][0]["code"], "SAVE10");
    assert_eq!(draft["platformDiscounts"][0]["allocations"].as_array().unwrap().len(), 2);
    let line = &draft["lineItems"]["nodes"][0];
    assert_eq!(
        line["discountedTotalSet"]["presentmentMoney"]["amount"], "40.0",
        "an order's discount is not the row's"
    );
    assert_eq!(line["taxLines"][0]["ratePercentage"].to_string(), "7.25");
}

#[tokio::test]
async fn discounts_by_themselves_alone_and_for_shipping() {
    let bench = Bench::new();
    let rows = [("BOOTS-1", 2)];
    let rates = bench.rate(&rows, ada()).await;
    assert_eq!(rates["title"], "Free over 100", "the cheapest first");
    let draft =
        open(&bench, json!({ "lineItems": bench.lines(&rows), "acceptAutomaticDiscounts": true }))
            .await;
    assert_eq!(draft["platformDiscounts"][0]["automaticDiscount"], true);
    assert_eq!(amount(&draft, "totalDiscountsSet"), "12.0");
    let quiet = open(&bench, json!({ "lineItems": bench.lines(&rows) })).await;
    assert_eq!(amount(&quiet, "totalDiscountsSet"), "0.0", "only when asked for");
    let alone = open(&bench, json!({
        "lineItems": bench.lines(&rows), "acceptAutomaticDiscounts": true, "discountCodes": ["ALONE20", "FIVEOFF"],
    }))
    .await;
    assert_eq!(amount(&alone, "totalDiscountsSet"), "48.0", "the best one, with nothing beside it");
    assert_eq!(alone["warnings"][0]["discountCode"], "FIVEOFF");
    let rate = bench.rate(&[("BEANIE-1", 1)], ada()).await;
    let free = open(&bench, json!({
        "lineItems": bench.lines(&[("BEANIE-1", 1)]), "shippingAddress": ada(), "discountCodes": ["FREESHIP"],
        "shippingLine": { "shippingRateHandle": rate["handle"] },
    }))
    .await;
    assert_eq!(free["shippingLine"]["originalPriceSet"]["presentmentMoney"]["amount"], "5.99");
    assert_eq!(free["shippingLine"]["discountedPriceSet"]["presentmentMoney"]["amount"], "0.0");
    assert_eq!(amount(&free, "totalDiscountsSet"), "5.99");
}

#[tokio::test]
async fn a_market_decides_the_currency_unless_it_is_named() {
    let bench = Bench::new();
    let rows = [("BEANIE-1", 1)];
    let abroad =
        open(&bench, json!({ "lineItems": bench.lines(&rows), "shippingAddress": toronto() }))
            .await;
    assert_eq!(abroad["presentmentCurrencyCode"], "CAD");
    // 20.00 at 1.361, and ten percent more in this market.
    let unit = &abroad["lineItems"]["nodes"][0]["originalUnitPriceSet"];
    assert_eq!(
        (&unit["presentmentMoney"]["amount"], &unit["shopMoney"]["amount"]),
        (&json!("29.94"), &json!("20.0"))
    );
    let named = open(&bench, json!({
        "lineItems": bench.lines(&rows), "shippingAddress": toronto(), "presentmentCurrencyCode": "USD",
    }))
    .await;
    assert_eq!(named["totalPriceSet"]["presentmentMoney"], named["totalPriceSet"]["shopMoney"]);
    let yen =
        open(&bench, json!({ "lineItems": bench.lines(&rows), "presentmentCurrencyCode": "JPY" }))
            .await;
    assert_eq!(amount(&yen, "totalPriceSet"), "3102.0");
    let query = format!("{CREATE} {SUMS}");
    let input = json!({ "lineItems": bench.lines(&rows), "presentmentCurrencyCode": "GBP" });
    let refused = bench.data(&query, json!({ "input": input })).await;
    assert_eq!(
        refused["draftOrderCreate"]["userErrors"][0]["field"],
        json!(["presentmentCurrencyCode"])
    );
}

#[tokio::test]
async fn taxes_can_be_in_the_price() {
    let bench = Bench::new();
    bench.store.set_taxes_included(true);
    let german = json!({ "firstName": "Ada", "lastName": "L", "address1": "Weg 1", "city": "Berlin", "countryCode": "DE", "zip": "10115" });
    let draft = open(&bench, json!({
        "lineItems": bench.lines(&[("BEANIE-1", 1)]), "shippingAddress": german, "presentmentCurrencyCode": "USD",
    }))
    .await;
    assert_eq!(
        (amount(&draft, "totalPriceSet"), amount(&draft, "totalTaxSet")),
        ("20.0".to_owned(), "3.19".to_owned())
    );
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

#[tokio::test]
async fn holds_take_stock_away_until_they_end() {
    let bench = Bench::new();
    let lamp = bench.sku("LAST-1");
    let id = bench.draft(&[("LAST-1", 1)], json!({})).await;
    assert_eq!(bench.store.stock(&lamp), Some(1), "a draft holds nothing by itself");
    let query = format!("{UPDATE} {SUMS}");
    let hold = async |until: Value| {
        bench.data(&query, json!({ "id": id, "input": { "reserveInventoryUntil": until } })).await
    };
    let refused = hold(json!("2020-01-01T00:00:00Z")).await;
    assert_eq!(
        refused["draftOrderUpdate"]["userErrors"][0]["message"],
        "Reserve until can't be in the past"
    );
    hold(json!(bench.later(900))).await;
    assert_eq!(bench.store.stock(&lamp), Some(0));
    let reserved = |bench: &Bench| {
        let ledger = bench.store.ledger();
        let rows = ledger["stock"].as_array().unwrap().iter();
        rows.filter(|row| row["sku"] == "LAST-1")
            .map(|row| row["reserved"].as_i64().unwrap())
            .sum::<i64>()
    };
    assert_eq!(reserved(&bench), 1);
    hold(Value::Null).await;
    assert_eq!((bench.store.stock(&lamp), reserved(&bench)), (Some(1), 0));
    hold(json!(bench.later(900))).await;
    bench.wait(901);
    assert_eq!(reserved(&bench), 0, "a hold ends by itself");
    assert_eq!(bench.store.stock(&lamp), Some(1));
    // Two may hold the same last one: nothing is refused, and the shop is short.
    hold(json!(bench.later(900))).await;
    let other = json!({ "reserveInventoryUntil": bench.later(900) });
    bench.draft(&[("LAST-1", 1)], other).await;
    assert_eq!(bench.store.stock(&lamp), Some(-1));
}

#[tokio::test]
async fn updates_replace_what_they_name_and_clear_what_is_null() {
    let bench = Bench::new();
    let query = format!("{UPDATE} {SUMS}");
    let id =
        bench.draft(&[("BEANIE-1", 1)], json!({ "note": "ring twice", "tags": ["acp"] })).await;
    let revise = async |input: Value| {
        bench.done(&query, json!({ "id": id, "input": input })).await["draftOrder"].clone()
    };
    let draft = revise(json!({ "lineItems": bench.lines(&[("HOODIE-ZIP", 2)]) })).await;
    assert_eq!(draft["lineItems"]["nodes"][0]["sku"], "HOODIE-ZIP");
    assert_eq!((&draft["note2"], &draft["tags"]), (&json!("ring twice"), &json!(["acp"])), "kept");
    assert_eq!(revise(json!({ "note": null })).await["note2"], Value::Null, "cleared");
    // Whatever a row says about a variant, the catalog's values win.
    let row = json!([{ "variantId": bench.sku("BEANIE-1"), "quantity": 1, "title": "Mine", "sku": "MINE", "taxable": false }]);
    let draft = revise(json!({ "lineItems": row })).await;
    assert_eq!(draft["lineItems"]["nodes"][0]["title"], "Beanie");
    let gone = bench.data(&query, json!({ "id": "gid://shopify/DraftOrder/1", "input": {} })).await;
    assert_eq!(gone["draftOrderUpdate"]["draftOrder"], Value::Null);
    let read =
        bench.data("{ draftOrder(id: \"gid://shopify/DraftOrder/1\") { id } }", json!({})).await;
    assert_eq!(read["draftOrder"], Value::Null, "null, and no error");
    let delete = "mutation D($id: ID!) { draftOrderDelete(input: { id: $id }) { deletedId userErrors { message } } }";
    assert_eq!(bench.done(delete, json!({ "id": id })).await["deletedId"], json!(id));
}

#[tokio::test]
async fn the_operations_written_for_it_answer_in_full() {
    let bench = Bench::new();
    if operations().is_empty() {
        return;
    }
    let run = async |name: &str, variables: Value| bench.data(&operation(name), variables).await;
    let publication = bench.store.publication("Agentic checkout").unwrap();
    for name in ["01_preflight", "22_policies", "37_locations_publications", "38_markets"] {
        run(name, json!({})).await;
    }
    let ids =
        json!([bench.sku("TEE-RED-S"), bench.sku("GIFT-10"), "gid://shopify/ProductVariant/1"]);
    let found = run(
        "35_variants_by_id",
        json!({ "ids": ids, "country": "CA", "publication": publication }),
    )
    .await;
    assert_eq!(
        found["nodes"][0]["contextualPricing"]["price"],
        json!({ "amount": "37.43", "currencyCode": "CAD" })
    );
    assert_eq!(found["nodes"][2], Value::Null);
    assert_eq!(found["nodes"][1]["product"]["isGiftCard"], true);
    let item = found["nodes"][0]["inventoryItem"]["id"].clone();
    let levels = run("36_inventory_levels", json!({ "ids": [item] })).await;
    assert_eq!(levels["nodes"][0]["inventoryLevels"]["nodes"][0]["quantities"][0]["quantity"], 25);
    let product = bench.store.product_of(&bench.sku("TEE-RED-S")).unwrap();
    run(
        "34b_product_detail",
        json!({ "id": product, "country": "US", "publication": publication }),
    )
    .await;
    let filter = json!({ "filter": "status:active", "country": "US", "publication": publication });
    run("34a_changed_page", filter).await;
    run("34_changed_ids", json!({ "filter": "status:active" })).await;
    let rows = [("TEE-RED-S", 2), ("GUIDE-PDF", 1)];
    let rate = bench.rate(&rows, ada()).await;
    let input = json!({
        "lineItems": bench.lines(&rows), "shippingAddress": ada(), "email": "ada@example.com", "tags": ["acp"],
        "shippingLine": { "shippingRateHandle": rate["handle"] }, "acceptAutomaticDiscounts": true,
        "presentmentCurrencyCode": "USD", "customAttributes": [{ "key": "acp_session", "value": "cs_1" }],
    });
    run("02_quote", json!({ "input": input })).await;
    let opened = run("04_create_session", json!({ "input": input })).await;
    let id = opened["draftOrderCreate"]["draftOrder"]["id"].clone();
    run("05_update_session", json!({ "id": id, "input": { "tags": ["acp", "x"] } })).await;
    let read = run("06_get_session", json!({ "id": id })).await;
    assert_eq!(read["draftOrder"]["customAttributes"][0]["value"], "cs_1");
    let attributes = json!([{ "key": "acp_session", "value": "cs_1" }]);
    run("07_hold_stock", json!({ "id": id, "until": bench.later(900), "attributes": attributes }))
        .await;
    let placed = run("08_complete", json!({ "id": id })).await;
    let order = placed["draftOrderComplete"]["draftOrder"]["order"].clone();
    assert_eq!(
        (&order["displayFinancialStatus"], &order["paymentGatewayNames"]),
        (&json!("PAID"), &json!(["manual"]))
    );
    let order = order["id"].clone();
    let stamp = json!({ "id": order, "customAttributes": [{ "key": "stripe_payment_intent", "value": "pi_1" }] });
    run("11_stamp_order", json!({ "order": stamp, "id": order, "tags": ["acp"] })).await;
    let fields = json!([{ "ownerId": order, "namespace": "acp", "key": "session", "type": "single_line_text_field", "value": "cs_1" }]);
    run("12_stamp_metafields", json!({ "metafields": fields })).await;
    let definition = json!({ "name": "Key", "namespace": "acp", "key": "session", "type": "id", "ownerType": "ORDER", "capabilities": { "uniqueValues": { "enabled": true } } });
    run("13_define_order_key", json!({ "definition": definition })).await;
    let found = run(
        "14_find_order_by_key",
        json!({ "namespace": "acp", "key": "session", "value": "cs_1" }),
    )
    .await;
    assert_eq!(found["orderByIdentifier"]["id"], order);
    run("17_order_state", json!({ "id": order })).await;
    run("20_events_since", json!({ "filter": "updated_at:>='2026-11-23T00:00:00Z'" })).await;
    run("21_stale_sessions", json!({ "filter": "tag:acp AND status:open" })).await;
    let listed = run("41_webhook_list", json!({})).await;
    assert_eq!(listed["webhookSubscriptions"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_draft_costs_what_it_did_until_it_is_written_again() {
    let bench = Bench::new();
    let beanie = bench.sku("BEANIE-1");
    let id = bench.draft(&[("BEANIE-1", 1)], json!({ "discountCodes": ["ONCE"] })).await;
    let read = async || {
        let query = format!(
            "query R($id: ID!, $lines: Int = 5) {{ draftOrder(id: $id) {{ ...Sums }} }} {SUMS}"
        );
        amount(&bench.data(&query, json!({ "id": id })).await["draftOrder"], "totalPriceSet")
    };
    assert_eq!(read().await, "17.0");
    bench.store.set_price(&beanie, 2500);
    assert_eq!(read().await, "17.0");
    let query = format!("{UPDATE} {SUMS}");
    let input = json!({ "reserveInventoryUntil": bench.later(900) });
    let held = bench.done(&query, json!({ "id": id, "input": input })).await["draftOrder"].clone();
    assert_eq!(amount(&held, "totalPriceSet"), "22.0", "any update shows today's price");
    bench.store.delete_product(&beanie);
    assert_eq!(read().await, "22.0", "and is not free when the product is gone");
    let refused = bench
        .data(
            &query,
            json!({ "id": id, "input": { "lineItems": [{ "variantId": beanie, "quantity": 1 }] } }),
        )
        .await;
    let message = refused["draftOrderUpdate"]["userErrors"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Product with ID ") && message.ends_with(" is no longer available.")
    );
}

#[tokio::test]
async fn a_draft_may_take_its_time() {
    const READY: &str = "query($id: ID!) { draftOrder(id: $id) { ready status } }";
    const COMPLETE: &str = "mutation($id: ID!) { draftOrderComplete(id: $id) { draftOrder { status } userErrors { message } } }";

    let bench = Bench::new();
    bench.store.quirks(|quirks| quirks.drafts_ready_after_ms = 3_000);
    let id = bench.draft(&[("BEANIE-1", 1)], json!({})).await;
    let early = bench.data(READY, json!({ "id": id })).await;
    assert_eq!(early["draftOrder"]["ready"], false);
    let refused = bench.data(COMPLETE, json!({ "id": id })).await;
    assert_eq!(refused["draftOrderComplete"]["draftOrder"]["status"], "OPEN");
    bench.wait(3);
    let later = bench.data(READY, json!({ "id": id })).await;
    assert_eq!(later["draftOrder"]["ready"], true);
    bench.done(COMPLETE, json!({ "id": id })).await;
}

#[tokio::test]
async fn a_shop_may_sell_in_another_currency() {
    let bench = Bench::new();
    for (code, total) in [("JPY", "4000.0"), ("KWD", "4.0")] {
        bench.store.set_currency(code);
        let id = bench.draft(&[("BEANIE-1", 2)], json!({})).await;
        let query = "query($id: ID!) { draftOrder(id: $id) { totalPriceSet { presentmentMoney { amount currencyCode } } } }";
        let read = bench.data(query, json!({ "id": id })).await;
        let money = &read["draftOrder"]["totalPriceSet"]["presentmentMoney"];
        assert_eq!(*money, json!({ "amount": total, "currencyCode": code }));
    }
}
