//! Values as bytes: everything is appended to one buffer, and nothing is allocated on the way.

use commerce::{Decimal, Money};
use jiff::{Timestamp, civil::Date};

use crate::{
    scan::{has_any, is_escaped_in_json, is_escaped_in_xml, is_quoted_in_cell},
    text::Text,
    value::{Map, Value},
};

/// A text with special bytes is looked through by so many.
const PIECE: usize = 64;

/// A value as JSON.
#[inline]
pub(crate) fn json(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Text(text) => json_text(out, text),
        Value::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Count(count) => integer(out, *count),
        Value::Number(number) => decimal(out, *number),
        Value::Texts(texts) => {
            list(out, texts, json_text);
        }
        Value::Map(map) => json_map(out, map),
        Value::Maps(maps) => {
            list(out, maps, json_map);
        }
        Value::Measure(number, unit) => {
            out.push(b'"');
            decimal(out, *number);
            out.push(b' ');
            json_escaped(out, unit);
            out.push(b'"');
        }
        // None of these has a character that JSON escapes.
        plain => {
            out.push(b'"');
            flat(out, plain);
            out.push(b'"');
        }
    }
}

/// A value as the text of a cell or an element, not escaped.
pub(crate) fn flat(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        Value::Word(word) => out.extend_from_slice(word.as_bytes()),
        Value::Decimal(number) | Value::Number(number) => decimal(out, *number),
        Value::Money(amount) => money(out, *amount),
        Value::Measure(number, unit) => {
            decimal(out, *number);
            out.push(b' ');
            out.extend_from_slice(unit.as_bytes());
        }
        Value::Date(day) => date(out, *day),
        Value::Days(from, to) => {
            date(out, *from);
            out.extend_from_slice(b" / ");
            date(out, *to);
        }
        Value::Instants(from, to) => {
            instant(out, *from);
            out.push(b'/');
            instant(out, *to);
        }
        Value::Texts(texts) => {
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(text.as_bytes());
            }
        }
        Value::Flag(_) | Value::Count(_) | Value::Map(_) | Value::Maps(_) => json(out, value),
    }
}

/// A text in quotes.
#[inline]
fn json_text(out: &mut Vec<u8>, text: &Text<'_>) {
    if text.is_plain() {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        json_str(out, text);
    }
}

/// A text in quotes, of which nothing is known.
pub(crate) fn json_str(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    json_escaped(out, text);
    out.push(b'"');
}

#[inline]
fn json_escaped(out: &mut Vec<u8>, text: &str) {
    escape(out, text.as_bytes(), is_escaped_in_json, json_escape);
}

/// A value as a cell of a delimited file.
pub(crate) fn cell(out: &mut Vec<u8>, value: &Value<'_>, delimiter: u8, scratch: &mut Vec<u8>) {
    match value {
        Value::Text(text) if text.is_plain() && !has_any(text.as_bytes(), |b| b == delimiter) => {
            out.extend_from_slice(text.as_bytes());
        }
        Value::Text(text) => cell_text(out, text.as_bytes(), delimiter),
        _ if is_plain(value) => flat(out, value),
        _ => {
            scratch.clear();
            flat(scratch, value);
            cell_text(out, scratch, delimiter);
        }
    }
}

/// A value as the content of an element.
pub(crate) fn element(out: &mut Vec<u8>, value: &Value<'_>, scratch: &mut Vec<u8>) {
    match value {
        Value::Text(text) if text.is_plain() => out.extend_from_slice(text.as_bytes()),
        Value::Text(text) => xml_text(out, text.as_bytes()),
        _ if is_plain(value) => flat(out, value),
        _ => {
            scratch.clear();
            flat(scratch, value);
            xml_text(out, scratch);
        }
    }
}

/// Whether no format has to change a byte of it.
fn is_plain(value: &Value<'_>) -> bool {
    !matches!(
        value,
        Value::Text(_) | Value::Measure(..) | Value::Texts(_) | Value::Map(_) | Value::Maps(_)
    )
}

/// A cell's text, in quotes where it must be.
fn cell_text(out: &mut Vec<u8>, text: &[u8], delimiter: u8) {
    let is_special = |byte| is_quoted_in_cell(byte, delimiter);
    if !has_any(text, is_special) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    escape(out, text, |byte| byte == b'"', |out, _| out.extend_from_slice(b"\"\""));
    out.push(b'"');
}

/// An element's text.
fn xml_text(out: &mut Vec<u8>, text: &[u8]) {
    escape(out, text, is_escaped_in_xml, |out, byte| match byte {
        b'&' => out.extend_from_slice(b"&amp;"),
        b'<' => out.extend_from_slice(b"&lt;"),
        b'>' => out.extend_from_slice(b"&gt;"),
        // XML has no way to write the others.
        _ => out.push(b' '),
    });
}

/// A whole number.
pub(crate) fn integer(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A decimal number without needless zeros.
pub(crate) fn decimal(out: &mut Vec<u8>, number: Decimal) {
    let Ok(mut digits) = u64::try_from(number.mantissa().unsigned_abs()) else {
        return out.extend_from_slice(number.normalize().to_string().as_bytes());
    };
    let mut scale = number.scale();
    while scale > 0 && digits.is_multiple_of(10) {
        digits /= 10;
        scale -= 1;
    }
    scaled(out, number.is_sign_negative(), digits, scale);
}

/// `12.34 USD`.
pub(crate) fn money(out: &mut Vec<u8>, amount: Money) {
    let currency = amount.currency();
    let scale = currency.exponent().map_or(2, u32::from);
    scaled(out, amount.minor() < 0, amount.minor().unsigned_abs(), scale);
    out.push(b' ');
    out.extend_from_slice(currency.code().as_bytes());
}

/// As many of the digits as the scale says stand behind the point, and at least one before it.
fn scaled(out: &mut Vec<u8>, is_negative: bool, digits: u64, scale: u32) {
    if is_negative && digits > 0 {
        out.push(b'-');
    }
    // From the last to the first: 28 behind the point at most, or 20 in all.
    let (mut text, mut at, mut rest) = ([0; 32], 32, digits);
    let mut put = |byte| {
        at -= 1;
        text[at] = byte;
    };
    for _ in 0..scale {
        put(digit(rest % 10));
        rest /= 10;
    }
    if scale > 0 {
        put(b'.');
    }
    put(digit(rest % 10));
    while rest >= 10 {
        rest /= 10;
        put(digit(rest % 10));
    }
    out.extend_from_slice(&text[at..]);
}

fn date(out: &mut Vec<u8>, day: Date) {
    let year = u64::from(day.year().unsigned_abs());
    let (month, day) = (day.month().unsigned_abs().into(), day.day().unsigned_abs().into());
    let mut text = *b"0000-00-00";
    for (at, two) in [(0, year / 100), (2, year % 100), (5, month), (8, day)] {
        text[at] = digit(two / 10);
        text[at + 1] = digit(two % 10);
    }
    out.extend_from_slice(&text);
}

fn instant(out: &mut Vec<u8>, at: Timestamp) {
    let text = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    out.extend_from_slice(text.as_bytes());
}

/// A number below ten.
fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or_default()
}

fn json_map(out: &mut Vec<u8>, map: &Map<'_>) {
    out.push(b'{');
    for (at, (name, text)) in map.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json_text(out, name);
        out.push(b':');
        json_text(out, text);
    }
    out.push(b'}');
}

/// Things in brackets.
pub(crate) fn list<T>(
    out: &mut Vec<u8>,
    things: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (at, thing) in things.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, thing);
    }
    out.push(b']');
}

fn json_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0C => out.extend_from_slice(b"\\f"),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
}

/// Copies a text, and writes each special byte the given way. Hardly a text has any.
#[inline]
fn escape(
    out: &mut Vec<u8>,
    text: &[u8],
    is_special: impl Fn(u8) -> bool + Copy,
    write: impl Fn(&mut Vec<u8>, u8) + Copy,
) {
    if !has_any(text, is_special) {
        out.extend_from_slice(text);
        return;
    }
    for chunk in text.chunks(PIECE) {
        if has_any(chunk, is_special) {
            escape_each(out, chunk, is_special, write);
        } else {
            out.extend_from_slice(chunk);
        }
    }
}

fn escape_each(
    out: &mut Vec<u8>,
    text: &[u8],
    is_special: impl Fn(u8) -> bool,
    write: impl Fn(&mut Vec<u8>, u8),
) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
        out.extend_from_slice(&rest[..at]);
        write(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// A text that is a value of its own.
impl<'a> From<Text<'a>> for Value<'a> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use commerce::Decimal;

    use super::{cell, decimal, element, json};
    use crate::value::Value;

    #[test]
    fn what_is_special_is_written_so_that_it_reads_back() {
        let check = |text: &str, as_json: &str, as_cell: &str, as_element: &str| {
            // Before, in and behind what is looked through at once.
            for (before, after) in [(0, 0), (3, 5), (15, 1), (16, 16), (70, 90)] {
                let around =
                    |text: &str| ["a".repeat(before), text.into(), "b".repeat(after)].concat();
                let value = Value::Text(around(text).into());
                let (mut out, mut scratch) = (Vec::new(), Vec::new());
                json(&mut out, &value);
                assert_eq!(String::from_utf8_lossy(&out), format!("\"{}\"", around(as_json)));
                out.clear();
                cell(&mut out, &value, b',', &mut scratch);
                let quote =
                    if as_cell == text && !text.contains([',', '\n', '\r']) { "" } else { "\"" };
                assert_eq!(
                    String::from_utf8_lossy(&out),
                    format!("{quote}{}{quote}", around(as_cell))
                );
                out.clear();
                element(&mut out, &value, &mut scratch);
                assert_eq!(String::from_utf8_lossy(&out), around(as_element));
            }
        };
        check("plain", "plain", "plain", "plain");
        check("a\"b", "a\\\"b", "a\"\"b", "a\"b");
        check("a,b", "a,b", "a,b", "a,b");
        check("a\\b", "a\\\\b", "a\\b", "a\\b");
        check("a\nb\r", "a\\nb\\r", "a\nb\r", "a\nb ");
        check("<&>", "<&>", "<&>", "&lt;&amp;&gt;");
        check("\u{1F}ä", "\\u001fä", "\u{1F}ä", " ä");
    }

    #[test]
    fn numbers_have_the_digits_they_need() {
        let least = "0.0000000000000000000000000001";
        let most = "79228162514264337593543950335";
        let check = |number: &str, text: &str| {
            let mut out = Vec::new();
            decimal(&mut out, number.parse::<Decimal>().expect("a number"));
            assert_eq!(String::from_utf8_lossy(&out), text);
        };
        for number in ["0", "7", "-12", "0.5", "-0.05", "18446744073709551615", least, most] {
            check(number, number);
        }
        for (number, text) in [("0.00", "0"), ("-0.0", "0"), ("1200.00", "1200"), ("4.10", "4.1")] {
            check(number, text);
        }
    }

    #[test]
    fn a_unit_is_a_text_like_any_other() {
        let value = Value::Measure(Decimal::from(2), "fl, oz");
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        cell(&mut out, &value, b',', &mut scratch);
        assert_eq!(out, b"\"2 fl, oz\"");
    }
}
