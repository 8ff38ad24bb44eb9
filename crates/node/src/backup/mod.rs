//! Back-ups of a home: taken while its node runs, restored into a new home, proved by the network file.
//!
//! ```text
//! manifest.json   what, of when, and the SHA-256 of every file
//! network.json    the network file
//! node.toml       the configuration
//! ledger.blocks   every final block, with the certificates that prove it; absent when the node keeps
//!                 the newest only
//! vault/          the vault's index and its sealed records
//! keys.sealed     the keys and the token, under a passphrase; absent unless asked for
//! ```
//!
//! State, index and votes are not in it: the state is made again from the blocks, or copied from peers
//! where there are none, and a node that has lost its votes must not vote where it may have voted before
//! (see [`restore`]).

mod error;
mod ledger_file;
mod manifest;
mod restore;
mod secrets;
mod take;

pub use error::BackupError;
pub use manifest::{FileEntry, Manifest};
pub use restore::{Restore, Restored, restore};
pub use salus_engine::VotesAgain;
pub use take::{Take, take};

const MANIFEST: &str = "manifest.json";
const NETWORK: &str = "network.json";
const SETTINGS: &str = "node.toml";
pub(crate) const LEDGER: &str = "ledger.blocks";
const VAULT: &str = "vault";
const KEYS: &str = "keys.sealed";
