//! Admission and the bounded, fair pool of transactions that wait for a block.
//!
//! A transaction comes in through [`Mempool::admit`], from a client of this node or from a peer. It
//! is decoded, checked against network and validity, given room in its lane, and its signatures are
//! checked: once on this node, in batches, on a bounded pool of threads. From then on it waits in
//! its lane until [`Mempool::committed`] says that it is in a block, or that its validity has ended.
//!
//! ```text
//! bytes ──admit──▶ pending ──select──▶ a block ──committed──▶ window of recent blocks
//!            │         └──validity ends──▶ reported expired, if it was accepted here
//!            └──▶ refused, with a code and what to do
//! ```
//!
//! A [`Lane`] is the node that admitted a transaction first. Each lane has a share of the room and of
//! every block, by weight, so that one organisation that floods the network slows only itself.
//!
//! What a client was told is accepted is never lost in silence: it ends in a block, or in an
//! [`Expiry`]. With a [`Journal`] this holds across a crash of the node.

mod admit;
mod block;
mod checked;
mod config;
mod drain;
mod error;
mod journal;
mod lane;
mod mempool;
mod outgoing;
mod pool;
mod recent;
mod replay;
mod segment;
mod select;
mod signatures;
mod standing;
mod stats;
mod window;

#[cfg(test)]
mod tests;

pub use checked::CheckedTransaction;
pub use config::Config;
pub use error::{AdmissionError, BlockRefusal};
pub use journal::{Durability, FileJournal, Journal, JournalError, Recovered, Segment};
pub use lane::{Lane, WEIGHT_MAX, WEIGHT_USUAL, lanes_of};
pub use mempool::Mempool;
pub use standing::{Admission, Expiry, Origin, Replayed, SelectLimits, Standing};
pub use stats::{LaneStats, Stats};
