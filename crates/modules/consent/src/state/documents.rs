//! Documents, their notarised versions and their signers.

use super::List;
use crate::DocumentId;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash, Height};
use serde::{Deserialize, Serialize};

/// A document.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Who notarises its versions.
    pub owner: AccountId,
    /// The latest version, from 1.
    pub version: u32,
    /// The document whose place it takes, if one.
    pub supersedes: Option<DocumentId>,
    /// The document that took its place, if one did.
    pub superseded_by: Option<DocumentId>,
    /// Its position in the owner's list, from 0.
    pub number: u64,
}

/// A version of a document.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct DocumentVersion {
    /// Hash of its exact bytes, salted or not as its owner chose.
    pub commitment: Hash,
    /// Salted hash of what kind of document it is.
    pub kind_commitment: Hash,
    /// Height of the block that notarised it.
    pub notarised_height: Height,
    /// Time of that block.
    pub notarised_at: BlockTime,
    /// How many signed it.
    pub signatures: u32,
}

/// A signature of a version.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct DocumentSignature {
    /// Who signed.
    pub signer: AccountId,
    /// Salted hash of as what: author, witness, attesting physician.
    pub role_commitment: Hash,
    /// Time of the block that took it.
    pub signed_at: BlockTime,
}

/// Where a commitment was notarised first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Notarised {
    /// The document.
    pub document: DocumentId,
    /// The version, from 1.
    pub version: u32,
}

/// `consent/document/<document>`
pub fn document_path(document: DocumentId) -> KeyPath {
    KeyPath::new("consent/document").id(document)
}

/// `consent/document-version/<document>/<version>`
pub fn document_version_path(document: DocumentId, version: u32) -> KeyPath {
    KeyPath::new("consent/document-version").id(document).number(u64::from(version))
}

/// `consent/document-signature/<document>/<version>/<number>`
pub fn document_signature_path(document: DocumentId, version: u32, number: u32) -> KeyPath {
    let version = u64::from(version);
    KeyPath::new("consent/document-signature").id(document).number(version).number(number.into())
}

/// `consent/document-signer/<document>/<version>/<signer>`: the number of its signature.
pub fn document_signer_path(document: DocumentId, version: u32, signer: AccountId) -> KeyPath {
    let version = u64::from(version);
    KeyPath::new("consent/document-signer").id(document).number(version).id(signer)
}

/// `consent/notarised/<commitment>`
pub fn notarised_path(commitment: Hash) -> KeyPath {
    KeyPath::new("consent/notarised").id(commitment)
}

pub(crate) fn document(state: &dyn StateRead, id: DocumentId) -> Option<Document> {
    get(state, document_path(id).key())
}

pub(crate) fn put_document(state: &mut dyn StateWrite, id: DocumentId, document: &Document) {
    put(state, document_path(id).key(), document);
}

/// Adds a new document at the end of its owner's list.
pub(crate) fn list_document(state: &mut dyn StateWrite, id: DocumentId, document: &Document) {
    List::Documents.push(state, document.owner, document.number, &id);
}

pub(crate) fn document_version(
    state: &dyn StateRead,
    id: DocumentId,
    version: u32,
) -> Option<DocumentVersion> {
    get(state, document_version_path(id, version).key())
}

pub(crate) fn put_document_version(
    state: &mut dyn StateWrite,
    id: DocumentId,
    version: u32,
    stored: &DocumentVersion,
) {
    put(state, document_version_path(id, version).key(), stored);
}

pub(crate) fn document_signature(
    state: &dyn StateRead,
    id: DocumentId,
    version: u32,
    number: u32,
) -> Option<DocumentSignature> {
    get(state, document_signature_path(id, version, number).key())
}

pub(crate) fn document_signer(
    state: &dyn StateRead,
    id: DocumentId,
    version: u32,
    signer: AccountId,
) -> Option<u32> {
    get(state, document_signer_path(id, version, signer).key())
}

pub(crate) fn put_document_signature(
    state: &mut dyn StateWrite,
    id: DocumentId,
    version: u32,
    number: u32,
    signature: &DocumentSignature,
) {
    put(state, document_signature_path(id, version, number).key(), signature);
    put(state, document_signer_path(id, version, signature.signer).key(), &number);
}

pub(crate) fn notarised(state: &dyn StateRead, commitment: Hash) -> Option<Notarised> {
    get(state, notarised_path(commitment).key())
}

pub(crate) fn put_notarised(state: &mut dyn StateWrite, commitment: Hash, first: &Notarised) {
    put(state, notarised_path(commitment).key(), first);
}
