//! An order as `wc/v3` and the webhooks show it.

use serde_json::{Value, json};

use super::decimal;
use super::order::{CouponLine, FeeLine, Meta, Order, OrderLine, ShippingLine};
use super::shop::Shop;
use super::tax::Rate;
use super::totals::Taxed;

impl Shop {
    /// The whole order.
    pub(super) fn order_json(&self, order: &Order) -> Value {
        let mut json = self.order_head(order);
        let lines: Vec<_> = order.lines.iter().map(|line| self.line_json(line)).collect();
        json["line_items"] = json!(lines);
        json["tax_lines"] = self.tax_lines_json(order);
        json["shipping_lines"] =
            order.shipping_lines.iter().map(|line| self.shipping_json(line)).collect();
        json["fee_lines"] = order.fees.iter().map(|fee| self.fee_json(fee)).collect();
        json["coupon_lines"] = order.coupons.iter().map(|line| self.coupon_json(line)).collect();
        json["refunds"] = order.refunds.iter().rev().map(refund_summary).collect();
        self.put_date(&mut json, "date_created", Some(order.created));
        self.put_date(&mut json, "date_modified", Some(order.modified));
        self.put_date(&mut json, "date_completed", order.completed);
        self.put_date(&mut json, "date_paid", order.paid);
        let own = self.rest(&format!("wc/v3/orders/{}", order.id));
        json["_links"] = json!({
            "self": [{ "href": own, "targetHints": { "allow": ALL } }],
            "collection": [{ "href": self.rest("wc/v3/orders") }],
            "email_templates": [{
                "embeddable": true, "href": format!("{own}/actions/email_templates"),
            }],
        });
        json
    }

    fn order_head(&self, order: &Order) -> Value {
        let shipping = order.shipping_cost();
        let (discount, cart_tax) = (order.discount(), order.cart_tax());
        let rate = Rate::find(order.tax_place(), "");
        let secure = self.base.replacen("http://", "https://", 1);
        let pay = format!(
            "{secure}/checkout/order-pay/{}/?pay_for_order=true&key={}",
            order.id, order.key
        );
        let status = if order.trashed { "trash" } else { order.status };
        let mut head = json!({
            "id": order.id,
            "parent_id": 0,
            "status": status,
            "currency": order.currency,
            "version": "10.7.0",
            "prices_include_tax": self.prices_include_tax,
            "discount_total": self.fixed(discount),
            "discount_tax": self.fixed(self.tax_on(discount, rate)),
            "shipping_total": self.fixed(shipping.net),
            "shipping_tax": self.fixed(shipping.tax),
            "cart_tax": self.fixed(cart_tax),
            "total": self.fixed(order.total()),
            "total_tax": self.fixed(cart_tax + shipping.tax),
            "customer_id": order.customer,
            "order_key": order.key,
            "billing": order.billing.billing(),
            "shipping": order.shipping.shipping(),
            "payment_method": order.method,
            "payment_method_title": order.method_title,
            "transaction_id": order.transaction,
            "customer_ip_address": if order.from_store { "127.0.0.1" } else { "" },
            "customer_user_agent": "",
            "created_via": if order.from_store { "store-api" } else { "rest-api" },
        });
        head["customer_note"] = json!(order.note);
        head["cart_hash"] = json!(order.cart_hash);
        head["number"] = json!(order.id.to_string());
        head["meta_data"] = order.meta.iter().map(meta_json).collect();
        head["payment_url"] = json!(pay);
        head["is_editable"] = json!(matches!(order.status, "pending" | "on-hold" | "auto-draft"));
        head["needs_payment"] = json!(order.needs_payment());
        head["needs_processing"] = json!(self.needs_processing(order));
        head["currency_symbol"] = json!(self.symbol());
        head
    }

    fn line_json(&self, line: &OrderLine) -> Value {
        let product = self.catalog.get(line.stock_id());
        let parent = product.filter(|p| p.parent != 0).and_then(|p| self.catalog.get(p.parent));
        let price = if line.quantity == 0 { 0 } else { line.total.net / i128::from(line.quantity) };
        json!({
            "id": line.id,
            "name": line.name,
            "product_id": line.product,
            "variation_id": line.variation,
            "quantity": line.quantity,
            "tax_class": line.tax_class,
            "subtotal": self.fixed(line.subtotal.net),
            "subtotal_tax": self.fixed(line.subtotal.tax),
            "total": self.fixed(line.total.net),
            "total_tax": self.fixed(line.total.tax),
            "taxes": self.taxes_json(line.rate, line.total, &self.fixed(line.subtotal.tax)),
            "meta_data": line.meta.iter().map(line_meta_json).collect::<Vec<_>>(),
            "sku": product.map(|product| product.sku.as_str()),
            "global_unique_id": product.map(|product| product.gtin),
            "price": decimal::number(price),
            "image": self.line_image(line),
            "parent_name": parent.map(|parent| parent.name.as_str()),
        })
    }

    /// The picture of a line. Its id is a number for a variation, text for a product, empty text
    /// without a picture and 0 for a product nobody knows.
    fn line_image(&self, line: &OrderLine) -> Value {
        let Some(product) = self.catalog.get(line.stock_id()) else {
            return json!({ "id": 0, "src": "" });
        };
        match product.images.first() {
            None => json!({ "id": "", "src": "" }),
            Some(id) if product.parent != 0 => json!({ "id": id, "src": self.image_url(*id) }),
            Some(id) => json!({ "id": id.to_string(), "src": self.image_url(*id) }),
        }
    }

    fn taxes_json(&self, rate: Option<&Rate>, total: Taxed, subtotal: &Value) -> Value {
        rate.map_or(
            json!([]),
            |rate| json!([{ "id": rate.id, "total": self.fixed(total.tax), "subtotal": subtotal }]),
        )
    }

    fn shipping_json(&self, line: &ShippingLine) -> Value {
        json!({
            "id": line.id,
            "method_title": line.title,
            "method_id": line.method,
            "instance_id": line.instance,
            "total": self.fixed(line.total.net),
            "total_tax": self.fixed(line.total.tax),
            "taxes": self.taxes_json(line.rate, line.total, &json!("")),
            "tax_status": "taxable",
            "meta_data": line.meta.iter().map(line_meta_json).collect::<Vec<_>>(),
        })
    }

    fn fee_json(&self, fee: &FeeLine) -> Value {
        json!({
            "id": fee.id,
            "name": fee.name,
            "tax_class": "",
            "tax_status": "taxable",
            "amount": "",
            "total": self.fixed(fee.total.net),
            "total_tax": self.fixed(fee.total.tax),
            "taxes": self.taxes_json(fee.rate, fee.total, &json!("")),
            "meta_data": [],
        })
    }

    fn coupon_json(&self, line: &CouponLine) -> Value {
        let coupon = self.coupons.iter().find(|coupon| coupon.code == line.code);
        let kind = coupon.map_or("percent", super::Coupon::kind);
        let amount = coupon.map_or(0, |coupon| coupon.amount);
        let id = coupon.map_or(0, |coupon| coupon.id);
        let info = format!("[{id},\"{}\",\"{kind}\",{}]", line.code, decimal::plain(amount));
        json!({
            "id": line.id,
            "code": line.code,
            "discount": decimal::plain(line.off.net),
            "discount_tax": decimal::plain(line.off.tax),
            "meta_data": [{
                "id": line.meta,
                "key": "coupon_info",
                "value": info,
                "display_key": "coupon_info",
                "display_value": info,
            }],
            "discount_type": kind,
            "nominal_amount": decimal::number(amount),
            "free_shipping": coupon.is_some_and(|coupon| coupon.free_shipping),
        })
    }

    /// One line per rate in use, even when it comes to nothing.
    fn tax_lines_json(&self, order: &Order) -> Value {
        let line = |(id, rate): &(u64, &'static Rate)| {
            let of = |used: Option<&'static Rate>| used.is_some_and(|used| used.id == rate.id);
            let lines = order.lines.iter().filter(|line| of(line.rate)).map(|line| line.total.tax);
            let fees = order.fees.iter().filter(|fee| of(fee.rate)).map(|fee| fee.total.tax);
            let shipping = order.shipping_lines.iter().filter(|line| of(line.rate));
            let (id, goods) = (*id, lines.chain(fees).sum());
            self.tax_line_json(id, rate, goods, shipping.map(|line| line.total.tax).sum())
        };
        order.tax_items.iter().map(line).collect()
    }

    /// One tax line of an order or a refund.
    pub(super) fn tax_line_json(
        &self,
        id: u64,
        rate: &Rate,
        goods: decimal::Micros,
        shipping: decimal::Micros,
    ) -> Value {
        json!({
            "id": id,
            "rate_code": rate.code(),
            "rate_id": rate.id,
            "label": rate.name,
            "compound": false,
            "tax_total": self.fixed(goods),
            "shipping_tax_total": self.fixed(shipping),
            "rate_percent": decimal::number(rate.percent),
            "meta_data": [],
        })
    }
}

/// The methods `targetHints` names.
pub(super) const ALL: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn meta_json(meta: &Meta) -> Value {
    json!({ "id": meta.id, "key": meta.key, "value": meta.value })
}

fn line_meta_json(meta: &Meta) -> Value {
    let mut json = meta_json(meta);
    json["display_key"] = meta.display.map_or(json!(meta.key), |(key, _)| json!(key));
    json["display_value"] = meta.display.map_or(meta.value.clone(), |(_, value)| json!(value));
    json
}

fn refund_summary(refund: &Value) -> Value {
    let total = format!("-{}", refund["amount"].as_str().unwrap_or_default());
    json!({ "id": refund["id"], "reason": refund["reason"], "total": total })
}
