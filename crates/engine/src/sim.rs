//! A whole network on a simulated clock, network and disk: the same code as on real ones.
//!
//! A [`Plan`] says which nodes there are, what happens to them when, and who submits what; [`run`]
//! carries it out and gives a [`Report`]. The same plan gives the same report, to the last message:
//! everything that looks random follows from [`Plan::seed`].

mod check;
mod node;
mod record;
mod world;

#[cfg(test)]
mod tests;

pub(crate) use check::check_after;
pub(crate) use node::AfterCommit;

use crate::{Application, CommittedBlock, NodeSecret};
use bytes::Bytes;
use salus_mempool::{Admission, AdmissionError, Expiry, Journal, Mempool, Segment};
use salus_state::ReadSet;
use salus_types::{Hash, Height, NetworkFile, NodeKey, TransactionHash};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Makes the application of the node with this position, at each of its starts.
pub type ApplicationFactory = Arc<dyn Fn(usize) -> Arc<dyn Application> + Send + Sync>;

/// What must hold after each block, on each node: what is wrong, if anything is.
///
/// It sees the state after the block and is run again while keys are missing.
pub type Check =
    Arc<dyn Fn(usize, &CommittedBlock, &mut ReadSet) -> Result<(), String> + Send + Sync>;

/// How messages travel between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkQuality {
    /// Mean time on the way.
    pub latency: Duration,
    /// Standard deviation of that time.
    pub jitter: Duration,
    /// How many of a hundred messages are lost, 0 to 100.
    pub loss_percent: u8,
}

impl Default for LinkQuality {
    fn default() -> Self {
        let latency = Duration::from_millis(10);
        Self { latency, jitter: Duration::from_millis(3), loss_percent: 0 }
    }
}

/// A node of the simulated network.
#[derive(Clone, Debug)]
pub struct SimNode {
    /// Its key. Validators of the network file come first, by convention of the caller.
    pub secret: NodeSecret,
    /// When it starts, from the beginning.
    pub start_at: Duration,
}

/// Something that happens to the network. Nodes are given by their position in [`Plan::nodes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimEvent {
    /// A node stops at once, in the middle of whatever it does.
    Crash(usize),
    /// A node that has crashed starts again on what it had on disk.
    Restart(usize),
    /// Nodes of different groups do not hear each other; a node in no group hears nobody.
    Partition(Vec<Vec<usize>>),
    /// All nodes hear each other again.
    Heal,
    /// All links become like this.
    Links(LinkQuality),
}

/// A transaction that a client gives to a node.
#[derive(Clone, Debug)]
pub struct Submission {
    /// When, from the beginning.
    pub at: Duration,
    /// To which node; lost when it does not run then.
    pub node: usize,
    /// Its canonical bytes.
    pub transaction: Bytes,
}

/// Clients that decide as they go, and what of a node's mempool outlives its crashes.
///
/// Everything is called in turn, on the one thread of the simulation.
pub trait Clients: Send + Sync {
    /// What is submitted to which node now; asked every 50 ms of simulated time.
    fn submissions(&self, at: Duration, running: &[usize]) -> Vec<(usize, Bytes)>;

    /// The answer of a node to a submission.
    fn answered(&self, node: usize, bytes: &Bytes, answer: &Result<Admission, AdmissionError>);

    /// A node reports that what it had accepted has expired.
    fn expired(&self, node: usize, expiry: &Expiry);

    /// The journal of a node's mempool, which is still there after a crash.
    fn journal(&self, node: usize) -> Option<Arc<dyn Journal>>;

    /// What that journal holds.
    fn journalled(&self, node: usize) -> Vec<(Segment, Bytes)>;

    /// Whether a transaction is in a block that the node has committed.
    fn is_final(&self, node: usize, transaction: &TransactionHash) -> bool;

    /// The run ends, and this node runs.
    fn ended(&self, node: usize, mempool: &Mempool);
}

/// A simulation to run.
#[derive(Clone)]
pub struct Plan {
    /// From which everything random follows.
    pub seed: u64,
    /// The network; its genesis time is when the simulated clock starts.
    pub network: NetworkFile,
    /// The nodes, validators or not.
    pub nodes: Vec<SimNode>,
    /// How messages travel at the beginning.
    pub links: LinkQuality,
    /// What happens when, from the beginning; in any order.
    pub events: Vec<(Duration, SimEvent)>,
    /// Who submits what when; in any order.
    pub submissions: Vec<Submission>,
    /// Clients that decide as they go, beside `submissions`.
    pub clients: Option<Arc<dyn Clients>>,
    /// The applications.
    pub application: ApplicationFactory,
    /// What must hold after each block.
    pub check: Option<Check>,
    /// Ends the run when all nodes that run have committed this height and no event is ahead.
    pub until_height: Height,
    /// Ends the run at the latest, by the simulated clock.
    pub until_time: Duration,
}

/// How a node ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeReport {
    /// Its key.
    pub node: Option<NodeKey>,
    /// The highest block that it committed.
    pub height: Height,
    /// Whether it ran at the end.
    pub running: bool,
    /// Hash and state root of every block that it committed.
    pub blocks: BTreeMap<Height, (Hash, Hash)>,
}

/// How a simulation went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The seed, to run it again.
    pub seed: u64,
    /// Whether all nodes that ran reached the height in time.
    pub reached: bool,
    /// The nodes, in the order of the plan.
    pub nodes: Vec<NodeReport>,
    /// How many transactions were committed in all, by the blocks that any node committed.
    pub transactions: u64,
    /// What was wrong: two blocks at one height, or a failed check. Empty when all was well.
    pub failures: Vec<String>,
    /// Simulated time that passed.
    pub elapsed: Duration,
    /// A digest of everything that the runtime did, to compare runs of one seed.
    pub auditor: String,
}

impl Report {
    /// The height that all nodes have which run at the end.
    pub fn common_height(&self) -> Height {
        let running = self.nodes.iter().filter(|node| node.running);
        running.map(|node| node.height).min().unwrap_or_default()
    }
}

/// Runs a simulation to its end.
///
/// # Errors
///
/// [`crate::EngineError`] as at a start, when the plan's network file is not one that a node starts
/// with; and [`crate::EngineError::Failed`] when a node panicked.
pub fn run(plan: Plan) -> Result<Report, crate::EngineError> {
    world::run(plan)
}
