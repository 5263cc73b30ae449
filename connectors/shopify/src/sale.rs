//! What has become of orders that agents brought: changed ones, by the store's own clock.
//!
//! Lists are found by tag, and Shopify's search learns of a change some seconds late; whatever decides
//! about money is read by its id.

use std::sync::Arc;

use commerce::{
    Address, AppliedCode, Brought, ConnectorError, ItemId, LineId, Money, OrderId, Origin,
    ProductId, Quote, QuotedLine, Rate, Refund, Sale, TaxLine, Totals, mark_of, plain_text,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Value, json};

use crate::{
    Shopify,
    attributes::{Attribute, Kept, TAG, TAG_COMMITTED},
    error::nonsense,
    head::Head,
    id::{Gid, Kind, Ordered},
    lines::{line_id, sum},
    operation::Operation,
    shown::{Bag, Image, Linked, PageInfo, ShippingLine, Stage, Tax, unreadable},
};

pub(crate) const ORDERS_SINCE: Operation = Operation::read(
    "order.list",
    concat!(
        include_str!("operations/orders_since.graphql"),
        include_str!("operations/fragments/order_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    218,
);
pub(crate) const READ_ORDER: Operation = Operation::read(
    "order.read",
    concat!(
        include_str!("operations/read_order.graphql"),
        include_str!("operations/fragments/order_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    54,
);
pub(crate) const ORDER_OF_DRAFT: Operation = Operation::read(
    "draft.order",
    concat!(
        include_str!("operations/order_of_draft.graphql"),
        include_str!("operations/fragments/order_state.graphql"),
        include_str!("operations/fragments/order_head.graphql")
    ),
    56,
);
pub(crate) const LIST_DRAFTS: Operation =
    Operation::read("draft.list", include_str!("operations/list_drafts.graphql"), 16);
/// Most pages at once: a bound, not an expectation. What is beyond comes with the next look.
pub(crate) const PAGES_MAX: usize = 100;

/// An order with everything that an agent is told of it.
struct OrderState {
    head: Head,
    rest: Rest,
}

/// What is behind its head.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    updated_at: Timestamp,
    note: Option<String>,
    taxes_included: bool,
    told: Option<Told>,
    shipping_line: Option<ShippingLine>,
    line_items: Nodes<OrderRow>,
    #[serde(default)]
    tax_lines: Vec<Tax>,
    total_tax_set: Option<Bag>,
    #[serde(default)]
    refunds: Vec<Back>,
}

impl<'de> Deserialize<'de> for OrderState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let order = Value::deserialize(from)?;
        let head = Head::deserialize(&order).map_err(D::Error::custom)?;
        Ok(Self { head, rest: Rest::deserialize(&order).map_err(D::Error::custom)? })
    }
}

#[derive(Deserialize)]
struct Told {
    value: String,
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Vec<T>,
}

/// `LineItem`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderRow {
    id: Gid,
    title: String,
    sku: Option<String>,
    quantity: u32,
    requires_shipping: bool,
    variant: Option<Linked>,
    product: Option<Linked>,
    image: Option<Image>,
    original_unit_price_set: Bag,
    original_total_set: Bag,
    #[serde(rename = "priceAfterAllDiscountsBeforeTaxesSet")]
    after: Bag,
    #[serde(default)]
    tax_lines: Vec<Tax>,
}

/// `Refund`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Back {
    id: Gid,
    created_at: Option<Timestamp>,
    note: Option<String>,
    total_refunded_set: Bag,
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) nodes: Vec<T>,
    pub(crate) page_info: PageInfo,
}

/// A draft in a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    pub(crate) id: Gid,
    pub(crate) status: String,
    #[serde(default)]
    custom_attributes: Vec<Attribute>,
    total_price_set: Bag,
}

impl Listed {
    pub(crate) fn kept(&self) -> Kept {
        Kept::read(&self.custom_attributes)
    }

    pub(crate) fn stage(&self) -> Result<Stage, ConnectorError> {
        let total = self.total_price_set.money().map_err(unreadable)?;
        Ok(Stage::of(&self.status, &self.kept(), total))
    }
}

impl Shopify {
    /// Orders brought by agents that have changed since, the oldest change first.
    pub(crate) async fn changed_sales(
        &self,
        since: Timestamp,
    ) -> Result<Vec<Sale>, ConnectorError> {
        #[derive(Deserialize)]
        struct Answer {
            orders: Page<OrderState>,
        }

        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ");
        let filter = format!("tag:{TAG} updated_at:>='{since}'");
        let (mut sales, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let variables = json!({ "filter": filter, "after": after });
            let Answer { orders } = self.client.run(&ORDERS_SINCE, &variables).await?;
            for order in &orders.nodes {
                sales.extend(self.sale(order).await?);
            }
            after = orders.page_info.end_cursor.filter(|_| orders.page_info.has_next_page);
            if after.is_none() {
                break;
            }
        }
        Ok(sales)
    }

    /// What an agent has to do with an order, or with a draft that was to become one.
    pub(crate) async fn brought_order(&self, order: &OrderId) -> Result<Brought, ConnectorError> {
        match Ordered::parse(order) {
            None => Ok(Brought::ByNobody),
            Some(Ordered::Order(number)) => {
                #[derive(Deserialize)]
                struct Answer {
                    order: Option<OrderState>,
                }

                let id = json!({ "id": Kind::Order.gid(number) });
                let Answer { order } = self.client.run(&READ_ORDER, &id).await?;
                self.brought_by(order).await
            }
            Some(Ordered::Draft(number)) => {
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Answer {
                    draft_order: Option<Draft>,
                }
                #[derive(Deserialize)]
                #[serde(rename_all = "camelCase")]
                struct Draft {
                    status: String,
                    #[serde(default)]
                    custom_attributes: Vec<Attribute>,
                    total_price_set: Bag,
                    order: Option<OrderState>,
                }

                let id = json!({ "id": Kind::DraftOrder.gid(number) });
                let Answer { draft_order } = self.client.run(&ORDER_OF_DRAFT, &id).await?;
                let Some(draft) = draft_order else { return Ok(Brought::ByNobody) };
                if draft.order.is_some() {
                    return self.brought_by(draft.order).await;
                }
                let kept = Kept::read(&draft.custom_attributes);
                let total = draft.total_price_set.money().map_err(unreadable)?;
                let is_tied = matches!(Stage::of(&draft.status, &kept, total), Stage::Committed);
                let origin = kept.origin(Ordered::Draft(number)).filter(|_| is_tied);
                Ok(origin.map_or(Brought::ByNobody, Brought::Unpaid))
            }
        }
    }

    async fn brought_by(&self, order: Option<OrderState>) -> Result<Brought, ConnectorError> {
        let Some(order) = order else { return Ok(Brought::ByNobody) };
        if let Some(sale) = self.sale(&order).await? {
            return Ok(Brought::Sold(Box::new(sale)));
        }
        let kept = Kept::read(&order.head.custom_attributes);
        let origin = kept.origin(Ordered::Order(order.head.id.0));
        Ok(origin.map_or(Brought::ByNobody, Brought::Unpaid))
    }

    /// Drafts that wait for the money of the payment they are tied to.
    pub(crate) async fn waiting_drafts(&self) -> Result<Vec<Origin>, ConnectorError> {
        let drafts = self.drafts(&format!("status:open tag:{TAG_COMMITTED}")).await?;
        let mut waiting = Vec::new();
        for draft in drafts {
            if matches!(draft.stage()?, Stage::Committed) {
                waiting.extend(draft.kept().origin(Ordered::Draft(draft.id.0)));
            }
        }
        Ok(waiting)
    }

    /// Every draft that a filter finds.
    pub(crate) async fn drafts(&self, filter: &str) -> Result<Vec<Listed>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_orders: Page<Listed>,
        }

        let (mut found, mut after) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let variables = json!({ "filter": filter, "after": after });
            let answer: Answer = self.client.run(&LIST_DRAFTS, &variables).await?;
            let Page { nodes, page_info } = answer.draft_orders;
            found.extend(nodes);
            after = page_info.end_cursor.filter(|_| page_info.has_next_page);
            if after.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// `None` for an order that no agent has brought, or whose money never came.
    async fn sale(&self, order: &OrderState) -> Result<Option<Sale>, ConnectorError> {
        let kept = Kept::read(&order.head.custom_attributes);
        let Some(origin) = kept.origin(Ordered::Order(order.head.id.0)) else { return Ok(None) };
        if !order.head.is_paid() {
            return Ok(None);
        }
        let places = if kept.pickup.is_some() { self.places().await? } else { Arc::default() };
        let pickup = kept.pickup.and_then(|location| places.get(&location));
        Ok(Some(Sale {
            session: origin.session,
            agent: origin.agent,
            order: order.head.order(&kept)?,
            quote: order.quote(pickup)?,
            note: order.rest.note.clone().filter(|note| !note.is_empty()),
            refunds: order.refunds()?,
            told: order.rest.told.as_ref().map(|told| told.value.clone()),
            changed_at: order.rest.updated_at,
        }))
    }
}

impl OrderState {
    fn quote(&self, pickup: Option<&Address>) -> Result<Quote, ConnectorError> {
        let total = self.head.total()?;
        let zero = Money::zero(total.currency());
        let add = |sum: Money, part: Money| sum.checked_add(part).map_err(unreadable);
        let rows = self.rest.line_items.nodes.iter();
        let lines: Vec<QuotedLine> =
            rows.map(|row| row.line(self.rest.taxes_included)).collect::<Result<_, _>>()?;
        let ids = lines.iter().map(|line| line.id.clone()).collect();
        let chosen = self.rest.shipping_line.as_ref();
        let chosen = chosen.map(|line| line.rate(self.rest.taxes_included, pickup, ids));
        let rates: Vec<Rate> = chosen.transpose()?.into_iter().collect();
        let items_base = lines.iter().map(|line| line.base).try_fold(zero, add)?;
        let shipping = rates.first().map_or(zero, |rate| rate.price);
        let tax =
            self.rest.total_tax_set.as_ref().map_or(Ok(zero), Bag::money).map_err(unreadable)?;
        let before = add(add(items_base, shipping)?, tax)?;
        let items_discount = before.checked_sub(total).map_err(unreadable)?;
        let tax_lines = self.rest.tax_lines.iter().map(Tax::line);
        Ok(Quote {
            currency: total.currency(),
            lines,
            needs_shipping: self.rest.line_items.nodes.iter().any(|row| row.requires_shipping),
            rates,
            totals: Totals {
                items_base,
                items_discount,
                shipping,
                fees: zero,
                tax,
                tax_lines: tax_lines.collect::<Result<Vec<TaxLine>, _>>()?,
                total,
            },
            is_final: true,
            codes: Vec::<AppliedCode>::new(),
            problems: Vec::new(),
        })
    }

    /// In the order in which the money went.
    fn refunds(&self) -> Result<Vec<Refund>, ConnectorError> {
        let refunds = self.rest.refunds.iter().map(|refund| {
            let note = refund.note.as_deref().unwrap_or_default();
            Ok(Refund {
                id: refund.id.0.to_string(),
                amount: refund.total_refunded_set.money().map_err(unreadable)?,
                reason: plain_text(note),
                mark: mark_of(note).map(str::to_owned),
                booked_at: refund.created_at.unwrap_or(self.rest.updated_at),
            })
        });
        let mut refunds: Vec<Refund> = refunds.collect::<Result<_, ConnectorError>>()?;
        // Goods that went back for nothing moved no money.
        refunds.retain(|refund| !refund.amount.is_zero());
        refunds.sort_by_key(|refund| refund.booked_at);
        Ok(refunds)
    }
}

impl OrderRow {
    fn line(&self, taxes_included: bool) -> Result<QuotedLine, ConnectorError> {
        let quantity = std::num::NonZeroU32::new(self.quantity);
        let quantity = quantity.ok_or_else(|| nonsense("order.read", "a row of nothing"))?;
        let gross = self.original_total_set.money().map_err(unreadable)?;
        let tax = sum(&self.tax_lines, gross.currency())?;
        let after = self.after.money().map_err(unreadable)?;
        let base = if taxes_included { gross.checked_sub(tax) } else { Ok(gross) };
        let base = base.map_err(unreadable)?;
        let unit = self.original_unit_price_set.money().map_err(unreadable)?;
        let is_whole = unit.minor().checked_mul(i64::from(quantity.get())) == Some(base.minor());
        let own = || LineId::new(self.id.0.to_string());
        let number = |linked: Linked| linked.id.0;
        Ok(QuotedLine {
            id: self.variant.map_or_else(own, |variant| line_id(number(variant))),
            item: ItemId::new(
                self.variant.map_or_else(String::new, |variant| number(variant).to_string()),
            ),
            product: self.product.map(|product| ProductId::new(number(product).to_string())),
            title: plain_text(&self.title),
            description: String::new(),
            images: self.image.iter().map(|image| image.url.clone()).collect(),
            sku: self.sku.clone().unwrap_or_default(),
            options: Vec::new(),
            quantity,
            unit_price: is_whole.then_some(unit),
            base,
            discount: gross.checked_sub(after).map_err(unreadable)?,
            tax,
            quantity_max: None,
        })
    }
}
