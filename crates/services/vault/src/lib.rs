//! Encrypted health records off the ledger: sealing, import, reading through grants, access accounts.
//!
//! A bundle comes in, is cut into records, each is sealed under a key of its own and stored, and a
//! commitment to it is anchored on the ledger. A record goes out only after an account of the read is
//! final on the ledger, and only if it is what was anchored.
//!
//! A newcomer reads [`port`] (what is needed of the ledger), [`scope`], then `import` and `read`.

pub mod id;
pub mod leaf;
pub mod port;
pub mod remote;
pub mod scope;
pub mod sealed;

mod error;
mod purpose;

pub use error::{Result, VaultError};
pub use id::{GrantId, RecordId};
pub use leaf::{AccessLeaf, AccessOutcome};
pub use port::{
    AccessAccount, AccessBatchView, AnchorView, At, ConsentLedger, GrantView, LedgerError,
    OrganisationView, PatientEnrolment, RecordAnchor, Tip,
};
pub use purpose::Purpose;
pub use scope::{RecordFacts, Scope, ScopeOpening};
