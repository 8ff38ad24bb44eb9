//! The canonical codec: borsh, strict, with a bound on everything of free length.
//!
//! For each value there is one encoding, and [`decode`] accepts no other: no trailing bytes, no
//! over-long lists, no invalid tags. Encodings are pinned by golden files; see `docs/spec/codec.md`.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{
    fmt,
    io::{self, Error, ErrorKind, Read, Write},
    ops::Deref,
};

/// Why bytes are not a value. Code: `codec.invalid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not in canonical form: {reason}")]
pub struct DecodeError {
    /// What was being read, such as `transaction`.
    pub what: &'static str,
    /// What was wrong, for people.
    pub reason: String,
}

impl DecodeError {
    /// The stable code of this refusal.
    pub const CODE: &'static str = "codec.invalid";
}

/// Encodes a value into its canonical bytes.
///
/// # Panics
///
/// Never for the types of this crate: writing to memory cannot fail and every length fits 32 bits.
pub fn encode(value: &impl BorshSerialize) -> Vec<u8> {
    borsh::to_vec(value).expect("writing to memory does not fail")
}

/// Decodes a value from exactly these bytes; `what` names it in the error.
///
/// # Errors
///
/// [`DecodeError`]: the bytes are short, long, over a bound, or hold an invalid tag.
pub fn decode<T: BorshDeserialize>(what: &'static str, bytes: &[u8]) -> Result<T, DecodeError> {
    T::try_from_slice(bytes).map_err(|error| DecodeError { what, reason: error.to_string() })
}

/// Bytes that are read in one go, as most values are.
const AT_ONCE: usize = 4096;

fn read_length(reader: &mut impl Read, max: usize) -> io::Result<usize> {
    let length = u32::deserialize_reader(reader)? as usize;
    if length > max {
        return Err(Error::new(
            ErrorKind::InvalidData,
            format!("length {length} is above the maximum {max}"),
        ));
    }
    Ok(length)
}

fn over(what: &str, len: usize, max: usize) -> String {
    format!("{what} is {len} long, at most {max} is allowed")
}

/// Bytes of free length, at most `N`. JSON: lower-case hexadecimal.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BytesMax<const N: usize>(Vec<u8>);

impl<const N: usize> BytesMax<N> {
    /// Takes bytes that are within the bound.
    ///
    /// # Errors
    ///
    /// The length is above `N`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, DecodeError> {
        let bytes = bytes.into();
        if bytes.len() > N {
            return Err(DecodeError { what: "bytes", reason: over("value", bytes.len(), N) });
        }
        Ok(Self(bytes))
    }

    /// The bytes themselves.
    pub fn into_inner(self) -> Vec<u8> {
        self.0
    }
}

impl<const N: usize> Deref for BytesMax<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for BytesMax<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const N: usize> BorshSerialize for BytesMax<N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<const N: usize> BorshDeserialize for BytesMax<N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let length = read_length(reader, N)?;
        // Grown as bytes arrive, so that a length alone cannot make us allocate.
        let at_once = length.min(AT_ONCE);
        let short = || Error::new(ErrorKind::UnexpectedEof, "fewer bytes than their length says");
        let mut bytes = vec![0; at_once];
        reader.read_exact(&mut bytes).map_err(|_| short())?;
        let rest = length - at_once;
        if rest > 0 && reader.take(rest as u64).read_to_end(&mut bytes)? != rest {
            return Err(short());
        }
        Ok(Self(bytes))
    }
}

impl<const N: usize> Serialize for BytesMax<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for BytesMax<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        let bytes = hex::decode(&text).map_err(D::Error::custom)?;
        Self::new(bytes).map_err(D::Error::custom)
    }
}

/// UTF-8 text, at most `N` bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextMax<const N: usize>(String);

impl<const N: usize> TextMax<N> {
    /// Takes text that is within the bound.
    ///
    /// # Errors
    ///
    /// The length in bytes is above `N`.
    pub fn new(text: impl Into<String>) -> Result<Self, DecodeError> {
        let text = text.into();
        if text.len() > N {
            return Err(DecodeError { what: "text", reason: over("value", text.len(), N) });
        }
        Ok(Self(text))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Deref for TextMax<N> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for TextMax<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const N: usize> fmt::Display for TextMax<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> BorshSerialize for TextMax<N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<const N: usize> BorshDeserialize for TextMax<N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let bytes = BytesMax::<N>::deserialize_reader(reader)?.into_inner();
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "text is not UTF-8"))?;
        Ok(Self(text))
    }
}

impl<const N: usize> Serialize for TextMax<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for TextMax<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        Self::new(text).map_err(D::Error::custom)
    }
}

/// A list of at most `N` items.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VecMax<T, const N: usize>(Vec<T>);

impl<T, const N: usize> Default for VecMax<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const N: usize> VecMax<T, N> {
    /// Takes a list that is within the bound.
    ///
    /// # Errors
    ///
    /// The list has more than `N` items.
    pub fn new(items: Vec<T>) -> Result<Self, DecodeError> {
        if items.len() > N {
            return Err(DecodeError { what: "list", reason: over("value", items.len(), N) });
        }
        Ok(Self(items))
    }

    /// The list itself.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T, const N: usize> Deref for VecMax<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a VecMax<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: BorshSerialize, const N: usize> BorshSerialize for VecMax<T, N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<T: BorshDeserialize, const N: usize> BorshDeserialize for VecMax<T, N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let length = read_length(reader, N)?;
        let mut items = Vec::with_capacity(length.min(64));
        for _ in 0..length {
            items.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(items))
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for VecMax<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items: Vec<T> = Deserialize::deserialize(deserializer)?;
        Self::new(items).map_err(D::Error::custom)
    }
}

/// Declares a public newtype over `[u8; N]` that is hexadecimal in text and JSON, raw in the codec.
macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name(pub [u8; $size]);

        impl $name {
            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), hex::encode(self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::codec::DecodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; $size];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| {
                    $crate::codec::DecodeError {
                        what: stringify!($name),
                        reason: format!("expected {} hexadecimal digits", 2 * $size),
                    }
                })?;
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: std::borrow::Cow<'de, str> = serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use hex_bytes;
