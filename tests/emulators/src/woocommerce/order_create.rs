//! `POST wc/v3/orders`: everything in one call, hardly anything checked.

use serde_json::{Value, json};

use super::cart::integer;
use super::coupons::{Basket, discounts};
use super::decimal::{self, Micros};
use super::order::{CouponLine, FeeLine, Meta, Order, OrderLine, ShippingLine};
use super::orders::{check, status_of, truthy};
use super::shop::Shop;
use super::tax::Rate;
use super::totals::Taxed;
use super::wire::{Answer, fatal, problem};

impl Shop {
    /// Makes an order. Unknown products are taken, stock is not looked at.
    pub(super) fn create_order(&mut self, body: &Value) -> Result<Answer, Answer> {
        check(self, body)?;
        let given = items(body, "line_items");
        if given.iter().any(|line| line.get("quantity").is_some_and(|n| integer(n) == 0)) {
            let text = "Uncaught TypeError: WC_REST_Orders_Controller::remove_item(): Argument #3 \
                        ($item_id) must be of type int, null given";
            let file = "includes/rest-api/Controllers/Version3/class-wc-rest-orders-controller.php";
            return Err(fatal(text, file, 219));
        }
        let mut order = Order::new(self, "pending", false);
        self.take_fields(&mut order, body);
        self.add_items(&mut order, body);
        if let Err(why) = self.use_coupons(&mut order, body) {
            order.status = "checkout-draft";
            let data = json!({ "status": 400, "new_draft_order_id": order.id });
            self.orders.insert(order.id, order);
            return Err(Answer::error(400, "woocommerce_rest_invalid_coupon", &why, data));
        }
        let status = status_of(body).unwrap_or("pending");
        if status != "checkout-draft" {
            self.announce("order.created", order.id);
        }
        if truthy(&body["set_paid"]) {
            self.payment_complete(&mut order);
        } else {
            self.set_status(&mut order, status);
        }
        // The log of a new order tells of the payment and the stock, not of its first status.
        order.notes.retain(|note| !note.text.starts_with("Order status changed"));
        let answer = Answer::json(201, self.order_json(&order))
            .with("location", self.rest(&format!("wc/v3/orders/{}", order.id)));
        self.orders.insert(order.id, order);
        Ok(answer)
    }

    /// A PUT's items: those with the id of a line change it (quantity 0 removes it), those
    /// without are added.
    pub(super) fn change_items(&mut self, order: &mut Order, body: &Value) -> Result<(), String> {
        for given in items(body, "line_items") {
            let id = given["id"].as_u64();
            let Some(at) = order.lines.iter().position(|line| Some(line.id) == id) else {
                continue;
            };
            let line = &mut order.lines[at];
            line.quantity = given.get("quantity").map_or(line.quantity, integer);
            if let Some(net) = decimal::from_json(&given["total"]) {
                line.total = Taxed { net, tax: self.tax_on(net, line.rate) };
            }
            if line.quantity == 0 {
                order.lines.remove(at);
            }
        }
        // A known entry whose naming member is null goes.
        let gone = |name: &str, mark: &str| -> Vec<u64> {
            let marked = items(body, name)
                .iter()
                .filter(|given| given.get(mark).is_some_and(Value::is_null));
            marked.filter_map(|given| given["id"].as_u64()).collect()
        };
        let (shipping, fees) = (gone("shipping_lines", "method_id"), gone("fee_lines", "name"));
        order.shipping_lines.retain(|line| !shipping.contains(&line.id));
        order.fees.retain(|fee| !fees.contains(&fee.id));
        let kinds = ["line_items", "shipping_lines", "fee_lines"];
        if kinds.iter().any(|kind| items(body, kind).iter().any(|given| given["id"].is_null())) {
            self.add_items(order, body);
        }
        if body["coupon_lines"].is_array() {
            // All coupons come off before those of the request are tried.
            order.coupons.clear();
            for line in &mut order.lines {
                line.total = Taxed { net: line.subtotal.net, tax: line.subtotal.tax };
            }
            self.use_coupons(order, body)?;
        }
        Ok(())
    }

    /// Adds a request's new lines, shipping and fees, taxed where the order goes.
    fn add_items(&mut self, order: &mut Order, body: &Value) {
        let new = |name| items(body, name).iter().filter(|given| given["id"].is_null());
        let place = order.tax_place();
        let (country, state) = (place.0.to_owned(), place.1.to_owned());
        let place = (country.as_str(), state.as_str());
        for given in new("line_items") {
            let line = self.new_line(given, place);
            order.lines.push(line);
        }
        let standard = Rate::find(place, "");
        for given in new("shipping_lines") {
            let rate = standard.filter(|rate| rate.shipping);
            let net = decimal::from_json(&given["total"]).unwrap_or(0);
            order.shipping_lines.push(ShippingLine {
                id: self.next_item(),
                title: text(given, "method_title"),
                method: text(given, "method_id"),
                instance: text(given, "instance_id"),
                total: Taxed { net, tax: self.tax_on(net, rate) },
                rate,
                meta: Vec::new(),
            });
        }
        for given in new("fee_lines") {
            let rate = standard.filter(|_| given["tax_status"] != "none");
            let net = decimal::from_json(&given["total"]).unwrap_or(0);
            order.fees.push(FeeLine {
                id: self.next_item(),
                name: text(given, "name"),
                total: Taxed { net, tax: self.tax_on(net, rate) },
                rate,
            });
        }
        let lines = order.lines.iter().filter_map(|line| line.rate);
        let shipping = order.shipping_lines.iter().filter_map(|line| line.rate);
        let fees = order.fees.iter().filter_map(|fee| fee.rate);
        let mut rates: Vec<&'static Rate> = lines.chain(shipping).chain(fees).collect();
        rates.sort_by_key(|rate| rate.id);
        rates.dedup_by_key(|rate| rate.id);
        order.tax_items = rates.into_iter().map(|rate| (self.next_item(), rate)).collect();
    }

    fn new_line(&mut self, given: &Value, place: (&str, &str)) -> OrderLine {
        let variation = given["variation_id"].as_u64().unwrap_or(0);
        let asked = if variation == 0 { given["product_id"].as_u64() } else { Some(variation) };
        let product = asked.and_then(|id| self.catalog.get(id)).cloned();
        let quantity = given.get("quantity").map_or(1, integer);
        let (id, class) = (self.next_item(), product.as_ref().map_or("", |p| p.tax_class));
        let rate = Rate::find(place, class);
        let price = product.as_ref().map_or(0, |p| self.net_price(p, rate));
        let usual = decimal::round(price * i128::from(quantity.max(0)), self.decimals);
        let subtotal = decimal::from_json(&given["subtotal"]).unwrap_or(usual);
        let net = decimal::from_json(&given["total"]).unwrap_or(subtotal);
        let mut meta = Vec::new();
        for (attribute, term) in product.iter().flat_map(|product| product.values.iter()) {
            let Some(term) = term else { continue };
            let value = if attribute.id == 0 { term.name } else { term.slug };
            meta.push(Meta {
                id: self.next_meta(),
                key: attribute.key(),
                value: json!(value),
                display: Some((attribute.name, term.name)),
            });
        }
        for row in items(given, "meta_data") {
            if let Some(key) = row["key"].as_str() {
                let (id, value) = (self.next_meta(), row["value"].clone());
                meta.push(Meta { id, key: key.to_owned(), value, display: None });
            }
        }
        let parent = product.as_ref().map_or(0, |product| product.parent);
        let own = product.as_ref().map_or(0, |product| product.id);
        OrderLine {
            id,
            name: product.as_ref().map(|product| self.full_name(product)).unwrap_or_default(),
            product: if parent == 0 { own } else { parent },
            variation: if parent == 0 { 0 } else { own },
            quantity,
            subtotal: Taxed { net: subtotal, tax: self.tax_on(subtotal, rate) },
            total: Taxed { net, tax: self.tax_on(net, rate) },
            rate,
            tax_class: class,
            meta,
        }
    }

    /// A product's price without tax; a parent's is its lowest child's.
    fn net_price(&self, product: &super::catalog::Product, rate: Option<&Rate>) -> Micros {
        let price = decimal::parse(&self.catalog.price_text(product, self.now())).unwrap_or(0);
        self.split_tax(price, rate, product.tax_class).0
    }

    /// Takes the coupons off the lines, or says why not.
    fn use_coupons(&mut self, order: &mut Order, body: &Value) -> Result<(), String> {
        for given in items(body, "coupon_lines") {
            let code = text(given, "code").to_lowercase();
            let basket: Vec<_> = order
                .lines
                .iter()
                .map(|line| Basket {
                    before: line.subtotal.net,
                    left: line.total.net,
                    quantity: line.quantity,
                })
                .collect();
            let subtotal = basket.iter().map(|line| line.before).sum();
            let coupon = self.usable_coupon(&code, subtotal)?;
            if subtotal == 0 {
                let name = super::wire::quoted(&code);
                return Err(format!(
                    "Sorry, coupon {name} is not applicable to selected products."
                ));
            }
            let offs = discounts(coupon, &basket, self.decimals);
            for (line, off) in order.lines.iter_mut().zip(&offs) {
                line.total.net -= off;
                line.total.tax = self.tax_on(line.total.net, line.rate);
            }
            let net = offs.iter().sum();
            let off = Taxed { net, tax: self.tax_on(net, Rate::find(order.tax_place(), "")) };
            order.coupons.push(CouponLine {
                id: self.next_item(),
                meta: self.next_meta(),
                code,
                off,
            });
        }
        Ok(())
    }
}

fn items<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body[name].as_array().map_or(&[], Vec::as_slice)
}

fn text(given: &Value, name: &str) -> String {
    match &given[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Money that cannot be given back.
pub(super) fn refused(text: &str) -> Answer {
    let code = "woocommerce_rest_cannot_create_order_refund";
    let mut answer = problem(500, code, text);
    if let super::wire::Body::Json(body) = &mut answer.body {
        body["data"] = json!(500);
    }
    answer
}
