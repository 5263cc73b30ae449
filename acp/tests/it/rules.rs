//! Sums that add up pass, and each planted mistake is found.

use acp::latest::{CheckoutSession, Total, TotalKind, check_totals};
use proptest::prelude::*;

fn row(kind: TotalKind, amount: i64) -> Total {
    Total { kind, display_text: String::new(), amount, description: None, breakdown: Vec::new() }
}

/// The recorded cart: 36.00, less 10 %, shipped for 5.99, taxed 3.31.
fn rows() -> Vec<Total> {
    vec![
        row(TotalKind::ItemsBaseAmount, 3600),
        row(TotalKind::ItemsDiscount, 360),
        row(TotalKind::Subtotal, 3240),
        row(TotalKind::Fulfillment, 599),
        row(TotalKind::Tax, 331),
        row(TotalKind::Total, 4170),
    ]
}

fn session(totals: Vec<Total>) -> CheckoutSession {
    CheckoutSession { totals, ..CheckoutSession::default() }
}

#[test]
fn recorded_sums_add_up() {
    assert_eq!(check_totals(&session(rows())), Ok(()));
    assert_eq!(check_totals(&session(Vec::new())), Ok(()));
}

/// A072.
#[test]
fn every_single_mistake_is_found() {
    for at in 0..rows().len() {
        let mut wrong = rows();
        wrong[at].amount += 1;
        assert!(check_totals(&session(wrong)).is_err(), "row {at}");
    }
    let mut twice = rows();
    twice.push(row(TotalKind::Total, 4170));
    assert!(check_totals(&session(twice)).is_err());
}

proptest! {
    #[test]
    fn amounts_never_overflow(amounts in prop::array::uniform4(any::<i64>())) {
        let [base, discount, subtotal, total] = amounts;
        let rows = vec![
            row(TotalKind::ItemsBaseAmount, base),
            row(TotalKind::ItemsDiscount, discount),
            row(TotalKind::Subtotal, subtotal),
            row(TotalKind::Total, total),
        ];
        let adds_up = i128::from(base) - i128::from(discount) == i128::from(subtotal)
            && subtotal == total;
        prop_assert_eq!(check_totals(&session(rows)).is_ok(), adds_up);
    }
}
