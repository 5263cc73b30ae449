//! `wc/v3/orders`: listing, reading, changing and trashing.

use serde_json::{Value, json};

use super::address::is_email;
use super::lists;
use super::order::{Order, STATUSES};
use super::rest::{not_found, page, words};
use super::shop::Shop;
use super::wire::{Answer, Call, invalid_param, not_in_enum, problem};

impl Shop {
    /// `GET orders`. Unknown parameters, `meta_key` among them, are ignored.
    pub(super) fn list_orders(&self, call: &Call) -> Answer {
        let mut found: Vec<&Order> =
            self.orders.values().filter(|order| self.order_asked_for(order, call)).collect();
        match call.param("orderby") {
            Some("modified") => found.sort_by_key(|order| (order.modified, order.id)),
            Some("id") => {}
            _ => found.sort_by_key(|order| (order.created, order.id)),
        }
        if call.param("order") != Some("asc") {
            found.reverse();
        }
        page(call, found.into_iter().map(|order| self.order_json(order)).collect())
    }

    fn order_asked_for(&self, order: &Order, call: &Call) -> bool {
        let gmt = call.param("dates_are_gmt") == Some("true");
        let date = |name: &str| call.param(name).and_then(|text| self.read_date(text, gmt));
        let statuses = words(call, "status").unwrap_or_default();
        let any = statuses.is_empty() || statuses.contains(&"any");
        let status = if order.trashed { "trash" } else { order.status };
        let via = if order.from_store { "store-api" } else { "rest-api" };
        let hidden = order.trashed || order.status == "auto-draft";
        let id = order.id.to_string();
        ((any && !hidden) || statuses.contains(&status))
            && words(call, "include").is_none_or(|ids| ids.contains(&id.as_str()))
            && call.param("created_via").is_none_or(|wanted| wanted == via)
            && call.param("search").is_none_or(|text| matches(order, text))
            && date("modified_after").is_none_or(|after| order.modified > after)
            && date("modified_before").is_none_or(|before| order.modified < before)
            && date("after").is_none_or(|after| order.created > after)
            && date("before").is_none_or(|before| order.created < before)
    }

    /// `orders/{id}`: GET, PUT and its twins, DELETE.
    pub(super) fn one_order(&mut self, call: &Call, id: &str) -> Result<Answer, Answer> {
        let id: u64 = id.parse().unwrap_or(0);
        let Some(order) = self.orders.get(&id) else {
            let code = "woocommerce_rest_shop_order_invalid_id";
            let is_edit = matches!(call.method.as_str(), "PUT" | "POST" | "PATCH");
            return Err(if is_edit { problem(400, code, "Invalid ID.") } else { not_found(code) });
        };
        match call.method.as_str() {
            "GET" => Ok(Answer::json(200, self.order_json(order))),
            "DELETE" => self.delete_order(id, call.param("force") == Some("true")),
            _ => {
                let body = call.json()?;
                check(self, &body)?;
                let refused =
                    self.change_order(id, |shop, order| shop.edit_order(order, &body).err());
                if let Some(why) = refused.flatten() {
                    let data = json!({ "status": 400 });
                    return Err(Answer::error(400, "woocommerce_rest_invalid_coupon", &why, data));
                }
                Ok(Answer::json(200, self.orders.get(&id).map(|o| self.order_json(o)).into()))
            }
        }
    }

    /// Trashing answers the order as it was; forced deletion tells no webhook.
    fn delete_order(&mut self, id: u64, force: bool) -> Result<Answer, Answer> {
        let Some(order) = self.orders.get(&id) else {
            return Err(not_found("woocommerce_rest_shop_order_invalid_id"));
        };
        let before = self.order_json(order);
        if force {
            self.orders.remove(&id);
            return Ok(Answer::json(200, before));
        }
        if order.trashed {
            let text = "The order has already been deleted.";
            return Err(problem(410, "woocommerce_rest_already_trashed", text));
        }
        if let Some(order) = self.orders.get_mut(&id) {
            order.trashed = true;
        }
        self.announce("order.deleted", id);
        Ok(Answer::json(200, before))
    }

    /// Applies a PUT, or says which coupon does not count: fields first, then the status, then `set_paid` if money is still due.
    fn edit_order(&mut self, order: &mut Order, body: &Value) -> Result<(), String> {
        self.take_fields(order, body);
        self.change_items(order, body)?;
        if let Some(status) = status_of(body) {
            self.set_status(order, status);
        }
        if truthy(&body["set_paid"]) && order.needs_payment() {
            self.payment_complete(order);
        }
        Ok(())
    }

    /// Addresses, payment, note and meta of a request.
    pub(super) fn take_fields(&mut self, order: &mut Order, body: &Value) {
        order.billing.merge(&body["billing"]);
        order.shipping.merge(&body["shipping"]);
        order.shipping.email.clear();
        let fields = [
            ("payment_method", &mut order.method),
            ("payment_method_title", &mut order.method_title),
            ("transaction_id", &mut order.transaction),
            ("customer_note", &mut order.note),
            ("currency", &mut order.currency),
        ];
        for (name, field) in fields {
            if let Some(text) = body[name].as_str() {
                text.clone_into(field);
            }
        }
        if let Some(customer) = body["customer_id"].as_u64() {
            order.customer = customer;
        }
        for row in body["meta_data"].as_array().into_iter().flatten() {
            self.take_meta(order, row);
        }
    }

    /// A row with an id replaces that row; a null value removes; else the key is updated.
    fn take_meta(&mut self, order: &mut Order, row: &Value) {
        let id = row["id"].as_u64();
        let key = row["key"].as_str().unwrap_or_default();
        if let Some(at) = order.meta.iter().position(|meta| Some(meta.id) == id) {
            if row["value"].is_null() {
                order.meta.remove(at);
                return;
            }
            order.meta[at].value = row["value"].clone();
            if !key.is_empty() {
                key.clone_into(&mut order.meta[at].key);
            }
        } else if !key.is_empty() && !row["value"].is_null() {
            self.set_meta(&mut order.meta, key, row["value"].clone());
        }
    }

    /// `orders/{id}/notes`.
    pub(super) fn order_notes(&mut self, call: &Call, id: &str) -> Result<Answer, Answer> {
        let id: u64 = id.parse().unwrap_or(0);
        if !self.orders.contains_key(&id) {
            return Err(not_found("woocommerce_rest_order_invalid_id"));
        }
        if call.method == "POST" {
            let body = call.json()?;
            let Some(text) = body["note"].as_str() else {
                return Err(super::store_api::missing_params(&["note"]));
            };
            let to_customer = truthy(&body["customer_note"]);
            let text = text.to_owned();
            self.change_order(id, |shop, order| {
                shop.add_note(order, text);
                if let Some(note) = order.notes.last_mut() {
                    note.to_customer = to_customer;
                }
            });
        }
        let notes = self.orders.get(&id).map(|order| order.notes.clone()).unwrap_or_default();
        let mut notes: Vec<_> = notes.iter().map(|note| self.note_json(id, note)).collect();
        notes.reverse();
        if call.method == "POST" {
            let made = notes.into_iter().next().unwrap_or(Value::Null);
            let own = self.rest(&format!("wc/v3/orders/{id}/notes/{}", made["id"]));
            return Ok(Answer::json(201, made).with("location", own));
        }
        Ok(Answer::json(200, json!(notes)))
    }

    fn note_json(&self, order: u64, note: &super::order::Note) -> Value {
        let up = self.rest(&format!("wc/v3/orders/{order}"));
        let own = format!("{up}/notes/{}", note.id);
        let mut json = json!({
            "id": note.id,
            "author": "WooCommerce",
            "note": note.text,
            "customer_note": note.to_customer,
            "_links": {
                "self": [{ "href": own, "targetHints": { "allow": ["GET", "DELETE"] } }],
                "collection": [{ "href": format!("{up}/notes") }],
                "up": [{ "href": up }],
            },
        });
        self.put_date(&mut json, "date_created", Some(note.at));
        json
    }
}

/// What WordPress checks of an order before anything is done.
pub(super) fn check(shop: &Shop, body: &Value) -> Result<(), Answer> {
    if let Some(status) = body["status"].as_str()
        && !STATUSES.contains(&status)
    {
        return Err(not_in_enum("status", &STATUSES));
    }
    let currencies: Vec<_> = lists::CURRENCIES.split(' ').collect();
    if let Some(currency) = body["currency"].as_str()
        && !currencies.contains(&currency)
    {
        return Err(not_in_enum("currency", &currencies));
    }
    if let Some(email) = body["billing"]["email"].as_str()
        && !email.is_empty()
        && !is_email(email)
    {
        return Err(invalid_param("billing", "rest_invalid_email", "Invalid email address."));
    }
    let customer = super::cart::integer(&body["customer_id"]);
    if customer != 0 && !shop.customers.iter().any(|(id, _)| i64::try_from(*id) == Ok(customer)) {
        let text = "Customer ID is invalid.";
        return Err(problem(400, "woocommerce_rest_invalid_customer_id", text));
    }
    Ok(())
}

/// The status a request names.
pub(super) fn status_of(body: &Value) -> Option<&'static str> {
    let status = body["status"].as_str()?;
    STATUSES.into_iter().find(|known| *known == status)
}

/// PHP's idea of true in JSON.
pub(super) fn truthy(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value == 1 || value == "true" || value == "1"
}

fn matches(order: &Order, text: &str) -> bool {
    let text = text.to_lowercase();
    let fields = [
        order.id.to_string(),
        order.transaction.clone(),
        order.billing.email.clone(),
        order.billing.get("first_name").to_owned(),
        order.billing.get("last_name").to_owned(),
        order.billing.get("address_1").to_owned(),
    ];
    let named = order.lines.iter().map(|line| line.name.clone());
    fields.into_iter().chain(named).any(|field| field.to_lowercase().contains(&text))
}
