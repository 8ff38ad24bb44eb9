//! The transactions of governance, one file each.

mod announce_node;
mod propose;
mod update_node;
mod vote;
mod withdraw;
mod withdraw_node;

pub use announce_node::AnnounceNode;
pub use propose::Propose;
pub use update_node::UpdateNode;
pub use vote::Vote;
pub use withdraw::Withdraw;
pub use withdraw_node::WithdrawNode;

use crate::{GovernanceError, Proposal, ProposalStatus, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_state::StateKey;
use salus_types::{AccountId, KeyPurpose};
use serde::{Deserialize, Serialize};

/// A call to this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum GovernanceTx {
    /// Opens a proposal.
    Propose(Propose),
    /// Votes on a proposal.
    Vote(Vote),
    /// Withdraws a proposal.
    Withdraw(Withdraw),
    /// Announces a node that observes.
    AnnounceNode(AnnounceNode),
    /// Changes a node's addresses.
    UpdateNode(UpdateNode),
    /// Withdraws a node that observes.
    WithdrawNode(WithdrawNode),
}

impl GovernanceTx {
    /// What the sender's key must be for.
    pub(crate) fn purpose(&self) -> KeyPurpose {
        match self {
            Self::Propose(_) | Self::Vote(_) | Self::Withdraw(_) => KeyPurpose::Vote,
            Self::AnnounceNode(_) | Self::UpdateNode(_) | Self::WithdrawNode(_) => KeyPurpose::Act,
        }
    }

    /// Keys that the call reads, beside the sender's account and what every block reads.
    pub(crate) fn reads(&self, sender: AccountId) -> Vec<StateKey> {
        let sender = identity::state::organisation_path(sender).key();
        match self {
            Self::Propose(_) => vec![sender, state::proposal_count_path().key()],
            Self::Vote(call) => vec![
                sender,
                identity::state::counts_path().key(),
                state::proposal_path(call.proposal).key(),
            ],
            Self::Withdraw(call) => vec![state::proposal_path(call.proposal).key()],
            Self::AnnounceNode(_) | Self::UpdateNode(_) | Self::WithdrawNode(_) => Vec::new(),
        }
    }

    /// Checks and executes the call.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        match self {
            Self::Propose(call) => call.execute(ctx),
            Self::Vote(call) => call.execute(ctx),
            Self::Withdraw(call) => call.execute(ctx),
            Self::AnnounceNode(call) => call.execute(ctx),
            Self::UpdateNode(call) => call.execute(ctx),
            Self::WithdrawNode(call) => call.execute(ctx),
        }
    }
}

/// The sender, if it has a vote.
fn voter(ctx: &mut Context<'_>) -> Result<AccountId, GovernanceError> {
    let account = ctx.sender();
    if identity::is_voter(ctx.state(), account) {
        Ok(account)
    } else {
        Err(GovernanceError::NoVote { account })
    }
}

/// A proposal that is on the ledger.
fn known(ctx: &mut Context<'_>, proposal: u64) -> Result<Proposal, GovernanceError> {
    state::proposal(ctx.state(), proposal).ok_or(GovernanceError::UnknownProposal { proposal })
}

/// Checks that a proposal may be voted on.
fn check_open(number: u64, proposal: &Proposal) -> Result<(), GovernanceError> {
    match proposal.status {
        ProposalStatus::Open => Ok(()),
        ProposalStatus::Accepted { .. }
        | ProposalStatus::Executed { .. }
        | ProposalStatus::Failed { .. }
        | ProposalStatus::Rejected { .. }
        | ProposalStatus::Expired { .. }
        | ProposalStatus::Withdrawn { .. } => Err(GovernanceError::NotOpen { proposal: number }),
    }
}
