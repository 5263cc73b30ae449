//! Looking through a text for bytes that need care; hardly a text has any.

/// How many bytes are looked at together: what the smallest of our machines takes at once.
const LANES: usize = 16;

/// Whether any byte is one of those. To be looked at together they are told apart by `|` and `&`:
/// `||`, `&&` and `matches!` part ways for each byte.
#[inline]
pub(crate) fn has_any(text: &[u8], is_one: impl Fn(u8) -> bool + Copy) -> bool {
    let Some(last) = text.last_chunk::<LANES>() else { return has_any_short(text, is_one) };
    let (chunks, _) = text.as_chunks::<LANES>();
    let mut found = [0; LANES];
    // The last ones are looked at twice where the chunks do not come out even.
    for chunk in chunks.iter().chain([last]) {
        for (found, byte) in found.iter_mut().zip(chunk) {
            // All bits at once, as vectors have it.
            *found |= if is_one(*byte) { u8::MAX } else { 0 };
        }
    }
    found != [0; LANES]
}

#[inline]
fn has_any_short(text: &[u8], is_one: impl Fn(u8) -> bool + Copy) -> bool {
    const HALF: usize = LANES / 2;
    let is_in = |chunk: &[u8; HALF]| {
        chunk.iter().fold(false, |found, byte| found | is_one(*byte))
    };
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => is_in(first) | is_in(last),
        _ => text.iter().any(|byte| is_one(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::has_any;

    #[test]
    fn no_place_is_passed_over() {
        for length in 0..80 {
            let plain = vec![b'a'; length];
            assert!(!has_any(&plain, |byte| byte == b'x'), "none in {length}");
            for at in 0..length {
                let mut text = plain.clone();
                text[at] = b'x';
                assert!(has_any(&text, |byte| byte == b'x'), "{at} of {length}");
            }
        }
    }
}
