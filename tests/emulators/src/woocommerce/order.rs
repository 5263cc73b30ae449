//! Orders and their status machine: when money counts as paid and when stock moves.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::address::Address;
use super::decimal::Micros;
use super::shop::Shop;
use super::tax::Rate;
use super::totals::Taxed;

/// The statuses an order may be given, in the order messages list them.
pub(super) const STATUSES: [&str; 9] = [
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
];

/// One order.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) status: &'static str,
    pub(super) trashed: bool,
    pub(super) currency: String,
    /// The account it belongs to; 0 for none.
    pub(super) customer: u64,
    pub(super) key: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) paid: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    pub(super) billing: Address,
    pub(super) shipping: Address,
    pub(super) method: String,
    pub(super) method_title: String,
    pub(super) transaction: String,
    pub(super) from_store: bool,
    pub(super) note: String,
    pub(super) cart_hash: String,
    pub(super) meta: Vec<Meta>,
    pub(super) lines: Vec<OrderLine>,
    pub(super) shipping_lines: Vec<ShippingLine>,
    pub(super) fees: Vec<FeeLine>,
    pub(super) coupons: Vec<CouponLine>,
    pub(super) tax_items: Vec<(u64, &'static Rate)>,
    pub(super) refunds: Vec<Value>,
    pub(super) notes: Vec<Note>,
    /// Its stock is taken and its coupons are counted.
    pub(super) stock_taken: bool,
}

/// A row of an order's or a line's meta table.
#[derive(Clone)]
pub(super) struct Meta {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) value: Value,
    /// How a line's meta is shown, when not as is.
    pub(super) display: Option<(&'static str, &'static str)>,
}

/// Units of one product.
#[derive(Clone)]
pub(super) struct OrderLine {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) product: u64,
    pub(super) variation: u64,
    pub(super) quantity: i64,
    pub(super) subtotal: Taxed,
    pub(super) total: Taxed,
    pub(super) rate: Option<&'static Rate>,
    pub(super) tax_class: &'static str,
    pub(super) meta: Vec<Meta>,
}

/// A chosen shipping rate.
#[derive(Clone)]
pub(super) struct ShippingLine {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) method: String,
    pub(super) instance: String,
    pub(super) total: Taxed,
    pub(super) rate: Option<&'static Rate>,
    pub(super) meta: Vec<Meta>,
}

/// A fee made by REST.
#[derive(Clone)]
pub(super) struct FeeLine {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) total: Taxed,
    pub(super) rate: Option<&'static Rate>,
}

/// A coupon used.
#[derive(Clone)]
pub(super) struct CouponLine {
    pub(super) id: u64,
    pub(super) meta: u64,
    pub(super) code: String,
    pub(super) off: Taxed,
}

/// A note in the order's log.
#[derive(Clone)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) at: Timestamp,
    pub(super) text: String,
    pub(super) to_customer: bool,
}

impl Order {
    /// An order without anything in it.
    pub(super) fn new(shop: &mut Shop, status: &'static str, from_store: bool) -> Self {
        let now = shop.now();
        Self {
            id: shop.next_post(),
            status,
            trashed: false,
            currency: shop.currency.clone(),
            customer: 0,
            key: shop.order_key(),
            created: now,
            modified: now,
            paid: None,
            completed: None,
            billing: Address::default(),
            shipping: Address::default(),
            method: String::new(),
            method_title: String::new(),
            transaction: String::new(),
            from_store,
            note: String::new(),
            cart_hash: String::new(),
            meta: Vec::new(),
            lines: Vec::new(),
            shipping_lines: Vec::new(),
            fees: Vec::new(),
            coupons: Vec::new(),
            tax_items: Vec::new(),
            refunds: Vec::new(),
            notes: Vec::new(),
            stock_taken: false,
        }
    }

    /// Tax on goods and fees.
    pub(super) fn cart_tax(&self) -> Micros {
        let lines: Micros = self.lines.iter().map(|line| line.total.tax).sum();
        lines + self.fees.iter().map(|fee| fee.total.tax).sum::<Micros>()
    }

    /// Shipping without tax, and its tax.
    pub(super) fn shipping_cost(&self) -> Taxed {
        let net = self.shipping_lines.iter().map(|line| line.total.net).sum();
        Taxed { net, tax: self.shipping_lines.iter().map(|line| line.total.tax).sum() }
    }

    /// What the buyer pays.
    pub(super) fn total(&self) -> Micros {
        let lines: Micros = self.lines.iter().map(|line| line.total.net).sum();
        let fees: Micros = self.fees.iter().map(|fee| fee.total.net).sum();
        let shipping = self.shipping_cost();
        lines + fees + shipping.net + shipping.tax + self.cart_tax()
    }

    /// What coupons and overridden totals took off, without tax.
    pub(super) fn discount(&self) -> Micros {
        self.lines.iter().map(|line| line.subtotal.net - line.total.net).sum()
    }

    /// What refunds gave back so far.
    pub(super) fn refunded(&self) -> Micros {
        let amount = |refund: &Value| super::decimal::from_json(&refund["amount"]).unwrap_or(0);
        self.refunds.iter().map(amount).sum()
    }

    /// Whether it still waits for money.
    pub(super) fn needs_payment(&self) -> bool {
        matches!(self.status, "pending" | "failed" | "checkout-draft") && self.total() > 0
    }

    /// Where tax is due: shipped to, billed to, or the shop's own place.
    pub(super) fn tax_place(&self) -> (&str, &str) {
        let addresses = [self.shipping.place(), self.billing.place()];
        let named = addresses.into_iter().find(|(country, _)| !country.is_empty());
        named.unwrap_or(super::tax::HOME)
    }
}

impl Shop {
    /// Applies a change to an order, then stamps and announces it.
    pub(super) fn change_order<T>(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Self, &mut Order) -> T,
    ) -> Option<T> {
        let mut order = self.orders.remove(&id)?;
        let outcome = change(self, &mut order);
        order.modified = self.now();
        let hidden = order.status == "auto-draft";
        self.orders.insert(id, order);
        if !hidden {
            self.announce("order.updated", id);
        }
        Some(outcome)
    }

    /// Moves an order to a status, with everything WooCommerce hangs on it.
    pub(super) fn set_status(&mut self, order: &mut Order, to: &'static str) {
        let from = order.status;
        if from == to {
            return;
        }
        order.status = to;
        if from == "checkout-draft" {
            self.announce("order.created", order.id);
        } else {
            let text = format!("Order status changed from {} to {}.", title(from), title(to));
            self.add_note(order, text);
        }
        match to {
            "processing" | "completed" | "on-hold" => self.take_stock(order),
            "cancelled" | "pending" => self.return_stock(order),
            "refunded" => self.refund_rest(order),
            _ => {}
        }
        let now = self.now();
        let paid_status = self.paid_status(order);
        let paid = to == paid_status || (paid_status == "processing" && to == "completed");
        if paid && order.paid.is_none() {
            order.paid = Some(now);
        }
        if to == "completed" {
            order.completed = Some(now);
        }
    }

    /// WooCommerce's `payment_complete`: paid now, with this transaction.
    pub(super) fn payment_complete(&mut self, order: &mut Order) {
        let text = if order.transaction.is_empty() {
            format!("Payment via {}.", order.method_title)
        } else {
            format!("Payment via {} ({}).", order.method_title, order.transaction)
        };
        self.add_note(order, text);
        if order.paid.is_none() {
            order.paid = Some(self.now());
        }
        let status = self.paid_status(order);
        self.set_status(order, status);
    }

    /// The status a payment leads to. Cash on delivery counts as done once paid, and an order
    /// of downloads alone needs no work.
    fn paid_status(&self, order: &Order) -> &'static str {
        if order.method == "cod" || !self.needs_processing(order) {
            "completed"
        } else {
            "processing"
        }
    }

    /// Whether anything has to be done for an order beyond handing out files.
    pub(super) fn needs_processing(&self, order: &Order) -> bool {
        let product = |line: &OrderLine| self.catalog.get(line.stock_id());
        order.lines.iter().filter_map(product).any(|product| !product.is_download())
    }

    /// Writes a note into the order's log.
    pub(super) fn add_note(&mut self, order: &mut Order, text: String) {
        let (id, at) = (self.next_note(), self.now());
        order.notes.push(Note { id, at, text, to_customer: false });
    }

    fn take_stock(&mut self, order: &mut Order) {
        if order.stock_taken {
            return;
        }
        order.stock_taken = true;
        self.count_coupons(&order.codes(), true);
        let mut words = Vec::new();
        for line in &mut order.lines {
            if let Some(product) = self.catalog.products.get_mut(&line.product) {
                product.total_sales += line.quantity;
            }
            let Some((before, after)) = self.move_stock(line.stock_id(), -line.quantity) else {
                continue;
            };
            words.push(format!("{} ({before}&rarr;{after})", line.name));
            let (id, value) = (self.next_meta(), json!(line.quantity.to_string()));
            line.meta.push(Meta { id, key: "_reduced_stock".to_owned(), value, display: None });
        }
        if !words.is_empty() {
            self.add_note(order, format!("Stock levels reduced: {}", words.join(", ")));
        }
    }

    fn return_stock(&mut self, order: &mut Order) {
        if !order.stock_taken {
            return;
        }
        order.stock_taken = false;
        self.count_coupons(&order.codes(), false);
        for line in &mut order.lines {
            let reduced = line.meta.iter().position(|meta| meta.key == "_reduced_stock");
            let Some(at) = reduced else { continue };
            let units = super::cart::integer(&line.meta.remove(at).value);
            self.move_stock(line.stock_id(), units);
        }
    }
}

impl Order {
    /// The codes of its coupons.
    pub(super) fn codes(&self) -> Vec<String> {
        self.coupons.iter().map(|coupon| coupon.code.clone()).collect()
    }
}

impl OrderLine {
    /// The product whose stock it takes.
    pub(super) fn stock_id(&self) -> u64 {
        if self.variation == 0 { self.product } else { self.variation }
    }
}

fn title(status: &str) -> &'static str {
    match status {
        "pending" => "Pending payment",
        "processing" => "Processing",
        "on-hold" => "On hold",
        "completed" => "Completed",
        "cancelled" => "Cancelled",
        "refunded" => "Refunded",
        "failed" => "Failed",
        _ => "Draft",
    }
}
