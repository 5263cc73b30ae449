//! From products to few bytes and back.

use std::{
    cell::RefCell,
    hash::{DefaultHasher, Hasher},
};

use commerce::Product;
use zstd::{
    dict,
    zstd_safe::{CCtx, CDict, DCtx, DDict},
};

/// More costs more time than it saves memory.
const LEVEL: i32 = 1;
/// As large as a dictionary gets, in bytes.
const DICTIONARY_MAX: usize = 96 * 1024;

thread_local! {
    static CONTEXTS: RefCell<Contexts> = RefCell::new(Contexts {
        packs: CCtx::create(),
        unpacks: DCtx::create(),
        raw: Vec::new(),
    });
}

/// What every thread needs once.
struct Contexts {
    packs: CCtx<'static>,
    unpacks: DCtx<'static>,
    raw: Vec<u8>,
}

/// The dictionary that all products of a snapshot are compressed against.
pub(crate) struct Codec {
    dictionary: Option<(CDict<'static>, DDict<'static>)>,
    /// How many products there were when it was learned.
    pub(crate) learned_of: usize,
}

impl Codec {
    /// Without a dictionary, for a catalog of which nothing is known yet.
    pub(crate) const fn blank() -> Self {
        Self { dictionary: None, learned_of: 0 }
    }

    /// Learns what products repeat. Where that is nothing, it is a codec without a dictionary.
    pub(crate) fn learned(samples: &[u8], sizes: &[usize], products: usize) -> Self {
        let dictionary = dict::from_continuous(samples, sizes, DICTIONARY_MAX).ok();
        let dictionary =
            dictionary.map(|words| (CDict::create(&words, LEVEL), DDict::create(&words)));
        Self { dictionary, learned_of: products }
    }

    /// Appends the few bytes of these.
    pub(crate) fn pack(&self, raw: &[u8], to: &mut Vec<u8>) {
        CONTEXTS.with_borrow_mut(|contexts| {
            let packed = &mut contexts.raw;
            packed.clear();
            packed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
            let done = match &self.dictionary {
                Some((words, _)) => contexts.packs.compress_using_cdict(packed, raw, words),
                None => contexts.packs.compress(packed, raw, LEVEL),
            };
            done.expect("there is room for whatever compressing makes");
            to.extend_from_slice(packed);
        });
    }

    /// Hands the bytes out again that were packed.
    pub(crate) fn unpacked<T>(
        &self,
        packed: &[u8],
        size: usize,
        then: impl FnOnce(&[u8]) -> T,
    ) -> T {
        CONTEXTS.with_borrow_mut(|contexts| {
            let raw = &mut contexts.raw;
            raw.clear();
            raw.reserve(size);
            let done = match &self.dictionary {
                Some((_, words)) => contexts.unpacks.decompress_using_ddict(raw, packed, words),
                None => contexts.unpacks.decompress(raw, packed),
            };
            done.expect("what was packed here can be unpacked here");
            then(raw)
        })
    }
}

/// A product's bytes.
pub(crate) fn write(product: &Product, to: &mut Vec<u8>) {
    to.clear();
    *to = postcard::to_extend(product, std::mem::take(to))
        .expect("texts, numbers and lists go into memory");
}

/// The product of these bytes.
pub(crate) fn read(raw: &[u8]) -> Product {
    postcard::from_bytes(raw).expect("what was written here can be read here")
}

/// Tells two contents apart. Never leaves the process, and no stranger gains by a clash.
pub(crate) fn print(raw: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(raw);
    hasher.finish()
}
