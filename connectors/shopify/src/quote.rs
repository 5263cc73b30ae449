//! The quote that a draft is: what it costs, and what stands in the way.

use commerce::{
    AppliedCode, ConnectorError, ItemId, Money, Problem, ProblemKind, Quote, QuotedLine, Rate,
    Subject, Totals, plain_text,
};

use crate::{
    error::nonsense,
    lines::lines,
    rates::{Places, Way, rates},
    shown::{Row, Shown, Stage, Tax, unreadable},
};

/// What a draft comes to. What was refused just now is no part of it and is added to its problems.
pub(crate) fn quote(
    shown: &Shown,
    ways: &[Way],
    places: &Places,
    refused: Vec<Problem>,
) -> Result<Quote, ConnectorError> {
    let total = shown.total()?;
    let currency = total.currency();
    let mut lines = lines(shown, currency)?;
    let rates = rates(shown, ways, places)?;
    let totals = totals(shown, &mut lines, &rates, total)?;
    let needs_shipping = shown.needs_shipping();
    let is_open = matches!(shown.stage()?, Stage::Open);
    Ok(Quote {
        currency,
        lines,
        needs_shipping,
        is_final: !needs_shipping || shown.address().is_some() || shown.is_picked_up(),
        totals,
        codes: codes(shown)?,
        problems: if is_open { problems(shown, ways, refused) } else { refused },
        rates,
    })
}

/// Shopify says what all of it comes to, before and after; what lies between is the discount.
fn totals(
    shown: &Shown,
    lines: &mut [QuotedLine],
    rates: &[Rate],
    total: Money,
) -> Result<Totals, ConnectorError> {
    let zero = Money::zero(total.currency());
    let add = |sum: Money, part: Money| sum.checked_add(part).map_err(unreadable);
    let items_base = lines.iter().map(|line| line.base).try_fold(zero, add)?;
    let shipping = rates.iter().find(|rate| rate.selected).map_or(zero, |rate| rate.price);
    let tax = shown.total_tax_set.money().map_err(unreadable)?;
    let before = add(add(items_base, shipping)?, tax)?;
    let items_discount = before.checked_sub(total).map_err(unreadable)?;
    if items_discount.minor() < 0 {
        return Err(nonsense("draft", format!("it costs {total:?}, and its parts {before:?}")));
    }
    settle(lines, items_discount)?;
    let tax_lines = shown.tax_lines.iter().map(Tax::line);
    Ok(Totals {
        items_base,
        items_discount,
        shipping,
        fees: zero,
        tax,
        tax_lines: tax_lines.collect::<Result<_, ConnectorError>>()?,
        total,
    })
}

/// A discount that the store gives for the whole order and not for a row goes to the rows in turn.
fn settle(lines: &mut [QuotedLine], discount: Money) -> Result<(), ConnectorError> {
    let zero = Money::zero(discount.currency());
    let add = |sum: Money, part: Money| sum.checked_add(part).map_err(unreadable);
    let told = lines.iter().map(|line| line.discount).try_fold(zero, add)?;
    let mut missing = discount.checked_sub(told).map_err(unreadable)?.minor();
    for line in lines {
        let (least, most) = (-line.discount.minor(), line.base.minor() - line.discount.minor());
        let part = missing.clamp(least.min(0), most.max(0));
        line.discount = add(line.discount, Money::new(part, zero.currency()))?;
        missing -= part;
    }
    Ok(())
}

fn codes(shown: &Shown) -> Result<Vec<AppliedCode>, ConnectorError> {
    let applied = shown.platform_discounts.iter().filter_map(|discount| {
        let code = discount.code.clone()?;
        let amount = discount.total_amount_price_set.money().map_err(unreadable);
        Some(amount.map(|amount| AppliedCode { code, amount }))
    });
    applied.collect()
}

/// What was refused just now, what is not left, and what the draft lacks; worst first.
fn problems(shown: &Shown, ways: &[Way], refused: Vec<Problem>) -> Vec<Problem> {
    let mut problems = refused;
    for problem in shown.rows().filter_map(obstacle) {
        if !problems.iter().any(|known| known.subject == problem.subject) {
            problems.push(problem);
        }
    }
    let is_known = |problems: &[Problem], is: fn(&Subject) -> bool| {
        problems.iter().any(|problem| is(&problem.subject))
    };
    let missing = |subject: Subject, text: &str| Problem {
        kind: ProblemKind::Missing,
        subject,
        text: text.to_owned(),
    };
    if shown.rows().next().is_none() && !is_known(&problems, |it| *it == Subject::Cart) {
        problems.push(missing(Subject::Cart, "The cart is empty. Add an item that the store has"));
    }
    let is_about_address = is_known(&problems, |it| matches!(it, Subject::Address(_)));
    if shown.needs_shipping() && !is_about_address {
        match shown.address() {
            None if shown.is_picked_up() => {}
            None => {
                problems
                    .push(missing(Subject::Address(None), "Where shall it go? Send an address"));
            }
            Some(to) if to.has_odd_state() && !is_shipped(ways) => problems.push(Problem {
                kind: ProblemKind::Invalid,
                subject: Subject::Address(Some("state")),
                text: "The store does not know this state. Send its code".to_owned(),
            }),
            Some(_) if ways.is_empty() => problems.push(Problem {
                kind: ProblemKind::RegionRestricted,
                subject: Subject::Address(Some("country")),
                text: "The store does not deliver there. Choose another address".to_owned(),
            }),
            Some(_) if shown.shipping_line.is_none() => {
                problems.push(missing(Subject::Rate, "How shall it get there? Choose an option"));
            }
            Some(_) => {}
        }
    }
    let has_email = shown.email.as_ref().is_some_and(|email| !email.is_empty());
    if !has_email && !is_known(&problems, |it| *it == Subject::Email) {
        let text = "Where shall the receipt go? Send the buyer's e-mail";
        problems.push(missing(Subject::Email, text));
    }
    problems.sort_by_key(|problem| problem.kind.mildness());
    problems
}

/// What became of a row since it was written.
fn obstacle(row: &Row) -> Option<Problem> {
    if row.custom && row.variant.is_none() {
        return None;
    }
    let title = plain_text(&row.title);
    let Some(variant) = &row.variant else {
        return Some(Problem {
            kind: ProblemKind::NotPurchasable,
            subject: Subject::Cart,
            text: format!("The store sells {title} no more. Take it out"),
        });
    };
    let subject = Subject::Item(ItemId::new(variant.id.0.to_string()));
    let problem = |kind, text| Some(Problem { kind, subject: subject.clone(), text });
    match variant.left() {
        Some(left) if left <= 0 => problem(ProblemKind::OutOfStock, format!("{title} is sold out")),
        Some(left) if left < i64::from(row.quantity) => {
            let text = format!("Only {left} of {title} are left");
            problem(ProblemKind::QuantityExceeded, text)
        }
        _ if !variant.available_for_sale => {
            problem(ProblemKind::OutOfStock, format!("{title} cannot be bought now"))
        }
        _ => None,
    }
}

/// Whether anything is offered but coming for it.
fn is_shipped(ways: &[Way]) -> bool {
    ways.iter().any(|way| way.pickup.is_none())
}
