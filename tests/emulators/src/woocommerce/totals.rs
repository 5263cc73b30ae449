//! What a cart costs: coupons, then shipping, then tax per line.

use super::cart::Cart;
use super::coupons::{Basket, discounts};
use super::decimal::{self, Micros};
use super::shipping::{self, Method};
use super::shop::{Shop, Switch};
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

/// What is shipped together.
#[derive(Clone)]
pub(super) struct Package {
    /// A number, or a name where a plugin makes packages.
    pub(super) id: String,
    /// The lines in it, by their places in the cart.
    pub(super) lines: Vec<usize>,
    pub(super) rates: Vec<OfferedRate>,
}

/// The whole calculation.
#[derive(Clone)]
pub(super) struct Totals {
    pub(super) lines: Vec<LineTotals>,
    /// By coupon, in the order of the cart.
    pub(super) coupons: Vec<(String, Taxed)>,
    pub(super) needs_shipping: bool,
    pub(super) packages: Vec<Package>,
    /// What plugins put on top, by name.
    pub(super) fees: Vec<(String, Taxed)>,
    /// What a fee is taxed with.
    pub(super) fee_rate: Option<&'static Rate>,
    pub(super) items: Taxed,
    pub(super) discount: Taxed,
    pub(super) shipping: Taxed,
    /// What the shipping costs is taxed with.
    pub(super) shipping_rate: Option<&'static Rate>,
}

impl Totals {
    /// The chosen rate of each package that has one.
    pub(super) fn selected(&self) -> impl Iterator<Item = (&Package, &OfferedRate)> {
        self.packages
            .iter()
            .filter_map(|package| Some((package, package.rates.iter().find(|rate| rate.selected)?)))
    }

    /// All fees together.
    pub(super) fn all_fees(&self) -> Taxed {
        sum(self.fees.iter().map(|(_, fee)| *fee))
    }

    /// All tax: the lines' after coupons, shipping's and the fees'.
    pub(super) fn tax(&self) -> Micros {
        let lines: Micros = self.lines.iter().map(|line| line.total.tax).sum();
        lines + self.shipping.tax + self.all_fees().tax
    }

    /// What the buyer pays.
    pub(super) fn price(&self) -> Micros {
        let lines: Micros = self.lines.iter().map(|line| line.total.net).sum();
        lines + self.shipping.net + self.all_fees().net + self.tax()
    }

    /// Each tax rate in use with the lines' and shipping's part.
    pub(super) fn by_rate(&self) -> Vec<(&'static Rate, Micros, Micros)> {
        let mut rates: Vec<(&'static Rate, Micros, Micros)> = Vec::new();
        let lines = self.lines.iter().filter_map(|line| Some((line.rate?, line.total.tax, 0)));
        let shipping = self.shipping_rate.map(|rate| (rate, 0, self.shipping.tax));
        let fees = self.fee_rate.map(|rate| (rate, self.all_fees().tax, 0));
        for (rate, items, shipping) in lines.chain(shipping).chain(fees) {
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
        let mut packages = self.packages(cart);
        for package in &mut packages {
            let units = package.lines.iter().map(|at| cart.lines[*at].quantity).sum();
            let mut methods = shipping::offered(cart.shipping.get("country"), worth, units);
            methods.retain(|(method, _)| self.bare_zone != Some(shipping::zone_of(method)));
            choose(cart, &package.id, &methods);
            package.rates = methods.into_iter().map(unpriced).collect();
        }
        let ids: Vec<&str> = packages.iter().map(|package| package.id.as_str()).collect();
        cart.rates.retain(|id, _| ids.contains(&id.as_str()));
        cart.offered.retain(|id, _| ids.contains(&id.as_str()));
        // One package that is picked up is enough for the shop's own taxes.
        let pickup = cart.rates.values().any(|rate| rate.starts_with("local_pickup"));
        let place = if pickup { HOME } else { cart.shipping.place() };
        let shipping_rate = Rate::find(place, "").filter(|rate| rate.shipping);
        for package in &mut packages {
            for rate in &mut package.rates {
                rate.price.net = decimal::round(rate.price.net, self.decimals);
                rate.price.tax = self.tax_on(rate.price.net, shipping_rate);
                let chosen = cart.rates.get(&package.id);
                rate.selected = chosen.is_some_and(|chosen| *chosen == rate.method.rate_id());
            }
        }
        let chosen = packages.iter().flat_map(|package| &package.rates);
        let shipping = sum(chosen.filter(|rate| rate.selected).map(|rate| rate.price));
        let fee_rate = Rate::find(place, "").filter(|_| self.fee.is_some() && !basket.is_empty());
        let fee = self.fee.iter().filter(|_| !basket.is_empty());
        let fees = fee.map(|(name, net)| {
            let net = decimal::round(*net, self.decimals);
            (name.clone(), Taxed { net, tax: self.tax_on(net, fee_rate) })
        });
        let fees: Vec<_> = fees.collect();
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
        let has_rates = packages.iter().any(|package| !package.rates.is_empty());
        let shipping_rate = shipping_rate.filter(|_| has_rates);
        Totals {
            lines,
            coupons,
            needs_shipping,
            packages,
            fees,
            fee_rate,
            items,
            discount,
            shipping,
            shipping_rate,
        }
    }

    /// What is shipped together: everything, or each product where a plugin wants it so.
    fn packages(&self, cart: &Cart) -> Vec<Package> {
        let is_thing = |at: &usize| {
            self.catalog.get(cart.lines[*at].product).is_some_and(|product| !product.is_virtual())
        };
        let things: Vec<usize> = (0..cart.lines.len()).filter(is_thing).collect();
        if things.is_empty() {
            return Vec::new();
        }
        let groups = if self.has(Switch::SplitPackages) {
            things.into_iter().map(|at| vec![at]).collect()
        } else {
            vec![things]
        };
        let named = self.has(Switch::NamedPackages);
        let id = |at: usize| if named { format!("warehouse_{at}") } else { at.to_string() };
        let packages = groups.into_iter().enumerate();
        packages.map(|(at, lines)| Package { id: id(at), lines, rates: Vec::new() }).collect()
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
fn choose(cart: &mut Cart, package: &str, methods: &[(Method, Micros)]) {
    let offered: Vec<_> = methods.iter().map(|(method, _)| method.rate_id()).collect();
    let kept = cart.rates.get(package).is_some_and(|rate| offered.contains(rate));
    if cart.offered.get(package) != Some(&offered) || !kept {
        cart.rates.remove(package);
        if let Some(first) = offered.first() {
            cart.rates.insert(package.to_owned(), first.clone());
        }
    }
    cart.offered.insert(package.to_owned(), offered);
}

fn unpriced((method, net): (Method, Micros)) -> OfferedRate {
    OfferedRate { method, price: Taxed { net, tax: 0 }, selected: false }
}

fn sum(parts: impl Iterator<Item = Taxed>) -> Taxed {
    parts.fold(Taxed::default(), |all, part| Taxed {
        net: all.net + part.net,
        tax: all.tax + part.tax,
    })
}
