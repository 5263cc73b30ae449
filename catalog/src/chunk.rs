//! Neighboring groups, some dozens together: a change copies the lists of the chunks it is in, and
//! shares all others. Nobody has to look at every group to change one.

use std::sync::Arc;

use crate::{group::Group, key::Key};

/// Most groups of a chunk.
pub(crate) const GROUPS_MAX: usize = 64;

/// Groups in order, at least one.
pub(crate) struct Chunk {
    groups: Vec<Arc<Group>>,
    products: usize,
}

impl Chunk {
    /// The groups in as few chunks as hold them.
    pub(crate) fn of_all(groups: &[Arc<Group>]) -> impl Iterator<Item = Arc<Self>> {
        let chunks = groups.len().div_ceil(GROUPS_MAX);
        (0..chunks).map(move |nth| {
            let (from, to) = (nth * groups.len() / chunks, (nth + 1) * groups.len() / chunks);
            let groups = groups[from..to].to_vec();
            let products = groups.iter().map(|group| group.len()).sum();
            Arc::new(Self { groups, products })
        })
    }

    pub(crate) fn groups(&self) -> &[Arc<Group>] {
        &self.groups
    }

    /// How many products it has.
    pub(crate) const fn len(&self) -> usize {
        self.products
    }

    /// The first product's id.
    pub(crate) fn first(&self) -> &Key {
        self.groups[0].first()
    }

    /// The group that has the product, if any has.
    pub(crate) fn find(&self, key: &Key) -> Option<&Arc<Group>> {
        let after = self.groups.partition_point(|group| group.first() <= key);
        self.groups.get(after.checked_sub(1)?)
    }
}
