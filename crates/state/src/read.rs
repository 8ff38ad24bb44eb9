//! Reading: the traits that modules use, and the set of values known so far.

use crate::StateKey;
use bytes::Bytes;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

/// Read access to the state at one height.
pub trait StateRead {
    /// The value under `key`, or none.
    fn get(&self, key: StateKey) -> Option<Bytes>;
}

/// Read and write access to the state while a transaction runs.
pub trait StateWrite: StateRead {
    /// Puts a value of at most [`crate::VALUE_BYTES_MAX`] bytes.
    fn put(&mut self, key: StateKey, value: Vec<u8>);

    /// Removes a value, if there is one.
    fn delete(&mut self, key: StateKey);
}

/// The values known so far, and the keys that were asked for and are not known.
///
/// Not shared between threads while code runs against it.
#[derive(Debug, Default)]
pub struct ReadSet {
    known: BTreeMap<StateKey, Option<Bytes>>,
    missing: RefCell<BTreeSet<StateKey>>,
}

impl ReadSet {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a key known: its value, or that it has none.
    pub fn insert(&mut self, key: StateKey, value: Option<Bytes>) {
        self.missing.get_mut().remove(&key);
        self.known.insert(key, value);
    }

    /// Whether some key was asked for that is not known.
    pub fn is_missing(&self) -> bool {
        !self.missing.borrow().is_empty()
    }

    /// How many keys are missing; grows while code runs. A caller that executes several
    /// transactions compares it before and after each to see which ones must run again.
    pub fn missing_len(&self) -> usize {
        self.missing.borrow().len()
    }

    /// Takes the missing keys, in order.
    pub fn take_missing(&mut self) -> Vec<StateKey> {
        std::mem::take(self.missing.get_mut()).into_iter().collect()
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

impl StateRead for ReadSet {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        if let Some(value) = self.known.get(&key) {
            value.clone()
        } else {
            self.missing.borrow_mut().insert(key);
            None
        }
    }
}

impl<T: StateRead + ?Sized> StateRead for &T {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        (**self).get(key)
    }
}

/// Answers a question about the state by running `question` until every key that it reads is known.
///
/// `load` returns the values of the given keys, all at one height. At most `rounds_max` runs.
///
/// # Errors
///
/// Whatever `load` fails with; and `None` inside `Ok` when the question was still asking for new
/// keys after `rounds_max` runs.
pub async fn read_until_known<T, E, F>(
    rounds_max: usize,
    mut load: impl FnMut(Vec<StateKey>) -> F,
    question: impl Fn(&ReadSet) -> T,
) -> Result<Option<T>, E>
where
    F: Future<Output = Result<Vec<Option<Bytes>>, E>>,
{
    let mut known = ReadSet::new();
    for _ in 0..rounds_max {
        let answer = question(&known);
        let missing = known.take_missing();
        if missing.is_empty() {
            return Ok(Some(answer));
        }
        let values = load(missing.clone()).await?;
        for (key, value) in missing.into_iter().zip(values) {
            known.insert(key, value);
        }
    }
    Ok(None)
}
