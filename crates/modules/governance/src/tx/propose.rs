//! Opening a proposal.

use super::voter;
use crate::{
    Action, GovernanceError, GovernanceEvent, Proposal, ProposalStatus, execute,
    state::{self, PROPOSALS_DUE_MAX, PROPOSALS_OF_ONE_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::VecMax;
use serde::{Deserialize, Serialize};

/// Opens a proposal. The proposer votes on it like everybody else, with [`super::Vote`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// What is proposed.
    pub action: Action,
}

impl Propose {
    /// Opens the proposal. Its number is the count of all proposals before it.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::NoVote`]: the sender has no vote.
    /// 2. [`GovernanceError::TooManyOpen`]: too many proposals wait, of all or of the sender.
    /// 3. What executing the action now would be refused with.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let proposer = voter(ctx)?;
        let agenda = state::agenda(ctx.state());
        if agenda.len() >= PROPOSALS_DUE_MAX {
            return Err(GovernanceError::TooManyOpen {
                open: agenda.len(),
                max: PROPOSALS_DUE_MAX,
            });
        }
        let open = agenda.iter().filter(|due| due.proposer == proposer).count();
        if open >= PROPOSALS_OF_ONE_MAX {
            return Err(GovernanceError::TooManyOpen { open, max: PROPOSALS_OF_ONE_MAX });
        }
        let now = ctx.time();
        execute::check(&self.action, ctx.state(), now)?;

        let number = state::proposal_count(ctx.state());
        let closes_at = ctx.height().after(ctx.parameters().voting_blocks);
        let proposal = Proposal {
            proposer,
            action: self.action.clone(),
            opened_at: ctx.height(),
            closes_at,
            votes: VecMax::default(),
            status: ProposalStatus::Open,
        };
        state::put_proposal_count(ctx.state(), number.saturating_add(1));
        state::put_proposal(ctx.state(), number, &proposal);
        state::reschedule(ctx.state(), number, proposer, Some(closes_at));
        ctx.emit(&GovernanceEvent::ProposalOpened {
            proposal: number,
            proposer,
            class: self.action.class(),
            closes_at,
        });
        Ok(())
    }
}
