//! What is written on an order afterwards: notes for the seller, and what the agent was told.

use commerce::{ConnectorError, OrderId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    WooCommerce, loose,
    order::{META_TOLD, StoreOrder},
};

/// An entry of an order's log.
#[derive(Deserialize)]
pub(crate) struct Note {
    #[serde(deserialize_with = "loose::text")]
    pub(crate) note: String,
}

impl WooCommerce {
    /// The log of an order, its own entries among ours.
    pub(crate) async fn notes(&self, order: &OrderId) -> Result<Vec<Note>, ConnectorError> {
        self.client.get("order.notes", &format!("/orders/{order}/notes")).await
    }

    /// Leaves a note that the buyer does not see, unless one with that mark is there.
    pub(crate) async fn leave_note(
        &self,
        order: &OrderId,
        mark: &str,
        text: &str,
    ) -> Result<(), ConnectorError> {
        let mark = format!("[{mark}]");
        if self.notes(order).await?.iter().any(|note| note.note.ends_with(&mark)) {
            return Ok(());
        }
        let body = json!({ "note": format!("{text} {mark}"), "customer_note": false });
        let path = format!("/orders/{order}/notes");
        let _made: Value = self.client.post("order.note", &path, &body).await?;
        Ok(())
    }

    /// Keeps what the agent was told.
    pub(crate) async fn write_told(
        &self,
        order: &OrderId,
        told: &str,
    ) -> Result<(), ConnectorError> {
        let body = json!({ "meta_data": [{ "key": META_TOLD, "value": told }] });
        let path = format!("/orders/{order}");
        let _kept: StoreOrder = self.client.put("order.told", &path, &body).await?;
        Ok(())
    }
}
