//! The quote that a cart is: what it costs now, and what stands in the way.

use std::num::NonZeroU32;

use commerce::{
    Address, AppliedCode, ConnectorError, LineId, MoneyError, Problem, ProblemKind, Quote,
    QuotedLine, Rate, Subject, TaxLine, Totals, plain_text,
};

use super::{Cart, CartError, Count, Item, currency, line_id, unreadable};
use crate::{
    rates::{Package, rate_kind},
    rounding::settle,
};

impl Cart {
    /// What it costs now, with everything that stands in the way.
    pub(crate) fn quote(
        &self,
        pickup: Option<&Address>,
        refused: Vec<Problem>,
    ) -> Result<Quote, ConnectorError> {
        let currency = currency(&self.totals.currency_code)?;
        let count = Count { currency, digits: self.totals.currency_minor_unit };
        let totals = self.totals(&count).map_err(unreadable)?;
        let is_final = !self.needs_shipping || self.has_address();
        let rates = if is_final && self.needs_shipping {
            self.rates(&count, pickup).map_err(unreadable)?
        } else {
            Vec::new()
        };
        let lines = self.items.iter().map(|item| item.line(&count));
        let mut lines: Vec<QuotedLine> = lines.collect::<Result<_, _>>().map_err(unreadable)?;
        let mut totals = totals;
        if count.is_finer() {
            settle(&mut lines, &mut totals);
        }
        Ok(Quote {
            currency,
            lines,
            needs_shipping: self.needs_shipping,
            rates,
            totals,
            is_final,
            codes: self.codes(&count).map_err(unreadable)?,
            problems: self.problems(refused),
        })
    }
    fn totals(&self, count: &Count) -> Result<Totals, MoneyError> {
        let sums = &self.totals;
        let tax_lines = sums.tax_lines.iter().map(|tax| {
            Ok(TaxLine {
                name: plain_text(&tax.name),
                amount: count.money(&tax.price)?,
                rate_percent: tax.rate.trim_end_matches('%').to_owned(),
            })
        });
        Ok(Totals {
            items_base: count.money(&sums.total_items)?,
            items_discount: count.money(&sums.total_discount)?,
            shipping: count.money(sums.total_shipping.as_deref().unwrap_or("0"))?,
            fees: count.money(&sums.total_fees)?,
            tax: count.money(&sums.total_tax)?,
            tax_lines: tax_lines.collect::<Result<_, MoneyError>>()?,
            total: count.money(&sums.total_price)?,
        })
    }

    fn rates(&self, count: &Count, pickup: Option<&Address>) -> Result<Vec<Rate>, MoneyError> {
        let offers = self
            .shipping_rates
            .iter()
            .flat_map(|package| package.shipping_rates.iter().map(move |offer| (package, offer)));
        offers
            .map(|(package, offer)| {
                Ok(Rate {
                    id: package.rate_id(&offer.rate_id),
                    kind: rate_kind(&offer.method_id, &offer.name, pickup),
                    title: plain_text(&offer.name),
                    description: plain_text(&offer.description),
                    price: count.money(&offer.price)?,
                    tax: count.money(&offer.taxes)?,
                    selected: offer.selected,
                    lines: self.lines_of(package),
                })
            })
            .collect()
    }

    /// The lines in a package, which names them by the store's own keys.
    fn lines_of(&self, package: &Package) -> Vec<LineId> {
        let packed = |item: &&Item| package.items.iter().any(|packed| packed.key == item.key);
        self.items.iter().filter(packed).map(|item| line_id(&item.item_id())).collect()
    }

    fn codes(&self, count: &Count) -> Result<Vec<AppliedCode>, MoneyError> {
        self.coupons
            .iter()
            .map(|coupon| {
                let amount = count.money(&coupon.totals.total_discount)?;
                Ok(AppliedCode { code: coupon.code.clone(), amount })
            })
            .collect()
    }

    /// What was refused just now, what the store complains of and what the cart lacks, worst
    /// first.
    fn problems(&self, refused: Vec<Problem>) -> Vec<Problem> {
        let mut problems = refused;
        problems.extend(self.errors.iter().map(|error| self.problem(error)));
        let mut missing = |subject: Subject, text: &str| {
            let known = problems.iter().any(|problem| problem.subject == subject);
            if !known {
                let (kind, text) = (ProblemKind::Missing, text.to_owned());
                problems.push(Problem { kind, subject, text });
            }
        };
        if self.items.is_empty() {
            missing(Subject::Cart, "The cart is empty. Add an item that the store has");
        }
        if self.needs_shipping && !self.has_address() {
            missing(Subject::Address(None), "Where shall it go? Send an address");
        }
        if self.billing_address.email.is_empty() {
            missing(Subject::Email, "Where shall the receipt go? Send the buyer's e-mail");
        }
        let unserved = |package: &Package| package.shipping_rates.is_empty();
        if self.needs_shipping && self.has_address() && self.shipping_rates.iter().any(unserved) {
            problems.push(Problem {
                kind: ProblemKind::RegionRestricted,
                subject: Subject::Address(Some("country")),
                text: "The store does not deliver there. Choose another address".to_owned(),
            });
        }
        problems.sort_by_key(|problem| problem.kind.mildness());
        problems
    }

    /// The store's own complaint; it names the product only in words.
    fn problem(&self, error: &CartError) -> Problem {
        let text = plain_text(&error.message);
        let named = self.items.iter().find(|item| text.contains(&plain_text(&item.name)));
        let kind = if error.code.contains("out_of_stock") || error.code.contains("not_enough") {
            ProblemKind::OutOfStock
        } else {
            ProblemKind::NotPurchasable
        };
        let subject = named.map_or(Subject::Cart, |item| Subject::Item(item.item_id()));
        Problem { kind, subject, text }
    }
}

impl Item {
    fn line(&self, count: &Count) -> Result<QuotedLine, MoneyError> {
        let quantity = NonZeroU32::new(self.quantity).unwrap_or(NonZeroU32::MIN);
        let base = count.money(&self.totals.before)?;
        let after = count.money(&self.totals.after)?;
        // A gross price does not multiply to a net line; then the line stands alone.
        let unit_price = count.money(&self.prices.price).ok().filter(|unit| {
            unit.minor().checked_mul(i64::from(quantity.get())) == Some(base.minor())
        });
        let description = if self.short_description.is_empty() {
            &self.description
        } else {
            &self.short_description
        };
        Ok(QuotedLine {
            id: line_id(&self.item_id()),
            item: self.item_id(),
            product: None,
            title: plain_text(&self.name),
            description: plain_text(description),
            images: self.images.iter().map(|image| image.src.clone()).collect(),
            sku: self.sku.clone(),
            options: self
                .variation
                .iter()
                .map(|part| (plain_text(&part.attribute), plain_text(&part.value)))
                .collect(),
            quantity,
            unit_price,
            base,
            discount: base.checked_sub(after)?,
            tax: count.money(&self.totals.tax)?,
            quantity_max: self.quantity_limits.most(),
        })
    }
}
