//! Webhooks: queued at the event, built at delivery, never retried.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use sha2::Sha256;

use super::order_view::ALL;
use super::shop::Shop;
use super::wire::{Answer, Call, problem};
use crate::post::Letter;

/// Failures in a row after which a webhook is switched off.
const PATIENCE: u32 = 5;

/// The webhooks, and what waits to be delivered.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) list: Vec<Hook>,
    /// Webhook and resource; equal waiting ones are merged.
    waiting: Vec<(u64, u64)>,
    /// Pings of webhooks just made.
    pub(super) pings: Vec<Letter>,
}

/// One webhook.
#[derive(Clone)]
pub(super) struct Hook {
    id: u64,
    name: String,
    status: String,
    topic: String,
    url: String,
    secret: String,
    created: Timestamp,
    modified: Option<Timestamp>,
    failures: u32,
}

const RESOURCES: [&str; 4] = ["coupon", "customer", "order", "product"];
const EVENTS: [&str; 4] = ["created", "updated", "deleted", "restored"];
const AGENT: &str = "WooCommerce/10.7.0 Hookshot (WordPress/6.9.7)";

impl Shop {
    /// Queues an event for every active webhook of its topic.
    pub(super) fn announce(&mut self, topic: &str, resource: u64) {
        let hooks = &mut self.hooks;
        for hook in hooks.list.iter().filter(|h| h.topic == topic && h.status == "active") {
            let entry = (hook.id, resource);
            if !hooks.waiting.contains(&entry) {
                hooks.waiting.push(entry);
            }
        }
    }

    /// Takes the queue, in no order: the webhook, and its letter as the thing is now.
    pub(super) fn letters(&mut self) -> Vec<(u64, Letter)> {
        let mut waiting = std::mem::take(&mut self.hooks.waiting);
        waiting.shuffle(&mut self.chance);
        let mut letters = Vec::new();
        for (hook, resource) in waiting {
            let hook = self.hooks.list.iter().find(|known| known.id == hook).cloned();
            if let Some(hook) = hook {
                letters.push((hook.id, self.letter(&hook, resource)));
            }
        }
        letters
    }

    /// Counts a delivery: failures in a row switch the webhook off.
    pub(super) fn delivered(&mut self, hook: u64, fine: bool) {
        let now = self.now();
        let Some(hook) = self.hooks.list.iter_mut().find(|known| known.id == hook) else { return };
        hook.failures = if fine { 0 } else { hook.failures + 1 };
        if hook.failures >= PATIENCE {
            "disabled".clone_into(&mut hook.status);
            hook.modified = Some(now);
        }
    }

    fn letter(&mut self, hook: &Hook, id: u64) -> Letter {
        let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
        let body =
            if event == "deleted" { json!({ "id": id }) } else { self.resource(resource, id) };
        let body = body.to_string().replace('/', "\\/").into_bytes();
        let mac = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes());
        let mac = mac.expect("HMAC takes keys of any length").chain_update(&body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let headers = vec![
            ("user-agent", AGENT.to_owned()),
            ("content-type", "application/json".to_owned()),
            ("x-wc-webhook-source", format!("{}/", self.base)),
            ("x-wc-webhook-topic", hook.topic.clone()),
            ("x-wc-webhook-resource", resource.to_owned()),
            ("x-wc-webhook-event", event.to_owned()),
            ("x-wc-webhook-signature", signature),
            ("x-wc-webhook-id", hook.id.to_string()),
            ("x-wc-webhook-delivery-id", self.hex(32)),
        ];
        Letter { url: hook.url.clone(), headers, body }
    }

    /// A resource as REST shows it now; when it is gone, REST's error.
    fn resource(&self, resource: &str, id: u64) -> Value {
        let gone = |code: &str| json!({ "code": code, "message": "Invalid ID.", "data": { "status": 404 } });
        match resource {
            "order" => self.orders.get(&id).map_or_else(
                || gone("woocommerce_rest_shop_order_invalid_id"),
                |order| self.order_json(order),
            ),
            _ => self.catalog.get(id).map_or_else(
                || gone("woocommerce_rest_product_invalid_id"),
                |product| self.product_json(product),
            ),
        }
    }

    /// `wc/v3/webhooks` and below.
    pub(super) fn webhooks(&mut self, call: &Call, id: Option<&str>) -> Result<Answer, Answer> {
        let body = call.json()?;
        match (call.method.as_str(), id) {
            ("GET", None) => {
                let all: Vec<_> = self.hooks.list.iter().rev().map(|h| self.hook_json(h)).collect();
                Ok(super::rest::page(call, all))
            }
            ("POST", None) => self.create_hook(&body),
            (method, Some(id)) => {
                let at = self.hooks.list.iter().position(|hook| hook.id.to_string() == id);
                let at = at.ok_or_else(|| {
                    problem(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
                })?;
                match method {
                    "GET" => {}
                    "DELETE" if call.param("force") == Some("true") => {
                        let hook = self.hooks.list.remove(at);
                        return Ok(Answer::json(200, self.hook_json(&hook)));
                    }
                    "DELETE" => {
                        let text = "Webhooks do not support trashing.";
                        return Err(problem(501, "woocommerce_rest_trash_not_supported", text));
                    }
                    _ => self.edit_hook(at, &body)?,
                }
                Ok(Answer::json(200, self.hook_json(&self.hooks.list[at])))
            }
            _ => Err(super::wire::no_route()),
        }
    }

    fn create_hook(&mut self, body: &Value) -> Result<Answer, Answer> {
        let topic = body["topic"].as_str().unwrap_or_default();
        check_topic(topic)?;
        let url = body["delivery_url"].as_str().unwrap_or_default();
        check_url(url)?;
        let id = self.hooks.list.iter().map(|hook| hook.id).max().unwrap_or(0) + 1;
        let name = body["name"].as_str().map_or_else(|| format!("Webhook {id}"), str::to_owned);
        let hook = Hook {
            id,
            name,
            status: body["status"].as_str().unwrap_or("active").to_owned(),
            topic: topic.to_owned(),
            url: url.to_owned(),
            secret: body["secret"].as_str().unwrap_or_default().to_owned(),
            created: self.now(),
            modified: None,
            failures: 0,
        };
        self.hooks.pings.push(Letter {
            url: hook.url.clone(),
            headers: vec![
                ("user-agent", AGENT.to_owned()),
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ],
            body: format!("webhook_id={id}").into_bytes(),
        });
        let answer = Answer::json(201, self.hook_json(&hook))
            .with("location", self.rest(&format!("wc/v3/webhooks/{id}")));
        self.hooks.list.push(hook);
        Ok(answer)
    }

    fn edit_hook(&mut self, at: usize, body: &Value) -> Result<(), Answer> {
        let now = self.now();
        let hook = &mut self.hooks.list[at];
        if let Some(topic) = body["topic"].as_str() {
            check_topic(topic)?;
            topic.clone_into(&mut hook.topic);
        }
        if let Some(url) = body["delivery_url"].as_str() {
            check_url(url)?;
            url.clone_into(&mut hook.url);
        }
        if let Some(status) = body["status"].as_str() {
            let words = ["active", "paused", "disabled"];
            if !words.contains(&status) {
                return Err(super::wire::not_in_enum("status", &words));
            }
            status.clone_into(&mut hook.status);
            hook.failures = 0;
        }
        for (field, value) in [("name", &mut hook.name), ("secret", &mut hook.secret)] {
            if let Some(text) = body[field].as_str() {
                text.clone_into(value);
            }
        }
        hook.modified = Some(now);
        Ok(())
    }

    fn hook_json(&self, hook: &Hook) -> Value {
        let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
        let own = self.rest(&format!("wc/v3/webhooks/{}", hook.id));
        let mut json = json!({
            "id": hook.id,
            "name": hook.name,
            "status": hook.status,
            "topic": hook.topic,
            "resource": resource,
            "event": event,
            "hooks": hook_names(resource, event),
            "delivery_url": hook.url,
            "_links": {
                "self": [{ "href": own, "targetHints": { "allow": ALL } }],
                "collection": [{ "href": self.rest("wc/v3/webhooks") }],
            },
        });
        self.put_date(&mut json, "date_created", Some(hook.created));
        self.put_date(&mut json, "date_modified", hook.modified);
        json
    }
}

fn check_topic(topic: &str) -> Result<(), Answer> {
    let known = topic
        .split_once('.')
        .is_some_and(|(resource, event)| RESOURCES.contains(&resource) && EVENTS.contains(&event));
    if known {
        return Ok(());
    }
    let text = "Webhook topic is required and must be valid.";
    Err(problem(400, "woocommerce_rest_shop_webhook_invalid_topic", text))
}

fn check_url(url: &str) -> Result<(), Answer> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    let text = "Webhook delivery URL must be a valid URL starting with http:// or https://.";
    Err(problem(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", text))
}

/// WordPress's inner names of a topic.
fn hook_names(resource: &str, event: &str) -> Vec<String> {
    match (resource, event) {
        ("coupon", "created") => {
            vec!["woocommerce_process_shop_coupon_meta".into(), "woocommerce_new_coupon".into()]
        }
        ("order", "updated") => {
            vec!["woocommerce_update_order".into(), "woocommerce_order_refunded".into()]
        }
        (_, "created") => vec![format!("woocommerce_new_{resource}")],
        (_, "updated") => vec![format!("woocommerce_update_{resource}")],
        (_, "deleted") => vec!["wp_trash_post".into()],
        _ => vec!["untrashed_post".into()],
    }
}
