//! What is due at the end of a block: proposals whose voting is over or whose height has come.

use crate::{
    GovernanceEvent, Proposal, ProposalStatus, execute, query,
    rule::Verdict,
    state::{self, Due},
};
use salus_framework::{BlockContext, Refusal};
use salus_types::{Height, Outcome};

/// Decides and executes what is due. A block has no more than the agenda holds.
pub(crate) fn end_of_block(ctx: &mut BlockContext<'_>) {
    let height = ctx.height();
    let agenda = state::agenda(ctx.state());
    for Due { proposal: number, .. } in agenda.iter().filter(|due| due.height <= height) {
        let Some(mut proposal) = state::proposal(ctx.state(), *number) else { continue };
        match proposal.status {
            ProposalStatus::Open => close(ctx, *number, &mut proposal),
            ProposalStatus::Accepted { .. } => carry_out(ctx, *number, &mut proposal),
            ProposalStatus::Executed { .. }
            | ProposalStatus::Failed { .. }
            | ProposalStatus::Rejected { .. }
            | ProposalStatus::Expired { .. }
            | ProposalStatus::Withdrawn { .. } => {
                state::reschedule(ctx.state(), *number, proposal.proposer, None);
            }
        }
    }
}

/// Accepts a proposal: it is executed at the end of a block, after the time lock.
pub(crate) fn accept(ctx: &mut BlockContext<'_>, number: u64, proposal: &mut Proposal) {
    // Not in this block's end, which may be running: so a time lock of 0 means the next block.
    let lock = ctx.parameters().time_lock_blocks.max(1);
    let execute_at = ctx.height().after(lock);
    settle(ctx, number, proposal, ProposalStatus::Accepted { execute_at }, Some(execute_at));
    ctx.emit(&GovernanceEvent::ProposalAccepted { proposal: number, execute_at });
}

/// Writes a proposal's new status, and when something is due for it again.
pub(crate) fn settle(
    ctx: &mut BlockContext<'_>,
    number: u64,
    proposal: &mut Proposal,
    status: ProposalStatus,
    due: Option<Height>,
) {
    proposal.status = status;
    state::put_proposal(ctx.state(), number, proposal);
    state::reschedule(ctx.state(), number, proposal.proposer, due);
}

fn close(ctx: &mut BlockContext<'_>, number: u64, proposal: &mut Proposal) {
    let tally = query::tally(ctx.state(), proposal);
    match tally.final_verdict(proposal.action.class()) {
        Verdict::Accepted => accept(ctx, number, proposal),
        Verdict::Rejected | Verdict::Undecided => {
            let status = ProposalStatus::Expired { at: ctx.height() };
            settle(ctx, number, proposal, status, None);
            ctx.emit(&GovernanceEvent::ProposalExpired { proposal: number });
        }
    }
}

fn carry_out(ctx: &mut BlockContext<'_>, number: u64, proposal: &mut Proposal) {
    let at = ctx.height();
    match execute::execute(&proposal.action, ctx) {
        Ok(()) => {
            settle(ctx, number, proposal, ProposalStatus::Executed { at }, None);
            ctx.emit(&GovernanceEvent::ProposalExecuted { proposal: number });
        }
        Err(error) => {
            let Outcome::Refused { code, message, .. } = Refusal::of(&error).outcome(0) else {
                return;
            };
            let status = ProposalStatus::Failed { at, code: code.clone(), message };
            settle(ctx, number, proposal, status, None);
            ctx.emit(&GovernanceEvent::ProposalFailed { proposal: number, code });
        }
    }
}
