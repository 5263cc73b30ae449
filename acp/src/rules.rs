//! What must hold in every answer: functions of their input.

use thiserror::Error;

use crate::v2026_04_17::checkout::{CheckoutSession, LineItem, Status, Total, TotalKind};

/// Sums that do not add up. Holds numbers only, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{rule}: {left} is not {right}")]
pub struct Mismatch {
    /// Which equation.
    pub rule: &'static str,
    /// One side, in minor units.
    pub left: i128,
    /// The other.
    pub right: i128,
}

/// Whether the session has to be read again to know its end.
pub const fn is_in_progress(status: Status) -> bool {
    matches!(status, Status::CompleteInProgress | Status::InProgress)
}

/// Checks the arithmetic of a session: the equations that hold in the published examples.
///
/// A row that is absent counts as nothing, and an equation without its result is not judged.
pub fn check_totals(session: &CheckoutSession) -> Result<(), Mismatch> {
    check_sums(&session.line_items, &session.totals)
}

/// The same for lines and totals of anything.
pub fn check_sums(line_items: &[LineItem], totals: &[Total]) -> Result<(), Mismatch> {
    for line in line_items {
        check_rows(&line.totals)?;
        if let (Some(unit), Some(base)) =
            (line.unit_amount, sum(&line.totals, TotalKind::ItemsBaseAmount))
        {
            let product = i128::from(unit) * i128::from(line.quantity.get());
            equal("unit_amount × quantity = items_base_amount", product, base)?;
        }
    }
    check_rows(totals)?;
    let lines: Option<i128> =
        line_items.iter().map(|line| sum(&line.totals, TotalKind::ItemsBaseAmount)).sum();
    let whole = sum(totals, TotalKind::ItemsBaseAmount);
    if let (Some(lines), Some(whole), false) = (lines, whole, line_items.is_empty()) {
        equal("Σ lines = items_base_amount", lines, whole)?;
    }
    let totals = totals.iter().filter(|row| row.kind == TotalKind::Total).count();
    if totals > 1 {
        return Err(Mismatch {
            rule: "at most one total",
            left: i128::try_from(totals).unwrap_or(i128::MAX),
            right: 1,
        });
    }
    Ok(())
}

/// The equations that hold for a line and for the whole alike.
fn check_rows(rows: &[Total]) -> Result<(), Mismatch> {
    let part = |kind| sum(rows, kind).unwrap_or(0);
    let discount = part(TotalKind::Discount);
    let Some(subtotal) = sum(rows, TotalKind::Subtotal) else { return Ok(()) };
    if let Some(base) = sum(rows, TotalKind::ItemsBaseAmount) {
        let left = base - part(TotalKind::ItemsDiscount);
        // A discount on the whole may count before or after the subtotal.
        if left - discount != subtotal {
            equal("items_base_amount − items_discount = subtotal", left, subtotal)?;
        }
    }
    if let Some(total) = sum(rows, TotalKind::Total) {
        let left = subtotal
            + part(TotalKind::Tax)
            + part(TotalKind::Fulfillment)
            + part(TotalKind::Fee)
            + part(TotalKind::GiftWrap)
            + part(TotalKind::Tip)
            - part(TotalKind::StoreCredit);
        if left - discount != total {
            equal("subtotal + taxes and charges = total", left, total)?;
        }
    }
    Ok(())
}

/// All rows of a kind together; `None` if there is none.
fn sum(rows: &[Total], kind: TotalKind) -> Option<i128> {
    let mut found =
        rows.iter().filter(|row| row.kind == kind).map(|row| i128::from(row.amount)).peekable();
    found.peek()?;
    Some(found.sum())
}

fn equal(rule: &'static str, left: i128, right: i128) -> Result<(), Mismatch> {
    if left == right { Ok(()) } else { Err(Mismatch { rule, left, right }) }
}
