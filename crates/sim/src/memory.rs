//! A state in memory.

use bytes::Bytes;
use salus_state::{ReadSet, StateKey, StateRead, Writes};
use std::collections::BTreeMap;

/// A state that is all in memory, and so knows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<StateKey, Bytes>);

impl Memory {
    /// Makes changes.
    pub fn apply(&mut self, writes: Writes) {
        for (key, value) in writes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }

    /// Runs code until every key that it asks for is known.
    pub fn run<T>(&self, known: &mut ReadSet, code: impl Fn(&ReadSet) -> T) -> T {
        loop {
            let answer = code(known);
            let missing = known.take_missing();
            if missing.is_empty() {
                return answer;
            }
            for key in missing {
                known.insert(key, self.get(key));
            }
        }
    }

    /// The first key from this one on that has a value, with its value.
    pub fn at_or_after(&self, key: StateKey) -> Option<(StateKey, &Bytes)> {
        self.0.range(key..).next().map(|(key, value)| (*key, value))
    }

    /// How many keys have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StateRead for Memory {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        self.0.get(&key).cloned()
    }
}
