//! A draft: the platform object behind a session, what it costs now, and what became of it.

use std::num::NonZeroU32;

use crate::{
    Address, Buyer, Currency, Destination, DraftId, Facts, ItemId, LineId, Money, OrderId,
    PaymentId, ProductId, RateId,
};

/// The platform object behind a session, as the platform shows it now.
#[derive(Clone, Debug)]
pub struct Draft {
    /// How to find it again.
    pub id: DraftId,
    /// The order that it becomes, under the name it has now.
    pub order: OrderId,
    /// Who pays, as far as told.
    pub buyer: Option<Buyer>,
    /// Where it goes, as far as told.
    pub destination: Option<Destination>,
    /// The buyer's note to the seller.
    pub note: Option<String>,
    /// What is kept with it for the seller.
    pub facts: Facts,
    /// What it costs now.
    pub quote: Quote,
    /// What it cost when it was last opened or revised, as the platform has kept it: what the
    /// agent was shown. `None` while there is nothing to pay for.
    pub agreed: Option<Money>,
    /// How far it has come.
    pub state: DraftState,
    /// Whether other buyers may take the last of something in it before it is paid.
    pub is_scarce: bool,
}

/// How far a draft has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftState {
    /// It may still change.
    Open,
    /// Its order waits for the money of its payment; the amount is pinned.
    Committed {
        /// The payment whose end decides; `None` for an order that costs nothing.
        payment: Option<PaymentId>,
        /// What the order costs.
        total: Money,
        /// What the bridge noted beside the payment; see [`Commitment::memo`](crate::Commitment).
        memo: String,
    },
    /// It is an order, and the order is paid.
    Placed(Order),
    /// It will never be an order.
    Discarded,
}

/// An order as the platform keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The platform's id.
    pub id: OrderId,
    /// What the seller and buyer call it.
    pub number: String,
    /// Where the buyer can look at it.
    pub permalink: String,
    /// What was charged.
    pub total: Money,
    /// The payment it carries; `None` where it cost nothing, or was paid for another way.
    pub payment: Option<PaymentId>,
    /// What the bridge noted beside the payment.
    pub memo: String,
    /// How far it has come.
    pub state: OrderState,
}

/// How far a paid order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Paid, to be fulfilled.
    Processing,
    /// Fulfilled.
    Completed,
    /// Waits for the seller.
    OnHold,
    /// Taken back after payment.
    Canceled,
    /// All money went back.
    Refunded,
}

/// What a cart costs now. Every number is the platform's own.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The currency of every amount.
    pub currency: Currency,
    /// What is in the cart.
    pub lines: Vec<QuotedLine>,
    /// Whether anything has to be shipped.
    pub needs_shipping: bool,
    /// Every way to ship every package. Empty until there is an address.
    pub rates: Vec<Rate>,
    /// The sums.
    pub totals: Totals,
    /// False while shipping and tax stand for a default place and not for the buyer's.
    pub is_final: bool,
    /// Discount codes that count.
    pub codes: Vec<AppliedCode>,
    /// Obstacles and remarks, worst first.
    pub problems: Vec<Problem>,
}

/// One entry of a quote. Amounts are for all its units and without tax.
#[derive(Clone, Debug)]
pub struct QuotedLine {
    /// Stable while the line exists.
    pub id: LineId,
    /// What was ordered.
    pub item: ItemId,
    /// The product it belongs to, where the platform says so.
    pub product: Option<ProductId>,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub description: String,
    /// Absolute URLs.
    pub images: Vec<String>,
    /// The platform's stock keeping unit.
    pub sku: String,
    /// What makes this variant: color, size.
    pub options: Vec<(String, String)>,
    /// How many.
    pub quantity: NonZeroU32,
    /// Price of one, where `base` is a whole multiple of it.
    pub unit_price: Option<Money>,
    /// Before discounts.
    pub base: Money,
    /// What discounts take off.
    pub discount: Money,
    /// Tax on the rest.
    pub tax: Money,
    /// Most that can be bought at once, where the platform limits it.
    pub quantity_max: Option<u32>,
}

/// One way to ship one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How to choose it.
    pub id: RateId,
    /// What kind of delivery.
    pub kind: RateKind,
    /// Plain text.
    pub title: String,
    /// Plain text, may be empty.
    pub description: String,
    /// Without tax.
    pub price: Money,
    /// Tax on the price.
    pub tax: Money,
    /// Whether the platform counts it in the totals.
    pub selected: bool,
    /// The lines in its package.
    pub lines: Vec<LineId>,
}

/// Kinds of delivery an agent tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateKind {
    /// By a carrier.
    Shipping,
    /// The buyer comes to this address; its name is the name of the place.
    Pickup(Box<Address>),
}

/// The sums of a quote, as the platform adds them up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// All lines before discounts, without tax.
    pub items_base: Money,
    /// All discounts on lines.
    pub items_discount: Money,
    /// Shipping without tax.
    pub shipping: Money,
    /// Fees without tax.
    pub fees: Money,
    /// All taxes.
    pub tax: Money,
    /// What the taxes are made of.
    pub tax_lines: Vec<TaxLine>,
    /// What will be charged.
    pub total: Money,
}

/// One tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxLine {
    /// What it is called.
    pub name: String,
    /// What it comes to.
    pub amount: Money,
    /// The decimal text of its rate in percent.
    pub rate_percent: String,
}

/// A discount code that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedCode {
    /// As the platform spells it.
    pub code: String,
    /// What it takes off, without tax.
    pub amount: Money,
}

/// A business obstacle or a remark: no error, the session lives on with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// What it is about.
    pub subject: Subject,
    /// What the buyer should read; plain text.
    pub text: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// There is no such item.
    UnknownItem,
    /// It exists and cannot be bought here.
    NotPurchasable,
    /// None left.
    OutOfStock,
    /// Fewer left than wanted.
    QuantityExceeded,
    /// Something has to be told first.
    Missing,
    /// What was told is not acceptable.
    Invalid,
    /// The seller does not deliver there.
    RegionRestricted,
    /// A code that does not count.
    CodeRefused(CodeRefusal),
}

impl ProblemKind {
    /// The milder, the later it is told: what cannot be mended, what can, what need not.
    pub const fn mildness(self) -> u8 {
        match self {
            Self::UnknownItem | Self::NotPurchasable => 0,
            Self::OutOfStock => 1,
            Self::QuantityExceeded => 2,
            Self::RegionRestricted => 3,
            Self::Invalid => 4,
            Self::Missing => 5,
            Self::CodeRefused(_) => 6,
        }
    }
}

/// Why a discount code does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// There is no such code, or the platform does not say why.
    Invalid,
    /// Too old.
    Expired,
    /// The cart is too small.
    MinimumNotMet,
    /// Used up.
    UsageLimitReached,
    /// It goes with no other code.
    CombinationDisallowed,
    /// Only for other buyers.
    Ineligible,
}

/// What a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The cart as a whole.
    Cart,
    /// A wanted item.
    Item(ItemId),
    /// The buyer's e-mail.
    Email,
    /// The destination, and which part of it where that is known.
    Address(Option<&'static str>),
    /// The choice of a rate.
    Rate,
    /// This discount code.
    Code(String),
}
