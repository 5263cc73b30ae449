//! Booking money that went back elsewhere.
//!
//! The store knows no repeats, so a refund is looked for before it is booked, by the mark at the end
//! of its reason. Two replicas that look at the same moment may both book it: the next look takes
//! the later one away again.

use commerce::{Booking, ConnectorError, OrderId, mark_of};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::WooCommerce;

/// An order, as far as all of it can go back.
#[derive(Deserialize)]
struct Bought {
    total: String,
    #[serde(default)]
    refunds: Vec<Value>,
    #[serde(default)]
    line_items: Vec<Entry>,
    #[serde(default)]
    shipping_lines: Vec<Entry>,
    #[serde(default)]
    fee_lines: Vec<Entry>,
}

/// Goods, a way to ship them, or a fee.
#[derive(Deserialize)]
struct Entry {
    id: u64,
    /// Only goods have one.
    #[serde(default)]
    quantity: i64,
    total: String,
    #[serde(default)]
    taxes: Vec<Tax>,
}

#[derive(Deserialize)]
struct Tax {
    id: u64,
    total: String,
}

impl WooCommerce {
    /// Books it once. Where all of an untouched order goes back, its goods go back on the shelf, and
    /// shipping and taxes are booked for what they were; a part is booked as an amount alone.
    pub(crate) async fn book(
        &self,
        order: &OrderId,
        booking: &Booking,
    ) -> Result<(), ConnectorError> {
        let booked = self.refunds_of(order).await?;
        let is_it = |reason: &str| mark_of(reason) == Some(&booking.mark);
        let mut same: Vec<u64> =
            booked.iter().filter(|refund| is_it(&refund.reason)).map(|refund| refund.id).collect();
        same.sort_unstable();
        if let Some((_first, again)) = same.split_first() {
            for id in again {
                let path = format!("/orders/{order}/refunds/{id}?force=true");
                self.client.delete("refund.drop", &path).await?;
            }
            return Ok(());
        }
        let path = format!("/orders/{order}");
        let bought: Bought = self.client.get("order.read", &path).await?;
        let body = form(booking, &bought);
        let _made: Value =
            self.client.post("refund.book", &format!("{path}/refunds"), &body).await?;
        Ok(())
    }
}

/// The money is back already: no gateway shall send it again.
fn form(booking: &Booking, bought: &Bought) -> Value {
    let amount = booking.amount.to_major();
    let is_all = bought.refunds.is_empty() && bought.total == amount;
    let entries = [&bought.line_items, &bought.shipping_lines, &bought.fee_lines];
    let lines: Vec<Value> = entries.into_iter().flatten().map(Entry::back).collect();
    let mut body = json!({
        "amount": amount,
        "reason": booking.marked_reason(),
        "api_refund": false,
        "api_restock": is_all,
    });
    if is_all {
        body["line_items"] = Value::Array(lines);
    }
    body
}

impl Entry {
    /// All of it goes back.
    fn back(&self) -> Value {
        let tax = |tax: &Tax| json!({ "id": tax.id, "refund_total": tax.total });
        let mut entry = json!({
            "id": self.id,
            "refund_total": self.total,
            "refund_tax": self.taxes.iter().map(tax).collect::<Vec<_>>(),
        });
        if self.quantity > 0 {
            entry["quantity"] = json!(self.quantity);
        }
        entry
    }
}
