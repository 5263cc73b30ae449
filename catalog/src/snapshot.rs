//! The catalog at one moment.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use commerce::{Exclusion, ItemId, Product, ProductId};
use jiff::Timestamp;

use crate::{
    chunk::Chunk,
    codec::Codec,
    group::{Entry, Group, Record},
    index::Index,
    key::Key,
};

/// The catalog at one moment. It never changes.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) chunks: Vec<Arc<Chunk>>,
    pub(crate) items: Index,
    pub(crate) codec: Arc<Codec>,
    pub(crate) revision: u64,
    pub(crate) taken_at: Timestamp,
    pub(crate) as_of: Timestamp,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("products", &self.len())
            .field("revision", &self.revision)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(crate) fn empty() -> Self {
        Self {
            chunks: Vec::new(),
            items: Index::default(),
            codec: Arc::new(Codec::blank()),
            revision: 0,
            taken_at: Timestamp::UNIX_EPOCH,
            as_of: Timestamp::UNIX_EPOCH,
        }
    }

    /// Counts the changes; one with a higher number is newer.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// When the last whole reading began: changes since then were told one by one.
    pub const fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// Up to when the store was asked for changes: later ones may be missing.
    pub const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// How many products there are, sold through agents or not.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// One product.
    pub fn product(&self, id: &ProductId) -> Option<Product> {
        self.find(&Key::new(id.as_str())).map(|entry| entry.read())
    }

    /// The product that this belongs to, or is.
    pub fn product_of(&self, item: &ItemId) -> Option<Product> {
        self.owner(item).map(|entry| entry.read())
    }

    /// The same, without its fields.
    pub fn owner(&self, item: &ItemId) -> Option<Entry<'_>> {
        let key = Key::new(item.as_str());
        match self.items.product_of(&key) {
            Some(product) => self.find(product),
            None => self.find(&key).filter(|entry| entry.record().note.is_its_own_item),
        }
    }

    /// All products in the order of their ids, which is the same in every snapshot.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.groups().flat_map(|group| self.entries(group))
    }

    /// The same in groups of neighbors. A group whose first id and revision are known has not
    /// changed.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.chunks.iter().flat_map(|chunk| chunk.groups())
    }

    /// The products of one of its groups.
    pub fn entries<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = Entry<'a>> {
        (0..group.len()).map(|at| Entry { codec: &self.codec, group, at })
    }

    /// What is not as it was in an older snapshot: as it is now, or `None` where it is gone. Looks
    /// only at the groups that the two do not share.
    pub fn since<'a>(&'a self, old: &Self) -> Vec<(ProductId, Option<Entry<'a>>)> {
        let (mine, its) = (self.chunks.iter(), old.chunks.iter());
        let new = groups_of(only_in(mine.clone(), its.clone()));
        let gone = groups_of(only_in(its, mine));
        let (changed, lost) = (only_in(new.clone(), gone.clone()), only_in(gone, new));
        let mut before: HashMap<&Key, u64> = lost
            .into_iter()
            .flat_map(|group| group.records())
            .map(|record| (&record.key, record.revision))
            .collect();
        let mut found = Vec::new();
        for entry in changed.into_iter().flat_map(|group| self.entries(group)) {
            let record = entry.record();
            if before.remove(&record.key) != Some(record.revision) {
                found.push((entry.id(), Some(entry)));
            }
        }
        let mut gone: Vec<&Key> = before.into_keys().collect();
        gone.sort();
        found.extend(gone.into_iter().map(|key| (ProductId::new(key.to_string()), None)));
        found
    }

    /// What there is, counted. Looks at every product, and unpacks none.
    pub fn summary(&self) -> Summary {
        let records = self.groups().flat_map(|group| group.records());
        let bytes = self.items.bytes() + self.groups().map(|group| group.bytes()).sum::<usize>();
        records.fold(Summary { bytes, ..Summary::default() }, Summary::with)
    }

    pub(crate) fn find(&self, key: &Key) -> Option<Entry<'_>> {
        let after = self.chunks.partition_point(|chunk| chunk.first() <= key);
        let group = self.chunks.get(after.checked_sub(1)?)?.find(key)?;
        Some(Entry { codec: &self.codec, group, at: group.find(key)? })
    }
}

fn groups_of(chunks: Vec<&Arc<Chunk>>) -> impl Iterator<Item = &Arc<Group>> + Clone {
    chunks.into_iter().flat_map(|chunk| chunk.groups())
}

/// What others do not have as well.
fn only_in<'a, 'o, T: 'a + 'o>(
    all: impl Iterator<Item = &'a Arc<T>>,
    others: impl Iterator<Item = &'o Arc<T>>,
) -> Vec<&'a Arc<T>> {
    let others: HashSet<*const T> = others.map(Arc::as_ptr).collect();
    all.filter(|one| !others.contains(&Arc::as_ptr(one))).collect()
}

/// What there is in a snapshot, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Products, sold through agents or not.
    pub products: usize,
    /// Products that agents may show.
    pub shown: usize,
    /// Their variants.
    pub variants: usize,
    /// Variants with a choice left open: shown, and asked for before they can be bought.
    pub open: usize,
    /// Shown products that do not say who made them.
    pub without_brand: usize,
    /// Products that agents do not get to see, by why; only reasons that occur.
    pub excluded: Vec<(Exclusion, usize)>,
    /// Memory it takes, in bytes.
    pub bytes: usize,
}

impl Summary {
    fn with(mut self, record: &Record) -> Self {
        self.products += 1;
        let note = record.note;
        match note.exclusion {
            None => {
                self.shown += 1;
                self.variants += usize::from(note.variants);
                self.open += usize::from(note.open);
                self.without_brand += usize::from(!note.has_brand);
            }
            Some(why) => match self.excluded.iter_mut().find(|(known, _)| *known == why) {
                Some((_, count)) => *count += 1,
                None => self.excluded.push((why, 1)),
            },
        }
        self
    }
}
