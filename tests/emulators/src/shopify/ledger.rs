//! The books, for those who check that nothing was lost and nothing was paid twice.

use serde_json::{Value, json};

use super::money;
use super::shop::{Shop, gid, stamp};

impl Shop {
    /// Orders with their money, drafts that are still open, and all stock. Amounts are the
    /// buyer's minor units.
    pub(super) fn ledger(&self) -> Value {
        let orders = self.orders.values().map(|order| {
            let money = order.transactions.iter().map(|money| {
                json!({
                    "id": gid("OrderTransaction", money.id), "kind": money.kind, "status": money.status,
                    "gateway": money.gateway, "amount": money.amount.buyer,
                })
            });
            let lines = order.lines.iter().zip(&order.draft.lines).map(|(line, row)| {
                json!({
                    "variant": row.variant.map(|id| gid("ProductVariant", id)), "sku": row.sku,
                    "quantity": row.quantity, "removed": line.removed, "fulfilled": line.fulfilled,
                })
            });
            json!({
                "id": gid("Order", order.id),
                "name": format!("#{}", order.number),
                "draft": gid("DraftOrder", order.draft.id),
                "currency": order.priced.currencies.1,
                "total": order.priced.total().buyer,
                "received": order.received().buyer,
                "refunded": order.refunded().buyer,
                "outstanding": order.outstanding().buyer,
                "status": order.financial(),
                "paid": order.received().buyer >= order.priced.total().buyer,
                "pending": order.financial() == Some("PENDING"),
                "cancelled": order.cancelled.as_ref().map(|(at, ..)| stamp(*at)),
                "transactions": money.collect::<Vec<_>>(),
                "refunds": order.refunds.len(),
                "lines": lines.collect::<Vec<_>>(),
                "attributes": order.draft.attributes,
                "tags": order.draft.tags,
            })
        });
        let drafts = self.drafts.values().filter(|draft| draft.completed.is_none()).map(|draft| {
            let priced = self.priced(draft);
            let row = |variant: Option<u64>, quantity: i64| {
                let known = variant.and_then(|id| self.catalog.variants.get(&id));
                json!({
                    "variant": variant.map(|id| gid("ProductVariant", id)),
                    "sku": known.and_then(|known| known.sku), "quantity": quantity,
                })
            };
            let held = draft.held.iter().map(|taken| row(Some(taken.variant), taken.quantity));
            let lines = draft.lines.iter().map(|line| row(line.variant, line.quantity));
            json!({
                "id": gid("DraftOrder", draft.id),
                "currency": priced.currencies.1,
                "total": priced.total().buyer,
                "reserveUntil": draft.reserve_until.map(stamp),
                "held": held.collect::<Vec<_>>(),
                "lines": lines.collect::<Vec<_>>(),
                "tags": draft.tags,
                "attributes": draft.attributes,
            })
        });
        let stock = self.catalog.levels.iter().map(|((variant, place), level)| {
            let known = self.catalog.variants.get(variant);
            json!({
                "variant": gid("ProductVariant", *variant),
                "sku": known.and_then(|known| known.sku),
                "location": gid("Location", *place),
                "tracked": known.is_some_and(|known| known.tracked),
                "oversells": known.is_some_and(|known| known.oversells),
                "available": level.available,
                "committed": level.committed,
                "reserved": level.reserved,
            })
        });
        json!({
            "orders": orders.collect::<Vec<_>>(),
            "drafts": drafts.collect::<Vec<_>>(),
            "stock": stock.collect::<Vec<_>>(),
            "currency": money::currency(self.settings.currency),
        })
    }
}
