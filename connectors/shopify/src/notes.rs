//! What is written on an order afterwards: notes for the seller, and what the agent was told.

use commerce::{ConnectorError, OrderId};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shopify,
    attributes::{Attribute, Kept},
    error::{UserError, refused},
    id::Kind,
    operation::Operation,
};

pub(crate) const READ_ATTRIBUTES: Operation =
    Operation::read("order.attributes", include_str!("operations/order_attributes.graphql"), 2);
pub(crate) const WRITE_ATTRIBUTES: Operation =
    Operation::write("order.note", include_str!("operations/note_order.graphql"), 10);
pub(crate) const KEEP_TOLD: Operation =
    Operation::write("order.told", include_str!("operations/keep_told.graphql"), 10);

/// An order with what the seller reads beside it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Noted {
    #[serde(default)]
    custom_attributes: Vec<Attribute>,
}

impl Shopify {
    /// Leaves a note among the order's additional details, unless one with that mark is there. The
    /// details are written as a whole: of two notes that are left at the same moment one may be lost,
    /// and is left again with the next look.
    pub(crate) async fn leave_note(
        &self,
        order: &OrderId,
        mark: &str,
        text: &str,
    ) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            order: Option<Noted>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Written {
            order_update: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            #[serde(default)]
            user_errors: Vec<UserError>,
        }

        let id = Kind::Order.gid(self.number_of(order).await?);
        let answer: Answer = self.client.run(&READ_ATTRIBUTES, &json!({ "id": id })).await?;
        let noted = answer.order.ok_or(ConnectorError::NotFound { what: "order" })?;
        let mut kept = Kept::read(&noted.custom_attributes);
        if !kept.add(&format!("Note [{mark}]"), text) {
            return Ok(());
        }
        let input = json!({ "id": id, "customAttributes": kept.attributes() });
        let written: Written =
            self.client.run(&WRITE_ATTRIBUTES, &json!({ "input": input })).await?;
        match written.order_update.user_errors.as_slice() {
            [] => Ok(()),
            errors => Err(refused("order.note", errors)),
        }
    }

    /// Keeps what the agent was told, in a field of its own: nothing else is written with it.
    pub(crate) async fn write_told(
        &self,
        order: &OrderId,
        told: &str,
    ) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Written {
            metafields_set: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            #[serde(default)]
            user_errors: Vec<UserError>,
        }

        let told = json!([{
            "ownerId": Kind::Order.gid(self.number_of(order).await?),
            "namespace": "storebridge",
            "key": "told",
            "type": "single_line_text_field",
            "value": told,
        }]);
        let written: Written = self.client.run(&KEEP_TOLD, &json!({ "metafields": told })).await?;
        match written.metafields_set.user_errors.as_slice() {
            [] => Ok(()),
            errors => Err(refused("order.told", errors)),
        }
    }
}
