//! Messages of SFTP version 3, as far as files are put, read and looked at.

/// What a message is.
pub(crate) mod kind {
    pub(crate) const INIT: u8 = 1;
    pub(crate) const VERSION: u8 = 2;
    pub(crate) const OPEN: u8 = 3;
    pub(crate) const CLOSE: u8 = 4;
    pub(crate) const READ: u8 = 5;
    pub(crate) const WRITE: u8 = 6;
    pub(crate) const OPENDIR: u8 = 11;
    pub(crate) const READDIR: u8 = 12;
    pub(crate) const REMOVE: u8 = 13;
    pub(crate) const STAT: u8 = 17;
    pub(crate) const RENAME: u8 = 18;
    pub(crate) const STATUS: u8 = 101;
    pub(crate) const HANDLE: u8 = 102;
    pub(crate) const DATA: u8 = 103;
    pub(crate) const NAME: u8 = 104;
    pub(crate) const ATTRS: u8 = 105;
    pub(crate) const EXTENDED: u8 = 200;
}

/// What a status says.
pub(crate) mod status {
    pub(crate) const OK: u32 = 0;
    pub(crate) const EOF: u32 = 1;
    pub(crate) const NO_SUCH_FILE: u32 = 2;
}

/// How a file is opened.
pub(crate) mod open {
    pub(crate) const READ: u32 = 0x01;
    /// To write it, whether it is there or not, from nothing.
    pub(crate) const ANEW: u32 = 0x02 | 0x08 | 0x10;
}

/// Parts of a file's attributes that may be there.
mod attribute {
    pub(super) const SIZE: u32 = 0x01;
    pub(super) const OWNER: u32 = 0x02;
    pub(super) const PERMISSIONS: u32 = 0x04;
    pub(super) const TIMES: u32 = 0x08;
    pub(super) const EXTENDED: u32 = 0x8000_0000;
}

/// A message being written: length, kind, then its members.
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn new(kind: u8) -> Self {
        Self(vec![0, 0, 0, 0, kind])
    }

    pub(crate) fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn long(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn text(self, text: &[u8]) -> Self {
        let mut message = self.number(u32::try_from(text.len()).unwrap_or(u32::MAX));
        message.0.extend_from_slice(text);
        message
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

/// A message being read. What is cut off reads as nothing.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(crate) fn long(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    /// Size and time of a file's attributes.
    pub(crate) fn attributes(&mut self) -> Option<(u64, i64)> {
        let flags = self.number()?;
        let has = |part| flags & part != 0;
        let size = if has(attribute::SIZE) { self.long()? } else { 0 };
        if has(attribute::OWNER) {
            self.long()?;
        }
        if has(attribute::PERMISSIONS) {
            self.number()?;
        }
        let modified = if has(attribute::TIMES) {
            self.number()?;
            self.number()?
        } else {
            0
        };
        if has(attribute::EXTENDED) {
            for _pair in 0..self.number()? {
                self.text()?;
                self.text()?;
            }
        }
        Some((size, modified.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Reader, kind};

    #[test]
    fn a_message_round_trips_and_a_cut_one_is_nothing() {
        let bytes = Message::new(kind::OPEN).number(7).text(b"feed.csv").long(9).bytes();
        assert_eq!(bytes[..5], [0, 0, 0, 25, kind::OPEN]);
        let mut reader = Reader(&bytes[5..]);
        assert_eq!(reader.number(), Some(7));
        assert_eq!(reader.text(), Some(&b"feed.csv"[..]));
        assert_eq!(reader.long(), Some(9));
        assert_eq!(reader.number(), None);
        assert_eq!(Reader(&bytes[9..12]).text(), None);
    }

    #[test]
    fn attributes_are_found_among_those_that_are_there() {
        let all = Message::new(0).number(0x0F).long(12).long(0).number(0o644).number(5).number(6);
        assert_eq!(Reader(&all.bytes()[5..]).attributes(), Some((12, 6)));
        assert_eq!(Reader(&Message::new(0).number(0).bytes()[5..]).attributes(), Some((0, 0)));
    }
}
