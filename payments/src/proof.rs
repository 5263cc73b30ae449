//! What an issuer said about a buyer, where somebody else has asked it (3-D Secure).

use std::fmt;

use commerce::{Money, SessionId};
use thiserror::Error;

use crate::Payment;

/// The versions of 3-D Secure whose proofs Stripe takes in.
const VERSIONS: [&str; 5] = ["1.0.2", "2.1.0", "2.2.0", "2.3.0", "2.3.1"];
/// What an issuer may have said: fully authenticated, attempted, not at all.
const INDICATORS: [&str; 5] = ["01", "02", "05", "06", "07"];

/// An authentication that was done outside of Stripe, for one session and one total: it pays for
/// nothing else. That Stripe takes one in together with a token is not proved outside the
/// emulator; the account must be allowed to import any.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    pub(crate) session: SessionId,
    pub(crate) total: Money,
    pub(crate) cryptogram: String,
    pub(crate) indicator: String,
    pub(crate) transaction_id: String,
    pub(crate) version: String,
}

/// The member of a proof that cannot be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unproved {
    /// No base64, or none at all.
    #[error("the cryptogram is no base64")]
    Cryptogram,
    /// None of 01, 02, 05, 06, 07.
    #[error("the electronic commerce indicator is unknown")]
    Indicator,
    /// Empty or much too long.
    #[error("the transaction id is empty or too long")]
    Transaction,
    /// None of the versions that Stripe knows.
    #[error("the version of 3-D Secure is unknown")]
    Version,
}

/// A network with a directory server of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// American Express.
    AmericanExpress,
    /// Mastercard.
    Mastercard,
    /// Visa.
    Visa,
}

impl Proof {
    /// What the issuer has said of the buyer of `session`, asked about `total`. Checks what
    /// Stripe would refuse. `2.1` means `2.1.0`.
    pub fn new(
        session: &SessionId,
        total: Money,
        cryptogram: &str,
        indicator: &str,
        transaction_id: &str,
        version: &str,
    ) -> Result<Self, Unproved> {
        let is_base64 =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if !(1..=100).contains(&cryptogram.len()) || !cryptogram.bytes().all(is_base64) {
            return Err(Unproved::Cryptogram);
        }
        if !INDICATORS.contains(&indicator) {
            return Err(Unproved::Indicator);
        }
        if !(1..=100).contains(&transaction_id.len()) {
            return Err(Unproved::Transaction);
        }
        let full = VERSIONS.iter().find(|known| {
            **known == version || known.strip_suffix(".0").is_some_and(|short| short == version)
        });
        Ok(Self {
            session: session.clone(),
            total,
            cryptogram: cryptogram.to_owned(),
            indicator: indicator.to_owned(),
            transaction_id: transaction_id.to_owned(),
            version: (*full.ok_or(Unproved::Version)?).to_owned(),
        })
    }

    /// Whether it is about this payment, as it is now.
    pub fn is_about(&self, payment: &Payment) -> bool {
        payment.session.as_ref() == Some(&self.session) && payment.total == self.total
    }
}

/// A proof never prints.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

impl Network {
    /// Whose card Stripe calls by this brand.
    pub(crate) fn of_brand(brand: &str) -> Option<Self> {
        match brand {
            "amex" => Some(Self::AmericanExpress),
            "mastercard" => Some(Self::Mastercard),
            "visa" => Some(Self::Visa),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Money, SessionId};

    use super::{Proof, Unproved};

    #[test]
    fn only_what_stripe_takes_is_a_proof() {
        let good = ["AAIBBYNoEwAAACcKhAJkdQAAAAA=", "05", "c4e59ceb", "2.2.0"];
        let with = |at: usize, value: &'static str| {
            let mut parts = good;
            parts[at] = value;
            let (session, total) = (SessionId::new("s1"), Money::new(500, Currency::USD));
            Proof::new(&session, total, parts[0], parts[1], parts[2], parts[3])
        };
        assert_eq!(with(3, "2.2").unwrap(), with(3, "2.2.0").unwrap());
        for (at, value, why) in [
            (0, "", Unproved::Cryptogram),
            (0, "not base64!", Unproved::Cryptogram),
            (1, "03", Unproved::Indicator),
            (2, "", Unproved::Transaction),
            (3, "3.0", Unproved::Version),
            (3, "", Unproved::Version),
        ] {
            assert_eq!(with(at, value).unwrap_err(), why, "{value:?}");
        }
        assert_eq!(format!("{:?}", with(1, "05").unwrap()), "Proof");
    }
}
