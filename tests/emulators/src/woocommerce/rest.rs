//! `wc/v3`: routing, paging and the headers of its answers.

use serde_json::{Map, Value};

use super::auth::stranger;
use super::shop::{Shop, Switch};
use super::wire::{Answer, Body, Call, invalid_param, no_route, problem, uncached};

impl Shop {
    /// Answers a REST call.
    pub(super) fn rest_api(&mut self, call: &Call) -> Answer {
        let answer = self.rest_call(call).unwrap_or_else(|problem| problem);
        let answer = pick_fields(answer, call);
        let accept = "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type";
        let answer = answer
            .with("access-control-expose-headers", "X-WP-Total, X-WP-TotalPages, Link")
            .with("access-control-allow-headers", accept);
        let fatal = answer.headers.iter().any(|(name, _)| *name == "expires");
        match self.knows(call) {
            _ if fatal => answer,
            true => uncached(answer),
            false => answer.with("vary", "Origin"),
        }
    }

    fn rest_call(&mut self, call: &Call) -> Result<Answer, Answer> {
        let known = self.authenticate(call)?;
        let segments = call.segments();
        let route: Vec<&str> = segments.iter().skip(2).copied().collect();
        let (allow, single) = self.route(&route).ok_or_else(no_route)?;
        if !allow.contains(&call.method.as_str()) {
            return Err(no_route());
        }
        let allowing = |answer: Answer| answer.with("allow", allow.join(", "));
        call.json().map_err(allowing)?;
        check_paging(call).map_err(allowing)?;
        if !known {
            return Err(stranger(call, single));
        }
        match self.serve(call, &route) {
            Ok(answer) => Ok(allowing(answer)),
            // A fatal dies before WordPress gets to this header.
            Err(fatal) if fatal.headers.iter().any(|(name, _)| *name == "expires") => Err(fatal),
            Err(problem) => Err(allowing(problem)),
        }
    }

    /// The methods of a route, and whether it names one thing.
    fn route(&self, route: &[&str]) -> Option<(&'static [&'static str], bool)> {
        const READ: &[&str] = &["GET"];
        const LIST: &[&str] = &["GET", "POST"];
        const ONE: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
        let number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        let old = self.has(Switch::NoVariationsRoute);
        match route {
            ["variations"] if old => None,
            ["products", "categories" | "brands" | "reviews"]
            | [
                "variations" | "taxes" | "payment_gateways" | "coupons" | "system_status"
                | "customers" | "products",
            ]
            | ["shipping", "zones"]
            | ["settings", "general" | "products" | "tax"] => Some((READ, false)),
            ["data", "currencies", "current"] => Some((READ, true)),
            ["products", id, "variations"] if number(id) => Some((READ, false)),
            ["products", id] if number(id) => Some((READ, true)),
            ["shipping", "zones", id] if number(id) => Some((READ, true)),
            ["shipping", "zones", id, "methods"] if number(id) => Some((READ, false)),
            ["orders" | "webhooks"] => Some((LIST, false)),
            ["orders", id, "notes" | "refunds"] if number(id) => Some((LIST, false)),
            ["orders" | "webhooks", id] if number(id) => Some((ONE, true)),
            ["orders", id, "refunds", refund] if number(id) && number(refund) => {
                Some((&["GET", "DELETE"], true))
            }
            _ => None,
        }
    }

    fn serve(&mut self, call: &Call, route: &[&str]) -> Result<Answer, Answer> {
        match route {
            ["products"] => self.list_products(call),
            ["products", "categories"] => Ok(page(call, self.categories_json())),
            ["products", "brands"] => Ok(page(call, self.brands_json())),
            ["products", "reviews"] => Ok(self.list_reviews(call)),
            ["products", id] => self.one_product(id),
            ["products", id, "variations"] => self.list_variations(call, Some(id)),
            ["variations"] => self.list_variations(call, None),
            ["orders"] if call.method == "POST" => self.create_order(&call.json()?),
            ["orders"] => Ok(self.list_orders(call)),
            ["orders", id] => self.one_order(call, id),
            ["orders", id, "notes"] => self.order_notes(call, id),
            ["orders", id, "refunds"] => self.order_refunds(call, id),
            ["orders", id, "refunds", refund] => self.one_refund(call, id, refund),
            ["webhooks"] => self.webhooks(call, None),
            ["webhooks", id] => self.webhooks(call, Some(id)),
            _ => self.serve_settings(call, route),
        }
    }
}

/// Cuts a list into the page asked for, with the totals in the headers.
pub(super) fn page(call: &Call, all: Vec<Value>) -> Answer {
    let total = all.len();
    let shown = all.into_iter().skip(start(call)).take(number(call, "per_page", 10));
    paged(call, total, shown.collect())
}

/// The same, making only what is shown.
pub(super) fn page_of<T>(call: &Call, all: &[T], show: impl Fn(&T) -> Value) -> Answer {
    let shown = all.iter().skip(start(call)).take(number(call, "per_page", 10));
    paged(call, all.len(), shown.map(show).collect())
}

fn paged(call: &Call, total: usize, shown: Vec<Value>) -> Answer {
    let pages = total.div_ceil(number(call, "per_page", 10));
    Answer::json(200, Value::from(shown))
        .with("x-wp-total", total.to_string())
        .with("x-wp-totalpages", pages.to_string())
}

/// Where the page asked for begins; an offset goes before a page number.
pub(super) fn start(call: &Call) -> usize {
    let page = number(call, "page", 1).max(1);
    match number(call, "offset", 0) {
        0 => (page - 1).saturating_mul(number(call, "per_page", 10)),
        offset => offset,
    }
}

/// A numeric query parameter.
pub(super) fn number(call: &Call, name: &str, default: usize) -> usize {
    call.param(name).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A comma-separated query parameter.
pub(super) fn words<'a>(call: &'a Call, name: &str) -> Option<Vec<&'a str>> {
    call.param(name).map(|text| text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect())
}

/// 404 for a thing that is not there.
pub(super) fn not_found(code: &str) -> Answer {
    problem(404, code, "Invalid ID.")
}

fn check_paging(call: &Call) -> Result<(), Answer> {
    if let Some(text) = call.param("per_page") {
        let fits = text.parse::<u32>().is_ok_and(|size| (1..=100).contains(&size));
        if !fits {
            let text = "per_page must be between 1 (inclusive) and 100 (inclusive)";
            return Err(invalid_param("per_page", "rest_out_of_bounds", text));
        }
    }
    if let Some(text) = call.param("page")
        && text.parse::<u32>().map_or(true, |page| page == 0)
    {
        let text = "page must be greater than or equal to 1";
        return Err(invalid_param("page", "rest_out_of_bounds", text));
    }
    if let Some(order) = call.param("order")
        && !["asc", "desc"].contains(&order)
    {
        let text = "order is not one of asc and desc.";
        return Err(invalid_param("order", "rest_not_in_enum", text));
    }
    Ok(())
}

/// `_fields` keeps the members named, of an object or of each in a list.
fn pick_fields(mut answer: Answer, call: &Call) -> Answer {
    if answer.status >= 300 {
        return answer;
    }
    if let (Body::Json(body), Some(fields)) = (&mut answer.body, words(call, "_fields")) {
        match body {
            Value::Array(items) => items.iter_mut().for_each(|item| keep(item, &fields)),
            object => keep(object, &fields),
        }
    }
    answer
}

fn keep(value: &mut Value, fields: &[&str]) {
    if let Value::Object(members) = value {
        let kept: Map<_, _> = std::mem::take(members)
            .into_iter()
            .filter(|(name, _)| {
                fields.iter().any(|field| field.split('.').next() == Some(name.as_str()))
            })
            .collect();
        *members = kept;
    }
}
