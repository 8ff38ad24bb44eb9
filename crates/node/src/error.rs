//! Why a node does not start, or stops. Every message says what to do next.

use crate::house::HouseError;
use salus_api::TlsError;
use salus_engine::EngineError;
use salus_mempool::JournalError;
use salus_types::{BlockTime, Height};
use salus_vault::VaultError;
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a node could not be made, started or kept running. Codes are stable.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A file that the node needs is not there. Code: `node.file_missing`.
    #[error("{} is missing, {what}; make a home with `salus network init` or `salus network join`", path.display())]
    FileMissing {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
    },
    /// A file is there and does not hold what it should. Code: `node.file_invalid`.
    #[error("{} is not {what}: {reason}; restore it from a copy", path.display())]
    FileInvalid {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A secret can be read by others than its owner. Code: `node.file_exposed`.
    #[error("{0} holds a secret and others than its owner can use it (mode {mode:o}); run `chmod 600 {0}`, and make a new secret if others could have read it", path.display())]
    FileExposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Logs and traces cannot be set up. Code: `node.telemetry`.
    #[error("logs and traces cannot be set up: {reason}")]
    Telemetry {
        /// Why not.
        reason: String,
    },
    /// `node.toml` has an unknown key or a value of the wrong kind. Code: `node.config_invalid`.
    #[error("{} is not a configuration: {reason}; correct that line or remove it", path.display())]
    ConfigInvalid {
        /// The file.
        path: PathBuf,
        /// Line, key, and the keys that are known.
        reason: String,
    },
    /// A setting is out of range. Code: `node.setting`.
    #[error("`{name}` is {found}, expected {expected}")]
    Setting {
        /// The setting, as it is spelled in `node.toml`.
        name: &'static str,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The network file does not make a network. Code: `node.network_invalid`.
    #[error("the network file is refused ({code}): {reason}; get it again from a member")]
    NetworkInvalid {
        /// The code of the module that refuses it.
        code: String,
        /// What is wrong.
        reason: String,
    },
    /// The home was made by another version of this program. Code: `node.home_version`.
    #[error("the home {} has version {found}, this program needs {expected}; use the program that made it, or a new home", path.display())]
    HomeVersion {
        /// The home folder.
        path: PathBuf,
        /// The version found.
        found: String,
        /// The version that this program reads.
        expected: u32,
    },
    /// Another node runs on this home. Code: `node.home_in_use`.
    #[error("a node already runs on {}; stop it first, or use another home", path.display())]
    HomeInUse {
        /// The home folder.
        path: PathBuf,
    },
    /// What is to be made is there already. Code: `node.home_exists`.
    #[error("{} is there already and nothing is overwritten; choose another folder", path.display())]
    HomeExists {
        /// The file or folder.
        path: PathBuf,
    },
    /// Another program listens on a port that the node needs. Code: `node.port_in_use`.
    #[error("cannot listen on port {} of {} ({purpose}); stop what uses it, or set another port in node.toml", address.port(), address.ip())]
    PortInUse {
        /// The address.
        address: SocketAddr,
        /// What it is for, such as `API`.
        purpose: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The clock is behind what is final here. Code: `node.clock_skew`.
    #[error("this machine's clock is {} s behind the last block ({ledger}); set the clock and start again", behind_ms / 1000)]
    ClockSkew {
        /// By how much, in milliseconds.
        behind_ms: u64,
        /// Time of the last block.
        ledger: BlockTime,
    },
    /// The clock is far from those of other nodes. Code: `node.clock_skew`.
    #[error("this machine's clock is {} s apart from those of other nodes; set the clock and start again", apart_ms / 1000)]
    ClockApart {
        /// By how much, in milliseconds.
        apart_ms: u64,
    },
    /// A file of the ledger is not as it was written. Code: `node.damaged`.
    #[error("{} is damaged: {what}; `salus node check` tells all, `salus node repair` sets the ledger's files aside and the next start copies the state from peers", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No member keeps the next block. Code: `node.too_far_behind`.
    #[error(
        "this node has blocks up to {own}, and no member that answers keeps those before {oldest}; run `salus node repair`, which copies the state, or set `bootstrap` to an archive"
    )]
    TooFarBehind {
        /// The highest block here.
        own: Height,
        /// The lowest block that a member keeps.
        oldest: Height,
    },
    /// No space is left. Code: `node.disk_full`.
    #[error("the disk of {} is full; free space and start again, nothing that was accepted is lost", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// A file or folder cannot be used. Code: `node.storage`.
    #[error("{} cannot be {action}; check its permissions", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// What was being attempted, such as `read`.
        action: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The chain index cannot be used. Code: `node.index`.
    #[error("the index {} cannot be used; check the free space and the disk", path.display())]
    Index {
        /// Its folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: fjall::Error,
    },
    /// The mempool's journal cannot be used. Code: the journal's own.
    #[error("the journal of accepted transactions cannot be used")]
    Journal(#[source] JournalError),
    /// A file for TLS cannot be used. Code: `api.tls`.
    #[error("TLS cannot be used; correct `tls_certificate`, `tls_key` or `ca_file` in node.toml")]
    Tls(#[source] TlsError),
    /// The organisation's rules cannot be loaded. Code: their own.
    #[error("the organisation's rules are not loaded")]
    Rules(#[source] HouseError),
    /// The vault cannot be opened. Code: the vault's own.
    #[error("the vault cannot be opened")]
    Vault(#[source] VaultError),
    /// The engine does not start, or has stopped. Code: the engine's own.
    #[error("the engine does not run")]
    Engine(#[source] Arc<EngineError>),
}

impl NodeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileMissing { .. } => "node.file_missing",
            Self::FileInvalid { .. } => "node.file_invalid",
            Self::FileExposed { .. } => "node.file_exposed",
            Self::Telemetry { .. } => "node.telemetry",
            Self::ConfigInvalid { .. } => "node.config_invalid",
            Self::Setting { .. } => "node.setting",
            Self::NetworkInvalid { .. } => "node.network_invalid",
            Self::HomeVersion { .. } => "node.home_version",
            Self::HomeInUse { .. } => "node.home_in_use",
            Self::HomeExists { .. } => "node.home_exists",
            Self::PortInUse { .. } => "node.port_in_use",
            Self::ClockSkew { .. } | Self::ClockApart { .. } => "node.clock_skew",
            Self::Damaged { .. } => "node.damaged",
            Self::TooFarBehind { .. } => "node.too_far_behind",
            Self::DiskFull { .. } => "node.disk_full",
            Self::Storage { .. } => "node.storage",
            Self::Index { .. } => "node.index",
            Self::Journal(error) => error.code(),
            Self::Tls(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::Engine(error) => error.code(),
        }
    }
}

/// A port that is taken is told the same way for the API and for the peers.
impl From<EngineError> for NodeError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Listen { address, source } => {
                Self::PortInUse { address, purpose: "peers", source }
            }
            other => Self::Engine(Arc::new(other)),
        }
    }
}

/// Says what was being done to which file or folder; a full disk is told apart.
pub(crate) fn storage<'a>(
    path: &'a Path,
    action: &'static str,
) -> impl Fn(io::Error) -> NodeError + 'a {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            NodeError::DiskFull { path: path.to_owned() }
        }
        _ => NodeError::Storage { path: path.to_owned(), action, source },
    }
}
