//! Things by id, in the order they were made.

use std::collections::BTreeMap;

pub(super) struct Shelf<T> {
    things: Vec<T>,
    places: BTreeMap<String, usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: Vec::new(), places: BTreeMap::new() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.places.get(id).map(|place| &self.things[*place])
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.places.get(id).map(|place| &mut self.things[*place])
    }

    /// Puts a thing in the place of the one with its id, or behind all others if there is none;
    /// answers whether it is new.
    pub(super) fn put(&mut self, id: &str, thing: T) -> bool {
        if let Some(known) = self.get_mut(id) {
            *known = thing;
            return false;
        }
        self.places.insert(id.to_owned(), self.things.len());
        self.things.push(thing);
        true
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.things.iter()
    }
}
