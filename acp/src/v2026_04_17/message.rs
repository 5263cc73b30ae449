//! Obstacles and remarks inside a session (schema `MessageInfo`, `MessageWarning`,
//! `MessageError`). Errors stop the purchase; warnings and infos never do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// Good to know.
    Info {
        /// How much it matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Where, as a JSONPath.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        param: Option<String>,
        /// How the content is written.
        content_type: ContentType,
        /// What the buyer reads.
        content: String,
    },
    /// Look before you buy.
    Warning {
        /// What about.
        code: WarningCode,
        /// How much it matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Where, as a JSONPath.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        param: Option<String>,
        /// How the content is written.
        content_type: ContentType,
        /// What the buyer reads.
        content: String,
    },
    /// Nothing can be bought until it is mended.
    Error {
        /// What is wrong.
        code: ErrorCode,
        /// How much it matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// Who can mend it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resolution: Option<Resolution>,
        /// Where, as a JSONPath.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        param: Option<String>,
        /// How the content is written.
        content_type: ContentType,
        /// What the buyer reads.
        content: String,
    },
}

/// How a content is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    /// As it stands.
    #[default]
    Plain,
    /// `CommonMark` without HTML.
    Markdown,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Not at all.
    Info,
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// Most.
    Critical,
}

/// Who can mend an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The agent by itself.
    Recoverable,
    /// The buyer has to say something.
    RequiresBuyerInput,
    /// The buyer has to decide.
    RequiresBuyerReview,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// Few left.
    LowStock,
    /// Many want it.
    HighDemand,
    /// It takes longer.
    ShippingDelay,
    /// It costs something else.
    PriceChange,
    /// An offer ends.
    ExpiringPromotion,
    /// Not everywhere.
    LimitedAvailability,
    /// The code is too old.
    DiscountCodeExpired,
    /// The code is none.
    DiscountCodeInvalid,
    /// The code counts already.
    DiscountCodeAlreadyApplied,
    /// The codes exclude each other.
    DiscountCodeCombinationDisallowed,
    /// The cart is too small for the code.
    DiscountCodeMinimumNotMet,
    /// The code is for signed-in buyers.
    DiscountCodeUserNotLoggedIn,
    /// The code is for other buyers.
    DiscountCodeUserIneligible,
    /// The code is used up.
    DiscountCodeUsageLimitReached,
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Something has to be told.
    Missing,
    /// What was told is not acceptable.
    Invalid,
    /// None left.
    OutOfStock,
    /// The payment was refused.
    PaymentDeclined,
    /// The buyer has to sign in.
    RequiresSignIn,
    /// The issuer wants to authenticate the buyer.
    #[serde(rename = "requires_3ds")]
    Requires3ds,
    /// Few left.
    LowStock,
    /// Fewer left than wanted.
    QuantityExceeded,
    /// The coupon is none.
    CouponInvalid,
    /// The coupon is too old.
    CouponExpired,
    /// Too little for an order.
    MinimumNotMet,
    /// Too much for an order.
    MaximumExceeded,
    /// Not sold there.
    RegionRestricted,
    /// The buyer has to prove an age.
    AgeVerificationRequired,
    /// Somebody has to approve.
    ApprovalRequired,
    /// Not possible here.
    Unsupported,
    /// There is no such thing.
    NotFound,
    /// It does not go together.
    Conflict,
    /// Too often.
    RateLimited,
    /// Too late.
    Expired,
    /// The agent cannot do what is needed.
    InterventionRequired,
}
