use proptest::prelude::*;

use super::{Currency, Money, MoneyError};

fn check(text: &str, currency: Currency, minor: i64) {
    assert_eq!(Money::parse_major(text, currency), Ok(Money::new(minor, currency)), "{text}");
}

#[test]
fn decimal_texts_become_minor_units() {
    check("42", Currency::USD, 4200);
    check("184.44", Currency::USD, 18444);
    check("4.5", Currency::USD, 450);
    check("18.0000", Currency::USD, 1800);
    check("-5.00", Currency::USD, -500);
    check("1000", Currency::JPY, 1000);
    check("1.234", Currency::KWD, 1234);
}

#[test]
fn nothing_is_ever_rounded() {
    let too_fine = Money::parse_major("0.005", Currency::USD);
    assert!(matches!(too_fine, Err(MoneyError::TooFine { .. })), "{too_fine:?}");
    assert!(Money::parse_major("1.5", Currency::JPY).is_err());
}

#[test]
fn what_is_rounded_says_so_by_its_name() {
    let usd = |minor| Ok(Money::new(minor, Currency::USD));
    assert_eq!(Money::round_major("19.5525", Currency::USD), usd(1955));
    assert_eq!(Money::round_major("0.005", Currency::USD), usd(1));
    assert_eq!(Money::round_major("-0.005", Currency::USD), usd(-1));
    assert_eq!(Money::round_minor("180049", 4, Currency::USD), usd(1800));
    assert_eq!(Money::round_minor("18", 0, Currency::USD), usd(1800));
    assert!(Money::round_major("1e3", Currency::USD).is_err());
}

#[test]
fn texts_that_are_no_amount_are_refused() {
    for text in ["", " 1", "1,5", "1e3", "$5", "abc", "--1", "1.2.3", "9999999999999999999999"] {
        assert!(Money::parse_major(text, Currency::USD).is_err(), "{text}");
    }
}

#[test]
fn a_stores_own_decimals_are_converted() {
    assert_eq!(Money::parse_minor("180000", 4, Currency::USD), Ok(Money::new(1800, Currency::USD)));
    assert_eq!(Money::parse_minor("18", 0, Currency::JPY), Ok(Money::new(18, Currency::JPY)));
    assert!(Money::parse_minor("180001", 4, Currency::USD).is_err());
}

#[test]
fn mixed_currencies_are_refused() {
    let sum = Money::new(1, Currency::USD).checked_add(Money::new(1, Currency::EUR));
    assert_eq!(sum, Err(MoneyError::MixedCurrencies("EUR", "USD")));
}

proptest! {
    #[test]
    fn major_text_round_trips(minor in -1_000_000_000_000_i64..1_000_000_000_000) {
        for currency in [Currency::USD, Currency::JPY, Currency::KWD] {
            let money = Money::new(minor, currency);
            prop_assert_eq!(Money::parse_major(&money.to_major(), currency), Ok(money));
        }
    }
}
