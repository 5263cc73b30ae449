//! Sums as rows. Whatever stands here came from the store; nothing is computed but the
//! subtractions that the rows' own names demand.

use acp::latest::{TaxBreakdown, Total, TotalKind};
use commerce::{Money, Quote, QuotedLine, Rate};
use serde_json::Number;

/// The session's rows. Before the buyer's place is known, shipping and tax are left out.
pub(super) fn session(quote: &Quote) -> Vec<Total> {
    let sums = &quote.totals;
    let subtotal = sums.items_base.minor() - sums.items_discount.minor();
    let mut rows = vec![row(TotalKind::ItemsBaseAmount, "Items", sums.items_base.minor())];
    if !sums.items_discount.is_zero() {
        rows.push(row(TotalKind::ItemsDiscount, "Discount", sums.items_discount.minor()));
    }
    rows.push(row(TotalKind::Subtotal, "Subtotal", subtotal));
    if !quote.is_final {
        rows.push(Total {
            description: Some("Before shipping and tax".to_owned()),
            ..row(TotalKind::Total, "Total", subtotal)
        });
        return rows;
    }
    if quote.needs_shipping {
        rows.push(row(TotalKind::Fulfillment, "Shipping", sums.shipping.minor()));
    }
    if !sums.fees.is_zero() {
        rows.push(row(TotalKind::Fee, "Fees", sums.fees.minor()));
    }
    rows.push(Total {
        breakdown: breakdown(quote),
        ..row(TotalKind::Tax, "Tax", sums.tax.minor())
    });
    rows.push(row(TotalKind::Total, "Total", sums.total.minor()));
    rows
}

/// A line's rows.
pub(super) fn line(line: &QuotedLine) -> Vec<Total> {
    let subtotal = line.base.minor() - line.discount.minor();
    vec![
        row(TotalKind::ItemsBaseAmount, "Price", line.base.minor()),
        row(TotalKind::ItemsDiscount, "Discount", line.discount.minor()),
        row(TotalKind::Subtotal, "Subtotal", subtotal),
        row(TotalKind::Tax, "Tax", line.tax.minor()),
        row(TotalKind::Total, "Total", subtotal + line.tax.minor()),
    ]
}

/// What a way to ship costs; its tax is part of the session's.
pub(super) fn rate(rate: &Rate) -> Vec<Total> {
    vec![row(TotalKind::Total, &rate.title, rate.price.minor())]
}

/// What the tax is made of, where the parts make the whole.
fn breakdown(quote: &Quote) -> Vec<TaxBreakdown> {
    let lines = &quote.totals.tax_lines;
    let whole: i64 = lines.iter().map(|line| line.amount.minor()).sum();
    if whole != quote.totals.tax.minor() {
        return Vec::new();
    }
    lines
        .iter()
        .filter_map(|line| {
            Some(TaxBreakdown {
                jurisdiction: line.name.clone(),
                rate: line.rate_percent.parse::<Number>().ok()?,
                amount: Money::minor(line.amount),
            })
        })
        .collect()
}

fn row(kind: TotalKind, display_text: &str, amount: i64) -> Total {
    let display_text = display_text.to_owned();
    Total { kind, display_text, amount, description: None, breakdown: Vec::new() }
}
