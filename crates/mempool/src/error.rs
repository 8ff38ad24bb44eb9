//! Why a transaction or a block is refused.

use salus_types::{DecodeError, Height, NetworkId, TransactionHash};
use std::time::Duration;

/// Why a transaction is not admitted. Codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The bytes are not a transaction. Code: `transaction.malformed`.
    #[error("the bytes are not a transaction; build it again with a current client")]
    Malformed {
        /// What was wrong with the bytes.
        #[source]
        source: DecodeError,
    },
    /// It is meant for another network. Code: `transaction.wrong_network`.
    #[error("the transaction is for network {found}, this is {expected}; send it to a node there")]
    WrongNetwork {
        /// The transaction.
        hash: TransactionHash,
        /// This network.
        expected: NetworkId,
        /// The network that it names.
        found: NetworkId,
    },
    /// Its validity has ended. Code: `transaction.expired`.
    #[error(
        "the transaction was valid until height {valid_until} and the ledger is at {height}; \
         sign it again with a later height"
    )]
    Expired {
        /// The transaction.
        hash: TransactionHash,
        /// The last height at which it could be in a block.
        valid_until: Height,
        /// Height of this node.
        height: Height,
    },
    /// Its validity ends too late. Code: `transaction.too_far`.
    #[error(
        "the transaction is valid until height {valid_until}, later than {latest}, the latest \
         that is allowed now; sign it again with an earlier height"
    )]
    TooFar {
        /// The transaction.
        hash: TransactionHash,
        /// The last height at which it could be in a block.
        valid_until: Height,
        /// The latest end of validity that is allowed now.
        latest: Height,
    },
    /// A signature does not verify. Code: `transaction.bad_signature`.
    #[error("signature {index} of the transaction does not verify; sign it again")]
    BadSignature {
        /// The transaction.
        hash: TransactionHash,
        /// Position of the first bad signature, from 0.
        index: usize,
    },
    /// There is no room in its lane. Code: `mempool.full`.
    #[error(
        "too many transactions of this organisation wait; send it again in {} ms",
        retry_after.as_millis()
    )]
    Full {
        /// The transaction.
        hash: TransactionHash,
        /// When there should be room, by the pace of the last blocks.
        retry_after: Duration,
    },
    /// The journal could not be written, so acceptance cannot be promised. The transaction may
    /// still be in a block. Code: `mempool.journal`.
    #[error(
        "the node could not write its journal ({reason}); look at its disk, then send it again"
    )]
    Journal {
        /// The transaction.
        hash: TransactionHash,
        /// What the operating system said.
        reason: String,
    },
}

impl AdmissionError {
    /// Every code that a refusal can have.
    pub const CODES: &'static [&'static str] = &[
        "transaction.malformed",
        "transaction.wrong_network",
        "transaction.expired",
        "transaction.too_far",
        "transaction.bad_signature",
        "mempool.full",
        "mempool.journal",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "transaction.malformed",
            Self::WrongNetwork { .. } => "transaction.wrong_network",
            Self::Expired { .. } => "transaction.expired",
            Self::TooFar { .. } => "transaction.too_far",
            Self::BadSignature { .. } => "transaction.bad_signature",
            Self::Full { .. } => "mempool.full",
            Self::Journal { .. } => "mempool.journal",
        }
    }

    /// The transaction, where its bytes could be decoded.
    pub fn hash(&self) -> Option<TransactionHash> {
        match self {
            Self::Malformed { .. } => None,
            Self::WrongNetwork { hash, .. }
            | Self::Expired { hash, .. }
            | Self::TooFar { hash, .. }
            | Self::BadSignature { hash, .. }
            | Self::Full { hash, .. }
            | Self::Journal { hash, .. } => Some(*hash),
        }
    }

    /// When to try again, for refusals that pass by themselves.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Full { retry_after, .. } => Some(*retry_after),
            Self::Malformed { .. }
            | Self::WrongNetwork { .. }
            | Self::Expired { .. }
            | Self::TooFar { .. }
            | Self::BadSignature { .. }
            | Self::Journal { .. } => None,
        }
    }

    /// Whether no honest peer sends this: it would have refused the transaction itself.
    pub fn is_fault_of_peer(&self) -> bool {
        match self {
            Self::Malformed { .. } | Self::WrongNetwork { .. } | Self::BadSignature { .. } => true,
            Self::Expired { .. }
            | Self::TooFar { .. }
            | Self::Full { .. }
            | Self::Journal { .. } => false,
        }
    }
}

/// Why the transactions of a block make the block invalid. Codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockRefusal {
    /// A body is not a transaction. Code: `block.transaction_malformed`.
    #[error("transaction {index} of the block is not a transaction")]
    Malformed {
        /// Its position, from 0.
        index: usize,
        /// What was wrong with the bytes.
        #[source]
        source: DecodeError,
    },
    /// The block holds one transaction twice. Code: `block.transaction_twice`.
    #[error("transaction {index} of the block, {hash}, stands in it twice")]
    Twice {
        /// The second position, from 0.
        index: usize,
        /// The transaction.
        hash: TransactionHash,
    },
    /// A block below holds the transaction. Code: `block.transaction_replayed`.
    #[error("transaction {index} of the block, {hash}, is in block {height} already")]
    Replayed {
        /// Its position, from 0.
        index: usize,
        /// The transaction.
        hash: TransactionHash,
        /// The block that holds it.
        height: Height,
    },
    /// A transaction is for another network. Code: `block.transaction_wrong_network`.
    #[error("transaction {index} of the block is for network {found}")]
    WrongNetwork {
        /// Its position, from 0.
        index: usize,
        /// The network that it names.
        found: NetworkId,
    },
    /// A transaction's validity ended below. Code: `block.transaction_expired`.
    #[error("transaction {index} of the block was valid until height {valid_until}")]
    Expired {
        /// Its position, from 0.
        index: usize,
        /// The last height at which it could be in a block.
        valid_until: Height,
    },
    /// A transaction's validity ends too late. Code: `block.transaction_too_far`.
    #[error(
        "transaction {index} of the block is valid until height {valid_until}, later than {latest}"
    )]
    TooFar {
        /// Its position, from 0.
        index: usize,
        /// The last height at which it could be in a block.
        valid_until: Height,
        /// The latest end of validity that is allowed at the block's height.
        latest: Height,
    },
    /// A signature does not verify. Code: `block.transaction_bad_signature`.
    #[error("signature {signature} of transaction {index} of the block does not verify")]
    BadSignature {
        /// Position of the transaction, from 0.
        index: usize,
        /// Position of the signature in it, from 0.
        signature: usize,
    },
}

impl BlockRefusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "block.transaction_malformed",
            Self::Twice { .. } => "block.transaction_twice",
            Self::Replayed { .. } => "block.transaction_replayed",
            Self::WrongNetwork { .. } => "block.transaction_wrong_network",
            Self::Expired { .. } => "block.transaction_expired",
            Self::TooFar { .. } => "block.transaction_too_far",
            Self::BadSignature { .. } => "block.transaction_bad_signature",
        }
    }
}
