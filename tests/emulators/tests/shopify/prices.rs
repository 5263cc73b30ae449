//! What a draft costs: prices, discounts, taxes, currencies.

use serde_json::{Value, json};

use crate::{
    bench::{Bench, ada, recording, toronto},
    drafts::{CREATE, SUMS, UPDATE, amount, open},
};

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
