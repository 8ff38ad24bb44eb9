//! The secrets of a home in a back-up: the three key files and the token, sealed under a passphrase.

use super::{BackupError, error::file};
use crate::{Home, home::write_new};
use salus_crypto::{Zeroizing, passphrase};
use salus_types::{NetworkId, NodeKey};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// The files, as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    node: String,
    organisation: String,
    sealing: String,
    token: String,
}

impl Drop for Files {
    fn drop(&mut self) {
        for text in [&mut self.node, &mut self.organisation, &mut self.sealing, &mut self.token] {
            // Moved into a value that is wiped when it goes.
            drop(Zeroizing::new(std::mem::take(text)));
        }
    }
}

/// Seals the secrets of a home.
pub(super) fn seal(
    home: &Home,
    passphrase: &str,
    network: NetworkId,
    node: NodeKey,
) -> Result<Vec<u8>, BackupError> {
    let files = read(home)?;
    let text = serde_json::to_vec(&files).expect("texts are plain JSON");
    let text = Zeroizing::new(text);
    Ok(passphrase::seal(passphrase, &context(network, node), &text))
}

/// Opens sealed secrets into a new home.
pub(super) fn open(
    sealed: &[u8],
    passphrase: &str,
    network: NetworkId,
    node: NodeKey,
    home: &Home,
) -> Result<(), BackupError> {
    let text = passphrase::open(passphrase, &context(network, node), sealed)
        .map_err(|_| BackupError::Keys)?;
    let files: Files = serde_json::from_slice(&text).map_err(|_| BackupError::Keys)?;
    write(&files, home)
}

/// Copies the secrets of another home, or of a copy of one, into a new home.
pub(super) fn copy(from: &Path, home: &Home) -> Result<(), BackupError> {
    write(&read(&Home::new(from))?, home)
}

fn read(home: &Home) -> Result<Files, BackupError> {
    let text = |path: &Path| fs::read_to_string(path).map_err(file(path, "read"));
    Ok(Files {
        node: text(&home.node_key())?,
        organisation: text(&home.organisation_key())?,
        sealing: text(&home.sealing_key())?,
        token: text(&home.token())?,
    })
}

fn write(files: &Files, home: &Home) -> Result<(), BackupError> {
    write_new(&home.node_key(), files.node.as_bytes(), 0o600)?;
    write_new(&home.organisation_key(), files.organisation.as_bytes(), 0o600)?;
    write_new(&home.sealing_key(), files.sealing.as_bytes(), 0o600)?;
    Ok(write_new(&home.token(), files.token.as_bytes(), 0o600)?)
}

fn context(network: NetworkId, node: NodeKey) -> Vec<u8> {
    [b"salus/backup-keys/1".as_slice(), &network.0, &node.0].concat()
}
