//! `wc/store/v1`: the cart routes, open to any buyer with a token.

use serde_json::{Value, json};

use super::cart::Cart;
use super::session::Session;
use super::shop::Shop;
use super::wire::{Answer, Body, Call, no_route, problem};

impl Shop {
    /// Answers a Store API call, with the headers its routes send.
    pub(super) fn store_api(&mut self, call: &Call) -> Answer {
        let segments = call.segments();
        let route: Vec<&str> = segments.iter().skip(3).copied().collect();
        let answer = match (call.method.as_str(), route.as_slice()) {
            ("GET", []) => Answer::json(200, self.store_index()).with("allow", "GET"),
            ("GET", ["products"]) => self.store_products(call).with("allow", "GET"),
            ("GET", ["products", which]) => self.store_product(which).with("allow", "GET"),
            ("GET", ["order", id]) => self.store_order(call, id).with("allow", "GET"),
            ("POST", ["batch"]) => self.batch(call),
            (_, ["cart" | "checkout", ..]) => self.cart_route(call, &route),
            _ => no_route(),
        };
        store_headers(answer, call)
    }

    /// Cart and checkout routes: whoever calls has, or gets, a session.
    fn cart_route(&mut self, call: &Call, route: &[&str]) -> Answer {
        let Some(allow) = allowed(route) else { return no_route() };
        if !allow.contains(&call.method.as_str()) {
            return no_route();
        }
        let body = match call.json().and_then(|body| check_body(call, route, &body).map(|()| body))
        {
            Ok(body) => body,
            Err(answer) => return answer.with("allow", allow.join(", ")),
        };
        if let Some(answer) = self.rate_limited(call, route) {
            return answer;
        }
        let session = self.session(call);
        let mut cart = self.carts.get(&session.user).cloned().unwrap_or_default();
        let outcome = self.cart_call(call, route, &session, &body, &mut cart);
        let answer = outcome.unwrap_or_else(|problem| problem);
        self.keep_cart(call, &session, cart, &answer);
        self.session_headers(answer, call, &session).with("allow", allow.join(", "))
    }

    /// Writes are kept, and a draft order follows the cart.
    fn keep_cart(&mut self, call: &Call, session: &Session, mut cart: Cart, answer: &Answer) {
        let known = self.carts.contains_key(&session.user);
        let wrote = call.method != "GET" && session.may_write.is_ok();
        if wrote && answer.status < 300 {
            self.refresh_draft(&mut cart);
        }
        if known || wrote || cart.draft.is_some() {
            self.carts.insert(session.user.clone(), cart);
        }
    }

    fn cart_call(
        &mut self,
        call: &Call,
        route: &[&str],
        session: &Session,
        body: &Value,
        cart: &mut Cart,
    ) -> Result<Answer, Answer> {
        if (call.method != "GET" || route[0] == "checkout")
            && let Err(denied) = session.may_write
        {
            return Err(denied.answer());
        }
        let mut status = 200;
        match (call.method.as_str(), route) {
            ("GET", ["cart"]) => {}
            ("GET", ["cart", "items"]) => {
                return Ok(Answer::json(200, self.cart_json(cart)["items"].take()));
            }
            ("DELETE", ["cart", "items"]) => {
                cart.lines.clear();
                return Ok(Answer::json(200, json!([])));
            }
            ("DELETE", ["cart", "items", key]) => {
                self.remove_item(cart, &json!({ "key": key }))?;
                return Ok(Answer { status: 204, headers: Vec::new(), body: Body::Empty });
            }
            ("POST", ["cart", "add-item"]) => {
                self.add_item(cart, body)?;
                status = 201;
            }
            ("POST", ["cart", "update-item"]) => self.update_item(cart, body)?,
            ("POST", ["cart", "remove-item"]) => self.remove_item(cart, body)?,
            ("POST", ["cart", "update-customer"]) => update_customer(cart, body)?,
            ("POST", ["cart", "select-shipping-rate"]) => self.select_rate(cart, body),
            ("POST", ["cart", "apply-coupon"]) => self.apply_coupon(cart, body)?,
            ("POST", ["cart", "remove-coupon"]) => self.remove_coupon(cart, body)?,
            ("GET", ["checkout"]) => return self.open_checkout(cart),
            ("PUT" | "PATCH", ["checkout"]) => return self.change_checkout(cart, body),
            ("POST", ["checkout"]) => return self.place_order(cart, body),
            ("POST", ["checkout", id]) => return self.pay_order(id, body),
            _ => return Err(no_route()),
        }
        Ok(Answer::json(status, self.cart_json(cart)))
    }

    /// An unknown rate resets the choice, an unknown package is ignored; both answer 200.
    fn select_rate(&self, cart: &mut Cart, body: &Value) {
        let totals = self.totals(cart);
        let rate = body["rate_id"].as_str().unwrap_or_default();
        let asked = body.get("package_id").filter(|id| !id.is_null());
        let asked = asked.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        // Without a package, all of them are meant.
        let meant = totals
            .packages
            .iter()
            .filter(|package| asked.as_ref().is_none_or(|asked| *asked == package.id));
        for package in meant {
            cart.rates.insert(package.id.clone(), rate.to_owned());
        }
    }

    fn apply_coupon(&self, cart: &mut Cart, body: &Value) -> Result<(), Answer> {
        let refuse = |text: &str| problem(400, "woocommerce_rest_cart_coupon_error", text);
        let code = body["code"].as_str().unwrap_or_default().trim().to_lowercase();
        if cart.coupons.contains(&code) {
            let name = super::wire::quoted(&code);
            return Err(refuse(&format!("Coupon code {name} has already been applied.")));
        }
        let subtotal = self.basket(cart).iter().map(|line| line.before).sum();
        self.usable_coupon(&code, subtotal).map_err(|why| refuse(&why))?;
        cart.coupons.push(code);
        Ok(())
    }

    fn remove_coupon(&self, cart: &mut Cart, body: &Value) -> Result<(), Answer> {
        let code = body["code"].as_str().unwrap_or_default().trim().to_lowercase();
        if !self.coupons.iter().any(|coupon| coupon.code == code) {
            let text = "Invalid coupon code.";
            return Err(problem(400, "woocommerce_rest_cart_coupon_error", text));
        }
        let Some(at) = cart.coupons.iter().position(|known| *known == code) else {
            let text = "Coupon cannot be removed because it is not already applied to the cart.";
            let code = "woocommerce_rest_cart_coupon_invalid_code";
            return Err(self.conflict(cart, code, text, json!({ "status": 409 })));
        };
        cart.coupons.remove(at);
        Ok(())
    }

    /// The headers every cart answer carries; each token is new.
    fn session_headers(&mut self, answer: Answer, call: &Call, session: &Session) -> Answer {
        let hash = self.carts.get(&session.user).map(Cart::hash).unwrap_or_default();
        let mut answer = answer
            .with("nonce", self.nonce.clone())
            .with("nonce-timestamp", self.now().as_second().to_string())
            .with("user-id", "0")
            .with("cart-token", self.token(&session.user))
            .with("cart-hash", hash.clone())
            .with("cache-control", "no-store");
        let checkout = call.path.ends_with("/checkout");
        if (call.method != "GET" || checkout || tells_errors(&answer)) && !hash.is_empty() {
            answer = answer
                .with("set-cookie", "woocommerce_items_in_cart=1; path=/")
                .with("set-cookie", format!("woocommerce_cart_hash={hash}; path=/"));
        }
        answer
    }
}

/// Whether a cart was shown with errors in it.
fn tells_errors(answer: &Answer) -> bool {
    let Body::Json(body) = &answer.body else { return false };
    body["errors"].as_array().is_some_and(|errors| !errors.is_empty())
}

/// The methods of a cart route.
fn allowed(route: &[&str]) -> Option<&'static [&'static str]> {
    const WRITES: &[&str] = &["POST"];
    const STEPS: [&str; 7] = [
        "add-item",
        "update-item",
        "remove-item",
        "update-customer",
        "select-shipping-rate",
        "apply-coupon",
        "remove-coupon",
    ];
    match route {
        ["cart"] => Some(&["GET"]),
        ["cart", "items"] => Some(&["GET", "POST", "DELETE"]),
        ["cart", "items", _] => Some(&["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ["checkout", _] => Some(WRITES),
        ["cart", step] if STEPS.contains(step) => Some(WRITES),
        ["checkout"] => Some(&["GET", "POST", "PUT", "PATCH"]),
        _ => None,
    }
}

/// Parameters WordPress checks before the route runs, so without session headers.
fn check_body(call: &Call, route: &[&str], body: &Value) -> Result<(), Answer> {
    if route[0] == "checkout" && call.method != "GET" {
        super::checkout::check_params(&call.method, body)?;
    }
    let required: &[&str] = match route {
        ["cart", "apply-coupon" | "remove-coupon"] => &["code"],
        ["cart", "select-shipping-rate"] => &["rate_id"],
        _ => &[],
    };
    let missing: Vec<_> = required.iter().filter(|name| body.get(**name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(missing_params(&missing))
}

/// 400 for parameters a route cannot do without.
pub(super) fn missing_params(names: &[impl AsRef<str>]) -> Answer {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    let text = format!("Missing parameter(s): {}", names.join(", "));
    let data = json!({ "status": 400, "params": names });
    Answer::error(400, "rest_missing_callback_param", &text, data)
}

fn update_customer(cart: &mut Cart, body: &Value) -> Result<(), Answer> {
    let mut changed = cart.clone();
    if let Some(given) = body.get("shipping_address") {
        changed.shipping.merge_checked("shipping_address", given)?;
    }
    if let Some(given) = body.get("billing_address") {
        changed.billing.merge_checked("billing_address", given)?;
    }
    *cart = changed;
    Ok(())
}

/// Headers of every Store API answer.
fn store_headers(answer: Answer, call: &Call) -> Answer {
    let expose = "X-WP-Total, X-WP-TotalPages, Link, Cart-Token";
    let accept = "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type, \
                  Cart-Token, Nonce";
    let mut answer = answer
        .with("access-control-expose-headers", expose)
        .with("access-control-allow-headers", accept)
        .with("access-control-allow-methods", "OPTIONS, GET, POST, PUT, PATCH, DELETE")
        .with("access-control-allow-credentials", "true")
        .with("vary", "Origin");
    if call.header("cart-token").is_some() {
        answer = answer.with("access-control-allow-origin", "");
    }
    answer
}
