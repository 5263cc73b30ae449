//! What a cart costs: coupons, then shipping, then tax per line.

use super::cart::Cart;
use super::coupons::{Basket, discounts};
use super::decimal::{self, Micros};
use super::shipping::{self, Method};
use super::shop::Shop;
use super::tax::{HOME, Rate};

/// A net amount and its tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taxed {
    pub(super) net: Micros,
    pub(super) tax: Micros,
}

/// One line's amounts.
#[derive(Clone, Copy)]
pub(super) struct LineTotals {
    /// Before coupons.
    pub(super) subtotal: Taxed,
    /// After coupons.
    pub(super) total: Taxed,
    /// The rate of the line's tax class.
    pub(super) rate: Option<&'static Rate>,
}

/// One rate on offer.
#[derive(Clone)]
pub(super) struct OfferedRate {
    pub(super) method: Method,
    pub(super) price: Taxed,
    pub(super) selected: bool,
}

/// The whole calculation.
#[derive(Clone)]
pub(super) struct Totals {
    pub(super) lines: Vec<LineTotals>,
    /// By coupon, in the order of the cart.
    pub(super) coupons: Vec<(String, Taxed)>,
    pub(super) needs_shipping: bool,
    pub(super) rates: Vec<OfferedRate>,
    pub(super) items: Taxed,
    pub(super) discount: Taxed,
    pub(super) shipping: Taxed,
    /// What the shipping costs is taxed with.
    pub(super) shipping_rate: Option<&'static Rate>,
}

impl Totals {
    /// The chosen rate.
    pub(super) fn selected(&self) -> Option<&OfferedRate> {
        self.rates.iter().find(|rate| rate.selected)
    }

    /// All tax: the lines' after coupons, and shipping's.
    pub(super) fn tax(&self) -> Micros {
        self.lines.iter().map(|line| line.total.tax).sum::<Micros>() + self.shipping.tax
    }

    /// What the buyer pays.
    pub(super) fn price(&self) -> Micros {
        let lines: Micros = self.lines.iter().map(|line| line.total.net).sum();
        lines + self.shipping.net + self.tax()
    }

    /// Each tax rate in use with the lines' and shipping's part.
    pub(super) fn by_rate(&self) -> Vec<(&'static Rate, Micros, Micros)> {
        let mut rates: Vec<(&'static Rate, Micros, Micros)> = Vec::new();
        let lines = self.lines.iter().filter_map(|line| Some((line.rate?, line.total.tax, 0)));
        let shipping = self.shipping_rate.map(|rate| (rate, 0, self.shipping.tax));
        for (rate, items, shipping) in lines.chain(shipping) {
            match rates.iter_mut().find(|(known, ..)| known.id == rate.id) {
                Some(known) => *known = (rate, known.1 + items, known.2 + shipping),
                None => rates.push((rate, items, shipping)),
            }
        }
        rates
    }
}

impl Shop {
    /// Calculates a cart; a choice made from another set of rates falls back to the default.
    pub(super) fn totals(&self, cart: &mut Cart) -> Totals {
        let basket = self.basket(cart);
        let (lefts, offs) = self.take_coupons(cart, &basket);
        let worth: Micros = lefts.iter().sum();
        let needs_shipping = self.needs_shipping(cart);
        let mut methods = Vec::new();
        if needs_shipping {
            methods = shipping::offered(cart.shipping.get("country"), worth, cart.units());
        }
        choose(cart, &methods);
        let pickup = cart.rate.as_deref().is_some_and(|rate| rate.starts_with("local_pickup"));
        let place = if pickup { HOME } else { cart.shipping.place() };
        let shipping_rate = Rate::find(place, "").filter(|rate| rate.shipping);
        let offered = |(method, cost): &(Method, Micros)| {
            let net = decimal::round(*cost, self.decimals);
            let price = Taxed { net, tax: self.tax_on(net, shipping_rate) };
            let selected = cart.rate.as_deref() == Some(method.rate_id().as_str());
            OfferedRate { method: *method, price, selected }
        };
        let rates: Vec<_> = methods.iter().map(offered).collect();
        let shipping =
            rates.iter().find(|rate| rate.selected).map(|rate| rate.price).unwrap_or_default();
        let lines: Vec<_> = cart
            .lines
            .iter()
            .zip(basket.iter().zip(&lefts))
            .map(|(line, (basket, left))| self.line_totals(line.product, place, basket, *left))
            .collect();
        let standard = Rate::find(place, "");
        let coupons: Vec<_> = cart
            .coupons
            .iter()
            .zip(offs)
            .map(|(code, off)| (code.clone(), self.taxed(off, standard, "")))
            .collect();
        let items = sum(lines.iter().map(|line| line.subtotal));
        let discount = sum(coupons.iter().map(|(_, off)| *off));
        let shipping_rate = shipping_rate.filter(|_| !rates.is_empty());
        Totals { lines, coupons, needs_shipping, rates, items, discount, shipping, shipping_rate }
    }

    /// Whether anything in the cart is a thing.
    pub(super) fn needs_shipping(&self, cart: &Cart) -> bool {
        let product = |id| self.catalog.get(id);
        cart.lines.iter().filter_map(|line| product(line.product)).any(|p| !p.is_virtual())
    }

    /// The lines before coupons, in the shop's price basis.
    pub(super) fn basket(&self, cart: &Cart) -> Vec<Basket> {
        let now = self.now();
        let line = |line: &super::cart::Line| {
            let price = self.catalog.get(line.product).map_or(0, |product| product.amount(now));
            let price = decimal::round(price * i128::from(line.quantity), self.decimals);
            Basket { before: price, left: price, quantity: line.quantity }
        };
        cart.lines.iter().map(line).collect()
    }

    /// What every coupon takes off in all, and what they leave of each line.
    fn take_coupons(&self, cart: &Cart, basket: &[Basket]) -> (Vec<Micros>, Vec<Micros>) {
        let mut lines = basket.to_vec();
        let mut offs = Vec::new();
        for code in &cart.coupons {
            let coupon = self.coupons.iter().find(|coupon| coupon.code == code);
            let off = coupon.map(|coupon| discounts(coupon, &lines, self.decimals));
            let off = off.unwrap_or_else(|| vec![0; lines.len()]);
            for (line, off) in lines.iter_mut().zip(&off) {
                line.left -= off;
            }
            offs.push(off.iter().sum());
        }
        (lines.iter().map(|line| line.left).collect(), offs)
    }

    fn line_totals(
        &self,
        product: u64,
        place: (&str, &str),
        basket: &Basket,
        left: Micros,
    ) -> LineTotals {
        let class = self.catalog.get(product).map_or("", |product| product.tax_class);
        let rate = Rate::find(place, class);
        LineTotals {
            subtotal: self.taxed(basket.before, rate, class),
            total: self.taxed(left, rate, class),
            rate,
        }
    }

    fn taxed(&self, amount: Micros, rate: Option<&Rate>, class: &str) -> Taxed {
        let (net, tax) = self.split_tax(amount, rate, class);
        Taxed { net, tax }
    }
}

/// Keeps the buyer's choice while the set on offer stays the same, else takes the first.
fn choose(cart: &mut Cart, methods: &[(Method, Micros)]) {
    let offered: Vec<_> = methods.iter().map(|(method, _)| method.rate_id()).collect();
    let kept = cart.rate.as_ref().is_some_and(|rate| offered.contains(rate));
    if cart.offered != offered || !kept {
        cart.rate = offered.first().cloned();
    }
    cart.offered = offered;
}

fn sum(parts: impl Iterator<Item = Taxed>) -> Taxed {
    parts.fold(Taxed::default(), |all, part| Taxed {
        net: all.net + part.net,
        tax: all.tax + part.tax,
    })
}
