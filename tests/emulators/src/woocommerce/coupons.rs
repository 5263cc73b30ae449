//! Coupons: what they take off, and the one error code for every refusal.

use jiff::Timestamp;

use super::decimal::{self, Micros};
use super::shop::{Shop, Switch};
use super::wire::quoted;

/// One coupon.
#[derive(Clone)]
pub(super) struct Coupon {
    pub(super) id: u64,
    pub(super) code: &'static str,
    pub(super) amount: Micros,
    pub(super) percent: bool,
    pub(super) expires: Option<Timestamp>,
    pub(super) minimum: Micros,
    pub(super) limit: Option<u64>,
    pub(super) used: u64,
    pub(super) free_shipping: bool,
    pub(super) created: Timestamp,
}

impl Coupon {
    /// The `discount_type` member.
    pub(super) fn kind(&self) -> &'static str {
        if self.percent { "percent" } else { "fixed_cart" }
    }
}

impl Shop {
    /// The coupon of this code, if a buyer with this subtotal may use it; else the reason.
    pub(super) fn usable_coupon(&self, code: &str, subtotal: Micros) -> Result<&Coupon, String> {
        let german = |_| format!("Der Gutschein {} kann nicht verwendet werden.", quoted(code));
        let usable = self.coupon_for(code, subtotal);
        if self.has(Switch::German) { usable.map_err(german) } else { usable }
    }

    fn coupon_for(&self, code: &str, subtotal: Micros) -> Result<&Coupon, String> {
        let name = quoted(code);
        let found = self.coupons.iter().find(|coupon| coupon.code == code);
        let coupon =
            found.ok_or(format!("Coupon {name} cannot be applied because it does not exist."))?;
        if coupon.expires.is_some_and(|expires| expires <= self.now()) {
            return Err(format!("Coupon {name} has expired."));
        }
        if coupon.limit.is_some_and(|limit| coupon.used >= limit) {
            return Err(format!(
                "Usage limit for coupon {name} has been reached. Please try again after some \
                 time, or contact us for help."
            ));
        }
        if subtotal < coupon.minimum {
            let minimum = decimal::fixed(coupon.minimum, self.decimals);
            let symbol = if self.currency == "USD" { "&#036;" } else { self.symbol() };
            return Err(format!("The minimum spend for coupon {name} is {symbol}{minimum}."));
        }
        Ok(coupon)
    }

    /// Counts one use of each coupon, or takes it back.
    pub(super) fn count_coupons(&mut self, codes: &[String], used: bool) {
        for coupon in self.coupons.iter_mut().filter(|c| codes.iter().any(|code| code == c.code)) {
            coupon.used = if used { coupon.used + 1 } else { coupon.used.saturating_sub(1) };
        }
    }
}

/// A basket line as a coupon sees it: its whole amount and its units.
#[derive(Clone, Copy)]
pub(super) struct Basket {
    /// The line's amount before any coupon.
    pub(super) before: Micros,
    /// What earlier coupons left of it.
    pub(super) left: Micros,
    /// Units in the line.
    pub(super) quantity: i64,
}

/// What a coupon takes off each line: whole cents, the remainder given to the first lines.
pub(super) fn discounts(coupon: &Coupon, lines: &[Basket], decimals: u32) -> Vec<Micros> {
    let step = decimal::step(decimals);
    if coupon.percent {
        let share = |amount: Micros| amount * coupon.amount / 100_000_000;
        let floor = |line: &Basket| (share(line.before) / step * step).min(line.left);
        let mut off: Vec<_> = lines.iter().map(floor).collect();
        let whole: Micros = lines.iter().map(|line| line.before).sum();
        let missing = decimal::round(share(whole), decimals) - off.iter().sum::<Micros>();
        spread(&mut off, lines, missing, step);
        return off;
    }
    let mut off = vec![0; lines.len()];
    let mut rest = coupon.amount.min(lines.iter().map(|line| line.left).sum());
    let units: i64 = lines.iter().filter(|l| l.left > 0).map(|l| l.quantity.max(0)).sum();
    let each = if units > 0 { rest / Micros::from(units) / step * step } else { 0 };
    for (off, line) in off.iter_mut().zip(lines) {
        let part = (each * Micros::from(line.quantity.max(0))).min(line.left);
        *off += part;
        rest -= part;
    }
    spread(&mut off, lines, rest, step);
    off
}

/// Hands out what rounding left, a cent at a time, from the first line on.
fn spread(off: &mut [Micros], lines: &[Basket], mut rest: Micros, step: Micros) {
    while rest >= step {
        let before = rest;
        for (off, line) in off.iter_mut().zip(lines) {
            if rest >= step && *off + step <= line.left {
                *off += step;
                rest -= step;
            }
        }
        if rest == before {
            return;
        }
    }
}
