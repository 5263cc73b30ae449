//! What a draft costs: rows, discounts, shipping, taxes, in both currencies.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalog::{Discount, Tax, Worth};
use super::draft::{Applied, Draft, Line};
use super::money::{Both, Currency, converted, divided, shared};
use super::shop::Shop;

/// A draft with all its sums.
#[derive(Clone, Debug)]
pub(super) struct Priced {
    pub(super) currencies: (Currency, Currency),
    pub(super) lines: Vec<PricedLine>,
    pub(super) discounts: Vec<Less>,
    pub(super) warnings: Vec<Value>,
    pub(super) shipping: Both,
    /// What discounts take off the shipping.
    pub(super) shipping_off: Both,
    pub(super) shipping_taxes: Vec<(Tax, Both)>,
    /// What the writer's own discount takes off the order.
    pub(super) applied: Both,
    pub(super) taxes_included: bool,
}

/// A row with its sums.
#[derive(Clone, Debug)]
pub(super) struct PricedLine {
    pub(super) unit: Both,
    pub(super) total: Both,
    /// Off this very row.
    pub(super) off: Both,
    /// The row's part of what is off the whole order.
    pub(super) order_off: Both,
    /// What the row's own discount by the writer takes off, part of `off`.
    pub(super) applied: Both,
    pub(super) taxes: Vec<(Tax, Both)>,
}

/// A discount and what it takes away.
#[derive(Clone, Debug)]
pub(super) struct Less {
    pub(super) discount: Discount,
    pub(super) amount: Both,
    /// By row; empty for shipping.
    pub(super) shares: Vec<Both>,
}

impl Priced {
    pub(super) fn items(&self) -> Both {
        self.lines.iter().map(|line| line.total).sum()
    }

    pub(super) fn subtotal(&self) -> Both {
        self.lines.iter().map(|line| line.total - line.off - line.order_off).sum()
    }

    pub(super) fn shipping_paid(&self) -> Both {
        self.shipping - self.shipping_off
    }

    pub(super) fn off(&self) -> Both {
        self.lines.iter().map(|line| line.off + line.order_off).sum::<Both>() + self.shipping_off
    }

    pub(super) fn tax(&self) -> Both {
        self.tax_rows().into_iter().map(|(_, amount)| amount).sum()
    }

    pub(super) fn total(&self) -> Both {
        let net = self.subtotal() + self.shipping_paid();
        if self.taxes_included { net } else { net + self.tax() }
    }

    /// Taxes by name, in the order they first occur.
    pub(super) fn tax_rows(&self) -> Vec<(Tax, Both)> {
        let mut rows: Vec<(Tax, Both)> = Vec::new();
        let all = self.lines.iter().flat_map(|line| &line.taxes).chain(&self.shipping_taxes);
        for (tax, amount) in all {
            match rows
                .iter_mut()
                .find(|(known, _)| known.title == tax.title && known.rate == tax.rate)
            {
                Some((_, sum)) => *sum = *sum + *amount,
                None => rows.push((*tax, *amount)),
            }
        }
        rows
    }
}

/// One currency's view of a draft.
struct Sums {
    units: Vec<i64>,
    totals: Vec<i64>,
    applied: Vec<i64>,
    less: Vec<(i64, Vec<i64>)>,
    order_applied: Vec<i64>,
    shipping: i64,
    shipping_off: i64,
}

impl Shop {
    /// The currency a draft is shown in.
    pub(super) fn presentment(&self, draft: &Draft) -> Currency {
        let market =
            draft.shipping_address.as_ref().and_then(|address| address["countryCodeV2"].as_str());
        let market = market.and_then(|country| self.market(country)).map(|market| market.currency);
        draft.presentment.or(market).unwrap_or(self.settings.currency)
    }

    /// The market of a country.
    pub(super) fn market(&self, country: &str) -> Option<&super::catalog::Market> {
        self.markets.iter().find(|market| market.countries.contains(&country))
    }

    /// A catalog price for a country's buyers, in the currency they see.
    pub(super) fn price_for(&self, minor: i64, country: Option<&str>, currency: Currency) -> i64 {
        let market = country.and_then(|country| self.market(country));
        let listed = market.filter(|market| market.currency == currency);
        let percent = listed.map_or(100, |market| market.percent);
        divided(converted(minor, self.settings.currency, currency) * percent, 100)
    }

    /// What a draft costs: as it was last written, or, while it is being written, by now.
    pub(super) fn priced(&self, draft: &Draft) -> Priced {
        if let Some(priced) = &draft.priced {
            return priced.clone();
        }
        let buyer = self.presentment(draft);
        let currencies = self.currencies(buyer);
        let (discounts, warnings) = self.chosen(draft);
        let shop = self.sums(draft, &discounts, currencies.0);
        let seen = self.sums(draft, &discounts, currencies.1);
        let both = |shop: i64, buyer: i64| Both { shop, buyer };
        let lines: Vec<PricedLine> = (0..draft.lines.len())
            .map(|at| {
                let mut line = PricedLine {
                    unit: both(shop.units[at], seen.units[at]),
                    total: both(shop.totals[at], seen.totals[at]),
                    off: both(shop.applied[at], seen.applied[at]),
                    order_off: both(shop.order_applied[at], seen.order_applied[at]),
                    applied: both(shop.applied[at], seen.applied[at]),
                    taxes: Vec::new(),
                };
                for (nth, discount) in discounts.iter().enumerate() {
                    let share = |sums: &Sums| sums.less[nth].1.get(at).copied().unwrap_or(0);
                    let share = both(share(&shop), share(&seen));
                    let into = if discount.products.is_empty() {
                        &mut line.order_off
                    } else {
                        &mut line.off
                    };
                    *into = *into + share;
                }
                line
            })
            .collect();
        let less = discounts.into_iter().enumerate().map(|(nth, discount)| {
            let pairs = shop.less[nth].1.iter().zip(&seen.less[nth].1);
            Less {
                discount,
                amount: both(shop.less[nth].0, seen.less[nth].0),
                shares: pairs.map(|(shop, buyer)| both(*shop, *buyer)).collect(),
            }
        });
        let mut priced = Priced {
            currencies,
            lines,
            discounts: less.collect(),
            warnings,
            shipping: both(shop.shipping, seen.shipping),
            shipping_off: both(shop.shipping_off, seen.shipping_off),
            shipping_taxes: Vec::new(),
            applied: both(shop.order_applied.iter().sum(), seen.order_applied.iter().sum()),
            taxes_included: self.settings.taxes_included,
        };
        self.tax(draft, &mut priced);
        priced
    }

    fn sums(&self, draft: &Draft, discounts: &[Discount], currency: Currency) -> Sums {
        let country =
            draft.shipping_address.as_ref().and_then(|address| address["countryCodeV2"].as_str());
        let units: Vec<i64> =
            draft.lines.iter().map(|line| self.unit(line, country, currency)).collect();
        let totals: Vec<i64> =
            units.iter().zip(&draft.lines).map(|(unit, line)| unit * line.quantity).collect();
        let applied: Vec<i64> = draft
            .lines
            .iter()
            .zip(&totals)
            .map(|(line, total)| line.applied.as_ref().map_or(0, |a| worth(a, *total, currency)))
            .collect();
        let mut left: Vec<i64> =
            totals.iter().zip(&applied).map(|(total, off)| total - off).collect();
        let whole: i64 = left.iter().sum();
        let order = draft.applied.as_ref().map_or(0, |applied| worth(applied, whole, currency));
        let order_applied = shared(order, &left);
        for (left, off) in left.iter_mut().zip(&order_applied) {
            *left -= off;
        }
        let price = draft.shipping.as_ref().map_or(0, |s| converted(s.price, s.currency, currency));
        let mut shipping_off = 0;
        let mut less = Vec::new();
        for discount in discounts {
            let meant: Vec<i64> = draft
                .lines
                .iter()
                .zip(&left)
                .map(|(line, left)| if self.meant(discount, line) { *left } else { 0 })
                .collect();
            let base: i64 = meant.iter().sum();
            let amount = match discount.worth {
                Worth::Percent(rate) => divided(base * rate, 10_000),
                Worth::Fixed(amount) => {
                    converted(amount, self.settings.currency, currency).min(base)
                }
                Worth::FreeShipping => {
                    shipping_off = price;
                    less.push((price, Vec::new()));
                    continue;
                }
            };
            let shares = shared(amount, &meant);
            for (left, share) in left.iter_mut().zip(&shares) {
                *left -= share;
            }
            less.push((amount, shares));
        }
        Sums { units, totals, applied, less, order_applied, shipping: price, shipping_off }
    }

    fn unit(&self, line: &Line, country: Option<&str>, currency: Currency) -> i64 {
        let variant = line.variant.and_then(|variant| self.catalog.variants.get(&variant));
        match (variant, line.price) {
            (Some(variant), _) => self.price_for(variant.price, country, currency),
            (None, Some((price, code))) => converted(price, code, currency),
            (None, None) => 0,
        }
    }

    fn meant(&self, discount: &Discount, line: &Line) -> bool {
        let variant = line.variant.and_then(|variant| self.catalog.variants.get(&variant));
        discount.products.is_empty()
            || variant.is_some_and(|variant| discount.products.contains(&variant.product))
    }

    /// The discounts that count, and a warning for each code that does not.
    fn chosen(&self, draft: &Draft) -> (Vec<Discount>, Vec<Value>) {
        let (mut fit, mut warnings) = (Vec::new(), Vec::new());
        if draft.automatic {
            let automatic = self.discounts.iter().filter(|discount| discount.code.is_none());
            fit.extend(automatic.filter(|discount| self.obstacle(discount, draft).is_none()));
        }
        for code in &draft.codes {
            let known = self.discounts.iter().find(|discount| {
                discount.code.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(code))
            });
            match known.map(|discount| (discount, self.obstacle(discount, draft))) {
                Some((discount, None)) => fit.push(discount),
                Some((discount, Some(why))) => {
                    warnings.push(warning(code, Some(&discount.title), why));
                }
                None => warnings.push(warning(code, None, "is not valid")),
            }
        }
        let shop = self.settings.currency;
        let value = |discount: &Discount| {
            let one = std::slice::from_ref(discount);
            self.sums(draft, one, shop).less.iter().map(|(amount, _)| *amount).sum::<i64>()
        };
        fit.sort_by_key(|discount| std::cmp::Reverse(value(discount)));
        let mut taken: Vec<Discount> = Vec::new();
        for discount in fit {
            let free =
                taken.is_empty() || discount.combines && taken.iter().all(|known| known.combines);
            if free {
                taken.push(discount.clone());
            } else if let Some(code) = &discount.code {
                let why = "cannot be combined with the other discounts";
                warnings.push(warning(code, Some(&discount.title), why));
            }
        }
        (taken, warnings)
    }

    /// Why a discount does not count.
    fn obstacle(&self, discount: &Discount, draft: &Draft) -> Option<&'static str> {
        let now: Timestamp = self.now();
        let shop = self.settings.currency;
        let sums = self.sums(draft, &[], shop);
        let rows = draft.lines.iter().zip(&sums.totals);
        let base: i64 =
            rows.filter(|(line, _)| self.meant(discount, line)).map(|(_, total)| *total).sum();
        if discount.starts > now {
            Some("is not active yet")
        } else if discount.ends.is_some_and(|ends| ends <= now) {
            Some("has expired")
        } else if discount.limit.is_some_and(|limit| discount.used >= limit) {
            Some("has reached its usage limit")
        } else if base == 0 && !draft.lines.is_empty() {
            Some("does not apply to the items in the cart")
        } else if base < discount.minimum {
            Some("needs a larger subtotal")
        } else {
            None
        }
    }

    fn tax(&self, draft: &Draft, priced: &mut Priced) {
        if draft.tax_exempt {
            return;
        }
        let taxes = self.taxes_for(draft);
        let included = self.settings.taxes_included;
        let part = |tax: &Tax, amount: i64| {
            let whole = if included { 100_000 + tax.rate } else { 100_000 };
            divided(amount * tax.rate, whole)
        };
        let of = |tax: &Tax, amount: Both| Both {
            shop: part(tax, amount.shop),
            buyer: part(tax, amount.buyer),
        };
        for (line, row) in priced.lines.iter_mut().zip(&draft.lines) {
            if row.taxable {
                let base = line.total - line.off - line.order_off;
                line.taxes = taxes.iter().map(|tax| (*tax, of(tax, base))).collect();
            }
        }
        let paid = priced.shipping_paid();
        if paid != Both::default() {
            let on = taxes.iter().filter(|tax| tax.on_shipping || self.settings.tax_shipping);
            priced.shipping_taxes = on.map(|tax| (*tax, of(tax, paid))).collect();
        }
    }

    /// The taxes of where the goods go; fetched goods are taxed where they are.
    fn taxes_for(&self, draft: &Draft) -> Vec<Tax> {
        let pickup = draft.shipping.as_ref().and_then(|shipping| shipping.pickup);
        let place = pickup.and_then(|id| self.locations.iter().find(|place| place.id == id));
        let address = draft.shipping_address.as_ref().or(draft.billing_address.as_ref());
        let (country, province) = match place {
            Some(place) => (place.address[3], place.address[2]),
            None => (
                address.and_then(|a| a["countryCodeV2"].as_str()).unwrap_or_default(),
                address.and_then(|a| a["provinceCode"].as_str()).unwrap_or_default(),
            ),
        };
        let here = |tax: &&Tax| {
            tax.country == country && (tax.province.is_empty() || tax.province == province)
        };
        self.taxes.iter().filter(here).copied().collect()
    }
}

fn worth(applied: &Applied, of: i64, currency: Currency) -> i64 {
    let amount = if applied.percent {
        divided(of * applied.worth, 10_000)
    } else {
        converted(applied.worth, applied.currency, currency)
    };
    amount.min(of)
}

/// `DraftOrderDiscountNotAppliedWarning`. Its members are Shopify's, its texts are not known.
fn warning(code: &str, title: Option<&str>, why: &str) -> Value {
    json!({
        "__typename": "DraftOrderDiscountNotAppliedWarning",
        "discountCode": code,
        "discountTitle": title,
        "errorCode": "DISCOUNT_NOT_APPLIED",
        "field": "discountCodes",
        "message": format!("Discount code {code} {why}"),
    })
}
