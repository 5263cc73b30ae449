//! `orders/{id}/refunds`: amounts are checked against what is left, hardly anything else.

use serde_json::{Value, json};

use super::cart::integer;
use super::cart_view::GATEWAYS;
use super::decimal::{self, Micros};
use super::order::Order;
use super::order_create::refused;
use super::rest::{not_found, page};
use super::shop::Shop;
use super::wire::{Answer, Call};

impl Shop {
    /// Lists the refunds of an order, newest first, or makes one.
    pub(super) fn order_refunds(&mut self, call: &Call, id: &str) -> Result<Answer, Answer> {
        let id: u64 = id.parse().unwrap_or(0);
        let Some(order) = self.orders.get(&id) else {
            return Err(not_found("woocommerce_rest_order_invalid_id"));
        };
        if call.method == "GET" {
            return Ok(page(call, order.refunds.iter().rev().cloned().collect()));
        }
        let body = call.json()?;
        let amount = amount_of(&body);
        if amount < 0 {
            let text = "Refund amount must be greater than zero.";
            let code = "woocommerce_rest_invalid_order_refund";
            return Err(Answer::error(500, code, text, json!(400)));
        }
        let left = order.total() - order.refunded();
        if amount > left {
            return Err(refused("Invalid refund amount."));
        }
        if body.get("api_refund").is_none_or(super::orders::truthy) {
            return Err(refused(if GATEWAYS.contains(&order.method.as_str()) {
                "The payment gateway for this order does not support automatic refunds."
            } else {
                "The payment gateway for this order does not exist."
            }));
        }
        let made = self.change_order(id, |shop, order| {
            let refund = shop.refund(order, amount, &body);
            if body.get("api_restock").is_none_or(super::orders::truthy) {
                shop.restock(order, &body);
            }
            order.refunds.push(refund.clone());
            if order.refunded() >= order.total() {
                shop.set_status(order, "refunded");
            }
            refund
        });
        let made = made.unwrap_or(Value::Null);
        // The real header shows the route's pattern, too.
        let own = format!("wc/v3/orders/(?P<order_id>[\\d]+)/refunds/{}", made["id"]);
        Ok(Answer::json(201, made).with("location", self.rest(&own)))
    }

    /// One refund: read it or take it away.
    pub(super) fn one_refund(
        &mut self,
        call: &Call,
        id: &str,
        refund: &str,
    ) -> Result<Answer, Answer> {
        let id: u64 = id.parse().unwrap_or(0);
        let Some(order) = self.orders.get(&id) else {
            return Err(not_found("woocommerce_rest_order_invalid_id"));
        };
        let refund: u64 = refund.parse().unwrap_or(0);
        let found = order.refunds.iter().position(|known| known["id"] == refund);
        let at = found.ok_or_else(|| not_found("woocommerce_rest_order_refund_invalid_id"))?;
        let json = order.refunds[at].clone();
        if call.method == "DELETE" {
            self.change_order(id, |_, order| order.refunds.remove(at));
        }
        Ok(Answer::json(200, json))
    }

    /// `status: refunded` gives back what is left by itself.
    pub(super) fn refund_rest(&mut self, order: &mut Order) {
        let left = order.total() - order.refunded();
        if left > 0 {
            let body = json!({ "reason": "Order fully refunded." });
            let refund = self.refund(order, left, &body);
            order.refunds.push(refund);
        }
    }

    fn refund(&mut self, order: &Order, amount: Micros, body: &Value) -> Value {
        let id = self.next_post();
        let lines = body["line_items"].as_array().map_or(&[][..], Vec::as_slice);
        let shown: Vec<_> =
            lines.iter().filter_map(|given| self.refund_line(order, given)).collect();
        let shipping: Vec<_> =
            lines.iter().filter_map(|given| self.refund_shipping(order, given)).collect();
        let all = amount + order.refunded() >= order.total();
        let up = self.rest(&format!("wc/v3/orders/{}", order.id));
        let kind = if all { "full" } else { "partial" };
        let mut json = json!({
            "id": id,
            "amount": self.fixed(amount),
            "reason": body["reason"].as_str().unwrap_or_default(),
            "refunded_by": 1,
            "refunded_payment": false,
            "meta_data": [{ "id": self.next_meta(), "key": "_refund_type", "value": kind }],
            "line_items": shown,
            "shipping_lines": shipping,
            "tax_lines": self.refund_taxes(order, lines),
            "fee_lines": [],
            "_links": {
                "self": [{
                    "href": format!("{up}/refunds/{id}"),
                    "targetHints": { "allow": ["GET", "DELETE"] },
                }],
                "collection": [{ "href": format!("{up}/refunds") }],
                "up": [{ "href": up }],
            },
        });
        let now = self.now();
        self.put_date(&mut json, "date_created", Some(now));
        json
    }

    fn refund_line(&mut self, order: &Order, given: &Value) -> Option<Value> {
        let line = order.lines.iter().find(|line| Some(line.id) == given["id"].as_u64())?;
        let quantity = given.get("quantity").map_or(0, integer);
        let (total, tax) = (total_of(given), tax_of(given));
        let product = self.catalog.get(line.stock_id());
        let taxes = self.refund_tax_rows(given, &self.fixed(-tax));
        let price = if quantity == 0 { total } else { total / i128::from(quantity) };
        let image = product.and_then(|product| product.images.first());
        let image = image.map_or(
            json!({ "id": "", "src": "" }),
            |id| json!({ "id": id.to_string(), "src": self.image_url(*id) }),
        );
        let mut json = json!({
            "name": line.name,
            "product_id": line.product,
            "variation_id": line.variation,
            "quantity": -quantity,
            "tax_class": line.tax_class,
            "subtotal": self.fixed(-total),
            "subtotal_tax": self.fixed(-tax),
            "total": self.fixed(-total),
            "total_tax": self.fixed(-tax),
            "taxes": taxes,
            "sku": product.map(|product| product.sku.as_str()),
            "global_unique_id": product.map(|product| product.gtin),
            "price": decimal::number(price),
            "image": image,
            "parent_name": null,
        });
        json["id"] = json!(self.next_item());
        json["meta_data"] = self.refunded_item(line.id);
        Some(json)
    }

    fn refund_shipping(&mut self, order: &Order, given: &Value) -> Option<Value> {
        let id = given["id"].as_u64();
        let line = order.shipping_lines.iter().find(|line| Some(line.id) == id)?;
        let (total, tax) = (total_of(given), tax_of(given));
        let mut json = json!({
            "method_title": line.title,
            "method_id": line.method,
            "instance_id": "",
            "total": self.fixed(-total),
            "total_tax": self.fixed(-tax),
            "taxes": self.refund_tax_rows(given, &json!("")),
            "tax_status": "taxable",
        });
        json["id"] = json!(self.next_item());
        json["meta_data"] = self.refunded_item(line.id);
        Some(json)
    }

    fn refund_tax_rows(&self, given: &Value, subtotal: &Value) -> Value {
        let rows = given["refund_tax"].as_array().map_or(&[][..], Vec::as_slice);
        let row = |row: &Value| json!({ "id": row["id"], "total": self.fixed(-total_of(row)), "subtotal": subtotal });
        rows.iter().map(row).collect()
    }

    fn refunded_item(&mut self, item: u64) -> Value {
        let item = item.to_string();
        json!([{
            "id": self.next_meta(),
            "key": "_refunded_item_id",
            "value": item,
            "display_key": "_refunded_item_id",
            "display_value": item,
        }])
    }

    /// One tax line per rate given back, goods and shipping apart.
    fn refund_taxes(&mut self, order: &Order, lines: &[Value]) -> Value {
        let mut shown = Vec::new();
        for (_, rate) in &order.tax_items {
            let back = |shipping: bool| -> Micros {
                let of_kind = |given: &&Value| {
                    let id = given["id"].as_u64();
                    order.shipping_lines.iter().any(|line| Some(line.id) == id) == shipping
                };
                let rows = lines.iter().filter(of_kind).filter_map(|g| g["refund_tax"].as_array());
                rows.flatten().filter(|row| row["id"] == rate.id).map(total_of).sum()
            };
            let (goods, shipping) = (back(false), back(true));
            if goods + shipping != 0 {
                let id = self.next_item();
                shown.push(self.tax_line_json(id, rate, -goods, -shipping));
            }
        }
        json!(shown)
    }

    /// Refunded units go back on the shelf, as many as the request says.
    fn restock(&mut self, order: &Order, body: &Value) {
        for given in body["line_items"].as_array().into_iter().flatten() {
            let id = given["id"].as_u64();
            let line = order.lines.iter().find(|line| Some(line.id) == id);
            if let Some(line) = line.filter(|_| order.stock_taken) {
                self.move_stock(line.stock_id(), given.get("quantity").map_or(0, integer));
            }
        }
    }
}

/// The amount asked for, or the sum of the lines.
fn amount_of(body: &Value) -> Micros {
    decimal::from_json(&body["amount"]).unwrap_or_else(|| {
        let lines = body["line_items"].as_array().map_or(&[][..], Vec::as_slice);
        lines.iter().map(|line| total_of(line) + tax_of(line)).sum()
    })
}

fn total_of(given: &Value) -> Micros {
    decimal::from_json(&given["refund_total"]).unwrap_or(0)
}

fn tax_of(given: &Value) -> Micros {
    given["refund_tax"].as_array().into_iter().flatten().map(total_of).sum()
}
