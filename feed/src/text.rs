//! A text of the product, looked through once.

use std::{fmt, ops::Deref};

use crate::scan::{has_any, is_special, is_suspect};

/// A text of the product, or one made of it.
#[derive(Clone)]
pub struct Text<'a>(Kind<'a>);

#[derive(Clone)]
enum Kind<'a> {
    /// Neither JSON nor XML escapes any of it.
    Plain(&'a str),
    Lent(&'a str),
    Made(String),
}

impl<'a> Text<'a> {
    /// A text of ours that needs no care; for constants.
    pub(crate) const fn plain(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(!is_special(bytes[at]), "a byte of it needs care");
            at += 1;
        }
        Self(Kind::Plain(text))
    }

    /// A text in which nobody needs to look for anything once this has.
    #[inline]
    pub(crate) fn looked_through(text: &'a str) -> Self {
        let has_special = has_any(text.as_bytes(), is_special);
        Self(if has_special { Kind::Lent(text) } else { Kind::Plain(text) })
    }

    /// Whether neither JSON nor XML escapes any of it. Never said of a text that was made.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.0, Kind::Plain(_))
    }

    /// The text, if it stands in the product as it is.
    pub(crate) fn as_lent(&self) -> Option<&'a str> {
        match self.0 {
            Kind::Plain(text) | Kind::Lent(text) => Some(text),
            Kind::Made(_) => None,
        }
    }

    /// A part of it.
    pub(crate) fn part(self, of: impl Fn(&str) -> &str) -> Self {
        Self(match self.0 {
            Kind::Plain(text) => Kind::Plain(of(text)),
            Kind::Lent(text) => Kind::Lent(of(text)),
            Kind::Made(text) => Kind::Made(of(&text).to_owned()),
        })
    }

    /// The same, borrowed.
    pub(crate) fn borrowed(&self) -> Text<'_> {
        Text(match &self.0 {
            Kind::Plain(text) => Kind::Plain(text),
            Kind::Lent(text) => Kind::Lent(text),
            Kind::Made(text) => Kind::Lent(text),
        })
    }

    /// The same, to keep.
    pub(crate) fn owned(self) -> Text<'static> {
        Text(Kind::Made(match self.0 {
            Kind::Plain(text) | Kind::Lent(text) => text.to_owned(),
            Kind::Made(text) => text,
        }))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            Kind::Plain(text) | Kind::Lent(text) => text,
            Kind::Made(text) => text,
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Kind::Lent(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Kind::Made(text))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// The text without what cannot be written in every format: control characters other than line
/// breaks, and code points that XML does not know. Tabs become spaces.
pub(crate) fn clean(text: &str) -> Text<'_> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    let is_trimmed = is_word(bytes.first()) && is_word(bytes.last());
    let text = Text::looked_through(if is_trimmed { text } else { text.trim() });
    let is_clean = text.is_plain()
        || !has_any(text.as_bytes(), is_suspect)
        || text.chars().all(|c| c == '\n' || !is_unwritable(c));
    if is_clean {
        return text;
    }
    let kept = text.chars().filter_map(|c| match c {
        '\t' => Some(' '),
        '\n' => Some('\n'),
        c if is_unwritable(c) => None,
        c => Some(c),
    });
    kept.collect::<String>().trim().to_owned().into()
}

fn is_unwritable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{FFFD}'..='\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::{Text, clean};

    #[test]
    fn what_no_format_can_write_is_gone() {
        assert_eq!(&*clean("a\u{0}b\tc\nd\u{85}e\u{FFFF}f"), "ab c\ndef");
        assert_eq!(&*clean("  täglich\u{A0}frisch "), "täglich\u{A0}frisch");
    }

    #[test]
    fn a_text_is_plain_where_nothing_in_it_needs_care() {
        for plain in ["", "Größe M, sand; it's 5 % off", "a > b".trim_end_matches("> b")] {
            assert!(clean(plain).is_plain(), "{plain:?}");
        }
        for special in ["a\"b", "a\\b", "a&b", "a<b", "a>b", "a\nb", "a\rb", "a\tb", "a\u{7F}b"] {
            assert!(!clean(special).is_plain(), "{special:?}");
            assert!(!Text::looked_through(special).is_plain(), "{special:?}");
        }
        assert!(!Text::from("made or lent, nobody has looked").is_plain());
        assert!(!Text::from("plain".to_owned()).is_plain());
    }

    #[test]
    fn a_part_of_a_plain_text_is_plain() {
        let part = |text| clean(text).part(|text| &text[..2]);
        assert!(part("Linen").is_plain());
        assert_eq!(&*part("Linen"), "Li");
        assert_eq!(&*part("a&b"), "a&");
        assert!(!part("a&b").is_plain());
        assert_eq!(&*part("a\u{0}bc"), "ab");
    }
}
