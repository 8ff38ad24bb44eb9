//! A set of key purposes, one byte.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::KeyPurpose;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, io};

/// What a key may be used for: one or more purposes. JSON: a list such as `["act", "vote"]`.
///
/// In the codec one byte: bit `n` stands for purpose `n` of [`KeyPurpose::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct KeyPurposes(u8);

impl KeyPurposes {
    /// Every purpose: what the first key of an account gets.
    pub const ALL: Self = Self(0b1111);

    /// A set of the given purposes; `None` when there is none.
    pub fn new(purposes: &[KeyPurpose]) -> Option<Self> {
        let bits = purposes.iter().fold(0, |bits, purpose| bits | bit(*purpose));
        (bits != 0).then_some(Self(bits))
    }

    /// Whether `purpose` is in the set.
    pub fn contains(self, purpose: KeyPurpose) -> bool {
        self.0 & bit(purpose) != 0
    }

    /// The purposes, in order.
    pub fn iter(self) -> impl Iterator<Item = KeyPurpose> {
        KeyPurpose::ALL.iter().copied().filter(move |purpose| self.contains(*purpose))
    }
}

fn bit(purpose: KeyPurpose) -> u8 {
    match purpose {
        KeyPurpose::Manage => 1,
        KeyPurpose::Act => 2,
        KeyPurpose::Vote => 4,
        KeyPurpose::Attest => 8,
    }
}

impl fmt::Debug for KeyPurposes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl BorshDeserialize for KeyPurposes {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let bits = u8::deserialize_reader(reader)?;
        if bits == 0 || bits > Self::ALL.0 {
            let text = format!("{bits} is not a set of key purposes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(Self(bits))
    }
}

impl Serialize for KeyPurposes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for KeyPurposes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let purposes: Vec<KeyPurpose> = Deserialize::deserialize(deserializer)?;
        Self::new(&purposes).ok_or_else(|| D::Error::custom("a key needs at least one purpose"))
    }
}
