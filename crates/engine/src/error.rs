//! Why the engine does not start, stops, or does not answer.

use salus_types::Height;
use std::{net::SocketAddr, path::PathBuf};

/// Why the engine does not start, or has stopped. Codes are stable.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The network file names no validator. Code: `engine.no_validators`.
    #[error("the network file names no validator; create the network again")]
    NoValidators,
    /// A key in the network file or in the state is not an Ed25519 key. Code: `engine.bad_node_key`.
    #[error("{key} is not an Ed25519 public key of a node")]
    BadNodeKey {
        /// What stands where a key is expected.
        key: salus_types::NodeKey,
    },
    /// An epoch length is outside its range. Code: `engine.bad_epoch_blocks`.
    #[error("the network file says {epoch_blocks} blocks an epoch, expected 2 to 1,000,000")]
    BadEpochLength {
        /// The length given.
        epoch_blocks: u64,
    },
    /// The address to listen on cannot be had. Code: `engine.listen`.
    #[error("cannot listen on {address}; choose a free port or stop what uses it")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The data folder cannot be used. Code: `engine.data_folder`.
    #[error("cannot use the data folder {path}; check its permissions and the free space")]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The data folder belongs to another network or another node. Code: `engine.foreign_data`.
    #[error("the data folder {path} was written {reason}; use the right folder or an empty one")]
    ForeignData {
        /// The folder.
        path: PathBuf,
        /// Why it does not fit.
        reason: String,
    },
    /// The members decided on a protocol version that this program does not know. Code:
    /// `engine.protocol_version`.
    #[error(
        "after block {height} the network follows protocol version {needed}, this program knows \
         versions up to {known}; install a newer release and start it again, nothing is lost"
    )]
    ProtocolVersion {
        /// The last block that this program can execute.
        height: Height,
        /// The version in force after it.
        needed: u16,
        /// The highest that this program knows.
        known: u16,
    },
    /// What a node that joins begins with is not what it should be. Code: `engine.join_point`.
    #[error("the certificate of the block to join at cannot be read: {reason}")]
    JoinPoint {
        /// What was wrong.
        reason: String,
    },
    /// The state was being copied when the node stopped, and nobody said from where to go on.
    /// Code: `engine.copy_interrupted`.
    #[error("copying the state was interrupted; start again where a peer's API can be reached")]
    CopyInterrupted,
    /// The engine stopped because something it relies on failed: a full or broken disk, or a bug.
    /// Code: `engine.failed`.
    #[error("the engine stopped: {reason}; nothing that was reported final is lost")]
    Failed {
        /// What failed, as far as it is known.
        reason: String,
    },
}

impl EngineError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoValidators => "engine.no_validators",
            Self::BadNodeKey { .. } => "engine.bad_node_key",
            Self::BadEpochLength { .. } => "engine.bad_epoch_blocks",
            Self::Listen { .. } => "engine.listen",
            Self::DataFolder { .. } => "engine.data_folder",
            Self::ForeignData { .. } => "engine.foreign_data",
            Self::ProtocolVersion { .. } => "engine.protocol_version",
            Self::JoinPoint { .. } => "engine.join_point",
            Self::CopyInterrupted => "engine.copy_interrupted",
            Self::Failed { .. } => "engine.failed",
        }
    }
}

/// Why the engine does not answer a question. Codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The state at that height is no longer kept. Code: `engine.height_not_retained`.
    #[error("the state at height {height} is not kept, only that at {oldest} to {newest}")]
    HeightNotRetained {
        /// The height asked for.
        height: Height,
        /// The oldest height that can be read.
        oldest: Height,
        /// The newest height that can be read.
        newest: Height,
    },
    /// That height is not applied yet. Code: `engine.height_ahead`.
    #[error("height {height} is not applied here yet, the newest is {newest}")]
    HeightAhead {
        /// The height asked for.
        height: Height,
        /// The newest height that can be read.
        newest: Height,
    },
    /// More keys than one question may name. Code: `engine.too_many_keys`.
    #[error("{count} keys were asked for, at most {max} are answered at once")]
    TooManyKeys {
        /// Keys asked for.
        count: usize,
        /// Most keys of one question.
        max: usize,
    },
    /// No block is applied yet, so that there is nothing to prove from. Code: `engine.no_block`.
    #[error("no block is applied yet; ask again when the first one is")]
    NoBlock,
    /// All places for guests are taken. Code: `engine.guests_full`.
    #[error("all {max} places for guests are taken; ask another node")]
    GuestsFull {
        /// Most guests.
        max: usize,
    },
    /// The guest's address is not one that can be dialled. Code: `engine.guest_address`.
    #[error("`{address}` is not an address of the form host:port")]
    GuestAddress {
        /// The address given.
        address: String,
    },
    /// The guest's key is not an Ed25519 key. Code: `engine.guest_key`.
    #[error("the guest's key is not an Ed25519 public key")]
    GuestKey,
    /// The engine has stopped. Code: `engine.stopped`.
    #[error("the engine has stopped")]
    Stopped,
}

impl ReadError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HeightNotRetained { .. } => "engine.height_not_retained",
            Self::HeightAhead { .. } => "engine.height_ahead",
            Self::TooManyKeys { .. } => "engine.too_many_keys",
            Self::NoBlock => "engine.no_block",
            Self::GuestsFull { .. } => "engine.guests_full",
            Self::GuestAddress { .. } => "engine.guest_address",
            Self::GuestKey => "engine.guest_key",
            Self::Stopped => "engine.stopped",
        }
    }
}
