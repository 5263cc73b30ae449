//! `refundCreate`, once for each key.

use serde_json::{Value, json};

use super::ask::Ask;
use super::execute::link;
use super::money::{self, Both, converted, divided};
use super::order::{Order, Refund, RefundLine};
use super::problem::Problem;
use super::shop::{Shop, gid, number, user_error};

impl Shop {
    /// Runs a mutation that must name a key at most once for that key.
    pub(super) fn idempotent(
        &mut self,
        ask: &Ask<'_>,
        run: impl FnOnce(&mut Self) -> Result<Value, Problem>,
    ) -> Result<Value, Problem> {
        let Some(key) = ask.idempotency.as_deref().filter(|key| !key.is_empty()) else {
            let message =
                "The @idempotent directive is required for this mutation but was not provided.";
            return Err(Problem::new("BAD_REQUEST", message));
        };
        let key = format!("{} {key}", ask.field);
        let input: Value = ask.args.clone().into();
        if let Some((known, answer)) = self.keys.get(&key) {
            if *known == input {
                return Ok(answer.clone());
            }
            // The code is the schema's, the words are not known.
            let message = "The idempotency key was already used with different parameters.";
            return Err(Problem::new("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", message));
        }
        let answer = run(self)?;
        self.keys.insert(key, (input, answer.clone()));
        Ok(answer)
    }

    /// `refundCreate`: on the gateway `manual` it moves no money and always succeeds.
    pub(super) fn refund(&mut self, input: &Value) -> Result<Value, Problem> {
        let id = number(input["orderId"].as_str().unwrap_or_default(), "Order")?;
        let order_link = link(gid("Order", id));
        let refused = |error: Value| {
            Ok(json!({ "refund": null, "order": order_link, "userErrors": [error] }))
        };
        let Some(mut order) = self.orders.get(&id).cloned() else {
            let error = user_error(&["orderId"], "Order does not exist");
            return Ok(json!({ "refund": null, "order": null, "userErrors": [error] }));
        };
        let seen = order.priced.currencies.1;
        if input["currency"].as_str().is_some_and(|code| code != seen) {
            return refused(user_error(
                &["currency"],
                "Currency must match the order's presentment currency",
            ));
        }
        let lines = match self.refund_lines(&mut order, &input["refundLineItems"])? {
            Ok(lines) => lines,
            Err(error) => return refused(error),
        };
        let shipping = match shipping_part(&order, &input["shipping"]) {
            Ok(amount) => amount,
            Err(error) => return refused(error),
        };
        let rows = input["transactions"].as_array().cloned().unwrap_or_default();
        if rows.is_empty() && lines.is_empty() && shipping == Both::default() {
            return refused(user_error(
                &[],
                "Refund must have at least one refund line item, shipping or transaction",
            ));
        }
        let (mut left, mut transactions) = (order.received() - order.refunded(), Vec::new());
        for row in &rows {
            match self.refund_money(&order, row, left) {
                Ok(money) => {
                    left = left - money.amount;
                    transactions.push(money);
                }
                Err(error) => return refused(error),
            }
        }
        self.restock(&mut order, &lines);
        let now = self.now();
        let refund = Refund {
            id: self.id(),
            created: now,
            note: input["note"].as_str().map(str::to_owned),
            lines,
            shipping,
            transactions: transactions.iter().map(|money| money.id).collect(),
        };
        let refund_id = refund.id;
        order.transactions.extend(transactions);
        order.refunds.push(refund);
        self.orders.insert(id, order);
        self.order_changed(id, &[]);
        self.tell_refund(id);
        self.tell_transactions(id);
        Ok(
            json!({ "refund": link(gid("Refund", refund_id)), "order": order_link, "userErrors": [] }),
        )
    }

    fn refund_lines(
        &mut self,
        order: &mut Order,
        rows: &Value,
    ) -> Result<Result<Vec<RefundLine>, Value>, Problem> {
        let mut lines = Vec::new();
        for (nth, row) in rows.as_array().into_iter().flatten().enumerate() {
            let line = number(row["lineItemId"].as_str().unwrap_or_default(), "LineItem")?;
            let nth = nth.to_string();
            let Some(at) = order.lines.iter().position(|known| known.id == line) else {
                let field = ["refundLineItems", &nth, "lineItemId"];
                return Ok(Err(user_error(&field, "Line item does not exist")));
            };
            let quantity = row["quantity"].as_i64().unwrap_or(0);
            let bought = order.draft.lines[at].quantity;
            if quantity < 1 || quantity > bought - order.lines[at].removed {
                let field = ["refundLineItems", &nth, "quantity"];
                return Ok(Err(user_error(
                    &field,
                    "Quantity cannot refund more items than were purchased",
                )));
            }
            order.lines[at].removed += quantity;
            let priced = &order.priced.lines[at];
            let part = |amount: Both| Both {
                shop: divided(amount.shop * quantity, bought),
                buyer: divided(amount.buyer * quantity, bought),
            };
            lines.push(RefundLine {
                id: self.id(),
                line,
                quantity,
                restock: row["restockType"].as_str().unwrap_or("NO_RESTOCK").to_owned(),
                location: row["locationId"]
                    .as_str()
                    .and_then(|place| number(place, "Location").ok()),
                subtotal: part(priced.total - priced.off - priced.order_off),
                tax: part(priced.taxes.iter().map(|(_, amount)| *amount).sum()),
            });
        }
        Ok(Ok(lines))
    }

    fn refund_money(
        &mut self,
        order: &Order,
        row: &Value,
        left: Both,
    ) -> Result<super::order::Transaction, Value> {
        let kind = row["kind"].as_str().unwrap_or_default();
        if kind != "REFUND" {
            let message = format!("Kind {} is not a valid transaction", kind.to_lowercase());
            return Err(user_error(&[], &message));
        }
        let parent = row["parentId"].as_str().and_then(|id| number(id, "OrderTransaction").ok());
        let parent = order.transactions.iter().find(|t| Some(t.id) == parent);
        let Some(parent) = parent.filter(|t| t.status == "SUCCESS") else {
            return Err(user_error(
                &["transactions"],
                "Transactions require a parent_id associated with the order",
            ));
        };
        let (shop, seen) = order.priced.currencies;
        let amount = row["amount"].as_str().and_then(|text| money::parsed(text, seen)).unwrap_or(0);
        let allowed = left.buyer;
        if amount < 1 || amount > allowed {
            let message = format!(
                "Refund amount cannot be greater than the remaining {}",
                money::plain(allowed, seen)
            );
            return Err(user_error(&["transactions"], &message));
        }
        // The last refund takes whatever rounding left over in the shop's currency.
        let in_shop = if amount == allowed { left.shop } else { converted(amount, seen, shop) };
        let amount = Both { shop: in_shop, buyer: amount };
        // The gateway of the payment wins over the one that is sent.
        Ok(self.transaction("REFUND", "SUCCESS", &parent.gateway.clone(), amount, Some(parent.id)))
    }

    fn restock(&mut self, order: &mut Order, lines: &[RefundLine]) {
        let now = self.now();
        for line in lines.iter().filter(|line| line.restock != "NO_RESTOCK") {
            let at = order.lines.iter().position(|known| known.id == line.line);
            let variant = at.and_then(|at| order.draft.lines[at].variant);
            let found = order.taken.iter_mut().find(|taken| Some(taken.variant) == variant);
            if let Some(taken) = found {
                taken.quantity -= line.quantity;
                let back = super::catalog::Taken { quantity: line.quantity, ..*taken };
                if line.restock == "CANCEL" {
                    self.catalog.put_back(back, false, now);
                } else {
                    self.catalog.give(back, now);
                }
                self.stock_changed(&[back]);
            }
        }
    }
}

fn shipping_part(order: &Order, input: &Value) -> Result<Both, Value> {
    let paid = order.priced.shipping_paid();
    let gone: Both = order.refunds.iter().map(|refund| refund.shipping).sum();
    let left = paid - gone;
    if input["fullRefund"] == true {
        return Ok(left);
    }
    let (shop, seen) = order.priced.currencies;
    let Some(amount) = input["amount"].as_str().and_then(|text| money::parsed(text, seen)) else {
        return Ok(Both::default());
    };
    if amount > left.buyer {
        return Err(user_error(
            &["shipping"],
            "Shipping refund amount cannot be greater than the remaining shipping",
        ));
    }
    Ok(Both { shop: converted(amount, seen, shop), buyer: amount })
}
