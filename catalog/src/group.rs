//! Neighbors in the order of their ids, kept together.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use commerce::{Exclusion, Product, ProductId};

use crate::{
    codec::{self, Codec},
    key::Key,
};

/// More would make a change of one copy much, fewer would make a change of any copy a long list.
pub(crate) const GROUP_MAX: usize = 32;

/// Some neighbors. One that did not change is the same one in the next snapshot.
pub struct Group {
    records: Box<[Record]>,
    packed: Box<[u8]>,
    revision: u64,
}

/// A product as it is kept; its packed bytes end at `end` of its group's.
pub(crate) struct Record {
    pub(crate) key: Key,
    pub(crate) note: Note,
    /// Tells whether the content is another.
    pub(crate) print: u64,
    /// When it was last changed, as the snapshots count.
    pub(crate) revision: u64,
    end: u32,
    /// How many bytes it is unpacked.
    size: u32,
    /// The last reading that saw it.
    seen: AtomicU32,
}

/// What is asked of many products at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// Seconds since 1970, by the store's clock; 0 where it says nothing.
    pub(crate) updated: u32,
    pub(crate) variants: u16,
    /// Variants with a choice left open.
    pub(crate) open: u16,
    pub(crate) exclusion: Option<Exclusion>,
    pub(crate) has_brand: bool,
    /// Its only variant has its own id.
    pub(crate) is_its_own_item: bool,
}

impl Note {
    pub(crate) fn of(product: &Product) -> Self {
        let many = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let open = product.variants.iter().filter(|variant| !variant.is_settled()).count();
        let updated = product.updated_at.map_or(0, jiff::Timestamp::as_second);
        Self {
            updated: u32::try_from(updated).unwrap_or(0),
            variants: many(product.variants.len()),
            open: many(open),
            exclusion: product.exclusion,
            has_brand: product.brand.is_some(),
            is_its_own_item: match product.variants.as_slice() {
                [] => true,
                [only] => only.item.as_str() == product.id.as_str(),
                [_, ..] => false,
            },
        }
    }
}

impl Record {
    pub(crate) fn see(&self, reading: u32) {
        self.seen.store(reading, Ordering::Relaxed);
    }

    pub(crate) fn was_seen(&self, reading: u32) -> bool {
        self.seen.load(Ordering::Relaxed) == reading
    }
}

/// A record with its packed bytes, on its way into a group.
pub(crate) struct Piece<'a> {
    pub(crate) key: Key,
    pub(crate) note: Note,
    pub(crate) print: u64,
    pub(crate) revision: u64,
    pub(crate) size: u32,
    pub(crate) seen: u32,
    pub(crate) packed: &'a [u8],
}

impl Group {
    /// When one of its products was last changed, added or taken away. With the first id it names
    /// what the group holds.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// How many products it holds; never none.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it is empty, which it never is.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) const fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn first(&self) -> &Key {
        &self.records[0].key
    }

    pub(crate) fn packed(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.records[before].end);
        &self.packed[start as usize..self.records[at].end as usize]
    }

    pub(crate) fn find(&self, key: &Key) -> Option<usize> {
        self.records.binary_search_by(|record| record.key.cmp(key)).ok()
    }

    pub(crate) fn piece(&self, at: usize) -> Piece<'_> {
        let record = &self.records[at];
        Piece {
            key: record.key.clone(),
            note: record.note,
            print: record.print,
            revision: record.revision,
            size: record.size,
            seen: record.seen.load(Ordering::Relaxed),
            packed: self.packed(at),
        }
    }

    /// Memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + 2 * size_of::<usize>() + size_of_val(&*self.records) + self.packed.len()
    }

    /// Splits pieces into groups of about the same size.
    pub(crate) fn of(pieces: &[Piece<'_>], revision: u64, to: &mut Vec<Arc<Self>>) {
        let groups = pieces.len().div_ceil(GROUP_MAX);
        for nth in 0..groups {
            let (start, end) = (nth * pieces.len() / groups, (nth + 1) * pieces.len() / groups);
            to.push(Arc::new(Self::of_all(&pieces[start..end], revision)));
        }
    }

    /// One group of all of them.
    pub(crate) fn of_all(pieces: &[Piece<'_>], revision: u64) -> Self {
        let mut packed = Vec::with_capacity(pieces.iter().map(|piece| piece.packed.len()).sum());
        let records = pieces
            .iter()
            .map(|piece| {
                packed.extend_from_slice(piece.packed);
                Record {
                    key: piece.key.clone(),
                    note: piece.note,
                    print: piece.print,
                    revision: piece.revision,
                    end: u32::try_from(packed.len()).expect("a group of less than 4 GB"),
                    size: piece.size,
                    seen: AtomicU32::new(piece.seen),
                }
            })
            .collect();
        Self { records, packed: packed.into(), revision }
    }
}

/// One product of a snapshot; its fields are unpacked when they are asked for.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(crate) codec: &'a Codec,
    pub(crate) group: &'a Group,
    pub(crate) at: usize,
}

impl Entry<'_> {
    /// Which product.
    pub fn id(&self) -> ProductId {
        ProductId::new(self.record().key.to_string())
    }

    /// When it was last changed, as the snapshots count.
    pub fn revision(&self) -> u64 {
        self.record().revision
    }

    /// Why an agent cannot buy it, if so.
    pub fn exclusion(&self) -> Option<Exclusion> {
        self.record().note.exclusion
    }

    /// All of it.
    pub fn read(&self) -> Product {
        let record = self.record();
        self.codec.unpacked(self.group.packed(self.at), record.size as usize, codec::read)
    }

    pub(crate) fn record(&self) -> &Record {
        &self.group.records[self.at]
    }
}
