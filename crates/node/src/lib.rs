//! One node: configuration, wiring of engine, modules, vault and API, telemetry, lifecycle.
//!
//! ```text
//! API ─▶ mempool ─▶ engine ─▶ application (modules) ─▶ chain index ─▶ waiters, events, metrics
//!  └──▶ vault ─▶ (submits and asks like everybody)
//! ```
//!
//! A newcomer reads [`home`], [`config`], then `node`, which starts everything and stops it again.
//! Several nodes can run in one process, as the demo does.

mod admission;
mod application;
pub mod backup;
mod chain;
pub mod clock;
pub mod config;
mod consent;
pub mod custody;
mod documents;
mod erasures;
mod error;
mod fhir;
mod guests;
pub mod home;
pub mod house;
mod index;
pub mod init;
mod join;
pub mod keys;
mod ledger;
pub mod metrics;
mod node;
mod operator;
pub mod process;
mod proofs;
mod reading;
mod records;
pub mod repair;
mod research;
mod rules;
mod space;
pub mod telemetry;

pub use config::{JournalDurability, NodeConfig};
pub use error::NodeError;
pub use home::Home;
pub use keys::{OrganisationKey, Secrets};
pub use node::{Node, NodeHandle};
