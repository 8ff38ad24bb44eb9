//! How a node begins that has no state: where to copy it, who has it, and that they let this node in.
//!
//! Members are asked over their APIs. What they say is believed as far as it is proved from the
//! network file: the highest anchor that verifies is taken. Who lies can offer an old one, which costs
//! time, or none.

use crate::{
    Home, NodeConfig, NodeError, chain::Chain, config::Sync, error::storage, home::write_new,
    index::ValidatorChange,
};
use futures::future::join_all;
use salus_api::{
    client::{Client, Patience},
    view::StatusAnswer,
};
use salus_engine::JoinPoint;
use salus_proof::{Anchor, Anchored};
use salus_types::{Height, NetworkFile, NodeRecord};
use std::{fs, time::Duration};

/// Stands in the engine's folder of a node that began with a copy of the state.
const COPYING: &str = "copied";

/// With what a node begins.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// Where to copy the state; none to go on from its own, or to execute every block.
    pub(crate) point: Option<JoinPoint>,
    /// Peers that members name.
    pub(crate) peers: Vec<NodeRecord>,
}

/// What a member says.
struct Told {
    status: StatusAnswer,
    peers: Vec<NodeRecord>,
    anchored: Option<Anchored>,
}

/// Asks members how this node is to begin.
///
/// # Errors
///
/// The first that applies: [`NodeError::TooFarBehind`]: no member has the next block;
/// those of the index.
pub(crate) async fn beginning(
    home: &Home,
    has_blocks: bool,
    config: &NodeConfig,
    network: &NetworkFile,
    chain: &Chain,
    apis: &[String],
) -> Result<Beginning, NodeError> {
    let own = chain.last()?.map(|(height, _)| height);
    // A home that was restored has blocks and no index; a copy that was interrupted has them too.
    let copying = home.engine().join(COPYING);
    let empty = own.is_none() && (!has_blocks || copying.exists());
    let copy = empty && config.sync == Sync::State;
    let asked = apis.iter().filter(|api| !api.is_empty()).map(|api| ask(api, network, copy));
    let told: Vec<Told> = join_all(asked).await.into_iter().flatten().collect();

    let ahead: Vec<_> = told.iter().filter(|told| told.status.network == network.id()).collect();
    if let Some(own) = own {
        let oldest = ahead.iter().map(|told| told.status.oldest).min();
        let missing = oldest.filter(|oldest| *oldest > own.next());
        if let Some(oldest) = missing {
            return Err(NodeError::TooFarBehind { own, oldest });
        }
    }
    let mut peers: Vec<NodeRecord> = Vec::new();
    for node in told.iter().flat_map(|told| &told.peers) {
        if !peers.iter().any(|known| known.key == node.key) {
            peers.push(node.clone());
        }
    }
    let anchored = told.into_iter().filter_map(|told| told.anchored);
    let Some(best) = anchored.max_by_key(|anchored| anchored.header.height) else {
        return Ok(Beginning { point: None, peers });
    };
    let changes = best.changes.into_iter().map(|(header, validators, certificate)| {
        (ValidatorChange { header, validators }, certificate)
    });
    chain.put_changes(&changes.collect::<Vec<_>>())?;
    if !copying.exists() {
        fs::create_dir_all(home.engine()).map_err(storage(&copying, "made"))?;
        write_new(&copying, b"", 0o644)?;
    }
    let point = JoinPoint {
        header: best.header,
        certificate: best.certificate.into(),
        deciding: best.deciding,
    };
    Ok(Beginning { point: Some(point), peers })
}

async fn ask(api: &str, network: &NetworkFile, copy: bool) -> Option<Told> {
    let patience = Patience {
        attempts_max: 1,
        connect_max: Duration::from_millis(500),
        answer_max: Duration::from_secs(3),
        ..Patience::default()
    };
    let client = Client::with_patience(api, patience).ok()?;
    let status = client.status().await.ok()?;
    if !copy {
        return Some(Told { status, peers: Vec::new(), anchored: None });
    }
    let peers = client.validators().await.map(|answer| answer.value).unwrap_or_default();
    let anchored = match client.proof("anchor").await {
        Ok(bytes) => Anchor::verify(&bytes, network)
            .inspect_err(|error| tracing::warn!(%api, code = error.code(), "an anchor is refused"))
            .ok(),
        Err(error) => {
            tracing::debug!(%api, %error, "a member offers no anchor");
            None
        }
    };
    Some(Told { status, peers, anchored })
}

/// Whether a height is far enough below another for a node to copy the state there.
pub(crate) fn anchor_height(
    applied: Height,
    validity_blocks: u64,
    network: &NetworkFile,
) -> Option<Height> {
    let epoch = network.parameters.epoch_blocks;
    let above = applied.0.checked_sub(validity_blocks)?.checked_add(1)?;
    let end = above.checked_div(epoch)?.checked_mul(epoch)?.checked_sub(1)?;
    Some(Height(end))
}
