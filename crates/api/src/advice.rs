//! What is wrong with a node and what to do, in words: for `salus node status` and the operator.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far two clocks may be apart before connections between their nodes are refused.
pub const CLOCK_APART_MAX_MS: u64 = 60_000;
/// How far a clock may be off before it is worth a word.
const CLOCK_OFF_MS: u64 = 2_000;
/// A last block older than this is old, beside what a quiet network waits between blocks.
const BLOCK_OLD_MS: u64 = 30_000;
/// Free space below these shares of the disk, in percent.
const DISK_LOW_PERCENT: u64 = 10;
const DISK_CRITICAL_PERCENT: u64 = 3;

/// How much an advice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It will become worse by itself.
    Warning,
    /// The node does not do its work.
    Critical,
}

/// One thing that is to be said about a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// A stable code, such as `status.no_peers`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is the case.
    pub what: String,
    /// What to do about it; empty when nothing needs to be done.
    pub next: String,
}

/// What is known of a node. What is not known is none, and nothing is said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The last block's height.
    pub height: u64,
    /// How old the last block is, in milliseconds.
    pub block_age_ms: u64,
    /// How many nodes vote.
    pub validators: usize,
    /// Whether this node votes.
    pub validator: bool,
    /// How many peers are connected.
    pub peers: usize,
    /// Whether the node catches up.
    pub syncing: bool,
    /// How far this machine's clock is ahead of the others', in milliseconds; below 0: behind.
    pub clock_ahead_ms: Option<i64>,
    /// Free and whole bytes of the disk of the home.
    pub disk: Option<(u64, u64)>,
}

/// What is to be said, the most important first; empty when all is well.
pub fn advice(facts: &Facts) -> Vec<Advice> {
    let mut all: Vec<Advice> =
        [clock(facts), disk(facts), peers(facts), progress(facts), role(facts)]
            .into_iter()
            .flatten()
            .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.severity));
    all
}

fn say(code: &str, severity: Severity, what: String, next: &str) -> Advice {
    Advice { code: code.to_owned(), severity, what, next: next.to_owned() }
}

fn clock(facts: &Facts) -> Option<Advice> {
    let ahead_ms = facts.clock_ahead_ms?;
    let off_ms = ahead_ms.unsigned_abs();
    if off_ms < CLOCK_OFF_MS {
        return None;
    }
    let direction = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let what = format!(
        "this machine's clock is {} s {direction} the clocks of other nodes",
        off_ms.div_ceil(1000)
    );
    Some(if off_ms > CLOCK_APART_MAX_MS {
        let what = format!("{what}; above 60 s they refuse its connections");
        say("status.clock_apart", Severity::Critical, what, "set the clock, with NTP or by hand")
    } else {
        let next = "synchronise the clock with NTP before it drifts further";
        say("status.clock_off", Severity::Warning, what, next)
    })
}

fn disk(facts: &Facts) -> Option<Advice> {
    let (free, whole) = facts.disk.filter(|(_, whole)| *whole > 0)?;
    let percent = u64::try_from(u128::from(free) * 100 / u128::from(whole)).unwrap_or(100);
    if percent >= DISK_LOW_PERCENT {
        return None;
    }
    let what = format!("{} MiB ({percent} %) are free on the disk of the home", free >> 20);
    let severity =
        if percent < DISK_CRITICAL_PERCENT { Severity::Critical } else { Severity::Warning };
    let next = "free space, or move the home to a larger disk; a node on a full disk stops";
    Some(say("status.disk_low", severity, what, next))
}

fn peers(facts: &Facts) -> Option<Advice> {
    let others = facts.validators.saturating_sub(usize::from(facts.validator));
    // What more than two thirds need, this node counted if it votes.
    let quorum = facts.validators - facts.validators.saturating_sub(1) / 3;
    let needed = quorum.saturating_sub(usize::from(facts.validator));
    if facts.peers == 0 && others > 0 {
        let next = "check that other nodes reach the address that the ledger names for this one \
                    (`peer_address`, firewall), that they run, and that the clock is right";
        let what = format!("no peer is connected, of {others} other validators");
        return Some(say("status.no_peers", Severity::Critical, what, next));
    }
    (facts.peers < needed).then(|| {
        let what = format!(
            "{} peers are connected; blocks need {needed} other validators of {others}",
            facts.peers
        );
        let next = "ask the other organisations whether their nodes run";
        say("status.few_peers", Severity::Warning, what, next)
    })
}

fn progress(facts: &Facts) -> Option<Advice> {
    let age_s = facts.block_age_ms / 1000;
    if facts.block_age_ms > BLOCK_OLD_MS && !facts.syncing {
        let what = format!("the last block, {}, is {age_s} s old", facts.height);
        let next = "see whether the other validators run and are connected; the log says what is \
                    waited for (`salus node log-level salus_engine=debug`)";
        return Some(say("status.stalled", Severity::Critical, what, next));
    }
    facts.syncing.then(|| {
        let what = format!("the node catches up; it is at block {}, {age_s} s old", facts.height);
        let next = "wait; if the height does not grow, see whether peers are connected";
        say("status.syncing", Severity::Warning, what, next)
    })
}

fn role(facts: &Facts) -> Option<Advice> {
    (!facts.validator).then(|| {
        let what = "the node follows and serves; it does not vote on blocks".to_owned();
        let next = "nothing, or let a member propose it with `salus proposal new add-validator`";
        say("status.not_a_validator", Severity::Info, what, next)
    })
}

#[cfg(test)]
mod tests {
    use super::{Facts, Severity, advice};

    fn well() -> Facts {
        Facts {
            height: 9,
            block_age_ms: 100,
            validators: 4,
            validator: true,
            peers: 3,
            syncing: false,
            clock_ahead_ms: Some(20),
            disk: Some((50 << 30, 100 << 30)),
        }
    }

    fn codes(facts: &Facts) -> Vec<String> {
        advice(facts).into_iter().map(|one| one.code).collect()
    }

    #[test]
    fn nothing_is_said_of_a_node_that_is_well() {
        assert_eq!(advice(&well()), []);
        let alone = Facts { validators: 1, peers: 0, ..well() };
        assert_eq!(advice(&alone), []);
    }

    #[test]
    fn each_trouble_has_a_code_and_the_worst_comes_first() {
        let with = |change: &dyn Fn(&mut Facts)| {
            let mut facts = well();
            change(&mut facts);
            codes(&facts)
        };

        assert_eq!(with(&|one| one.peers = 0), ["status.no_peers"]);
        assert_eq!(with(&|one| one.peers = 1), ["status.few_peers"]);
        assert_eq!(with(&|one| one.block_age_ms = 40_000), ["status.stalled"]);
        assert_eq!(with(&|one| one.syncing = true), ["status.syncing"]);
        assert_eq!(with(&|one| one.clock_ahead_ms = Some(-3_000)), ["status.clock_off"]);
        assert_eq!(with(&|one| one.clock_ahead_ms = Some(61_000)), ["status.clock_apart"]);
        assert_eq!(with(&|one| one.disk = Some((9 << 30, 100 << 30))), ["status.disk_low"]);
        assert_eq!(with(&|one| one.validator = false), ["status.not_a_validator"]);
        assert_eq!(
            with(&|one| {
                one.clock_ahead_ms = Some(3_000);
                one.peers = 0;
            }),
            ["status.no_peers", "status.clock_off"]
        );
    }

    #[test]
    fn a_disk_that_is_all_but_full_is_critical() {
        let facts = Facts { disk: Some((1 << 30, 100 << 30)), ..well() };

        assert_eq!(advice(&facts)[0].severity, Severity::Critical);
    }
}
