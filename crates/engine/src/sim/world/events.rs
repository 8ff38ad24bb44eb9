//! What happens to the nodes and the network of a simulation.

use super::{Happening, World};
use crate::{
    EngineError,
    sim::{Behaviour, LinkQuality, SimEvent, disk::DiskFault, machine::ClockFault},
};
use commonware_runtime::Clock as _;
use salus_mempool::Origin;
use std::collections::BTreeSet;

impl World {
    pub(super) fn happen(&mut self, happening: Happening) -> Result<(), EngineError> {
        match happening {
            Happening::Start(index) => self.start(index),
            Happening::Submit(submission) => {
                let home = self.homes.get(submission.node);
                if let Some(node) = home.and_then(|home| home.running.as_ref()) {
                    // A refusal is the client's affair; what counts is what is committed.
                    let _ =
                        node.mempool.admit(node.lane, Origin::Local, vec![submission.transaction]);
                }
                Ok(())
            }
            Happening::Event(event) => self.event(event),
        }
    }

    fn event(&mut self, event: SimEvent) -> Result<(), EngineError> {
        self.count(kind(&event));
        match event {
            SimEvent::Restart(index) => return self.start(index),
            SimEvent::Calm => return self.calm(),
            SimEvent::Crash(index) => {
                self.end(index);
                self.homes[index].disk.lose_power();
                self.homes[index].restart = None;
            }
            SimEvent::CrashAtWrite(index, ahead) => self.homes[index].disk.fail_at_write(ahead),
            SimEvent::Partition(groups) => {
                let group = |node| groups.iter().position(|group| group.contains(&node));
                let nodes = 0..self.homes.len();
                let pairs = nodes.clone().flat_map(|one| nodes.clone().map(move |two| (one, two)));
                let apart = |one, two| group(one).is_none() || group(one) != group(two);
                self.wire.set_cut(pairs.filter(|(one, two)| apart(*one, *two)).collect());
            }
            SimEvent::Cut(pairs) => self.wire.set_cut(pairs.into_iter().collect()),
            SimEvent::Heal => self.wire.set_cut(BTreeSet::new()),
            SimEvent::Links(quality) => self.wire.set_links(None, quality),
            SimEvent::NodeLinks(index, quality) => self.wire.set_links(Some(index), quality),
            SimEvent::Disk(index, fault) => self.set_disk(index, fault),
            SimEvent::Clock(index, fault) => {
                self.homes[index].clock.set(fault, self.context.current());
            }
            SimEvent::Behave(index, behaviour) => self.wire.set_behaviour(index, behaviour),
        }
        Ok(())
    }

    fn set_disk(&mut self, index: usize, fault: DiskFault) {
        if let Some(clients) = &self.plan.clients {
            clients.journal_full(index, fault.full);
        }
        let home = &mut self.homes[index];
        home.disk.set_fault(fault);
        // What it does about a full disk it may do a moment later.
        home.may_stop |= fault.full;
        home.lied_to |= fault.lies_percent > 0;
    }

    fn calm(&mut self) -> Result<(), EngineError> {
        self.check_refusals();
        self.wire.set_cut(BTreeSet::new());
        self.wire.set_links(None, LinkQuality::default());
        self.wire.forgive();
        let now = self.context.current();
        for index in 0..self.homes.len() {
            self.homes[index].clock.set(ClockFault::default(), now);
            self.set_disk(index, DiskFault::default());
            self.homes[index].stops = 0;
        }
        let nodes = 0..self.homes.len();
        let top = nodes.map(|index| self.record.height(index)).max().unwrap_or_default();
        self.target = self.plan.calm.map(|calm| top.after(calm.blocks));
        for index in 0..self.homes.len() {
            self.start(index)?;
        }
        Ok(())
    }
}

/// Under which name a fault is counted.
fn kind(event: &SimEvent) -> &'static str {
    match event {
        SimEvent::Crash(_) => "crash",
        SimEvent::CrashAtWrite(..) => "crash_at_write_planned",
        SimEvent::Restart(_) => "restart",
        SimEvent::Partition(_) => "partition",
        SimEvent::Cut(_) => "one_way_partition",
        SimEvent::Heal => "heal",
        SimEvent::Links(_) => "bad_links",
        SimEvent::NodeLinks(..) => "bad_links_of_a_node",
        SimEvent::Disk(_, fault) if fault.full => "full_disk",
        SimEvent::Disk(_, fault) if fault.lies_percent > 0 => "lost_fsync",
        SimEvent::Disk(..) => "slow_disk",
        SimEvent::Clock(..) => "wrong_clock",
        SimEvent::Behave(_, Behaviour::Silent) => "byzantine_silent",
        SimEvent::Behave(_, Behaviour::Withholder) => "byzantine_withholder",
        SimEvent::Behave(_, Behaviour::Replayer) => "byzantine_replayer",
        SimEvent::Behave(_, Behaviour::Censor) => "byzantine_censor",
        SimEvent::Behave(_, Behaviour::Twin { .. }) => "byzantine_equivocator",
        SimEvent::Behave(_, Behaviour::Honest) => "byzantine_end",
        SimEvent::Calm => "calm",
    }
}
