//! Who is let in, in which version, to what; and what goes wrong on the way.

use std::time::Duration;

use axum::body::Body;
use emulators::faults::{Dropped, Fault, Faults};
use emulators::serve;
use emulators::shopify::{Plan, Store, internal_error, throttled};
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::bench::{Bench, Reply, ada};

async fn token(bench: &Bench, body: Value) -> Reply {
    let request =
        Request::post("/admin/oauth/access_token").header("content-type", "application/json");
    bench.send(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn tokens_by_client_credentials_end() {
    let bench = Bench::new();
    let (id, secret) = bench.store.client();
    let wrong = json!({ "client_id": id, "client_secret": "shpss_wrong", "grant_type": "client_credentials" });
    assert_eq!(token(&bench, wrong).await.status, 401);
    let kind =
        json!({ "client_id": id, "client_secret": secret, "grant_type": "authorization_code" });
    assert_eq!(token(&bench, kind).await.status, 400);
    let granted = token(
        &bench,
        json!({ "client_id": id, "client_secret": secret, "grant_type": "client_credentials" }),
    )
    .await;
    assert_eq!((granted.status, &granted.body["expires_in"]), (200, &json!(86_399)));
    assert!(
        granted.body["scope"]
            .as_str()
            .unwrap()
            .split(',')
            .any(|scope| scope == "write_draft_orders")
    );
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let request = Request::post("/admin/oauth/access_token")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(bench.send(request.body(Body::from(form)).unwrap()).await.status, 200);
    let token = granted.body["access_token"].as_str().unwrap().to_owned();
    let ask = json!({ "query": "{ shop { name } }" });
    assert_eq!(bench.send_as(&token, "2026-10", ask.clone()).await.status, 200);
    bench.wait(86_399);
    let refused = bench.send_as(&token, "2026-10", ask.clone()).await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.body["errors"],
        "[API] Invalid API key or access token (unrecognized login or wrong password)"
    );
    assert_eq!(bench.send_as(&bench.store.admin_token(), "2026-10", ask.clone()).await.status, 200);
    bench.store.uninstall();
    assert_eq!(bench.send_as(&bench.store.admin_token(), "2026-10", ask).await.status, 401);
}

#[tokio::test]
async fn versions_fall_forward() {
    let bench = Bench::new();
    let token = bench.store.admin_token();
    let ask = async |version: &str| {
        bench.send_as(&token, version, json!({ "query": "{ shop { name } }" })).await
    };
    for (asked, served) in [
        ("2026-10", "2026-10"),
        ("2026-04", "2026-04"),
        ("2024-07", "2026-01"),
        ("unstable", "unstable"),
    ] {
        let reply = ask(asked).await;
        assert_eq!(
            (reply.status, reply.headers["x-shopify-api-version"].to_str().unwrap()),
            (200, served),
            "{asked}"
        );
        assert!(reply.headers.contains_key("x-request-id"));
    }
    for nonsense in ["2030-01", "2026-11", "v1"] {
        assert_eq!(ask(nonsense).await.status, 404, "{nonsense}");
    }
    let bare = bench.send_as(&token, "2026-10", json!({ "variables": {} })).await;
    assert_eq!((bare.status, bare.body["errors"]["query"].is_string()), (400, true));
    let request =
        Request::post("/admin/api/2026-10/graphql.json").header("x-shopify-access-token", &token);
    assert_eq!(
        bench.send(request.body(Body::from("{ shop { name } }")).unwrap()).await.status,
        415
    );
}

#[tokio::test]
async fn a_missing_scope_takes_its_fields_and_no_more() {
    let bench = Bench::new();
    bench.store.grant_scopes(&["read_products", "read_inventory"]);
    let query = "{ products(first: 1) { nodes { id title resourcePublications(first: 1) { nodes { isPublished } } } } shop { name shopPolicies { type } } orders(first: 1) { nodes { id } } }";
    let answer = bench.ask(query, json!({})).await;
    let denied: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        denied,
        [
            "Access denied for resourcePublications field. Required access: `read_publications` access scope.",
            "Access denied for shopPolicies field. Required access: `read_legal_policies` access scope.",
            "Access denied for orders field. Required access: `read_orders` access scope, `read_marketplace_orders` access scope or `read_quick_sale` access scope.",
        ]
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["products", "nodes", 0, "resourcePublications"])
    );
    assert_eq!(answer["data"], Value::Null, "a null that must not stand takes everything above it");
    let fine = bench.data("{ products(first: 1) { nodes { id title } } }", json!({})).await;
    assert_eq!(fine["products"]["nodes"][0]["title"], "Beanie");
    bench.store.grant_scopes(&["write_draft_orders", "read_products"]);
    bench.draft(&[("BEANIE-1", 1)], json!({})).await;
    let listed =
        bench.data("{ currentAppInstallation { accessScopes { handle } } }", json!({})).await;
    assert_eq!(listed["currentAppInstallation"]["accessScopes"][0]["handle"], "write_draft_orders");
}

#[tokio::test]
async fn search_is_late_and_reads_are_not() {
    let bench = Bench::new();
    let id = bench.draft(&[("BEANIE-1", 1)], json!({ "tags": ["acp"] })).await;
    let find = async |filter: &str| {
        let query = "query F($filter: String) { draftOrders(first: 10, query: $filter) { nodes { id status tags } } }";
        bench.ask(query, json!({ "filter": filter })).await
    };
    let count = |answer: &Value| answer["data"]["draftOrders"]["nodes"].as_array().unwrap().len();
    assert_eq!(count(&find("tag:acp").await), 0);
    let read =
        bench.data("query R($id: ID!) { draftOrder(id: $id) { tags } }", json!({ "id": id })).await;
    assert_eq!(read["draftOrder"]["tags"], json!(["acp"]));
    bench.wait(4);
    assert_eq!(count(&find("tag:acp status:open").await), 1);
    let place = "mutation P($id: ID!) { draftOrderComplete(id: $id) { draftOrder { id } userErrors { message } } }";
    bench.done(place, json!({ "id": id })).await;
    let stale = find("tag:acp status:open").await;
    assert_eq!(
        stale["data"]["draftOrders"]["nodes"][0]["status"], "COMPLETED",
        "found by what it was, shown as it is"
    );
    bench.wait(4);
    assert_eq!(count(&find("tag:acp status:open").await), 0);
    // A field nobody knows is passed over, and all are found.
    bench.draft(&[("BEANIE-1", 1)], json!({})).await;
    bench.wait(4);
    let loose = find("label:acp").await;
    assert_eq!(count(&loose), 2);
    assert_eq!(
        loose["extensions"]["search"][0]["warnings"][0],
        json!({ "field": "label", "message": "Invalid search field for this query.", "code": "invalid_field" })
    );
    assert_eq!(loose["extensions"]["search"][0]["path"], json!(["draftOrders"]));
    // A time without quotes ends at its first colon.
    assert_eq!(count(&find("updated_at:>='2026-11-23T18:00:05Z'").await), 1);
    let cut = find("updated_at:>=2026-11-23T18:00:05Z").await;
    assert_eq!(
        (count(&cut), &cut["extensions"]["search"][0]["warnings"][0]["field"]),
        (2, &json!("00"))
    );
}

#[tokio::test]
async fn faults_strike_by_operation() {
    let mut bench = Bench::new();
    let faults = Faults::new();
    bench.through(bench.store.faulty(&faults));
    let id = bench.draft(&[("BEANIE-1", 1)], json!({})).await;
    let place = json!({ "query": "mutation PlaceOrder($id: ID!) { draftOrderComplete(id: $id) { draftOrder { id status } userErrors { message } } }", "variables": { "id": id } });
    let token = bench.store.admin_token();
    let send = async || bench.send_as(&token, "2026-10", place.clone()).await;
    let orders = || bench.store.ledger()["orders"].as_array().unwrap().len();
    faults.next("POST", "graphql.json/PlaceOrder", throttled());
    assert_eq!(send().await.body["errors"][0]["extensions"]["code"], "THROTTLED");
    faults.next("POST", "graphql.json/draftOrderComplete", Fault::StatusWithRetryAfter(429, 2));
    let reply = send().await;
    assert_eq!((reply.status, reply.headers["retry-after"].to_str().unwrap()), (429, "2"));
    faults.next("POST", "graphql.json/PlaceOrder", Fault::Status(502));
    assert_eq!(send().await.status, 502);
    faults.next("POST", "graphql.json/PlaceOrder", internal_error(false));
    let reply = send().await;
    assert!(reply.body["errors"][0]["message"].as_str().unwrap().contains("Request ID"));
    assert_eq!(orders(), 0, "nothing happened so far");
    faults.nth("POST", "graphql.json/PlaceOrder", 2, Fault::HalfJson);
    faults.next("POST", "graphql.json/PlaceOrder", Fault::DropAfter);
    let request = Request::post("/admin/api/2026-10/graphql.json")
        .header("content-type", "application/json")
        .header("x-shopify-access-token", &token);
    let response = bench
        .store
        .faulty(&faults)
        .oneshot(request.body(Body::from(place.to_string())).unwrap())
        .await
        .unwrap();
    assert!(response.extensions().get::<Dropped>().is_some());
    assert_eq!(orders(), 1, "dropped after the effect");
    assert_eq!(send().await.body, Value::Null, "half an answer");
    faults.next("POST", "graphql.json/PlaceOrder", internal_error(true));
    assert_eq!(send().await.body["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    assert_eq!(
        send().await.body["data"]["draftOrderComplete"]["userErrors"][0]["message"],
        "This order has been paid"
    );
    assert_eq!((orders(), faults.pending()), (1, 0));
    faults.next("POST", "graphql.json/PlaceOrder", Fault::Delay(Duration::from_millis(1)));
    assert_eq!(send().await.status, 200);
}

#[tokio::test]
async fn what_happens_follows_from_seed_and_clock() {
    let run = async || {
        let bench = Bench::new();
        let order = bench.order(&[("BEANIE-1", 1)], json!({ "tags": ["acp"] })).await;
        (order, bench.store.ledger().to_string(), json!(bench.store.journal()).to_string())
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn the_demo_catalog_has_one_of_each() {
    let bench = Bench::new();
    let publication = bench.store.publication("Agentic checkout").unwrap();
    let query = "query C($p: ID!) { products(first: 50) { nodes { title status isGiftCard requiresSellingPlan publishedOnPublication(publicationId: $p) hasOnlyDefaultVariant variants(first: 10) { nodes { sku availableForSale inventoryPolicy compareAtPrice showUnitPrice unitPrice { amount } inventoryItem { tracked requiresShipping } } } } } }";
    let found = bench.data(query, json!({ "p": publication })).await;
    let products = found["products"]["nodes"].as_array().unwrap();
    let of = |title: &str| products.iter().find(|product| product["title"] == title).unwrap();
    let first = |title: &str, member: &str| of(title)["variants"]["nodes"][0][member].clone();
    assert_eq!(products.len(), 15);
    assert_eq!(first("Hoodie with Zipper", "compareAtPrice"), "60.00");
    assert_eq!(
        first("Field Guide (PDF)", "inventoryItem"),
        json!({ "tracked": false, "requiresShipping": false })
    );
    assert_eq!(
        (first("Sold-out Scarf", "availableForSale"), first("Backorder Boots", "availableForSale")),
        (json!(false), json!(true))
    );
    assert_eq!(first("Olive Oil 500 ml", "unitPrice")["amount"], "3.7");
    assert_eq!(of("Gift Card")["isGiftCard"], true);
    assert_eq!(of("Coffee Subscription")["requiresSellingPlan"], true);
    let shown = |title: &str| of(title)["publishedOnPublication"].clone();
    assert_eq!(
        [shown("Beanie"), shown("Staff Jacket"), shown("Next Season's Coat"), shown("Retired Cap")],
        [json!(true), json!(false), json!(false), json!(false)]
    );
}

#[tokio::test]
async fn basic_keeps_customers_to_itself() {
    let bench = Bench::new();
    let order = bench.order(&[("BEANIE-1", 1)], json!({ "shippingAddress": ada() })).await;
    let query =
        "query O($id: ID!) { order(id: $id) { name email shippingAddress { countryCodeV2 zip } } }";
    assert_eq!(
        bench.data(query, json!({ "id": order })).await["order"]["email"],
        "ada@example.com"
    );
    bench.store.set_plan(Plan::Basic);
    let answer = bench.ask(query, json!({ "id": order })).await;
    assert_eq!(answer["data"]["order"]["email"], Value::Null);
    assert_eq!(
        answer["data"]["order"]["shippingAddress"],
        json!({ "countryCodeV2": "US", "zip": null })
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("This app is not approved to use the email field.")
    );
}

#[tokio::test]
async fn old_orders_need_a_scope_of_their_own() {
    let bench = Bench::new();
    let order = bench.order(&[("BEANIE-1", 1)], json!({})).await;
    bench.wait(61 * 24 * 3600);
    let listed = async || {
        bench.data("{ orders(first: 5) { nodes { id } } }", json!({})).await["orders"]["nodes"]
            .clone()
    };
    assert_eq!(listed().await, json!([]));
    bench.store.grant_scopes(&["read_orders", "read_all_orders"]);
    assert_eq!(listed().await, json!([{ "id": order }]));
}

#[tokio::test]
async fn nothing_is_passed_over_in_silence() {
    let bench = Bench::new();
    for query in [
        "{ productVariants(first: 1, query: \"sku:BEANIE-1\") { nodes { id } } }",
        "{ products(first: 1, sortKey: VENDOR) { nodes { id } } }",
        "{ products(first: 1, query: \"published_status:published\") { nodes { id } } }",
        "{ products(first: 1) { nodes { description(truncateAt: 5) } } }",
    ] {
        let answer = bench.ask(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_EMULATED", "{query}");
    }
}

#[tokio::test]
async fn stock_is_set_only_from_what_it_was() {
    let bench = Bench::new();
    let beanie = bench.sku("BEANIE-1");
    let found = bench.data("query I($id: ID!) { productVariant(id: $id) { inventoryItem { id inventoryLevels(first: 1) { nodes { location { id } quantities(names: [\"available\"]) { quantity } } } } } }", json!({ "id": beanie })).await;
    let item = &found["productVariant"]["inventoryItem"];
    let level = &item["inventoryLevels"]["nodes"][0];
    let query = "mutation S($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { id reason } userErrors { field message code } } }";
    let set = async |from: i64, key: &str| {
        let row = json!({ "inventoryItemId": item["id"], "locationId": level["location"]["id"], "quantity": 7, "changeFromQuantity": from });
        let input = json!({ "name": "available", "reason": "correction", "quantities": [row] });
        bench.data(query, json!({ "input": input, "key": key })).await["inventorySetQuantities"]
            .clone()
    };
    assert_eq!(level["quantities"][0]["quantity"], 115);
    assert_eq!(set(3, "a").await["userErrors"][0]["code"], "CHANGE_FROM_QUANTITY_STALE");
    assert_eq!(set(115, "b").await["userErrors"], json!([]));
    assert_eq!(bench.store.stock(&beanie), Some(12), "seven here, five in the other place");
}

#[tokio::test]
async fn it_runs_on_a_socket() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let store = Store::demo(&url, emulators::system_clock(), 7);
    let running = serve::start_on(listener, store.router());
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let ask = async |query: &str| {
        let body = json!({ "query": query }).to_string();
        let request = Request::post(format!("{}/admin/api/2026-10/graphql.json", running.url))
            .header("content-type", "application/json")
            .header("x-shopify-access-token", store.admin_token());
        let answer = client.request(request.body(Body::from(body)).unwrap()).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()["data"].clone()
    };
    ask("mutation { bulkOperationRunQuery(query: \"{ products { edges { node { id featuredMedia { preview { image { url } } } } } } }\") { userErrors { message } } }").await;
    store.finish_bulk();
    let done = ask("{ currentBulkOperation { url } }").await;
    // Deprecated, so it is gone; the list still has it.
    assert_eq!(done, Value::Null);
    let listed = ask("{ bulkOperations(first: 1) { nodes { url } } }").await;
    let lines = listed["bulkOperations"]["nodes"][0]["url"].as_str().unwrap().parse().unwrap();
    let bytes = client.get(lines).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let first: Value =
        serde_json::from_slice(bytes.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let picture =
        first["featuredMedia"]["preview"]["image"]["url"].as_str().unwrap().parse().unwrap();
    assert_eq!(client.get(picture).await.unwrap().headers()["content-type"], "image/png");
}
