//! Documents of any format as FHIR has them: a `DocumentReference` with the exact bytes inline.
//!
//! So a document is a resource like any other, and whatever reads, grants, exports or erases resources
//! does the same with documents. Nothing here looks into the bytes.

mod error;
mod kind;
mod linked;
mod resource;

#[cfg(test)]
mod tests;

pub use error::DocumentError;
pub use kind::DocumentKind;
pub use linked::linked;

use crate::search::Span;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{borrow::Cow, fmt};

/// Most bytes of a document: with its encoding it fits into one resource.
pub const DOCUMENT_BYTES_MAX: usize = 12_000_000;

/// Most characters of a title, an author, or the name of a file.
const TEXT_CHARS_MAX: usize = 500;
/// Most bytes of a media type.
const MEDIA_TYPE_BYTES_MAX: usize = 255;

/// A document: its exact bytes, and what is said of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What people call it.
    pub title: Option<String>,
    /// The media type, such as `application/pdf`.
    pub media_type: Option<String>,
    /// What kind of document it is.
    pub kind: Option<DocumentKind>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was written: a day or a moment.
    pub date: Option<String>,
    /// The name of its file.
    pub file_name: Option<String>,
    /// From which the salts of commitments about it follow; none for a document that was not made here.
    pub secret: Option<[u8; 32]>,
    /// The exact bytes.
    pub content: Vec<u8>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document([redacted])")
    }
}

impl Document {
    /// Checks the bounds of everything that is given.
    ///
    /// # Errors
    ///
    /// The first that applies: [`DocumentError::Empty`], [`DocumentError::TooLarge`],
    /// [`DocumentError::Metadata`].
    pub fn check(&self) -> Result<(), DocumentError> {
        check_size(self.content.len() as u64)?;
        self.check_said()
    }

    /// Checks the bounds of what is changed of a document; without bytes, these stay.
    ///
    /// # Errors
    ///
    /// The first that applies: [`DocumentError::TooLarge`], [`DocumentError::Metadata`].
    pub fn check_changes(&self) -> Result<(), DocumentError> {
        if self.content.is_empty() { self.check_said() } else { self.check() }
    }

    fn check_said(&self) -> Result<(), DocumentError> {
        let says = |text: Option<&str>, check: fn(&str) -> bool, what| {
            let holds = text.is_none_or(check);
            if holds { Ok(()) } else { Err(DocumentError::Metadata { what }) }
        };
        says(self.title.as_deref(), is_text, "the title is one line of 1 to 500 characters")?;
        says(self.media_type.as_deref(), is_media, "a media type is written as application/pdf")?;
        says(self.author.as_deref(), is_text, "the author is one line of 1 to 500 characters")?;
        says(self.date.as_deref(), is_date, "the date is a day as 2026-11-21, or a moment")?;
        says(self.file_name.as_deref(), is_name, "the file's name has 1 to 500 characters, no path")
    }
}

/// Checks the size of a document in bytes.
///
/// # Errors
///
/// [`DocumentError::Empty`], [`DocumentError::TooLarge`].
pub fn check_size(bytes: u64) -> Result<(), DocumentError> {
    match bytes {
        0 => Err(DocumentError::Empty),
        _ if bytes > DOCUMENT_BYTES_MAX as u64 => {
            Err(DocumentError::TooLarge { bytes, max: DOCUMENT_BYTES_MAX })
        }
        _ => Ok(()),
    }
}

/// The bytes of a document as text.
pub fn to_base64(content: &[u8]) -> String {
    STANDARD.encode(content)
}

/// The bytes of a document that come as text.
///
/// # Errors
///
/// [`DocumentError::Encoding`]: the text is not base 64.
pub fn from_base64(text: &str) -> Result<Vec<u8>, DocumentError> {
    // FHIR lets blanks stand within.
    let text: Cow<'_, str> = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        text.split_ascii_whitespace().collect::<String>().into()
    } else {
        text.into()
    };
    STANDARD.decode(&*text).map_err(|_| DocumentError::Encoding)
}

fn is_text(text: &str) -> bool {
    (1..=TEXT_CHARS_MAX).contains(&text.chars().count())
        && !text.trim().is_empty()
        && !text.chars().any(char::is_control)
}

fn is_name(text: &str) -> bool {
    is_text(text) && !text.contains(['/', '\\'])
}

fn is_media(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    text.len() <= MEDIA_TYPE_BYTES_MAX
        && text.split_once('/').is_some_and(|(major, minor)| token(major) && token(minor))
}

fn is_date(text: &str) -> bool {
    let day = text.split('T').next().unwrap_or_default();
    let moment = text.len() > day.len();
    let zone =
        text.ends_with('Z') || text.get(day.len()..).is_some_and(|time| time.contains(['+', '-']));
    day.len() == 10 && (!moment || zone) && Span::parse(text).is_some()
}
