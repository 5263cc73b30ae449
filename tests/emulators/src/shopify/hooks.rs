//! Webhooks: subscriptions, and deliveries that are signed, repeated and unordered.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use rand::seq::SliceRandom;
use serde_json::Value;
use sha2::Sha256;

use super::schema;
use super::shop::Shop;
use super::subscriptions::Hook;

/// Minutes until the next try, eight of them in four hours.
const GAPS: [i64; 8] = [1, 2, 5, 15, 30, 45, 60, 82];
/// Failures in a row after which a subscription is taken away.
const PATIENCE: u32 = 8;

/// The subscriptions, and what waits to be delivered.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) list: Vec<Hook>,
    waiting: Vec<Waiting>,
    /// What is due, at once, a second time.
    pub(super) twice: bool,
    /// Where deliveries to an origin really go.
    pub(super) routes: Vec<(String, String)>,
    /// Where the app's configuration has compliance topics sent.
    pub(super) compliance: Option<String>,
}

#[derive(Clone, Debug)]
struct Waiting {
    /// None for what the app's configuration asked for.
    hook: Option<u64>,
    topic: String,
    uri: String,
    name: Option<String>,
    body: Vec<u8>,
    /// Equal in all tries.
    webhook: String,
    /// Equal for all subscriptions.
    event: String,
    triggered: Timestamp,
    tries: usize,
    due: Timestamp,
}

/// One request to somebody else's server.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it is to be sent.
    pub url: String,
    /// `orders/create`.
    pub topic: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte as it was signed.
    pub body: Vec<u8>,
    /// Its place in the queue.
    pub(super) webhook: String,
}

impl Shop {
    /// Queues an event for every subscription to its topic.
    pub(super) fn announce(&mut self, topic: &str, body: &Value) {
        let name = topic.replace('/', "_").to_uppercase();
        let meant = self.hooks.list.iter().filter(|hook| hook.topic == name);
        let meant: Vec<Hook> = meant.filter(|hook| hook.wants(body)).cloned().collect();
        if meant.is_empty() {
            return;
        }
        let event = self.uuid();
        for hook in meant {
            let body = hook.shown(body);
            self.enqueue(Some(&hook), topic, &hook.uri.clone(), &body, &event);
        }
    }

    /// Queues what only the app's configuration can ask for.
    pub(super) fn announce_compliance(&mut self, topic: &str, body: &Value) {
        if let Some(uri) = self.hooks.compliance.clone() {
            let event = self.uuid();
            self.enqueue(None, topic, &uri, body, &event);
        }
    }

    fn enqueue(&mut self, hook: Option<&Hook>, topic: &str, uri: &str, body: &Value, event: &str) {
        let (webhook, now) = (self.uuid(), self.now());
        self.hooks.waiting.push(Waiting {
            hook: hook.map(|hook| hook.id),
            topic: topic.to_owned(),
            uri: uri.to_owned(),
            name: hook.and_then(|hook| hook.name.clone()),
            body: body.to_string().into_bytes(),
            webhook,
            event: event.to_owned(),
            triggered: now,
            tries: 0,
            due: now,
        });
    }

    /// What is due now, in no order; it stays in the queue until it is settled.
    pub(super) fn due(&mut self) -> Vec<Delivery> {
        self.finish_bulks();
        let now = self.now();
        let mut due: Vec<Waiting> =
            self.hooks.waiting.iter().filter(|w| w.due <= now).cloned().collect();
        due.shuffle(&mut self.chance);
        let times = if self.hooks.twice { 2 } else { 1 };
        let due = due.into_iter().flat_map(|waiting| std::iter::repeat_n(waiting, times));
        due.map(|waiting| self.delivery(&waiting)).collect()
    }

    fn delivery(&self, waiting: &Waiting) -> Delivery {
        let mac = Hmac::<Sha256>::new_from_slice(self.app.secret.as_bytes());
        let mac = mac.expect("HMAC takes keys of any length").chain_update(&waiting.body);
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Shopify-Captain-Hook".to_owned()),
            ("x-shopify-topic", waiting.topic.clone()),
            ("x-shopify-hmac-sha256", STANDARD.encode(mac.finalize().into_bytes())),
            ("x-shopify-shop-domain", self.domain.clone()),
            ("x-shopify-api-version", schema::VERSION.to_owned()),
            ("x-shopify-webhook-id", waiting.webhook.clone()),
            ("x-shopify-event-id", waiting.event.clone()),
            ("x-shopify-triggered-at", waiting.triggered.to_string()),
        ];
        if let Some(name) = &waiting.name {
            headers.push(("x-shopify-name", name.clone()));
        }
        let route =
            self.hooks.routes.iter().find(|(from, _)| waiting.uri.starts_with(from.as_str()));
        let url = route.map_or_else(
            || waiting.uri.clone(),
            |(from, to)| format!("{to}{}", &waiting.uri[from.len()..]),
        );
        Delivery {
            url,
            topic: waiting.topic.clone(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: waiting.body.clone(),
            webhook: waiting.webhook.clone(),
        }
    }

    /// What became of a delivery: done, or tried again later, or given up with its subscription.
    pub(super) fn settle_hook(&mut self, delivery: &Delivery, fine: bool) {
        let now = self.now();
        let Some(at) = self.hooks.waiting.iter().position(|w| w.webhook == delivery.webhook) else {
            return;
        };
        let hook = self.hooks.waiting[at].hook;
        if fine {
            self.hooks.waiting.remove(at);
        } else {
            let waiting = &mut self.hooks.waiting[at];
            match GAPS.get(waiting.tries) {
                Some(minutes) => {
                    waiting.tries += 1;
                    waiting.due = now + SignedDuration::from_mins(*minutes);
                }
                None => {
                    self.hooks.waiting.remove(at);
                }
            }
        }
        let Some(known) = self.hooks.list.iter_mut().find(|known| Some(known.id) == hook) else {
            return;
        };
        known.failures = if fine { 0 } else { known.failures + 1 };
        if known.failures >= PATIENCE {
            let gone = known.id;
            self.hooks.list.retain(|known| known.id != gone);
            self.hooks.waiting.retain(|waiting| waiting.hook != Some(gone));
        }
    }
}
