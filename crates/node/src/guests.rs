//! A node that is not on the ledger asks members to let it follow as their guest.

use crate::{keys::Secrets, ledger::LocalLedger};
use salus_api::{
    PeerRequest,
    client::{Client, Patience},
};
use salus_types::{AccountId, NetworkId, NodeRecord, TextMax};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Pause between two rounds of asking, while the node has no peer.
const PAUSE: Duration = Duration::from_secs(2);
/// A guest asks again after this long, well before a member forgets it.
const RENEW: Duration = Duration::from_secs(20 * 60);
/// Pause between two rounds while some members are not connected, or to look whether they still are.
const LOOK: Duration = Duration::from_secs(10);

/// Asks every API of `bootstrap` to be let follow, again while fewer peers than these are connected.
pub(crate) async fn ask(
    ledger: LocalLedger,
    secrets: Secrets,
    address: TextMax<255>,
    bootstrap: Vec<String>,
    mut stop: watch::Receiver<bool>,
) {
    let node = record(&secrets, address);
    tokio::select! {
        () = ask_for_ever(&ledger, &secrets, &node, &bootstrap) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// This node, as members let it follow.
pub(crate) fn record(secrets: &Secrets, address: TextMax<255>) -> NodeRecord {
    let organisation = secrets.organisation.account.unwrap_or(AccountId([0; 32]));
    NodeRecord { key: secrets.node.public(), organisation, address, api: TextMax::default() }
}

/// Asks every API of `bootstrap` again and again, while the node has no engine yet to count peers.
pub(crate) async fn announce(
    network: NetworkId,
    secrets: Secrets,
    node: NodeRecord,
    bootstrap: Vec<String>,
) {
    loop {
        for api in &bootstrap {
            if let Err(reason) = ask_one(network, &secrets, &node, api).await {
                tracing::debug!(%api, %reason, "a member does not let this node follow yet");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn ask_for_ever(
    ledger: &LocalLedger,
    secrets: &Secrets,
    node: &NodeRecord,
    bootstrap: &[String],
) {
    let mut asked: Option<Instant> = None;
    loop {
        let peers = ledger.engine.status().await.peers;
        let due = asked.is_none_or(|at| at.elapsed() > RENEW);
        // A member that was started again has forgotten its guests, and each forgets them in time.
        if peers < bootstrap.len() || due {
            asked = Some(Instant::now());
            for api in bootstrap {
                if let Err(reason) = ask_one(ledger.network_id, secrets, node, api).await {
                    tracing::debug!(%api, %reason, "a member does not let this node follow yet");
                }
            }
        }
        tokio::time::sleep(if peers == 0 { PAUSE } else { LOOK }).await;
    }
}

async fn ask_one(
    network: NetworkId,
    secrets: &Secrets,
    node: &NodeRecord,
    api: &str,
) -> Result<(), String> {
    let patience = Patience { attempts_max: 1, ..Patience::default() };
    let client = Client::with_patience(api, patience).map_err(|error| error.to_string())?;
    let status = client.status().await.map_err(|error| error.to_string())?;
    let request = PeerRequest::sign(network, status.height, node.clone(), &secrets.node_key);
    client.add_peer(&request).await.map_err(|error| error.to_string())
}
