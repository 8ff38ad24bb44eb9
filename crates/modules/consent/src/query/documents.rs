//! Documents, and since when they exist.

use super::{PAGE_MAX, Page, page};
use crate::{
    DocumentId,
    state::{self, Document, DocumentSignature, DocumentVersion, List},
};
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime, Hash, Height};
use serde::{Deserialize, Serialize};

/// A document as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentView {
    /// The document.
    pub document: DocumentId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Document,
}

/// A version of a document as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentVersionView {
    /// The document.
    pub document: DocumentId,
    /// The version, from 1.
    pub version: u32,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: DocumentVersion,
    /// Who signed it: the first [`PAGE_MAX`].
    pub signed: Vec<DocumentSignature>,
}

/// Since when bytes with a commitment exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existence {
    /// The document.
    pub document: DocumentId,
    /// The version, from 1.
    pub version: u32,
    /// Who notarised it.
    pub owner: AccountId,
    /// Height of the block that did.
    pub height: Height,
    /// Time of that block.
    pub time: BlockTime,
}

/// The document.
pub fn document(state: &dyn StateRead, document: DocumentId) -> Option<DocumentView> {
    state::document(state, document).map(|stored| DocumentView { document, stored })
}

/// One version of a document, from 1, with its signers.
pub fn document_version(
    state: &dyn StateRead,
    document: DocumentId,
    version: u32,
) -> Option<DocumentVersionView> {
    let stored = state::document_version(state, document, version)?;
    let signed = (0..stored.signatures.min(PAGE_MAX))
        .filter_map(|number| state::document_signature(state, document, version, number))
        .collect();
    Some(DocumentVersionView { document, version, stored, signed })
}

/// Documents of an owner in the order in which they were first notarised.
pub fn documents_of(
    state: &dyn StateRead,
    owner: AccountId,
    from: u64,
    limit: u32,
) -> Page<DocumentView> {
    page(List::Documents.count(state, owner), from, limit, |number| {
        document(state, List::Documents.at(state, owner, number)?)
    })
}

/// Since when bytes with this commitment exist, if they were notarised.
pub fn existed_since(state: &dyn StateRead, commitment: Hash) -> Option<Existence> {
    let first = state::notarised(state, commitment)?;
    let document = state::document(state, first.document)?;
    let version = state::document_version(state, first.document, first.version)?;
    Some(Existence {
        document: first.document,
        version: first.version,
        owner: document.owner,
        height: version.notarised_height,
        time: version.notarised_at,
    })
}
