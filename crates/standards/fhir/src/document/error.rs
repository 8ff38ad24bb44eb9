//! Why something is no document.

/// Why something is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// There are no bytes. Code: `document.empty`.
    #[error("the document is empty; send its bytes")]
    Empty,
    /// There are too many bytes. Code: `document.too_large`.
    #[error(
        "the document has {bytes} bytes, at most {max} are kept as one; divide it, or keep it elsewhere \
         and notarise it"
    )]
    TooLarge {
        /// How many there are.
        bytes: u64,
        /// How many are kept.
        max: usize,
    },
    /// Something that is said of it is not said as it should be. Code: `document.metadata`.
    #[error("what is said of the document is not understood: {what}")]
    Metadata {
        /// How it should be said.
        what: &'static str,
    },
    /// The bytes are not encoded as they should be. Code: `document.encoding`.
    #[error("the bytes of the document are not base 64")]
    Encoding,
    /// The record is no document, or has no bytes in it. Code: `document.not_one`.
    #[error("the record is no DocumentReference with the bytes of a document in it")]
    NotOne,
}

impl DocumentError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "document.empty",
            Self::TooLarge { .. } => "document.too_large",
            Self::Metadata { .. } => "document.metadata",
            Self::Encoding => "document.encoding",
            Self::NotOne => "document.not_one",
        }
    }
}
