//! Changing the catalog: one snapshot after the other.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use commerce::{ItemId, Listed, Product, ProductId};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    Snapshot,
    chunk::Chunk,
    codec::{self, Codec, print},
    group::{Entry, Group, Note, Piece},
    index::Move,
    key::Key,
};

/// Fewer products repeat too little to learn from.
const LEARN_MIN: usize = 500;
/// A catalog that has grown so many times since is learned from again.
const GROWTH: usize = 16;
/// What is learned from, in bytes.
const SAMPLES_MAX: usize = 3 * 1024 * 1024;

/// Where the newest snapshot is found, and the next one is made.
#[derive(Debug)]
pub struct Catalog {
    newest: watch::Sender<Option<Arc<Snapshot>>>,
    writing: Mutex<Writing>,
}

/// What only the one who writes sees. Readings go on in it over failures.
#[derive(Debug)]
struct Writing {
    /// The newest snapshot, shown or not.
    latest: Arc<Snapshot>,
    /// Whether all of the catalog has been read once.
    is_shown: bool,
    /// Counts the readings.
    reading: u32,
    began: Timestamp,
}

/// What becomes of a product.
enum Change {
    /// It is as these bytes, packed already, say.
    Put { note: Note, print: u64, size: u32, packed: Vec<u8> },
    /// It is gone.
    Gone,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog {
    /// A catalog of which nothing has been read.
    pub fn new() -> Self {
        let latest = Arc::new(Snapshot::empty());
        let began = Timestamp::UNIX_EPOCH;
        Self {
            newest: watch::Sender::new(None),
            writing: Mutex::new(Writing { latest, is_shown: false, reading: 0, began }),
        }
    }

    /// The newest snapshot; `None` before the first whole reading.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.newest.borrow().clone()
    }

    /// Waits for the first snapshot.
    pub async fn first(&self) -> Option<Arc<Snapshot>> {
        self.newest.subscribe().wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Tells of every new snapshot; of several at once, of the last.
    pub fn subscribe(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.newest.subscribe()
    }

    /// Puts changed products in the place of what was known of them, and takes those out that are
    /// gone. Answers how many are not as they were. Before the first whole reading there is nothing
    /// to change.
    pub fn patch(&self, news: &[(ProductId, Option<Product>)]) -> usize {
        let mut writing = self.write();
        if !writing.is_shown {
            return 0;
        }
        let reading = writing.reading;
        let mut changes = Changes::of(&writing.latest, reading);
        // Of two news of one product the later one counts.
        let mut told = BTreeSet::new();
        for (id, product) in news.iter().rev() {
            let id = product.as_ref().map_or(id, |product| &product.id);
            if told.insert(id) {
                match product {
                    Some(product) => changes.put(product),
                    None => changes.take_out(&Key::new(id.as_str())),
                }
            }
        }
        self.apply(&mut writing, changes)
    }

    /// Begins a reading: what it does not see until it is over is gone.
    pub fn begin(&self, at: Timestamp) {
        let mut writing = self.write();
        writing.reading = writing.reading.wrapping_add(1);
        writing.began = at;
    }

    /// Takes what a reading has seen. What was told since it began, and is newer, stays. Answers
    /// how many are not as they were.
    pub fn add(&self, products: &[Product]) -> usize {
        let mut writing = self.write();
        let mut changes = Changes::of(&writing.latest, writing.reading);
        let mut told = BTreeSet::new();
        for product in products.iter().rev() {
            if told.insert(&product.id) && !changes.is_older(product) {
                changes.put(product);
            }
        }
        self.apply(&mut writing, changes)
    }

    /// Takes what a reading of ids has seen. Answers which products it knows nothing of, or more
    /// of than there is.
    pub fn see(&self, listed: &[Listed]) -> Vec<ProductId> {
        let writing = self.write();
        let differs = |one: &&Listed| {
            let Some(entry) = writing.latest.find(&Key::new(one.product.as_str())) else {
                return true;
            };
            entry.record().see(writing.reading);
            let own = entry.record().note.is_its_own_item;
            let is_listed = |item: &ItemId| one.variants.contains(item);
            !own && entry.read().variants.iter().any(|variant| !is_listed(&variant.item))
        };
        listed.iter().filter(differs).map(|one| one.product.clone()).collect()
    }

    /// Ends a reading: takes out what it has not seen, and answers how many those are. After a
    /// whole one the catalog is as new as its beginning.
    pub fn finish(&self, is_whole: bool) -> usize {
        let mut writing = self.write();
        let latest = Arc::clone(&writing.latest);
        let mut changes = Changes::of(&latest, writing.reading);
        for entry in latest.iter().filter(|entry| !entry.record().was_seen(writing.reading)) {
            changes.take_out(&entry.record().key);
        }
        if is_whole {
            let began = writing.began;
            let snapshot = Arc::make_mut(&mut writing.latest);
            snapshot.taken_at = began;
            snapshot.as_of = snapshot.as_of.max(began);
            writing.is_shown = true;
        }
        let gone = self.apply(&mut writing, changes);
        self.show(&writing);
        gone
    }

    /// The store was asked for changes, and all of them up to then are known.
    pub fn checked(&self, at: Timestamp) {
        let mut writing = self.write();
        if writing.is_shown && at > writing.latest.as_of {
            Arc::make_mut(&mut writing.latest).as_of = at;
            self.show(&writing);
        }
    }

    fn write(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, writing: &Writing) {
        if writing.is_shown {
            self.newest.send_replace(Some(Arc::clone(&writing.latest)));
        }
    }

    fn apply(&self, writing: &mut Writing, changes: Changes) -> usize {
        let count = changes.list.len();
        if count == 0 {
            return 0;
        }
        let mut next = after(&writing.latest, changes, writing.reading);
        let products = next.len();
        let learned_of = next.codec.learned_of;
        if products >= LEARN_MIN && products >= learned_of.saturating_mul(GROWTH) {
            next = repacked(&next, products);
        }
        writing.latest = Arc::new(next);
        self.show(writing);
        count
    }
}

/// What is to become of some products.
struct Changes {
    latest: Arc<Snapshot>,
    reading: u32,
    /// One for each product at most.
    list: Vec<(Key, Change)>,
    /// Variants that no longer belong to what they belonged to.
    lost: Vec<Move>,
    /// Variants that belong to another product now.
    won: Vec<Move>,
    raw: Vec<u8>,
}

impl Changes {
    fn of(latest: &Arc<Snapshot>, reading: u32) -> Self {
        Self {
            latest: Arc::clone(latest),
            reading,
            list: Vec::new(),
            lost: Vec::new(),
            won: Vec::new(),
            raw: Vec::new(),
        }
    }

    /// Whether this is older than what was told since the reading began.
    fn is_older(&self, product: &Product) -> bool {
        self.latest.find(&Key::new(product.id.as_str())).is_some_and(|entry| {
            let record = entry.record();
            record.was_seen(self.reading) && Note::of(product).updated < record.note.updated
        })
    }

    /// A product that is as it was is only seen.
    fn put(&mut self, product: &Product) {
        let key = Key::new(product.id.as_str());
        codec::write(product, &mut self.raw);
        let (print, note) = (print(&self.raw), Note::of(product));
        if let Some(entry) = self.latest.find(&key) {
            let record = entry.record();
            record.see(self.reading);
            if record.print == print {
                return;
            }
            lose_items(entry, &self.latest, &mut self.lost);
        }
        if !note.is_its_own_item {
            let items = product.variants.iter().map(|variant| Key::new(variant.item.as_str()));
            self.won.extend(items.map(|item| (item, Some(key.clone()))));
        }
        let mut packed = Vec::new();
        self.latest.codec.pack(&self.raw, &mut packed);
        let size = u32::try_from(self.raw.len()).expect("a product of less than 4 GB");
        self.list.push((key, Change::Put { note, print, size, packed }));
    }

    fn take_out(&mut self, key: &Key) {
        let Some(entry) = self.latest.find(key) else { return };
        lose_items(entry, &self.latest, &mut self.lost);
        self.list.push((key.clone(), Change::Gone));
    }
}

/// Notes the variants that belonged to a product; one that went over to another stays there.
fn lose_items(entry: Entry<'_>, latest: &Snapshot, lost: &mut Vec<Move>) {
    if entry.record().note.is_its_own_item {
        return;
    }
    let items = entry.read().variants.into_iter();
    let items = items.map(|variant| Key::new(variant.item.as_str()));
    let is_its = |item: &Key| latest.items.product_of(item) == Some(&entry.record().key);
    lost.extend(items.filter(is_its).map(|item| (item, None)));
}

/// The snapshot after some changes. Chunks and groups without any are shared.
fn after(old: &Snapshot, changes: Changes, reading: u32) -> Snapshot {
    let Changes { mut list, lost, won, .. } = changes;
    list.sort_by(|(one, _), (other, _)| one.cmp(other));
    let revision = old.revision + 1;
    let mut rest = list.as_slice();
    let mut chunks = Vec::with_capacity(old.chunks.len() + 1);
    for nth in 0..old.chunks.len().max(1) {
        let chunk = old.chunks.get(nth);
        let here = split_below(&mut rest, old.chunks.get(nth + 1).map(|next| next.first()));
        match chunk {
            Some(chunk) if here.is_empty() => chunks.push(Arc::clone(chunk)),
            chunk => {
                let groups = chunk.map_or(&[][..], |chunk| chunk.groups());
                chunks.extend(Chunk::of_all(&changed(groups, here, revision, reading)));
            }
        }
    }
    let (items, codec) =
        (old.items.after(lost.into_iter().chain(won).collect()), Arc::clone(&old.codec));
    Snapshot { chunks, items, codec, revision, taken_at: old.taken_at, as_of: old.as_of }
}

/// The groups of a chunk after some changes.
fn changed(
    old: &[Arc<Group>],
    mut changes: &[(Key, Change)],
    revision: u64,
    reading: u32,
) -> Vec<Arc<Group>> {
    let mut groups = Vec::with_capacity(old.len() + changes.len() / 8 + 1);
    for nth in 0..old.len().max(1) {
        let here = split_below(&mut changes, old.get(nth + 1).map(|next| next.first()));
        match old.get(nth) {
            Some(group) if here.is_empty() => groups.push(Arc::clone(group)),
            group => {
                let pieces = merged(group.map(AsRef::as_ref), here, revision, reading);
                Group::of(&pieces, revision, &mut groups);
            }
        }
    }
    groups
}

/// Takes those changes off that come before the end; all of them where nothing comes behind.
fn split_below<'c>(rest: &mut &'c [(Key, Change)], end: Option<&Key>) -> &'c [(Key, Change)] {
    let count = match end {
        Some(end) if rest.first().is_none_or(|(key, _)| key >= end) => 0,
        Some(end) => rest.partition_point(|(key, _)| key < end),
        None => rest.len(),
    };
    let (here, later) = rest.split_at(count);
    *rest = later;
    here
}

/// A group's products with their changes, in order.
fn merged<'a>(
    group: Option<&'a Group>,
    changes: &'a [(Key, Change)],
    revision: u64,
    seen: u32,
) -> Vec<Piece<'a>> {
    let known = group.map_or(0, Group::len);
    let mut pieces = Vec::with_capacity(known + changes.len());
    let mut at = 0;
    let kept = |at: usize| group.filter(|_| at < known).map(|group| group.piece(at));
    for (key, change) in changes {
        while let Some(piece) = kept(at).filter(|piece| piece.key < *key) {
            pieces.push(piece);
            at += 1;
        }
        if kept(at).is_some_and(|piece| piece.key == *key) {
            at += 1;
        }
        if let Change::Put { note, print, size, packed } = change {
            let (key, note, print, size) = (key.clone(), *note, *print, *size);
            pieces.push(Piece { key, note, print, revision, size, seen, packed });
        }
    }
    while let Some(piece) = kept(at) {
        pieces.push(piece);
        at += 1;
    }
    pieces
}

/// The same snapshot, packed with what can be learned from it.
fn repacked(old: &Snapshot, products: usize) -> Snapshot {
    let codec = learn(old, products);
    let repack = |group: &Arc<Group>| {
        let mut packed = Vec::with_capacity(group.len());
        for (at, entry) in old.entries(group).enumerate() {
            let size = entry.group.piece(at).size as usize;
            let raw = old.codec.unpacked(group.packed(at), size, <[u8]>::to_vec);
            let mut bytes = Vec::new();
            codec.pack(&raw, &mut bytes);
            packed.push(bytes);
        }
        let pieces: Vec<Piece<'_>> = packed
            .iter()
            .enumerate()
            .map(|(at, packed)| Piece { packed, ..group.piece(at) })
            .collect();
        Arc::new(Group::of_all(&pieces, group.revision()))
    };
    let groups: Vec<_> = old.groups().map(repack).collect();
    Snapshot { chunks: Chunk::of_all(&groups).collect(), codec: Arc::new(codec), ..old.clone() }
}

/// Learns from products here and there.
fn learn(old: &Snapshot, products: usize) -> Codec {
    let total: usize =
        old.groups().flat_map(|g| (0..g.len()).map(|at| g.piece(at).size as usize)).sum();
    let step = total.div_ceil(SAMPLES_MAX).max(1);
    let (mut samples, mut sizes) = (Vec::new(), Vec::new());
    for entry in old.iter().step_by(step) {
        let piece = entry.group.piece(entry.at);
        old.codec.unpacked(piece.packed, piece.size as usize, |raw| {
            samples.extend_from_slice(raw);
            sizes.push(raw.len());
        });
    }
    Codec::learned(&samples, &sizes, products)
}
