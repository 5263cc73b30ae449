//! The roots of the graph: every query and every mutation this shop answers.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::ask::Ask;
use super::execute::{link, pages};
use super::problem::Problem;
use super::search::Found;
use super::shop::{Shop, gid, number, stamp, user_error};

const ORDER_FIELDS: [&str; 10] = [
    "id",
    "name",
    "status",
    "financial_status",
    "fulfillment_status",
    "tag",
    "email",
    "created_at",
    "processed_at",
    "updated_at",
];
const DRAFT_FIELDS: [&str; 5] = ["id", "status", "tag", "created_at", "updated_at"];
const PRODUCT_FIELDS: [&str; 11] = [
    "id",
    "title",
    "handle",
    "vendor",
    "product_type",
    "status",
    "gift_card",
    "tag",
    "sku",
    "created_at",
    "updated_at",
];

impl Shop {
    /// A root field of a query.
    pub(super) fn query(&mut self, ask: &Ask<'_>) -> Result<Found, Problem> {
        let id = ask.text("id").unwrap_or_default().to_owned();
        let by_id = |kind: &str| number(&id, kind).map(|_| Found::from(link(id.clone())));
        let query = ask.text("query").map(str::to_owned);
        let sort = ask.text("sortKey").unwrap_or("ID").to_owned();
        let list =
            |shop: &Self, kind, fields: &[&str]| shop.search(kind, query.as_deref(), &sort, fields);
        let found = match ask.field {
            "draftOrder" => return by_id("DraftOrder"),
            "order" => return by_id("Order"),
            "product" => return by_id("Product"),
            "productVariant" => return by_id("ProductVariant"),
            "inventoryItem" => return by_id("InventoryItem"),
            "location" if id.is_empty() => {
                self.locations.first().map(|l| link(gid("Location", l.id))).into()
            }
            "location" => return by_id("Location"),
            "publication" => return by_id("Publication"),
            "market" => return by_id("Market"),
            "customer" => return by_id("Customer"),
            "draftOrders" => return list(self, "DraftOrder", &DRAFT_FIELDS),
            "orders" => {
                let mut found = list(self, "Order", &ORDER_FIELDS)?;
                self.hide_old(&mut found.value, ask.scopes);
                return Ok(found);
            }
            "products" => return list(self, "Product", &PRODUCT_FIELDS),
            "productVariants" => pages(
                self.catalog.variants.keys().map(|id| link(gid("ProductVariant", *id))).collect(),
            ),
            "productByIdentifier" => {
                let handle = ask.value("identifier")["handle"].as_str();
                let by = |p: &&super::catalog::Product| Some(p.handle.as_str()) == handle;
                self.catalog.products.values().find(by).map(|p| link(gid("Product", p.id))).into()
            }
            "node" => {
                if kind_of(&id).is_none() {
                    return Err(Problem::invalid_id(&id));
                }
                link(id)
            }
            "nodes" => {
                let ids = ask.value("ids").as_array().cloned().unwrap_or_default();
                let links = ids.iter().map(|id| {
                    let id = id.as_str().unwrap_or_default();
                    if self.view(id).is_some() { link(id) } else { Value::Null }
                });
                links.collect()
            }
            "ordersCount" => count(self.orders.len()),
            "productsCount" if query.is_some() => {
                let found = list(self, "Product", &PRODUCT_FIELDS)?;
                count(found.value["@page"].as_array().map_or(0, Vec::len))
            }
            "productsCount" => count(self.catalog.products.len()),
            "shop" => self.shop_json(ask.scopes),
            "currentAppInstallation" => self.installation_json(),
            "publicApiVersions" => super::versions::listed(),
            "locations" => self.locations_list(ask),
            "publications" => pages(
                self.publications.iter().map(|(id, _)| link(gid("Publication", *id))).collect(),
            ),
            "publicationsCount" => count(self.publications.len()),
            "deliveryProfiles" => self.delivery_profiles(),
            "markets" => pages(self.markets.iter().map(|m| link(gid("Market", m.id))).collect()),
            "draftOrderAvailableDeliveryOptions" => {
                let pickups =
                    ask.value("localPickupCount").as_u64().and_then(|n| usize::try_from(n).ok());
                self.delivery_options(ask.value("input"), pickups)?
            }
            "orderByIdentifier" => self.order_by_identifier(ask.value("identifier"))?,
            "paymentTermsTemplates" => super::terms::templates(ask.text("paymentTermsType")),
            "job" => self.job_json(&id),
            "bulkOperation" => {
                number(&id, "BulkOperation")?;
                self.poll_bulk(&id);
                self.bulk_json(&id)
            }
            "bulkOperations" => self.bulks_list(),
            "currentBulkOperation" => self.current_bulk(ask.text("type").unwrap_or("QUERY")),
            "webhookSubscription" => {
                number(&id, "WebhookSubscription")?;
                self.hook_by_id(&id)
            }
            "webhookSubscriptions" => self.hooks_list(ask),
            "metafieldDefinitions" => pages(self.definitions.clone()),
            field => return Err(Problem::not_here(&format!("QueryRoot.{field}"))),
        };
        Ok(found.into())
    }

    /// A root field of a mutation.
    pub(super) fn mutation(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        let id = ask.text("id").unwrap_or_default();
        let input = ask.value("input");
        match ask.field {
            "draftOrderCalculate" => self.calculate_draft(input),
            "draftOrderCreate" => self.create_draft(input),
            "draftOrderUpdate" => self.update_draft(id, input),
            "draftOrderDelete" => self.delete_draft(input),
            "draftOrderComplete" => self.complete_draft(ask),
            "orderMarkAsPaid" => self.mark_as_paid(input),
            "orderCreateManualPayment" => self.manual_payment(ask),
            "orderUpdate" => self.update_order(input),
            "orderClose" => self.close_order(input, true),
            "orderOpen" => self.close_order(input, false),
            "orderCancel" => self.cancel_order(ask),
            "refundCreate" => self.idempotent(ask, |shop| shop.refund(input)),
            "tagsAdd" => self.change_tags(ask, true),
            "tagsRemove" => self.change_tags(ask, false),
            "paymentTermsCreate" => self.create_terms(ask),
            "paymentTermsDelete" => self.delete_terms(input),
            "metafieldsSet" => Ok(self.set_metafields(ask.value("metafields"))),
            "metafieldDefinitionCreate" => Ok(self.define_metafield(ask.value("definition"))),
            "inventorySetQuantities" => self.idempotent(ask, |shop| shop.set_quantities(input)),
            "bulkOperationRunQuery" => Ok(self.start_bulk(ask)),
            "bulkOperationCancel" => self.cancel_bulk(id),
            "webhookSubscriptionCreate" => self.create_hook(ask),
            "webhookSubscriptionUpdate" => self.update_hook(ask),
            "webhookSubscriptionDelete" => self.delete_hook(id),
            field => Err(Problem::not_here(&format!("Mutation.{field}"))),
        }
    }

    /// A thing by its id.
    pub(super) fn view(&self, own: &str) -> Option<Value> {
        let kind = kind_of(own)?;
        let id = number(own, kind).ok()?;
        let view = match kind {
            "DraftOrder" => self.draft_json(self.drafts.get(&id)?),
            "Order" => self.order_json(self.orders.get(&id)?),
            "Product" => self.product_json(self.catalog.products.get(&id)?),
            "ProductVariant" => self.variant_json(self.catalog.variants.get(&id)?)?,
            "InventoryItem" => self.item_json(self.catalog.item(id)?),
            "Location" => self.location_json(self.locations.iter().find(|place| place.id == id)?),
            "OrderTransaction" => {
                let mut orders = self.orders.values();
                orders.find_map(|order| {
                    let money = order.transactions.iter().find(|money| money.id == id)?;
                    Some(super::order_view::transaction_json(order, money))
                })?
            }
            "Refund" => {
                let mut orders = self.orders.values();
                orders.find_map(|order| {
                    let refund = order.refunds.iter().find(|refund| refund.id == id)?;
                    Some(self.refund_json(order, refund))
                })?
            }
            "PaymentTerms" => self.terms_json(self.terms.get(&id)?),
            "Metafield" => {
                super::metafields::view(self.metafields.iter().find(|field| field.id == id)?)
            }
            "Metaobject" => {
                let (_, kind, name) = self.metaobjects.iter().find(|(known, ..)| *known == id)?;
                super::metafields::metaobject(id, kind, name)
            }
            "Publication" => self.publication_json(id)?,
            "Market" => self.market_json(self.markets.iter().find(|market| market.id == id)?),
            "Customer" => self.customer_json(self.customers.get(&id)?),
            "WebhookSubscription" => {
                super::subscriptions::view(self.hooks.list.iter().find(|hook| hook.id == id)?)
            }
            _ => return None,
        };
        Some(view)
    }

    /// Fields that need their arguments; `None` for the others.
    pub(super) fn detail(
        &self,
        ty: &str,
        view: &Value,
        ask: &Ask<'_>,
    ) -> Option<Result<Value, Problem>> {
        let own = view["id"].as_str().unwrap_or_default();
        let first = |items: &Value| {
            let size = ask.value("first").as_u64().and_then(|size| usize::try_from(size).ok());
            let items = items.as_array().cloned().unwrap_or_default();
            let size = size.unwrap_or(items.len());
            Ok(items.into_iter().take(size).collect::<Value>())
        };
        match (ty, ask.field) {
            ("Order", "transactions" | "refunds" | "fulfillments")
            | ("Fulfillment", "trackingInfo") => Some(first(&view[ask.field])),
            (_, "metafields")
                if ask.value("namespace").is_string() || ask.value("keys").is_array() =>
            {
                let namespace = ask.value("namespace").as_str();
                let keys = ask.value("keys").as_array();
                let own = self.metafields.iter().filter(|field| {
                    let full = format!("{}.{}", field.namespace, field.key);
                    field.owner == own
                        && namespace.is_none_or(|namespace| namespace == field.namespace)
                        && keys.is_none_or(|keys| {
                            keys.iter().any(|key| *key == full || *key == field.key)
                        })
                });
                Some(Ok(pages(own.map(|field| link(gid("Metafield", field.id))).collect())))
            }
            (_, "metafield") => {
                let found = self.metafield(own, ask.value("namespace"), ask.value("key"));
                Some(Ok(found.map(|field| link(gid("Metafield", field.id))).into()))
            }
            _ => self.product_detail(ty, view, ask),
        }
    }

    /// Orders of more than 60 days ago need a scope of their own.
    fn hide_old(&self, page: &mut Value, scopes: &[String]) {
        if scopes.iter().any(|scope| scope == "read_all_orders") {
            return;
        }
        let since = self.now() - SignedDuration::from_hours(60 * 24);
        let young = |item: &Value| {
            let id = number(item["@ref"].as_str().unwrap_or_default(), "Order").ok();
            let order = id.and_then(|id| self.orders.get(&id));
            order.is_none_or(|order| order.created >= since)
        };
        if let Some(items) = page["@page"].as_array_mut() {
            items.retain(young);
        }
    }

    fn locations_list(&self, ask: &Ask<'_>) -> Value {
        let inactive = ask.value("includeInactive") == true;
        let shown = self.locations.iter().filter(|place| place.active || inactive);
        pages(shown.map(|place| link(gid("Location", place.id))).collect())
    }

    /// `inventorySetQuantities`, which compares before it sets.
    fn set_quantities(&mut self, input: &Value) -> Result<Value, Problem> {
        let refused =
            |error: Value| Ok(json!({ "inventoryAdjustmentGroup": null, "userErrors": [error] }));
        let name = input["name"].as_str().unwrap_or_default();
        if !matches!(name, "available" | "on_hand") {
            let message = "The quantity name must be either 'available' or 'on_hand'.";
            return refused(super::shop::coded_error(&["input", "name"], message, "INVALID_NAME"));
        }
        let rows = input["quantities"].as_array().cloned().unwrap_or_default();
        let mut changes = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let nth = at.to_string();
            if row.get("changeFromQuantity").is_none() {
                let message = "InventoryQuantityInput must include the following argument: changeFromQuantity.";
                return Err(Problem::new("INVALID_FIELD_ARGUMENTS", message));
            }
            let item =
                number(row["inventoryItemId"].as_str().unwrap_or_default(), "InventoryItem")?;
            let place = number(row["locationId"].as_str().unwrap_or_default(), "Location")?;
            let refuse = |field: &str, message: &str, code: &str| {
                refused(super::shop::coded_error(
                    &["input", "quantities", &nth, field],
                    message,
                    code,
                ))
            };
            let Some(variant) = self.catalog.item(item).map(|variant| variant.id) else {
                let message = "The specified inventory item could not be found.";
                return refuse("inventoryItemId", message, "INVALID_INVENTORY_ITEM");
            };
            let Some(level) = self.catalog.levels.get(&(variant, place)) else {
                let message = "The specified location could not be found.";
                return refuse("locationId", message, "INVALID_LOCATION");
            };
            let other = if name == "on_hand" { level.committed + level.reserved } else { 0 };
            let quantity = row["quantity"].as_i64().unwrap_or(0);
            let expected = row["changeFromQuantity"].as_i64();
            if expected.is_some_and(|expected| expected != level.available + other) {
                let message =
                    "The changeFromQuantity argument no longer matches the persisted quantity.";
                return refuse("changeFromQuantity", message, "CHANGE_FROM_QUANTITY_STALE");
            }
            changes.push((variant, place, quantity - other));
        }
        let now = self.now();
        for (variant, place, available) in changes {
            if let Some(level) = self.catalog.levels.get_mut(&(variant, place)) {
                level.available = available;
                level.updated = now;
            }
            self.stock_changed(&[super::catalog::Taken { variant, location: place, quantity: 0 }]);
        }
        let group = json!({
            "id": gid("InventoryAdjustmentGroup", self.id()),
            "createdAt": stamp(now),
            "reason": input["reason"],
            "referenceDocumentUri": input["referenceDocumentUri"],
            "changes": [],
            "app": null,
            "staffMember": null,
        });
        Ok(json!({ "inventoryAdjustmentGroup": group, "userErrors": [] }))
    }

    /// A user error about a thing that is not there.
    pub(super) fn missing(member: &str, message: &str) -> Value {
        json!({ member: null, "userErrors": [user_error(&["id"], message)] })
    }
}

/// The kind of thing an id is of.
fn kind_of(own: &str) -> Option<&str> {
    own.strip_prefix("gid://shopify/")?.split_once('/').map(|(kind, _)| kind)
}

fn count(count: usize) -> Value {
    json!({ "count": count, "precision": "EXACT" })
}
