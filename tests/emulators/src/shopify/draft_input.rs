//! What somebody writes into a draft, and what is wrong with it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::address;
use super::draft::{Applied, Draft, Line, Shipping};
use super::money;
use super::problem::Problem;
use super::shop::{Shop, number, user_error};

impl Shop {
    /// Writes an input into a draft, or says what is wrong with it.
    pub(super) fn fill(
        &mut self,
        draft: &mut Draft,
        input: &Value,
        above: &[&str],
    ) -> Result<Result<(), Vec<Value>>, Problem> {
        let empty = Map::new();
        let input = input.as_object().unwrap_or(&empty);
        draft.priced = None;
        let mut errors = Vec::new();
        self.fill_lines(draft, input, above, &mut errors)?;
        self.fill_facts(draft, input, above, &mut errors);
        if errors.is_empty() {
            self.fill_shipping(draft, input, above, &mut errors);
        }
        Ok(if errors.is_empty() { Ok(()) } else { Err(errors) })
    }

    fn fill_lines(
        &mut self,
        draft: &mut Draft,
        input: &Map<String, Value>,
        above: &[&str],
        errors: &mut Vec<Value>,
    ) -> Result<(), Problem> {
        if let Some(rows) = input.get("lineItems") {
            draft.lines.clear();
            for (at, row) in rows.as_array().into_iter().flatten().enumerate() {
                match self.line(row, at, above)? {
                    Ok(line) => draft.lines.push(line),
                    Err(error) => errors.push(error),
                }
            }
        }
        if draft.lines.is_empty() && errors.is_empty() {
            errors.push(user_error(&[], "Add at least 1 product"));
        }
        Ok(())
    }

    fn line(
        &mut self,
        row: &Value,
        at: usize,
        above: &[&str],
    ) -> Result<Result<Line, Value>, Problem> {
        let quantity = row["quantity"].as_i64().unwrap_or(0);
        let at = at.to_string();
        if quantity < 1 {
            let field: Vec<&str> =
                above.iter().copied().chain(["lineItems", &at, "quantity"]).collect();
            return Ok(Err(user_error(&field, "Quantity must be greater than or equal to 1")));
        }
        if let Some(why) = applied_fault(&row["appliedDiscount"]) {
            let below = ["lineItems", &at, "appliedDiscount", "value"];
            let field: Vec<&str> = above.iter().copied().chain(below).collect();
            return Ok(Err(user_error(&field, why)));
        }
        let attributes = row.get("customAttributes").filter(|list| list.is_array());
        let attributes = attributes.cloned().unwrap_or_else(|| json!([]));
        let uuid = row["uuid"].as_str().map_or_else(|| self.uuid(), str::to_owned);
        let applied = self.applied(&row["appliedDiscount"]);
        let id = self.id();
        let base = Line {
            id,
            uuid,
            variant: None,
            title: String::new(),
            sku: None,
            quantity,
            price: None,
            taxable: true,
            ships: true,
            attributes,
            applied,
        };
        if let Some(variant) = row["variantId"].as_str() {
            let variant = number(variant, "ProductVariant")?;
            let Some(known) = self.catalog.variants.get(&variant) else {
                let message = format!("Product with ID {variant} is no longer available.");
                return Ok(Err(user_error(&[], &message)));
            };
            let title = self.catalog.products.get(&known.product).map(|p| p.title.clone());
            // Whatever else the row says, the catalog's values win.
            return Ok(Ok(Line {
                variant: Some(variant),
                title: title.unwrap_or_default(),
                sku: known.sku.map(str::to_owned),
                price: Some((known.price, self.settings.currency)),
                taxable: known.taxable,
                ships: known.ships,
                ..base
            }));
        }
        let title = row["title"].as_str().unwrap_or_default();
        if title.trim().is_empty() {
            return Ok(Err(user_error(&[], "Merchandise title is empty.")));
        }
        let with = &row["originalUnitPriceWithCurrency"];
        let code = with["currencyCode"].as_str().and_then(money::currency);
        let code = code.unwrap_or(self.settings.currency);
        let price = with["amount"].as_str().or_else(|| row["originalUnitPrice"].as_str());
        let price = price.and_then(|text| money::parsed(text, code)).unwrap_or(0);
        if price < 0 {
            return Ok(Err(user_error(&[], "Cannot send negative price for line_item")));
        }
        Ok(Ok(Line {
            title: title.to_owned(),
            sku: row["sku"].as_str().map(str::to_owned),
            price: Some((price, code)),
            taxable: row["taxable"].as_bool().unwrap_or(true),
            ships: row["requiresShipping"].as_bool().unwrap_or(true),
            ..base
        }))
    }

    fn fill_facts(
        &mut self,
        draft: &mut Draft,
        input: &Map<String, Value>,
        above: &[&str],
        errors: &mut Vec<Value>,
    ) {
        let field = |name: &'static str| above.iter().copied().chain([name]).collect::<Vec<_>>();
        text(input, "email", &mut draft.email);
        text(input, "phone", &mut draft.phone);
        text(input, "note", &mut draft.note);
        text(input, "poNumber", &mut draft.po_number);
        text(input, "sourceName", &mut draft.source);
        if draft.email.as_deref().is_some_and(|email| !address::is_email(email)) {
            errors.push(user_error(&field("email"), "Email is invalid"));
        }
        if let Some(tags) = input.get("tags") {
            fill_tags(draft, tags, above, errors);
        }
        if let Some(list) = input.get("customAttributes") {
            draft.attributes = if list.is_array() { list.clone() } else { json!([]) };
        }
        for (name, into) in [
            ("shippingAddress", &mut draft.shipping_address),
            ("billingAddress", &mut draft.billing_address),
        ] {
            if let Some(value) = input.get(name) {
                let id = draft.number;
                *into = value.is_object().then(|| address::view(value, id));
            }
        }
        if let Some(code) = input.get("presentmentCurrencyCode") {
            let known = code.as_str().and_then(money::currency);
            let enabled = known.filter(|known| self.settings.currencies.contains(known));
            if code.is_string() && enabled.is_none() {
                // Not documented.
                let message = "Presentment currency code is not enabled for this shop";
                errors.push(user_error(&field("presentmentCurrencyCode"), message));
            }
            draft.presentment = enabled;
        }
        if let Some(codes) = input.get("discountCodes") {
            let codes = codes.as_array().into_iter().flatten().filter_map(Value::as_str);
            draft.codes = codes.map(str::to_owned).collect();
        }
        let yes = |name: &str| input.get(name).and_then(Value::as_bool);
        draft.automatic = yes("acceptAutomaticDiscounts").unwrap_or(draft.automatic);
        draft.tax_exempt = yes("taxExempt").unwrap_or(draft.tax_exempt);
        draft.visible = yes("visibleToCustomer").unwrap_or(draft.visible);
        if let Some(applied) = input.get("appliedDiscount") {
            draft.applied = self.applied(applied);
            errors.extend(applied_fault(applied).map(|why| {
                let field: Vec<&str> =
                    above.iter().copied().chain(["appliedDiscount", "value"]).collect();
                user_error(&field, why)
            }));
        }
        if let Some(until) = input.get("reserveInventoryUntil") {
            let until = until.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if until.is_some_and(|until| until <= self.now()) {
                errors.push(user_error(&[], "Reserve until can't be in the past"));
            }
            draft.reserve_until = until;
        }
        let terms = input.get("paymentTerms").filter(|terms| terms.is_object());
        if terms.is_some_and(|terms| terms["paymentTermsTemplateId"].is_null()) {
            errors.push(user_error(&[], "Payment terms template id can not be empty."));
        }
        if let Some(email) = draft.email.clone().filter(|_| errors.is_empty()) {
            draft.customer = Some(self.customer_for(&email));
        }
    }

    fn fill_shipping(
        &mut self,
        draft: &mut Draft,
        input: &Map<String, Value>,
        above: &[&str],
        errors: &mut Vec<Value>,
    ) {
        let Some(line) = input.get("shippingLine") else { return };
        if line.is_null() {
            draft.shipping = None;
            return;
        }
        if let Some(handle) = line["shippingRateHandle"].as_str() {
            if let Some(shipping) = self.redeem(handle, draft) {
                draft.shipping = Some(shipping);
            } else {
                // Whether a stale handle is refused or keeps its price is not known.
                let below = ["shippingLine", "shippingRateHandle"];
                let field: Vec<&str> = above.iter().copied().chain(below).collect();
                errors.push(user_error(&field, "The shipping rate is no longer available"));
            }
            return;
        }
        let with = &line["priceWithCurrency"];
        let code = with["currencyCode"].as_str().and_then(money::currency);
        let code = code.unwrap_or(self.settings.currency);
        let price = with["amount"].as_str().or_else(|| line["price"].as_str()).unwrap_or("0");
        draft.shipping = Some(Shipping {
            title: line["title"].as_str().unwrap_or("Custom").to_owned(),
            code: None,
            source: None,
            handle: None,
            price: money::parsed(price, code).unwrap_or(0),
            currency: code,
            pickup: None,
        });
    }

    fn applied(&self, input: &Value) -> Option<Applied> {
        input.as_object()?;
        let percent = input["valueType"] == "PERCENTAGE";
        let with = &input["amountWithCurrency"];
        let code = with["currencyCode"].as_str().and_then(money::currency);
        let currency = code.unwrap_or(self.settings.currency);
        let value = input["value"].to_string();
        let worth = money::parsed(&value, if percent { "USD" } else { currency }).unwrap_or(0);
        Some(Applied {
            title: input["title"].as_str().map(str::to_owned),
            description: input["description"].as_str().unwrap_or_default().to_owned(),
            value: input["value"].clone(),
            worth,
            percent,
            currency,
        })
    }
}

/// Every text of an input member that may be cleared.
fn text(input: &Map<String, Value>, name: &str, into: &mut Option<String>) {
    if let Some(value) = input.get(name) {
        *into = value.as_str().map(str::to_owned);
    }
}

fn fill_tags(draft: &mut Draft, tags: &Value, above: &[&str], errors: &mut Vec<Value>) {
    let tags = tags.as_array().into_iter().flatten().filter_map(Value::as_str);
    let tags: Vec<String> = tags.map(|tag| tag.trim().to_owned()).collect();
    for (at, tag) in tags.iter().enumerate() {
        if tag.chars().count() > 40 {
            // In an update the count begins behind the tags that are there.
            let at = (at + draft.tags.len()).to_string();
            let field: Vec<&str> = above.iter().copied().chain(["tags", &at]).collect();
            let message = "Title Tag exceeds the maximum length of 40 characters";
            errors.push(user_error(&field, message));
        }
    }
    draft.tags = tidy_tags(tags);
}

/// What is wrong with a discount that the writer gives. One below nothing is not.
fn applied_fault(applied: &Value) -> Option<&'static str> {
    let value = applied["value"].to_string();
    if applied["valueType"] != "PERCENTAGE" {
        return None;
    }
    match money::parsed(&value, "USD") {
        None => Some("Applied discount value can have at most 2 digits after decimal point"),
        Some(hundredths) if hundredths > 10_000 => {
            Some("Applied discount value must be less than or equal to 100%")
        }
        Some(_) => None,
    }
}

/// Tags once each, without regard to case, in the order Shopify keeps them.
pub(super) fn tidy_tags(tags: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        if !tag.is_empty() && !kept.iter().any(|known| known.eq_ignore_ascii_case(&tag)) {
            kept.push(tag);
        }
    }
    kept.sort_by_key(|tag| tag.to_lowercase());
    kept
}
