//! The main job, from discovery to the order, as an agent walks it.

use serde_json::json;

use crate::stage::{Stage, schema};

/// A031, A032, A036, A037, A044, A056, A074, A138, A139, A142.
#[tokio::test]
async fn an_agent_walks_from_discovery_to_an_order() {
    let stage = Stage::start().await;
    let agent = stage.agent();

    let discovery = agent.get("/.well-known/acp.json").await;
    assert_eq!(discovery.status, 200);
    assert!(discovery.header("cache-control").unwrap().contains("max-age=3600"));
    assert_eq!(discovery.body["api_base_url"], format!("{}/api", stage.url));
    schema::check_discovery(&discovery.body);

    let created = agent.create("20", 2).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["status"], "not_ready_for_payment");
    assert_eq!(created.body["currency"], "usd");
    assert_eq!(created.body["fulfillment_options"], json!([]), "no address, no rates");
    assert!(created.message("missing").is_some());

    let addressed = agent
        .update(
            created.id(),
            &json!({
                "buyer": crate::stage::agent::ada(),
                "fulfillment_details": crate::stage::agent::san_francisco(),
            }),
        )
        .await;
    assert_eq!(addressed.status, 200);
    assert_eq!(addressed.id(), created.id(), "a session keeps its id");
    assert_eq!(addressed.body["status"], "ready_for_payment", "{}", addressed.body);
    // The store's own numbers, as recorded: 2 × 18.00, 8.625 % on goods and shipping.
    assert_eq!(addressed.total("items_base_amount"), Some(3600));
    assert_eq!(addressed.total("fulfillment"), Some(599));
    assert_eq!(addressed.total("tax"), Some(311 + 52));

    let express = agent
        .update(
            created.id(),
            &json!({"selected_fulfillment_options": [
                {"type": "shipping", "option_id": "flat_rate:2", "item_ids": []},
            ]}),
        )
        .await;
    assert_eq!(express.body["selected_fulfillment_options"][0]["option_id"], "flat_rate:2");
    assert_eq!(express.total("fulfillment"), Some(1499));
    let total = express.total("total").unwrap();

    let completed = agent.complete(created.id(), &stage.token()).await;
    assert_eq!(completed.status, 200, "{}", completed.body);
    assert_eq!(completed.body["status"], "completed");
    let order = &completed.body["order"];
    assert_eq!(order["checkout_session_id"], created.id());
    assert!(order["permalink_url"].as_str().unwrap().starts_with("http"));

    stage.upstreams.assert_bought_once();
    assert_eq!(stage.upstreams.stripe.captured()[0].1, total);
    let stored = stage.upstreams.store.order(order["id"].as_str().unwrap().parse().unwrap());
    let stored = stored.unwrap();
    assert_eq!(stored["status"], "processing");
    assert_eq!(stored["payment_method_title"], "Card, through an AI agent");
    assert_eq!(stored["billing"]["email"], "ada@example.com");

    let read = agent.retrieve(created.id()).await;
    assert_eq!(read.body["status"], "completed");
    assert_eq!(read.body["order"]["id"], order["id"]);
    assert_eq!(read.total("total"), Some(total));
    let line = |answer: &crate::stage::Answer| answer.body["line_items"][0]["id"].clone();
    assert_eq!(line(&read), line(&created), "a line keeps its id");
}

/// A058.
#[tokio::test]
async fn a_download_needs_no_address() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let created = agent
        .post(
            "/api/checkout_sessions",
            &json!({
                "currency": "usd",
                "capabilities": {},
                "line_items": [{"id": "29"}],
                "buyer": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
            }),
        )
        .await;
    assert_eq!(created.body["status"], "ready_for_payment", "{}", created.body);
    let completed = agent.complete(created.id(), &stage.token()).await;
    assert_eq!(completed.body["status"], "completed", "{}", completed.body);
    stage.upstreams.assert_bought_once();
}

/// A183.
#[tokio::test]
async fn every_kind_that_a_cart_holds_can_be_bought() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let feed = agent.get(stage.feed_url.strip_prefix(&stage.url).unwrap()).await;
    let rows: Vec<serde_json::Value> = std::str::from_utf8(&feed.bytes)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let buyable = rows
        .iter()
        .filter(|row| row["is_eligible_checkout"] == true && row["availability"] != "out_of_stock");
    let mut bought = 0;
    for row in buyable {
        let session = agent.ready(row["item_id"].as_str().unwrap(), 1).await;
        let completed = agent.complete(session.id(), &stage.token()).await;
        assert_eq!(completed.body["status"], "completed", "{row}\n{}", completed.body);
        bought += 1;
    }
    assert!(bought >= 15, "the demo catalog has more than {bought} things to buy");
    assert_eq!(stage.upstreams.stripe.captured().len(), bought);
    assert_eq!(stage.upstreams.paid_orders().len(), bought);
}
