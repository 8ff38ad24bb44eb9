//! Signing a document.

use crate::{
    ConsentError, ConsentEvent, DocumentId,
    state::{self, DocumentSignature},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::Hash;
use serde::{Deserialize, Serialize};

/// Signs a notarised version of a document, in a role that only its commitment shows. Several may sign
/// one version, each once.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignDocument {
    /// The document.
    pub document: DocumentId,
    /// The version, from 1.
    pub version: u32,
    /// Salted hash of as what the sender signs.
    pub role_commitment: Hash,
}

impl SignDocument {
    /// Signs the version.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownDocument`]: there is no such version.
    /// 2. [`ConsentError::AlreadySigned`]: the sender signed it before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { document, version, role_commitment } = *self;
        let signer = ctx.sender();
        let mut stored = state::document_version(ctx.state(), document, version)
            .ok_or(ConsentError::UnknownDocument { document })?;
        if state::document_signer(ctx.state(), document, version, signer).is_some() {
            return Err(ConsentError::AlreadySigned { document });
        }

        let signature = DocumentSignature { signer, role_commitment, signed_at: ctx.time() };
        let number = stored.signatures;
        stored.signatures = number.saturating_add(1);
        state::put_document_version(ctx.state(), document, version, &stored);
        state::put_document_signature(ctx.state(), document, version, number, &signature);
        ctx.emit(&ConsentEvent::DocumentSigned { document, version, signer });
        Ok(())
    }
}
