//! Offline verification of exported proofs: no network, no files, no clock.
//!
//! A proof is one file that says what stood in the ledger, and why a stranger should believe it. All
//! that the stranger needs besides is the network file, the public identity of the network.
//!
//! ```text
//! network file ── validators of epoch 0
//!                    │ step: header, certificate, next validators      (one for each change)
//!                    ▼
//!                 validators of the epoch
//!                    │ certificate: more than two thirds signed
//!                    ▼
//!                 certified header ── parent ── … ── header of the claims
//!                                                      │ state root, or transactions and receipts root
//!                                                      ▼
//!                                                   claims
//! ```
//!
//! [`verify`] checks all of it, from top to bottom, and says what was proved or which check failed.
//! [`ProofFile`] is what a node fills in and writes. The format is described in
//! `docs/spec/proof.md`.

mod anchor;
mod certificate;
mod error;
mod file;
mod state;
mod verify;

pub use anchor::{Anchor, Anchored};
pub use error::ProofError;
pub use file::{
    Claim, ENTRIES_MAX, EpochStep, FILE_BYTES_MAX, FORMAT_VERSION, MAGIC, PATH_BYTES_MAX,
    ProofFile, StateValue, TransactionClaim, Validator,
};
pub use state::state_holds;
pub use verify::{Proved, Verified, verify};
