//! A platform's texts are HTML; an agent wants words.

/// The plain text of a piece of HTML: tags dropped, entities decoded, white space folded.
///
/// Block ends become line breaks, so that paragraphs stay apart.
pub fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let tag = &rest[start..];
        let Some(end) = tag_end(tag) else {
            text.push_str(tag);
            rest = "";
            break;
        };
        if ends_a_block(&tag[..end]) {
            text.push('\n');
        }
        rest = &tag[end..];
    }
    text.push_str(rest);
    fold_space(&html_escape::decode_html_entities(&text))
}

/// HTML without what is no text: the content of scripts and styles.
pub fn spoken(html: &str) -> String {
    ["script", "style"].into_iter().fold(html.to_owned(), |html, name| without(&html, name))
}

fn without(html: &str, name: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let (mut kept, mut at) = (String::with_capacity(html.len()), 0);
    while let Some(start) = lower[at..].find(&open).map(|start| at + start) {
        kept.push_str(&html[at..start]);
        at = lower[start..].find(&close).map_or(html.len(), |end| start + end + close.len());
    }
    kept.push_str(&html[at..]);
    kept
}

/// The byte after `>`, if this `<` opens a tag at all: `a < b` is text.
fn tag_end(tag: &str) -> Option<usize> {
    let second = tag[1..].chars().next()?;
    let opens = second.is_ascii_alphabetic() || second == '/' || second == '!';
    opens.then(|| tag.find('>').map(|at| at + 1)).flatten()
}

fn ends_a_block(tag: &str) -> bool {
    let name: String = tag
        .trim_start_matches(['<', '/'])
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(name.as_str(), "p" | "br" | "div" | "li" | "ul" | "ol" | "h1" | "h2" | "h3" | "tr")
}

/// One space between words, one line break between lines, control and bidi characters gone.
fn fold_space(text: &str) -> String {
    text.lines()
        .map(|line| {
            let clean: String = line.chars().filter(|c| !is_hidden(*c)).collect();
            clean.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn html_becomes_words() {
        let check = |html: &str, text: &str| assert_eq!(plain_text(html), text, "{html}");
        check("<p>This is a simple product.</p>\n", "This is a simple product.");
        check("Fish &amp; Chips &#8211; <b>hot</b>", "Fish & Chips – hot");
        check("<p>One</p><p>Two<br />Three</p>", "One\nTwo\nThree");
        check("3 < 4 & 5 > 2", "3 < 4 & 5 > 2");
        check("a\u{202E}b\u{0007}c", "abc");
        check("&lt;script&gt;", "<script>");
        check("open <b", "open <b");
    }
}
