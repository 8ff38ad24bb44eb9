//! The home folder of a node: where each file lies, which version it has, who uses it.
//!
//! ```text
//! home-version   shape of this folder
//! lock           held while a node runs
//! node.toml      configuration
//! network.json   public identity of the network
//! api-token      opens the gateway's routes; mode 0600
//! keys/          node.json organisation.json sealing.hex; mode 0600
//! engine/        blocks, state and votes
//! index/         receipts, and transactions by hash
//! journal/       accepted transactions that wait for a block
//! vault/         sealed records and their index
//! ```

use crate::{NodeError, error::storage};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The shape of the home folder that this program reads and writes.
pub const HOME_VERSION: u32 = 1;

/// The home folder of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// Names a folder; nothing is read or written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The configuration, `node.toml`.
    pub fn settings(&self) -> PathBuf {
        self.0.join("node.toml")
    }

    /// The network file.
    pub fn network(&self) -> PathBuf {
        self.0.join("network.json")
    }

    /// The token that opens the gateway's routes.
    pub fn token(&self) -> PathBuf {
        self.0.join("api-token")
    }

    /// The key that identifies the node and signs its votes.
    pub fn node_key(&self) -> PathBuf {
        self.0.join("keys").join("node.json")
    }

    /// The key that signs the organisation's transactions, with its account.
    pub fn organisation_key(&self) -> PathBuf {
        self.0.join("keys").join("organisation.json")
    }

    /// The key to which the organisation's copies of record keys are wrapped.
    pub fn sealing_key(&self) -> PathBuf {
        self.0.join("keys").join("sealing.hex")
    }

    /// The engine's folder.
    pub fn engine(&self) -> PathBuf {
        self.0.join("engine")
    }

    /// There while no node runs and the last one stopped in order.
    pub(crate) fn stopped(&self) -> PathBuf {
        self.engine().join("stopped")
    }

    /// The chain index's folder.
    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }

    /// The folder of the mempool's journal.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The vault's folder.
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault")
    }

    /// Whether a file, named from a home or from a back-up of one, is the ledger's: what it holds is the
    /// same at every node, and stays.
    pub fn is_of_ledger(file: &Path) -> bool {
        let folders = ["engine", "index", "journal"];
        folders.iter().any(|folder| file.starts_with(folder))
            || file.file_name().is_some_and(|name| name == crate::backup::LEDGER)
    }

    fn version(&self) -> PathBuf {
        self.0.join("home-version")
    }

    /// Makes an empty home of this version.
    ///
    /// # Errors
    ///
    /// The first that applies: [`NodeError::HomeExists`], [`NodeError::DiskFull`],
    /// [`NodeError::Storage`].
    pub(crate) fn create(&self) -> Result<(), NodeError> {
        if self.0.exists() {
            return Err(NodeError::HomeExists { path: self.0.clone() });
        }
        fs::create_dir_all(self.0.join("keys")).map_err(storage(&self.0, "made"))?;
        write_new(&self.version(), format!("{HOME_VERSION}\n").as_bytes(), 0o644)
    }

    /// Checks that this program can use the folder.
    ///
    /// # Errors
    ///
    /// The first that applies: [`NodeError::FileMissing`]: it is no home;
    /// [`NodeError::HomeVersion`]: it is of another version.
    pub fn check_version(&self) -> Result<(), NodeError> {
        let text = read_text(&self.version(), "the version of a home")?;
        let found = text.trim();
        if found == HOME_VERSION.to_string() {
            return Ok(());
        }
        Err(NodeError::HomeVersion {
            path: self.0.clone(),
            found: found.chars().take(20).collect(),
            expected: HOME_VERSION,
        })
    }

    /// Takes the home for one node until the lock is dropped.
    ///
    /// # Errors
    ///
    /// The first that applies: those of [`Self::check_version`]; [`NodeError::HomeInUse`];
    /// [`NodeError::Storage`].
    pub(crate) fn lock(&self) -> Result<HomeLock, NodeError> {
        self.check_version()?;
        let path = self.0.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(storage(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(NodeError::HomeInUse { path: self.0.clone() }),
            Err(TryLockError::Error(error)) => Err(storage(&path, "locked")(error)),
        }
    }
}

/// Proof that one node has a home for itself; released on drop, and by the system on a crash.
#[derive(Debug)]
pub(crate) struct HomeLock {
    _file: File,
}

/// Reads a text file; `what` says what it holds, for the error.
pub(crate) fn read_text(path: &Path, what: &'static str) -> Result<String, NodeError> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NodeError::FileMissing { path: path.to_owned(), what },
        io::ErrorKind::InvalidData => NodeError::FileInvalid {
            path: path.to_owned(),
            what,
            reason: "it is not text in UTF-8".to_owned(),
        },
        _ => storage(path, "read")(error),
    })
}

/// Reads a secret from a text file that nobody but its owner may read.
pub(crate) fn read_secret(path: &Path, what: &'static str) -> Result<String, NodeError> {
    check_private(path)?;
    read_text(path, what)
}

/// Checks that nobody but its owner may read a file, if it is there.
///
/// # Errors
///
/// [`NodeError::FileExposed`]: its group or others may read, write or run it.
pub fn check_private(path: &Path) -> Result<(), NodeError> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(NodeError::FileExposed { path: path.to_owned(), mode }),
    }
}

/// Writes a file that must not be there yet, with this mode, through to the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), NodeError> {
    let attempt = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    attempt().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NodeError::HomeExists { path: path.to_owned() },
        _ => storage(path, "written")(error),
    })
}
