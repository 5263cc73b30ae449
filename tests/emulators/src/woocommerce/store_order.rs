//! `wc/store/v1/order/{id}`: one order read back without keys.

use serde_json::{Value, json};

use super::decimal;
use super::order::{CouponLine, Order, OrderLine};
use super::shop::Shop;
use super::totals::Taxed;
use super::wire::{Answer, Call};

impl Shop {
    /// Needs the order's key and its e-mail.
    pub(super) fn store_order(&self, call: &Call, id: &str) -> Answer {
        let key = call.param("key").unwrap_or_default();
        let email = call.param("billing_email").unwrap_or_default();
        match self.guarded_order(id, key, email) {
            Ok(order) => Answer::json(200, self.store_order_json(order)),
            Err(problem) => problem,
        }
    }

    fn store_order_json(&self, order: &Order) -> Value {
        let items: Vec<_> = order.lines.iter().map(|line| self.bought(order, line)).collect();
        let coupons: Vec<_> = order.coupons.iter().map(|line| self.used(line)).collect();
        let shipped =
            |line: &OrderLine| self.catalog.get(line.stock_id()).is_some_and(|p| !p.is_virtual());
        json!({
            "id": order.id,
            "status": order.status,
            "items": items,
            "coupons": coupons,
            "fees": [],
            "totals": self.order_totals(order),
            "shipping_address": order.shipping.shipping(),
            "billing_address": order.billing.billing(),
            "needs_payment": order.needs_payment(),
            "needs_shipping": order.lines.iter().any(shipped),
            "payment_requirements": ["products"],
            "errors": [],
        })
    }

    fn bought(&self, order: &Order, line: &OrderLine) -> Value {
        let product = self.catalog.get(line.stock_id());
        let mut item = product.map_or_else(|| json!({}), |product| self.item_head(product));
        if let Value::Object(item) = &mut item {
            item.remove("type");
        }
        item["key"] = json!(order.key);
        item["id"] = json!(line.id);
        item["quantity"] = json!(line.quantity);
        item["quantity_limits"] = json!({
            "minimum": line.quantity, "maximum": line.quantity, "multiple_of": 1, "editable": false,
        });
        item["variation"] = json!([]);
        item["prices"] = product.map_or(Value::Null, |p| self.item_prices(p, line.rate));
        item["totals"] = self.with_currency(json!({
            "line_subtotal": self.minor(line.subtotal.net),
            "line_subtotal_tax": self.minor(line.subtotal.tax),
            "line_total": self.minor(line.total.net),
            "line_total_tax": self.minor(line.total.tax),
        }));
        item
    }

    fn used(&self, line: &CouponLine) -> Value {
        let kind = self.coupons.iter().find(|c| c.code == line.code).map(super::Coupon::kind);
        let totals = self.with_currency(json!({
            "total_discount": self.minor(line.off.net),
            "total_discount_tax": self.minor(line.off.tax),
        }));
        json!({ "code": line.code, "discount_type": kind, "totals": totals })
    }

    fn order_totals(&self, order: &Order) -> Value {
        let sum = |amount: fn(&OrderLine) -> i128| order.lines.iter().map(amount).sum::<i128>();
        let (shipping, cart_tax) = (order.shipping_cost(), order.cart_tax());
        let discount = order.coupons.iter().fold(Taxed::default(), |all, line| Taxed {
            net: all.net + line.off.net,
            tax: all.tax + line.off.tax,
        });
        let tax_line = |(_, rate): &(u64, &'static super::tax::Rate)| {
            let of = |line: &&OrderLine| line.rate.is_some_and(|used| used.id == rate.id);
            let tax = order.lines.iter().filter(of).map(|line| line.total.tax).sum();
            let percent = decimal::plain(rate.percent);
            json!({ "name": rate.name, "price": self.minor(tax), "rate": percent })
        };
        let tax_lines: Vec<_> = order.tax_items.iter().map(tax_line).collect();
        self.with_currency(json!({
            "subtotal": self.minor(sum(|line| line.subtotal.net)),
            "total_discount": self.minor(discount.net),
            "total_shipping": self.minor(shipping.net),
            "total_fees": "0",
            "total_tax": self.minor(cart_tax + shipping.tax),
            "total_refund": self.minor(order.refunded()),
            "total_price": self.minor(order.total()),
            "total_items": self.minor(sum(|line| line.total.net)),
            "total_items_tax": self.minor(sum(|line| line.total.tax)),
            "total_fees_tax": "0",
            "total_discount_tax": self.minor(discount.tax),
            "total_shipping_tax": self.minor(shipping.tax),
            "tax_lines": tax_lines,
        }))
    }
}
