//! Disks that are slow or full, and disks that lie.

use super::{Story, some_ms};
use crate::Dice;
use salus_engine::sim::{DiskFault, SimEvent};
use std::time::Duration;

pub(super) fn draw(dice: &mut Dice, story: &mut Story) {
    for _ in 0..=dice.below(3) {
        let Some(node) = story.honest_node(dice) else { return };
        let at = story.some_time(dice);
        match dice.below(3) {
            0 => {
                let slow = some_ms(dice, 2, 60);
                let fault = DiskFault { slow, ..DiskFault::default() };
                for_a_while(dice, story, node, at, fault);
            }
            1 => {
                let fault = DiskFault { full: true, ..DiskFault::default() };
                for_a_while(dice, story, node, at, fault);
            }
            _ => lies(dice, story),
        }
    }
}

fn for_a_while(dice: &mut Dice, story: &mut Story, node: usize, at: Duration, fault: DiskFault) {
    story.happens(at, SimEvent::Disk(node, fault));
    let end = at + some_ms(dice, 1_000, 12_000);
    story.happens(end, SimEvent::Disk(node, DiskFault::default()));
}

/// A disk says that it has synced what it has not, and then power fails. Its node may afterwards
/// contradict itself, so it counts as one that breaks the rules.
fn lies(dice: &mut Dice, story: &mut Story) {
    let Some(node) = story.honest_validator(dice) else { return };
    let counted = story.lied_to.contains(&node) || story.far_off.contains(&node);
    if story.faulty() >= story.faults_max() && !counted {
        return;
    }
    story.lied_to.insert(node);
    let lies_percent = u8::try_from(5 + dice.below(95)).unwrap_or(100);
    let at = story.some_time(dice);
    let fault = DiskFault { lies_percent, ..DiskFault::default() };
    story.happens(at, SimEvent::Disk(node, fault));
    let crash = at + some_ms(dice, 500, 8_000);
    story.happens(crash, SimEvent::Crash(node));
    story.happens(crash, SimEvent::Disk(node, DiskFault::default()));
    story.happens(crash + some_ms(dice, 200, 4_000), SimEvent::Restart(node));
}
