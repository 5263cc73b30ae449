//! Draft orders: what is refused, what is held, what a change leaves.

use serde_json::{Value, json};

use crate::bench::{Bench, ada, calls, like, operation, operations, recording};

pub(crate) const CREATE: &str = "mutation Open($input: DraftOrderInput!, $lines: Int = 25) { draftOrderCreate(input: $input) { draftOrder { ...Sums } userErrors { field message } } }";
pub(crate) const UPDATE: &str = "mutation Revise($id: ID!, $input: DraftOrderInput!, $lines: Int = 25) { draftOrderUpdate(id: $id, input: $input) { draftOrder { ...Sums } userErrors { field message } } }";
pub(crate) const SUMS: &str = "fragment Sums on DraftOrder {
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

pub(crate) async fn open(bench: &Bench, input: Value) -> Value {
    let query = format!("{CREATE} {SUMS}");
    bench.done(&query, json!({ "input": input })).await["draftOrder"].clone()
}

pub(crate) fn amount(draft: &Value, member: &str) -> String {
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
