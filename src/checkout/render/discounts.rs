//! What became of each discount code (RFC "discount extension"). The store's coupons are the truth.

use acp::latest::{
    AppliedDiscount, Coupon, DiscountAllocation, DiscountErrorCode, Discounts, RejectedDiscount,
    WarningCode,
};
use commerce::{AppliedCode, CodeRefusal, Draft, ProblemKind, Quote, Subject};

use super::View;

/// Shown to an agent that knows the extension, and to one that has sent a code.
pub(super) fn all(view: &View<'_>, draft: &Draft) -> Option<Discounts> {
    let quote = &draft.quote;
    let applied: Vec<AppliedDiscount> =
        quote.codes.iter().map(|code| applied(code, quote)).collect();
    let rejected: Vec<RejectedDiscount> =
        refused(draft).map(|(code, why, text)| rejected(code, why, text)).collect();
    if !view.knows_discounts && applied.is_empty() && rejected.is_empty() {
        return None;
    }
    let codes = quote.codes.iter().map(|code| code.code.clone());
    let refused = rejected.iter().map(|code| code.code.clone());
    Some(Discounts { codes: codes.chain(refused).collect(), applied, rejected })
}

/// How many codes are none, or are refused by a store that does not say why.
pub(in crate::checkout) fn wrong_codes(draft: &Draft) -> usize {
    refused(draft).filter(|(_, why, _)| *why == CodeRefusal::Invalid).count()
}

/// Where a refused code stands in `$.discounts.codes`: behind those that count.
pub(super) fn position(draft: &Draft, code: &str) -> usize {
    let before = refused(draft).take_while(|(refused, ..)| *refused != code).count();
    draft.quote.codes.len() + before
}

/// The warning that mirrors a refusal.
pub(super) const fn warning_code(refusal: CodeRefusal) -> WarningCode {
    match refusal {
        CodeRefusal::Invalid => WarningCode::DiscountCodeInvalid,
        CodeRefusal::Expired => WarningCode::DiscountCodeExpired,
        CodeRefusal::MinimumNotMet => WarningCode::DiscountCodeMinimumNotMet,
        CodeRefusal::UsageLimitReached => WarningCode::DiscountCodeUsageLimitReached,
        CodeRefusal::CombinationDisallowed => WarningCode::DiscountCodeCombinationDisallowed,
        CodeRefusal::Ineligible => WarningCode::DiscountCodeUserIneligible,
    }
}

fn refused(draft: &Draft) -> impl Iterator<Item = (&str, CodeRefusal, &str)> {
    draft.quote.problems.iter().filter_map(|problem| match (&problem.kind, &problem.subject) {
        (ProblemKind::CodeRefused(why), Subject::Code(code)) => {
            Some((code.as_str(), *why, problem.text.as_str()))
        }
        _ => None,
    })
}

/// A coupon is described by what it takes off here: the cart does not say how that came about.
fn applied(code: &AppliedCode, quote: &Quote) -> AppliedDiscount {
    let amount = code.amount.minor();
    AppliedDiscount {
        id: format!("di_{}", code.code),
        code: Some(code.code.clone()),
        coupon: Coupon {
            id: code.code.clone(),
            name: code.code.clone(),
            percent_off: None,
            amount_off: Some(amount),
            currency: Some(quote.currency.code().to_ascii_lowercase()),
        },
        amount,
        automatic: false,
        allocations: allocations(quote, amount),
    }
}

/// Where a single code takes something off. The store does not say which of several did what.
fn allocations(quote: &Quote, amount: i64) -> Vec<DiscountAllocation> {
    let whole: i64 = quote.lines.iter().map(|line| line.discount.minor()).sum();
    if quote.codes.len() != 1 || whole != amount {
        return Vec::new();
    }
    let parts = quote.lines.iter().enumerate().filter(|(_, line)| !line.discount.is_zero());
    parts
        .map(|(at, line)| DiscountAllocation {
            path: format!("$.line_items[{at}]"),
            amount: line.discount.minor(),
        })
        .collect()
}

fn rejected(code: &str, refusal: CodeRefusal, text: &str) -> RejectedDiscount {
    RejectedDiscount {
        code: code.to_owned(),
        reason: match refusal {
            CodeRefusal::Invalid => DiscountErrorCode::DiscountCodeInvalid,
            CodeRefusal::Expired => DiscountErrorCode::DiscountCodeExpired,
            CodeRefusal::MinimumNotMet => DiscountErrorCode::DiscountCodeMinimumNotMet,
            CodeRefusal::UsageLimitReached => DiscountErrorCode::DiscountCodeUsageLimitReached,
            CodeRefusal::CombinationDisallowed => {
                DiscountErrorCode::DiscountCodeCombinationDisallowed
            }
            CodeRefusal::Ineligible => DiscountErrorCode::DiscountCodeUserIneligible,
        },
        message: Some(text.to_owned()),
    }
}
