//! Encrypted health records off the ledger: sealing, import, reading as consent allows, access accounts.
//!
//! A bundle comes in, is cut into records, each is sealed under a key of its own and stored, and a
//! commitment to it is anchored on the ledger. A record goes out only after an account of the read is
//! final on the ledger, and only if it is what was anchored.
//!
//! A newcomer reads [`port`] (what is needed of the ledger), [`scope`], then `import` and `read`.
//! Ids, purposes and leaves of accounts are those of `salus-consent`.

pub mod accounted;
pub mod actor;
pub mod admission;
pub mod custodial;
pub mod erasure;
pub mod notary;
pub mod port;
pub mod remote;
pub mod research;
pub mod scope;
pub mod sealed;

#[cfg(any(test, feature = "test-support"))]
pub mod testing;

pub mod backup;

mod access_log;
mod accounts;
mod asking;
mod audit;
mod documents;
mod epochs;
mod error;
mod fhir;
mod import;
mod index;
mod keys;
mod packs;
mod read;
mod refusals;
mod replay;
pub mod rules;
mod scopes;
mod vault;

#[cfg(test)]
mod tests;

pub use access_log::{AccessEntry, AccessLog, AccessProof};
pub use audit::event::untold_event;
pub use error::{Result, VaultError};
pub use import::{ImportOptions, ImportReport, KnownPatient, ResumeReport};
pub use index::records::{LIST_MAX, PatientSummary, RecordFilter, RecordSummary, VersionSummary};
pub use port::{
    AnchoredVersion, AssistedPatient, At, ConsentLedger, LedgerError, OrganisationView, Tip,
};
pub use replay::FRESH_MS;
pub use salus_consent::{AccessKind, AccessLeaf, Basis, GrantId, PurposeOfUse, RecordId, ScopeOf};
pub use scope::{RecordFacts, Scope, ScopeOpening};
pub use vault::{Vault, VaultConfig};
