//! What is done before the clock starts: accounts are registered and transactions are signed.

use super::{load::Load, sender::Sender, workload::Source};
use crate::{problem::Problem, progress};
use salus_api::client::Client;
use std::{sync::Arc, time::Duration};

/// Registers the accounts of a source and signs so many transactions ahead, each valid for so many
/// blocks.
pub(crate) async fn prepare(
    senders: &Arc<Vec<Sender>>,
    source: &Arc<Source>,
    ahead: u64,
    validity: u64,
) -> anyhow::Result<()> {
    let client = &senders[0].client;
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
            "run it again with --keep and look at the logs beside the validators' homes",
        ));
    }
    let bar = progress::bar("Signing ahead", ahead);
    source.valid_until(client.status().await?.height.after(validity));
    let (maker, shown) = (Arc::clone(source), bar.clone());
    tokio::task::spawn_blocking(move || maker.prepare(ahead, &shown)).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Keeps what is signed from now on valid, until it is aborted.
pub(crate) async fn keep_valid(client: Client, source: Arc<Source>, validity: u64) {
    loop {
        if let Ok(status) = client.status().await {
            source.valid_until(status.height.after(validity));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
