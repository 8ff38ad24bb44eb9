//! Why a back-up is not taken or not restored.

use crate::NodeError;
use salus_api::client::ClientError;
use salus_types::Height;
use salus_vault::VaultError;
use std::{io, path::PathBuf};

/// Why a back-up is not taken or not restored. Codes are stable.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target is there already. Code: `backup.exists`.
    #[error("{} is there already and nothing is overwritten; choose another folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read or written. Code: `backup.file`.
    #[error("{} cannot be {action}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was being attempted.
        action: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It is no back-up of a form that this program knows. Code: `backup.manifest`.
    #[error("{} is not the manifest of a back-up: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is missing or is not what was backed up. Code: `backup.changed`.
    #[error("{} is missing or was changed since the back-up; use another back-up", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The back-up is of another network. Code: `backup.network`.
    #[error("the back-up is not of the network of the network file that was given")]
    Network,
    /// The node forgot blocks while they were copied. Code: `backup.pruned`.
    #[error("the node has no block {height} any more; take the back-up again")]
    Pruned {
        /// The first block that is missing.
        height: Height,
    },
    /// The back-up is of a node that did not keep all blocks. Code: `backup.no_ledger`.
    #[error(
        "the back-up holds no blocks, so the state has to come from peers, and votes begin in a \
         later epoch; or give the ledger.blocks of a back-up of a node that keeps all"
    )]
    NoLedger,
    /// The blocks do not prove themselves. Code: `backup.ledger`.
    #[error("the blocks of the back-up are refused: {reason}")]
    Ledger {
        /// Why.
        reason: String,
    },
    /// Sealed records are not what the ledger anchors. Code: `backup.anchors`.
    #[error("{count} sealed records are not those that the ledger anchors; use another back-up")]
    Anchors {
        /// How many.
        count: usize,
    },
    /// The keys are needed. Code: `backup.keys_missing`.
    #[error("the back-up holds no keys; give a folder with them")]
    KeysMissing,
    /// The passphrase is needed. Code: `backup.passphrase_missing`.
    #[error("the keys are sealed; give the file with their passphrase")]
    PassphraseMissing,
    /// The keys do not open. Code: `backup.keys`.
    #[error("the keys do not open: another passphrase, or changed bytes")]
    Keys,
    /// The node does not answer. Code: the client's.
    #[error("the node could not be asked for its blocks")]
    Client(#[from] ClientError),
    /// The vault cannot be copied or checked. Code: the vault's.
    #[error("the vault could not be copied or checked")]
    Vault(#[from] VaultError),
    /// A home cannot be used. Code: the node's.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl BackupError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Exists { .. } => "backup.exists",
            Self::File { .. } => "backup.file",
            Self::Manifest { .. } => "backup.manifest",
            Self::Changed { .. } => "backup.changed",
            Self::Network => "backup.network",
            Self::Pruned { .. } => "backup.pruned",
            Self::NoLedger => "backup.no_ledger",
            Self::Ledger { .. } => "backup.ledger",
            Self::Anchors { .. } => "backup.anchors",
            Self::KeysMissing => "backup.keys_missing",
            Self::PassphraseMissing => "backup.passphrase_missing",
            Self::Keys => "backup.keys",
            Self::Client(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Node(error) => error.code(),
        }
    }
}

/// Says what was being done to which file.
pub(super) fn file<'a>(
    path: &'a std::path::Path,
    action: &'static str,
) -> impl Fn(io::Error) -> BackupError + 'a {
    move |source| BackupError::File { path: path.to_owned(), action, source }
}
