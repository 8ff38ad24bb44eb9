//! Settings of one node's engine. What all nodes must agree on is in the network file or in state.

use crate::JoinPoint;
use commonware_codec::DecodeExt as _;
use commonware_cryptography::{Signer as _, ed25519};
use salus_types::{
    BlockTime, LedgerParameters, NetworkFile, NodeKey, NodeRecord, block::PROTOCOL_VERSION_MAX,
};
use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// Room for peers beyond the first validators, as a rule: guests, observers, later validators.
const PEERS_SPARE: usize = 24;

/// Least number of blocks that every node keeps, whatever the network's parameters say.
const BLOCKS_KEPT_MIN: u64 = 2048;

/// Blocks for which the log of the state is kept beyond two epochs.
const LOG_BLOCKS_SPARE: u64 = 64;

/// The Ed25519 secret key that identifies a node and signs its votes.
#[derive(Clone)]
pub struct NodeSecret(ed25519::PrivateKey);

impl NodeSecret {
    /// From the 32 secret bytes of RFC 8032.
    ///
    /// # Panics
    ///
    /// Never: every 32 bytes are a secret key.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let key = ed25519::PrivateKey::decode(bytes::Bytes::copy_from_slice(&seed));
        Self(key.expect("every 32 bytes are a secret key"))
    }

    /// The public key.
    pub fn public(&self) -> NodeKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        NodeKey(key)
    }

    pub(crate) fn signer(&self) -> &ed25519::PrivateKey {
        &self.0
    }
}

impl fmt::Debug for NodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeSecret([redacted], public {})", self.public())
    }
}

/// Settings of one node's engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The network.
    pub network: NetworkFile,
    /// The key of this node.
    pub secret: NodeSecret,
    /// The engine's own folder; created if it is missing. One process at a time.
    pub folder: PathBuf,
    /// Address to listen on for peers; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// Peers to follow beside those that the ledger names, for a node that joins. Empty as a rule.
    pub peers: Vec<NodeRecord>,
    /// Most nodes, not named by the ledger, that may follow from here.
    pub guests_max: usize,
    /// Most peers, this node counted; queues for that many take memory from the start. When the
    /// ledger names more, some are left out, and the log says so.
    pub peers_max: usize,
    /// Threads of the engine's runtime, from 1.
    pub worker_threads: usize,
    /// Blocks whose changes are kept in memory, so that reads at recent heights can be answered.
    pub history_blocks_max: usize,
    /// Most bytes of such changes.
    pub history_bytes_max: usize,
    /// Memory for pages of the store, in bytes.
    pub page_cache_bytes: usize,
    /// Blocks that are kept behind the newest, with their certificates; none keeps all. Fewer than a
    /// node that joins needs are not kept, whatever this says.
    pub blocks_kept: Option<u64>,
    /// Where to copy the state, for a node without any; none to execute every block from the first.
    /// Without effect once the node has a state.
    pub join: Option<JoinPoint>,
    /// How long votes wait for a leader that has something to propose, beyond the idle interval.
    pub leader_grace: Duration,
    /// The highest protocol version to follow: what this program knows, as a rule.
    pub protocol_version_max: u16,
    /// For a node whose votes were lost: it does not vote in epochs that began up to this time. Read
    /// from the folder when the engine starts.
    pub(crate) quiet_until: Option<BlockTime>,
    /// How long after its parent a block is built that would hold only a few transactions. A block
    /// has its price, however few it holds; this many share it.
    pub gather: Duration,
}

impl EngineConfig {
    /// Least number of blocks that every node keeps behind the newest: as long as a node that copies
    /// the state at the end of an epoch may need them.
    pub fn blocks_kept_min(parameters: &LedgerParameters) -> u64 {
        let window = parameters.validity_blocks.saturating_add(parameters.epoch_blocks);
        window.saturating_mul(2).max(BLOCKS_KEPT_MIN)
    }

    /// Blocks for which the log of the state is kept. A node that copies the state follows the ends of
    /// epochs meanwhile, so that what it copies is no older than two epochs, whatever it began with.
    pub(crate) fn log_kept(parameters: &LedgerParameters) -> u64 {
        let followed = parameters.epoch_blocks.saturating_mul(2).saturating_add(LOG_BLOCKS_SPARE);
        followed.min(Self::blocks_kept_min(parameters))
    }

    /// Usual settings for this network, node, folder and address.
    pub fn new(
        network: NetworkFile,
        secret: NodeSecret,
        folder: impl Into<PathBuf>,
        listen: SocketAddr,
    ) -> Self {
        let peers_max = network.validators.nodes().len() + PEERS_SPARE;
        Self {
            network,
            secret,
            folder: folder.into(),
            listen,
            peers: Vec::new(),
            guests_max: 8,
            peers_max,
            worker_threads: 2,
            history_blocks_max: 256,
            history_bytes_max: 16 * 1024 * 1024,
            page_cache_bytes: 16 * 1024 * 1024,
            blocks_kept: None,
            join: None,
            leader_grace: Duration::from_millis(300),
            protocol_version_max: PROTOCOL_VERSION_MAX,
            quiet_until: None,
            gather: Duration::from_millis(40),
        }
    }
}
