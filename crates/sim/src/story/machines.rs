//! Machines that lose power, one or many, and whose clocks are wrong.

use super::{Story, some_ms};
use crate::Dice;
use salus_engine::sim::{ClockFault, SimEvent};

/// Writes ahead of which power may fail.
const WRITES_AHEAD: u64 = 120;

pub(super) fn crashes(dice: &mut Dice, story: &mut Story) {
    for _ in 0..=dice.below(8) {
        let Some(node) = story.honest_node(dice) else { return };
        let at = story.some_time(dice);
        if dice.chance(60) {
            // The simulation starts it again by itself.
            story.happens(at, SimEvent::CrashAtWrite(node, 1 + dice.below(WRITES_AHEAD)));
            continue;
        }
        story.happens(at, SimEvent::Crash(node));
        let down =
            if dice.chance(20) { some_ms(dice, 8_000, 40_000) } else { some_ms(dice, 50, 5_000) };
        story.happens(at + down, SimEvent::Restart(node));
    }
}

/// For some seconds nodes lose power again and again, all of them if it falls so.
pub(super) fn storm(dice: &mut Dice, story: &mut Story) {
    let mut at = story.some_time(dice);
    let end = at + some_ms(dice, 2_000, 8_000);
    while at < end {
        for node in 0..story.nodes.len() {
            if story.nodes[node].1 != super::Honesty::Honest || !dice.chance(45) {
                continue;
            }
            if dice.chance(50) {
                story.happens(at, SimEvent::Crash(node));
                story.happens(at + some_ms(dice, 20, 900), SimEvent::Restart(node));
            } else {
                story.happens(at, SimEvent::CrashAtWrite(node, 1 + dice.below(30)));
            }
        }
        at += some_ms(dice, 300, 1_500);
    }
}

/// Clocks jump and drift: a little on any node, a lot on as few as may break the rules.
pub(super) fn clocks(dice: &mut Dice, story: &mut Story) {
    for _ in 0..story.faults_max().saturating_sub(story.faulty()) {
        if let Some(node) = story.honest_validator(dice) {
            story.far_off.insert(node);
        }
    }
    for _ in 0..=dice.below(8) {
        let Some(node) = story.honest_node(dice) else { return };
        let reach_ms: u64 = if story.far_off.contains(&node) { 3_600_000 } else { 2_500 };
        let ahead_ms = i64::try_from(dice.below(2 * reach_ms)).unwrap_or(0)
            - i64::try_from(reach_ms).unwrap_or(0);
        let drift_ppm = i64::try_from(dice.below(40_000)).unwrap_or(0) - 20_000;
        let fault = ClockFault { ahead_ms, drift_ppm };
        let at = story.some_time(dice);
        story.happens(at, SimEvent::Clock(node, fault));
    }
}
