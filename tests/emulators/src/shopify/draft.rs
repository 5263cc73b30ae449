//! Draft orders: carts that Shopify keeps, prices and turns into orders.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalog::Taken;
use super::money::Currency;
use super::pricing::Priced;
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
    /// What it cost when it was last written; nothing else changes that.
    pub(super) priced: Option<Priced>,
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
    /// Price and currency of a row that is in no catalog, or no more.
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
            priced: None,
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
        draft.priced = Some(self.priced(&draft));
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
        draft.priced = Some(self.priced(&draft));
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

    /// Whether everything about a draft is worked out.
    pub(super) fn is_ready(&self, draft: &Draft) -> bool {
        let passed = self.now().as_millisecond() - draft.updated.as_millisecond();
        draft.completed.is_some() || passed >= self.settings.quirks.drafts_ready_after_ms
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
