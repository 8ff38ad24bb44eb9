//! Carrying out a plan.

use super::{
    Clients, LinkQuality, NodeReport, Plan, Report, SimEvent, Submission, node, record::Record,
};
use crate::{EngineConfig, EngineError, block::public_key, node::message_bytes_max};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{
    Manager as _,
    simulated::{self, Link, Network, Oracle},
};
use commonware_runtime::{
    Clock as _, Runner as _, Supervisor as _,
    deterministic::{self, Context},
};
use commonware_utils::{NZUsize, ordered::Set, probability::Probability};
use salus_mempool::Origin;
use std::{
    any::Any,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const STACK_BYTES: usize = 16 * 1024 * 1024;
/// How often the run looks whether it is done, in simulated time.
const POLL: Duration = Duration::from_millis(50);

enum Happening {
    Start(usize),
    Event(SimEvent),
    Submit(Submission),
}

struct World {
    context: Context,
    plan: Arc<Plan>,
    oracle: Oracle<PublicKey, Context>,
    keys: Vec<PublicKey>,
    running: Vec<Option<node::Running>>,
    starts: u64,
    record: Record,
    links: LinkQuality,
    groups: Option<Vec<Vec<usize>>>,
}

/// Runs a plan to its end.
pub(crate) fn run(plan: Plan) -> Result<Report, EngineError> {
    crate::genesis::genesis(&plan.network)?;
    let start = UNIX_EPOCH + Duration::from_millis(plan.network.genesis_time.unix_ms());
    let config = deterministic::Config::new().with_seed(plan.seed).with_start_time(start);
    let runner = deterministic::Runner::new(config);
    // A thread of its own for the room on its stack that futures of a debug build take.
    let thread = std::thread::Builder::new().name("salus-sim".to_owned()).stack_size(STACK_BYTES);
    let simulation = thread.spawn(move || {
        runner.start(|context| async move { World::new(context, plan).await?.run().await })
    });
    let failed = |reason| EngineError::Failed { reason };
    let simulation = simulation.map_err(|error| failed(error.to_string()))?;
    simulation.join().unwrap_or_else(|panic| Err(failed(text(panic.as_ref()))))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a node panicked").to_owned()
}

fn link(quality: LinkQuality) -> Link {
    let delivered = 100 - u64::from(quality.loss_percent.min(100));
    Link {
        latency: quality.latency,
        jitter: quality.jitter,
        success_rate: Probability::new(delivered, 100).expect("at most one"),
    }
}

impl World {
    async fn new(context: Context, plan: Plan) -> Result<Self, EngineError> {
        let mut keys = Vec::new();
        let mut reports = Vec::new();
        for node in &plan.nodes {
            let key = node.secret.public();
            keys.push(public_key(key).ok_or(EngineError::BadNodeKey { key })?);
            reports.push(NodeReport { node: Some(key), ..NodeReport::default() });
        }
        let (network, oracle) = Network::new(
            context.child("network"),
            simulated::Config {
                max_size: message_bytes_max(),
                max_peers_per_set: NonZeroUsize::new(keys.len()).unwrap_or(NZUsize!(1)),
                disconnect_on_block: true,
                tracked_peer_sets: NZUsize!(1),
            },
        );
        network.start();
        let all = Set::from_iter_dedup(keys.iter().cloned());
        let _ = oracle.manager().track(0, all);
        let world = Self {
            context,
            running: keys.iter().map(|_| None).collect(),
            starts: 0,
            record: Record::new(plan.seed, reports, plan.check.clone()),
            links: plan.links,
            groups: None,
            plan: Arc::new(plan),
            oracle,
            keys,
        };
        world.link_all(false).await;
        Ok(world)
    }

    /// Everything that is to happen, in the order of time; at one time, in the order of the plan.
    fn happenings(&self) -> Vec<(Duration, Happening)> {
        let starts = self.plan.nodes.iter().enumerate();
        let starts = starts.map(|(index, node)| (node.start_at, Happening::Start(index)));
        let events = self.plan.events.iter();
        let events = events.map(|(at, event)| (*at, Happening::Event(event.clone())));
        let submissions = self.plan.submissions.iter();
        let submissions = submissions.map(|one| (one.at, Happening::Submit(one.clone())));
        let mut all: Vec<_> = starts.chain(events).chain(submissions).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    async fn run(mut self) -> Result<Report, EngineError> {
        let began = self.context.current();
        let end = began + self.plan.until_time;
        let mut ahead = self.happenings().into_iter().peekable();
        let mut reached = false;
        while !reached && self.context.current() < end {
            let due = ahead.peek().map(|(at, _)| began + *at);
            if due.is_some_and(|due| due <= self.context.current()) {
                if let Some((_, happening)) = ahead.next() {
                    self.happen(happening).await?;
                }
                continue;
            }
            self.ask_clients(began);
            let poll = self.context.current() + POLL;
            self.context.sleep_until(due.map_or(poll, |due| due.min(poll)).min(end)).await;
            reached = ahead.peek().is_none() && self.all_reached();
        }
        self.tell_clients_the_end();
        let mut report = self.record.report();
        report.reached = reached;
        report.elapsed = self.context.current().duration_since(began).unwrap_or_default();
        report.auditor = self.context.auditor().state();
        for (node, running) in report.nodes.iter_mut().zip(&self.running) {
            node.running = running.is_some();
        }
        Ok(report)
    }

    fn ask_clients(&mut self, began: SystemTime) {
        let Some(clients) = self.plan.clients.clone() else { return };
        self.report_expiries(clients.as_ref());
        let running: Vec<_> =
            (0..self.running.len()).filter(|node| self.running[*node].is_some()).collect();
        let at = self.context.current().duration_since(began).unwrap_or_default();
        for (index, bytes) in clients.submissions(at, &running) {
            let Some(node) = self.running.get(index).and_then(Option::as_ref) else { continue };
            let answers = node.mempool.admit(node.lane, Origin::Local, vec![bytes.clone()]);
            for answer in &answers {
                clients.answered(index, &bytes, answer);
            }
        }
    }

    fn report_expiries(&mut self, clients: &dyn Clients) {
        for (index, node) in self.running.iter_mut().enumerate() {
            let Some(node) = node else { continue };
            while let Ok(expiry) = node.expiries.try_recv() {
                clients.expired(index, &expiry);
            }
        }
    }

    fn tell_clients_the_end(&mut self) {
        let Some(clients) = self.plan.clients.clone() else { return };
        self.report_expiries(clients.as_ref());
        for (index, node) in self.running.iter().enumerate() {
            if let Some(node) = node {
                clients.ended(index, &node.mempool);
            }
        }
    }

    fn all_reached(&self) -> bool {
        let running = self.running.iter().enumerate().filter(|(_, node)| node.is_some());
        let mut heights = running.map(|(index, _)| self.record.height(index)).peekable();
        heights.peek().is_some() && heights.all(|height| height >= self.plan.until_height)
    }

    async fn happen(&mut self, happening: Happening) -> Result<(), EngineError> {
        match happening {
            Happening::Start(index) | Happening::Event(SimEvent::Restart(index)) => {
                self.start(index).await?;
            }
            Happening::Submit(submission) => {
                if let Some(node) = self.running.get(submission.node).and_then(Option::as_ref) {
                    // A refusal is the client's affair; what counts is what is committed.
                    let _ =
                        node.mempool.admit(node.lane, Origin::Local, vec![submission.transaction]);
                }
            }
            Happening::Event(SimEvent::Crash(index)) => {
                if let Some(clients) = self.plan.clients.clone() {
                    self.report_expiries(clients.as_ref());
                }
                if let Some(node) = self.running.get_mut(index).and_then(Option::take) {
                    node.task.abort();
                }
            }
            Happening::Event(SimEvent::Partition(groups)) => {
                self.groups = Some(groups);
                self.link_all(true).await;
            }
            Happening::Event(SimEvent::Heal) => {
                self.groups = None;
                self.link_all(true).await;
            }
            Happening::Event(SimEvent::Links(quality)) => {
                self.links = quality;
                self.link_all(true).await;
            }
        }
        Ok(())
    }

    async fn start(&mut self, index: usize) -> Result<(), EngineError> {
        let Some(slot) = self.running.get(index) else { return Ok(()) };
        if slot.is_some() {
            return Ok(());
        }
        self.starts += 1;
        let context = self
            .context
            .child("node")
            .with_attribute("index", index)
            .with_attribute("start", self.starts);
        let secret = self.plan.nodes[index].secret.clone();
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let config = EngineConfig::new(self.plan.network.clone(), secret, "", nowhere);
        let application = (self.plan.application)(index);
        let record = self.record.clone();
        let clients = self.plan.clients.clone();
        let started =
            node::start(context, index, config, application, &self.oracle, record, clients);
        self.running[index] = Some(started.await?);
        Ok(())
    }

    fn connected(&self, one: usize, other: usize) -> bool {
        let together = |groups: &Vec<Vec<usize>>| {
            groups.iter().any(|g| g.contains(&one) && g.contains(&other))
        };
        self.groups.as_ref().is_none_or(together)
    }

    async fn link_all(&self, linked: bool) {
        for (one, from) in self.keys.iter().enumerate() {
            for (other, to) in self.keys.iter().enumerate().filter(|(other, _)| *other != one) {
                if linked {
                    // Fails where there is no link, as after a partition.
                    let _ = self.oracle.remove_link(from.clone(), to.clone()).await;
                }
                if self.connected(one, other) {
                    let added = self.oracle.add_link(from.clone(), to.clone(), link(self.links));
                    added.await.expect("the simulated network runs");
                }
            }
        }
    }
}
