//! Writing: changes on top of what is read, kept or dropped as one.

use crate::{StateKey, StateRead, StateWrite, VALUE_BYTES_MAX};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Changes by key, in the order of the keys: a new value, or none for a removal.
pub type Writes = BTreeMap<StateKey, Option<Bytes>>;

/// A base that is read, and changes on top of it.
#[derive(Debug)]
pub struct Overlay<'a, B: StateRead + ?Sized> {
    base: &'a B,
    writes: Writes,
}

impl<'a, B: StateRead + ?Sized> Overlay<'a, B> {
    /// No changes yet.
    pub fn new(base: &'a B) -> Self {
        Self { base, writes: Writes::new() }
    }

    /// The changes.
    pub fn into_writes(self) -> Writes {
        self.writes
    }

    /// Adds the changes of an overlay that was stacked on this one.
    pub fn absorb(&mut self, writes: Writes) {
        self.writes.extend(writes);
    }
}

impl<B: StateRead + ?Sized> StateRead for Overlay<'_, B> {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        match self.writes.get(&key) {
            Some(value) => value.clone(),
            None => self.base.get(key),
        }
    }
}

impl<B: StateRead + ?Sized> StateWrite for Overlay<'_, B> {
    fn put(&mut self, key: StateKey, value: Vec<u8>) {
        assert!(value.len() <= VALUE_BYTES_MAX, "modules bound what they write");
        self.writes.insert(key, Some(value.into()));
    }

    fn delete(&mut self, key: StateKey) {
        self.writes.insert(key, None);
    }
}
