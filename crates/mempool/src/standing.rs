//! Where a transaction stands, and what callers are told about it.

use salus_types::{Height, TransactionHash};

/// Who brings a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client of this node: what is accepted is passed on to the peers, and is reported when it
    /// expires.
    Local,
    /// A peer, which has accepted it itself.
    Peer,
}

/// What becomes of a transaction that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It waits from now on.
    Accepted(TransactionHash),
    /// It was waiting already.
    Pending(TransactionHash),
    /// It is in a block: its first receipt is the answer.
    Final(TransactionHash),
}

impl Admission {
    /// The transaction.
    pub fn hash(&self) -> TransactionHash {
        match self {
            Self::Accepted(hash) | Self::Pending(hash) | Self::Final(hash) => *hash,
        }
    }
}

/// Where a transaction stands, as far as the mempool remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a block.
    Pending,
    /// It is in this block.
    Final(Height),
    /// It was accepted here, and its validity ended at this height without a block.
    Expired(Height),
}

/// Transactions that were accepted here and whose validity has ended without a block: they never
/// will be in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The height that ended them.
    pub height: Height,
    /// The transactions, in the order of their admission.
    pub hashes: Vec<TransactionHash>,
}

/// What a block has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectLimits {
    /// Most bytes of transactions, each with the four bytes of its length.
    pub bytes: usize,
    /// Most transactions.
    pub count: usize,
}

/// What became of the journal's records at a start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Wait again.
    pub pending: usize,
    /// Were in a block.
    pub settled: usize,
    /// Had expired, and were reported so.
    pub expired: usize,
    /// Could not be read as transactions of this network: a sign of a damaged disk.
    pub damaged: usize,
}
