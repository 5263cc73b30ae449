//! Amounts as whole minor units, and the ways Shopify writes them.

use serde_json::{Value, json};

/// A currency, by its ISO 4217 code.
pub(super) type Currency = &'static str;

/// What the shop knows of currencies: code, decimals, and what one unit of the shop's costs in
/// it, as a fraction.
pub(super) const CURRENCIES: [(Currency, u32, (i64, i64)); 6] = [
    ("USD", 2, (1, 1)),
    ("CAD", 2, (1361, 1000)),
    ("EUR", 2, (923, 1000)),
    ("GBP", 2, (787, 1000)),
    ("JPY", 0, (15_512, 100)),
    ("KWD", 3, (307, 1000)),
];

/// The currency's own name for a code that came from outside.
pub(super) fn currency(code: &str) -> Option<Currency> {
    CURRENCIES.iter().find(|(known, ..)| *known == code).map(|(known, ..)| *known)
}

fn decimals(code: &str) -> u32 {
    CURRENCIES.iter().find(|(known, ..)| *known == code).map_or(2, |(_, decimals, _)| *decimals)
}

/// Minor units of one currency in minor units of another, rounded half up.
pub(super) fn converted(minor: i64, from: Currency, to: Currency) -> i64 {
    if from == to {
        return minor;
    }
    let rate = |code| CURRENCIES.iter().find(|(known, ..)| *known == code).map_or((1, 1), |c| c.2);
    let (from_rate, to_rate) = (rate(from), rate(to));
    let (up, down) = (10_i64.pow(decimals(to)), 10_i64.pow(decimals(from)));
    divided(minor * to_rate.0 * from_rate.1 * up, to_rate.1 * from_rate.0 * down)
}

/// A quotient, rounded half up away from nothing.
pub(super) fn divided(amount: i64, by: i64) -> i64 {
    let half = by / 2;
    if amount < 0 { -((-amount + half) / by) } else { (amount + half) / by }
}

/// Decimal text in minor units; `None` if it is none, or has more digits than the currency.
pub(super) fn parsed(text: &str, code: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = usize::try_from(decimals(code)).ok()?;
    let (kept, rest) = part.split_at(part.len().min(scale));
    if !rest.bytes().all(|byte| byte == b'0') {
        return None;
    }
    format!("{whole}{kept:0<scale$}").parse::<i64>().ok().map(|minor| sign * minor)
}

/// `12.5`, `7.25`, `0.0`: how money with a currency is written.
pub(super) fn short(minor: i64, code: &str) -> String {
    let full = plain(minor, code);
    let (whole, part) = full.split_once('.').unwrap_or((&full, "0"));
    let part = part.trim_end_matches('0');
    format!("{whole}.{}", if part.is_empty() { "0" } else { part })
}

/// `12.50`: how money without a currency is written.
pub(super) fn plain(minor: i64, code: &str) -> String {
    let scale = usize::try_from(decimals(code)).unwrap_or(2);
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// `MoneyV2`.
pub(super) fn money(minor: i64, code: &str) -> Value {
    json!({ "amount": short(minor, code), "currencyCode": code })
}

/// An amount in the shop's currency and in the buyer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Both {
    pub(super) shop: i64,
    pub(super) buyer: i64,
}

impl Both {
    /// `MoneyBag`.
    pub(super) fn bag(self, currencies: (Currency, Currency)) -> Value {
        json!({
            "shopMoney": money(self.shop, currencies.0),
            "presentmentMoney": money(self.buyer, currencies.1),
        })
    }
}

impl std::ops::Add for Both {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { shop: self.shop + other.shop, buyer: self.buyer + other.buyer }
    }
}

impl std::ops::Sub for Both {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { shop: self.shop - other.shop, buyer: self.buyer - other.buyer }
    }
}

impl std::iter::Sum for Both {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, amount| sum + amount)
    }
}

/// `amount` shared out in proportion to `weights`, to the last unit.
pub(super) fn shared(amount: i64, weights: &[i64]) -> Vec<i64> {
    let mut whole: i64 = weights.iter().sum();
    let mut left = amount;
    let shares = weights.iter().map(|weight| {
        let share = if whole == 0 { 0 } else { divided(left * weight, whole) };
        whole -= weight;
        left -= share;
        share
    });
    shares.collect()
}
