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
        // Of each organisation: no vote, approves or rejects now, approves or rejects later.
        votes in prop::collection::vec(0_u8..5, 1..40),
        approve_min in 1_u32..3
    ) {
        let count = |which: &[u8]| {
            u32::try_from(votes.iter().filter(|vote| which.contains(vote)).count()).unwrap()
        };
        let electorate = u32::try_from(votes.len()).unwrap();
        let now = Tally { electorate, approve: count(&[1]), reject: count(&[2]), approve_min };
        let end = Tally { approve: count(&[1, 3]), reject: count(&[2, 4]), ..now };
        for class in CLASSES {
            match now.verdict(class) {
                Verdict::Accepted => prop_assert_eq!(end.final_verdict(class), Verdict::Accepted),
                Verdict::Rejected => prop_assert_eq!(end.final_verdict(class), Verdict::Rejected),
                Verdict::Undecided => {}
            }
        }
    }
}
