//! Validators that join, leave and change their key, by vote, while everything else happens.

use super::{Honesty, Story};
use crate::Dice;
use salus_app::governance::Action;

pub(super) fn draw(dice: &mut Dice, story: &mut Story) {
    let mut joined = story.validators;
    let mut removed = 0;
    for _ in 0..=dice.below(2) {
        let at = story.some_time(dice);
        let Some(leaves) = story.honest_validator(dice) else { return };
        let comes = if joined < story.cast_nodes && dice.chance(60) {
            joined += 1;
            story.nodes[joined - 1].0.record.clone()
        } else {
            // The same organisation with another key, on another machine.
            let node = story.cast.another_node(dice, leaves);
            story.nodes.push((node.clone(), Honesty::Honest));
            node.record
        };
        story.wishes.push((at, Action::AddValidator { node: comes }));
        // Those who stay must bear as many that break the rules, even if nobody comes.
        let stay = story.validators.saturating_sub(removed + 1);
        if stay > 0 && (stay - 1) / 3 >= story.faulty() && dice.chance(75) {
            removed += 1;
            let key = story.nodes[leaves].0.record.key;
            story.wishes.push((at, Action::RemoveValidator { key }));
        }
    }
    story.wishes.sort_by_key(|(at, _)| *at);
}
