//! How votes are counted.

use crate::{
    ActionClass,
    rule::{Tally, Verdict},
};
use proptest::prelude::*;

const CLASSES: [ActionClass; 4] = [
    ActionClass::Membership,
    ActionClass::Suspension,
    ActionClass::Validators,
    ActionClass::Parameters,
];

fn tally(electorate: u32, approve: u32, reject: u32) -> Tally {
    Tally { electorate, approve, reject, approve_min: 1 }
}

#[test]
fn membership_needs_more_than_half() {
    let class = ActionClass::Membership;

    assert_eq!(tally(4, 2, 0).verdict(class), Verdict::Undecided);
    assert_eq!(tally(4, 3, 0).verdict(class), Verdict::Accepted);
    assert_eq!(tally(4, 0, 2).verdict(class), Verdict::Rejected);
    assert_eq!(tally(1, 1, 0).verdict(class), Verdict::Accepted);
}

#[test]
fn the_other_classes_need_two_thirds() {
    for class in [ActionClass::Suspension, ActionClass::Validators, ActionClass::Parameters] {
        assert_eq!(tally(4, 2, 0).verdict(class), Verdict::Undecided);
        assert_eq!(tally(4, 3, 0).verdict(class), Verdict::Accepted);
        assert_eq!(tally(4, 0, 2).verdict(class), Verdict::Rejected);
        assert_eq!(tally(3, 2, 1).verdict(class), Verdict::Accepted);
        assert_eq!(tally(2, 1, 0).verdict(class), Verdict::Undecided);
        assert_eq!(tally(0, 0, 0).verdict(class), Verdict::Rejected);
    }
}

#[test]
fn at_the_end_more_than_half_must_have_voted() {
    for class in CLASSES {
        assert_eq!(tally(6, 3, 0).final_verdict(class), Verdict::Rejected);
        assert_eq!(tally(6, 4, 0).final_verdict(class), Verdict::Accepted);
        assert_eq!(tally(6, 2, 2).final_verdict(class), Verdict::Rejected);
        // One of two, alone, decides nothing by the silence of the other.
        assert_eq!(tally(2, 1, 0).final_verdict(class), Verdict::Rejected);
    }
}

#[test]
fn a_minimum_of_approvals_binds_whatever_the_share() {
    let alone = Tally { approve_min: 2, ..tally(1, 1, 0) };

    assert_eq!(alone.verdict(ActionClass::Suspension), Verdict::Rejected);
    assert_eq!(alone.final_verdict(ActionClass::Suspension), Verdict::Rejected);
}

proptest! {
    /// A decision before the end is one that no further vote can change.
    #[test]
    fn early_decisions_are_those_of_the_end(
        (electorate, approve, reject, more_approve, more_reject, approve_min) in (1_u32..40)
            .prop_flat_map(|electorate| (Just(electorate), 0..=electorate))
            .prop_flat_map(|(electorate, approve)| {
                (Just(electorate), Just(approve), 0..=electorate - approve)
            })
            .prop_flat_map(|(electorate, approve, reject)| {
                let left = electorate - approve - reject;
                (Just(electorate), Just(approve), Just(reject), 0..=left, 1_u32..3)
            })
            .prop_flat_map(|(electorate, approve, reject, more, approve_min)| {
                let left = electorate - approve - reject - more;
                (Just(electorate), Just(approve), Just(reject), Just(more), 0..=left, Just(approve_min))
            })
    ) {
        for class in CLASSES {
            let now = Tally { electorate, approve, reject, approve_min };
            let later = Tally {
                approve: approve + more_approve,
                reject: reject + more_reject,
                ..now
            };
            match now.verdict(class) {
                Verdict::Accepted => prop_assert_eq!(later.final_verdict(class), Verdict::Accepted),
                Verdict::Rejected => prop_assert_eq!(later.final_verdict(class), Verdict::Rejected),
                Verdict::Undecided => {}
            }
        }
    }
}
