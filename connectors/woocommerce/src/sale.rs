//! What has become of orders that agents brought: changed ones, by the store's own clock.

use commerce::{
    AgentId, ConnectorError, Effect, Money, MoneyError, Refund, Sale, SessionId, plain_text,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use crate::{WooCommerce, loose, order::StoreOrder};

/// The store allows no more.
const PAGE: usize = 100;
/// Most pages at once: a bound, not an expectation. What is beyond comes with the next look.
const PAGES_MAX: usize = 20;

#[derive(Debug, Deserialize)]
struct StoreRefund {
    #[serde(deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    amount: String,
    #[serde(default, deserialize_with = "loose::text")]
    reason: String,
    #[serde(deserialize_with = "loose::text")]
    date_created_gmt: String,
}

impl WooCommerce {
    /// Orders brought by agents that have changed since, the oldest change first.
    pub(crate) async fn changed_sales(
        &self,
        since: Timestamp,
    ) -> Result<Vec<Sale>, ConnectorError> {
        let since = since.strftime("%Y-%m-%dT%H:%M:%S");
        let mut sales = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!(
                "/orders?per_page={PAGE}&page={page}&orderby=modified&order=asc\
                 &dates_are_gmt=true&modified_after={since}"
            );
            let orders: Vec<StoreOrder> = self.client.get("order.list", &path).await?;
            let is_full = orders.len() == PAGE;
            for order in &orders {
                sales.extend(self.sale(order).await?);
            }
            if !is_full {
                break;
            }
        }
        Ok(sales)
    }

    /// `None` for an order that no agent has brought, or whose money never came.
    async fn sale(&self, order: &StoreOrder) -> Result<Option<Sale>, ConnectorError> {
        let Some((session, agent)) = order.brought_by() else { return Ok(None) };
        if !order.is_paid() {
            return Ok(None);
        }
        let refunds = if order.has_refunds() { self.refunds(order).await? } else { Vec::new() };
        let pickup = if order.is_picked_up() { Some(self.store_address().await?) } else { None };
        Ok(Some(Sale {
            session: SessionId::new(session),
            agent: AgentId::new(agent),
            order: order.order(self.client.url())?,
            quote: order.quote(pickup)?,
            note: order.note(),
            refunds,
            changed_at: moment(order.changed_at())?,
        }))
    }

    async fn refunds(&self, order: &StoreOrder) -> Result<Vec<Refund>, ConnectorError> {
        let path = format!("/orders/{}/refunds?per_page={PAGE}", order.id);
        let found: Vec<StoreRefund> = self.client.get("refund.list", &path).await?;
        let currency = order.currency()?;
        let mut refunds = found
            .iter()
            .map(|refund| {
                Ok(Refund {
                    id: refund.id.to_string(),
                    amount: Money::round_major(&refund.amount, currency).map_err(unreadable)?,
                    reason: plain_text(&refund.reason),
                    booked_at: moment(&refund.date_created_gmt)?,
                })
            })
            .collect::<Result<Vec<_>, ConnectorError>>()?;
        refunds.sort_by_key(|refund| refund.booked_at);
        Ok(refunds)
    }
}

/// The store writes its GMT without saying so.
fn moment(gmt: &str) -> Result<Timestamp, ConnectorError> {
    let parsed = gmt.parse::<DateTime>().and_then(|time| TimeZone::UTC.to_timestamp(time));
    parsed.map_err(|error| ConnectorError::Unreadable {
        call: "order.list",
        effect: Effect::None,
        source: error.into(),
    })
}

fn unreadable(error: MoneyError) -> ConnectorError {
    ConnectorError::Unreadable { call: "refund.list", effect: Effect::None, source: error.into() }
}
