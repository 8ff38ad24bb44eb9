//! Voting on a proposal.

use super::{check_open, known, voter};
use crate::{
    Choice, GovernanceError, GovernanceEvent, ProposalStatus, due, query,
    rule::Verdict,
    state::{self, CastVote},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity::state::ORGANISATIONS_MAX;
use salus_types::VecMax;
use serde::{Deserialize, Serialize};

/// Votes on an open proposal, once and for good. The proposal is decided as soon as it can be.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// The proposal's number.
    pub proposal: u64,
    /// For or against.
    pub choice: Choice,
}

impl Vote {
    /// Casts the vote.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::NoVote`]: the sender has no vote.
    /// 2. [`GovernanceError::UnknownProposal`]: there is no such proposal.
    /// 3. [`GovernanceError::NotOpen`]: it is decided.
    /// 4. [`GovernanceError::OwnCause`]: it would suspend, resume or expel the sender.
    /// 5. [`GovernanceError::AlreadyVoted`]: the sender has voted on it.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let organisation = voter(ctx)?;
        let number = self.proposal;
        let mut proposal = known(ctx, number)?;
        check_open(number, &proposal)?;
        if proposal.action.accused() == Some(organisation) {
            return Err(GovernanceError::OwnCause);
        }
        let mut votes = std::mem::take(&mut proposal.votes).into_inner();
        // There are no more organisations than places for votes.
        let full = votes.len() >= usize::try_from(ORGANISATIONS_MAX).unwrap_or(usize::MAX);
        if full || votes.iter().any(|vote| vote.organisation == organisation) {
            return Err(GovernanceError::AlreadyVoted { account: organisation, proposal: number });
        }

        votes.push(CastVote { organisation, choice: self.choice });
        proposal.votes = VecMax::new(votes).unwrap_or_default();
        ctx.emit(&GovernanceEvent::VoteCast {
            proposal: number,
            organisation,
            choice: self.choice,
        });
        match query::tally(ctx.state(), &proposal).verdict(proposal.action.class()) {
            Verdict::Accepted => due::accept(ctx, number, &mut proposal),
            Verdict::Rejected => {
                let status = ProposalStatus::Rejected { at: ctx.height() };
                due::settle(ctx, number, &mut proposal, status, None);
                ctx.emit(&GovernanceEvent::ProposalRejected { proposal: number });
            }
            Verdict::Undecided => state::put_proposal(ctx.state(), number, &proposal),
        }
        Ok(())
    }
}
