//! What must not happen, and did.

use salus_framework::Broken;
use salus_mempool::BlockRefusal;
use salus_types::{ErrorCode, Hash, Height, TransactionHash};

/// Something that must not happen on any network, whatever fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Two nodes have different blocks at one height.
    #[error("node {node} has block {found} at height {height}, another node has {expected}")]
    Fork {
        /// The second node.
        node: usize,
        /// The height.
        height: Height,
        /// The first node's block.
        expected: Hash,
        /// Its own.
        found: Hash,
    },
    /// A node skipped a block, or got one twice with another content.
    #[error("node {node} was given block {found} after block {last}")]
    OutOfOrder {
        /// The node.
        node: usize,
        /// The block it had last.
        last: Height,
        /// The block it was given.
        found: Height,
    },
    /// A block's time is before that of its parent.
    #[error("the time of block {height} is before that of its parent")]
    TimeRunsBack {
        /// The height.
        height: Height,
    },
    /// A block is not executed again as it was executed.
    #[error(
        "node {node} executes transaction {index} of block {height} differently the second time"
    )]
    NotRepeatable {
        /// The node.
        node: usize,
        /// The height.
        height: Height,
        /// The first transaction that differs.
        index: usize,
    },
    /// An invariant of a module does not hold.
    #[error("after block {height} on node {node}: {broken}")]
    Invariant {
        /// The node.
        node: usize,
        /// The height.
        height: Height,
        /// Which, and how.
        broken: Broken,
    },
    /// A node refuses a block that it has put together itself.
    #[error("a node refuses its own block {height}: {refusal}")]
    OwnBlockRefused {
        /// The height.
        height: Height,
        /// Why.
        refusal: BlockRefusal,
    },
    /// A refusal has a code that no module declares.
    #[error("block {height} refuses with {code}, which no module declares")]
    UnknownCode {
        /// The height.
        height: Height,
        /// The code.
        code: ErrorCode,
    },
    /// Something was executed that must always be refused.
    #[error("transaction {transaction} in block {height} must always be refused, and was executed")]
    Allowed {
        /// The height.
        height: Height,
        /// The transaction.
        transaction: TransactionHash,
    },
    /// A transaction is in two blocks.
    #[error("transaction {transaction} is in block {first} and in block {second}")]
    Twice {
        /// The transaction.
        transaction: TransactionHash,
        /// The first block.
        first: Height,
        /// The second.
        second: Height,
    },
    /// A transaction was accepted and is neither in a block nor reported expired.
    #[error("transaction {transaction} was accepted by node {node} and is lost")]
    Lost {
        /// The transaction.
        transaction: TransactionHash,
        /// The node that accepted it.
        node: usize,
    },
    /// A transaction was reported expired and is in a block all the same.
    #[error("transaction {transaction} was reported expired and is in block {height}")]
    ExpiredAndFinal {
        /// The transaction.
        transaction: TransactionHash,
        /// The block.
        height: Height,
    },
    /// The network stood still when it must not.
    #[error("the slowest node stands at height {height} while the network is at {expected}")]
    Stalled {
        /// Where it stands.
        height: Height,
        /// Where it should be.
        expected: Height,
    },
    /// A proof that a node gives of its state is wrong.
    #[error("node {node} gives a wrong proof of its state after block {height}")]
    BadProof {
        /// The node.
        node: usize,
        /// The height.
        height: Height,
    },
    /// A node stopped by itself, or the engine found something wrong.
    #[error("{reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
}
