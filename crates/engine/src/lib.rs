//! The BFT engine behind one small [`Application`] trait; nothing above it names the library.
//!
//! The engine orders opaque transactions among validators, keeps the authenticated state that the
//! application writes, and answers reads and proofs from it. One validator and many are the same
//! code; a node without a vote follows with the same code too.
//!
//! ```text
//! mempool ──propose──▶ block ──votes──▶ certificate ──▶ state applied ──▶ Application::committed
//!                        │                                  │
//!                        └─ Application::execute ───────────┴─▶ reads and proofs (EngineHandle)
//! ```
//!
//! A newcomer reads [`application`], then [`handle`], then `executor`, where blocks are built and
//! checked, and `epochs`, where the set of validators changes. `store` names the types that decide
//! what proofs look like.
//!
//! The library (commonware) is instantiated here only, once for real sockets and, with the feature
//! `sim`, once for a simulated clock, network and disk; so that a change above costs no code
//! generation here.

pub mod application;
pub mod archive;
pub mod block;
mod block_size;
mod checks;
mod commits;
pub mod config;
mod copies;
pub mod damage;
mod engine;
mod epochs;
pub mod error;
mod execute;
mod executor;
mod folder;
mod genesis;
mod gossip;
pub mod handle;
mod history;
mod join;
mod kept;
mod ledger;
pub mod measure;
mod node;
mod pace;
mod peers;
mod roots;
mod rules;
mod schemes;
mod service;
#[cfg(feature = "sim")]
pub mod sim;
mod store;
#[cfg(test)]
mod tests;

pub use application::{Application, BlockContext, CommittedBlock, Executed, LedgerRules, Step};
pub use archive::{ArchiveChecker, ArchiveError, ArchivedBlock, VotesAgain};
pub use block::Block;
pub use config::{EngineConfig, NodeSecret};
pub use engine::Engine;
pub use error::{EngineError, ReadError};
pub use folder::votes_lost;
pub use handle::{
    CertifiedHeaders, EngineHandle, EngineStatus, ReadResult, StateProof, StateProofs,
};
pub use join::JoinPoint;
