//! A whole network on a simulated clock, network and disk: the same code as on real ones.
//!
//! A [`Plan`] says which nodes there are, what happens to them when, and who submits what; [`run`]
//! carries it out and gives a [`Report`]. The same plan gives the same report, to the last message:
//! everything that looks random follows from [`Plan::seed`].

mod check;
mod disk;
mod machine;
mod node;
mod record;
mod wire;
mod world;

#[cfg(test)]
mod tests;

pub use disk::DiskFault;
pub use machine::ClockFault;

pub(crate) use check::check_after;
pub(crate) use node::AfterCommit;

use crate::{Application, CommittedBlock, NodeSecret};
use bytes::Bytes;
use salus_mempool::{Admission, AdmissionError, Expiry, Journal, Mempool, Segment};
use salus_state::{ReadSet, StateKey};
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
    /// Least time on the way.
    pub latency: Duration,
    /// Mean of what is added to it; at most twice as much is.
    pub jitter: Duration,
    /// How many of a hundred messages are lost, 0 to 100.
    pub loss_percent: u8,
    /// How many of a hundred messages arrive twice, 0 to 100.
    pub duplicate_percent: u8,
    /// How many of a hundred messages may overtake those before them, 0 to 100.
    pub reorder_percent: u8,
}

impl Default for LinkQuality {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(8),
            jitter: Duration::from_millis(3),
            loss_percent: 0,
            duplicate_percent: 0,
            reorder_percent: 0,
        }
    }
}

/// A node of the simulated network.
#[derive(Clone, Debug)]
pub struct SimNode {
    /// Its key. Validators of the network file come first, by convention of the caller.
    pub secret: NodeSecret,
    /// When it starts, from the beginning.
    pub start_at: Duration,
    /// Whether it keeps to the rules. What one that does not is told and commits counts for nothing.
    pub honest: bool,
}

/// How a node treats its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// By the rules.
    #[default]
    Honest,
    /// Sends nothing at all, and hears everything.
    Silent,
    /// Never sends a block that it proposed or has, and votes all the same.
    Withholder,
    /// Sends what it has sent or heard before once more, to anybody.
    Replayer,
    /// Never learns of transactions that clients gave to others, so that it proposes none of them.
    Censor,
    /// One of two nodes with one key, each of which speaks with half of the others: together they
    /// propose two blocks in one view and vote for both.
    Twin {
        /// Whether it is the first of the two.
        first: bool,
    },
}

/// Something that happens to the network. Nodes are given by their position in [`Plan::nodes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimEvent {
    /// A node loses power at once. What it had not synced is lost, kept or torn.
    Crash(usize),
    /// A node loses power at the write that is so many writes ahead.
    CrashAtWrite(usize, u64),
    /// A node that has crashed starts again on what it had on disk.
    Restart(usize),
    /// Nodes of different groups do not hear each other; a node in no group hears nobody.
    Partition(Vec<Vec<usize>>),
    /// The first of each pair is not heard by the second; everybody else is heard by everybody.
    Cut(Vec<(usize, usize)>),
    /// All nodes hear each other again.
    Heal,
    /// All links become like this.
    Links(LinkQuality),
    /// All links of one node become like this.
    NodeLinks(usize, LinkQuality),
    /// A node's disk becomes as bad as this.
    Disk(usize, DiskFault),
    /// A node's clock becomes as wrong as this.
    Clock(usize, ClockFault),
    /// A node treats its messages like this.
    Behave(usize, Behaviour),
    /// Every fault ends, and every node that has stopped starts again; corrupt nodes stay corrupt.
    Calm,
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

    /// From now on the journal's disk is full, or has room again.
    fn journal_full(&self, node: usize, full: bool);

    /// Whether a transaction is in a block that the node has committed.
    fn is_final(&self, node: usize, transaction: &TransactionHash) -> bool;

    /// The run ends, and this node runs.
    fn ended(&self, node: usize, mempool: &Mempool);

    /// Keys that the node is to prove the values of, now that it has committed this block.
    fn to_prove(&self, node: usize, block: &CommittedBlock) -> Vec<StateKey>;

    /// Such a proof: the entry under the key, if there is one, and what shows it.
    fn proved(
        &self,
        node: usize,
        block: &CommittedBlock,
        key: StateKey,
        entry: Option<&Bytes>,
        proof: &Bytes,
    );
}

/// A time without faults at the end of a run, in which the network must recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calm {
    /// When every fault ends, from the beginning.
    pub at: Duration,
    /// Blocks that every node must commit on top of the highest there was then.
    pub blocks: u64,
    /// How long that may take.
    pub within: Duration,
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
    /// Ends the run when all nodes that run have committed this height and no event is ahead;
    /// unless there is a calm, with which a run takes all its time.
    pub until_height: Height,
    /// When faults end.
    pub calm: Option<Calm>,
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
    /// How long after the calm began all nodes had the blocks that they must then have.
    pub recovered: Option<Duration>,
    /// Blocks of one honest node that their certificates prove final, from the network file alone.
    pub certified: u64,
    /// Faults that happened, by kind.
    pub faults: BTreeMap<String, u64>,
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
/// with; and [`crate::EngineError::Failed`] when the simulation itself panicked.
pub fn run(plan: Plan) -> Result<Report, crate::EngineError> {
    world::run(plan)
}
