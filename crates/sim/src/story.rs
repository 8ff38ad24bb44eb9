//! What happens to the network of a seed: its size, and a mix of faults, all drawn from the seed.

mod corrupt;
mod disks;
mod links;
mod machines;
mod members;

use crate::{Cast, Dice, cast::Node};
use salus_app::governance;
use salus_engine::sim::SimEvent;
use salus_types::LedgerParameters;
use std::{collections::BTreeSet, time::Duration};

/// Nodes of a network at most.
const NODES_MAX: usize = 10;
/// How long a network has at the end without faults.
const CALM: Duration = Duration::from_secs(32);
/// Clients go on for this long into the calm.
const CLIENTS_IN_CALM: Duration = Duration::from_secs(3);
/// Blocks that all nodes must have on top of the highest when the calm began.
pub(crate) const CALM_BLOCKS: u64 = 4;
/// How long that may take.
pub(crate) const RECOVERY_MAX: Duration = Duration::from_secs(20);
/// Before this nothing goes wrong.
const QUIET: Duration = Duration::from_secs(2);

/// What a corrupt node does beside what the network does to its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Honesty {
    /// Nothing.
    #[default]
    Honest,
    /// Its messages are bent.
    Corrupt,
    /// The blocks that it proposes claim another state.
    LiesAboutState,
}

/// What happens to a network.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// The cast.
    pub(crate) cast: Cast,
    /// The nodes, the first validators first; beside those of the cast, new keys and twins.
    pub(crate) nodes: Vec<(Node, Honesty)>,
    /// How many of them vote at the start.
    pub(crate) validators: usize,
    /// What happens when.
    pub(crate) events: Vec<(Duration, SimEvent)>,
    /// What the members are to decide, and when.
    pub(crate) wishes: Vec<(Duration, governance::Action)>,
    /// When faults end.
    pub(crate) calm_at: Duration,
    /// When clients stop to submit.
    pub(crate) submit_until: Duration,
    /// How long it all takes.
    pub(crate) until: Duration,
    /// How busy clients are, in percent of the seconds.
    pub(crate) busy_percent: u64,
    /// One past the last of the nodes that are the cast's.
    cast_nodes: usize,
    /// Nodes whose disk lies: what they sign may contradict what they signed before.
    lied_to: BTreeSet<usize>,
    /// Nodes whose clock is far off: they vote for blocks that nobody else votes for yet.
    far_off: BTreeSet<usize>,
}

impl Story {
    /// The story of a seed, which takes this long.
    pub(crate) fn of(seed: u64, until: Duration) -> Self {
        let mut dice = Dice::new(seed, "story");
        let validators = match dice.below(100) {
            0..8 => 1,
            8..14 => 2,
            14..22 => 3,
            22..62 => 4,
            62..74 => 5,
            74..82 => 6,
            82..93 => 7,
            _ => 8,
        };
        let spare = dice.index(NODES_MAX.min(validators + 2) - validators + 1).unwrap_or(0);
        let total = validators + spare;
        let cast = Cast::new(seed, total.max(4), validators, parameters(&mut dice));
        let nodes = cast.nodes[..total].iter().map(|node| (node.clone(), Honesty::Honest));
        let calm_at = until.saturating_sub(CALM).max(QUIET + Duration::from_secs(5));
        let mut story = Self {
            nodes: nodes.collect(),
            validators,
            cast_nodes: total,
            events: Vec::new(),
            wishes: Vec::new(),
            calm_at,
            submit_until: calm_at + CLIENTS_IN_CALM,
            until,
            busy_percent: 30 + dice.below(60),
            lied_to: BTreeSet::new(),
            far_off: BTreeSet::new(),
            cast,
        };
        story.draw(&mut dice);
        story
    }

    /// Draws which kinds of faults there are; each seed has its own mix, and some have none.
    fn draw(&mut self, dice: &mut Dice) {
        if dice.chance(55) {
            corrupt::draw(dice, self);
        }
        if dice.chance(50) {
            machines::crashes(dice, self);
        }
        if dice.chance(25) {
            machines::storm(dice, self);
        }
        if dice.chance(35) {
            machines::clocks(dice, self);
        }
        if dice.chance(40) {
            links::partitions(dice, self);
        }
        if dice.chance(45) {
            links::quality(dice, self);
        }
        if dice.chance(50) {
            disks::draw(dice, self);
        }
        if dice.chance(45) {
            members::draw(dice, self);
        }
    }

    /// How many validators may break the rules.
    fn faults_max(&self) -> usize {
        (self.validators - 1) / 3
    }

    /// How many do, or may.
    fn faulty(&self) -> usize {
        let corrupt = self.nodes[..self.validators].iter();
        let corrupt = corrupt.filter(|(_, honesty)| *honesty != Honesty::Honest).count();
        corrupt + self.lied_to.union(&self.far_off).count()
    }

    /// A node that keeps to the rules.
    fn honest_node(&self, dice: &mut Dice) -> Option<usize> {
        let honest = self.nodes.iter().enumerate();
        let honest = honest.filter(|(_, (_, honesty))| *honesty == Honesty::Honest);
        dice.pick(&honest.map(|(index, _)| index).collect::<Vec<_>>()).copied()
    }

    /// A validator that keeps to the rules.
    fn honest_validator(&self, dice: &mut Dice) -> Option<usize> {
        let honest = (0..self.validators).filter(|index| self.nodes[*index].1 == Honesty::Honest);
        dice.pick(&honest.collect::<Vec<_>>()).copied()
    }

    /// A time at which faults may be.
    fn some_time(&self, dice: &mut Dice) -> Duration {
        between(dice, QUIET, self.calm_at)
    }

    fn happens(&mut self, at: Duration, event: SimEvent) {
        self.events.push((at.min(self.calm_at), event));
    }
}

/// Parameters with which things happen soon.
fn parameters(dice: &mut Dice) -> LedgerParameters {
    LedgerParameters {
        epoch_blocks: 10 + dice.below(25),
        idle_interval_ms: 600 + dice.below(500),
        ..crate::quick_parameters()
    }
}

/// A time from `from` to `to`.
fn between(dice: &mut Dice, from: Duration, to: Duration) -> Duration {
    let width = to.saturating_sub(from).as_millis();
    from + Duration::from_millis(dice.below(u64::try_from(width).unwrap_or(u64::MAX)))
}

/// Some milliseconds.
fn some_ms(dice: &mut Dice, from: u64, to: u64) -> Duration {
    Duration::from_millis(from + dice.below(to - from))
}
