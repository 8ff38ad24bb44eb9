//! Rounds of harm, each followed by a check of what was reported final.

use super::{
    network::{Load, Network, VALIDATORS},
    random::Random,
    report::Counts,
    tear,
};
use crate::accept::drill::same_history;
use anyhow::{Context as _, ensure};
use std::{fs, thread, time::Duration};

/// Of what was reported before the round, so many transactions are looked up again after it. All of
/// them are at the end.
const OLDER_CHECKED: usize = 100;

/// A network under load, and what was done to it.
pub(crate) struct Rounds<'a> {
    network: Network<'a>,
    load: Load,
    random: Random,
    pub(crate) counts: Counts,
    /// Lines of the list that were looked up on every validator.
    checked: usize,
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(network: Network<'a>, load: Load, random: Random) -> Self {
        Self { network, load, random, counts: Counts::default(), checked: 0 }
    }

    /// Kills one, some or all of the validators at a random moment, starts them again, and checks.
    pub(crate) fn kill(&mut self, kills_max: u64) -> anyhow::Result<()> {
        let left = usize::try_from(kills_max - self.counts.kills)?;
        let (kind, count) = match self.random.below(20) {
            0..12 => (0, 1),
            12..17 => (1, 2),
            _ => (2, VALIDATORS),
        };
        let victims = self.random.some(VALIDATORS, count.min(left));
        self.counts.rounds[kind] += 1;
        self.pause(50, 700);
        for &victim in &victims {
            self.network.kill(victim)?;
            self.counts.kills += 1;
            self.pause(0, 60);
        }
        self.pause(0, 400);
        for &victim in &victims {
            self.network.start(victim)?;
        }
        // Now and then one is killed again before it has come up.
        if self.random.below(4) == 0 && self.counts.kills < kills_max {
            let again = victims[self.random.index(victims.len())];
            self.pause(0, 600);
            self.network.kill(again)?;
            self.network.start(again)?;
            self.counts.kills += 1;
            self.counts.kills_while_starting += 1;
        }
        self.network.start_all()?;
        self.check().with_context(|| format!("after kill {} of {victims:?}", self.counts.kills))
    }

    /// Tears the newest files of one stopped home, and starts it again.
    pub(crate) fn tear(&mut self) -> anyhow::Result<()> {
        self.network.all_vote()?;
        let victim = self.random.index(VALIDATORS);
        self.pause(200, 1000);
        self.network.kill(victim)?;
        let torn = tear::newest(&self.network.nodes[victim].home, &mut self.random)?;
        self.counts.torn += 1;
        // The others go on meanwhile.
        self.pause(200, 1000);
        self.network.start(victim)?;
        match self.network.ready_or_ended(victim)? {
            None => self.counts.torn_started += 1,
            Some(said) => {
                ensure!(
                    names_damage(&said),
                    "validator {victim} did not start and did not say why; torn: {torn:?}; it said: {said}"
                );
                self.counts.torn_refused.push(format!("{torn:?}: {said}"));
                self.network.forget_ledger(victim)?;
                self.network.start(victim)?;
            }
        }
        self.network.start_all()?;
        self.check().with_context(|| format!("after tearing {torn:?} of validator {victim}"))
    }

    /// Restarts all validators in the usual way, one after the other, under load.
    pub(crate) fn restart_in_turn(&mut self) -> anyhow::Result<()> {
        for index in 0..VALIDATORS {
            self.network.stop(index)?;
            self.network.start(index)?;
            self.network.ready(index)?;
            self.counts.restarted_in_turn += 1;
        }
        self.check().context("after restarting one after the other")
    }

    /// Ends the load, and looks up everything on every validator.
    pub(crate) fn end(mut self) -> anyhow::Result<Counts> {
        let record = self.load.record.clone();
        let sent = self.load.end()?;
        let list = fs::read_to_string(record)?;
        let lines: Vec<&str> = list.lines().collect();
        self.network.verify(&lines).context("at the end")?;
        let mut counts = self.counts;
        counts.looked_up += (lines.len() * VALIDATORS) as u64;
        counts.reported_final = lines.len() as u64;
        let number = |name: &str| sent[name].as_u64().with_context(|| format!("no {name}: {sent}"));
        counts.submitted = number("submitted")?;
        counts.expired = number("expired")?;
        counts.longest_pause_ms = number("longest_pause_ms")?;
        let refused = sent["refused"].as_object().context("refusals by code")?;
        counts.refused = refused.values().filter_map(serde_json::Value::as_u64).sum();
        ensure!(number("open")? == 0, "of some transactions nobody knew what became: {sent}");
        ensure!(counts.refused == 0, "transactions were refused: {sent}");
        counts.in_ledger = same_history(&self.network)? as u64;
        for index in 0..VALIDATORS {
            self.network.stop(index)?;
        }
        Ok(counts)
    }

    /// Looks up what is new since the last check, and some of what is older.
    fn check(&mut self) -> anyhow::Result<()> {
        let list = self.load.reported();
        let lines: Vec<&str> = list.lines().collect();
        let (older, new) = lines.split_at(self.checked.min(lines.len()));
        let mut chosen = new.to_vec();
        if !older.is_empty() {
            chosen.extend((0..OLDER_CHECKED).map(|_| older[self.random.index(older.len())]));
        }
        self.network.verify(&chosen)?;
        self.counts.looked_up += (chosen.len() * VALIDATORS) as u64;
        self.checked = lines.len();
        Ok(())
    }

    fn pause(&mut self, from_ms: u64, to_ms: u64) {
        thread::sleep(Duration::from_millis(from_ms + self.random.below(to_ms - from_ms)));
    }
}

/// Whether a node's last words say what is damaged: a code, and something of the home.
fn names_damage(said: &str) -> bool {
    let coded = said.contains("[engine.") || said.contains("[node.") || said.contains("[mempool.");
    coded || said.contains("[vault.")
}
