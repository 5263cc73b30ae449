//! Decimal amounts as whole millionths, because WooCommerce itself keeps six places.

use serde_json::Value;

/// An amount in millionths of the currency's main unit.
pub(super) type Micros = i128;

/// One main unit.
const ONE: Micros = 1_000_000;

/// Reads decimal text such as `18`, `184.44` or `-1`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Micros> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || digits == "." || !plain(whole) || !plain(fraction) || whole.len() > 18 {
        return None;
    }
    let whole: Micros = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: Micros = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(sign * (whole * ONE + fraction))
}

/// Reads a JSON string or number as an amount.
pub(super) fn from_json(value: &Value) -> Option<Micros> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// Divides, rounding halves away from zero.
pub(super) fn divide(amount: Micros, by: Micros) -> Micros {
    let half = by / 2;
    if amount < 0 { (amount - half) / by } else { (amount + half) / by }
}

/// Rounds to a shop's number of decimals, halves away from zero.
pub(super) fn round(amount: Micros, decimals: u32) -> Micros {
    let step = step(decimals);
    divide(amount, step) * step
}

/// The smallest amount a shop with this many decimals can name.
pub(super) fn step(decimals: u32) -> Micros {
    10_i128.pow(6_u32.saturating_sub(decimals))
}

/// Whole minor units as text: `"1800"`.
pub(super) fn minor(amount: Micros, decimals: u32) -> String {
    divide(amount, step(decimals)).to_string()
}

/// Fixed places: `"18.00"`.
pub(super) fn fixed(amount: Micros, decimals: u32) -> String {
    let rounded = round(amount, decimals);
    let sign = if rounded < 0 { "-" } else { "" };
    let (whole, fraction) = (rounded.abs() / ONE, rounded.abs() % ONE);
    let places = usize::try_from(decimals.min(6)).unwrap_or(6);
    let fraction = format!("{fraction:06}");
    if places == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{}", &fraction[..places])
    }
}

/// No padding: `"12.2"`, `"18"`.
pub(super) fn plain(amount: Micros) -> String {
    let text = fixed(amount, 6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A JSON number without padding: `36`, `37.8`.
pub(super) fn number(amount: Micros) -> Value {
    serde_json::from_str(&plain(amount)).unwrap_or(Value::Null)
}
