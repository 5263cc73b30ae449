//! Why a coupon does not count. The store refuses with one code for every reason and says which in
//! the language of its owner, so the coupon itself is looked at.

use commerce::{CodeRefusal, ConnectorError, Money};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use crate::{WooCommerce, cart::Cart, loose};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StoreCoupon {
    #[serde(deserialize_with = "loose::text")]
    code: String,
    #[serde(deserialize_with = "loose::text")]
    status: String,
    #[serde(default, deserialize_with = "loose::some_text")]
    date_expires_gmt: Option<String>,
    #[serde(deserialize_with = "loose::number")]
    usage_count: u64,
    #[serde(default, deserialize_with = "loose::some_number")]
    usage_limit: Option<u64>,
    #[serde(deserialize_with = "loose::flag")]
    individual_use: bool,
    #[serde(deserialize_with = "loose::text")]
    minimum_amount: String,
    #[serde(deserialize_with = "loose::text")]
    maximum_amount: String,
    #[serde(deserialize_with = "loose::list")]
    product_ids: Vec<u64>,
    #[serde(deserialize_with = "loose::list")]
    excluded_product_ids: Vec<u64>,
    #[serde(deserialize_with = "loose::list")]
    product_categories: Vec<Value>,
    #[serde(deserialize_with = "loose::list")]
    excluded_product_categories: Vec<Value>,
    #[serde(deserialize_with = "loose::flag")]
    exclude_sale_items: bool,
    #[serde(deserialize_with = "loose::list")]
    email_restrictions: Vec<String>,
    #[serde(default, deserialize_with = "loose::some_number")]
    usage_limit_per_user: Option<u64>,
}

impl WooCommerce {
    /// Looks a refused code up.
    pub(crate) async fn why_refused(
        &self,
        code: &str,
        cart: &Cart,
    ) -> Result<CodeRefusal, ConnectorError> {
        let encoded = utf8_percent_encode(code, NON_ALPHANUMERIC);
        let found: Vec<StoreCoupon> =
            self.client.get("coupon.read", &format!("/coupons?code={encoded}")).await?;
        // A store that does not know the filter answers with all.
        let coupon = found.into_iter().find(|coupon| coupon.code.eq_ignore_ascii_case(code));
        let Some(coupon) = coupon.filter(|coupon| coupon.status == "publish") else {
            return Ok(CodeRefusal::Invalid);
        };
        let items = cart.items_total()?;
        let bound = |text: &str| {
            Money::round_major(text, items.currency()).ok().filter(|bound| !bound.is_zero())
        };
        let now = (self.now.0)();
        Ok(if coupon.expires().is_some_and(|end| end <= now) {
            CodeRefusal::Expired
        } else if coupon.usage_limit.is_some_and(|most| most > 0 && coupon.usage_count >= most) {
            CodeRefusal::UsageLimitReached
        } else if bound(&coupon.minimum_amount).is_some_and(|least| items.minor() < least.minor()) {
            CodeRefusal::MinimumNotMet
        } else if bound(&coupon.maximum_amount).is_some_and(|most| items.minor() > most.minor()) {
            CodeRefusal::Ineligible
        } else if coupon.individual_use && !cart.coupons.is_empty() {
            CodeRefusal::CombinationDisallowed
        } else if coupon.is_for_some() {
            CodeRefusal::Ineligible
        } else if !cart.coupons.is_empty() {
            // Nothing speaks against it but the company it would be in.
            CodeRefusal::CombinationDisallowed
        } else {
            CodeRefusal::Invalid
        })
    }
}

impl StoreCoupon {
    fn expires(&self) -> Option<Timestamp> {
        let civil: DateTime = self.date_expires_gmt.as_ref()?.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    }

    /// Whether it counts for some things or some buyers only.
    fn is_for_some(&self) -> bool {
        !self.product_ids.is_empty()
            || !self.excluded_product_ids.is_empty()
            || !self.product_categories.is_empty()
            || !self.excluded_product_categories.is_empty()
            || !self.email_restrictions.is_empty()
            || self.exclude_sale_items
            || self.usage_limit_per_user.is_some_and(|most| most > 0)
    }
}
