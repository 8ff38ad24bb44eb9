//! Keys: readable paths, hashed for the store.

use salus_types::{Hash, hash_parts};
use std::fmt;

/// The key of the store: SHA-256 of a path. Proofs are about these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey(pub Hash);

impl StateKey {
    /// The key of a path that is already spelled, such as one in a proof.
    pub fn of_path(path: &[u8]) -> Self {
        Self(hash_parts(&[b"salus/state/1/", path]))
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateKey({})", self.0)
    }
}

/// A path being spelled, such as `consent/grant/<id>`.
///
/// Parts are separated by `/`; ids are raw bytes of fixed width, numbers are eight bytes
/// big-endian. A module's `state.rs` is the only place that spells its paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(Vec<u8>);

impl KeyPath {
    /// Starts with the name of a module and of a kind of record, such as `consent/grant`.
    pub fn new(prefix: &'static str) -> Self {
        Self(prefix.as_bytes().to_vec())
    }

    /// Adds an id of fixed width.
    #[must_use]
    pub fn id(mut self, id: impl AsRef<[u8]>) -> Self {
        self.0.push(b'/');
        self.0.extend_from_slice(id.as_ref());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, number: u64) -> Self {
        self.id(number.to_be_bytes())
    }

    /// Adds text of free length; only as the last part.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.id(text.as_bytes())
    }

    /// The path's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key of the store.
    pub fn key(&self) -> StateKey {
        StateKey::of_path(&self.0)
    }
}
