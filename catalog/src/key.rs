//! Ids as they are kept: most are numbers.

/// An id that sorts as numbers do, and takes no memory of its own where it is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Number(u64),
    Text(Box<str>),
}

impl Key {
    pub(crate) fn new(text: &str) -> Self {
        let is_plain = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'));
        match text.parse() {
            Ok(number) if is_plain => Self::Number(number),
            Ok(_) | Err(_) => Self::Text(text.into()),
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}
