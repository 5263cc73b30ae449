//! A draft as Shopify shows it.

use commerce::{ConnectorError, Currency, DraftState, Money, MoneyError};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    attributes::{Attribute, Kept},
    error::nonsense,
    head::Head,
    id::{Gid, Ordered},
    rates::rate_id,
};

/// Our own row in a draft that has no other; Shopify keeps none without a row.
pub(crate) const EMPTY_ROW: &str = "00000000-0000-8000-8000-000000000000";

/// `DraftOrder`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    pub(crate) id: Gid,
    pub(crate) status: String,
    /// Whether the store has worked out all of it.
    pub(crate) ready: bool,
    pub(crate) updated_at: Timestamp,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    #[serde(rename = "note2")]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) taxes_included: bool,
    #[serde(default)]
    pub(crate) discount_codes: Vec<String>,
    #[serde(default)]
    pub(crate) custom_attributes: Vec<Attribute>,
    pub(crate) shipping_address: Option<Mailing>,
    pub(crate) billing_address: Option<Mailing>,
    pub(crate) shipping_line: Option<ShippingLine>,
    pub(crate) line_items: Rows,
    #[serde(default)]
    pub(crate) platform_discounts: Vec<Discount>,
    #[serde(default)]
    pub(crate) tax_lines: Vec<Tax>,
    pub(crate) total_tax_set: Bag,
    pub(crate) total_price_set: Bag,
    pub(crate) order: Option<Head>,
}

/// The rows of a draft.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rows {
    pub(crate) nodes: Vec<Row>,
    pub(crate) page_info: PageInfo,
}

/// Whether there are more, and where they begin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
    #[serde(default)]
    pub(crate) end_cursor: Option<String>,
}

/// One row.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) uuid: String,
    pub(crate) title: String,
    pub(crate) sku: Option<String>,
    pub(crate) quantity: u32,
    pub(crate) requires_shipping: bool,
    pub(crate) custom: bool,
    pub(crate) variant: Option<Variant>,
    pub(crate) product: Option<Linked>,
    pub(crate) image: Option<Image>,
    pub(crate) original_unit_price_set: Bag,
    pub(crate) original_total_set: Bag,
    pub(crate) total_discount_set: Bag,
    #[serde(default)]
    pub(crate) tax_lines: Vec<Tax>,
}

/// What is left of a variant, and what sets it apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Variant {
    pub(crate) id: Gid,
    pub(crate) available_for_sale: bool,
    pub(crate) inventory_quantity: Option<i64>,
    pub(crate) inventory_policy: String,
    #[serde(default)]
    pub(crate) selected_options: Vec<Selected>,
    pub(crate) inventory_item: Option<Tracked>,
}

/// Whether units are counted.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Tracked {
    pub(crate) tracked: bool,
}

/// Color: red.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Selected {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Something of which only the id is shown.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Linked {
    pub(crate) id: Gid,
}

/// A picture.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Image {
    pub(crate) url: String,
}

/// `MailingAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Mailing {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) address1: Option<String>,
    pub(crate) address2: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) province: Option<String>,
    pub(crate) province_code: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) country_code_v2: Option<String>,
    pub(crate) zip: Option<String>,
    pub(crate) phone: Option<String>,
}

/// How the goods travel.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShippingLine {
    pub(crate) title: String,
    pub(crate) code: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) discounted_price_set: Bag,
    #[serde(default)]
    pub(crate) tax_lines: Vec<Tax>,
}

/// A discount of the store's, by a code or by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Discount {
    pub(crate) code: Option<String>,
    pub(crate) total_amount_price_set: Bag,
    #[serde(default)]
    pub(crate) allocations: Vec<Allocation>,
}

/// What a discount takes off one row.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allocation {
    pub(crate) reduction_amount_set: Bag,
    pub(crate) target: Option<Target>,
}

/// The row; shipping has no uuid.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) uuid: Option<String>,
}

/// `TaxLine`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tax {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) rate_percentage: Option<serde_json::Number>,
    pub(crate) price_set: Bag,
}

/// `MoneyBag`, as the buyer sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bag {
    presentment_money: Amount,
}

/// `MoneyV2`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Amount {
    amount: String,
    currency_code: String,
}

/// How far a draft has come, by its status and what it keeps.
pub(crate) enum Stage {
    /// It may still change.
    Open,
    /// It waits for the money of a payment, and costs what that is for.
    Committed,
    /// It will never be an order.
    Ended,
    /// It is one.
    Completed,
}

impl Stage {
    /// A tie counts only where the draft costs what it is tied to: so a commitment and a price that
    /// moves can never both hold.
    pub(crate) fn of(status: &str, kept: &Kept, total: Money) -> Self {
        if status == "COMPLETED" {
            Self::Completed
        } else if kept.is_ended {
            Self::Ended
        } else if kept.tie.as_ref().is_some_and(|tie| tie.total == total) {
            Self::Committed
        } else {
            Self::Open
        }
    }
}

impl Shown {
    pub(crate) fn kept(&self) -> Kept {
        Kept::read(&self.custom_attributes)
    }

    pub(crate) fn total(&self) -> Result<Money, ConnectorError> {
        self.total_price_set.money().map_err(unreadable)
    }

    pub(crate) fn stage(&self) -> Result<Stage, ConnectorError> {
        Ok(Stage::of(&self.status, &self.kept(), self.total()?))
    }

    /// How far it has come, in the bridge's words.
    pub(crate) fn state(&self) -> Result<DraftState, ConnectorError> {
        let kept = self.kept();
        Ok(match (self.stage()?, kept.tie.clone(), &self.order) {
            (Stage::Completed, _, Some(order)) => DraftState::Placed(order.order(&kept)?),
            (Stage::Completed, _, None) => {
                return Err(nonsense("draft.read", "a completed draft without an order"));
            }
            (Stage::Committed, Some(tie), _) => {
                DraftState::Committed { payment: tie.payment, total: tie.total, memo: tie.memo }
            }
            (Stage::Ended, ..) => DraftState::Discarded,
            (Stage::Open | Stage::Committed, ..) => DraftState::Open,
        })
    }

    /// The order that it leads to.
    pub(crate) fn ordered(&self) -> Ordered {
        self.order.as_ref().map_or(Ordered::Draft(self.id.0), |order| Ordered::Order(order.id.0))
    }

    /// The rows that an agent has ordered.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.line_items.nodes.iter().filter(|row| row.uuid != EMPTY_ROW)
    }

    /// The same, with what is left now.
    pub(crate) fn restocked(&self, stock: &[Variant]) -> Self {
        let mut now = self.clone();
        for known in now.line_items.nodes.iter_mut().filter_map(|row| row.variant.as_mut()) {
            if let Some(left) = stock.iter().find(|left| left.id == known.id) {
                let options = std::mem::take(&mut known.selected_options);
                *known = Variant { selected_options: options, ..left.clone() };
            }
        }
        now
    }

    pub(crate) fn needs_shipping(&self) -> bool {
        self.rows().any(|row| row.requires_shipping)
    }

    /// Whether what has been bought is fetched.
    pub(crate) fn is_picked_up(&self) -> bool {
        self.shipping_line.is_some() && self.kept().pickup.is_some()
    }

    /// Where it goes, if that is told.
    pub(crate) fn address(&self) -> Option<&Mailing> {
        self.shipping_address.as_ref().filter(|to| to.is_told())
    }
}

impl ShippingLine {
    pub(crate) fn rate_id(&self) -> commerce::RateId {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        rate_id(&text(&self.source), &text(&self.code), &self.title)
    }

    /// What is paid for it without tax, and the tax on that.
    pub(crate) fn net(&self, taxes_included: bool) -> Result<(Money, Money), ConnectorError> {
        let paid = self.discounted_price_set.money().map_err(unreadable)?;
        let tax = crate::lines::sum(&self.tax_lines, paid.currency())?;
        let net = if taxes_included { paid.checked_sub(tax) } else { Ok(paid) };
        Ok((net.map_err(unreadable)?, tax))
    }
}

impl Mailing {
    /// Whether it says more than who somebody is.
    pub(crate) fn is_told(&self) -> bool {
        [&self.address1, &self.city, &self.zip, &self.country_code_v2]
            .into_iter()
            .any(|part| part.as_ref().is_some_and(|part| !part.is_empty()))
    }

    /// Whether the store knows the country and not the state in it. Where nothing is offered, that may
    /// be why.
    pub(crate) fn has_odd_state(&self) -> bool {
        let is_told = |part: &Option<String>| part.as_ref().is_some_and(|text| !text.is_empty());
        is_told(&self.country) && is_told(&self.province_code) && !is_told(&self.province)
    }

    pub(crate) fn name(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{} {}", part(&self.first_name), part(&self.last_name)).trim().to_owned()
    }
}

impl Variant {
    /// How many can be had, where that is limited.
    pub(crate) fn left(&self) -> Option<i64> {
        let is_tracked = self.inventory_item.as_ref().is_none_or(|item| item.tracked);
        let is_limited = is_tracked && self.inventory_policy == "DENY";
        is_limited.then_some(self.inventory_quantity).flatten()
    }
}

impl Tax {
    /// As a quote has it.
    pub(crate) fn line(&self) -> Result<commerce::TaxLine, ConnectorError> {
        let rate = self.rate_percentage.as_ref();
        Ok(commerce::TaxLine {
            name: commerce::plain_text(&self.title),
            amount: self.price_set.money().map_err(unreadable)?,
            rate_percent: rate.map_or_else(String::new, ToString::to_string),
        })
    }
}

impl Bag {
    pub(crate) fn money(&self) -> Result<Money, MoneyError> {
        self.presentment_money.money()
    }
}

impl Amount {
    pub(crate) fn money(&self) -> Result<Money, MoneyError> {
        let unknown = || MoneyError::NotANumber(self.currency_code.clone());
        let currency = Currency::from_code(&self.currency_code).ok_or_else(unknown)?;
        Money::parse_major(&self.amount, currency)
    }
}

/// An amount that is none.
pub(crate) fn unreadable(error: MoneyError) -> ConnectorError {
    nonsense("draft", error)
}
