//! Booking money that went back elsewhere.
//!
//! Shopify recognizes a refund by the key that it is sent with, and the refund's note ends with the
//! processor's id: so whoever books it again, now or in a year, changes nothing. On the gateway `manual`
//! no money moves by it.

use commerce::{Booking, ConnectorError, OrderId, mark_of};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Shopify,
    error::{UserError, refused},
    id::{Kind, Ordered},
    operation::Operation,
    rates::hex,
    sale::Page,
    shown::{Bag, unreadable},
};

pub(crate) const REFUNDABLE: Operation =
    Operation::read("order.refundable", include_str!("operations/refundable.graphql"), 14);
pub(crate) const BOOK_REFUND: Operation =
    Operation::write("order.refund", include_str!("operations/book_refund.graphql"), 20);

/// An order, as far as money and goods of it can go back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bought {
    display_fulfillment_status: String,
    total_price_set: Bag,
    #[serde(default)]
    transactions: Vec<Transaction>,
    #[serde(default)]
    refunds: Vec<Noted>,
    line_items: Page<Row>,
}

#[derive(Deserialize)]
struct Transaction {
    id: String,
    kind: String,
    status: String,
    gateway: Option<String>,
}

#[derive(Deserialize)]
struct Noted {
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    refundable_quantity: u32,
}

impl Shopify {
    /// Books it once. Where all of an untouched order goes back before anything was sent, its goods go
    /// back on the shelf; a part is booked as an amount alone.
    pub(crate) async fn book(
        &self,
        order: &OrderId,
        booking: &Booking,
    ) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            order: Option<Bought>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Booked {
            refund_create: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            refund: Option<Value>,
            #[serde(default)]
            user_errors: Vec<UserError>,
        }

        let number = self.number_of(order).await?;
        let id = Kind::Order.gid(number);
        let answer: Answer = self.client.run(&REFUNDABLE, &json!({ "id": id })).await?;
        let bought = answer.order.ok_or(ConnectorError::NotFound { what: "order" })?;
        let notes = bought.refunds.iter().filter_map(|refund| refund.note.as_deref());
        if notes.into_iter().any(|note| mark_of(note) == Some(&booking.mark)) {
            return Ok(());
        }
        let input = form(&id, booking, &bought)?;
        let key = key(&format!("{id} {}", booking.mark));
        let booked: Booked =
            self.client.run(&BOOK_REFUND, &json!({ "input": input, "key": key })).await?;
        match booked.refund_create {
            Payload { refund: Some(_), user_errors } if user_errors.is_empty() => Ok(()),
            Payload { user_errors, .. } => Err(refused("order.refund", &user_errors)),
        }
    }

    /// The number of an order, which may have been told while it was a draft.
    pub(crate) async fn number_of(&self, order: &OrderId) -> Result<u64, ConnectorError> {
        const GONE: ConnectorError = ConnectorError::NotFound { what: "order" };
        match Ordered::parse(order).ok_or(GONE)? {
            Ordered::Order(number) => Ok(number),
            Ordered::Draft(draft) => match self.look_at(draft).await?.shown.ordered() {
                Ordered::Order(number) => Ok(number),
                Ordered::Draft(_) => Err(GONE),
            },
        }
    }
}

/// The money is back already. The input depends on the order alone, so that a repeat is the same.
fn form(order: &str, booking: &Booking, bought: &Bought) -> Result<Value, ConnectorError> {
    let took = |money: &&Transaction| {
        matches!(money.kind.as_str(), "SALE" | "CAPTURE") && money.status == "SUCCESS"
    };
    let parent = bought.transactions.iter().find(took);
    let total = bought.total_price_set.money().map_err(unreadable)?;
    let is_all = bought.refunds.is_empty()
        && total == booking.amount
        && bought.display_fulfillment_status == "UNFULFILLED"
        && !bought.line_items.page_info.has_next_page;
    let mut input = json!({
        "orderId": order,
        "note": booking.marked_reason(),
        "notify": false,
        "transactions": [{
            "orderId": order,
            "kind": "REFUND",
            "gateway": parent.and_then(|money| money.gateway.as_deref()).unwrap_or("manual"),
            "parentId": parent.map(|money| money.id.as_str()),
            "amount": booking.amount.to_major(),
        }],
    });
    if is_all {
        let rows = bought.line_items.nodes.iter().filter(|row| row.refundable_quantity > 0);
        let rows = rows.map(|row| {
            json!({ "lineItemId": row.id, "quantity": row.refundable_quantity, "restockType": "CANCEL" })
        });
        input["refundLineItems"] = rows.collect();
        input["shipping"] = json!({ "fullRefund": true });
    }
    Ok(input)
}

/// A uuid of our own kind (version 8) that follows from a text.
fn key(text: &str) -> String {
    let hex = hex(&Sha256::digest(text)[..16]);
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_follows_from_what_is_booked() {
        let one = key("gid://shopify/Order/1 re_1");
        assert_eq!(one, key("gid://shopify/Order/1 re_1"));
        assert_ne!(one, key("gid://shopify/Order/1 re_2"));
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
