//! How votes are counted.
//!
//! With `E` organisations that may vote on a proposal now, of which `y` approve and `n` reject:
//!
//! - it is **accepted** as soon as `y` reaches the threshold of `E`, whatever the others do;
//! - it is **rejected** as soon as `E - n` cannot reach it any more;
//! - at the end of the voting period it is **accepted** if more than half of `E` voted and `y` reaches
//!   the threshold of the votes that were cast; else it **expires**.
//!
//! | class | threshold | quorum at the end of the period |
//! |---|---|---|
//! | membership | more than 1/2 | more than 1/2 |
//! | suspension | at least 2/3, and 2 votes against another | more than 1/2 |
//! | validators | at least 2/3, and 2 votes against another | more than 1/2 |
//! | parameters | at least 2/3 | more than 1/2 |
//!
//! The accused has no vote, so in a network of two neither can suspend or expel the other; "2 votes
//! against another" also binds a single voter whose fellows are suspended. A vote of an organisation
//! that has lost its vote since does not count.

use crate::ActionClass;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A vote.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// For the proposal.
    Approve,
    /// Against it.
    Reject,
}

/// The votes on a proposal, as they count now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many organisations may vote on it.
    pub electorate: u32,
    /// How many approve.
    pub approve: u32,
    /// How many reject.
    pub reject: u32,
    /// How many approvals it needs at least, whatever the threshold.
    pub approve_min: u32,
}

/// What the votes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is accepted.
    Accepted,
    /// It is rejected, or expired when its time is over.
    Rejected,
    /// It is not decided yet.
    Undecided,
}

/// Whether `count` of `of` reaches the threshold of the class.
fn reaches(class: ActionClass, count: u32, of: u32) -> bool {
    let (count, of) = (u64::from(count), u64::from(of));
    match class {
        ActionClass::Membership => count.saturating_mul(2) > of,
        ActionClass::Suspension | ActionClass::Validators | ActionClass::Parameters => {
            count > 0 && count.saturating_mul(3) >= of.saturating_mul(2)
        }
    }
}

impl Tally {
    /// What the votes say while others may still vote.
    pub fn verdict(&self, class: ActionClass) -> Verdict {
        let may_still = self.electorate.saturating_sub(self.reject);
        if self.approve >= self.approve_min && reaches(class, self.approve, self.electorate) {
            Verdict::Accepted
        } else if may_still < self.approve_min || !reaches(class, may_still, self.electorate) {
            Verdict::Rejected
        } else {
            Verdict::Undecided
        }
    }

    /// What the votes say when the voting period is over.
    pub fn final_verdict(&self, class: ActionClass) -> Verdict {
        let cast = self.approve.saturating_add(self.reject);
        let quorum = u64::from(cast).saturating_mul(2) > u64::from(self.electorate);
        if quorum && self.approve >= self.approve_min && reaches(class, self.approve, cast) {
            Verdict::Accepted
        } else {
            Verdict::Rejected
        }
    }
}
