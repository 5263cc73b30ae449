//! What has become of orders that agents brought: changed ones, by the store's own clock.

use commerce::{
    Brought, ConnectorError, DraftState, Effect, Money, MoneyError, OrderId, Origin, Refund, Sale,
    mark_of, plain_text,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use crate::{WooCommerce, loose, order::StoreOrder};

/// The store allows no more.
const PAGE: usize = 100;
/// Most pages at once: a bound, not an expectation. What is beyond comes with the next look.
const PAGES_MAX: usize = 20;

/// A refund as the store lists it.
#[derive(Debug, Deserialize)]
pub(crate) struct StoreRefund {
    #[serde(deserialize_with = "loose::number")]
    pub(crate) id: u64,
    #[serde(deserialize_with = "loose::text")]
    amount: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) reason: String,
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

    /// What an agent has to do with an order.
    pub(crate) async fn brought_order(&self, order: &OrderId) -> Result<Brought, ConnectorError> {
        let order: StoreOrder =
            match self.client.get("order.read", &format!("/orders/{order}")).await {
                Err(ConnectorError::NotFound { .. }) => return Ok(Brought::ByNobody),
                result => result?,
            };
        Ok(match (self.sale(&order).await?, order.origin()) {
            (Some(sale), _) => Brought::Sold(Box::new(sale)),
            (None, Some(origin)) => Brought::Unpaid(origin),
            (None, None) => Brought::ByNobody,
        })
    }

    /// Orders that are tied to a payment and not paid, and those that came back after they were ended.
    pub(crate) async fn waiting_orders(&self) -> Result<Vec<Origin>, ConnectorError> {
        let mut found = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!(
                "/orders?per_page={PAGE}&page={page}&orderby=id&order=asc\
                 &status=pending,failed,on-hold"
            );
            let orders: Vec<StoreOrder> = self.client.get("order.list", &path).await?;
            let is_full = orders.len() == PAGE;
            for order in &orders {
                let waits = matches!(order.state(self.client.url())?, DraftState::Committed { .. });
                if waits || order.came_back() {
                    found.extend(order.origin());
                }
            }
            if !is_full {
                break;
            }
        }
        Ok(found)
    }

    /// `None` for an order that no agent has brought, or whose money never came.
    async fn sale(&self, order: &StoreOrder) -> Result<Option<Sale>, ConnectorError> {
        let Some(Origin { session, agent, .. }) = order.origin() else { return Ok(None) };
        if !order.is_paid() {
            return Ok(None);
        }
        let refunds = if order.has_refunds() { self.refunds(order).await? } else { Vec::new() };
        let pickup = if order.is_picked_up() { Some(self.store_address().await?) } else { None };
        Ok(Some(Sale {
            session,
            agent,
            order: order.order(self.client.url())?,
            quote: order.quote(pickup)?,
            note: order.note(),
            refunds,
            told: order.told().map(str::to_owned),
            changed_at: moment(order.changed_at())?,
        }))
    }

    /// What has gone back of an order.
    pub(crate) async fn refunds_of(
        &self,
        order: &OrderId,
    ) -> Result<Vec<StoreRefund>, ConnectorError> {
        let path = format!("/orders/{order}/refunds?per_page={PAGE}");
        self.client.get("refund.list", &path).await
    }

    async fn refunds(&self, order: &StoreOrder) -> Result<Vec<Refund>, ConnectorError> {
        let found = self.refunds_of(&OrderId::new(order.id.to_string())).await?;
        let currency = order.currency()?;
        let mut refunds = found
            .iter()
            .map(|refund| {
                Ok(Refund {
                    id: refund.id.to_string(),
                    amount: Money::round_major(&refund.amount, currency).map_err(unreadable)?,
                    reason: plain_text(&refund.reason),
                    mark: mark_of(&refund.reason).map(str::to_owned),
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
