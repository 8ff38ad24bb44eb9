//! Plain data of the ledger: ids, times, transactions, blocks, receipts, and their one canonical
//! encoding.
//!
//! Everything that is hashed or signed is encoded with [`codec`], which has exactly one byte string
//! for each value and refuses anything longer than its bound. JSON (through `serde`) is for people
//! and for the API; it is never hashed.
//!
//! A newcomer reads [`transaction`], then [`block`], then [`receipt`].

pub mod account;
pub mod block;
pub mod codec;
pub mod hash;
pub mod id;
pub mod key;
pub mod network;
pub mod receipt;
pub mod time;
pub mod transaction;
pub mod validators;

#[cfg(test)]
mod tests;

pub use account::{AccountKind, KeyPurpose, OrganisationFunction, OrganisationRole};
pub use block::{BlockHeader, StoreTarget};
pub use codec::{BytesMax, DecodeError, TextMax, VecMax, decode, encode};
pub use hash::{Hash, hash, hash_parts};
pub use id::{AccountId, NetworkId, NodeKey, Salt, TransactionHash};
pub use key::{PublicKey, Signature, SignatureAlgorithm};
pub use network::{GenesisMember, LedgerParameters, NetworkFile};
pub use receipt::{ErrorCode, Event, Outcome, Receipt};
pub use time::{BlockTime, Height};
pub use transaction::{
    Call, ModuleId, Transaction, TransactionBody, TransactionSignature, UnsignedTransaction,
};
pub use validators::{NodeRecord, ValidatorSet};
