//! Which product a variant belongs to, where its id does not say so.

use std::sync::Arc;

use crate::key::Key;

const CHUNK_MAX: usize = 512;

/// Variants and their products, in the order of the variants' ids.
#[derive(Clone, Default)]
pub(crate) struct Index(Vec<Arc<[(Key, Key)]>>);

/// What becomes of a variant: it belongs to a product, or is gone.
pub(crate) type Move = (Key, Option<Key>);

impl Index {
    pub(crate) fn product_of(&self, item: &Key) -> Option<&Key> {
        let after = self.0.partition_point(|chunk| chunk[0].0 <= *item);
        let chunk = self.0.get(after.checked_sub(1)?)?;
        let at = chunk.binary_search_by(|(known, _)| known.cmp(item)).ok()?;
        Some(&chunk[at].1)
    }

    /// Memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|chunk| size_of_val(&**chunk) + 4 * size_of::<usize>()).sum()
    }

    /// The index after some moves; of two for one variant the later one counts.
    pub(crate) fn after(&self, mut moves: Vec<Move>) -> Self {
        if moves.is_empty() {
            return self.clone();
        }
        moves.reverse();
        moves.sort_by(|(one, _), (other, _)| one.cmp(other));
        moves.dedup_by(|later, kept| later.0 == kept.0);
        let mut moves = moves.into_iter().peekable();
        let mut chunks = Vec::with_capacity(self.0.len() + 1);
        for nth in 0..self.0.len().max(1) {
            let old: &[(Key, Key)] = self.0.get(nth).map_or(&[], |chunk| chunk);
            let end = self.0.get(nth + 1).map(|next| &next[0].0);
            let is_here = |(key, _): &Move| end.is_none_or(|end| key < end);
            if let (Some(chunk), false) = (self.0.get(nth), moves.peek().is_some_and(is_here)) {
                chunks.push(Arc::clone(chunk));
                continue;
            }
            let mut merged: Vec<(Key, Key)> = Vec::with_capacity(old.len() + 1);
            let mut old = old.iter().peekable();
            while let Some((item, product)) = moves.next_if(is_here) {
                while let Some(kept) = old.next_if(|(known, _)| *known < item) {
                    merged.push(kept.clone());
                }
                old.next_if(|(known, _)| *known == item);
                merged.extend(product.map(|product| (item, product)));
            }
            merged.extend(old.cloned());
            let parts = merged.len().div_ceil(CHUNK_MAX);
            for part in 0..parts {
                let (from, to) = (part * merged.len() / parts, (part + 1) * merged.len() / parts);
                chunks.push(merged[from..to].into());
            }
        }
        Self(chunks)
    }
}
