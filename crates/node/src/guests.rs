//! A node that is not on the ledger asks members to let it follow as their guest.

use crate::{keys::Secrets, ledger::LocalLedger};
use salus_api::{PeerRequest, client::Client};
use salus_types::{NodeRecord, TextMax};
use std::time::Duration;
use tokio::sync::watch;

/// Pause between two rounds of asking, while the node has no peer.
const PAUSE: Duration = Duration::from_secs(2);
/// Pause between two looks at whether peers are still there.
const LOOK: Duration = Duration::from_secs(10);

/// Asks every API of `bootstrap` to be let follow, again whenever no peer is connected.
pub(crate) async fn ask(
    ledger: LocalLedger,
    secrets: Secrets,
    address: TextMax<255>,
    bootstrap: Vec<String>,
    mut stop: watch::Receiver<bool>,
) {
    let organisation = secrets.organisation.account.unwrap_or(salus_types::AccountId([0; 32]));
    let node = NodeRecord { key: ledger.node, organisation, address, api: TextMax::default() };
    loop {
        let peers = ledger.engine.status().await.peers;
        if peers == 0 {
            for api in &bootstrap {
                if let Err(reason) = ask_one(&ledger, &secrets, &node, api).await {
                    tracing::info!(%api, %reason, "a member does not let this node follow yet");
                }
            }
        }
        let pause = if peers == 0 { PAUSE } else { LOOK };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => return,
        }
    }
}

async fn ask_one(
    ledger: &LocalLedger,
    secrets: &Secrets,
    node: &NodeRecord,
    api: &str,
) -> Result<(), String> {
    let client = Client::new(api).map_err(|error| error.to_string())?;
    let status = client.status().await.map_err(|error| error.to_string())?;
    let request =
        PeerRequest::sign(ledger.network_id, status.height, node.clone(), &secrets.node_key);
    client.add_peer(&request).await.map_err(|error| error.to_string())
}
