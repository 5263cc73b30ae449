//! The agent's part of the demo: from the feed to an order, one line for each step.

use std::io::Write;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Demo, GENEROUS};

/// Most that an answer may hold, in bytes.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// Buys one thing over HTTP and shows the order as the store sees it.
pub(super) async fn buy(demo: &Demo, out: &mut impl Write) -> anyhow::Result<()> {
    let mut agent = Agent { demo, out, steps: 0 };

    let discovery = agent.get("/.well-known/acp.json").await?;
    let spoken = discovery["protocol"]["supported_versions"].to_string();
    agent.say(&format!("speaks {spoken}"))?;

    let feed = agent.feed().await?;
    let item = demo
        .snapshot_items()
        .into_iter()
        .find(|item| item.kind == "simple")
        .context("the feed has no simple product")?;
    agent.say(&format!("{} items; wants 2 of {:?} ({})", feed.len(), item.title, item.id))?;

    let created = agent
        .post(
            "/api/checkout_sessions",
            &json!({
                "currency": "usd",
                "capabilities": {},
                "line_items": [{"id": item.id, "quantity": 2}],
            }),
        )
        .await?;
    let path = format!("/api/checkout_sessions/{}", text(&created["id"])?);
    agent.say(&changed(&created))?;

    let addressed =
        agent.post(&path, &json!({"buyer": ada(), "fulfillment_details": san_francisco()})).await?;
    agent.say(&changed(&addressed))?;

    let option = addressed["fulfillment_options"]
        .as_array()
        .and_then(|options| options.iter().rev().find(|option| option["type"] == "shipping"))
        .context("the store offers no shipping")?;
    let chosen = agent
        .post(
            &path,
            &json!({"selected_fulfillment_options": [{
                "type": "shipping", "option_id": option["id"], "item_ids": [],
            }]}),
        )
        .await?;
    agent.say(&format!("chose {}; {}", option["title"], changed(&chosen)))?;

    let token = demo.stripe.mint("pm_card_visa", GENEROUS, "usd");
    let completed = agent.post(&format!("{path}/complete"), &payment(&token)).await?;
    agent.say(&changed(&completed))?;
    ensure!(completed["status"] == "completed", "the purchase did not complete: {completed}");

    let read = agent.get(&path).await?;
    agent.say(&changed(&read))?;
    agent.buy_other_kinds().await?;
    show_order(demo, out, text(&completed["order"]["id"])?)
}

/// The store's own record, and the processor's.
fn show_order(demo: &Demo, out: &mut impl Write, id: &str) -> anyhow::Result<()> {
    let (seen, payment) = demo.shop.order(id)?;
    let captured: i64 = demo
        .stripe
        .captured()
        .into_iter()
        .filter_map(|(intent, amount)| (intent == payment).then_some(amount))
        .sum();
    writeln!(out, "\nThe order as the store sees it:")?;
    for (what, value) in &seen {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "  {what:<12} {plain}")?;
    }
    writeln!(out, "Stripe captured {captured} minor units for it, once.")?;
    Ok(out.flush()?)
}

/// What comes after a session was made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Pay,
    /// The buyer comes for it, and pays.
    PickUp,
}

struct Agent<'a, W> {
    demo: &'a Demo,
    out: &'a mut W,
    steps: u32,
}

impl<W: Write> Agent<'_, W> {
    /// One of each other kind of thing that the store has, and each other way to buy it, in two calls
    /// each.
    async fn buy_other_kinds(&mut self) -> anyhow::Result<()> {
        let items = self.demo.snapshot_items();
        for kind in ["variation", "open_variation", "on_sale", "virtual", "backorder"] {
            // Which size, the agent has asked its buyer.
            let choice = if kind == "open_variation" { "?pa_size=m" } else { "" };
            if items.iter().any(|item| item.kind == kind) {
                self.buy_one(kind, (kind, choice), &json!({}), Then::Pay).await?;
            }
        }
        let simple = ("simple", "");
        let code = json!({"discounts": {"codes": ["SAVE10"]}});
        self.buy_one("with a code", simple, &code, Then::Pay).await?;
        self.buy_one("picked up", simple, &json!({}), Then::PickUp).await?;
        if self.demo.shop.split_packages(true) {
            let two = items.iter().filter(|it| it.kind == "simple").take(2);
            let lines: Vec<Value> = two.map(|item| json!({ "id": item.id })).collect();
            self.buy_one("in packages", simple, &json!({ "line_items": lines }), Then::Pay).await?;
            self.demo.shop.split_packages(false);
        }
        self.demo.shop.include_taxes();
        self.buy_one("tax included", simple, &json!({}), Then::Pay).await
    }

    /// Buys one thing of a kind, with its choice and whatever else the session shall have.
    async fn buy_one(
        &mut self,
        words: &str,
        (kind, choice): (&str, &str),
        more: &Value,
        then: Then,
    ) -> anyhow::Result<()> {
        let items = self.demo.snapshot_items();
        let item = items.into_iter().find(|item| item.kind == kind);
        let item = item.with_context(|| format!("the catalog has nothing of the kind {kind}"))?;
        let mut body = json!({
            "currency": "usd",
            "capabilities": {},
            "line_items": [{"id": format!("{}{choice}", item.id)}],
            "buyer": ada(),
            "fulfillment_details": san_francisco(),
        });
        for (name, part) in more.as_object().into_iter().flatten() {
            body[name] = part.clone();
        }
        let created = self.post("/api/checkout_sessions", &body).await?;
        self.say(&format!("{words}: {:?}; {}", item.title, changed(&created)))?;
        let path = format!("/api/checkout_sessions/{}", text(&created["id"])?);
        if then == Then::PickUp {
            let options = created["fulfillment_options"].as_array().into_iter().flatten();
            let option = options.into_iter().find(|option| option["type"] == "pickup");
            let option = &option.context("nothing can be picked up")?["id"];
            let choice = json!({"type": "pickup", "option_id": option, "item_ids": []});
            let before = changed(&created);
            let choice = json!({"selected_fulfillment_options": [choice]});
            let revised = changed(&self.post(&path, &choice).await?);
            self.say(&revised)?;
            ensure!(revised != before, "{words} changed nothing");
        }
        let token = self.demo.stripe.mint("pm_card_visa", GENEROUS, "usd");
        let completed = self.post(&format!("{path}/complete"), &payment(&token)).await?;
        self.say(&changed(&completed))?;
        ensure!(completed["status"] == "completed", "{words} did not complete: {completed}");
        Ok(())
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        let body = self.send(Method::GET, path, Bytes::new()).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = self.send(Method::POST, path, body.to_string().into()).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn feed(&mut self) -> anyhow::Result<Vec<Value>> {
        let path = self.demo.feed_url.replace(&self.demo.base_url, "");
        let body = self.send(Method::GET, &path, Bytes::new()).await?;
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(lines.map(serde_json::from_slice).collect::<Result<_, _>>()?)
    }

    /// Sends one request and begins its line: method, path, status, time.
    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        self.steps += 1;
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.demo.base_url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.demo.token))
            .header(header::CONTENT_TYPE, "application/json")
            .header("api-version", "2026-04-17")
            .header("idempotency-key", format!("demo-buy-{}", self.steps))
            .body(body)?;
        let started = Instant::now();
        let answer: Response<Bytes> = self.demo.seams.transport.send(request, BODY_MAX).await?;
        let took = started.elapsed().as_millis();
        let short = shorten(path);
        let method = method.as_str();
        write!(self.out, "{method:<4} {short:<46} {} {took:>4} ms  ", answer.status().as_u16())?;
        if !answer.status().is_success() {
            writeln!(self.out)?;
            bail!("{}", String::from_utf8_lossy(answer.body()));
        }
        Ok(answer.into_body())
    }

    /// Ends the line with what changed.
    fn say(&mut self, what: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{what}")?;
        Ok(self.out.flush()?)
    }
}

fn ada() -> Value {
    json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"})
}

fn san_francisco() -> Value {
    json!({"name": "Ada Lovelace", "address": {
        "name": "Ada Lovelace", "line_one": "1234 Chat Road", "city": "San Francisco",
        "state": "CA", "country": "US", "postal_code": "94131",
    }})
}

fn payment(token: &str) -> Value {
    json!({"payment_data": {
        "handler_id": "card_tokenized",
        "instrument": {"type": "card", "credential": {"type": "spt", "token": token}},
    }})
}

/// What an agent looks at first.
fn changed(session: &Value) -> String {
    let total = session["totals"]
        .as_array()
        .and_then(|totals| totals.iter().find(|total| total["type"] == "total"))
        .map_or_else(|| "unknown".to_owned(), |total| total["amount"].to_string());
    let options = session["fulfillment_options"].as_array().map_or(0, Vec::len);
    let order = session["order"]["id"].as_str().map(|id| format!(", order {id}"));
    let status = session["status"].as_str().unwrap_or_default();
    format!("{status}, {options} options, total {total}{}", order.unwrap_or_default())
}

/// Session ids and feed names are long; their beginning is enough to follow.
fn shorten(path: &str) -> String {
    path.split('/')
        .map(|part| if part.len() > 24 { format!("{}…", &part[..8]) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().with_context(|| format!("expected a text where {value} stands"))
}
