//! Withdrawing a proposal.

use super::{check_open, known};
use crate::{GovernanceError, GovernanceEvent, ProposalStatus, due};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Withdraws an open proposal of the sender.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// The proposal's number.
    pub proposal: u64,
}

impl Withdraw {
    /// Withdraws the proposal.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`GovernanceError::UnknownProposal`]: there is no such proposal.
    /// 2. [`GovernanceError::NotProposer`]: another organisation made it.
    /// 3. [`GovernanceError::NotOpen`]: it is decided.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        let number = self.proposal;
        let mut proposal = known(ctx, number)?;
        if proposal.proposer != ctx.sender() {
            return Err(GovernanceError::NotProposer { proposal: number });
        }
        check_open(number, &proposal)?;

        let status = ProposalStatus::Withdrawn { at: ctx.height() };
        due::settle(ctx, number, &mut proposal, status, None);
        ctx.emit(&GovernanceEvent::ProposalWithdrawn { proposal: number });
        Ok(())
    }
}
