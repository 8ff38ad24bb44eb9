//! What the store keeps under a key: the value, since when it stands, and a link to what stood
//! there before.
//!
//! The root of the state proves the newest entry of a key. Each entry holds the hash of the one
//! that it replaced, so whoever has the replaced entries can show a stranger what stood at an
//! earlier height, under the newest root:
//!
//! ```text
//! root ── since 90, value C ── since 40, value B ── since 12, value A ── nothing
//!         what stood at 90 and later    at 40..89           at 12..39     below 12
//! ```
//!
//! ```text
//! since, 8 bytes big-endian || hash of the entry before, 32 bytes || 00, or 01 and the value
//! ```

use crate::VALUE_BYTES_MAX;
use bytes::Bytes;
use salus_types::{Hash, Height, hash_parts};

const SINCE_BYTES: usize = 8;
const PREFIX_BYTES: usize = SINCE_BYTES + 32 + 1;

/// Most bytes of an entry.
pub const ENTRY_BYTES_MAX: usize = PREFIX_BYTES + VALUE_BYTES_MAX;

/// An entry of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The block that wrote it.
    pub since: Height,
    /// The link of the entry that it replaced; all zero when the key was never written before.
    pub previous: Hash,
    /// The value; none when the block removed it.
    pub value: Option<Bytes>,
}

impl Entry {
    /// The entry that replaces `before` in the block at `since`.
    pub fn replacing(before: Option<&[u8]>, since: Height, value: Option<Bytes>) -> Self {
        Self { since, previous: before.map_or(Hash::ZERO, Self::link), value }
    }

    /// What an entry that replaces this one holds of it.
    pub fn link(encoded: &[u8]) -> Hash {
        hash_parts(&[b"salus/entry/1/", encoded])
    }

    /// Its bytes in the store.
    pub fn encode(&self) -> Vec<u8> {
        let value = self.value.as_deref();
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + value.map_or(0, <[u8]>::len));
        bytes.extend_from_slice(&self.since.0.to_be_bytes());
        bytes.extend_from_slice(&self.previous.0);
        bytes.push(u8::from(value.is_some()));
        bytes.extend_from_slice(value.unwrap_or_default());
        bytes
    }

    /// Reads an entry; none when the bytes are not one. The value shares their memory.
    pub fn decode(encoded: &Bytes) -> Option<Self> {
        let (since, rest) = encoded.split_first_chunk::<SINCE_BYTES>()?;
        let (previous, rest) = rest.split_first_chunk::<32>()?;
        let value = match rest.split_first()? {
            (0, []) => None,
            (1, value) if value.len() <= VALUE_BYTES_MAX => Some(encoded.slice(PREFIX_BYTES..)),
            _ => return None,
        };
        let since = Height(u64::from_be_bytes(*since));
        Some(Self { since, previous: Hash(*previous), value })
    }
}

/// What stood at `height`, by the newest entry of a key and those that it replaced, newest first.
///
/// An outer none: they do not show it. They are not entries, a link is broken, one is missing, or
/// there is one too many. No entries at all show that nothing ever stood there.
pub fn stood_at(height: Height, entries: &[Bytes]) -> Option<Option<Entry>> {
    let Some((newest, replaced)) = entries.split_first() else { return Some(None) };
    let mut entry = Entry::decode(newest)?;
    for before in replaced {
        if entry.since <= height || entry.previous != Entry::link(before) {
            return None;
        }
        let older = Entry::decode(before)?;
        if older.since >= entry.since {
            return None;
        }
        entry = older;
    }
    match entry {
        entry if entry.since <= height => Some(Some(entry)),
        first if first.previous == Hash::ZERO => Some(None),
        _ => None,
    }
}
