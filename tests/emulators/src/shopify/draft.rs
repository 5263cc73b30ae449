//! Draft orders: carts that Shopify keeps, prices and turns into orders.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::address;
use super::catalog::Taken;
use super::money::{self, Currency};
use super::problem::Problem;
use super::shop::{Shop, coded_error, gid, number, user_error};

/// One draft order.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) completed: Option<Timestamp>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) note: Option<String>,
    pub(super) po_number: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) attributes: Value,
    /// As `MailingAddress` shows them.
    pub(super) shipping_address: Option<Value>,
    pub(super) billing_address: Option<Value>,
    /// What was asked for; without it the buyer's market decides.
    pub(super) presentment: Option<Currency>,
    pub(super) lines: Vec<Line>,
    pub(super) codes: Vec<String>,
    pub(super) automatic: bool,
    pub(super) applied: Option<Applied>,
    pub(super) shipping: Option<Shipping>,
    pub(super) reserve_until: Option<Timestamp>,
    pub(super) held: Vec<Taken>,
    pub(super) terms: Option<u64>,
    pub(super) order: Option<u64>,
    pub(super) tax_exempt: bool,
    pub(super) source: Option<String>,
    pub(super) customer: Option<u64>,
    pub(super) visible: bool,
    pub(super) invoice: String,
}

/// One row of a draft.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) uuid: String,
    /// Absent for a row that is in no catalog.
    pub(super) variant: Option<u64>,
    pub(super) title: String,
    pub(super) sku: Option<String>,
    pub(super) quantity: i64,
    /// Price and currency of a row that is in no catalog.
    pub(super) price: Option<(i64, Currency)>,
    pub(super) taxable: bool,
    pub(super) ships: bool,
    pub(super) attributes: Value,
    pub(super) applied: Option<Applied>,
}

/// A discount that whoever wrote the draft gave.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    pub(super) title: Option<String>,
    pub(super) description: String,
    pub(super) value: Value,
    /// Hundredths of a percent, or minor units.
    pub(super) worth: i64,
    pub(super) percent: bool,
    pub(super) currency: Currency,
}

/// How the goods travel.
#[derive(Clone, Debug)]
pub(super) struct Shipping {
    pub(super) title: String,
    pub(super) code: Option<String>,
    pub(super) source: Option<String>,
    pub(super) handle: Option<String>,
    pub(super) price: i64,
    pub(super) currency: Currency,
    /// The location where the goods are fetched.
    pub(super) pickup: Option<u64>,
}

/// Every text of an input member that may be cleared.
fn text(input: &Map<String, Value>, name: &str, into: &mut Option<String>) {
    if let Some(value) = input.get(name) {
        *into = value.as_str().map(str::to_owned);
    }
}

impl Shop {
    /// `draftOrderCalculate` and `draftOrderCreate` start from this.
    pub(super) fn blank_draft(&mut self) -> Draft {
        let now = self.now();
        Draft {
            id: 0,
            number: 0,
            created: now,
            updated: now,
            completed: None,
            email: None,
            phone: None,
            note: None,
            po_number: None,
            tags: Vec::new(),
            attributes: json!([]),
            shipping_address: None,
            billing_address: None,
            presentment: None,
            lines: Vec::new(),
            codes: Vec::new(),
            automatic: false,
            applied: None,
            shipping: None,
            reserve_until: None,
            held: Vec::new(),
            terms: None,
            order: None,
            tax_exempt: false,
            source: None,
            customer: None,
            visible: false,
            invoice: String::new(),
        }
    }

    /// `draftOrderCreate`.
    pub(super) fn create_draft(&mut self, input: &Value) -> Result<Value, Problem> {
        let mut draft = self.blank_draft();
        if let Err(errors) = self.fill(&mut draft, input, &[])? {
            return Ok(json!({ "draftOrder": null, "userErrors": errors }));
        }
        draft.id = self.id();
        draft.number = self.draft_number();
        draft.invoice = self.hex(32);
        if let Some(terms) = input.get("paymentTerms").filter(|terms| !terms.is_null()) {
            let reference = gid("DraftOrder", draft.id);
            draft.terms = self.terms_of(&reference, terms).ok();
        }
        self.keep_metafields(&gid("DraftOrder", draft.id), &input["metafields"]);
        let id = draft.id;
        self.hold(&mut draft);
        self.drafts.insert(id, draft);
        self.draft_changed(id, "draft_orders/create");
        Ok(json!({ "draftOrder": super::execute::link(gid("DraftOrder", id)), "userErrors": [] }))
    }

    /// `draftOrderUpdate`.
    pub(super) fn update_draft(&mut self, id: &str, input: &Value) -> Result<Value, Problem> {
        let id = number(id, "DraftOrder")?;
        let refused = |error| Ok(json!({ "draftOrder": null, "userErrors": [error] }));
        let Some(mut draft) = self.drafts.get(&id).cloned() else {
            return refused(user_error(&["id"], "Draft order does not exist"));
        };
        if draft.completed.is_some() {
            // That it is refused is documented, its words are not.
            let link = super::execute::link(gid("DraftOrder", id));
            let error = user_error(&[], "This order has been paid");
            return Ok(json!({ "draftOrder": link, "userErrors": [error] }));
        }
        if let Err(errors) = self.fill(&mut draft, input, &["input"])? {
            return Ok(json!({ "draftOrder": null, "userErrors": errors }));
        }
        self.let_go(&mut draft);
        self.hold(&mut draft);
        self.keep_metafields(&gid("DraftOrder", id), &input["metafields"]);
        self.drafts.insert(id, draft);
        self.draft_changed(id, "draft_orders/update");
        Ok(json!({ "draftOrder": super::execute::link(gid("DraftOrder", id)), "userErrors": [] }))
    }

    /// `draftOrderCalculate`: the same, and nothing is kept.
    pub(super) fn calculate_draft(&mut self, input: &Value) -> Result<Value, Problem> {
        let mut draft = self.blank_draft();
        if let Err(errors) = self.fill(&mut draft, input, &[])? {
            return Ok(json!({ "calculatedDraftOrder": null, "userErrors": errors }));
        }
        let view = self.calculated_json(&draft);
        Ok(json!({ "calculatedDraftOrder": view, "userErrors": [] }))
    }

    /// `draftOrderDelete`.
    pub(super) fn delete_draft(&mut self, input: &Value) -> Result<Value, Problem> {
        let gid_text = input["id"].as_str().unwrap_or_default();
        let id = number(gid_text, "DraftOrder")?;
        let refused = |error| Ok(json!({ "deletedId": null, "userErrors": [error] }));
        match self.drafts.get(&id) {
            None => refused(user_error(&["input", "id"], "Draft order does not exist")),
            // Not documented; an order without its draft would hide a mistake.
            Some(draft) if draft.completed.is_some() => {
                refused(user_error(&["input", "id"], "Completed draft orders can't be deleted"))
            }
            Some(_) => {
                if let Some(mut draft) = self.drafts.remove(&id) {
                    self.let_go(&mut draft);
                }
                self.index.forget(gid_text);
                self.announce("draft_orders/delete", &json!({ "id": id }));
                Ok(json!({ "deletedId": gid_text, "userErrors": [] }))
            }
        }
    }

    /// Writes an input into a draft, or says what is wrong with it.
    pub(super) fn fill(
        &mut self,
        draft: &mut Draft,
        input: &Value,
        above: &[&str],
    ) -> Result<Result<(), Vec<Value>>, Problem> {
        let empty = Map::new();
        let input = input.as_object().unwrap_or(&empty);
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

    /// Holds stock for a draft that asks for it. Nothing is refused when there is too little.
    pub(super) fn hold(&mut self, draft: &mut Draft) {
        let now = self.now();
        if draft.reserve_until.is_none_or(|until| until <= now) {
            return;
        }
        for line in &draft.lines {
            if let Some(variant) = line.variant {
                draft.held.extend(self.catalog.take(variant, line.quantity, true, now));
            }
        }
        self.stock_changed(&draft.held.clone());
    }

    /// Lets go of what a draft holds.
    pub(super) fn let_go(&mut self, draft: &mut Draft) {
        let now = self.now();
        let held = std::mem::take(&mut draft.held);
        for taken in &held {
            self.catalog.put_back(*taken, true, now);
        }
        self.stock_changed(&held);
    }

    /// Holds whose time is over end by themselves.
    pub(super) fn release_holds(&mut self, now: Timestamp) {
        let over: Vec<u64> = self
            .drafts
            .values()
            .filter(|draft| {
                !draft.held.is_empty() && draft.reserve_until.is_none_or(|until| until <= now)
            })
            .map(|draft| draft.id)
            .collect();
        for id in over {
            if let Some(mut draft) = self.drafts.remove(&id) {
                self.let_go(&mut draft);
                self.drafts.insert(id, draft);
            }
        }
    }

    /// Puts a changed draft before the search, and tells of it.
    pub(super) fn draft_changed(&mut self, id: u64, topic: &str) {
        let now = self.now();
        let Some(draft) = self.drafts.get_mut(&id) else { return };
        draft.updated = now;
        let draft = draft.clone();
        self.index.note(&gid("DraftOrder", id), super::search::draft(&draft), now);
        let body = self.draft_payload(&draft);
        self.announce(topic, &body);
    }

    /// The answer of a mutation about payment terms that was refused.
    pub(super) fn terms_error(message: &str, code: &str) -> Value {
        json!({ "paymentTerms": null, "userErrors": [coded_error(&[], message, code)] })
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
