//! `wc/store/v1/checkout`: the draft, changes to it, and placing the order.

use serde_json::{Value, json};

use super::address::Address;
use super::cart::Cart;
use super::cart_view::GATEWAYS;
use super::order::Order;
use super::shop::{Shop, Switch};
use super::store_api::missing_params;
use super::wire::{Answer, Call, not_in_enum, problem};

/// Checkouts the rate limit lets through, and in how many seconds.
const CHECKOUT_LIMIT: (usize, i64) = (3, 60);

/// What WordPress checks before the route runs.
pub(super) fn check_params(method: &str, body: &Value) -> Result<(), Answer> {
    if method == "POST" && body.get("billing_address").is_none() {
        return Err(missing_params(&["billing_address"]));
    }
    if let Some(gateway) = body.get("payment_method").and_then(Value::as_str)
        && !gateway.is_empty()
        && !GATEWAYS.contains(&gateway)
    {
        return Err(not_in_enum("payment_method", &["", GATEWAYS[0], GATEWAYS[1], GATEWAYS[2]]));
    }
    for name in ["billing_address", "shipping_address"] {
        if let Some(given) = body.get(name) {
            Address::base().merge_checked(name, given)?;
        }
    }
    Ok(())
}

impl Shop {
    /// The fourth checkout of one address within a minute is a 400, when that feature is on.
    pub(super) fn rate_limited(&mut self, call: &Call, route: &[&str]) -> Option<Answer> {
        let checkout = call.method == "POST" && route[0] == "checkout";
        if !checkout || !self.has(Switch::RateLimit) {
            return None;
        }
        let (limit, seconds) = CHECKOUT_LIMIT;
        let now = self.now();
        self.checkouts.retain(|at| now.as_second() - at.as_second() < seconds);
        if self.checkouts.len() < limit {
            self.checkouts.push(now);
            return None;
        }
        let waited = now.as_second() - self.checkouts[0].as_second();
        let wait = seconds - waited;
        let text = format!("Too many requests. Please wait {wait} seconds before trying again.");
        let reset = now.as_second() + wait;
        let answer = problem(400, "rate_limit_exceeded", &text)
            .with("ratelimit-limit", limit.to_string())
            .with("ratelimit-remaining", "0")
            .with("ratelimit-retry-after", wait.to_string())
            .with("ratelimit-reset", reset.to_string());
        Some(answer)
    }

    /// `GET checkout`: makes or refreshes the draft.
    pub(super) fn open_checkout(&mut self, cart: &mut Cart) -> Result<Answer, Answer> {
        if self.has(Switch::DeferredOrders) {
            return Ok(Answer::json(200, self.orderless_json(cart)));
        }
        let id = self.fresh_draft(cart)?;
        let empty = json!({ "payment_status": "", "payment_details": [], "redirect_url": "" });
        Ok(Answer::json(200, self.checkout_json(id, empty, Value::Null)))
    }

    /// `PUT checkout`: payment method and note; anything else is ignored.
    pub(super) fn change_checkout(
        &mut self,
        cart: &mut Cart,
        body: &Value,
    ) -> Result<Answer, Answer> {
        if self.has(Switch::DeferredOrders) {
            if let Some(note) = body["customer_note"].as_str() {
                note.clone_into(&mut cart.note);
            }
            return Ok(Answer::json(200, self.orderless_json(cart)));
        }
        let id = self.fresh_draft(cart)?;
        // A note that is not sent is forgotten.
        self.change_order(id, |_, order| {
            order.note.clear();
            take_wishes(order, body);
        });
        let shown = self.cart_json(cart);
        Ok(Answer::json(200, self.checkout_json(id, Value::Null, shown)))
    }

    /// `POST checkout`: checks everything, reserves the stock, and places the order.
    pub(super) fn place_order(&mut self, cart: &mut Cart, body: &Value) -> Result<Answer, Answer> {
        self.check_cart(cart)?;
        cart.billing.merge_checked("billing_address", &body["billing_address"])?;
        if let Some(given) = body.get("shipping_address") {
            cart.shipping.merge_checked("shipping_address", given)?;
        } else if !self.needs_shipping(cart) {
            cart.shipping = cart.billing.clone();
            cart.shipping.email.clear();
        }
        let id = self.draft_of(cart);
        self.change_order(id, |_, order| take_wishes(order, body));
        self.check_order(cart)?;
        let gateway = body["payment_method"].as_str().unwrap_or_default();
        if gateway.is_empty() {
            let code = "woocommerce_rest_checkout_missing_payment_method";
            return Err(problem(400, code, "No payment method provided."));
        }
        self.change_order(id, Self::pay_by_gateway);
        cart.clear();
        Ok(Answer::json(200, self.checkout_json(id, self.success(id), Value::Null)))
    }

    /// `POST checkout/{id}`: pays an existing order, by its key and e-mail.
    pub(super) fn pay_order(&mut self, id: &str, body: &Value) -> Result<Answer, Answer> {
        let key = body["key"].as_str().unwrap_or_default();
        let email = body["billing_email"].as_str().unwrap_or_default();
        let id = self.guarded_order(id, key, email)?.id;
        let paid = self.change_order(id, |shop, order| {
            let waiting = order.needs_payment();
            if waiting {
                order.billing.merge(&body["billing_address"]);
                order.shipping.merge(body.get("shipping_address").unwrap_or(&Value::Null));
                take_wishes(order, body);
                shop.pay_by_gateway(order);
            }
            waiting
        });
        if paid != Some(true) {
            let text = "This order cannot be paid for.";
            return Err(problem(400, "woocommerce_rest_invalid_order", text));
        }
        Ok(Answer::json(200, self.checkout_json(id, self.success(id), Value::Null)))
    }

    /// An order the caller proved to know.
    pub(super) fn guarded_order(&self, id: &str, key: &str, email: &str) -> Result<&Order, Answer> {
        let order = id.parse().ok().and_then(|id: u64| self.orders.get(&id));
        let order = order.filter(|order| order.key == key).ok_or_else(|| {
            let text = "Invalid order ID or key provided.";
            problem(401, "woocommerce_rest_invalid_order", text)
        })?;
        let refuse = |text| problem(401, "woocommerce_rest_invalid_billing_email", text);
        if email.is_empty() {
            return Err(refuse("No billing email provided."));
        }
        if !email.eq_ignore_ascii_case(&order.billing.email) {
            return Err(refuse("Invalid billing email provided."));
        }
        Ok(order)
    }

    fn fresh_draft(&mut self, cart: &mut Cart) -> Result<u64, Answer> {
        if cart.lines.is_empty() {
            let text = "Cannot create order from empty cart.";
            return Err(problem(400, "woocommerce_rest_cart_empty", text));
        }
        Ok(self.draft_of(cart))
    }

    /// What stands against the cart: empty, out of stock, a coupon that no longer counts.
    fn check_cart(&self, cart: &mut Cart) -> Result<(), Answer> {
        let coupons = self.drop_coupons(cart);
        let notices = self.cart_json(cart)["errors"].take();
        if cart.lines.is_empty() {
            cart.notices = notices.as_array().cloned().unwrap_or_default();
            let text = "Cannot place an order, your cart is empty.";
            let code = "woocommerce_rest_cart_empty";
            return Err(self.conflict(cart, code, text, json!({ "0": 400, "status": 409 })));
        }
        let stock = self.stock_errors(cart, ("\"", "\""));
        let data = json!({ "0": 409, "status": 409 });
        if let Some(error) = stock.first() {
            let code = error["code"].as_str().unwrap_or_default();
            let text = error["message"].as_str().unwrap_or_default();
            return Err(self.conflict(cart, code, text, data));
        }
        if let Some(text) = coupons.first() {
            return Err(self.conflict(cart, "woocommerce_rest_cart_coupon_error", text, data));
        }
        Ok(())
    }

    /// What stands against the order: e-mail, shipping, addresses.
    fn check_order(&self, cart: &mut Cart) -> Result<(), Answer> {
        if cart.billing.email.is_empty() {
            let text = "A valid email address is required";
            return Err(problem(400, "woocommerce_rest_missing_email_address", text));
        }
        let totals = self.totals(cart);
        if totals.needs_shipping && totals.selected().count() < totals.packages.len() {
            let text = "Sorry, this order requires a shipping option.";
            return Err(problem(400, "woocommerce_rest_invalid_shipping_option", text));
        }
        let mut addresses = vec![("billing", &cart.billing)];
        if totals.needs_shipping {
            addresses.insert(0, ("shipping", &cart.shipping));
        }
        for (name, address) in addresses {
            let missing = address.missing();
            if !missing.is_empty() {
                let text = format!(
                    "There was a problem with the provided {name} address: {}",
                    missing.join(", ")
                );
                let data = json!({ "errors": { name: missing }, "status": 400 });
                return Err(Answer::error(400, "woocommerce_rest_invalid_address", &text, data));
            }
        }
        Ok(())
    }

    /// What the three gateways do: none of them takes money.
    fn pay_by_gateway(&mut self, order: &mut Order) {
        let tag = self.hex(8);
        let source = json!(format!("place-order-debug-{tag}"));
        self.set_meta(&mut order.meta, "_debug_log_source_pending_deletion", source);
        let delivered = order.method == "cod" && self.needs_processing(order);
        if order.total() == 0 {
            self.payment_complete(order);
        } else {
            self.set_status(order, if delivered { "processing" } else { "on-hold" });
        }
    }

    fn success(&self, id: u64) -> Value {
        let key = self.orders.get(&id).map(|order| order.key.as_str()).unwrap_or_default();
        let secure = self.base.replacen("http://", "https://", 1);
        let url = format!("{secure}/checkout/order-received/{id}/?key={key}");
        json!({
            "payment_status": "success",
            "payment_details": [
                { "key": "result", "value": "success" },
                { "key": "redirect", "value": url },
            ],
            "redirect_url": url,
        })
    }

    /// What the checkout looks like while nothing was placed and no order exists.
    fn orderless_json(&mut self, cart: &mut Cart) -> Value {
        let shown = self.cart_json(cart);
        json!({
            "order_id": 0,
            "status": "checkout-draft",
            "order_key": "",
            "order_number": "0",
            "customer_note": cart.note,
            "customer_id": 0,
            "billing_address": cart.billing.billing(),
            "shipping_address": cart.shipping.shipping(),
            "payment_method": "",
            "payment_result": null,
            "additional_fields": {},
            "__experimentalCart": shown,
            "extensions": {},
        })
    }

    fn checkout_json(&self, id: u64, payment: Value, cart: Value) -> Value {
        let Some(order) = self.orders.get(&id) else { return Value::Null };
        let mut json = json!({
            "order_id": order.id,
            "status": order.status,
            "order_key": order.key,
            "order_number": order.id.to_string(),
            "customer_note": order.note,
            "customer_id": 0,
            "billing_address": order.billing.billing(),
            "shipping_address": order.shipping.shipping(),
            "payment_method": order.method,
            "additional_fields": {},
            "extensions": {},
        });
        json["payment_result"] = payment;
        json["__experimentalCart"] = cart;
        json
    }
}

/// Takes the payment method and the note from a request.
fn take_wishes(order: &mut Order, body: &Value) {
    if let Some(note) = body["customer_note"].as_str() {
        note.clone_into(&mut order.note);
    }
    if let Some(gateway) = body["payment_method"].as_str().filter(|id| !id.is_empty()) {
        gateway.clone_into(&mut order.method);
        super::settings::gateway_title(gateway).clone_into(&mut order.method_title);
    }
}
