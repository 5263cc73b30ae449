//! Discount codes (schema `DiscountsResponse`, RFC "discount extension").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The codes of a session and what became of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Discounts {
    /// The codes that were sent and count.
    pub codes: Vec<String>,
    /// What takes something off.
    pub applied: Vec<AppliedDiscount>,
    /// What does not count, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<RejectedDiscount>,
}

/// One discount that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedDiscount {
    /// Unique in the session.
    pub id: String,
    /// The code; an automatic discount has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it is.
    pub coupon: Coupon,
    /// What it takes off, in minor units.
    pub amount: i64,
    /// Whether it counts without a code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Where it takes it off; sums up to the amount where it is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allocations: Vec<DiscountAllocation>,
}

/// What a discount is: a percentage, or an amount with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coupon {
    /// The store's.
    pub id: String,
    /// What the buyer reads.
    pub name: String,
    /// Percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_off: Option<Number>,
    /// Minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_off: Option<i64>,
    /// ISO 4217, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A part of a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiscountAllocation {
    /// What it is taken off, as a `JSONPath` into the session.
    pub path: String,
    /// Minor units.
    pub amount: i64,
}

/// A code that does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RejectedDiscount {
    /// As it was sent.
    pub code: String,
    /// Why.
    pub reason: DiscountErrorCode,
    /// Why, in the store's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Why a code does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountErrorCode {
    /// Too old.
    DiscountCodeExpired,
    /// There is no such code.
    DiscountCodeInvalid,
    /// It counts already.
    DiscountCodeAlreadyApplied,
    /// The codes exclude each other.
    DiscountCodeCombinationDisallowed,
    /// The cart is too small.
    DiscountCodeMinimumNotMet,
    /// Only for signed-in buyers.
    DiscountCodeUserNotLoggedIn,
    /// Only for other buyers.
    DiscountCodeUserIneligible,
    /// Used up.
    DiscountCodeUsageLimitReached,
}
