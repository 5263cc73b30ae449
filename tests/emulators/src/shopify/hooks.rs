//! Webhooks: subscriptions, and deliveries that are signed, repeated and unordered.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use sha2::Sha256;

use super::execute::{Ask, link, pages};
use super::problem::Problem;
use super::schema;
use super::shop::{Shop, gid, number, stamp, user_error};

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

/// One subscription.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) id: u64,
    /// `ORDERS_CREATE`.
    topic: String,
    uri: String,
    filter: Option<String>,
    fields: Vec<String>,
    namespaces: Vec<String>,
    name: Option<String>,
    created: Timestamp,
    updated: Timestamp,
    failures: u32,
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

    /// `webhookSubscriptionCreate`.
    pub(super) fn create_hook(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        let topic = ask.text("topic").unwrap_or_default().to_owned();
        let input = ask.value("webhookSubscription");
        let now = self.now();
        let mut hook = Hook {
            id: 0,
            topic,
            uri: String::new(),
            filter: None,
            fields: Vec::new(),
            namespaces: Vec::new(),
            name: None,
            created: now,
            updated: now,
            failures: 0,
        };
        let mut errors = hook.write(input, true)?;
        if let Some(scope) = scope_of(&hook.topic).filter(|scope| !self.has_scope(scope)) {
            let topic = hook.topic.to_lowercase();
            // That it is refused is documented; the words are close to what users report.
            let message = format!(
                "You do not have permission to create or update webhooks with {topic} topic. It needs the {scope} access scope."
            );
            errors.push(user_error(&["webhookSubscription"], &message));
        }
        self.check_twin(&hook, &mut errors);
        if !errors.is_empty() {
            return Ok(json!({ "webhookSubscription": null, "userErrors": errors }));
        }
        hook.id = self.id();
        let own = gid("WebhookSubscription", hook.id);
        self.hooks.list.push(hook);
        Ok(json!({ "webhookSubscription": link(own), "userErrors": [] }))
    }

    /// `webhookSubscriptionUpdate`.
    pub(super) fn update_hook(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        let own = ask.text("id").unwrap_or_default();
        let id = number(own, "WebhookSubscription")?;
        let Some(mut hook) = self.hooks.list.iter().find(|hook| hook.id == id).cloned() else {
            return Ok(Self::missing("webhookSubscription", "Webhook subscription does not exist"));
        };
        let mut errors = hook.write(ask.value("webhookSubscription"), false)?;
        self.check_twin(&hook, &mut errors);
        if !errors.is_empty() {
            return Ok(json!({ "webhookSubscription": null, "userErrors": errors }));
        }
        hook.updated = self.now();
        if let Some(known) = self.hooks.list.iter_mut().find(|known| known.id == id) {
            *known = hook;
        }
        Ok(json!({ "webhookSubscription": link(own), "userErrors": [] }))
    }

    /// `webhookSubscriptionDelete`.
    pub(super) fn delete_hook(&mut self, own: &str) -> Result<Value, Problem> {
        let id = number(own, "WebhookSubscription")?;
        let before = self.hooks.list.len();
        self.hooks.list.retain(|hook| hook.id != id);
        if before == self.hooks.list.len() {
            return Ok(Self::missing(
                "deletedWebhookSubscriptionId",
                "Webhook subscription does not exist",
            ));
        }
        Ok(json!({ "deletedWebhookSubscriptionId": own, "userErrors": [] }))
    }

    /// `webhookSubscription`.
    pub(super) fn hook_by_id(&self, own: &str) -> Value {
        self.hooks
            .list
            .iter()
            .find(|hook| gid("WebhookSubscription", hook.id) == own)
            .map(view)
            .into()
    }

    /// `webhookSubscriptions`.
    pub(super) fn hooks_list(&self, ask: &Ask<'_>) -> Value {
        let topics = ask.value("topics").as_array();
        let meant = self.hooks.list.iter().filter(|hook| {
            topics.is_none_or(|topics| topics.iter().any(|topic| *topic == hook.topic.as_str()))
                && ask.text("uri").is_none_or(|uri| uri == hook.uri)
        });
        pages(meant.map(|hook| link(gid("WebhookSubscription", hook.id))).collect())
    }

    fn check_twin(&self, hook: &Hook, errors: &mut Vec<Value>) {
        let twin = self.hooks.list.iter().any(|known| {
            known.id != hook.id
                && known.topic == hook.topic
                && known.uri == hook.uri
                && known.filter == hook.filter
        });
        if twin {
            let field = ["webhookSubscription", "callbackUrl"];
            errors.push(user_error(&field, "Address for this topic has already been taken"));
        }
    }

    fn has_scope(&self, scope: &str) -> bool {
        let write = scope.replacen("read_", "write_", 1);
        self.app.scopes.iter().any(|has| *has == scope || *has == write)
    }
}

impl Hook {
    fn write(&mut self, input: &Value, new: bool) -> Result<Vec<Value>, Problem> {
        let mut errors = Vec::new();
        let uri = input["uri"].as_str().or_else(|| input["callbackUrl"].as_str());
        if let Some(uri) = uri.or(new.then_some("")) {
            let field = ["webhookSubscription", "callbackUrl"];
            if uri.starts_with("pubsub://")
                || uri.starts_with("arn:")
                || uri.starts_with("kafka://")
            {
                return Err(Problem::not_here("deliveries to a queue"));
            }
            errors.extend(uri_fault(uri).map(|message| user_error(&field, &message)));
            uri.clone_into(&mut self.uri);
        }
        if input["format"] == "XML" {
            return Err(Problem::not_here("deliveries in XML"));
        }
        if let Some(filter) = input.get("filter") {
            let filter = filter.as_str().map(str::to_owned);
            let bad = filter.as_ref().is_some_and(|filter| {
                filter
                    .split_whitespace()
                    .any(|word| !word.contains(':') && !matches!(word, "AND" | "OR" | "NOT"))
            });
            if bad {
                let message = "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on.";
                errors.push(user_error(&["webhookSubscription"], message));
            }
            self.filter = filter;
        }
        let list = |name: &str| {
            let list = input.get(name)?.as_array()?;
            Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        self.fields = list("includeFields").unwrap_or_else(|| std::mem::take(&mut self.fields));
        self.namespaces =
            list("metafieldNamespaces").unwrap_or_else(|| std::mem::take(&mut self.namespaces));
        if let Some(name) = input.get("name") {
            self.name = name.as_str().map(str::to_owned);
        }
        Ok(errors)
    }

    /// Whether the filter lets an event through: every `field:value` must be in the body.
    fn wants(&self, body: &Value) -> bool {
        let filter = self.filter.as_deref().unwrap_or_default();
        let terms = filter.split_whitespace().filter_map(|word| word.split_once(':'));
        terms.into_iter().all(|(field, wanted)| {
            let value = &body[field];
            let wanted = wanted.trim_matches(['\'', '"']);
            match value {
                Value::String(text) => {
                    text.split(", ").any(|part| part.eq_ignore_ascii_case(wanted))
                }
                Value::Null => false,
                Value::Number(number) => number.to_string() == wanted,
                other => *other == wanted,
            }
        })
    }

    /// The body with only the members that were asked for.
    fn shown(&self, body: &Value) -> Value {
        if self.fields.is_empty() {
            return body.clone();
        }
        let members = body.as_object().into_iter().flatten();
        let kept = members.filter(|(name, _)| self.fields.iter().any(|field| field == *name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// `WebhookSubscription`.
pub(super) fn view(hook: &Hook) -> Value {
    json!({
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", hook.id),
        "legacyResourceId": hook.id.to_string(),
        "topic": hook.topic,
        "uri": hook.uri,
        "callbackUrl": hook.uri,
        "endpoint": { "__typename": "WebhookHttpEndpoint", "callbackUrl": hook.uri },
        "format": "JSON",
        "filter": hook.filter,
        "includeFields": hook.fields,
        "metafieldNamespaces": hook.namespaces,
        "metafields": [],
        "name": hook.name,
        "apiVersion": { "handle": schema::VERSION, "displayName": format!("{} (Latest)", schema::VERSION), "supported": true },
        "createdAt": stamp(hook.created),
        "updatedAt": stamp(hook.updated),
    })
}

/// Why an address is not taken.
fn uri_fault(uri: &str) -> Option<String> {
    if uri.trim().is_empty() {
        return Some("Address can't be blank".to_owned());
    }
    if uri.len() > 65_535 {
        return Some("Address is too big (maximum is 64 KB)".to_owned());
    }
    let Ok(parsed) = url::Url::parse(uri) else { return Some("Address is invalid".to_owned()) };
    if parsed.scheme() != "https" {
        return Some(format!("Address protocol {}:// is not supported", parsed.scheme()));
    }
    let host = parsed.host_str().unwrap_or_default();
    let own =
        ["shopify.com", "myshopify.com", "shopifycloud.com", "localhost", "internal", "local"];
    let inside = own.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")));
    let numbered = host.split('.').all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        || host.starts_with('[');
    (inside || numbered || !host.contains('.'))
        .then(|| "Address cannot be a Shopify or an internal domain".to_owned())
}

/// What a topic asks for.
fn scope_of(topic: &str) -> Option<&'static str> {
    let scopes = [
        ("PRODUCTS_", "read_products"),
        ("COLLECTIONS_", "read_products"),
        ("INVENTORY_", "read_inventory"),
        ("ORDERS_", "read_orders"),
        ("ORDER_TRANSACTIONS_", "read_orders"),
        ("REFUNDS_", "read_orders"),
        ("DRAFT_ORDERS_", "read_draft_orders"),
        ("FULFILLMENT", "read_fulfillments"),
        ("RETURNS_", "read_returns"),
        ("CUSTOMERS_", "read_customers"),
        ("MARKETS_", "read_markets"),
        ("DISCOUNTS_", "read_discounts"),
        ("LOCATIONS_", "read_locations"),
    ];
    scopes.iter().find(|(prefix, _)| topic.starts_with(prefix)).map(|(_, scope)| *scope)
}
