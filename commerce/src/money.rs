//! Money is counted: an integer of minor units and its currency, never a fraction.

use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use iso_currency::Currency;
pub use rust_decimal::Decimal;

/// An amount in the minor unit of its ISO 4217 currency: cents for USD, yen for JPY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    #[serde(with = "numeric")]
    currency: Currency,
}

/// Why a text or a sum is no amount.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number.
    #[error("{0:?} is not a decimal amount")]
    NotANumber(String),
    /// The amount has more digits than the currency; rounding would invent or lose money.
    #[error("{text:?} has more digits than {currency} knows")]
    TooFine {
        /// The text as it came.
        text: String,
        /// ISO 4217 code.
        currency: &'static str,
    },
    /// Two currencies in one sum.
    #[error("cannot add {0} to {1}")]
    MixedCurrencies(&'static str, &'static str),
    /// The result does not fit.
    #[error("the amount is out of range")]
    OutOfRange,
}

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether nothing is owed.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Reads a decimal text of major units, such as `19.99`; never rounds.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let amount = parse_decimal(text)?;
        Self::from_decimal(amount, text, currency)
    }

    /// Reads an integer text in units of 10^-`digits`, as a store counts them, into the minor
    /// unit of ISO 4217. A store with four decimals writes `180000` for 18 dollars.
    pub fn parse_minor(text: &str, digits: u32, currency: Currency) -> Result<Self, MoneyError> {
        let count: i64 = text.parse().map_err(|_| MoneyError::NotANumber(text.to_owned()))?;
        let amount = Decimal::try_new(count, digits).map_err(|_| MoneyError::OutOfRange)?;
        Self::from_decimal(amount, text, currency)
    }

    /// Reads a decimal text of major units, and rounds half away from zero what is finer than the
    /// currency. For a store that counts finer; what is charged is then what was rounded.
    pub fn round_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::rounded(parse_decimal(text)?, currency)
    }

    /// Reads an integer text in units of 10^-`digits`, and rounds like [`round_major`].
    ///
    /// [`round_major`]: Self::round_major
    pub fn round_minor(text: &str, digits: u32, currency: Currency) -> Result<Self, MoneyError> {
        let count: i64 = text.parse().map_err(|_| MoneyError::NotANumber(text.to_owned()))?;
        let amount = Decimal::try_new(count, digits).map_err(|_| MoneyError::OutOfRange)?;
        Self::rounded(amount, currency)
    }

    /// The sum; refuses mixed currencies.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference; refuses mixed currencies.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The decimal text of major units with all the currency's digits: `19.90`.
    pub fn to_major(self) -> String {
        Decimal::new(self.minor, exponent(self.currency)).to_string()
    }

    fn rounded(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let half = RoundingStrategy::MidpointAwayFromZero;
        let amount = amount.round_dp_with_strategy(exponent(currency), half);
        Self::from_decimal(amount, "", currency)
    }

    fn from_decimal(amount: Decimal, text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let scaled = amount
            .checked_mul(Decimal::from(10_i64.pow(exponent(currency))))
            .ok_or(MoneyError::OutOfRange)?;
        if !scaled.fract().is_zero() {
            return Err(MoneyError::TooFine { text: text.to_owned(), currency: currency.code() });
        }
        let minor = i64::try_from(scaled.trunc()).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self { minor, currency })
    }

    fn combine(
        self,
        other: Self,
        operation: fn(i64, i64) -> Option<i64>,
    ) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies(other.currency.code(), self.currency.code()));
        }
        let minor = operation(self.minor, other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self { minor, currency: self.currency })
    }
}

/// A currency by its ISO 4217 number.
mod numeric {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Currency;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn serialize<S: Serializer>(one: &Currency, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(one.numeric())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Currency, D::Error> {
        let number = u16::deserialize(from)?;
        Currency::from_numeric(number)
            .ok_or_else(|| D::Error::custom(format_args!("no currency has the number {number}")))
    }
}

/// ISO 4217 digits after the point. Funds codes without an exponent are never sold in.
fn exponent(currency: Currency) -> u32 {
    currency.exponent().map_or(2, u32::from)
}

fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let plain = !text.is_empty()
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_digit() || byte == b'.' || (at == 0 && byte == b'-'));
    let amount = plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
    amount.ok_or_else(|| MoneyError::NotANumber(text.to_owned()))
}

#[cfg(test)]
mod tests;
