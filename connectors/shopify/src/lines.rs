//! Rows of a draft, as an agent sees them.

use std::num::NonZeroU32;

use commerce::{
    ConnectorError, Currency, ItemId, LineId, Money, ProductId, QuotedLine, plain_text,
};

use crate::shown::{Row, Shown, Tax, unreadable};

/// What Shopify calls the only variant of a product.
const ONLY: &str = "Default Title";

/// The name of a variant's row: the same in every draft, so that a repeat writes the same row.
pub(crate) fn line_id(variant: u64) -> LineId {
    LineId::new(row_of(variant))
}

/// A uuid of our own kind (version 8) that holds the variant's number.
pub(crate) fn row_of(variant: u64) -> String {
    let (high, low) = (variant >> 48, variant & 0xFFFF_FFFF_FFFF);
    format!("00000000-{high:04x}-8000-8000-{low:012x}")
}

/// Every row but our own; those without a variant are the seller's.
pub(crate) fn lines(shown: &Shown, currency: Currency) -> Result<Vec<QuotedLine>, ConnectorError> {
    shown.rows().map(|row| line(shown, row, currency)).collect()
}

fn line(shown: &Shown, row: &Row, currency: Currency) -> Result<QuotedLine, ConnectorError> {
    let quantity = NonZeroU32::new(row.quantity).unwrap_or(NonZeroU32::MIN);
    let gross = row.original_total_set.money().map_err(unreadable)?;
    let tax = sum(&row.tax_lines, currency)?;
    let discount = discount(shown, row, currency)?;
    let base = if shown.taxes_included { gross.checked_sub(tax) } else { Ok(gross) };
    let base = base.map_err(unreadable)?;
    let unit = row.original_unit_price_set.money().map_err(unreadable)?;
    let is_whole = unit.minor().checked_mul(i64::from(quantity.get())) == Some(base.minor());
    let variant = row.variant.as_ref();
    let left = variant.and_then(crate::shown::Variant::left);
    Ok(QuotedLine {
        id: variant.map_or_else(|| LineId::new(&row.uuid), |variant| line_id(variant.id.0)),
        item: ItemId::new(variant.map_or_else(String::new, |variant| variant.id.0.to_string())),
        product: row.product.map(|product| ProductId::new(product.id.0.to_string())),
        title: plain_text(&row.title),
        description: String::new(),
        images: row.image.iter().map(|image| image.url.clone()).collect(),
        sku: row.sku.clone().unwrap_or_default(),
        options: variant
            .into_iter()
            .flat_map(|variant| &variant.selected_options)
            .filter(|option| option.value != ONLY)
            .map(|option| (plain_text(&option.name), plain_text(&option.value)))
            .collect(),
        quantity,
        unit_price: is_whole.then_some(unit),
        base,
        discount,
        tax,
        quantity_max: left.and_then(|left| u32::try_from(left.max(0)).ok()),
    })
}

/// What discounts take off a row: its share of those of the store, and what the seller gave himself.
fn discount(shown: &Shown, row: &Row, currency: Currency) -> Result<Money, ConnectorError> {
    let shares = shown.platform_discounts.iter().flat_map(|discount| &discount.allocations);
    let own = shares.filter(|share| {
        share.target.as_ref().and_then(|target| target.uuid.as_ref()) == Some(&row.uuid)
    });
    let mut sum = Money::zero(currency);
    for share in own {
        let amount = share.reduction_amount_set.money().map_err(unreadable)?;
        sum = sum.checked_add(amount).map_err(unreadable)?;
    }
    let told = row.total_discount_set.money().map_err(unreadable)?;
    Ok(if told.minor() > sum.minor() { told } else { sum })
}

/// All of these taxes.
pub(crate) fn sum(taxes: &[Tax], currency: Currency) -> Result<Money, ConnectorError> {
    taxes.iter().try_fold(Money::zero(currency), |sum, tax| {
        sum.checked_add(tax.price_set.money().map_err(unreadable)?).map_err(unreadable)
    })
}

#[cfg(test)]
mod tests {
    use super::row_of;

    #[test]
    fn a_row_is_named_by_its_variant() {
        assert_eq!(row_of(45_678), "00000000-0000-8000-8000-00000000b26e");
        assert_eq!(row_of(u64::MAX), "00000000-ffff-8000-8000-ffffffffffff");
        assert_ne!(row_of(1), crate::shown::EMPTY_ROW);
    }
}
