//! Carrying out a plan.

mod events;

use super::{
    Clients, NodeReport, Plan, Report, SimEvent, Submission,
    check::check_certificates,
    disk::{Disk, POWER_LOST},
    machine::{Machine, WrongClock, text},
    node::{self, Start},
    record::Record,
    wire::Wire,
};
use crate::{EngineConfig, EngineError, block::public_key};
use commonware_runtime::{
    Clock as _, Runner as _, Supervisor as _,
    deterministic::{self, Context},
};
use salus_mempool::Origin;
use salus_types::Height;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const STACK_BYTES: usize = 16 * 1024 * 1024;
/// How often the run looks what is to be done, in simulated time.
const POLL: Duration = Duration::from_millis(50);
/// How long a node that stopped by itself is down before it is started again.
const RESTART: Duration = Duration::from_secs(1);
/// The same, at most, when it keeps stopping.
const RESTART_MAX: Duration = Duration::from_secs(8);

enum Happening {
    Start(usize),
    Event(SimEvent),
    Submit(Submission),
}

/// What a node has whether it runs or not.
struct Home {
    disk: Disk,
    clock: WrongClock,
    running: Option<node::Running>,
    /// It stopped by itself, and starts again then.
    restart: Option<SystemTime>,
    /// How often it stopped by itself since its disk is bad.
    stops: u32,
    /// Whether its disk has faults, so that it may stop by itself.
    may_stop: bool,
    /// Whether its disk has lied, after which its files may contradict each other.
    lied_to: bool,
}

struct World {
    context: Context,
    plan: Arc<Plan>,
    wire: Wire,
    homes: Vec<Home>,
    starts: u64,
    record: Record,
    began: SystemTime,
    /// The height that all honest nodes are to reach since the calm began.
    target: Option<Height>,
    recovered: Option<Duration>,
    faults: BTreeMap<&'static str, u64>,
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
        runner.start(|context| async move { World::new(context, plan)?.run().await })
    });
    let failed = |reason| EngineError::Failed { reason };
    let simulation = simulation.map_err(|error| failed(error.to_string()))?;
    simulation.join().unwrap_or_else(|panic| Err(failed(text(panic.as_ref()))))
}

impl World {
    fn new(context: Context, plan: Plan) -> Result<Self, EngineError> {
        let mut keys = Vec::new();
        let mut reports = Vec::new();
        let mut homes = Vec::new();
        for node in &plan.nodes {
            let key = node.secret.public();
            keys.push(public_key(key).ok_or(EngineError::BadNodeKey { key })?);
            let report = NodeReport { node: Some(key), ..NodeReport::default() };
            reports.push((report, node.honest));
            homes.push(Home {
                disk: Disk::new(context.child("disk")),
                clock: WrongClock::default(),
                running: None,
                restart: None,
                stops: 0,
                may_stop: false,
                lied_to: false,
            });
        }
        Ok(Self {
            wire: Wire::start(&context, keys, plan.links),
            homes,
            starts: 0,
            record: Record::new(plan.seed, reports, plan.check.clone()),
            began: context.current(),
            target: None,
            recovered: None,
            faults: BTreeMap::new(),
            plan: Arc::new(plan),
            context,
        })
    }

    /// Everything that is to happen, in the order of time; at one time, in the order of the plan.
    fn happenings(&self) -> Vec<(Duration, Happening)> {
        let starts = self.plan.nodes.iter().enumerate();
        let starts = starts.map(|(index, node)| (node.start_at, Happening::Start(index)));
        let events = self.plan.events.iter();
        let events = events.map(|(at, event)| (*at, Happening::Event(event.clone())));
        let submissions = self.plan.submissions.iter();
        let submissions = submissions.map(|one| (one.at, Happening::Submit(one.clone())));
        let calm = self.plan.calm.map(|calm| (calm.at, Happening::Event(SimEvent::Calm)));
        let mut all: Vec<_> = starts.chain(events).chain(submissions).chain(calm).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    fn at(&self) -> Duration {
        self.context.current().duration_since(self.began).unwrap_or_default()
    }

    async fn run(mut self) -> Result<Report, EngineError> {
        let end = self.began + self.plan.until_time;
        let mut ahead = self.happenings().into_iter().peekable();
        let mut reached = false;
        while !reached && self.context.current() < end {
            let due = ahead.peek().map(|(at, _)| self.began + *at);
            if due.is_some_and(|due| due <= self.context.current()) {
                if let Some((_, happening)) = ahead.next() {
                    self.happen(happening)?;
                }
                continue;
            }
            self.tend()?;
            self.ask_clients();
            let poll = self.context.current() + POLL;
            self.context.sleep_until(due.map_or(poll, |due| due.min(poll)).min(end)).await;
            self.note_recovery();
            reached = self.plan.calm.is_none()
                && ahead.peek().is_none()
                && self.all_reached(self.plan.until_height);
        }
        self.check_refusals();
        self.tell_clients_the_end();
        let certified = self.check_certificates().await;
        let mut report = self.record.report();
        let within = self.plan.calm.map(|calm| calm.within);
        report.reached =
            reached || self.recovered.is_some_and(|after| within.is_some_and(|max| after <= max));
        report.recovered = self.recovered;
        report.certified = certified;
        report.elapsed = self.at();
        report.auditor = self.context.auditor().state();
        let mut faults = self.faults.clone();
        for counts in self.homes.iter().map(|home| home.disk.counts()).chain([self.wire.counts()]) {
            for (what, count) in counts {
                *faults.entry(what).or_default() += count;
            }
        }
        report.faults = faults.into_iter().map(|(what, count)| (what.to_owned(), count)).collect();
        for (node, home) in report.nodes.iter_mut().zip(&self.homes) {
            node.running = home.running.is_some();
        }
        Ok(report)
    }

    /// Takes away nodes that have ended, and starts those again whose time has come.
    fn tend(&mut self) -> Result<(), EngineError> {
        let now = self.context.current();
        for index in 0..self.homes.len() {
            let cause = self.homes[index].running.as_ref().and_then(|node| node.life.cause());
            if let Some(cause) = cause {
                self.bury(index, &cause);
            }
            if self.homes[index].restart.is_some_and(|at| at <= now) {
                self.start(index)?;
            }
        }
        Ok(())
    }

    /// A node has ended by itself, or at a write.
    fn bury(&mut self, index: usize, cause: &str) {
        let power = cause == POWER_LOST;
        self.end(index);
        let calm = self.target.is_some();
        let home = &mut self.homes[index];
        let delay = RESTART.saturating_mul(1 << home.stops.min(3)).min(RESTART_MAX);
        home.restart = Some(self.context.current() + delay);
        home.stops += u32::from(!power);
        if power {
            self.count("crash_at_write");
        } else if home.may_stop || home.lied_to {
            if home.lied_to && (calm || home.stops > 2) {
                // What the operator of a node with contradicting files does.
                home.disk.replace();
                self.count("disk_replaced");
            }
            self.count("stop_for_bad_disk");
        } else if self.record.is_honest(index) {
            self.record.failed(format!("node {index} stopped by itself: {cause}"));
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.faults.entry(what).or_default() += 1;
    }

    fn ask_clients(&mut self) {
        let Some(clients) = self.plan.clients.clone() else { return };
        self.report_expiries(clients.as_ref());
        let open = |index: &usize| {
            let node = self.homes[*index].running.as_ref();
            node.is_some_and(node::Running::is_open) && self.record.is_honest(*index)
        };
        let running: Vec<_> = (0..self.homes.len()).filter(open).collect();
        for (index, bytes) in clients.submissions(self.at(), &running) {
            let Some(node) = self.homes.get(index).and_then(|home| home.running.as_ref()) else {
                continue;
            };
            let answers = node.mempool.admit(node.lane, Origin::Local, vec![bytes.clone()]);
            for answer in &answers {
                clients.answered(index, &bytes, answer);
            }
        }
    }

    fn report_expiries(&mut self, clients: &dyn Clients) {
        for (index, home) in self.homes.iter_mut().enumerate() {
            let Some(node) = &mut home.running else { continue };
            while let Ok(expiry) = node.expiries.try_recv() {
                if self.record.is_honest(index) {
                    clients.expired(index, &expiry);
                }
            }
        }
    }

    fn tell_clients_the_end(&mut self) {
        let Some(clients) = self.plan.clients.clone() else { return };
        self.report_expiries(clients.as_ref());
        for (index, home) in self.homes.iter().enumerate() {
            if let Some(node) = &home.running {
                clients.ended(index, &node.mempool);
            }
        }
    }

    fn all_reached(&self, height: Height) -> bool {
        let counted = self.homes.iter().enumerate().filter(|(index, home)| {
            let expected = home.running.is_some() || self.target.is_some();
            expected && self.record.is_honest(*index)
        });
        let mut heights = counted.map(|(index, _)| self.record.height(index)).peekable();
        heights.peek().is_some() && heights.all(|reached| reached >= height)
    }

    fn note_recovery(&mut self) {
        let (Some(target), Some(calm), None) = (self.target, self.plan.calm, self.recovered) else {
            return;
        };
        if self.all_reached(target) {
            self.recovered = Some(self.at().saturating_sub(calm.at));
        }
    }

    /// Honest nodes on good disks never give each other a reason not to listen.
    fn check_refusals(&self) {
        let good = |index: usize| self.record.is_honest(index) && !self.homes[index].lied_to;
        for (one, other) in self.wire.refusals() {
            if good(one) && good(other) {
                self.record.failed(format!("node {one} refuses to hear the honest node {other}"));
            }
        }
    }

    /// What one honest node on a good disk stores proves itself to strangers.
    async fn check_certificates(&self) -> u64 {
        let good = |(index, home): &(usize, &Home)| {
            self.record.is_honest(*index) && !home.lied_to && !home.may_stop
        };
        let stores = self.homes.iter().enumerate().filter(good).filter_map(|(index, home)| {
            let node = home.running.as_ref().filter(|node| node.is_open())?;
            Some((index, node.blocks.get()?))
        });
        let stores: Vec<_> = stores.collect();
        let turn = usize::try_from(self.plan.seed).unwrap_or_default();
        let Some((index, blocks)) = stores.get(turn % stores.len().max(1)) else { return 0 };
        let checked = check_certificates(&self.plan.network, blocks).await;
        checked.unwrap_or_else(|reason| {
            self.record.failed(format!("the blocks of node {index} are no proof: {reason}"));
            0
        })
    }

    /// Takes a node away as it is.
    fn end(&mut self, index: usize) {
        if let Some(clients) = self.plan.clients.clone() {
            self.report_expiries(clients.as_ref());
        }
        if let Some(node) = self.homes[index].running.take() {
            node.life.end("switched off");
            node.task.abort();
        }
    }

    fn start(&mut self, index: usize) -> Result<(), EngineError> {
        let Some(home) = self.homes.get_mut(index) else { return Ok(()) };
        home.restart = None;
        if home.running.is_some() {
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
        let start = Start {
            index,
            config: EngineConfig::new(self.plan.network.clone(), secret, "", nowhere),
            application: (self.plan.application)(index),
            record: self.record.clone(),
            clients: self.plan.clients.clone(),
        };
        let (disk, clock) = (home.disk.clone(), home.clock.clone());
        let machine = |context, life| Machine::new(context, disk, clock, life);
        self.homes[index].running = Some(node::start(context, machine, &self.wire, start)?);
        Ok(())
    }
}
