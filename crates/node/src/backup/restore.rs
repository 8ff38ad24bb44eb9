//! Restoring a home from a back-up.

use super::{
    BackupError, KEYS, LEDGER, Manifest, NETWORK, SETTINGS, VAULT, error::file,
    ledger_file::LedgerReader, secrets,
};
use crate::{Home, NodeConfig, NodeError, Secrets, home::write_new, init::read_network};
use salus_consent::{ConsentTx, RecordId};
use salus_engine::{Block, EngineConfig, VotesAgain, archive::fill, votes_lost};
use salus_types::{
    AccountId, BlockHeader, Hash, Height, ModuleId, NetworkFile, Transaction, decode,
};
use salus_vault::backup as vault;
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// What is to be restored, and where.
#[derive(Debug)]
pub struct Restore<'a> {
    /// The back-up.
    pub from: &'a Path,
    /// The home to make.
    pub home: &'a Home,
    /// The network file, from a member and not from the back-up.
    pub network: &'a Path,
    /// Opens the keys of the back-up.
    pub passphrase: Option<&'a str>,
    /// A folder with the keys, laid out as a home, where the back-up holds none.
    pub keys: Option<&'a Path>,
    /// Another file of blocks, such as that of a later back-up of another node; the longer is taken.
    pub ledger: Option<&'a Path>,
    /// When the node votes again.
    pub votes: VotesAgain,
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The highest block, up to which the node executes blocks again when it starts; without blocks,
    /// the highest when the back-up was taken.
    pub height: Height,
    /// Its hash.
    pub block: Hash,
    /// Whether blocks were restored. If not, the node copies the state from its peers when it starts.
    pub ledger: bool,
    /// Versions of records whose sealed bytes are what the vault's index says and, if blocks were
    /// restored, what the ledger anchors.
    pub records_checked: usize,
}

/// Restores a home. Nothing is left behind when it fails.
///
/// # Errors
///
/// The first that applies: [`BackupError::File`], [`BackupError::Manifest`],
/// [`BackupError::Changed`], [`BackupError::Network`], [`BackupError::Node`],
/// [`BackupError::PassphraseMissing`], [`BackupError::Keys`], [`BackupError::KeysMissing`],
/// [`BackupError::NoLedger`], [`BackupError::Ledger`], [`BackupError::Vault`], [`BackupError::Anchors`].
pub async fn restore(what: &Restore<'_>) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(what.from)?;
    manifest.check(what.from)?;
    let network = read_network(what.network)?;
    let own = read_network(&what.from.join(NETWORK))?;
    if network.id() != manifest.network || own.id() != manifest.network {
        return Err(BackupError::Network);
    }
    what.home.create()?;
    let restored = fill_home(what, &manifest, network).await;
    if restored.is_err() {
        // It was made above, and is of no use.
        let _ = fs::remove_dir_all(what.home.folder());
    }
    restored
}

async fn fill_home(
    what: &Restore<'_>,
    manifest: &Manifest,
    network: NetworkFile,
) -> Result<Restored, BackupError> {
    let (from, home) = (what.from, what.home);
    let sealed = from.join(KEYS);
    match (sealed.is_file(), what.passphrase, what.keys) {
        (_, _, Some(keys)) => secrets::copy(keys, home)?,
        (true, Some(passphrase), None) => {
            let sealed = fs::read(&sealed).map_err(file(&sealed, "read"))?;
            secrets::open(&sealed, passphrase, manifest.network, manifest.node, home)?;
        }
        (true, None, None) => return Err(BackupError::PassphraseMissing),
        (false, _, None) => return Err(BackupError::KeysMissing),
    }
    for (name, target) in [(NETWORK, home.network()), (SETTINGS, home.settings())] {
        let path = from.join(name);
        let bytes = fs::read(&path).map_err(file(&path, "read"))?;
        write_new(&target, &bytes, 0o644)?;
    }
    let secrets = Secrets::read(home)?;
    let config = NodeConfig::read(home)?;
    let organisation = secrets.organisation.account;
    let engine =
        EngineConfig::new(network, secrets.node.clone(), home.engine(), config.peer_listen);
    let own = manifest.has_ledger().then(|| from.join(LEDGER));
    let filled = match (own, what.ledger, what.votes) {
        (Some(own), other, votes) => {
            Some(fill_engine(engine, votes, &longer(own, other)?, organisation)?)
        }
        (None, Some(other), votes) => Some(fill_engine(engine, votes, other, organisation)?),
        (None, None, VotesAgain::InEpochsAfter(time)) => {
            votes_lost(&home.engine(), time).map_err(NodeError::from)?;
            None
        }
        (None, None, VotesAgain::AtOnce) => return Err(BackupError::NoLedger),
    };
    let short = filled.as_ref().filter(|(last, _)| last.height < manifest.height);
    if let Some((last, _)) = short {
        let reason = format!("they end at {}, expected {}", last.height, manifest.height);
        return Err(BackupError::Ledger { reason });
    }
    let anchors = filled.as_ref().map(|(_, anchors)| anchors);
    let records_checked = restore_vault(&from.join(VAULT), home, anchors).await?;
    let (height, block) = filled
        .as_ref()
        .map_or((manifest.height, manifest.block), |(last, _)| (last.height, last.hash()));
    Ok(Restored { height, block, ledger: filled.is_some(), records_checked })
}

/// Copies the vault, and compares it with what the organisation anchored, if that is known; the
/// number of versions of records in it.
async fn restore_vault(
    from: &Path,
    home: &Home,
    anchors: Option<&Anchors>,
) -> Result<usize, BackupError> {
    if !vault::exists(from) {
        return Ok(0);
    }
    vault::copy(from, &home.vault()).await?;
    let stored = vault::check(&home.vault()).await?;
    if let Some(anchors) = anchors {
        let anchored = stored.iter().filter(|one| one.anchored);
        let stray = anchored
            .filter(|one| !anchors.contains(&(one.record, one.version, one.cipher_hash)))
            .count();
        if stray > 0 {
            return Err(BackupError::Anchors { count: stray });
        }
    }
    Ok(stored.len())
}

/// Which of two files of blocks holds more.
fn longer(own: PathBuf, other: Option<&Path>) -> Result<PathBuf, BackupError> {
    let Some(other) = other else { return Ok(own) };
    let count = |path: &Path| Ok::<_, BackupError>(LedgerReader::open(path)?.count());
    Ok(if count(other)? > count(&own)? { other.to_owned() } else { own })
}

type Anchors = HashSet<(RecordId, u32, Hash)>;

/// Fills the engine's folder, and gives what the organisation anchored.
fn fill_engine(
    engine: EngineConfig,
    votes: VotesAgain,
    ledger: &Path,
    organisation: Option<AccountId>,
) -> Result<(BlockHeader, Anchors), BackupError> {
    let blocks = LedgerReader::open(ledger)?;
    let fill = move || {
        let mut anchors = Anchors::new();
        let filled =
            fill(&engine, votes, blocks, |block| anchored(block, organisation, &mut anchors));
        filled.map(|filled| (filled.last, anchors))
    };
    // A runtime of its own, which cannot be made on a thread of this one.
    let filled = std::thread::scope(|scope| scope.spawn(fill).join());
    let filled = filled.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    filled.map_err(|error| BackupError::Ledger { reason: error.to_string() })
}

/// Adds what the organisation anchored in a block.
fn anchored(block: &Block, organisation: Option<AccountId>, anchors: &mut Anchors) {
    for bytes in block.transactions() {
        let Ok(transaction) = Transaction::from_bytes(bytes) else { continue };
        if Some(transaction.body.sender) != organisation {
            continue;
        }
        for call in transaction.body.calls.iter().filter(|call| call.module == ModuleId::CONSENT) {
            if let Ok(ConsentTx::AnchorRecord(anchor)) =
                decode("consent call", call.payload.as_ref())
            {
                anchors.insert((anchor.record, anchor.version, anchor.cipher_hash));
            }
        }
    }
}
