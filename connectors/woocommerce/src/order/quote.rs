//! What was bought for how much, read off an order.

use std::num::NonZeroU32;

use commerce::{
    Address, ConnectorError, Currency, ItemId, Money, MoneyError, ProductId, Quote, QuotedLine,
    Rate, RateId, TaxLine, Totals, plain_text,
};
use serde_json::Value;

use super::{OrderLine, OrderShipping, OrderTrait, StoreOrder, unreadable};
use crate::{
    cart::{line_id, text_of},
    item::{Names, Wanted},
    rates::rate_kind,
    rounding::{is_finer, settle},
};

impl StoreOrder {
    /// What was bought for how much, read off the order: its cart may be gone.
    pub(crate) fn quote(&self, pickup: Option<&Address>) -> Result<Quote, ConnectorError> {
        let currency = self.currency()?;
        self.quote_in(currency, pickup).map_err(unreadable)
    }

    fn quote_in(&self, currency: Currency, pickup: Option<&Address>) -> Result<Quote, MoneyError> {
        let money = |text: &str| Money::round_major(text, currency);
        let sum = |amounts: Vec<Money>| {
            amounts.into_iter().try_fold(Money::zero(currency), Money::checked_add)
        };
        let names = self.names();
        let mut lines = self
            .line_items
            .iter()
            .map(|line| line.quoted(currency, &names))
            .collect::<Result<Vec<_>, _>>()?;
        let rates = self
            .shipping_lines
            .iter()
            .map(|line| line.rate(currency, pickup, &lines))
            .collect::<Result<Vec<_>, _>>()?;
        let fees = self.fee_lines.iter().map(|fee| money(&fee.total)).collect::<Result<_, _>>()?;
        let tax_lines = self
            .tax_lines
            .iter()
            .map(|tax| {
                Ok(TaxLine {
                    name: plain_text(&tax.label),
                    amount: money(&tax.tax_total)?.checked_add(money(&tax.shipping_tax_total)?)?,
                    rate_percent: text_of(&tax.rate_percent),
                })
            })
            .collect::<Result<_, MoneyError>>()?;
        let mut totals = Totals {
            items_base: sum(lines.iter().map(|line| line.base).collect())?,
            items_discount: sum(lines.iter().map(|line| line.discount).collect())?,
            shipping: money(&self.shipping_total)?,
            fees: sum(fees)?,
            tax: money(&self.total_tax)?,
            tax_lines,
            total: money(&self.total)?,
        };
        if is_finer(&self.total, currency) {
            settle(&mut lines, &mut totals);
        }
        Ok(Quote {
            currency,
            needs_shipping: !rates.is_empty(),
            totals,
            lines,
            rates,
            is_final: true,
            codes: Vec::new(),
            problems: Vec::new(),
        })
    }
}

impl OrderLine {
    fn quoted(&self, currency: Currency, names: &Names) -> Result<QuotedLine, MoneyError> {
        let money = |text: &str| Money::round_major(text, currency);
        let (base, after) = (money(&self.subtotal)?, money(&self.total)?);
        let item = self.item(names);
        let image = self.image.iter().map(|image| image.src.clone());
        Ok(QuotedLine {
            id: line_id(&item),
            item,
            product: Some(ProductId::new(self.product_id.to_string())),
            title: plain_text(self.parent_name.as_deref().unwrap_or(&self.name)),
            description: String::new(),
            images: image.filter(|src| !src.is_empty()).collect(),
            sku: self.sku.clone().unwrap_or_default(),
            options: self.options(),
            quantity: u32::try_from(self.quantity)
                .ok()
                .and_then(NonZeroU32::new)
                .unwrap_or(NonZeroU32::MIN),
            unit_price: None,
            base,
            discount: base.checked_sub(after)?,
            tax: money(&self.total_tax)?,
            quantity_max: None,
        })
    }

    /// What it was ordered as.
    fn item(&self, names: &Names) -> ItemId {
        let id = if self.variation_id == 0 { self.product_id } else { self.variation_id };
        let is_this = |name: &&ItemId| {
            Wanted::parse(name).is_some_and(|wanted| {
                (wanted.id == id || wanted.id == self.product_id)
                    && wanted.choices.iter().all(|choice| self.has(choice))
            })
        };
        let name = names.values().find(is_this).cloned();
        name.unwrap_or_else(|| ItemId::new(id.to_string()))
    }

    /// Whether an attribute has this value, by slug or by label.
    fn has(&self, (attribute, value): &(String, String)) -> bool {
        let is = |own: &Value, told: &str| {
            own.as_str().is_some_and(|own| plain_text(own).eq_ignore_ascii_case(told))
        };
        self.meta_data.iter().any(|part| {
            (is(&part.key, attribute) || is(&part.display_key, attribute))
                && (is(&part.value, value) || is(&part.display_value, value))
        })
    }

    /// What sets a variation apart; other products have none.
    fn options(&self) -> Vec<(String, String)> {
        let part = |part: &OrderTrait| {
            let (key, value) = (part.display_key.as_str()?, part.display_value.as_str()?);
            let is_shown = !key.starts_with('_');
            is_shown.then(|| (plain_text(key), plain_text(value)))
        };
        let parts = self.meta_data.iter().filter_map(part);
        if self.variation_id == 0 { Vec::new() } else { parts.collect() }
    }
}

impl OrderShipping {
    fn rate(
        &self,
        currency: Currency,
        pickup: Option<&Address>,
        lines: &[QuotedLine],
    ) -> Result<Rate, MoneyError> {
        Ok(Rate {
            id: RateId::new(format!("{}:{}", self.method_id, text_of(&self.instance_id))),
            kind: rate_kind(&self.method_id, &self.method_title, pickup),
            title: plain_text(&self.method_title),
            description: String::new(),
            price: Money::round_major(&self.total, currency)?,
            tax: Money::round_major(&self.total_tax, currency)?,
            selected: true,
            lines: lines.iter().map(|line| line.id.clone()).collect(),
        })
    }
}
