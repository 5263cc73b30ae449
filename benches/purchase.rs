//! What a purchase costs above the store's and the processor's own time: the same store, called bare
//! in the shortest way, is the baseline of the same run.
//!
//! `cargo bench --bench purchase` prints both and their ratio. The emulated store answers after a
//! fixed delay per call, close to what a real one took; nothing is asserted.

use std::{
    io::{self, Write},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use emulators::{
    faults::{Fault, Faults},
    stripe::Stripe,
    woocommerce::Store,
};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Instant};
use upstream::{Https, Transport};

#[path = "common/bridge.rs"]
mod bridge;

use bridge::{Bridge, TOKEN};

/// What a call took at a real store, in milliseconds (median, one client).
const STORE_CALLS: [(&str, &str, u64); 6] = [
    ("GET", "/wp-json/wc/store/v1/cart", 42),
    ("POST", "/wp-json/wc/store/v1/batch", 175),
    ("GET", "/wp-json/wc/v3/orders/{}", 63),
    ("PUT", "/wp-json/wc/v3/orders/{}", 72),
    ("DELETE", "/wp-json/wc/store/v1/cart/items", 45),
    ("GET", "/wp-json/wc/store/v1/checkout", 105),
];
const PURCHASES: usize = 9;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let now = emulators::system_clock();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let store_url = format!("http://{}", listener.local_addr()?);
    let store = Store::demo(&store_url, now.clone(), 1);
    let stripe = Stripe::new(now, 1);
    let faults = Faults::new();
    let _store = emulators::serve::start_on(listener, faults.around(store.router()));
    let processor = emulators::serve::start(stripe.router()).await;
    let (bridge, _feed) = Bridge::start(&store_url, &store, &processor.url, &stripe)?;
    let network = Https::new(Duration::from_secs(2))?;
    for (method, path, millis) in STORE_CALLS {
        faults.always(method, path, Fault::Delay(Duration::from_millis(millis)));
    }

    let (mut through, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..PURCHASES {
        let token = stripe.mint("pm_card_visa", 1_000_000, "usd");
        through.push(purchase(&network, &bridge.url, &token).await?);
        bare.push(bare_purchase(&network, &store_url, &store).await?);
    }
    let (through, bare) = (median(through), median(bare));
    let ratio = through.as_millis() * 100 / bare.as_millis().max(1);
    let mut out = io::stdout();
    writeln!(out, "median of {PURCHASES} purchases, the store's calls as slow as a real one's")?;
    writeln!(out, "  through the bridge, create and complete  {:>5} ms", through.as_millis())?;
    writeln!(out, "  the store called bare                    {:>5} ms", bare.as_millis())?;
    writeln!(
        out,
        "  ratio                                     {}.{:02}",
        ratio / 100,
        ratio % 100
    )?;
    Ok(())
}

/// Create and complete, as an agent does who knows everything at once.
async fn purchase(network: &Https, url: &str, token: &str) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let session = json!({
        "currency": "usd", "capabilities": {}, "line_items": [{"id": "20"}],
        "buyer": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"},
        "fulfillment_details": {"name": "Ada Lovelace", "address": {
            "name": "Ada Lovelace", "line_one": "1234 Chat Road", "city": "San Francisco",
            "state": "CA", "country": "US", "postal_code": "94131",
        }},
    });
    let created = agent(network, &format!("{url}/api/checkout_sessions"), token, &session).await?;
    let id = created["id"].as_str().unwrap_or_default();
    let payment = json!({"payment_data": {
        "handler_id": "card_tokenized",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
    }});
    let path = format!("{url}/api/checkout_sessions/{id}/complete");
    let done = agent(network, &path, &format!("pay-{token}"), &payment).await?;
    anyhow::ensure!(done["status"] == "completed", "{done}");
    Ok(begun.elapsed())
}

/// The same at the store, with nothing around it: a cart, a batch that ends with the draft, the
/// order paid, the cart emptied.
async fn bare_purchase(network: &Https, url: &str, store: &Store) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let place = json!({
        "first_name": "Ada", "last_name": "Lovelace", "address_1": "1234 Chat Road",
        "city": "San Francisco", "state": "CA", "country": "US", "postcode": "94131",
    });
    let mut billing = place.clone();
    billing["email"] = json!("ada@example.com");
    let path = format!("{url}/wp-json/wc/store/v1/cart");
    let cart = call(network, Method::GET, &path, &[], None).await?;
    let token = cart.headers()["cart-token"].to_str()?.to_owned();
    let part = |method: &str, path: &str, body: Value| {
        json!({
            "method": method, "path": format!("/wc/store/v1{path}"), "body": body,
            "headers": {"Cart-Token": token},
        })
    };
    let batch = json!({"requests": [
        part("POST", "/cart/add-item", json!({"id": 20, "quantity": 1})),
        part("POST", "/cart/update-customer", json!({
            "shipping_address": place, "billing_address": billing,
        })),
        part("PUT", "/checkout", json!({"customer_note": ""})),
    ]});
    let with_token = [("cart-token", token.clone())];
    let path = format!("{url}/wp-json/wc/store/v1/batch");
    let answer = call(network, Method::POST, &path, &with_token, Some(&batch)).await?;
    let answer: Value = serde_json::from_slice(answer.body())?;
    let order = &answer["responses"][2]["body"]["order_id"];
    let credentials = format!("{}:{}", store.consumer_key(), store.consumer_secret());
    let key = [("authorization", format!("Basic {}", STANDARD.encode(credentials)))];
    let path = format!("{url}/wp-json/wc/v3/orders/{order}");
    let payment = json!({"set_paid": true, "transaction_id": "bare", "payment_method": "bare"});
    let paid = call(network, Method::PUT, &path, &key, Some(&payment)).await?;
    anyhow::ensure!(paid.status().is_success(), "{paid:?}");
    let path = format!("{url}/wp-json/wc/store/v1/cart/items");
    call(network, Method::DELETE, &path, &with_token, None).await?;
    Ok(begun.elapsed())
}

async fn agent(network: &Https, url: &str, key: &str, body: &Value) -> anyhow::Result<Value> {
    let headers = [
        ("authorization", format!("Bearer {TOKEN}")),
        ("api-version", "2026-04-17".to_owned()),
        ("idempotency-key", key.to_owned()),
    ];
    let answer = call(network, Method::POST, url, &headers, Some(body)).await?;
    Ok(serde_json::from_slice(answer.body())?)
}

async fn call(
    network: &Https,
    method: Method,
    url: &str,
    headers: &[(&str, String)],
    body: Option<&Value>,
) -> anyhow::Result<Response<bytes::Bytes>> {
    let mut request =
        Request::builder().method(method).uri(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    Ok(network.send(request.body(body.into())?, 8 * 1024 * 1024).await?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
