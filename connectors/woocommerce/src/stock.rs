//! Holding what is scarce.
//!
//! Neither a draft nor a pending order holds stock, and only the checkout of a gateway that is
//! switched on reserves any. An order that is put on hold takes its stock at once and atomically,
//! and its log says from how many to how many: whoever went below nothing was too late. The store
//! tells buyer and seller by mail of an order on hold, so it is done only where something may
//! really sell out between the last look at the cart and the payment.

use commerce::{ConnectorError, DraftId, Hold, OrderId};
use serde::Deserialize;
use serde_json::json;
use tracing::warn;

use crate::{WooCommerce, draft_id::Found, loose, order::StoreOrder};

#[derive(Deserialize)]
struct Stock {
    #[serde(default, deserialize_with = "loose::some_number")]
    stock_quantity: Option<i64>,
    #[serde(default, deserialize_with = "loose::flag")]
    backorders_allowed: bool,
}

impl WooCommerce {
    /// Puts the order on hold and reads what that did to the stock.
    pub(crate) async fn hold_stock(&self, id: &DraftId) -> Result<Hold, ConnectorError> {
        let missing = ConnectorError::NotFound { what: "draft" };
        let order = Found::unpack(id).ok_or(missing)?.order;
        let path = format!("/orders/{order}");
        let body = json!({ "status": "on-hold" });
        let held: StoreOrder = self.client.put("order.hold", &path, &body).await?;
        if held.came_back() {
            // Somebody has ended it meanwhile: it takes nobody's money any more.
            self.end_again(held).await;
            return Err(ConnectorError::Settled { action: "hold" });
        }
        if !self.took_too_much(&held).await? {
            return Ok(Hold::Held);
        }
        if self.lacks_something(&held).await? {
            return Ok(Hold::SoldOut);
        }
        // Another replica may have looked as well, and given the goods back by now: then nothing is
        // below nothing any more, and the order is no longer on hold.
        let now: StoreOrder = self.client.get("order.read", &path).await?;
        let is_held = now.status == "on-hold" && !now.came_back();
        Ok(if is_held { Hold::Held } else { Hold::SoldOut })
    }

    /// A change that the store carried out late may have put the goods of a paid order back on the
    /// shelf, where somebody else has found them before the order got them again: the seller is told.
    pub(crate) async fn tell_oversold(&self, order: &StoreOrder) {
        const TEXT: &str = "More of this was sold than there was: an earlier change reached the store \
                            late and put it back on the shelf for a moment. Send what there is, and \
                            restock or refund the rest.";
        let id = OrderId::new(order.id.to_string());
        let told = async {
            if self.took_too_much(order).await? && self.lacks_something(order).await? {
                warn!(order.id = order.id, "oversold: restock or refund");
                self.leave_note(&id, "oversold", TEXT).await?;
            }
            Ok::<_, ConnectorError>(())
        };
        if let Err(error) = told.await {
            warn!(order.id = order.id, %error, "nobody knows whether this order is oversold");
        }
    }

    /// Whether the order's log says that it took more than there was.
    async fn took_too_much(&self, order: &StoreOrder) -> Result<bool, ConnectorError> {
        let notes = self.notes(&OrderId::new(order.id.to_string())).await?;
        Ok(notes.iter().any(|note| went_below_nothing(&note.note)))
    }

    /// Whether the shelf is short of something in it. Where the seller takes orders for more than
    /// there is, that is as it should be.
    async fn lacks_something(&self, order: &StoreOrder) -> Result<bool, ConnectorError> {
        let ids: Vec<String> = order.items().map(|id| id.to_string()).collect();
        for id in ids {
            let path = format!("/products/{id}?_fields=id,stock_quantity,backorders_allowed");
            let stock: Stock = self.client.get("product.stock", &path).await?;
            if stock.stock_quantity.is_some_and(|left| left < 0) && !stock.backorders_allowed {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a log entry tells of more units taken than there were: `Cap (1&rarr;-1)`. The words
/// around are translated, the arrow is not.
fn went_below_nothing(note: &str) -> bool {
    note.replace("&rarr;", "\u{2192}").split('\u{2192}').skip(1).any(|after| {
        after.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::went_below_nothing;

    #[test]
    fn the_log_says_who_was_too_late() {
        for fine in [
            "Stock levels reduced: Last unit lamp (20&rarr;18)",
            "Stock levels reduced: Cap (1&rarr;0), Lamp (3\u{2192}2)",
            "Payment via card (pi_1).",
            "Note with an arrow &rarr; here",
            "",
        ] {
            assert!(!went_below_nothing(fine), "{fine}");
        }
        for late in ["Lagerbestand reduziert: Lampe (0&rarr;-1)", "A (9&rarr;8), B (1\u{2192}-2)"] {
            assert!(went_below_nothing(late), "{late}");
        }
    }
}
