//! The store's webhooks: making, mending and reading them.
//!
//! They come late, unordered, more than once and with what was true then; after eight failures in a
//! row a subscription is gone for good. So a delivery is only a hint that something has changed, and
//! subscriptions are looked after.
//!
//! Every write of ours is told of too, so what is no newer than what we have seen says nothing. Three
//! topics about personal data can only be asked for in the app's own configuration, and are heard all
//! the same.
//!
//! <https://shopify.dev/docs/apps/build/webhooks>

use commerce::{ConnectorError, Hook, HookState, HookTarget};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use crate::{
    Shopify,
    error::{UserError, nonsense, refused},
    operation::Operation,
};

mod ears;

pub(crate) use ears::Ears;

pub(crate) const LIST: Operation =
    Operation::read("hook.list", include_str!("operations/hook_list.graphql"), 11);
pub(crate) const CREATE: Operation =
    Operation::write("hook.make", include_str!("operations/hook_create.graphql"), 10);
pub(crate) const UPDATE: Operation =
    Operation::write("hook.mend", include_str!("operations/hook_update.graphql"), 10);
pub(crate) const DELETE: Operation =
    Operation::write("hook.remove", include_str!("operations/hook_delete.graphql"), 10);

/// Most pages of subscriptions: a bound, not an expectation.
const PAGES_MAX: usize = 10;

/// What the store shall tell of.
pub(crate) struct Topic {
    /// As it is asked for.
    pub(crate) name: &'static str,
    /// As a delivery names it.
    pub(crate) word: &'static str,
    /// What it takes to be told.
    pub(crate) scope: Option<&'static str>,
    /// Which members of what has changed are sent along.
    fields: &'static [&'static str],
}

const fn topic(
    name: &'static str,
    word: &'static str,
    scope: Option<&'static str>,
    fields: &'static [&'static str],
) -> Topic {
    Topic { name, word, scope, fields }
}

const PRODUCTS: Option<&str> = Some("read_products");
const STOCK: Option<&str> = Some("read_inventory");
const ORDERS: Option<&str> = Some("read_orders");
const DRAFTS: Option<&str> = Some("read_draft_orders");
const PARCELS: Option<&str> = Some("read_fulfillments");
const MARKETS: Option<&str> = Some("read_markets");
const PLACES: Option<&str> = Some("read_locations");

/// What the store is asked to tell of; no scope is asked for only to be told of something.
///
/// Left out is what another topic tells of as well: `ORDERS_UPDATED` comes with whatever becomes of an
/// order (`ORDERS_…`) and of its money (`ORDER_TRANSACTIONS_CREATE`), `PRODUCTS_UPDATE` with a variant that is gone
/// (`INVENTORY_ITEMS_DELETE`, which names nothing that could still be found), `INVENTORY_LEVELS_UPDATE`
/// with `VARIANTS_IN_STOCK` and `VARIANTS_OUT_OF_STOCK`. And what would change nothing here: of
/// discounts (`DISCOUNTS_…`) and shipping (`PROFILES_…`) nothing is kept, because the store works them
/// out for each quote; `PRODUCT_PUBLICATIONS_…` and `PRODUCT_LISTINGS_…` are told to sales channels
/// alone; `METAOBJECTS_…` would have to be asked for by the type of each; `DRAFT_ORDERS_CREATE` tells
/// of nobody's session but our own; of returns (`RETURNS_…`) agents are told by their refunds.
pub(crate) const TOPICS: [Topic; 26] = [
    topic("PRODUCTS_CREATE", "products/create", PRODUCTS, &["id", "updated_at"]),
    topic("PRODUCTS_UPDATE", "products/update", PRODUCTS, &["id", "updated_at"]),
    topic("PRODUCTS_DELETE", "products/delete", PRODUCTS, &["id"]),
    topic("INVENTORY_LEVELS_UPDATE", "inventory_levels/update", STOCK, &["inventory_item_id"]),
    topic("INVENTORY_LEVELS_CONNECT", "inventory_levels/connect", STOCK, &["inventory_item_id"]),
    topic(
        "INVENTORY_LEVELS_DISCONNECT",
        "inventory_levels/disconnect",
        STOCK,
        &["inventory_item_id"],
    ),
    topic("INVENTORY_ITEMS_UPDATE", "inventory_items/update", STOCK, &["id"]),
    topic("ORDERS_UPDATED", "orders/updated", ORDERS, &["id", "updated_at"]),
    topic("DRAFT_ORDERS_UPDATE", "draft_orders/update", DRAFTS, &["id", "updated_at"]),
    topic("DRAFT_ORDERS_DELETE", "draft_orders/delete", DRAFTS, &["id"]),
    topic("REFUNDS_CREATE", "refunds/create", ORDERS, &["id", "order_id"]),
    topic("FULFILLMENTS_CREATE", "fulfillments/create", PARCELS, &["id", "order_id"]),
    topic("FULFILLMENTS_UPDATE", "fulfillments/update", PARCELS, &["id", "order_id"]),
    topic("FULFILLMENT_EVENTS_CREATE", "fulfillment_events/create", PARCELS, &["id", "order_id"]),
    topic("MARKETS_CREATE", "markets/create", MARKETS, &["id"]),
    topic("MARKETS_UPDATE", "markets/update", MARKETS, &["id"]),
    topic("MARKETS_DELETE", "markets/delete", MARKETS, &["id"]),
    topic("LOCATIONS_CREATE", "locations/create", PLACES, &["id"]),
    topic("LOCATIONS_UPDATE", "locations/update", PLACES, &["id"]),
    topic("LOCATIONS_ACTIVATE", "locations/activate", PLACES, &["id"]),
    topic("LOCATIONS_DEACTIVATE", "locations/deactivate", PLACES, &["id"]),
    topic("LOCATIONS_DELETE", "locations/delete", PLACES, &["id"]),
    topic("SHOP_UPDATE", "shop/update", None, &["id"]),
    topic("BULK_OPERATIONS_FINISH", "bulk_operations/finish", None, &["admin_graphql_api_id"]),
    topic("APP_UNINSTALLED", "app/uninstalled", None, &["id"]),
    topic("APP_SCOPES_UPDATE", "app/scopes_update", None, &["id"]),
];

/// A subscription as the store shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) topic: String,
    #[serde(default)]
    pub(crate) format: String,
    #[serde(default)]
    pub(crate) filter: Option<String>,
    #[serde(default)]
    pub(crate) include_fields: Vec<String>,
}

impl Subscription {
    /// Whether it tells what we read, and of everything.
    fn is_right(&self, topic: &Topic) -> bool {
        let is_told = |field: &&str| self.include_fields.iter().any(|told| told == *field);
        self.format == "JSON"
            && self.filter.as_deref().unwrap_or_default().is_empty()
            && (self.include_fields.is_empty() || topic.fields.iter().all(is_told))
    }
}

impl Shopify {
    /// Every topic that our scopes reach, and whether the store tells of it at this address.
    pub(crate) async fn list_hooks(
        &self,
        target: &HookTarget,
    ) -> Result<Vec<Hook>, ConnectorError> {
        let ours = self.subscriptions(Some(&target.url)).await?;
        let topics = self.topics().await?;
        Ok(topics.into_iter().map(|topic| hook(topic, &ours)).collect())
    }

    /// Makes what is missing, mends what tells too little, and ends what nobody asked for. Answers
    /// how it was before.
    pub(crate) async fn mend_hooks(
        &self,
        target: &HookTarget,
    ) -> Result<Vec<Hook>, ConnectorError> {
        let ours = self.subscriptions(Some(&target.url)).await?;
        let topics = self.topics().await?;
        for topic in &topics {
            let mut same = ours.iter().filter(|hook| hook.topic == topic.name);
            match same.next() {
                None => self.subscribe(topic, target).await?,
                Some(first) if !first.is_right(topic) => self.resubscribe(first, topic).await?,
                Some(_) => {}
            }
            // One for each format or filter there may be.
            for double in same {
                self.unsubscribe(double).await?;
            }
        }
        let is_wanted = |hook: &&Subscription| topics.iter().any(|topic| topic.name == hook.topic);
        for stale in ours.iter().filter(|hook| !is_wanted(hook)) {
            self.unsubscribe(stale).await?;
        }
        Ok(topics.into_iter().map(|topic| hook(topic, &ours)).collect())
    }

    /// Takes them all away; answers how many there were.
    pub(crate) async fn drop_hooks(&self, target: &HookTarget) -> Result<usize, ConnectorError> {
        let ours = self.subscriptions(Some(&target.url)).await?;
        for hook in &ours {
            self.unsubscribe(hook).await?;
        }
        Ok(ours.len())
    }

    /// The topics that our scopes reach. What the others would tell is found by asking.
    pub(crate) async fn topics(&self) -> Result<Vec<&'static Topic>, ConnectorError> {
        let scopes = self.scopes().await?;
        let reached = |topic: &&Topic| topic.scope.is_none_or(|scope| scopes.hold(scope));
        Ok(TOPICS.iter().filter(reached).collect())
    }

    /// The app's subscriptions; at one address, or all of them.
    pub(crate) async fn subscriptions(
        &self,
        uri: Option<&str>,
    ) -> Result<Vec<Subscription>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            webhook_subscriptions: Page,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            nodes: Vec<Subscription>,
            page_info: PageInfo,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct PageInfo {
            has_next_page: bool,
            end_cursor: Option<String>,
        }

        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let variables = json!({ "after": after, "uri": uri });
            let answer: Answer = self.client.run(&LIST, &variables).await?;
            let Page { nodes, page_info } = answer.webhook_subscriptions;
            all.extend(nodes);
            after = page_info.end_cursor.filter(|_| page_info.has_next_page);
            if after.is_none() {
                break;
            }
        }
        Ok(all)
    }

    async fn subscribe(&self, topic: &Topic, target: &HookTarget) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            webhook_subscription_create: Payload,
        }

        let mut subscription = wanted(topic);
        subscription["uri"] = json!(target.url);
        let variables = json!({ "topic": topic.name, "subscription": subscription });
        let answer: Answer = self.client.run(&CREATE, &variables).await?;
        let errors = answer.webhook_subscription_create.user_errors;
        let Some(first) = errors.first() else { return Ok(()) };
        // Somebody else was faster, or an answer was lost.
        if first.message.contains("already been taken") {
            return Ok(());
        }
        if first.is_about("callbackUrl") || first.is_about("uri") {
            return Err(ConnectorError::Denied {
                hint: format!(
                    "the store tells nothing to {} ({}): set `public_url` to an https address of a \
                     domain of your own that the internet reaches",
                    target.url, first.message
                ),
            });
        }
        // The others do not depend on it.
        warn!(topic = topic.word, why = first.message, "the store does not tell of this");
        Ok(())
    }

    async fn resubscribe(&self, hook: &Subscription, topic: &Topic) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            webhook_subscription_update: Payload,
        }

        let variables = json!({ "id": hook.id, "subscription": wanted(topic) });
        let answer: Answer = self.client.run(&UPDATE, &variables).await?;
        match answer.webhook_subscription_update.user_errors.as_slice() {
            [] => Ok(()),
            errors => Err(refused(UPDATE.name, errors)),
        }
    }

    /// What is gone already is as good.
    async fn unsubscribe(&self, hook: &Subscription) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            webhook_subscription_delete: Payload,
        }

        let answer: Answer = self.client.run(&DELETE, &json!({ "id": hook.id })).await?;
        match answer.webhook_subscription_delete.user_errors.as_slice() {
            [] => Ok(()),
            [error] if error.message.contains("does not exist") => Ok(()),
            errors => Err(nonsense(DELETE.name, format!("{errors:?}"))),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

fn wanted(topic: &Topic) -> Value {
    json!({ "format": "JSON", "includeFields": topic.fields, "filter": "" })
}

fn hook(topic: &Topic, ours: &[Subscription]) -> Hook {
    let state = match ours.iter().find(|hook| hook.topic == topic.name) {
        None => HookState::Missing,
        Some(hook) if hook.is_right(topic) => HookState::Active,
        Some(_) => HookState::Off,
    };
    Hook { topic: topic.word.to_owned(), state }
}
