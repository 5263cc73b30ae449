//! Orders: what a draft becomes, and what its money does.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ask::Ask;
use super::catalog::Taken;
use super::draft::Draft;
use super::execute::link;
use super::money::Both;
use super::pricing::Priced;
use super::problem::Problem;
use super::shop::{Shop, gid, number, user_error};

/// One order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) number: u64,
    /// The draft as it was.
    pub(super) draft: Draft,
    pub(super) priced: Priced,
    pub(super) lines: Vec<OrderLine>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    /// When, why, and the staff's note.
    pub(super) cancelled: Option<(Timestamp, String, Option<String>)>,
    pub(super) closed: Option<Timestamp>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) refunds: Vec<Refund>,
    pub(super) fulfillments: Vec<Fulfillment>,
    pub(super) taken: Vec<Taken>,
    pub(super) terms: Option<u64>,
    pub(super) source: String,
    /// Part of the status page's address, and the number a buyer is told.
    pub(super) token: String,
}

/// A row of an order, in the order of the draft's rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderLine {
    pub(super) id: u64,
    /// Units that were taken off again.
    pub(super) removed: i64,
    pub(super) fulfilled: i64,
}

/// Money that moved, or will.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) id: u64,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) gateway: String,
    pub(super) amount: Both,
    pub(super) parent: Option<u64>,
    pub(super) processed: Timestamp,
}

/// Money and goods that went back.
#[derive(Clone, Debug)]
pub(super) struct Refund {
    pub(super) id: u64,
    pub(super) created: Timestamp,
    pub(super) note: Option<String>,
    pub(super) lines: Vec<RefundLine>,
    pub(super) shipping: Both,
    pub(super) transactions: Vec<u64>,
}

/// A row of a refund.
#[derive(Clone, Debug)]
pub(super) struct RefundLine {
    pub(super) id: u64,
    pub(super) line: u64,
    pub(super) quantity: i64,
    pub(super) restock: String,
    pub(super) location: Option<u64>,
    pub(super) subtotal: Both,
    pub(super) tax: Both,
}

/// A parcel.
#[derive(Clone, Debug)]
pub(super) struct Fulfillment {
    pub(super) id: u64,
    pub(super) created: Timestamp,
    /// Row and units.
    pub(super) lines: Vec<(u64, i64)>,
    /// Company, number and address of the tracking.
    pub(super) tracking: Option<(String, String, String)>,
    pub(super) delivered: Option<Timestamp>,
}

impl Order {
    pub(super) fn received(&self) -> Both {
        self.sum(&["SALE", "CAPTURE"])
    }

    pub(super) fn refunded(&self) -> Both {
        self.sum(&["REFUND"])
    }

    /// What is still to be paid.
    pub(super) fn outstanding(&self) -> Both {
        if self.cancelled.is_some() {
            return Both::default();
        }
        let left = self.priced.total() - self.received();
        Both { shop: left.shop.max(0), buyer: left.buyer.max(0) }
    }

    /// What the order costs after everything that was taken off it.
    pub(super) fn current(&self) -> Both {
        if self.cancelled.is_some() {
            return Both::default();
        }
        let off = self.refunds.iter().map(|refund| {
            let lines = refund.lines.iter().map(|line| line.subtotal + line.tax);
            lines.sum::<Both>() + refund.shipping
        });
        self.priced.total() - off.sum::<Both>()
    }

    /// `displayFinancialStatus`.
    pub(super) fn financial(&self) -> Option<&'static str> {
        let (received, refunded) = (self.received().buyer, self.refunded().buyer);
        if refunded > 0 {
            return Some(if refunded >= received { "REFUNDED" } else { "PARTIALLY_REFUNDED" });
        }
        if received >= self.priced.total().buyer {
            return Some("PAID");
        }
        if received > 0 {
            return Some("PARTIALLY_PAID");
        }
        if self.cancelled.is_some() && !self.transactions.is_empty() {
            return Some("VOIDED");
        }
        (!self.transactions.is_empty() || self.terms.is_some()).then_some("PENDING")
    }

    /// `displayFulfillmentStatus`.
    pub(super) fn fulfillment(&self) -> &'static str {
        let units: i64 = self.draft.lines.iter().map(|line| line.quantity).sum();
        let gone: i64 = self.lines.iter().map(|line| line.fulfilled).sum();
        let removed: i64 = self.lines.iter().map(|line| line.removed).sum();
        match gone {
            0 => "UNFULFILLED",
            _ if gone + removed >= units => "FULFILLED",
            _ => "PARTIALLY_FULFILLED",
        }
    }

    fn sum(&self, kinds: &[&str]) -> Both {
        let meant = |t: &&Transaction| kinds.contains(&t.kind) && t.status == "SUCCESS";
        self.transactions.iter().filter(meant).map(|transaction| transaction.amount).sum()
    }
}

impl Shop {
    /// `draftOrderComplete`. A second call answers the same order.
    pub(super) fn complete_draft(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        let id = number(ask.text("id").unwrap_or_default(), "DraftOrder")?;
        let answer = |errors: Value, known: bool| {
            let draft = known.then(|| link(gid("DraftOrder", id)));
            Ok(json!({ "draftOrder": draft, "userErrors": errors }))
        };
        let Some(draft) = self.drafts.get(&id).cloned() else {
            return answer(json!([user_error(&["id"], "Draft order does not exist")]), false);
        };
        if draft.completed.is_some() {
            return answer(json!([user_error(&[], "This order has been paid")]), true);
        }
        if !self.is_ready(&draft) {
            // Not documented.
            return answer(json!([user_error(&[], "Draft order is not ready")]), true);
        }
        // The schema shows no gateways; the demo has none that may be named.
        if ask.text("paymentGatewayId").is_some() {
            return answer(json!([user_error(&[], "Invalid payment gateway")]), true);
        }
        if self.settings.quirks.completion_checks_stock && self.is_short(&draft) {
            return answer(json!([user_error(&[], "Not enough inventory available")]), true);
        }
        let pending = ask.value("paymentPending") == true || draft.terms.is_some();
        self.place(draft, pending);
        answer(json!([]), true)
    }

    /// Whether a draft asks for more than there is, its own hold given back.
    fn is_short(&self, draft: &Draft) -> bool {
        draft.lines.iter().any(|line| {
            let variant = line.variant.and_then(|id| self.catalog.variants.get(&id));
            variant.is_some_and(|variant| {
                let held: i64 =
                    draft.held.iter().filter(|t| t.variant == variant.id).map(|t| t.quantity).sum();
                let left = self.catalog.available(variant.id) + held;
                variant.tracked && !variant.oversells && left < line.quantity
            })
        })
    }

    fn place(&mut self, mut draft: Draft, pending: bool) {
        let now = self.now();
        let priced = self.priced(&draft);
        self.let_go(&mut draft);
        draft.reserve_until = None;
        let mut taken = Vec::new();
        for line in &draft.lines {
            if let Some(variant) = line.variant {
                taken.extend(self.catalog.take(variant, line.quantity, false, now));
            }
        }
        self.stock_changed(&taken);
        for less in &priced.discounts {
            if let Some(known) = self.discounts.iter_mut().find(|d| d.id == less.discount.id) {
                known.used += 1;
            }
        }
        let lines =
            draft.lines.iter().map(|_| OrderLine { id: self.id(), removed: 0, fulfilled: 0 });
        let lines: Vec<OrderLine> = lines.collect();
        let (id, number) = (self.id(), self.order_number());
        draft.completed = Some(now);
        draft.order = Some(id);
        let mut kept = draft.clone();
        if self.settings.quirks.attributes_get_lost {
            kept.attributes = json!([]);
        }
        let mut order = Order {
            id,
            number,
            lines,
            terms: draft.terms,
            draft: kept,
            created: now,
            updated: now,
            cancelled: None,
            closed: None,
            transactions: Vec::new(),
            refunds: Vec::new(),
            fulfillments: Vec::new(),
            taken,
            source: self.app.id.to_string(),
            token: self.hex(32),
            priced,
        };
        let total = order.priced.total();
        if total != Both::default() {
            let status = if pending { "PENDING" } else { "SUCCESS" };
            order.transactions.push(self.transaction("SALE", status, "manual", total, None));
        }
        let draft_id = draft.id;
        self.drafts.insert(draft_id, draft);
        self.orders.insert(id, order);
        self.draft_changed(draft_id, "draft_orders/update");
        let mut topics = vec!["orders/create"];
        if !pending {
            topics.push("orders/paid");
        }
        self.order_changed(id, &topics);
        if !pending {
            self.tell_transactions(id);
        }
    }

    pub(super) fn transaction(
        &mut self,
        kind: &'static str,
        status: &'static str,
        gateway: &str,
        amount: Both,
        parent: Option<u64>,
    ) -> Transaction {
        let (id, processed) = (self.id(), self.now());
        Transaction { id, kind, status, gateway: gateway.to_owned(), amount, parent, processed }
    }

    /// `orderMarkAsPaid`.
    pub(super) fn mark_as_paid(&mut self, input: &Value) -> Result<Value, Problem> {
        let id = number(input["id"].as_str().unwrap_or_default(), "Order")?;
        let Some(order) = self.orders.get(&id) else {
            let error = user_error(&["id"], "Order does not exist");
            return Ok(json!({ "order": null, "userErrors": [error] }));
        };
        let order_link = link(gid("Order", id));
        if order.cancelled.is_some() || order.outstanding() == Both::default() {
            let error = user_error(&["id"], "Order cannot be marked as paid.");
            return Ok(json!({ "order": order_link, "userErrors": [error] }));
        }
        self.settle(id, "manual", None);
        Ok(json!({ "order": order_link, "userErrors": [] }))
    }

    /// `orderCreateManualPayment`.
    pub(super) fn manual_payment(&mut self, ask: &Ask<'_>) -> Result<Value, Problem> {
        if !ask.value("amount").is_null() && self.settings.plan != super::Plan::Plus {
            let access = super::schema::field_access("Mutation", "orderCreateManualPayment");
            return Err(Problem::denied(ask.field, access.map_or("", |access| &access.text)));
        }
        let id = number(ask.text("id").unwrap_or_default(), "Order")?;
        let Some(order) = self.orders.get(&id) else {
            let mut error = user_error(&["id"], "Order does not exist");
            error["code"] = json!("ORDER_NOT_FOUND");
            return Ok(json!({ "order": null, "userErrors": [error] }));
        };
        let order_link = link(gid("Order", id));
        if order.cancelled.is_some() || order.outstanding() == Both::default() {
            let mut error = user_error(&["id"], "Order is not available for a manual payment");
            error["code"] = json!("NOT_AVAILABLE");
            return Ok(json!({ "order": order_link, "userErrors": [error] }));
        }
        if let Some(method) = ask.text("paymentMethodName")
            && method != "Bank Deposit"
        {
            let mut error = user_error(&["paymentMethodName"], "Payment method does not exist");
            error["code"] = json!("GATEWAY_NOT_FOUND");
            return Ok(json!({ "order": order_link, "userErrors": [error] }));
        }
        let at = ask.text("processedAt").and_then(|text| text.parse().ok());
        self.settle(id, ask.text("paymentMethodName").unwrap_or("manual"), at);
        Ok(json!({ "order": order_link, "userErrors": [] }))
    }

    /// The whole of what is open comes in.
    fn settle(&mut self, id: u64, gateway: &str, at: Option<Timestamp>) {
        let Some(order) = self.orders.get(&id) else { return };
        let (amount, terms) = (order.outstanding(), order.terms);
        let parent = order.transactions.iter().find(|t| t.status == "PENDING").map(|t| t.id);
        let mut payment = self.transaction("SALE", "SUCCESS", gateway, amount, parent);
        payment.processed = at.unwrap_or(payment.processed);
        let now = self.now();
        if let Some(order) = self.orders.get_mut(&id) {
            order.transactions.push(payment);
        }
        if let Some(terms) = terms.and_then(|terms| self.terms.get_mut(&terms)) {
            terms.completed = Some(now);
        }
        self.order_changed(id, &["orders/paid"]);
        self.tell_transactions(id);
    }

    /// Puts a changed order before the search, and tells of it.
    pub(super) fn order_changed(&mut self, id: u64, topics: &[&str]) {
        let now = self.now();
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.updated = now;
        let order = order.clone();
        self.index.note(&gid("Order", id), super::search::order(&order), now);
        let body = self.order_payload(&order);
        for topic in topics.iter().copied().chain(["orders/updated"]) {
            self.announce(topic, &body);
        }
    }

    /// Tells of an order's newest transaction.
    pub(super) fn tell_transactions(&mut self, id: u64) {
        let Some(order) = self.orders.get(&id) else { return };
        let Some(last) = order.transactions.last() else { return };
        let body = super::payloads::transaction_payload(order, last);
        self.announce("order_transactions/create", &body);
    }
}
