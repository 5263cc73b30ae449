//! An order, as far as it says how a purchase ended.

use commerce::{ConnectorError, Money, Order, OrderState};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    attributes::{Attribute, Kept},
    id::{Gid, Ordered},
    shown::{Bag, unreadable},
};

/// An order, as far as it says how a purchase ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
    pub(crate) id: Gid,
    name: String,
    pub(crate) created_at: Option<Timestamp>,
    status_page_url: String,
    cancelled_at: Option<Timestamp>,
    display_financial_status: Option<String>,
    display_fulfillment_status: String,
    #[serde(default)]
    pub(crate) custom_attributes: Vec<Attribute>,
    total_price_set: Bag,
}

impl Head {
    /// The order, with what is kept where it keeps nothing itself.
    pub(crate) fn order(&self, draft: &Kept) -> Result<Order, ConnectorError> {
        let own = Kept::read(&self.custom_attributes);
        let tie = own.tie.or_else(|| draft.tie.clone());
        Ok(Order {
            id: Ordered::Order(self.id.0).id(),
            number: self.name.trim_start_matches('#').to_owned(),
            permalink: self.status_page_url.clone(),
            total: self.total()?,
            payment: tie.as_ref().and_then(|tie| tie.payment.clone()),
            memo: tie.map(|tie| tie.memo).unwrap_or_default(),
            state: self.state(),
        })
    }

    pub(crate) fn total(&self) -> Result<Money, ConnectorError> {
        self.total_price_set.money().map_err(unreadable)
    }

    /// Whether its money has come, as the store has it.
    pub(crate) fn is_paid(&self) -> bool {
        matches!(
            self.display_financial_status.as_deref(),
            Some("PAID" | "PARTIALLY_REFUNDED" | "REFUNDED")
        )
    }

    fn state(&self) -> OrderState {
        if self.cancelled_at.is_some() {
            return OrderState::Canceled;
        }
        if self.display_financial_status.as_deref() == Some("REFUNDED") {
            return OrderState::Refunded;
        }
        match self.display_fulfillment_status.as_str() {
            "FULFILLED" => OrderState::Completed,
            "ON_HOLD" => OrderState::OnHold,
            _ => OrderState::Processing,
        }
    }
}
