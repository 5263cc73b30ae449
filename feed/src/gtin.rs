//! Global trade item numbers: what the maker printed, checked, never made up.

use std::borrow::Cow;

/// The number without its hyphens and spaces, if its length and its check digit are right.
pub fn parse_gtin(text: &str) -> Option<Cow<'_, str>> {
    let is_clean = text.bytes().all(|byte| byte.is_ascii_digit());
    let digits: Cow<'_, str> = if is_clean {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| !matches!(c, '-' | ' ')).collect())
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && matches!(digits.len(), 8 | 12 | 13 | 14) && is_checked(digits.as_bytes()))
        .then_some(digits)
}

/// Whether the number is one that a store or a coupon makes for itself.
pub fn is_restricted(gtin: &str) -> bool {
    let thirteen = format!("{gtin:0>14}");
    let prefix = &thirteen[1..];
    ["02", "04", "2", "05", "98", "99"].iter().any(|restricted| prefix.starts_with(restricted))
}

fn is_checked(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != b'0')
}

#[cfg(test)]
mod tests {
    use super::{is_restricted, parse_gtin};

    #[test]
    fn only_right_numbers_pass() {
        let check = |text: &str, number: Option<&str>| {
            assert_eq!(parse_gtin(text).as_deref(), number, "{text}");
        };
        check("4006381333931", Some("4006381333931"));
        check("036000291452", Some("036000291452"));
        check("96385074", Some("96385074"));
        check("978-3-16-148410-0", Some("9783161484100"));
        check("4006381333932", None);
        check("316148410X", None);
        check("0000000000000", None);
        check("12345", None);
        check("", None);
        check("ABC", None);
    }

    #[test]
    fn numbers_of_a_store_are_restricted() {
        assert!(is_restricted("2012345678903"));
        assert!(is_restricted("0212345678900"));
        assert!(!is_restricted("4006381333931"));
        assert!(!is_restricted("036000291452"));
    }
}
