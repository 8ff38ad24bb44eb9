//! Why a proof is refused.

use salus_types::{Height, NetworkId};

/// The first check that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Longer than any proof. Code: `proof.file_size`.
    #[error("the file is {len} bytes, a proof is at most {max}")]
    FileSize {
        /// Bytes of the file.
        len: usize,
        /// Most bytes of a proof.
        max: usize,
    },
    /// The last 32 bytes are not the hash of what precedes them: the file was cut, changed, or is
    /// no proof. Code: `proof.file_intact`.
    #[error("the file was changed or cut, or is no proof")]
    FileIntact,
    /// It does not begin as a proof does. Code: `proof.file_format`.
    #[error("the file is no proof of this ledger")]
    FileFormat,
    /// A format or a protocol that this version does not know. Code: `proof.version`.
    #[error("{what} {found} is not known here, at most {known}")]
    Version {
        /// What has the version: the format or the protocol.
        what: &'static str,
        /// The version found.
        found: u16,
        /// The highest that is known here.
        known: u16,
    },
    /// The body is not in canonical form. Code: `proof.malformed`.
    #[error("the proof cannot be read: {reason}")]
    Malformed {
        /// What was wrong, for people.
        reason: String,
    },
    /// The network file itself cannot be used. Code: `proof.network_file`.
    #[error("the network file cannot be used: {reason}")]
    NetworkFile {
        /// What was wrong, for people.
        reason: &'static str,
    },
    /// A proof of another network. Code: `proof.network`.
    #[error("the proof is of network {found}, expected {expected}")]
    Network {
        /// The network of the network file.
        expected: NetworkId,
        /// The network of the proof.
        found: NetworkId,
    },
    /// A change of validators is not proved. Code: `proof.epoch_step`.
    #[error("the change of validators after block {height} is not proved: {reason}")]
    EpochStep {
        /// The block that names the next validators.
        height: Height,
        /// What was wrong, for people.
        reason: &'static str,
    },
    /// The headers do not follow each other. Code: `proof.header_chain`.
    #[error("the header of block {height} does not fit: {reason}")]
    HeaderChain {
        /// The block whose header does not fit.
        height: Height,
        /// What was wrong, for people.
        reason: &'static str,
    },
    /// The validators did not decide the block. Code: `proof.certificate`.
    #[error("block {height} is not certified by the validators of its epoch: {reason}")]
    Certificate {
        /// The block.
        height: Height,
        /// What was wrong, for people.
        reason: &'static str,
    },
    /// The state does not say what the claim says. Code: `proof.state`.
    #[error("claim {claim} about the state is not proved")]
    State {
        /// Position of the claim, from 0.
        claim: usize,
    },
    /// The transaction is not in the block. Code: `proof.transaction`.
    #[error("claim {claim}: the transaction is not proved to be in the block")]
    Transaction {
        /// Position of the claim, from 0.
        claim: usize,
    },
    /// The receipt is not that of the transaction. Code: `proof.receipt`.
    #[error("claim {claim}: the receipt is not proved to be the transaction's")]
    Receipt {
        /// Position of the claim, from 0.
        claim: usize,
    },
}

impl ProofError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileSize { .. } => "proof.file_size",
            Self::FileIntact => "proof.file_intact",
            Self::FileFormat => "proof.file_format",
            Self::Version { .. } => "proof.version",
            Self::Malformed { .. } => "proof.malformed",
            Self::NetworkFile { .. } => "proof.network_file",
            Self::Network { .. } => "proof.network",
            Self::EpochStep { .. } => "proof.epoch_step",
            Self::HeaderChain { .. } => "proof.header_chain",
            Self::Certificate { .. } => "proof.certificate",
            Self::State { .. } => "proof.state",
            Self::Transaction { .. } => "proof.transaction",
            Self::Receipt { .. } => "proof.receipt",
        }
    }
}
