//! Notarising a document.

use crate::{
    ConsentError, ConsentEvent, DocumentId,
    state::{self, Document, DocumentVersion, List, Notarised},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::Hash;
use serde::{Deserialize, Serialize};

/// Notarises a version of a document: these bytes existed, unchanged, since this block.
///
/// The bytes stay with their owner, as a record of the vault or anywhere. A plain hash lets whoever has
/// them find the notarisation by itself; a salted one says nothing without the salt. Personal documents
/// get a salted one.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotariseDocument {
    /// The document: random, the same for all versions.
    pub document: DocumentId,
    /// The version: 1 for a new document, else one more than the latest.
    pub version: u32,
    /// Hash of the exact bytes, salted or not.
    pub commitment: Hash,
    /// Salted hash of what kind of document it is.
    pub kind_commitment: Hash,
    /// Another document of the sender whose place this one takes, if one.
    pub supersedes: Option<DocumentId>,
}

impl NotariseDocument {
    /// Notarises the version.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotOwner`]: another account notarised the document.
    /// 2. [`ConsentError::WrongVersion`]: the version is not the next one.
    /// 3. Of the document whose place it takes: [`ConsentError::SupersedesItself`],
    ///    [`ConsentError::UnknownDocument`], [`ConsentError::NotOwner`],
    ///    [`ConsentError::AlreadySuperseded`].
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { document, version, commitment, .. } = *self;
        let owner = ctx.sender();
        let before = state::document(ctx.state(), document);
        if before.is_some_and(|before| before.owner != owner) {
            return Err(ConsentError::NotOwner { document });
        }
        let expected = before.map_or(1, |before| before.version.saturating_add(1));
        if version != expected {
            return Err(ConsentError::WrongVersion { expected, found: version });
        }
        let replaced = match self.supersedes {
            Some(other) => Some((other, self.check_superseded(ctx, other)?)),
            None => None,
        };

        let stored = Document {
            owner,
            version,
            supersedes: self.supersedes.or(before.and_then(|before| before.supersedes)),
            superseded_by: before.and_then(|before| before.superseded_by),
            number: before
                .map_or_else(|| List::Documents.count(ctx.state(), owner), |before| before.number),
        };
        let notarised = DocumentVersion {
            commitment,
            kind_commitment: self.kind_commitment,
            notarised_height: ctx.height(),
            notarised_at: ctx.time(),
            signatures: 0,
        };
        state::put_document(ctx.state(), document, &stored);
        state::put_document_version(ctx.state(), document, version, &notarised);
        if before.is_none() {
            state::list_document(ctx.state(), document, &stored);
        }
        if let Some((other, mut replaced)) = replaced {
            replaced.superseded_by = Some(document);
            state::put_document(ctx.state(), other, &replaced);
        }
        if state::notarised(ctx.state(), commitment).is_none() {
            state::put_notarised(ctx.state(), commitment, &Notarised { document, version });
        }
        ctx.emit(&ConsentEvent::DocumentNotarised {
            document,
            version,
            owner,
            commitment,
            supersedes: self.supersedes,
        });
        Ok(())
    }

    fn check_superseded(
        &self,
        ctx: &mut Context<'_>,
        other: DocumentId,
    ) -> Result<Document, ConsentError> {
        if other == self.document {
            return Err(ConsentError::SupersedesItself);
        }
        let found = state::document(ctx.state(), other)
            .ok_or(ConsentError::UnknownDocument { document: other })?;
        if found.owner != ctx.sender() {
            return Err(ConsentError::NotOwner { document: other });
        }
        match found.superseded_by {
            Some(_) => Err(ConsentError::AlreadySuperseded { document: other }),
            None => Ok(found),
        }
    }
}
