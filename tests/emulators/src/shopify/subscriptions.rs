//! Subscriptions to webhooks: who may have them, and what they let through.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::Ask;
use super::execute::{link, pages};
use super::problem::Problem;
use super::schema;
use super::shop::{Shop, gid, number, stamp, user_error};

/// One subscription.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) id: u64,
    /// `ORDERS_CREATE`.
    pub(super) topic: String,
    pub(super) uri: String,
    pub(super) filter: Option<String>,
    pub(super) fields: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) failures: u32,
}

impl Shop {
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
    pub(super) fn wants(&self, body: &Value) -> bool {
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
    pub(super) fn shown(&self, body: &Value) -> Value {
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
