//! A description as words: without what only a browser or a plugin understands.

use commerce::{plain_text, spoken};

/// Shortcodes that WordPress has by itself and that need no closing one.
const OF_WORDPRESS: [&str; 5] = ["audio", "embed", "gallery", "playlist", "video"];

/// Plain text. Shortcodes that nobody has carried out are dropped; `[sic]` stays.
pub(super) fn words(html: &str) -> String {
    plain_text(&without_shortcodes(&spoken(html)))
}

fn without_shortcodes(text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find('[') {
        kept.push_str(&rest[..start]);
        let code = &rest[start..];
        let length = code.find(']').filter(|end| is_shortcode(&code[1..*end], text));
        let dropped = length.map_or(0, |end| end + 1);
        if dropped == 0 {
            kept.push('[');
        }
        rest = &code[dropped.max(1)..];
    }
    kept.push_str(rest);
    kept
}

fn is_shortcode(inside: &str, text: &str) -> bool {
    let inside = inside.trim_start_matches('/');
    let name = inside.split([' ', '/']).next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    is_name
        && (name.contains('_')
            || OF_WORDPRESS.contains(&name)
            || text.contains(&format!("[/{name}]")))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn only_words_are_left() {
        let check = |html: &str, text: &str| assert_eq!(words(html), text, "{html}");
        check("<p>A</p><style>.a > b { c }</style><p>B</p>", "A\nB");
        check("A<SCRIPT>if (a < b) {}</SCRIPT>B", "AB");
        check("A<style>never closed", "A");
        check("[vc_row el=\"1\"]Words[/vc_row] here", "Words here");
        check("[gallery ids=\"1,2\"]Words", "Words");
        check("[note]Take care[/note]", "Take care");
        check("He said [sic] [Size L] and 3 [cm", "He said [sic] [Size L] and 3 [cm");
        check("Größe [ÄÖ] ß", "Größe [ÄÖ] ß");
    }
}
