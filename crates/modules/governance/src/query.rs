//! Read-only questions about nodes, parameters and proposals, answered from any snapshot.

use crate::{
    Action, ActionClass, LongerValidity, Proposal, ProposalStatus,
    limits::{AccessLimits, EmergencyService},
    rule::{Choice, Tally},
    state::{self, CastVote},
};
use salus_identity as identity;
use salus_state::StateRead;
use salus_types::{
    AccountId, BlockTime, Height, LedgerParameters, NodeRecord, ValidatorSet,
    block::PROTOCOL_VERSION,
};
use serde::{Deserialize, Serialize};

/// Most proposals in one page.
pub const PAGE_MAX: u32 = 100;

/// A proposal as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// Its number, from 0.
    pub proposal: u64,
    /// Who proposed it.
    pub proposer: AccountId,
    /// What class of action it proposes.
    pub class: ActionClass,
    /// What is proposed.
    pub action: Action,
    /// The height at which it was opened.
    pub opened_at: Height,
    /// The height at whose end the voting is over.
    pub closes_at: Height,
    /// The votes so far.
    pub votes: Vec<CastVote>,
    /// How many organisations may vote on it now.
    pub electorate: u32,
    /// How many of those approve.
    pub approve: u32,
    /// How many of those reject.
    pub reject: u32,
    /// Where it stands.
    pub status: ProposalStatus,
}

/// A page of proposals, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalPage {
    /// How many there are in all.
    pub total: u64,
    /// Where the page begins.
    pub from: u64,
    /// The proposals.
    pub items: Vec<ProposalView>,
}

/// The validators that decide from the next epoch on.
pub fn validators_next(state: &dyn StateRead) -> ValidatorSet {
    state::validators(state)
}

/// The nodes that follow without a vote, in the order of their keys.
pub fn observers(state: &dyn StateRead) -> Vec<NodeRecord> {
    state::observers(state).into_inner()
}

/// The parameters in force; the defaults where there is no genesis yet.
pub fn parameters(state: &dyn StateRead) -> LedgerParameters {
    state::parameters(state).unwrap_or_default()
}

/// The limits of access in force.
pub fn access_limits(state: &dyn StateRead) -> AccessLimits {
    state::access_limits(state).unwrap_or_default()
}

/// The accreditation of an emergency service, whether or not its time is over.
pub fn emergency_service(state: &dyn StateRead, account: AccountId) -> Option<EmergencyService> {
    state::emergency_service(state, account)
}

/// Whether the organisation may open emergencies at `now`.
pub fn is_emergency_service(state: &dyn StateRead, account: AccountId, now: BlockTime) -> bool {
    state::emergency_service(state, account).is_some_and(|service| now < service.until)
}

/// The protocol version that the next block follows.
pub fn protocol_version(state: &dyn StateRead) -> u16 {
    state::protocol_version(state).unwrap_or(PROTOCOL_VERSION)
}

/// A longer validity of transactions that was in force before, if one was lowered by vote.
pub fn longer_validity(state: &dyn StateRead) -> Option<LongerValidity> {
    state::longer_validity(state)
}

/// The proposal with this number.
pub fn proposal(state: &dyn StateRead, number: u64) -> Option<ProposalView> {
    let found = state::proposal(state, number)?;
    let tally = tally(state, &found);
    Some(ProposalView {
        proposal: number,
        proposer: found.proposer,
        class: found.action.class(),
        action: found.action,
        opened_at: found.opened_at,
        closes_at: found.closes_at,
        votes: found.votes.into_inner(),
        electorate: tally.electorate,
        approve: tally.approve,
        reject: tally.reject,
        status: found.status,
    })
}

/// The proposals from number `from` on, at most `limit` and at most [`PAGE_MAX`].
pub fn proposals(state: &dyn StateRead, from: u64, limit: u32) -> ProposalPage {
    let total = state::proposal_count(state);
    let end = from.saturating_add(u64::from(limit.min(PAGE_MAX))).min(total);
    let items = (from..end).filter_map(|number| proposal(state, number)).collect();
    ProposalPage { total, from, items }
}

/// How many proposals there ever were; the number of the next one.
pub fn proposal_count(state: &dyn StateRead) -> u64 {
    state::proposal_count(state)
}

/// The votes on a proposal, as they count now.
pub(crate) fn tally(state: &dyn StateRead, proposal: &Proposal) -> Tally {
    let accused = proposal.action.accused();
    let excluded = accused.is_some_and(|account| identity::is_voter(state, account));
    let mut tally = Tally {
        electorate: identity::voters(state).saturating_sub(u32::from(excluded)),
        approve_min: approvals_min(state, proposal),
        ..Tally::default()
    };
    for vote in &proposal.votes {
        if Some(vote.organisation) == accused || !identity::is_voter(state, vote.organisation) {
            continue;
        }
        match vote.choice {
            Choice::Approve => tally.approve = tally.approve.saturating_add(1),
            Choice::Reject => tally.reject = tally.reject.saturating_add(1),
        }
    }
    tally
}

/// Two approvals for what is done to another; one is enough when its subject approves it itself.
fn approvals_min(state: &dyn StateRead, proposal: &Proposal) -> u32 {
    let subject: Option<AccountId> = match &proposal.action {
        Action::SuspendOrganisation { account }
        | Action::ExpelOrganisation { account }
        | Action::WithdrawEmergencyService { account } => Some(*account),
        Action::RemoveValidator { key } => {
            state::node(state, key).map(|(node, _)| node.organisation)
        }
        Action::AdmitOrganisation(_)
        | Action::ResumeOrganisation { .. }
        | Action::AddValidator { .. }
        | Action::SetParameters { .. }
        | Action::SetProtocolVersion { .. }
        | Action::AccreditEmergencyService { .. }
        | Action::SetAccessLimits { .. } => None,
    };
    let Some(subject) = subject else { return 1 };
    let agrees = proposal
        .votes
        .iter()
        .any(|vote| vote.organisation == subject && vote.choice == Choice::Approve);
    if agrees { 1 } else { 2 }
}
