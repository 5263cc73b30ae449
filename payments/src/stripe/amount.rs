//! Stripe's minor units, which are ISO 4217's for most currencies and not for all.
//!
//! A wrong factor charges a hundredfold, so a currency of which it is not certain is refused.

use commerce::{Currency, Money};
use thiserror::Error;

/// Why an amount cannot be charged.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum AmountError {
    /// It is not certain how Stripe counts this currency.
    #[error("payments in {0} are not supported")]
    Unsupported(&'static str),
    /// Stripe charges this currency in larger steps.
    #[error("{minor} minor units of {currency} are finer than Stripe can charge")]
    TooFine { minor: i64, currency: &'static str },
    /// The amount does not fit, or nothing is owed.
    #[error("the amount is out of range")]
    OutOfRange,
}

/// The amount as Stripe counts it.
pub(super) fn to_stripe(money: Money) -> Result<i64, AmountError> {
    let currency = money.currency();
    let (ours, theirs) = digits(currency)?;
    let too_fine = || AmountError::TooFine { minor: money.minor(), currency: currency.code() };
    if money.minor() <= 0 {
        return Err(AmountError::OutOfRange);
    }
    // The card networks want the last of three decimals to be zero.
    if theirs == 3 && money.minor() % 10 != 0 {
        return Err(too_fine());
    }
    rescale(money.minor(), ours, theirs, too_fine)
}

/// An amount of Stripe's as ISO 4217 counts it.
pub(super) fn from_stripe(amount: i64, currency: Currency) -> Result<Money, AmountError> {
    let (ours, theirs) = digits(currency)?;
    let too_fine = || AmountError::TooFine { minor: amount, currency: currency.code() };
    rescale(amount, theirs, ours, too_fine).map(|minor| Money::new(minor, currency))
}

/// Digits after the point: ISO 4217's and Stripe's.
fn digits(currency: Currency) -> Result<(u32, u32), AmountError> {
    let ours = currency.exponent().map(u32::from);
    let theirs = match currency.code() {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        // Has no decimals any more, and Stripe still wants two zeros.
        "ISK" => 2,
        // The documentation lists it as a currency without decimals and as one with two.
        "UGX" => return Err(AmountError::Unsupported(currency.code())),
        _ if ours == Some(2) => 2,
        _ => return Err(AmountError::Unsupported(currency.code())),
    };
    ours.map(|ours| (ours, theirs)).ok_or(AmountError::Unsupported(currency.code()))
}

fn rescale(
    amount: i64,
    from: u32,
    to: u32,
    too_fine: impl FnOnce() -> AmountError,
) -> Result<i64, AmountError> {
    if from <= to {
        return amount.checked_mul(10_i64.pow(to - from)).ok_or(AmountError::OutOfRange);
    }
    let step = 10_i64.pow(from - to);
    if amount % step == 0 { Ok(amount / step) } else { Err(too_fine()) }
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Money};

    use super::{AmountError, from_stripe, to_stripe};

    #[test]
    fn amounts_go_there_and_back() {
        for (minor, currency, theirs) in [
            (1_999, Currency::USD, 1_999),
            (500, Currency::JPY, 500),
            (500, Currency::ISK, 50_000),
            (500, Currency::MGA, 5),
            (5_120, Currency::KWD, 5_120),
        ] {
            let money = Money::new(minor, currency);
            assert_eq!(to_stripe(money), Ok(theirs));
            assert_eq!(from_stripe(theirs, currency), Ok(money));
        }
    }

    #[test]
    fn what_is_unclear_is_refused() {
        let refused = |minor, currency| to_stripe(Money::new(minor, currency)).unwrap_err();
        assert_eq!(
            refused(5_124, Currency::KWD),
            AmountError::TooFine { minor: 5_124, currency: "KWD" }
        );
        assert!(matches!(refused(550, Currency::MGA), AmountError::TooFine { .. }));
        assert_eq!(refused(500, Currency::UGX), AmountError::Unsupported("UGX"));
        assert_eq!(refused(500, Currency::IQD), AmountError::Unsupported("IQD"));
        assert_eq!(refused(0, Currency::USD), AmountError::OutOfRange);
        assert!(from_stripe(501, Currency::ISK).is_err());
    }
}
