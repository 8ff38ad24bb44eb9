//! Networks that fall apart, and links that lose, delay, double and mix up messages.

use super::{QUIET, Story, between, some_ms};
use crate::Dice;
use salus_engine::sim::{LinkQuality, SimEvent};
use std::time::Duration;

pub(super) fn partitions(dice: &mut Dice, story: &mut Story) {
    let mut at = between(dice, QUIET, QUIET + Duration::from_secs(20));
    for _ in 0..=dice.below(4) {
        let flapping = dice.chance(30);
        for _ in 0..(if flapping { 4 + dice.below(8) } else { 1 }) {
            let event = apart(dice, story.nodes.len());
            story.happens(at, event);
            at += if flapping { some_ms(dice, 100, 900) } else { some_ms(dice, 1_000, 12_000) };
            story.happens(at, SimEvent::Heal);
            at += some_ms(dice, 100, 700);
        }
        at += some_ms(dice, 1_000, 15_000);
        if at >= story.calm_at {
            return;
        }
    }
}

/// Two groups, or ways that are cut in one direction only.
fn apart(dice: &mut Dice, nodes: usize) -> SimEvent {
    if dice.chance(60) {
        let (one, other) = (0..nodes).partition(|_| dice.chance(50));
        return SimEvent::Partition(vec![one, other]);
    }
    let percent = 10 + dice.below(60);
    let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
    SimEvent::Cut(pairs.filter(|_| dice.chance(percent)).collect())
}

pub(super) fn quality(dice: &mut Dice, story: &mut Story) {
    for _ in 0..=dice.below(3) {
        let at = story.some_time(dice);
        let bad = LinkQuality {
            latency: some_ms(dice, 5, 160),
            jitter: some_ms(dice, 1, 90),
            loss_percent: percent(dice, 20),
            duplicate_percent: percent(dice, 15),
            reorder_percent: percent(dice, 40),
        };
        let node = if dice.chance(40) { dice.index(story.nodes.len()) } else { None };
        let event = |quality| match node {
            Some(node) => SimEvent::NodeLinks(node, quality),
            None => SimEvent::Links(quality),
        };
        story.happens(at, event(bad));
        let end = at + some_ms(dice, 2_000, 20_000);
        story.happens(end, event(LinkQuality::default()));
    }
}

fn percent(dice: &mut Dice, max: u64) -> u8 {
    if dice.chance(40) { 0 } else { u8::try_from(dice.below(max)).unwrap_or(0) }
}
