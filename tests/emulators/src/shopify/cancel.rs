//! Cancelling an order, which Shopify does in its own time.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::ask::Ask;
use super::money::Both;
use super::order::{Refund, RefundLine};
use super::problem::Problem;
use super::shop::{Job, Shop, coded_error, number, user_error};

/// How long a cancellation takes.
const TAKES: SignedDuration = SignedDuration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) struct Cancel {
    order: u64,
    reason: String,
    note: Option<String>,
    restock: bool,
    refund: bool,
}

impl Shop {
    /// `orderCancel`: answers a job.
    pub(super) fn cancel_order(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        let id = number(ask.text("orderId").unwrap_or_default(), "Order")?;
        let method = ask.value("refundMethod");
        let refused = |field: &[&str], message: &str, code: &str| {
            Ok(json!({
                "job": null,
                "orderCancelUserErrors": [coded_error(field, message, code)],
                "userErrors": [user_error(field, message)],
            }))
        };
        let Some(order) = self.orders.get(&id) else {
            return refused(&["orderId"], "Order does not exist", "NOT_FOUND");
        };
        let sent =
            |name: &str| ask.sent.iter().any(|sent| sent == name) && !ask.value(name).is_null();
        if ask.text("staffNote").is_some_and(|note| note.chars().count() > 255) {
            let message = "Staff note is too long. Maximum length is 255 characters.";
            return refused(&["staffNote"], message, "INVALID");
        }
        if sent("refund") && sent("refundMethod") {
            let message = "Only one of the arguments `refund` or `refund_method` is allowed.";
            return refused(&["refund"], message, "INVALID");
        }
        if order.cancelled.is_some() {
            let message = "Cannot cancel an order that has already been canceled";
            return refused(&["orderId"], message, "INVALID");
        }
        if order.lines.iter().any(|line| line.fulfilled > 0) {
            let message = "Cannot cancel an order that has outstanding fulfillments";
            return refused(&["orderId"], message, "INVALID");
        }
        let underway = self.jobs.values().filter_map(|job| job.work.as_ref());
        if underway.into_iter().any(|work| work.order == id) {
            return refused(&[], "Cancellation is already in progress", "INVALID");
        }
        let work = Cancel {
            order: id,
            reason: ask.text("reason").unwrap_or("OTHER").to_owned(),
            note: ask.text("staffNote").map(str::to_owned),
            restock: ask.value("restock") == true,
            refund: ask.value("refund") == true || method["originalPaymentMethodsRefund"] == true,
        };
        let job = format!("gid://shopify/Job/{}", self.uuid());
        self.jobs.insert(job.clone(), Job { due: self.now() + TAKES, work: Some(work) });
        Ok(json!({
            "job": { "id": job, "done": false, "query": null },
            "orderCancelUserErrors": [],
            "userErrors": [],
        }))
    }

    /// `job`.
    pub(super) fn job_json(&self, own: &str) -> Value {
        match self.jobs.get(own) {
            Some(job) => json!({ "id": own, "done": job.work.is_none(), "query": null }),
            None => Value::Null,
        }
    }

    /// Does what is due.
    pub(super) fn finish_jobs(&mut self, now: Timestamp) {
        let due = self.jobs.values_mut().filter(|job| job.due <= now);
        let due: Vec<Cancel> = due.filter_map(|job| job.work.take()).collect();
        for work in due {
            self.cancel(&work, now);
        }
    }

    fn cancel(&mut self, work: &Cancel, now: Timestamp) {
        let Some(mut order) = self.orders.remove(&work.order) else { return };
        let back = order.received() - order.refunded();
        let refund = work.refund && back != Both::default();
        let mut lines = Vec::new();
        for (at, line) in order.lines.iter_mut().enumerate() {
            let left = order.draft.lines[at].quantity - line.removed;
            line.removed += left;
            let priced = &order.priced.lines[at];
            lines.push(RefundLine {
                id: self.id(),
                line: line.id,
                quantity: left,
                restock: if work.restock { "CANCEL" } else { "NO_RESTOCK" }.to_owned(),
                location: None,
                subtotal: priced.total - priced.off - priced.order_off,
                tax: priced.taxes.iter().map(|(_, amount)| *amount).sum(),
            });
        }
        if work.restock {
            let taken = std::mem::take(&mut order.taken);
            for taken in &taken {
                self.catalog.put_back(*taken, false, now);
            }
            self.stock_changed(&taken);
        }
        if refund {
            let sale =
                order.transactions.iter().find(|t| t.kind == "SALE" && t.status == "SUCCESS");
            let (parent, gateway) =
                sale.map_or((None, "manual".to_owned()), |t| (Some(t.id), t.gateway.clone()));
            let money = self.transaction("REFUND", "SUCCESS", &gateway, back, parent);
            let transactions = vec![money.id];
            order.transactions.push(money);
            let id = self.id();
            let shipping = order.priced.shipping_paid();
            order.refunds.push(Refund {
                id,
                created: now,
                note: work.note.clone(),
                lines,
                shipping,
                transactions,
            });
        }
        order.cancelled = Some((now, work.reason.clone(), work.note.clone()));
        order.closed = Some(now);
        let id = order.id;
        self.orders.insert(id, order);
        self.order_changed(id, &["orders/cancelled"]);
        if refund {
            self.tell_refund(id);
            self.tell_transactions(id);
        }
    }

    /// Tells of an order's newest refund.
    pub(super) fn tell_refund(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id) else { return };
        let Some(refund) = order.refunds.last() else { return };
        let body = super::payloads::refund_payload(order, refund);
        self.announce("refunds/create", &body);
    }
}
