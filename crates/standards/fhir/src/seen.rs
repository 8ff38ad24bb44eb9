//! Which names a bundle has shown and which references still wait for theirs, in 16 bytes each.

use crate::Position;
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
};

/// Keys are random, so that nobody can make two names collide.
#[derive(Default)]
pub(crate) struct Seen {
    hashers: (RandomState, RandomState),
    names: HashSet<(u64, u64)>,
    waiting: HashMap<(u64, u64), Position>,
}

impl Seen {
    fn key(&self, text: &str) -> (u64, u64) {
        (self.hashers.0.hash_one(text), self.hashers.1.hash_one(text))
    }

    /// Notes a name of an entry; false if an earlier one had it.
    pub(crate) fn name(&mut self, name: &str) -> bool {
        let key = self.key(name);
        self.waiting.remove(&key);
        self.names.insert(key)
    }

    /// Notes a reference. Only those that start with `urn:` must name an entry of the bundle.
    pub(crate) fn refer(&mut self, reference: &str, at: Position) {
        if !reference.starts_with("urn:") {
            return;
        }
        let key = self.key(reference);
        if !self.names.contains(&key) {
            self.waiting.entry(key).or_insert(at);
        }
    }

    /// The first entry that refers to a name which never came.
    pub(crate) fn first_broken(&self) -> Option<Position> {
        self.waiting.values().copied().min_by_key(|at| at.offset)
    }
}
