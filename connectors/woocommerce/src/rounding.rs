//! Stores that count finer than their currency: every amount is rounded by itself, and what the
//! rounding leaves over goes where it can be seen, so that the sums still add up. The total is the
//! store's own, rounded once.

use commerce::{Currency, Money, QuotedLine, Totals};

use crate::cart::digits;

/// Whether a decimal text has more digits than the currency.
pub(crate) fn is_finer(text: &str, currency: Currency) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    u32::try_from(fraction.len()).is_ok_and(|len| len > digits(currency))
}

/// Makes the parts add up to the total: lines first, then the tax, and where there is none the
/// first line.
pub(crate) fn settle(lines: &mut [QuotedLine], totals: &mut Totals) {
    let sum = |part: fn(&QuotedLine) -> Money, lines: &[QuotedLine]| -> i64 {
        lines.iter().map(|line| part(line).minor()).sum()
    };
    let currency = totals.total.currency();
    let rest = |totals: &Totals| {
        totals.total.minor()
            - (totals.items_base.minor() - totals.items_discount.minor()
                + totals.shipping.minor()
                + totals.fees.minor()
                + totals.tax.minor())
    };
    if !lines.is_empty() {
        totals.items_base = Money::new(sum(|line| line.base, lines), currency);
        totals.items_discount = Money::new(sum(|line| line.discount, lines), currency);
    }
    if !totals.tax.is_zero() {
        totals.tax = Money::new(totals.tax.minor() + rest(totals), currency);
    } else if let Some(first) = lines.first_mut() {
        let left = rest(totals);
        first.base = Money::new(first.base.minor() + left, currency);
        totals.items_base = Money::new(totals.items_base.minor() + left, currency);
    }
    for line in lines {
        let is_whole = |unit: &Money| {
            unit.minor().checked_mul(i64::from(line.quantity.get())) == Some(line.base.minor())
        };
        line.unit_price = line.unit_price.filter(is_whole);
    }
}
