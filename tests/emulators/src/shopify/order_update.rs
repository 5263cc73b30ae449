//! What somebody writes into an order.

use serde_json::{Value, json};

use super::address;
use super::ask::Ask;
use super::draft_input::tidy_tags;
use super::execute::link;
use super::problem::Problem;
use super::shop::{Shop, gid, number, user_error};

impl Shop {
    /// `orderUpdate`.
    pub(super) fn update_order(&mut self, input: &Value) -> Result<Value, Problem> {
        let id = number(input["id"].as_str().unwrap_or_default(), "Order")?;
        if !self.orders.contains_key(&id) {
            let error = user_error(&["id"], "Order does not exist");
            return Ok(json!({ "order": null, "userErrors": [error] }));
        }
        let mut errors = Vec::new();
        if input.as_object().is_none_or(|members| members.len() < 2) {
            errors.push(user_error(&[], "No valid update parameters have been provided"));
        }
        if input["phone"].as_str().is_some_and(|phone| !address::is_phone(phone)) {
            errors.push(user_error(&["phone"], "Phone is invalid"));
        }
        if input["email"].as_str().is_some_and(|email| !address::is_email(email)) {
            errors.push(user_error(&["email"], "Email is invalid"));
        }
        let to = input["shippingAddress"]
            .is_object()
            .then(|| address::view(&input["shippingAddress"], id));
        for (field, message) in to.as_ref().map(address::faults).unwrap_or_default() {
            errors.push(user_error(&["shippingAddress", field], &message));
        }
        if errors.is_empty() {
            self.keep_metafields(&gid("Order", id), &input["metafields"]);
            self.write_order(id, input, to);
            self.order_changed(id, &[]);
        }
        Ok(json!({ "order": link(gid("Order", id)), "userErrors": errors }))
    }

    fn write_order(&mut self, id: u64, input: &Value, to: Option<Value>) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        let draft = &mut order.draft;
        for (name, into) in [
            ("email", &mut draft.email),
            ("phone", &mut draft.phone),
            ("note", &mut draft.note),
            ("poNumber", &mut draft.po_number),
        ] {
            if let Some(value) = input.get(name) {
                *into = value.as_str().map(str::to_owned);
            }
        }
        if let Some(tags) = input["tags"].as_array() {
            let tags = tags.iter().filter_map(Value::as_str).map(str::to_owned);
            draft.tags = tidy_tags(tags.collect());
        }
        if input["customAttributes"].is_array() {
            draft.attributes = input["customAttributes"].clone();
        }
        if to.is_some() {
            draft.shipping_address = to;
        }
    }

    /// `orderClose` and `orderOpen`.
    pub(super) fn close_order(&mut self, input: &Value, close: bool) -> Result<Value, Problem> {
        let id = number(input["id"].as_str().unwrap_or_default(), "Order")?;
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else {
            let error = user_error(&["id"], "Order does not exist");
            return Ok(json!({ "order": null, "userErrors": [error] }));
        };
        order.closed = close.then_some(now);
        self.order_changed(id, &[]);
        Ok(json!({ "order": link(gid("Order", id)), "userErrors": [] }))
    }

    /// `tagsAdd` and `tagsRemove`, on drafts, orders and products.
    pub(super) fn change_tags(&mut self, ask: &Ask<'_>, add: bool) -> Result<Value, Problem> {
        let own = ask.text("id").unwrap_or_default().to_owned();
        let given = ask.value("tags").as_array().cloned().unwrap_or_default();
        let given: Vec<String> =
            given.iter().filter_map(Value::as_str).map(|tag| tag.trim().to_owned()).collect();
        let change = |tags: &mut Vec<String>| {
            if add {
                tags.extend(given.clone());
            } else {
                tags.retain(|tag| !given.iter().any(|gone| gone.eq_ignore_ascii_case(tag)));
            }
            *tags = tidy_tags(std::mem::take(tags));
        };
        let missing = || {
            Ok(json!({ "node": null, "userErrors": [user_error(&["id"], "Node does not exist")] }))
        };
        if let Ok(id) = number(&own, "Order") {
            let Some(order) = self.orders.get_mut(&id) else { return missing() };
            change(&mut order.draft.tags);
            self.order_changed(id, &[]);
        } else if let Ok(id) = number(&own, "DraftOrder") {
            let Some(draft) = self.drafts.get_mut(&id) else { return missing() };
            change(&mut draft.tags);
            self.draft_changed(id, "draft_orders/update");
        } else {
            let id = number(&own, "Product")?;
            let Some(product) = self.catalog.products.get_mut(&id) else { return missing() };
            change(&mut product.tags);
            self.product_changed(id, "products/update");
        }
        Ok(json!({ "node": link(own), "userErrors": [] }))
    }
}
