//! Payment terms: an order that waits for its money.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::ask::Ask;
use super::execute::{link, pages};
use super::money;
use super::problem::Problem;
use super::shop::{Shop, gid, number, stamp};

/// Id, name, description, days and type of Shopify's templates, in its order.
const TEMPLATES: [(u64, &str, &str, Option<i64>, &str); 9] = [
    (1, "Due on receipt", "Due on receipt", None, "RECEIPT"),
    (9, "Due on fulfillment", "Due on fulfillment", None, "FULFILLMENT"),
    (2, "Net 7", "Within 7 days", Some(7), "NET"),
    (3, "Net 15", "Within 15 days", Some(15), "NET"),
    (4, "Net 30", "Within 30 days", Some(30), "NET"),
    (8, "Net 45", "Within 45 days", Some(45), "NET"),
    (5, "Net 60", "Within 60 days", Some(60), "NET"),
    (6, "Net 90", "Within 90 days", Some(90), "NET"),
    (7, "Fixed", "Fixed date", None, "FIXED"),
];

/// When one order is to be paid.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) id: u64,
    pub(super) schedule: u64,
    /// The draft or the order.
    pub(super) owner: String,
    pub(super) template: u64,
    pub(super) issued: Option<Timestamp>,
    pub(super) due: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
}

/// `paymentTermsTemplates`.
pub(super) fn templates(kind: Option<&str>) -> Value {
    let meant = TEMPLATES.iter().filter(|(.., of)| kind.is_none_or(|kind| kind == *of));
    let all = meant.map(|(id, name, description, days, kind)| {
        json!({
            "id": gid("PaymentTermsTemplate", *id),
            "name": name,
            "description": description,
            "dueInDays": days,
            "paymentTermsType": kind,
            "translatedName": name,
        })
    });
    all.collect()
}

impl Shop {
    /// `paymentTermsCreate`.
    pub(super) fn create_terms(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        const CODE: &str = "PAYMENT_TERMS_CREATION_UNSUCCESSFUL";
        let owner = ask.text("referenceId").unwrap_or_default().to_owned();
        let refused = |message: &str| Ok(Self::terms_error(message, CODE));
        if let Ok(id) = number(&owner, "DraftOrder") {
            if !self.drafts.contains_key(&id) {
                return refused(&format!("Cannot find the specific Draft order with id {id}."));
            }
        } else {
            let id = number(&owner, "Order")?;
            let Some(order) = self.orders.get(&id) else {
                return refused(&format!("Cannot find the specific Order with id {id}."));
            };
            if order.outstanding() == money::Both::default() {
                return refused(
                    "Cannot create payment terms on an Order that has already been paid in full.",
                );
            }
        }
        match self.terms_of(&owner, ask.value("paymentTermsAttributes")) {
            Err(message) => refused(message),
            Ok(id) => {
                if let Ok(draft) = number(&owner, "DraftOrder") {
                    if let Some(draft) = self.drafts.get_mut(&draft) {
                        draft.terms = Some(id);
                    }
                    self.draft_changed(draft, "draft_orders/update");
                } else if let Ok(order) = number(&owner, "Order") {
                    if let Some(order) = self.orders.get_mut(&order) {
                        order.terms = Some(id);
                    }
                    self.order_changed(order, &[]);
                }
                Ok(json!({ "paymentTerms": link(gid("PaymentTerms", id)), "userErrors": [] }))
            }
        }
    }

    /// Makes terms by their input, or says why not.
    pub(super) fn terms_of(&mut self, owner: &str, input: &Value) -> Result<u64, &'static str> {
        let template = input["paymentTermsTemplateId"].as_str().unwrap_or_default();
        let template = number(template, "PaymentTermsTemplate").unwrap_or(0);
        let known = TEMPLATES.iter().find(|(id, ..)| *id == template);
        let Some((_, _, _, days, kind)) = known else {
            return Err("Could not find payment terms template.");
        };
        let schedules = input["paymentSchedules"].as_array().cloned().unwrap_or_default();
        if schedules.len() > 1 {
            return Err("Cannot create payment terms with multiple payment schedules.");
        }
        let time = |name: &str| {
            let text = schedules.first().and_then(|schedule| schedule[name].as_str());
            text.and_then(|text| text.parse::<Timestamp>().ok())
        };
        let (issued, due) = (time("issuedAt"), time("dueAt"));
        let (issued, due) = match *kind {
            "RECEIPT" | "FULFILLMENT" if due.is_some() => {
                return Err("A due date cannot be set with event payment terms.");
            }
            "RECEIPT" | "FULFILLMENT" => (None, None),
            "FIXED" if due.is_none() => {
                return Err("A due date is required with fixed or net payment terms.");
            }
            "NET" if issued.is_none() => {
                return Err("A due date is required with fixed or net payment terms.");
            }
            "NET" => {
                let after = SignedDuration::from_hours(24 * days.unwrap_or(0));
                (issued, issued.map(|issued| issued + after))
            }
            _ => (issued, due),
        };
        let (id, schedule) = (self.id(), self.id());
        let owner = owner.to_owned();
        let terms = Terms { id, schedule, owner, template, issued, due, completed: None };
        self.terms.insert(id, terms);
        Ok(id)
    }

    /// `paymentTermsDelete`.
    pub(super) fn delete_terms(&mut self, input: &Value) -> Result<Value, Problem> {
        let own = input["paymentTermsId"].as_str().unwrap_or_default();
        let id = number(own, "PaymentTerms")?;
        if self.terms.remove(&id).is_none() {
            let error = super::shop::coded_error(
                &[],
                "Could not find payment terms.",
                "PAYMENT_TERMS_DELETE_UNSUCCESSFUL",
            );
            return Ok(json!({ "deletedId": null, "userErrors": [error] }));
        }
        for draft in self.drafts.values_mut().filter(|draft| draft.terms == Some(id)) {
            draft.terms = None;
        }
        for order in self.orders.values_mut().filter(|order| order.terms == Some(id)) {
            order.terms = None;
        }
        Ok(json!({ "deletedId": own, "userErrors": [] }))
    }

    /// `PaymentTerms`.
    pub(super) fn terms_json(&self, terms: &Terms) -> Value {
        let draft = number(&terms.owner, "DraftOrder").ok().and_then(|id| self.drafts.get(&id));
        let order =
            number(&terms.owner, "Order").ok().or_else(|| draft.and_then(|draft| draft.order));
        let order = order.and_then(|id| self.orders.get(&id));
        let open = match (order, draft) {
            (Some(order), _) => {
                (order.outstanding().buyer, order.priced.total().buyer, order.priced.currencies.1)
            }
            (None, Some(draft)) => {
                let priced = self.priced(draft);
                (priced.total().buyer, priced.total().buyer, priced.currencies.1)
            }
            _ => (0, 0, self.settings.currency),
        };
        let (left, whole, currency) = open;
        let now = self.now();
        let due = terms.completed.is_none() && terms.due.is_some_and(|due| due <= now);
        let template = TEMPLATES.iter().find(|(id, ..)| *id == terms.template);
        let (_, name, _, days, kind) = template.copied().unwrap_or(TEMPLATES[0]);
        let schedule = terms.issued.or(terms.due).map(|_| {
            json!({
                "__typename": "PaymentSchedule",
                "id": gid("PaymentSchedule", terms.schedule),
                "issuedAt": terms.issued.map(stamp),
                "dueAt": terms.due.map(stamp),
                "completedAt": terms.completed.map(stamp),
                "due": due,
                "amount": money::money(whole, currency),
                "balanceDue": money::money(left, currency),
                "totalBalance": money::money(left, currency),
                "paymentTerms": link(gid("PaymentTerms", terms.id)),
            })
        });
        json!({
            "__typename": "PaymentTerms",
            "id": gid("PaymentTerms", terms.id),
            "due": due,
            "overdue": due,
            "dueInDays": days,
            "paymentTermsName": name,
            "paymentTermsType": kind,
            "translatedName": name,
            "paymentSchedules": pages(schedule.into_iter().collect()),
            "draftOrder": draft.map(|draft| link(gid("DraftOrder", draft.id))),
            "order": order.map(|order| link(gid("Order", order.id))),
        })
    }
}
