//! Validators that break the rules, as many as a network must bear.

use super::{Honesty, Story};
use crate::Dice;
use salus_engine::sim::{Behaviour, SimEvent};
use std::time::Duration;

pub(super) fn draw(dice: &mut Dice, story: &mut Story) {
    let max = story.faults_max();
    if max == 0 {
        return;
    }
    let count = 1 + dice.index(max).unwrap_or(0);
    for _ in 0..count {
        let Some(index) = story.honest_validator(dice) else { return };
        story.nodes[index].1 = Honesty::Corrupt;
        let start = Duration::ZERO;
        match dice.below(6) {
            0 => story.happens(start, SimEvent::Behave(index, Behaviour::Silent)),
            1 => story.happens(start, SimEvent::Behave(index, Behaviour::Withholder)),
            2 => story.happens(start, SimEvent::Behave(index, Behaviour::Replayer)),
            3 => story.happens(start, SimEvent::Behave(index, Behaviour::Censor)),
            4 => story.nodes[index].1 = Honesty::LiesAboutState,
            _ => {
                let twin = (story.nodes[index].0.clone(), Honesty::Corrupt);
                story.nodes.push(twin);
                let second = story.nodes.len() - 1;
                let behave = |node, first| SimEvent::Behave(node, Behaviour::Twin { first });
                story.happens(start, behave(index, true));
                story.happens(start, behave(second, false));
            }
        }
    }
}
