//! Looking through a text for bytes that need care; hardly a text has any.
#![expect(
    clippy::needless_bitwise_bool,
    reason = "lazy operators part ways for each byte, so that none are looked at together"
)]

/// How many bytes are looked at together: what the smallest of our machines takes at once.
const LANES: usize = 16;

/// Whether any byte is one of those.
#[expect(clippy::inline_always, reason = "most texts are short, and a call is half of it")]
#[inline(always)]
pub(crate) fn has_any(text: &[u8], is_one: impl Fn(u8) -> bool + Copy) -> bool {
    let mut found = [0; LANES];
    if let Some(last) = text.last_chunk() {
        let (chunks, _) = text.as_chunks();
        for chunk in chunks {
            mark(&mut found, chunk, is_one);
        }
        // Some are looked at twice where the chunks do not come out even.
        mark(&mut found, last, is_one);
    } else {
        // Filled up with letters: nobody looks for those.
        let mut chunk = [b'a'; LANES];
        chunk[..text.len()].copy_from_slice(text);
        mark(&mut found, &chunk, is_one);
    }
    found != [0; LANES]
}

/// All bits of a byte at once, as vectors have it.
#[expect(clippy::inline_always, reason = "a call takes longer than a chunk")]
#[inline(always)]
fn mark(found: &mut [u8; LANES], chunk: &[u8; LANES], is_one: impl Fn(u8) -> bool) {
    for (found, byte) in found.iter_mut().zip(chunk) {
        *found |= if is_one(*byte) { u8::MAX } else { 0 };
    }
}

/// What needs care: suspect, or escaped in JSON or XML. A delimited file has more, by its delimiter.
#[inline]
pub(crate) const fn is_special(byte: u8) -> bool {
    // Two that differ by one bit are found with one comparison.
    let is_quote_or_ampersand = byte & !4 == b'"';
    let is_angle = byte & !2 == b'<';
    let is_mark = is_quote_or_ampersand | is_angle | (byte == b'\\');
    (byte < b' ') | is_mark | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

/// What JSON escapes.
#[inline]
pub(crate) fn is_escaped_in_json(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// What puts a cell of a delimited file in quotes.
#[inline]
pub(crate) fn is_quoted_in_cell(byte: u8, delimiter: u8) -> bool {
    (byte == delimiter) | (byte == b'"') | (byte == b'\n') | (byte == b'\r')
}

/// What XML escapes, or cannot write.
#[inline]
pub(crate) fn is_escaped_in_xml(byte: u8) -> bool {
    ((byte < b' ') & (byte != b'\n')) | (byte == b'&') | (byte == b'<') | (byte == b'>')
}

/// What may begin a character that not every format can write.
#[inline]
pub(crate) fn is_suspect(byte: u8) -> bool {
    ((byte < b' ') & (byte != b'\n')) | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

/// What no address has in it.
#[inline]
pub(crate) fn is_bad_in_link(byte: u8) -> bool {
    (byte <= b' ') | (byte == b'"') | (byte == b'<') | (byte == 0x7F)
}

#[cfg(test)]
mod tests {
    use super::{has_any, is_escaped_in_json, is_escaped_in_xml, is_special, is_suspect};

    #[test]
    fn what_is_not_special_nobody_has_to_look_at() {
        for byte in 0..=u8::MAX {
            let is_one = is_suspect(byte) || is_escaped_in_json(byte) || is_escaped_in_xml(byte);
            assert_eq!(is_special(byte), is_one, "{byte:#x}");
        }
    }

    #[test]
    fn no_place_is_passed_over() {
        for length in 0..80 {
            let plain = vec![b'a'; length];
            assert!(!has_any(&plain, |byte| byte == b'"'), "none in {length}");
            for at in 0..length {
                let mut text = plain.clone();
                text[at] = b'"';
                assert!(has_any(&text, |byte| byte == b'"'), "{at} of {length}");
            }
        }
    }
}
