//! What webhooks carry: the REST shapes of orders, drafts, refunds, products, stock.

use serde_json::{Value, json};

use super::catalog::{Location, Product, Taken};
use super::draft::Draft;
use super::money::{self, Both};
use super::order::{Order, Refund, Transaction};
use super::order_view::set;
use super::shop::{Shop, gid, stamp};

/// The shop's own number.
const SHOP: u64 = 92_891_250_994;

impl Shop {
    /// `orders/*`.
    pub(super) fn order_payload(&self, order: &Order) -> Value {
        let currencies = order.priced.currencies;
        let priced = &order.priced;
        let plain = |amount: Both| money::plain(amount.shop, currencies.0);
        let lines: Vec<Value> =
            (0..order.lines.len()).map(|at| self.line_payload(order, at)).collect();
        let refunds: Vec<Value> =
            order.refunds.iter().map(|refund| refund_payload(order, refund)).collect();
        let mut gateways: Vec<&str> =
            order.transactions.iter().map(|t| t.gateway.as_str()).collect();
        gateways.dedup();
        json!({
            "id": order.id,
            "admin_graphql_api_id": gid("Order", order.id),
            "app_id": self.app.id,
            "name": format!("#{}", order.number),
            "number": order.number - 1000,
            "order_number": order.number,
            "confirmation_number": order.token[..9].to_uppercase(),
            "confirmed": true,
            "token": order.token,
            "email": order.draft.email,
            "contact_email": order.draft.email,
            "phone": order.draft.phone,
            "note": order.draft.note,
            "note_attributes": attributes(&order.draft.attributes),
            "tags": order.draft.tags.join(", "),
            "test": false,
            "source_name": order.source,
            "created_at": stamp(order.created),
            "updated_at": stamp(order.updated),
            "processed_at": stamp(order.created),
            "closed_at": order.closed.map(stamp),
            "cancelled_at": order.cancelled.as_ref().map(|(at, ..)| stamp(*at)),
            "cancel_reason": order.cancelled.as_ref().map(|(_, why, _)| why.to_lowercase()),
            "currency": currencies.0,
            "presentment_currency": currencies.1,
            "financial_status": order.financial().map(str::to_lowercase),
            "fulfillment_status": match order.fulfillment() {
                "FULFILLED" => Some("fulfilled"),
                "PARTIALLY_FULFILLED" => Some("partial"),
                _ => None,
            },
            "payment_gateway_names": gateways,
            "taxes_included": priced.taxes_included,
            "subtotal_price": plain(priced.subtotal()),
            "subtotal_price_set": set(priced.subtotal(), currencies),
            "total_discounts": plain(priced.off()),
            "total_discounts_set": set(priced.off(), currencies),
            "total_line_items_price": plain(priced.items()),
            "total_line_items_price_set": set(priced.items(), currencies),
            "total_outstanding": plain(order.outstanding()),
            "total_price": plain(priced.total()),
            "total_price_set": set(priced.total(), currencies),
            "current_total_price": plain(order.current()),
            "current_total_price_set": set(order.current(), currencies),
            "total_shipping_price_set": set(priced.shipping_paid(), currencies),
            "total_tax": plain(priced.tax()),
            "total_tax_set": set(priced.tax(), currencies),
            "discount_codes": priced.discounts.iter().filter_map(|less| less.discount.code.as_ref().map(|code| json!({
                "code": code, "amount": plain(less.amount), "type": "fixed_amount",
            }))).collect::<Vec<_>>(),
            "order_status_url": format!("https://{}/92891250994/orders/{}/authenticate", self.domain, order.token),
            "shipping_address": address(order.draft.shipping_address.as_ref()),
            "billing_address": address(order.draft.billing_address.as_ref()),
            "customer": order.draft.customer.map(|id| json!({ "id": id, "email": order.draft.email, "admin_graphql_api_id": gid("Customer", id) })),
            "line_items": lines,
            "shipping_lines": order.draft.shipping.as_ref().map(|line| json!({
                "id": order.id + 1, "title": line.title, "code": line.code, "source": line.source,
                "price": plain(priced.shipping), "price_set": set(priced.shipping, currencies),
                "discounted_price": plain(priced.shipping_paid()),
            })).into_iter().collect::<Vec<_>>(),
            "refunds": refunds,
            "fulfillments": order.fulfillments.iter().map(|parcel| json!({
                "id": parcel.id, "order_id": order.id, "status": "success",
                "created_at": stamp(parcel.created),
                "shipment_status": parcel.delivered.map(|_| "delivered"),
                "tracking_company": parcel.tracking.as_ref().map(|(company, ..)| company),
                "tracking_number": parcel.tracking.as_ref().map(|(_, number, _)| number),
            })).collect::<Vec<_>>(),
        })
    }

    fn line_payload(&self, order: &Order, at: usize) -> Value {
        let (line, row, priced) =
            (&order.lines[at], &order.draft.lines[at], &order.priced.lines[at]);
        let currencies = order.priced.currencies;
        let variant = row.variant.and_then(|id| self.catalog.variants.get(&id));
        json!({
            "id": line.id,
            "admin_graphql_api_id": gid("LineItem", line.id),
            "variant_id": row.variant,
            "product_id": variant.map(|variant| variant.product),
            "title": row.title,
            "name": row.title,
            "sku": row.sku,
            "quantity": row.quantity,
            "current_quantity": row.quantity - line.removed,
            "fulfillable_quantity": row.quantity - line.removed - line.fulfilled,
            "price": money::plain(priced.unit.shop, currencies.0),
            "price_set": set(priced.unit, currencies),
            "total_discount": money::plain(priced.off.shop, currencies.0),
            "requires_shipping": row.ships,
            "taxable": row.taxable,
            "gift_card": false,
            "properties": attributes(&row.attributes),
        })
    }

    /// `draft_orders/*`.
    pub(super) fn draft_payload(&self, draft: &Draft) -> Value {
        let priced = self.priced(draft);
        let plain = |amount: Both| money::plain(amount.shop, priced.currencies.0);
        json!({
            "id": draft.id,
            "admin_graphql_api_id": gid("DraftOrder", draft.id),
            "name": format!("#D{}", draft.number),
            "status": if draft.completed.is_some() { "completed" } else { "open" },
            "order_id": draft.order,
            "email": draft.email,
            "note": draft.note,
            "note_attributes": attributes(&draft.attributes),
            "tags": draft.tags.join(", "),
            "currency": priced.currencies.0,
            "subtotal_price": plain(priced.subtotal()),
            "total_tax": plain(priced.tax()),
            "total_price": plain(priced.total()),
            "created_at": stamp(draft.created),
            "updated_at": stamp(draft.updated),
            "completed_at": draft.completed.map(stamp),
        })
    }

    /// `products/create` and `products/update`.
    pub(super) fn product_payload(&self, product: &Product) -> Value {
        let shop = self.settings.currency;
        let variants = product.variants.iter().filter_map(|id| self.catalog.variants.get(id));
        let variants: Vec<Value> = variants
            .map(|variant| {
                json!({
                    "id": variant.id,
                    "admin_graphql_api_id": gid("ProductVariant", variant.id),
                    "product_id": product.id,
                    "title": variant.title(),
                    "sku": variant.sku,
                    "barcode": variant.barcode,
                    "price": money::plain(variant.price, shop),
                    "compare_at_price": variant.compare_at.map(|price| money::plain(price, shop)),
                    "inventory_item_id": variant.item,
                    "inventory_quantity": self.catalog.available(variant.id),
                    "inventory_policy": if variant.oversells { "continue" } else { "deny" },
                    "position": variant.position + 1,
                    "updated_at": stamp(variant.updated),
                })
            })
            .collect();
        json!({
            "id": product.id,
            "admin_graphql_api_id": gid("Product", product.id),
            "title": product.title,
            "handle": product.handle,
            "vendor": product.vendor,
            "product_type": product.kind,
            "status": product.status.to_lowercase(),
            "body_html": product.html,
            "tags": product.tags.join(", "),
            "created_at": stamp(product.created),
            "updated_at": stamp(product.updated),
            "published_at": product.published.contains(&self.online_store()).then(|| stamp(product.created)),
            "variants": variants,
        })
    }

    /// Puts a changed product before the search, and tells of it.
    pub(super) fn product_changed(&mut self, id: u64, topic: &str) {
        let now = self.now();
        let Some(product) = self.catalog.products.get_mut(&id) else { return };
        product.updated = now;
        let product = product.clone();
        self.index_product(&product);
        let body = self.product_payload(&product);
        self.announce(topic, &body);
    }

    /// Puts a product before the search.
    pub(super) fn index_product(&mut self, product: &Product) {
        let variants = product.variants.iter().filter_map(|id| self.catalog.variants.get(id));
        let doc = super::search::product(product, &variants.collect::<Vec<_>>());
        self.index.note(&gid("Product", product.id), doc, product.updated);
    }

    /// Tells of changed stock. The product itself is not touched by it.
    pub(super) fn stock_changed(&mut self, changed: &[Taken]) {
        for taken in changed {
            let Some(variant) = self.catalog.variants.get(&taken.variant) else { continue };
            let Some(level) = self.catalog.levels.get(&(taken.variant, taken.location)) else {
                continue;
            };
            let own = format!(
                "gid://shopify/InventoryLevel/{}?inventory_item_id={}",
                taken.location, variant.item
            );
            let body = json!({
                "admin_graphql_api_id": own,
                "inventory_item_id": variant.item,
                "location_id": taken.location,
                "available": level.available,
                "updated_at": stamp(level.updated),
            });
            self.announce("inventory_levels/update", &body);
        }
    }
}

/// What holds for all of the shop, as its owner has set it.
impl Shop {
    /// `shop/update`.
    pub(super) fn tell_of_shop(&mut self) {
        let body = json!({
            "id": SHOP,
            "name": self.settings.name,
            "domain": self.domain,
            "myshopify_domain": self.domain,
            "currency": self.settings.currency,
            "enabled_presentment_currencies": self.settings.currencies,
            "taxes_included": self.settings.taxes_included,
            "updated_at": stamp(self.now()),
        });
        self.announce("shop/update", &body);
    }

    /// `markets/update`.
    pub(super) fn tell_of_market(&mut self, id: u64) {
        let Some(market) = self.markets.iter().find(|market| market.id == id) else { return };
        let body = json!({ "id": id, "name": market.name, "enabled": true });
        self.announce("markets/update", &body);
    }

    /// Changes a place, and tells of it.
    pub(super) fn change_place(
        &mut self,
        name: &str,
        topic: &str,
        change: impl FnOnce(&mut Location),
    ) {
        let found = self.locations.iter_mut().find(|place| place.name == name);
        let Some(place) = found else { return };
        change(place);
        let body = json!({
            "id": place.id,
            "admin_graphql_api_id": gid("Location", place.id),
            "name": place.name,
            "active": place.active,
            "updated_at": stamp(self.now()),
        });
        self.announce(topic, &body);
    }
}

/// `refunds/create`.
pub(super) fn refund_payload(order: &Order, refund: &Refund) -> Value {
    let currencies = order.priced.currencies;
    let money = order.transactions.iter().filter(|t| refund.transactions.contains(&t.id));
    json!({
        "id": refund.id,
        "admin_graphql_api_id": gid("Refund", refund.id),
        "order_id": order.id,
        "created_at": stamp(refund.created),
        "processed_at": stamp(refund.created),
        "note": refund.note,
        "restock": refund.lines.iter().any(|line| line.restock != "NO_RESTOCK"),
        "user_id": null,
        "return": null,
        "order_adjustments": [],
        "transactions": money.map(|t| transaction_payload(order, t)).collect::<Vec<_>>(),
        "refund_line_items": refund.lines.iter().map(|line| json!({
            "id": line.id,
            "line_item_id": line.line,
            "quantity": line.quantity,
            "restock_type": line.restock.to_lowercase(),
            "location_id": line.location,
            "subtotal": money::plain(line.subtotal.shop, currencies.0),
            "subtotal_set": set(line.subtotal, currencies),
            "total_tax": money::plain(line.tax.shop, currencies.0),
            "total_tax_set": set(line.tax, currencies),
        })).collect::<Vec<_>>(),
    })
}

/// `order_transactions/create`.
pub(super) fn transaction_payload(order: &Order, payment: &Transaction) -> Value {
    let currencies = order.priced.currencies;
    json!({
        "id": payment.id,
        "admin_graphql_api_id": gid("OrderTransaction", payment.id),
        "order_id": order.id,
        "kind": payment.kind.to_lowercase(),
        "status": payment.status.to_lowercase(),
        "gateway": payment.gateway,
        "amount": money::plain(payment.amount.buyer, currencies.1),
        "currency": currencies.1,
        "parent_id": payment.parent,
        "created_at": stamp(payment.processed),
        "processed_at": stamp(payment.processed),
        "manual_payment_gateway": true,
        "test": false,
    })
}

/// `[{key, value}]` as `[{name, value}]`.
fn attributes(list: &Value) -> Value {
    let rows = list.as_array().into_iter().flatten();
    rows.map(|row| json!({ "name": row["key"], "value": row["value"] })).collect()
}

fn address(view: Option<&Value>) -> Value {
    let Some(view) = view else { return Value::Null };
    json!({
        "first_name": view["firstName"], "last_name": view["lastName"], "name": view["name"],
        "company": view["company"], "address1": view["address1"], "address2": view["address2"],
        "city": view["city"], "province": view["province"], "province_code": view["provinceCode"],
        "country": view["country"], "country_code": view["countryCodeV2"], "zip": view["zip"],
        "phone": view["phone"],
    })
}
