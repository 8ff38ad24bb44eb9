//! What comes before a measurement: a folder, accounts on the ledger, transactions signed ahead.

use super::{load::Load, network, sender::Sender, workload::Source};
use crate::{problem::Problem, progress, session::Session};
use anyhow::Context as _;
use salus_api::client::Client;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Blocks kept between the end of a transaction's validity and the bound of the network.
const VALIDITY_MARGIN: u64 = 20;

/// Where a run's network is: the home that was given, or a folder that goes with this value.
#[derive(Debug)]
pub(crate) enum RunFolder {
    /// Given.
    Given(PathBuf),
    /// Made for this run.
    Temporary(tempfile::TempDir),
}

impl RunFolder {
    /// The folder of a run; `keep` leaves one that was made where it is.
    pub(crate) fn of(session: &Session, keep: bool) -> anyhow::Result<Self> {
        if let Some(home) = session.home() {
            return Ok(Self::Given(home.to_path_buf()));
        }
        let temporary = tempfile::Builder::new()
            .prefix(&network::run_name())
            .disable_cleanup(keep)
            .tempdir()
            .context("no temporary folder could be made")?;
        Ok(Self::Temporary(temporary))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// Registers the accounts and signs so many transactions ahead; returns for how many blocks
/// transactions may be valid.
pub(crate) async fn prepare(
    senders: &Arc<Vec<Sender>>,
    source: &Arc<Source>,
    ahead: u64,
) -> anyhow::Result<u64> {
    let client = &senders[0].client;
    let public = client.network().await?;
    let validity = public.parameters.validity_blocks.saturating_sub(VALIDITY_MARGIN);
    source.valid_until(client.status().await?.height.after(validity));
    let registrations = source.registrations();
    let accounts = registrations.len() as u64;
    let bar = progress::bar("Registering accounts", accounts);
    let load = Load {
        senders: Arc::clone(senders),
        source: Arc::clone(source),
        record: None,
        progress: bar.clone(),
    };
    let registered = load.send_all(registrations).await?;
    bar.finish_and_clear();
    if registered.committed != accounts {
        return Err(Problem::failed(
            "bench.accounts",
            format!(
                "{} of {accounts} accounts were registered; refused: {:?}",
                registered.committed, registered.refused
            ),
            "run it again with --home DIR and look at the logs beside the validators' homes",
        ));
    }
    let bar = progress::bar("Signing ahead", ahead);
    source.valid_until(client.status().await?.height.after(validity));
    let (maker, shown) = (Arc::clone(source), bar.clone());
    tokio::task::spawn_blocking(move || maker.prepare(ahead, &shown)).await?;
    bar.finish_and_clear();
    Ok(validity)
}

/// Keeps what is signed from now on valid.
pub(crate) async fn keep_valid(client: Client, source: Arc<Source>, validity: u64) {
    loop {
        if let Ok(status) = client.status().await {
            source.valid_until(status.height.after(validity));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
