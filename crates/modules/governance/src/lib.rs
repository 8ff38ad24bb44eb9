//! How the members decide together: proposals, votes, time locks, validator set, parameters.
//!
//! ```text
//!   Propose ─▶ open ──votes suffice──▶ accepted ──time lock──▶ executed, or failed
//!               ├──votes cannot suffice any more──▶ rejected
//!               ├──voting period over──▶ accepted or expired
//!               └──Withdraw──▶ withdrawn
//! ```
//!
//! Every organisation that is founder or member and active has one vote. Whom a proposal would suspend
//! or expel does not vote on it, and nobody alone can do anything to another: see [`rule`]. What is
//! accepted is executed at the end of the block at its height; if the state has changed meanwhile so
//! that it cannot be, that is recorded with the code of the reason, and nothing else happens.
//!
//! | transaction | sender, purpose of its key | event | refused with |
//! |---|---|---|---|
//! | [`tx::Propose`] | an organisation with a vote (vote) | `ProposalOpened` | `no_vote`, `too_many_open`, and what [`Action`] is refused with |
//! | [`tx::Vote`] | an organisation with a vote (vote) | `VoteCast`; `ProposalAccepted` or `ProposalRejected` | `no_vote`, `unknown_proposal`, `not_open`, `own_cause`, `already_voted` |
//! | [`tx::Withdraw`] | the proposer (vote) | `ProposalWithdrawn` | `unknown_proposal`, `not_proposer`, `not_open` |
//! | [`tx::AnnounceNode`] | an organisation (act) | `NodeAnnounced` | `not_an_organisation`, `node_address`, `node_key`, `node_exists`, `too_many_nodes`, `registry_full` |
//! | [`tx::UpdateNode`] | the organisation that runs the node (act) | `NodeUpdated` | `node_address`, `unknown_node`, `node_of_another`, `registry_full` |
//! | [`tx::WithdrawNode`] | the organisation that runs the node (act) | `NodeWithdrawn` | `unknown_node`, `node_of_another` |
//!
//! At the end of a block: `ProposalAccepted`, `ProposalExpired`, `ProposalExecuted`, `ProposalFailed`,
//! `ValidatorAdded`, `ValidatorRemoved`, `ParametersChanged`, `ProtocolVersionChanged`,
//! `EmergencyServiceAccredited`, `EmergencyServiceWithdrawn`, `AccessLimitsChanged`. All codes begin with `governance.`.
//!
//! # What a non-party learns
//!
//! Everything here is public by intent: who proposed what, who voted how, who runs which node and
//! where. None of it is about patients.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

pub mod action;
pub mod error;
pub mod event;
pub mod genesis;
pub mod invariants;
pub mod limits;
pub mod parameters;
pub mod query;
pub mod rule;
pub mod state;
pub mod tx;

mod due;
mod execute;
mod nodes;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use action::{Action, ActionClass};
pub use error::GovernanceError;
pub use event::GovernanceEvent;
pub use limits::{AccessLimits, EmergencyService};
pub use query::{
    access_limits, is_emergency_service, longer_validity, observers, parameters, protocol_version,
    validators_next,
};
pub use rule::Choice;
pub use state::{LongerValidity, Proposal, ProposalStatus};
pub use tx::GovernanceTx;

use salus_framework::{Authority, BlockContext, Broken, Context, Module};
use salus_state::{StateKey, StateRead};
use salus_types::{AccountId, ModuleId, NetworkFile};

/// The module.
#[derive(Clone, Copy, Debug)]
pub struct Governance;

impl Module for Governance {
    const ID: ModuleId = ModuleId::GOVERNANCE;
    const NAME: &'static str = "governance";
    const MALFORMED: &'static str = "governance.malformed";
    type Call = GovernanceTx;
    type Event = GovernanceEvent;
    type Error = GovernanceError;

    fn authority(call: &GovernanceTx, _: AccountId) -> Authority {
        Authority::Key(call.purpose())
    }

    fn reads(call: &GovernanceTx, sender: AccountId) -> Vec<StateKey> {
        call.reads(sender)
    }

    fn execute(call: &GovernanceTx, ctx: &mut Context<'_>) -> Result<(), GovernanceError> {
        call.execute(ctx)
    }

    fn genesis(network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), GovernanceError> {
        genesis::genesis(network, ctx)
    }

    fn end_of_block(ctx: &mut BlockContext<'_>) {
        due::end_of_block(ctx);
    }

    fn invariants(state: &dyn StateRead, _: &[AccountId]) -> Result<(), Broken> {
        invariants::check(state)
    }
}
