//! Orders made from carts: `checkout-draft` and what a cart writes into it.

use serde_json::json;

use super::cart::{Cart, Line, digest};
use super::decimal;
use super::order::{CouponLine, FeeLine, Meta, Order, OrderLine, ShippingLine};
use super::shop::Shop;
use super::totals::{LineTotals, OfferedRate, Totals};

impl Shop {
    /// The cart's draft, refreshed, or a new one when there is none that is still a draft.
    pub(super) fn draft_of(&mut self, cart: &mut Cart) -> u64 {
        if let Some(id) = self.live_draft(cart) {
            self.refresh_draft(cart);
            return id;
        }
        let mut order = Order::new(self, "checkout-draft", true);
        "cod".clone_into(&mut order.method);
        "Cash on delivery".clone_into(&mut order.method_title);
        self.write_cart(&mut order, cart);
        let id = order.id;
        self.orders.insert(id, order);
        cart.draft = Some(id);
        id
    }

    /// Makes the draft follow its cart. An order that is no draft any more is left alone.
    pub(super) fn refresh_draft(&mut self, cart: &mut Cart) {
        if let Some(id) = self.live_draft(cart).filter(|_| !cart.lines.is_empty()) {
            self.change_order(id, |shop, order| shop.write_cart(order, cart));
        }
    }

    fn live_draft(&self, cart: &Cart) -> Option<u64> {
        let draft = |id: &u64| {
            let order = self.orders.get(id);
            order.is_some_and(|order| order.status == "checkout-draft" && !order.trashed)
        };
        cart.draft.filter(draft)
    }

    /// Replaces an order's items and addresses by the cart's.
    fn write_cart(&mut self, order: &mut Order, cart: &mut Cart) {
        let totals = self.totals(cart);
        order.billing = cart.billing.clone();
        order.shipping = if totals.needs_shipping { &cart.shipping } else { &cart.billing }.clone();
        order.currency.clone_from(&self.currency);
        order.cart_hash = cart.hash();
        order.tax_items =
            totals.by_rate().iter().map(|(rate, ..)| (self.next_item(), *rate)).collect();
        order.lines = cart
            .lines
            .iter()
            .zip(&totals.lines)
            .map(|(line, amounts)| self.order_line(line, amounts))
            .collect();
        order.shipping_lines = self.shipping_lines(cart, &totals);
        let fee = |(name, total): &(String, _)| FeeLine {
            id: self.next_item(),
            name: name.clone(),
            total: *total,
            rate: totals.fee_rate,
        };
        order.fees = totals.fees.iter().map(fee).collect();
        let coupon = |(code, off): &(String, _)| CouponLine {
            id: self.next_item(),
            meta: self.next_meta(),
            code: code.clone(),
            off: *off,
        };
        order.coupons = totals.coupons.iter().map(coupon).collect();
        self.write_hashes(order, cart, &totals);
    }

    fn order_line(&mut self, line: &Line, amounts: &LineTotals) -> OrderLine {
        let id = self.next_item();
        let mut meta = Vec::new();
        for (attribute, term) in &line.values {
            let value = if attribute.id == 0 { term.name } else { term.slug };
            meta.push(Meta {
                id: self.next_meta(),
                key: attribute.key(),
                value: json!(value),
                display: Some((attribute.name, term.name)),
            });
        }
        let product = self.catalog.get(line.product);
        let parent = product.map_or(0, |product| product.parent);
        OrderLine {
            id,
            name: product.map(|product| self.full_name(product)).unwrap_or_default(),
            product: if parent == 0 { line.product } else { parent },
            variation: if parent == 0 { 0 } else { line.product },
            quantity: line.quantity,
            subtotal: amounts.subtotal,
            total: amounts.total,
            rate: amounts.rate,
            tax_class: product.map_or("", |product| product.tax_class),
            meta,
        }
    }

    fn shipping_lines(&mut self, cart: &Cart, totals: &Totals) -> Vec<ShippingLine> {
        let name = |line: &Line| {
            let product = self.catalog.get(line.product)?;
            Some(format!("{} &times; {}", self.full_name(product), line.quantity))
        };
        let chosen: Vec<_> = totals
            .selected()
            .map(|(package, rate)| {
                let items = package.lines.iter().filter_map(|at| name(&cart.lines[*at]));
                (items.collect::<Vec<_>>().join(", "), rate)
            })
            .collect();
        let line = |(items, chosen): (String, &OfferedRate)| {
            let meta = Meta {
                id: self.next_meta(),
                key: "Items".to_owned(),
                value: json!(items),
                display: None,
            };
            ShippingLine {
                id: self.next_item(),
                title: chosen.method.title.to_owned(),
                method: chosen.method.kind.to_owned(),
                instance: chosen.method.instance.to_string(),
                total: chosen.price,
                rate: totals.shipping_rate,
                meta: vec![meta],
            }
        };
        chosen.into_iter().map(line).collect()
    }

    /// The hashes by which WooCommerce notices that a cart changed.
    fn write_hashes(&mut self, order: &mut Order, cart: &Cart, totals: &Totals) {
        let taxes = decimal::plain(totals.tax());
        let hashes = [
            ("_coupons_hash", digest(&cart.coupons.join(","))),
            ("_fees_hash", digest("")),
            ("_shipping_hash", digest(&cart.rates.values().cloned().collect::<Vec<_>>().join(","))),
            ("_taxes_hash", digest(&taxes)),
            ("is_vat_exempt", "no".to_owned()),
        ];
        for (key, value) in hashes {
            self.set_meta(&mut order.meta, key, json!(value));
        }
    }

    /// Sets a meta key, in place when it is there already.
    pub(super) fn set_meta(&mut self, rows: &mut Vec<Meta>, key: &str, value: serde_json::Value) {
        if let Some(row) = rows.iter_mut().find(|row| row.key == key) {
            row.value = value;
        } else {
            let id = self.next_meta();
            rows.push(Meta { id, key: key.to_owned(), value, display: None });
        }
    }
}
