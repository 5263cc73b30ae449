//! A whole feed from its segments, kept so that a change costs what it changes.
//!
//! Segments stand in the order of their products' ids, in blocks that are packed by themselves;
//! gzip members and Zstandard frames may simply follow one another. Where a block ends depends on
//! the ids in it alone, so the same segments give the same bytes, whatever has happened before.

use std::{cmp::Ordering, collections::BTreeMap, mem};

use bytes::Bytes;
use commerce::ProductId;
use sha2::{Digest, Sha256};

use crate::{
    format::Packing,
    pack::{Packer, unpack},
    writer::{Segment, Writer},
};

/// A block has at least so many rows, unless it is the last.
const ROWS_MIN: u32 = 8;
/// A block ends here at the latest.
const ROWS_MAX: u32 = 64;
/// From `ROWS_MIN` on, one product in so many ends its block.
const ENDS_ONE_IN: u64 = 4;
/// Most bytes that a block unpacks to: a bound, not an expectation.
const BLOCK_BYTES_MAX: u64 = 1 << 30;

/// One feed, ready to be sent in pieces.
pub struct Feed {
    packing: Packing,
    head: Bytes,
    separator: Bytes,
    raw_separator: &'static [u8],
    tail: Bytes,
    blocks: Vec<Block>,
}

#[derive(Clone)]
struct Block {
    bytes: Bytes,
    digest: [u8; 32],
    entries: Vec<Entry>,
    /// Of all entries.
    rows: u64,
    /// Of all entries, in bytes before packing.
    length: u64,
}

/// Where a product's rows stand in its block.
#[derive(Clone)]
struct Entry {
    product: ProductId,
    rows: u32,
    length: usize,
}

impl Feed {
    /// An empty feed of that writer's rows.
    pub fn new(writer: &Writer, packing: Packing) -> Self {
        let mut packer = Packer::new(packing);
        let mut piece = |raw: &[u8]| -> Bytes {
            if raw.is_empty() { Bytes::new() } else { packer.pack(raw).into() }
        };
        Self {
            packing,
            head: piece(&writer.head()),
            separator: piece(writer.separator()),
            raw_separator: writer.separator(),
            tail: piece(writer.tail()),
            blocks: Vec::new(),
        }
    }

    /// A feed of these segments. Those in order cost least; the others are put in their place.
    pub fn build(
        writer: &Writer,
        packing: Packing,
        segments: impl IntoIterator<Item = Segment>,
    ) -> Self {
        let mut feed = Self::new(writer, packing);
        let mut blocks = Blocks::new(packing, feed.raw_separator);
        let (mut last, mut late) = (None::<ProductId>, Vec::new());
        for segment in segments {
            let in_order = last.as_ref().is_none_or(|last| order(last, &segment.product).is_lt());
            if in_order {
                last = Some(segment.product.clone());
                blocks.push(segment.product, segment.rows, &segment.bytes);
            } else {
                late.push((segment.product.clone(), Some(segment)));
            }
        }
        blocks.close();
        feed.blocks = blocks.done;
        feed.update(late);
        feed
    }

    /// Puts segments in the place of those of the same product, and takes those out that are
    /// gone. Tells how many blocks were packed anew.
    pub fn update(&mut self, changes: Vec<(ProductId, Option<Segment>)>) -> usize {
        let mut changes: BTreeMap<Key, Option<Segment>> =
            changes.into_iter().map(|(product, segment)| (Key(product), segment)).collect();
        let mut blocks = Blocks::new(self.packing, self.raw_separator);
        let mut old = mem::take(&mut self.blocks).into_iter().peekable();
        while let Some(block) = old.next() {
            // What is beyond the last block belongs to it.
            let beyond = old.peek().map(|next| &next.entries[0].product);
            let is_here = |Key(product): &Key| beyond.is_none_or(|it| order(product, it).is_lt());
            let is_touched = changes.first_key_value().is_some_and(|(first, _)| is_here(first));
            if !is_touched && blocks.is_closed() {
                blocks.keep(block);
                continue;
            }
            let rest = beyond.map(|beyond| changes.split_off(&Key(beyond.clone())));
            let here = mem::replace(&mut changes, rest.unwrap_or_default());
            blocks.merge(block, here);
        }
        for (Key(product), segment) in changes {
            if let Some(segment) = segment {
                blocks.push(product, segment.rows, &segment.bytes);
            }
        }
        blocks.close();
        let packed = blocks.packed;
        self.blocks = blocks.done;
        packed
    }

    /// The feed's bytes, piece by piece.
    pub fn pieces(&self) -> impl Iterator<Item = Bytes> + '_ {
        let blocks = self.blocks.iter().enumerate().flat_map(|(at, block)| {
            let before = if at == 0 { Bytes::new() } else { self.separator.clone() };
            [before, block.bytes.clone()]
        });
        std::iter::once(self.head.clone())
            .chain(blocks)
            .chain([self.tail.clone()])
            .filter(|piece| !piece.is_empty())
    }

    /// How many bytes all pieces have together.
    pub fn length(&self) -> u64 {
        self.pieces().map(|piece| piece.len() as u64).sum()
    }

    /// How many rows; of profile `acp`, products.
    pub fn rows(&self) -> u64 {
        self.blocks.iter().map(|block| block.rows).sum()
    }

    /// How many blocks are kept.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// The fewest shards in which none is too large.
    pub fn count_shards(&self, max: ShardMax) -> u32 {
        let length: u64 = self.blocks.iter().map(|block| block.length).sum();
        if self.rows() <= max.rows && length <= max.bytes {
            return 1;
        }
        (2..u32::MAX).find(|shards| self.is_enough(*shards, max)).unwrap_or(1)
    }

    /// A hash of the bytes, made of the blocks' own: for an entity tag.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.head);
        for block in &self.blocks {
            hash.update(block.digest);
        }
        hash.finalize().into()
    }

    fn is_enough(&self, shards: u32, max: ShardMax) -> bool {
        let mut totals = vec![(0, 0, 0); shards as usize];
        for entry in self.blocks.iter().flat_map(|block| &block.entries) {
            let (products, rows, bytes) = &mut totals[shard_of(&entry.product, shards) as usize];
            *products += 1;
            *rows += u64::from(entry.rows);
            *bytes += entry.length as u64;
        }
        // One product that is too large by itself will not become smaller.
        totals.iter().all(|(products, rows, bytes)| {
            *products < 2 || (*rows <= max.rows && *bytes <= max.bytes)
        })
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("blocks", &self.blocks.len()).finish_non_exhaustive()
    }
}

/// Blocks being made.
struct Blocks {
    packer: Packer,
    separator: &'static [u8],
    done: Vec<Block>,
    raw: Vec<u8>,
    open: Vec<Entry>,
    rows: u32,
    packed: usize,
}

impl Blocks {
    fn new(packing: Packing, separator: &'static [u8]) -> Self {
        Self {
            packer: Packer::new(packing),
            separator,
            done: Vec::new(),
            raw: Vec::new(),
            open: Vec::new(),
            rows: 0,
            packed: 0,
        }
    }

    fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    fn keep(&mut self, block: Block) {
        self.done.push(block);
    }

    fn push(&mut self, product: ProductId, rows: u32, bytes: &[u8]) {
        if rows == 0 {
            return;
        }
        if !self.open.is_empty() {
            self.raw.extend_from_slice(self.separator);
        }
        self.raw.extend_from_slice(bytes);
        self.rows += rows;
        let ends = self.rows >= ROWS_MAX
            || (self.rows >= ROWS_MIN && hash(product.as_str()).is_multiple_of(ENDS_ONE_IN));
        self.open.push(Entry { product, rows, length: bytes.len() });
        if ends {
            self.close();
        }
    }

    /// An old block with what has changed in it. Stays as it is if nothing really has.
    fn merge(&mut self, block: Block, mut changes: BTreeMap<Key, Option<Segment>>) {
        let raw = unpack(&block.bytes, BLOCK_BYTES_MAX).expect("a block that was packed here");
        let segments = segments(&block, &raw, self.separator.len());
        if self.is_closed() && is_same(&segments, &changes) {
            return self.keep(block);
        }
        for (entry, bytes) in segments {
            let after = changes.split_off(&Key(entry.product.clone()));
            for (Key(product), segment) in mem::replace(&mut changes, after) {
                self.push_some(product, segment);
            }
            match changes.remove(&Key(entry.product.clone())) {
                Some(segment) => self.push_some(entry.product.clone(), segment),
                None => self.push(entry.product.clone(), entry.rows, bytes),
            }
        }
        for (Key(product), segment) in changes {
            self.push_some(product, segment);
        }
    }

    fn push_some(&mut self, product: ProductId, segment: Option<Segment>) {
        if let Some(segment) = segment {
            self.push(product, segment.rows, &segment.bytes);
        }
    }

    fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let bytes: Bytes = self.packer.pack(&self.raw).into();
        let digest = Sha256::digest(&bytes).into();
        let entries = mem::take(&mut self.open);
        let length = entries.iter().map(|entry| entry.length as u64).sum();
        self.done.push(Block { bytes, digest, entries, rows: self.rows.into(), length });
        self.raw.clear();
        self.rows = 0;
        self.packed += 1;
    }
}

/// The products of a block with their bytes.
fn segments<'b>(block: &'b Block, raw: &'b [u8], separator: usize) -> Vec<(&'b Entry, &'b [u8])> {
    let mut at = 0;
    let entries = block.entries.iter().map(|entry| {
        let bytes = &raw[at..at + entry.length];
        at += entry.length + separator;
        (entry, bytes)
    });
    entries.collect()
}

fn is_same(segments: &[(&Entry, &[u8])], changes: &BTreeMap<Key, Option<Segment>>) -> bool {
    changes.iter().all(|(Key(product), change)| {
        let known = segments.iter().find(|(entry, _)| entry.product == *product);
        let known = known.map(|(_, bytes)| *bytes);
        let next = change.as_ref().filter(|segment| segment.rows > 0);
        known == next.map(|segment| segment.bytes.as_slice())
    })
}

/// The order of products in a feed: numbers by size, then everything else by its text.
pub fn order(one: &ProductId, other: &ProductId) -> Ordering {
    let (one, other) = (one.as_str(), other.as_str());
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number(one), is_number(other)) {
        (true, true) => {
            let (short, long) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
            short.len().cmp(&long.len()).then_with(|| short.cmp(long)).then_with(|| one.cmp(other))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(other),
    }
}

/// A product's id, in the feed's order.
#[derive(PartialEq, Eq)]
struct Key(ProductId);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Most rows of a shard, as readers want it.
pub const SHARD_ROWS: u64 = 500_000;
/// Most bytes of a shard before packing, as readers want it.
pub const SHARD_BYTES: u64 = 500_000_000;

/// How large a shard may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardMax {
    /// In rows.
    pub rows: u64,
    /// In bytes, before packing.
    pub bytes: u64,
}

impl Default for ShardMax {
    fn default() -> Self {
        Self { rows: SHARD_ROWS, bytes: SHARD_BYTES }
    }
}

/// The shard in which a product stands, as long as there are so many.
pub fn shard_of(product: &ProductId, shards: u32) -> u32 {
    let shard = hash(product.as_str()) % u64::from(shards.max(1));
    u32::try_from(shard).unwrap_or(0)
}

/// FNV-1a, its bits mixed: stable for good, since shards and blocks depend on it.
fn hash(id: &str) -> u64 {
    let start = 0xCBF2_9CE4_8422_2325_u64;
    let hash = id
        .bytes()
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^ (hash >> 33)
}
