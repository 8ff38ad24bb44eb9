//! Taking a back-up of a home whose node runs.

use super::{
    BackupError, KEYS, LEDGER, MANIFEST, Manifest, NETWORK, SETTINGS, VAULT, error::file,
    ledger_file::LedgerWriter, manifest::entries, secrets,
};
use crate::{Home, Secrets, clock::now_ms, home::write_new, init::read_network};
use salus_api::client::Client;
use salus_engine::{ArchiveChecker, ArchivedBlock, archive::ProvedBlock};
use salus_types::{BlockHeader, BlockTime, Height, NetworkFile, decode};
use salus_vault::backup as vault;
use std::{fs, path::Path};

/// What is to be backed up.
#[derive(Debug)]
pub struct Take<'a> {
    /// The home.
    pub home: &'a Home,
    /// Its running node, with the home's token.
    pub client: &'a Client,
    /// The folder to make.
    pub to: &'a Path,
    /// Under which the keys are sealed; none to leave them out.
    pub passphrase: Option<&'a str>,
}

/// Takes a back-up. The manifest is written last: a folder without one is no back-up. Blocks are in
/// it if the node has all of them.
///
/// The vault is as of some moment after the last block in the ledger's file was final, so every
/// record that it calls anchored may still be missing there; a restore says so.
///
/// # Errors
///
/// The first that applies: [`BackupError::Exists`], [`BackupError::Node`], [`BackupError::Vault`],
/// [`BackupError::Client`], [`BackupError::Pruned`], [`BackupError::Ledger`], [`BackupError::File`].
pub async fn take(what: &Take<'_>) -> Result<Manifest, BackupError> {
    let (home, to) = (what.home, what.to);
    home.check_version()?;
    let network = read_network(&home.network())?;
    let node = Secrets::read(home)?.node.public();
    let taken = BlockTime::from_unix_ms(now_ms());
    if to.exists() {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    fs::create_dir_all(to).map_err(file(to, "made"))?;
    for (from, name) in [(home.network(), NETWORK), (home.settings(), SETTINGS)] {
        let bytes = fs::read(&from).map_err(file(&from, "read"))?;
        write_new(&to.join(name), &bytes, 0o644)?;
    }
    if let Some(passphrase) = what.passphrase {
        let sealed = secrets::seal(home, passphrase, network.id(), node)?;
        write_new(&to.join(KEYS), &sealed, 0o600)?;
    }
    // The vault before the ledger: what it calls anchored is final by then, and in the blocks.
    if vault::exists(&home.vault()) {
        vault::copy(&home.vault(), &to.join(VAULT)).await?;
    }
    let status = what.client.status().await?;
    let last = if status.oldest > Height(1) {
        // The first blocks are gone, and the others prove nothing without them: a home that is made
        // from this copies the state from its peers.
        what.client.block(Some(status.height)).await?.header
    } else {
        blocks(what.client, &network, status.height, &to.join(LEDGER)).await?
    };
    let manifest = Manifest {
        format: Manifest::FORMAT,
        network: network.id(),
        node,
        taken,
        height: last.height,
        block: last.hash(),
        state_root: last.state_root,
        files: entries(to)?,
    };
    write_new(&to.join(MANIFEST), manifest.to_json().as_bytes(), 0o644)?;
    fs::File::open(to).and_then(|folder| folder.sync_all()).map_err(file(to, "written"))?;
    Ok(manifest)
}

/// Writes every block up to the first certificate at or after a height, each checked; gives the
/// header of the last.
async fn blocks(
    client: &Client,
    network: &NetworkFile,
    until: Height,
    path: &Path,
) -> Result<BlockHeader, BackupError> {
    let mut writer = LedgerWriter::create(path)?;
    let mut checker = ArchiveChecker::new(network)
        .map_err(|error| BackupError::Ledger { reason: error.to_string() })?;
    let mut open: Vec<ArchivedBlock> = Vec::new();
    let mut last: Option<BlockHeader> = None;
    while last.as_ref().is_none_or(|last| last.height < until) {
        let bytes = client.archive(checker.next()).await?;
        let received: Vec<ArchivedBlock> = decode("blocks", &bytes)
            .map_err(|error| BackupError::Ledger { reason: error.to_string() })?;
        if received.is_empty() {
            if checker.next() <= until {
                return Err(BackupError::Pruned { height: checker.next() });
            }
            // The certificate is still on its way; what is open is not in the back-up.
            if last.is_some() {
                break;
            }
        }
        for archived in received {
            open.push(archived.clone());
            let proved = checker
                .take(archived)
                .map_err(|error| BackupError::Ledger { reason: error.to_string() })?;
            if let Some(ProvedBlock { block, .. }) = proved.last() {
                for archived in open.drain(..) {
                    writer.put(&archived)?;
                }
                last = Some(block.header().clone());
            }
        }
    }
    writer.finish()?;
    last.ok_or(BackupError::Pruned { height: Height(1) })
}
